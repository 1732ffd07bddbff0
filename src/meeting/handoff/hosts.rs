//! Which rooms a host has gone to.

use crate::model::Guid;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long it takes a browser to arrive at a meeting, with a person who must choose devices there.
const ON_THE_WAY: Duration = Duration::from_secs(60);

/// The most rooms that are known. Of more, those that a host went to first are forgotten.
const MAX_ROOMS: usize = 10_000;

/// When a host went to each room last. It is forgotten when this process ends.
#[derive(Debug, Default)]
pub(super) struct Hosts(HashMap<Guid, Instant>);

impl Hosts {
    /// Records that a host goes to a room.
    pub(super) fn went(&mut self, room: Guid, now: Instant) {
        if self.0.len() >= MAX_ROOMS && !self.0.contains_key(&room) {
            let first = self.0.iter().min_by_key(|(_, at)| **at);
            if let Some(first) = first.map(|(room, _)| *room) {
                self.0.remove(&first);
            }
        }
        self.0.insert(room, now);
    }

    /// Returns whether a host went to a room so recently that the server need not be asked for them.
    pub(super) fn is_on_the_way(&self, room: Guid, now: Instant) -> bool {
        self.went_within(room, ON_THE_WAY, now)
    }

    /// Returns whether a host went to a room within a time.
    pub(super) fn went_within(&self, room: Guid, time: Duration, now: Instant) -> bool {
        let at = self.0.get(&room);
        at.is_some_and(|at| now.saturating_duration_since(*at) < time)
    }

    /// Forgets a room whose meeting was ended.
    pub(super) fn forget(&mut self, room: Guid) {
        self.0.remove(&room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_counts_for_a_time() {
        let (room, start) = (Guid::generate(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut hosts = Hosts::default();
        assert!(!hosts.is_on_the_way(room, start));
        hosts.went(room, start);
        assert!(hosts.is_on_the_way(room, after(59)));
        assert!(!hosts.is_on_the_way(room, after(60)));
        assert!(hosts.went_within(room, Duration::from_secs(61), after(60)));
        assert!(!hosts.is_on_the_way(Guid::generate(), start));
        hosts.forget(room);
        assert!(!hosts.is_on_the_way(room, start));
    }

    #[test]
    fn the_number_of_rooms_is_bounded() {
        let start = Instant::now();
        let mut hosts = Hosts::default();
        let rooms: Vec<Guid> = (0..=MAX_ROOMS).map(|_| Guid::generate()).collect();
        for (n, room) in (0..).zip(&rooms) {
            hosts.went(*room, start + Duration::from_millis(n));
        }
        assert_eq!(hosts.0.len(), MAX_ROOMS);
        assert!(!hosts.is_on_the_way(rooms[0], start));
        assert!(hosts.is_on_the_way(rooms[MAX_ROOMS], start));
    }
}
