//! Who may still rate a room.

use super::effect::{MINUTE, Millis};
use super::secret::Secret;
use crate::model::Guid;
use std::collections::HashMap;
use std::net::IpAddr;

/// How long somebody who left may rate the room.
const VALID_FOR: Millis = 60 * MINUTE;

/// How long somebody may rate the room who is in a meeting on another server.
const VALID_FOR_LONG: Millis = 12 * 60 * MINUTE;

/// The most people who may rate a room at a time. Of more, those who left first may no longer.
const MAX_TICKETS: usize = 500;

/// The most tickets of one client in one room for people who go to another server, with those that were used.
/// There, a join alone gives a ticket: with the bound, one program that joins in a loop takes the right from
/// few others, and gives few stars. A class at one address has enough. (Tuning.)
const MAX_PER_CLIENT: usize = 50;

/// The people who were in a meeting and have not rated it, by room.
#[derive(Debug, Default)]
pub(super) struct RatingTickets(HashMap<Guid, HashMap<Secret, Held>>);

/// The right of a person to rate a room.
#[derive(Debug)]
struct Held {
    /// Until when it is valid; `None` for somebody who is still in.
    until: Option<Millis>,
    /// The client of a person who went to another server, if it is counted.
    client: Option<IpAddr>,
    /// Whether it was used. Only those that are counted are kept then.
    is_used: bool,
}

impl Held {
    fn new(until: Option<Millis>) -> Self {
        Self {
            until,
            client: None,
            is_used: false,
        }
    }

