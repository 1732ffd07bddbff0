//! Connections that break, people who come back, and people who leave.

use super::effect::{CloseCode, Effect, Millis, SECOND, SocketId};
use super::meeting::Meeting;
use super::messages::ServerMessage;
use super::protocol::PersonId;
use super::secret::Secret;

/// How long a person whose connection broke keeps the place.
pub(super) const KEEP_PLACE_FOR: Millis = 30 * SECOND;

impl Meeting {
    /// Records that a socket is gone. Who is in keeps the place for a while; who waits does not.
    pub(super) fn disconnected(&mut self, socket: SocketId, now: Millis) {
        let Some(id) = self.person_of(socket).map(|person| person.id) else {
            return;
        };
        let Some(person) = self.people.get_mut(&id) else {
            return;
        };
        person.socket = None;
        if person.is_in() {
            person.gone_since = Some(now);
            self.show_change(id);
        } else {
            self.leave(id, CloseCode::Left, now);
        }
    }

    /// Records that something came over a socket: its client knows the newest secret.
    pub(super) fn heard(&mut self, socket: SocketId) {
        let mut people = self.people.values_mut();
        if let Some(person) = people.find(|person| person.socket == Some(socket)) {
            person.previous_resume = None;
        }
    }

    /// Gives a person the place back, who has shown a secret for it: over a new socket, with a new secret.
    pub(super) fn resume(
        &mut self,
        id: PersonId,
        shown: Secret,
        socket: SocketId,
        next: Secret,
        now: Millis,
    ) {
        let Some(person) = self.people.get_mut(&id) else {
            return;
        };
        let old = person.socket.replace(socket);
        let was_gone = person.gone_since.take().is_some();
        let shows_waiting = person.is_host() && !self.shown_waiting.is_empty();
        let chat = person.chat.clone();
        person.previous_resume = Some(shown);
        person.resume = next;
        if let Some(old) = old {
            let text = ServerMessage::Replaced.to_text();
            self.push(Effect::Send(old, text));
            self.push(Effect::Close(old, CloseCode::Replaced));
        }
        self.welcome(id, now);
        for text in chat {
            self.send(id, text);
        }
        if shows_waiting {
            self.send_waiting_to(id);
        }
        if was_gone {
            self.show_change(id);
        }
    }

    /// Returns the person who is in and whose place a secret takes.
    pub(super) fn find_place(&self, secret: &Secret) -> Option<PersonId> {
        let mut people = self.people.values();
        let person = people.find(|person| person.is_in() && person.is_resumed_by(secret));
        person.map(|person| person.id)
    }

    /// Takes a person out, tells the others, and lets in who may come in now.
    pub(super) fn leave(&mut self, id: PersonId, code: CloseCode, now: Millis) {
        let Some(person) = self.take_out(id, code, now) else {
            return;
        };
        if person.is_in() {
            let text = ServerMessage::PersonLeft { id }.to_text();
            self.send_to(&text, |_| true);
        }
        self.let_in(now);
    }
}
