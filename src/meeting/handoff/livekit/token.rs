//! The token with which a person enters a room of LiveKit.

use super::rights::Rights;
use crate::meeting::handoff::Visit;
use crate::meeting::shown::Shown;
use crate::model::{Guid, Timestamp};
use serde_json::{Map, Value, json};

/// For how many seconds a token lets somebody in. Who is in gets new ones from LiveKit.
const VALID_SECONDS: i64 = 300;

/// A person at the door.
pub(super) struct Person<'a> {
    visit: &'a Visit,
    /// A name for this click alone: with one of somebody who is in, that person would be thrown out.
    identity: Guid,
    /// When the meeting ends by itself.
    ends_at: Option<Timestamp>,
}

impl<'a> Person<'a> {
    /// Returns a person with a new identity.
    pub(super) fn new(visit: &'a Visit, ends_at: Option<Timestamp>) -> Self {
        Self {
            visit,
            identity: Guid::generate(),
            ends_at,
        }
    }

    /// Returns what the token says.
    pub(super) fn claims(&self, api_key: &str) -> Map<String, Value> {
        let visit = self.visit;
        let now = visit.now.as_unix();
        let mut attributes = Map::new();
        attributes.insert("role".to_owned(), json!(visit.role));
        if self.waits() {
            attributes.insert("waiting".to_owned(), "approval".into());
        }
        let claims = json!({
            "iss": api_key,
            "sub": self.identity.to_string(),
            "name": visit.name,
            // Not earlier, though clocks differ: LiveKit takes a token whose `nbf` is from before a removal in
            // the room for a revoked one, so that a back-dated token would count as revoked when it is new.
            "nbf": now,
            "exp": now + VALID_SECONDS,
            "video": self.grants(),
            "attributes": attributes,
            "metadata": self.metadata().to_string(),
        });
        match claims {
            Value::Object(claims) => claims,
            _ => Map::new(),
        }
    }

    /// Returns whether a host must let the person in.
    fn waits(&self) -> bool {
        !self.visit.is_host() && self.visit.options.needs_approval()
    }

    /// Returns what LiveKit lets the person do. That is to join, also for a host: what hosts do besides goes
    /// through this program, which checks their link each time, and so ends when the link is revoked.
    fn grants(&self) -> Map<String, Value> {
        let rights = if self.waits() {
            Rights::NONE
        } else {
            Rights::new(&self.visit.options, self.visit.role)
        };
        let mut grants = rights.to_grants();
        grants.insert("roomJoin".to_owned(), true.into());
        grants.insert("room".to_owned(), self.visit.room.guid.to_string().into());
        grants
    }

    /// Returns what the page needs to know, which it cannot be told by anybody but this program.
    fn metadata(&self) -> Value {
        let Visit {
            room,
            options,
            role,
            ..
        } = self.visit;
        json!({
            "settings": Shown::new(options, room.lang.as_str(), *role),
            "can_send": Rights::new(options, *role).send,
            "limits_writing": options.limits_writing(*role),
            "now": self.visit.now.as_unix() * 1000,
            "ends_at": self.ends_at.map(|at| at.as_unix() * 1000),
        })
    }
}
