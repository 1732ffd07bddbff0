//! The servers that help browsers to reach each other.

use super::turn;
use crate::model::{IceServer, SharedSecret, Timestamp};
use serde::Serialize;

/// STUN and TURN servers, and the secret that the TURN servers share with this one.
#[derive(Debug, Default)]
pub(crate) struct IceServers {
    servers: Vec<IceServer>,
    turn_secret: Option<SharedSecret>,
}

/// Servers with the same credentials, as browsers take them.
#[derive(Debug, Serialize)]
pub(crate) struct IceServerGroup<'a> {
    urls: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

impl<'a> IceServerGroup<'a> {
    fn new(servers: Vec<&'a IceServer>) -> Self {
        Self {
            urls: servers.into_iter().map(IceServer::as_str).collect(),
            username: None,
            credential: None,
        }
    }
}

impl IceServers {
    /// Returns these servers.
    pub(crate) fn new(servers: Vec<IceServer>, turn_secret: Option<SharedSecret>) -> Self {
        Self {
            servers,
            turn_secret,
        }
    }

    /// Returns the servers for one person, with credentials that end after an hour.
    pub(crate) fn for_person(&self) -> Vec<IceServerGroup<'_>> {
        let (turn, stun): (Vec<&IceServer>, Vec<&IceServer>) =
            self.servers.iter().partition(|server| server.is_turn());
        let stun = IceServerGroup::new(stun);
        let mut turn = IceServerGroup::new(turn);
        if let (Some(secret), Ok(id)) = (&self.turn_secret, getrandom::u64()) {
            // The TURN servers compare with their own clocks, hence the clock of the system.
            let made = turn::credential(secret, id, Timestamp::now());
            turn.username = Some(made.username);
            turn.credential = Some(made.credential);
        }
        let groups = [stun, turn].into_iter();
        groups.filter(|group| !group.urls.is_empty()).collect()
    }

    /// Returns the servers with new credentials for one person; `None` if there are no credentials,
    /// so that what the person got at the join stays right.
    pub(super) fn renewed(&self) -> Option<Vec<IceServerGroup<'_>>> {
        let has_turn = self.servers.iter().any(IceServer::is_turn);
        if !has_turn || self.turn_secret.is_none() {
            return None;
        }
        Some(self.for_person())
    }
}
