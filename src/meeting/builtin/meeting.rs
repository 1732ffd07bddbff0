//! One meeting: who is in it, who waits, and what each message does. The files beside this one have
//! the rules by subject.

use super::attendance::Attendance;
use super::effect::{CloseCode, Effect, Millis, SECOND, SocketId};
use super::messages::{EndReason, Refusal, ServerMessage, WaitingShown};
use super::person::{Newcomer, Person, Place};
use super::protocol::PersonId;
use super::rules::Rules;
use crate::meeting::role::Role;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most people of a room, whether they wait or are in.
const MAX_PEOPLE: usize = 64;

/// How long a meeting without people is remembered.
const FORGET_AFTER: Millis = 30 * SECOND;

/// One meeting. Events go in by its methods, and what they cause comes out of
/// [`Meeting::take_effects`].
#[derive(Debug)]
pub(super) struct Meeting {
    pub(super) rules: Rules,
    pub(super) people: BTreeMap<PersonId, Person>,
    pub(super) attendance: Attendance,
    pub(super) ends_at: Option<Millis>,
    pub(super) last_chat: u64,
    /// The list of waiting people that hosts have.
    pub(super) shown_waiting: Vec<WaitingShown>,
    last_id: u32,
    /// Since when nobody is there.
    empty_since: Option<Millis>,
    is_over: bool,
    effects: Vec<Effect>,
}

impl Meeting {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            people: BTreeMap::new(),
            attendance: Attendance::default(),
            ends_at: None,
            last_chat: 0,
            shown_waiting: Vec::new(),
            last_id: 0,
            empty_since: None,
            is_over: false,
            effects: Vec::new(),
        }
    }

    /// Takes up somebody new, who is in at once, waits, or finds no place.
    pub(super) fn connect(&mut self, newcomer: Newcomer, now: Millis) {
        self.last_id += 1;
        let id = PersonId(self.last_id);
        // However many wait, a host can come and turn them away.
        let has_place = newcomer.role == Role::Host || self.people.len() < MAX_PEOPLE;
        self.people.insert(id, Person::new(id, newcomer));
        self.empty_since = None;
        if has_place {
            self.let_in(now);
        } else {
            self.refuse_for_space(id, now);
        }
    }

    /// Returns what is to be done since the last call.
    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Returns whether nothing of the meeting is needed any more.
    pub(super) fn is_forgotten(&self, now: Millis) -> bool {
        let Some(empty_since) = self.empty_since else {
            return self.is_over;
        };
        let forgotten_at = match self.ends_at {
            Some(ends_at) if self.rules.options.duration.use_remaining_time => ends_at,
            _ => empty_since + FORGET_AFTER,
        };
        self.is_over || now >= forgotten_at
    }

    /// Ends the meeting for everybody, also for those who wait.
    pub(super) fn end(&mut self, reason: EndReason, now: Millis) {
        let return_url = &self.rules.options.return_url;
        let text = ServerMessage::Ended { reason, return_url }.to_text();
        for id in self.ids(|_| true) {
            self.send(id, text.clone());
            self.take_out(id, CloseCode::Ended, now);
        }
        self.is_over = true;
    }

    pub(super) fn person_of(&self, socket: SocketId) -> Option<&Person> {
        let mut people = self.people.values();
        people.find(|person| person.socket == Some(socket))
    }

    /// Returns the ids of the people that meet a condition, in the order of joining.
    pub(super) fn ids(&self, condition: impl Fn(&Person) -> bool) -> Vec<PersonId> {
        let people = self.people.values().filter(|person| condition(person));
        people.map(|person| person.id).collect()
    }

    /// Returns whether a host is in, also one whose connection broke just now.
    pub(super) fn has_host(&self) -> bool {
        let mut people = self.people.values();
        people.any(|person| person.is_in() && person.is_host())
    }

    /// Returns the role of somebody who is in.
    pub(super) fn role_of(&self, id: PersonId) -> Option<Role> {
        let person = self.people.get(&id).filter(|person| person.is_in());
        person.map(|person| person.role)
    }

    /// Sends a text to a person, if connected.
    pub(super) fn send(&mut self, to: PersonId, text: Arc<str>) {
        if let Some(socket) = self.people.get(&to).and_then(|person| person.socket) {
            self.effects.push(Effect::Send(socket, text));
        }
    }

    /// Sends a message to everybody who is in and meets a condition.
    pub(super) fn send_to(&mut self, text: &Arc<str>, condition: impl Fn(&Person) -> bool) {
        for id in self.ids(|person| person.is_in() && condition(person)) {
            self.send(id, text.clone());
        }
    }

    /// Tells everybody what a person looks like now.
    pub(super) fn show_change(&mut self, id: PersonId) {
        if let Some(person) = self.people.get(&id) {
            let person = person.shown();
            let text = ServerMessage::PersonChanged { person }.to_text();
            self.send_to(&text, |_| true);
        }
    }

    /// Tells a person that something was not done.
    pub(super) fn refuse(&mut self, id: PersonId, code: Refusal) {
        self.send(id, ServerMessage::refusal(code).to_text());
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Records that somebody comes in where nobody was, which starts a meeting, unless it goes on with
    /// the time that was left.
    pub(super) fn start(&mut self, now: Millis) {
        let goes_on = self.rules.options.duration.use_remaining_time;
        let is_left = self.ends_at.is_some_and(|ends_at| ends_at > now);
        if !(goes_on && is_left) {
            self.ends_at = self.rules.duration().map(|duration| now + duration);
        }
    }

    /// Takes a person out and closes the socket; tells nobody.
    pub(super) fn take_out(
        &mut self,
        id: PersonId,
        code: CloseCode,
        now: Millis,
    ) -> Option<Person> {
        let person = self.people.remove(&id)?;
        if let Some(socket) = person.socket {
            self.effects.push(Effect::Close(socket, code));
        }
        if person.place == Place::In && self.rules.options.allow_rating {
            self.effects.push(Effect::MayRateFor(person.rating, now));
        }
        if self.people.is_empty() {
            self.empty_since = Some(now);
        }
        Some(person)
    }
}
