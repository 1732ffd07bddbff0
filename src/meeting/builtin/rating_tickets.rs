//! Who may still rate a room.

use super::effect::{MINUTE, Millis};
use super::secret::Secret;
use crate::model::Guid;
use std::collections::HashMap;

/// How long somebody who left may rate the room.
const VALID_FOR: Millis = 60 * MINUTE;

/// The most people who may rate at a time; those who come beyond may not.
const MAX_TICKETS: usize = 50_000;

/// The people who were in a meeting and have not rated it: the room of each, and until when, which is
/// `None` for those who are still in.
#[derive(Debug, Default)]
pub(super) struct RatingTickets(HashMap<Secret, (Guid, Option<Millis>)>);

impl RatingTickets {
    /// Lets somebody rate a room.
    pub(super) fn add(&mut self, secret: Secret, room: Guid) {
        if self.0.len() < MAX_TICKETS {
            self.0.insert(secret, (room, None));
        }
    }

    /// Records that somebody is no longer in.
    pub(super) fn left(&mut self, secret: &Secret, now: Millis) {
        if let Some((_, until)) = self.0.get_mut(secret) {
            *until = Some(now + VALID_FOR);
        }
    }

    /// Takes the right to rate a room, which is for one rating.
    pub(super) fn take(&mut self, secret: &Secret, room: Guid, now: Millis) -> bool {
        let is_valid = self
            .0
            .get(secret)
            .is_some_and(|(of, until)| *of == room && until.is_none_or(|until| now < until));
        is_valid && self.0.remove(secret).is_some()
    }

    /// Gives a right back that was not used after all.
    pub(super) fn give_back(&mut self, secret: Secret, room: Guid, now: Millis) {
        self.0.insert(secret, (room, Some(now + VALID_FOR)));
    }

    /// Forgets those whose time is over.
    pub(super) fn expire(&mut self, now: Millis) {
        self.0
            .retain(|_, (_, until)| until.is_none_or(|until| now < until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_rates_once_within_an_hour_after_the_meeting() {
        let hour = 60 * MINUTE;
        let (room, secret) = (Guid::generate(), Secret::generate());
        let mut tickets = RatingTickets::default();
        tickets.add(secret, room);
        assert!(!tickets.take(&secret, Guid::generate(), 0));
        assert!(tickets.take(&secret, room, 100 * hour));
        assert!(!tickets.take(&secret, room, 0));
        tickets.give_back(secret, room, 0);
        assert!(tickets.take(&secret, room, hour - 1));
        tickets.add(secret, room);
        tickets.left(&secret, 0);
        assert!(!tickets.take(&secret, room, hour));
        tickets.expire(hour - 1);
        assert_eq!(tickets.0.len(), 1);
        tickets.expire(hour);
        assert!(tickets.0.is_empty());
    }
}
