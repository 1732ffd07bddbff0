//! Decides whether a history is linearizable: whether each call can be given one point in time
//! between its start and its end, its linearization point, such that a model that executes the
//! calls in the order of these points gives the same answers.
//!
//! The search is that of Wing and Gong with the cache of Lowe. It reads the history once and holds
//! every configuration that explains the answers so far: a state of the model, and the pending
//! calls that are linearized. Equal configurations are one, and a call is linearized only when an
//! answer needs it, so that there are never many.

use crate::model::{Answer, Operation, State};
use std::collections::HashSet;
use uuid::Uuid;

/// The calls of concurrent clients, with their answers.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) calls: Vec<(Operation, Answer)>,
    /// The starts and ends of the calls in the order in which they were recorded.
    pub(crate) events: Vec<Event>,
}

/// The start or end of a call, by its number.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Started(usize),
    Ended(usize),
}

/// One way to explain all answers so far.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Configuration {
    state: State,
    /// The pending calls that are linearized, one bit per slot.
    linearized: u64,
}

/// The pending calls, each in a slot that is free again when the call has ended.
#[derive(Default)]
struct Slots(Vec<Option<usize>>);

/// Returns the largest number of configurations at a time. The error names the first answer that no
/// configuration explains.
pub(crate) fn check(history: &History) -> Result<usize, String> {
    check_guids(history)?;
    let (mut slots, mut most) = (Slots::default(), 1);
    let mut configurations = HashSet::from([Configuration {
        state: State::default(),
        linearized: 0,
    }]);
    for event in &history.events {
        match *event {
            Event::Started(call) => slots.take(call),
            Event::Ended(call) => {
                let reached = linearize(&configurations, call, &slots, history);
                if reached.is_empty() {
                    return Err(explain_failure(&configurations, call, &slots, history));
                }
                slots.free(call);
                most = most.max(reached.len());
                configurations = reached;
            }
        }
    }
    Ok(most)
}

/// Checks that no GUID was given twice, not even after its room was deleted.
fn check_guids(history: &History) -> Result<(), String> {
    let mut seen = HashSet::<Uuid>::new();
    for (_, answer) in &history.calls {
        if let Answer::Created(room) = answer
            && !seen.insert(room.guid)
        {
            return Err(format!("{} was given twice", room.guid));
        }
    }
    Ok(())
}

/// Returns the configurations in which a call that ends now is linearized.
fn linearize(
    configurations: &HashSet<Configuration>,
    call: usize,
    slots: &Slots,
    history: &History,
) -> HashSet<Configuration> {
    let bit = slots.bit(call);
    let mut reached = HashSet::new();
    let mut seen = configurations.clone();
    let mut open: Vec<Configuration> = configurations.iter().cloned().collect();
    while let Some(configuration) = open.pop() {
        if configuration.linearized & bit != 0 {
            reached.insert(Configuration {
                linearized: configuration.linearized & !bit,
                ..configuration
            });
            continue;
        }
        for (call, bit) in slots.pending() {
            if configuration.linearized & bit != 0 {
                continue;
            }
            let (operation, answer) = history.calls[call];
            if let Some(state) = configuration.state.after(operation, answer) {
                let linearized = configuration.linearized | bit;
                let next = Configuration { state, linearized };
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
    }
    reached
}

fn explain_failure(
    configurations: &HashSet<Configuration>,
    call: usize,
    slots: &Slots,
    history: &History,
) -> String {
    let calls = slots.pending().map(|(call, _)| &history.calls[call]);
    format!(
        "no order of the calls explains the answer to call {call}, {:?}\npending: {:#?}\nconfigurations before its end: {configurations:#?}",
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

    fn pending(&self) -> impl Iterator<Item = (usize, u64)> {
        let slots = self.0.iter().enumerate();
        slots.filter_map(|(at, slot)| slot.map(|call| (call, 1 << at)))
    }
}
