//! The token with which a person enters a room of LiveKit.

use super::rights::Rights;
use crate::meeting::builtin::Rules;
use crate::meeting::handoff::Visit;
use crate::model::{Guid, Timestamp, WithoutHost};
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
            // LiveKit takes a token from before somebody was removed for a revoked one.
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
        !self.visit.is_host() && self.visit.options.skip_approval_on_join == Some(false)
    }

    fn grants(&self) -> Map<String, Value> {
        let rights = if self.waits() {
            Rights::NONE
        } else {
            Rights::new(&self.visit.options, self.visit.role)
        };
        let mut grants = rights.to_grants();
        grants.insert("roomJoin".to_owned(), true.into());
        grants.insert("room".to_owned(), self.visit.room.guid.to_string().into());
        if self.visit.is_host() {
            grants.insert("roomAdmin".to_owned(), true.into());
        }
        grants
    }

    /// Returns what the page needs to know, which it cannot be told by anybody but this program.
    fn metadata(&self) -> Value {
        let Visit { room, role, .. } = self.visit;
        let rules = Rules::new(
            room.options.as_json(),
            room.lang.as_str(),
            0,
            WithoutHost::Open,
            room.host_link_given,
        );
        let rights = Rights::new(&self.visit.options, *role);
        json!({
            "settings": rules.shown(*role),
            "can_send": rights.send,
            "limits_writing": rules.limits_writing(*role),
            "now": self.visit.now.as_unix() * 1000,
            "ends_at": self.ends_at.map(|at| at.as_unix() * 1000),
        })
    }
}
