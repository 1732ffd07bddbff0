//! What the messages of people who are in do. Each is checked here, whatever a page shows.

use super::chat::{may_write_again, shown_text};
use super::effect::{CloseCode, Millis, SocketId};
use super::meeting::Meeting;
use super::messages::{Refusal, ServerMessage};
use super::protocol::{ClientMessage, Command, Media, PersonId, Signal};
use std::sync::Arc;

impl Meeting {
    /// Does what a message over a socket wants, or tells its sender why not.
    pub(super) fn handle(&mut self, socket: SocketId, message: ClientMessage, now: Millis) {
        let Some(person) = self.person_of(socket) else {
            return;
        };
        let (id, is_in) = (person.id, person.is_in());
        let done = match message {
            ClientMessage::Command(Command::Ping) => {
                self.send(id, ServerMessage::Pong.to_text());
                Ok(())
            }
            ClientMessage::Command(Command::Leave) => {
                self.leave(id, CloseCode::Left, now);
                Ok(())
            }
            _ if !is_in => Err(Refusal::NotAllowed),
            ClientMessage::Signal(signal) => self.relay(id, &signal),
            ClientMessage::Command(command) => self.command(id, command, now),
        };
        if let Err(code) = done {
            self.refuse(id, code);
        }
    }

    fn command(&mut self, id: PersonId, command: Command, now: Millis) -> Result<(), Refusal> {
        match command {
            Command::Media(media) => self.set_media(id, media),
            Command::Hand { raised } => {
                if let Some(person) = self.people.get_mut(&id) {
                    person.hand = raised;
                }
                self.show_change(id);
                Ok(())
            }
            Command::Reaction { reaction } => {
                if !self.rules.options.allow_reactions {
                    return Err(Refusal::NotAllowed);
                }
                let message = ServerMessage::Reaction { from: id, reaction };
                self.send_to(&message.to_text(), |_| true);
                Ok(())
            }
            Command::Chat { to, text } => self.chat(id, to, &text, now),
            Command::Attendance { check } => {
                self.attendance.answer(id, check);
                Ok(())
            }
            command => self.host_command(id, command, now),
        }
    }

    /// Gives a signal to the page of another person. One to a person whose connection is broken is
    /// lost: the pages begin anew when it is back.
    fn relay(&mut self, from: PersonId, signal: &Signal) -> Result<(), Refusal> {
        let to = signal.to;
        let receiver = self.role_of(to).filter(|_| to != from);
        let receiver = receiver.ok_or(Refusal::NoSuchPerson)?;
        let sender = self.role_of(from).ok_or(Refusal::NotAllowed)?;
        if !self.rules.options.may_connect(sender, receiver) {
            return Err(Refusal::NotAllowed);
        }
        if signal.sends_media && !self.rules.options.may_share(sender) {
            return Err(Refusal::MediaOff);
        }
        let data = &*signal.data;
        self.send(to, ServerMessage::Signal { from, data }.to_text());
        Ok(())
    }

    fn set_media(&mut self, id: PersonId, media: Media) -> Result<(), Refusal> {
        let role = self.role_of(id).ok_or(Refusal::NotAllowed)?;
        let sends = media.audio || media.video || media.screen;
        if sends && !self.rules.options.may_share(role) {
            return Err(Refusal::MediaOff);
        }
        if let Some(person) = self.people.get_mut(&id) {
            person.media = media;
        }
        self.show_change(id);
        Ok(())
    }

    fn chat(
        &mut self,
        from: PersonId,
        to: Option<PersonId>,
        text: &str,
        now: Millis,
    ) -> Result<(), Refusal> {
        let role = self.role_of(from).ok_or(Refusal::NotAllowed)?;
        let receiver = match to {
            None => None,
            Some(to) => Some(self.role_of(to).ok_or(Refusal::NoSuchPerson)?),
        };
        if !self.rules.options.may_write(role, receiver) {
            return Err(Refusal::ChatOff);
        }
        let text = shown_text(text)?;
        let is_limited = to.is_none() && self.rules.options.limits_writing(role);
        let Some(person) = self.people.get_mut(&from) else {
            return Err(Refusal::NotAllowed);
        };
        if is_limited && !may_write_again(&mut person.written, now) {
            return Err(Refusal::RateLimited);
        }
        self.last_chat += 1;
        let message = ServerMessage::Chat {
            id: self.last_chat,
            from,
            name: &self.people[&from].name,
            to,
            text: &text,
            at: now,
        };
        let text: Arc<str> = message.to_text();
        let is_private = to.is_some();
        let is_for = |id| !is_private || to == Some(id) || id == from;
        for id in self.ids(|person| person.is_in() && is_for(person.id)) {
            if let Some(person) = self.people.get_mut(&id) {
                person.keep_chat(text.clone());
            }
            self.send(id, text.clone());
        }
        Ok(())
    }
}
