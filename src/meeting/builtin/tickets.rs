//! What a person gets who may come in: a ticket for one socket.

use super::effect::{Millis, SECOND};
use super::secret::Secret;
use crate::meeting::role::Role;
use crate::model::Guid;
use std::collections::HashMap;
use std::net::IpAddr;

/// How long a ticket is valid.
const VALID_FOR: Millis = 30 * SECOND;

/// The most tickets that are valid at a time.
const MAX_TICKETS: usize = 10_000;

/// What a ticket is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// The room.
    pub(crate) room: Guid,
    /// The name that others see.
    pub(crate) name: String,
    /// The epoch of the host link that was shown; `None` for a guest.
    pub(crate) host_epoch: Option<u64>,
    /// Whose sockets it counts among; `None` if they are not counted.
    pub(crate) client: Option<IpAddr>,
}

impl Ticket {
    /// Returns the role in which a person enters a room of which host links of an epoch are valid now;
    /// `None` if it is that of a host, by a link that is no longer valid.
    pub(super) fn role(&self, valid_epoch: Option<u64>) -> Option<Role> {
        match self.host_epoch {
            None => Some(Role::Guest),
            epoch => (epoch == valid_epoch).then_some(Role::Host),
        }
    }
}

/// The tickets that were not used yet.
#[derive(Debug, Default)]
pub(super) struct Tickets(HashMap<Secret, (Ticket, Millis)>);

impl Tickets {
    /// Keeps a ticket; false if there are too many.
    pub(super) fn add(&mut self, secret: Secret, ticket: Ticket, now: Millis) -> bool {
        let has_space = self.0.len() < MAX_TICKETS;
        if has_space {
            self.0.insert(secret, (ticket, now + VALID_FOR));
        }
        has_space
    }

    /// Takes a valid ticket of a room, which can be used once.
    pub(super) fn take(&mut self, secret: &Secret, room: Guid, now: Millis) -> Option<Ticket> {
        let (ticket, until) = self.0.get(secret)?;
        let is_valid = ticket.room == room && now < *until;
        if !is_valid {
            return None;
        }
        self.0.remove(secret).map(|(ticket, _)| ticket)
    }

    /// Removes the tickets that are no longer valid; returns them.
    pub(super) fn expire(&mut self, now: Millis) -> Vec<Ticket> {
        let expired = self.0.extract_if(|_, (_, until)| *until <= now);
        expired.map(|(_, (ticket, _))| ticket).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_for_one_use_in_one_room_within_30_seconds() {
        let mut tickets = Tickets::default();
        let ticket = Ticket {
            room: Guid::generate(),
            name: "Ada".into(),
            host_epoch: None,
            client: None,
        };
        let room = ticket.room;
        let add = |tickets: &mut Tickets| {
            let secret = Secret::generate();
            assert!(tickets.add(secret, ticket.clone(), 0));
            secret
        };
        let secret = add(&mut tickets);
        assert_eq!(tickets.take(&Secret::generate(), room, 0), None);
        assert_eq!(tickets.take(&secret, Guid::generate(), 0), None);
        assert_eq!(tickets.take(&secret, room, 29_999), Some(ticket.clone()));
        assert_eq!(tickets.take(&secret, room, 29_999), None);
        let secret = add(&mut tickets);
        assert_eq!(tickets.take(&secret, room, 30_000), None);
        assert_eq!(tickets.expire(29_999), []);
        assert_eq!(tickets.expire(30_000), std::slice::from_ref(&ticket));
        for _ in 0..MAX_TICKETS {
            add(&mut tickets);
        }
        assert!(!tickets.add(Secret::generate(), ticket.clone(), 0));
    }
}
