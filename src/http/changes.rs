//! The log's line about each change of data that a client made: who did it, and to what. It names no
//! person and no room but by GUID.

use super::auth::LoggedKey;
use super::request_id::id_of;
use super::trace_context::traceparent;
use crate::model::Guid;
use actix_web::http::header::HeaderValue;
use actix_web::{HttpMessage, HttpRequest};
use log::kv::Value;
use log::{Level, Record, log_enabled};

/// The target of the lines, by which they can be told from others.
const TARGET: &str = "roomd::change";

/// A change that was committed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    UserCreated(Guid),
    UserUpdated(Guid),
    UserDeleted(Guid),
    RoomCreated(Guid),
    RoomUpdated(Guid),
    RoomDeleted(Guid),
    HostLinksRevoked(Guid),
}

impl Change {
    /// Returns what happened, the kind of what it happened to, and which it was.
    fn parts(self) -> (&'static str, &'static str, Guid) {
        match self {
            Self::UserCreated(user) => ("user created", "user", user),
            Self::UserUpdated(user) => ("user updated", "user", user),
            Self::UserDeleted(user) => ("user deleted", "user", user),
            Self::RoomCreated(room) => ("room created", "room", room),
            Self::RoomUpdated(room) => ("room updated", "room", room),
            Self::RoomDeleted(room) => ("room deleted", "room", room),
            Self::HostLinksRevoked(room) => ("host links revoked", "room", room),
        }
    }
}

/// Who makes a change. The change and its line are one piece of work in [`super::uninterrupted`], so that
/// there is not one without the other where the handler is dropped meanwhile.
#[derive(Debug)]
pub(super) struct Author {
    /// The key, as [`LoggedKey`] names it; None where no key is required and none was sent.
    key: Option<String>,
    request_id: HeaderValue,
    traceparent: Option<String>,
}

impl Author {
    /// Returns who sent a request.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let key = request
            .extensions()
            .get()
            .map(LoggedKey::as_str)
            .map(str::to_owned);
        Self {
            key,
            request_id: id_of(request),
            traceparent: traceparent(request.headers()).map(str::to_owned),
        }
    }

    /// Logs a change, which is committed.
    pub(super) fn log(&self, change: Change) {
        if !log_enabled!(target: TARGET, Level::Info) {
            return;
        }
        let (message, kind, guid) = change.parts();
        let mut members = vec![(kind, Value::from_display(&guid))];
        if let Some(key) = &self.key {
            members.push(("key", Value::from(&**key)));
        }
        let id = self.request_id.to_str().unwrap_or_default();
        members.push(("request_id", Value::from(id)));
        if let Some(traceparent) = &self.traceparent {
            members.push(("traceparent", Value::from(&**traceparent)));
        }
        log::logger().log(
            &Record::builder()
                .target(TARGET)
                .level(Level::Info)
                .args(format_args!("{message}"))
                .key_values(&members.as_slice())
                .build(),
        );
    }
}
