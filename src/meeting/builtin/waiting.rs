//! Who is let in, and who waits for what.

use super::effect::{CloseCode, Effect, Millis};
use super::meeting::Meeting;
use super::messages::{Joined, ServerMessage, WaitingFor, WaitingShown};
use super::person::{Person, Place};
use super::protocol::PersonId;

impl Meeting {
    /// Lets everybody in who need not wait, in the order of joining, and tells the others why they
    /// wait. To be called whenever somebody came or went.
    pub(super) fn let_in(&mut self, now: Millis) {
        // A host who comes in changes what those before him wait for.
        let hosts = self.ids(|person| !person.is_in() && person.is_host());
        for id in &hosts {
            self.admit_now(*id, now);
        }
        for id in self.ids(|person| !person.is_in()) {
            match self.reason_to_wait() {
                None => self.admit_now(id, now),
                Some(reason) => self.keep_waiting(id, reason),
            }
        }
        if !self.show_waiting() && !self.shown_waiting.is_empty() {
            hosts.into_iter().for_each(|id| self.send_waiting_to(id));
        }
    }

    /// Returns what a guest waits for.
    fn reason_to_wait(&self) -> Option<WaitingFor> {
        let needs_approval = self.rules.options.needs_approval();
        if self.has_host() {
            needs_approval.then_some(WaitingFor::Approval)
        } else {
            (self.rules.waits_for_host || needs_approval).then_some(WaitingFor::Host)
        }
    }

    fn keep_waiting(&mut self, id: PersonId, reason: WaitingFor) {
        let Some(person) = self.people.get_mut(&id) else {
            return;
        };
        let place = Place::Waiting(reason);
        if std::mem::replace(&mut person.place, place) != place {
            self.send(id, ServerMessage::Waiting { reason }.to_text());
        }
    }

    /// Lets a person in, if there is a place.
    pub(super) fn admit_now(&mut self, id: PersonId, now: Millis) {
        let count = self.people.values().filter(|person| person.is_in()).count();
        if count >= self.rules.max_people {
            self.refuse_for_space(id, now);
            return;
        }
        if count == 0 {
            self.start(now);
        }
        let Some(person) = self.people.get_mut(&id) else {
            return;
        };
        person.place = Place::In;
        let rating = person.rating;
        if self.rules.options.allow_rating {
            self.push(Effect::MayRate(rating));
        }
        self.welcome(id, now);
        let shown = self.people[&id].shown();
        let text = ServerMessage::PersonJoined { person: shown }.to_text();
        self.send_to(&text, |person| person.id != id);
    }

    /// Tells a person who is in everything about the meeting. The credentials come first: those of the
    /// join may have ended while the person waited or was away.
    pub(super) fn welcome(&mut self, id: PersonId, now: Millis) {
        self.send_ice_servers(id, now);
        let person = &self.people[&id];
        let people = self.people.values().filter(|person| person.is_in());
        let rating = self.rules.options.allow_rating.then_some(person.rating);
        let joined = Joined {
            id,
            role: person.role,
            resume: person.resume.to_string(),
            rating: rating.map(|secret| secret.to_string()),
            people: people.map(Person::shown).collect(),
            settings: self.rules.shown(person.role),
            ends_at: self.ends_at,
            can_extend: self.can_extend(person.role),
            server_time: now,
        };
        let text = ServerMessage::Joined(Box::new(joined)).to_text();
        self.send(id, text);
    }

    /// Tells a person that there is no place.
    pub(super) fn refuse_for_space(&mut self, id: PersonId, now: Millis) {
        let max_people = self.rules.max_people;
        self.send(id, ServerMessage::Full { max_people }.to_text());
        self.take_out(id, CloseCode::Full, now);
    }

    /// Shows the hosts who waits, if that has changed; returns whether it has.
    pub(super) fn show_waiting(&mut self) -> bool {
        let waiting = self.people.values().filter(|person| !person.is_in());
        let waiting = waiting.map(|person| WaitingShown {
            id: person.id,
            name: person.name.clone(),
        });
        let waiting: Vec<_> = waiting.collect();
        let has_changed = waiting != self.shown_waiting;
        if has_changed {
            self.shown_waiting = waiting;
            for id in self.ids(|person| person.is_in() && person.is_host()) {
                self.send_waiting_to(id);
            }
        }
        has_changed
    }

    /// Shows one host who waits.
    pub(super) fn send_waiting_to(&mut self, id: PersonId) {
        let people = &self.shown_waiting;
        let text = ServerMessage::WaitingPeople { people }.to_text();
        self.send(id, text);
    }
}