    fn is_valid(&self, now: Millis) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl RatingTickets {
    /// Lets somebody rate a room.
    pub(super) fn add(&mut self, secret: Secret, room: Guid) {
        self.insert(secret, room, Held::new(None));
    }

    /// Lets somebody of a client rate a room who leaves it nobody knows when. Of too many of one client, those
    /// who came first may no longer; false if all of them have rated the room.
    pub(super) fn add_away(
        &mut self,
        secret: Secret,
        room: Guid,
        client: Option<IpAddr>,
        now: Millis,
    ) -> bool {
        if client.is_some() && !self.make_space(room, client) {
            return false;
        }
        let held = Held {
            client,
            ..Held::new(Some(now + VALID_FOR_LONG))
        };
        self.insert(secret, room, held);
        true
    }

    /// Records that somebody is no longer in.
    pub(super) fn left(&mut self, secret: &Secret, room: Guid, now: Millis) {
        let tickets = self.0.get_mut(&room);
        if let Some(held) = tickets.and_then(|tickets| tickets.get_mut(secret)) {
            held.until = Some(now + VALID_FOR);
        }
    }

    /// Takes the right to rate a room, which is for one rating.
    pub(super) fn take(&mut self, secret: &Secret, room: Guid, now: Millis) -> bool {
        let Some(tickets) = self.0.get_mut(&room) else {
            return false;
        };
        let Some(held) = tickets.get_mut(secret) else {
            return false;
        };
        let may_rate = held.is_valid(now) && !held.is_used;
        held.is_used = true;
        if held.client.is_none() {
            tickets.remove(secret);
        }
        may_rate
    }

    /// Gives a right back that was not used after all.
    pub(super) fn give_back(&mut self, secret: Secret, room: Guid, now: Millis) {
        let tickets = self.0.get_mut(&room);
        match tickets.and_then(|tickets| tickets.get_mut(&secret)) {
            Some(held) => held.is_used = false,
            None => self.insert(secret, room, Held::new(Some(now + VALID_FOR))),
        }
    }

    /// Forgets those whose time is over.
    pub(super) fn expire(&mut self, now: Millis) {
        self.0.retain(|_, tickets| {
            tickets.retain(|_, held| held.is_valid(now));
            !tickets.is_empty()
        });
    }

    /// Makes sure that a client may have one more ticket in a room; false if it may not.
    fn make_space(&mut self, room: Guid, client: Option<IpAddr>) -> bool {
        let tickets = self.0.entry(room).or_default();
        let own = tickets.iter().filter(|(_, held)| held.client == client);
        if own.clone().count() < MAX_PER_CLIENT {
            return true;
        }
        let unused = own.filter(|(_, held)| !held.is_used);
        let first = unused.min_by_key(|(_, held)| held.until);
        match first.map(|(secret, _)| *secret) {
            Some(first) => tickets.remove(&first).is_some(),
            None => false,
        }
    }

    fn insert(&mut self, secret: Secret, room: Guid, held: Held) {
        let tickets = self.0.entry(room).or_default();
        if tickets.len() >= MAX_TICKETS {
            let left = tickets.iter().filter(|(_, held)| held.until.is_some());
            let first = left.min_by_key(|(_, held)| held.until);
            if let Some(first) = first.map(|(secret, _)| *secret) {
                tickets.remove(&first);
            }
        }
        tickets.insert(secret, held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HOUR: Millis = 60 * MINUTE;

    /// Returns a client.
    fn client(number: u8) -> Option<IpAddr> {
        Some(Ipv4Addr::new(192, 0, 2, number).into())
    }

    /// Lets somebody of a client rate a room; returns the ticket, if there is one.
    fn away(
        tickets: &mut RatingTickets,
        room: Guid,
        client: Option<IpAddr>,
        now: Millis,
    ) -> Option<Secret> {
        let secret = Secret::generate();
        let is_given = tickets.add_away(secret, room, client, now);
        is_given.then_some(secret)
    }

    #[test]
    fn everybody_rates_once_within_an_hour_after_the_meeting() {
        let (room, secret) = (Guid::generate(), Secret::generate());
        let mut tickets = RatingTickets::default();
        tickets.add(secret, room);
        assert!(!tickets.take(&secret, Guid::generate(), 0));
        assert!(tickets.take(&secret, room, 100 * HOUR));
        assert!(!tickets.take(&secret, room, 0));
        tickets.give_back(secret, room, 0);
        assert!(tickets.take(&secret, room, HOUR - 1));
        tickets.add(secret, room);
        tickets.left(&secret, room, 0);
        tickets.expire(HOUR - 1);
        assert_eq!(tickets.0.len(), 1);
        assert!(!tickets.take(&secret, room, HOUR));
        tickets.add(secret, room);
        tickets.left(&secret, room, 0);
        tickets.expire(HOUR);
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

    #[test]
    fn who_went_to_another_server_rates_once_within_twelve_hours() {
        for client in [client(1), None] {
            let room = Guid::generate();
            let mut tickets = RatingTickets::default();
            let secret = away(&mut tickets, room, client, 0).expect("a ticket");
            assert!(tickets.take(&secret, room, 12 * HOUR - 1));
            assert!(!tickets.take(&secret, room, 0));
            tickets.give_back(secret, room, 0);
            assert!(tickets.take(&secret, room, 0));
            let secret = away(&mut tickets, room, client, 0).expect("a ticket");
            assert!(!tickets.take(&secret, room, 12 * HOUR));
            tickets.expire(12 * HOUR);
            assert!(tickets.0.is_empty());
        }
    }

    #[test]
    fn a_client_that_joins_in_a_loop_takes_the_right_from_its_own_people_only() {
        let room = Guid::generate();
        let mut tickets = RatingTickets::default();
        let other = away(&mut tickets, room, client(1), 0).expect("a ticket");
        let first = away(&mut tickets, room, client(2), 0).expect("a ticket");
        for now in 1..1000 {
            assert!(away(&mut tickets, room, client(2), now).is_some());
        }
        assert_eq!(tickets.0[&room].len(), 1 + MAX_PER_CLIENT);
        assert!(!tickets.take(&first, room, 1000));
        assert!(tickets.take(&other, room, 1000));
    }

    #[test]
    fn a_client_that_joins_in_a_loop_gives_few_stars() {
        let room = Guid::generate();
        let mut tickets = RatingTickets::default();
        let mut rate = |client, now| {
            let secret = away(&mut tickets, room, client, now);
            secret.is_some_and(|secret| tickets.take(&secret, room, now))
        };
        let given = (0..1000).filter(|now| rate(client(1), *now)).count();
        assert_eq!(given, MAX_PER_CLIENT);
        assert!(rate(client(2), 1000));
        // The bound is for a time.
        tickets.expire(12 * HOUR + 1000);
        assert!(away(&mut tickets, room, client(1), 12 * HOUR + 1000).is_some());
    }
}
