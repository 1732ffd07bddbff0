//! Decides whether a history is linearizable: whether each call can be given one moment between
//! its start and its end, such that the answers are those of the model taking the calls in the
//! order of these moments.
//!
//! The search is that of Wing and Gong with the memory of Lowe: it goes through the history once
//! and keeps every explanation of what was answered so far, a state of the model with the calls
//! under way that have had their moment. Equal explanations are one, and a call gets its moment no
//! sooner than an answer needs it, so that there are never many.

use crate::model::{Answer, Operation, State};
use std::collections::HashSet;
use uuid::Uuid;

/// What was asked and answered.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) calls: Vec<(Operation, Answer)>,
    /// Starts and ends of the calls in the order in which they were seen.
    pub(crate) events: Vec<Event>,
}

/// The start or end of a call, by its number.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Started(usize),
    Ended(usize),
}

/// One way in which everything that was answered so far can have come about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Explanation {
    state: State,
    /// The calls under way that have had their moment, a bit a slot.
    done: u64,
}

/// The calls under way; a slot is free again when its call has ended.
#[derive(Default)]
struct Slots(Vec<Option<usize>>);

/// Returns how many explanations there were at the most at a time, or the first answer that has
/// none.
pub(crate) fn check(history: &History) -> Result<usize, String> {
    check_guids(history)?;
    let (mut slots, mut most) = (Slots::default(), 1);
    let mut explanations = HashSet::from([Explanation {
        state: State::default(),
        done: 0,
    }]);
    for event in &history.events {
        match *event {
            Event::Started(call) => slots.take(call),
            Event::Ended(call) => {
                let explained = explain(&explanations, call, &slots, history);
                if explained.is_empty() {
                    return Err(refusal(&explanations, call, &slots, history));
                }
                slots.free(call);
                most = most.max(explained.len());
                explanations = explained;
            }
        }
    }
    Ok(most)
}

/// A GUID is given once, also where the room that had it is gone.
fn check_guids(history: &History) -> Result<(), String> {
    let mut seen = HashSet::<Uuid>::new();
    for (_, answer) in &history.calls {
        if let Answer::Made(room) = answer
            && !seen.insert(room.guid)
        {
            return Err(format!("{} was given twice", room.guid));
        }
    }
    Ok(())
}

/// The explanations in which a call that ends now has had its moment.
fn explain(
    explanations: &HashSet<Explanation>,
    call: usize,
    slots: &Slots,
    history: &History,
) -> HashSet<Explanation> {
    let bit = slots.bit(call);
    let mut explained = HashSet::new();
    let mut seen = explanations.clone();
    let mut open: Vec<Explanation> = explanations.iter().cloned().collect();
    while let Some(explanation) = open.pop() {
        if explanation.done & bit != 0 {
            explained.insert(Explanation {
                done: explanation.done & !bit,
                ..explanation
            });
            continue;
        }
        for (call, bit) in slots.under_way() {
            if explanation.done & bit != 0 {
                continue;
            }
            let (operation, answer) = history.calls[call];
            if let Some(state) = explanation.state.after(operation, answer) {
                let done = explanation.done | bit;
                let next = Explanation { state, done };
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
    }
    explained
}

fn refusal(
    explanations: &HashSet<Explanation>,
    call: usize,
    slots: &Slots,
    history: &History,
) -> String {
    let calls = slots.under_way().map(|(call, _)| &history.calls[call]);
    format!(
        "no order explains call {call}, {:?}\nunder way: {:#?}\nexplanations before it ended: {explanations:#?}",
        history.calls[call],
        calls.collect::<Vec<_>>(),
    )
}

impl Slots {
    fn take(&mut self, call: usize) {
        match self.0.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => *slot = Some(call),
            None => self.0.push(Some(call)),
        }
        assert!(self.0.len() <= 64, "a bit for each call under way");
    }

    fn free(&mut self, call: usize) {
        let slot = self.position(call);
        self.0[slot] = None;
    }

    fn bit(&self, call: usize) -> u64 {
        1 << self.position(call)
    }

    fn position(&self, call: usize) -> usize {
        let mut slots = self.0.iter();
        let position = slots.position(|slot| *slot == Some(call));
        position.expect("a call ends after it has started")
    }

    fn under_way(&self) -> impl Iterator<Item = (usize, u64)> {
        let slots = self.0.iter().enumerate();
        slots.filter_map(|(at, slot)| slot.map(|call| (call, 1 << at)))
    }
}
