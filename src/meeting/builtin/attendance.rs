//! The regular question whether people are there.

use super::effect::{MINUTE, Millis, SECOND};
use super::messages::Attended;
use super::protocol::PersonId;
use std::collections::{BTreeMap, BTreeSet};

/// The time between two checks.
const INTERVAL: Millis = 10 * MINUTE;

/// How long people may take to answer.
pub(super) const TIME_TO_ANSWER: Millis = 60 * SECOND;

/// How many people the results can name; those who came last are kept.
const MAX_RESULTS: usize = 500;

/// The checks of one meeting.
#[derive(Debug, Default)]
pub(super) struct Attendance {
    last_check: u32,
    /// When the next check is due.
    next: Option<Millis>,
    /// When the check that is under way ends, and who has not answered it.
    open: Option<(Millis, BTreeSet<PersonId>)>,
    results: BTreeMap<PersonId, Attended>,
}

impl Attendance {
    /// Returns the number of a check that begins now for these people, if one is due.
    pub(super) fn begin<'a>(
        &mut self,
        people: impl Iterator<Item = (PersonId, &'a str)>,
        now: Millis,
    ) -> Option<u32> {
        let next = *self.next.get_or_insert(now + INTERVAL);
        if now < next || self.open.is_some() {
            return None;
        }
        self.next = Some(now + INTERVAL);
        let mut asked = BTreeSet::new();
        for (id, name) in people {
            asked.insert(id);
            let attended = self.results.entry(id).or_insert_with(|| Attended {
                name: name.to_owned(),
                asked: 0,
                answered: 0,
            });
            attended.asked += 1;
        }
        if asked.is_empty() {
            return None;
        }
        while self.results.len() > MAX_RESULTS {
            self.results.pop_first();
        }
        self.open = Some((now + TIME_TO_ANSWER, asked));
        self.last_check += 1;
        Some(self.last_check)
    }

    /// Counts an answer, if the person was asked and has not answered.
    pub(super) fn answer(&mut self, id: PersonId, check: u32) {
        let Some((_, asked)) = &mut self.open else {
            return;
        };
        if check == self.last_check && asked.remove(&id) {
            let attended = self.results.get_mut(&id);
            attended.into_iter().for_each(|it| it.answered += 1);
        }
    }

    /// Returns the results, if a check has ended.
    pub(super) fn end(&mut self, now: Millis) -> Option<Vec<Attended>> {
        let (until, _) = self.open.as_ref()?;
        if now < *until {
            return None;
        }
        self.open = None;
        Some(self.results.values().cloned().collect())
    }

    /// Begins the interval anew: nobody is there who would see the results.
    pub(super) fn postpone(&mut self) {
        self.next = None;
    }
}
