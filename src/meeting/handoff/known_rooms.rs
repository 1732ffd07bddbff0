//! What is known of the rooms to which people go. It is forgotten when this process ends.

use super::HandoffError;
use super::hosts::Hosts;
use crate::model::Guid;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::sync::RwLock;

/// How long an answer about who is in a meeting is believed, and also that there was none: each page that
/// waits asks so often, which would be too much for a server that is down.
const PRESENCE_AGE: Duration = Duration::from_secs(3);

/// For how long a meeting counts as open after somebody was let in. It is shorter than any server keeps a
/// meeting for people who are on the way. (Tuning.)
const STAYS_OPEN: Duration = Duration::from_secs(10);

/// All that is known.
#[derive(Debug, Default)]
pub(super) struct KnownRooms {
    pub(super) hosts: Hosts,
    /// What the server said last of the rooms in which somebody waits: whether a host is there.
    seen: HashMap<Guid, (Instant, Result<bool, HandoffError>)>,
    /// When somebody was let in last, where that was a moment ago.
    opened: HashMap<Guid, Instant>,
    /// One lock for each room to which somebody is on the way, so that two clicks make one meeting.
    locks: HashMap<Guid, Weak<RwLock<()>>>,
}

impl KnownRooms {
    /// Returns whether a host is in a room, if that need not be asked.
    pub(super) fn host(&self, room: Guid, now: Instant) -> Option<Result<bool, HandoffError>> {
        if self.hosts.is_on_the_way(room, now) {
            return Some(Ok(true));
        }
        let (at, seen) = self.seen.get(&room)?;
        is_within(PRESENCE_AGE, *at, now).then(|| seen.clone())
    }

    /// Records whether a host was seen in a room, or why the server does not tell.
    pub(super) fn saw(&mut self, room: Guid, seen: Result<bool, HandoffError>, now: Instant) {
        self.seen
            .retain(|_, (at, _)| is_within(PRESENCE_AGE, *at, now));
        self.seen.insert(room, (now, seen));
    }

    /// Records that somebody was let into a room, whose meeting is open now.
    pub(super) fn opened(&mut self, room: Guid, now: Instant) {
        self.opened.retain(|_, at| is_within(STAYS_OPEN, *at, now));
        self.opened.insert(room, now);
    }

    /// Returns whether the meeting of a room was opened so recently that it is still open.
    pub(super) fn is_open(&self, room: Guid, now: Instant) -> bool {
        let at = self.opened.get(&room);
        at.is_some_and(|at| is_within(STAYS_OPEN, *at, now))
    }

    /// Forgets a room whose meeting was ended.
    pub(super) fn forget(&mut self, room: Guid) {
        self.hosts.forget(room);
        self.seen.remove(&room);
        self.opened.remove(&room);
    }

    /// Returns the lock of a room.
    pub(super) fn lock_of(&mut self, room: Guid) -> Arc<RwLock<()>> {
        let known = self.locks.get(&room).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            self.locks.retain(|_, lock| lock.strong_count() > 0);
            let lock = Arc::default();
            self.locks.insert(room, Arc::downgrade(&lock));
            lock
        })
    }
}

fn is_within(time: Duration, at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) < time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_said_is_believed_for_three_seconds_and_a_failure_too() {
        let (room, start) = (Guid::generate(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        for seen in [Ok(true), Ok(false), Err(HandoffError::TimedOut(5))] {
            let mut rooms = KnownRooms::default();
            assert_eq!(rooms.host(room, start), None);
            rooms.saw(room, seen.clone(), start);
            assert_eq!(rooms.host(room, after(2)), Some(seen));
            assert_eq!(rooms.host(Guid::generate(), after(2)), None);
            assert_eq!(rooms.host(room, after(3)), None);
            rooms.saw(Guid::generate(), Ok(false), after(3));
            assert_eq!(rooms.seen.len(), 1);
        }
    }

    #[test]
    fn a_host_on_the_way_counts_whatever_was_seen() {
        let (room, now) = (Guid::generate(), Instant::now());
        let mut rooms = KnownRooms::default();
        rooms.saw(room, Ok(false), now);
        rooms.hosts.went(room, now);
        assert_eq!(rooms.host(room, now), Some(Ok(true)));
    }

    #[test]
    fn a_meeting_is_open_for_some_seconds_after_each_person() {
        let (room, start) = (Guid::generate(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut rooms = KnownRooms::default();
        assert!(!rooms.is_open(room, start));
        rooms.opened(room, start);
        rooms.opened(room, after(9));
        assert!(rooms.is_open(room, after(18)));
        assert!(!rooms.is_open(room, after(19)));
        rooms.opened(Guid::generate(), after(19));
        assert_eq!(rooms.opened.len(), 1);
    }

    #[test]
    fn of_a_meeting_that_was_ended_nothing_is_known() {
        let (room, now) = (Guid::generate(), Instant::now());
        let mut rooms = KnownRooms::default();
        rooms.hosts.went(room, now);
        rooms.saw(room, Ok(true), now);
        rooms.opened(room, now);
        rooms.forget(room);
        assert_eq!(rooms.host(room, now), None);
        assert!(!rooms.is_open(room, now));
    }

    #[test]
    fn all_who_are_on_the_way_to_a_room_have_one_lock() {
        let (room, other) = (Guid::generate(), Guid::generate());
        let mut rooms = KnownRooms::default();
        let lock = rooms.lock_of(room);
        assert!(Arc::ptr_eq(&lock, &rooms.lock_of(room)));
        assert!(!Arc::ptr_eq(&lock, &rooms.lock_of(other)));
        drop(lock);
        rooms.lock_of(other);
        assert_eq!(rooms.locks.len(), 1);
    }
}
