//! Who may still rate a room.

use super::effect::{MINUTE, Millis};
use super::secret::Secret;
use crate::model::Guid;
use std::collections::HashMap;

/// How long somebody who left may rate the room.
const VALID_FOR: Millis = 60 * MINUTE;

/// How long somebody may rate the room who is in a meeting on another server.
const VALID_FOR_LONG: Millis = 12 * 60 * MINUTE;

/// The most people who may rate a room at a time. Of more, those who left first may no longer.
const MAX_TICKETS: usize = 500;

/// The people who were in a meeting and have not rated it, by room, and until when each may, which is
/// `None` for those who are still in.
#[derive(Debug, Default)]
pub(super) struct RatingTickets(HashMap<Guid, HashMap<Secret, Option<Millis>>>);

impl RatingTickets {
    /// Lets somebody rate a room.
    pub(super) fn add(&mut self, secret: Secret, room: Guid) {
        self.insert(secret, room, None);
    }

    /// Lets somebody rate a room who leaves it nobody knows when.
    pub(super) fn add_for_long(&mut self, secret: Secret, room: Guid, now: Millis) {
        self.insert(secret, room, Some(now + VALID_FOR_LONG));
    }

    /// Records that somebody is no longer in.
    pub(super) fn left(&mut self, secret: &Secret, room: Guid, now: Millis) {
        let tickets = self.0.get_mut(&room);
        if let Some(until) = tickets.and_then(|tickets| tickets.get_mut(secret)) {
            *until = Some(now + VALID_FOR);
        }
    }

    /// Takes the right to rate a room, which is for one rating.
    pub(super) fn take(&mut self, secret: &Secret, room: Guid, now: Millis) -> bool {
        let until = self
            .0
            .get_mut(&room)
            .and_then(|tickets| tickets.remove(secret));
        until.is_some_and(|until| until.is_none_or(|until| now < until))
    }

    /// Gives a right back that was not used after all.
    pub(super) fn give_back(&mut self, secret: Secret, room: Guid, now: Millis) {
        self.insert(secret, room, Some(now + VALID_FOR));
    }

    /// Forgets those whose time is over.
    pub(super) fn expire(&mut self, now: Millis) {
        self.0.retain(|_, tickets| {
            tickets.retain(|_, until| until.is_none_or(|until| now < until));
            !tickets.is_empty()
        });
    }

    fn insert(&mut self, secret: Secret, room: Guid, until: Option<Millis>) {
        let tickets = self.0.entry(room).or_default();
        if tickets.len() >= MAX_TICKETS {
            let left = tickets.iter().filter(|(_, until)| until.is_some());
            let first = left.min_by_key(|(_, until)| **until);
            if let Some(first) = first.map(|(secret, _)| *secret) {
                tickets.remove(&first);
            }
        }
        tickets.insert(secret, until);
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
        tickets.left(&secret, room, 0);
        tickets.expire(hour - 1);
        assert_eq!(tickets.0.len(), 1);
        assert!(!tickets.take(&secret, room, hour));
        tickets.add(secret, room);
        tickets.left(&secret, room, 0);
        tickets.expire(hour);
        assert!(tickets.0.is_empty());
    }
    #[test]
    fn many_who_come_and_leave_take_the_right_from_none_who_is_in() {
        let (room, secret) = (Guid::generate(), Secret::generate());
        let mut tickets = RatingTickets::default();
        tickets.add(secret, room);
        for now in 0..2 * 500 {
            let other = Secret::generate();
            tickets.add(other, room);
            tickets.left(&other, room, now);
        }
        assert_eq!(tickets.0[&room].len(), MAX_TICKETS);
        assert!(tickets.take(&secret, room, 0));
    }
}
