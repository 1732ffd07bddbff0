use super::effect::{Millis, SocketId};
use super::messages::{PersonShown, WaitingFor};
use super::protocol::{Media, PersonId};
use super::secret::Secret;
use crate::meeting::role::Role;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many messages of the chat are kept for a person, whose connection may be broken for a while
/// before anybody notices.
const MAX_CHAT: usize = 50;

/// Somebody who comes over a new socket.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(super) socket: SocketId,
    /// What takes the place again after the connection broke.
    pub(super) resume: Secret,
    /// What rates the room.
    pub(super) rating: Secret,
}

/// Where a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before the meeting, and told why.
    Waiting(WaitingFor),
    /// Before the meeting, and told nothing yet.
    AtTheDoor,
    /// In the meeting.
    In,
}

/// A person in a meeting or before it.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) id: PersonId,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) place: Place,
    /// `None` while the connection is broken.
    pub(super) socket: Option<SocketId>,
    /// Since when the connection is broken.
    pub(super) gone_since: Option<Millis>,
    pub(super) hand: bool,
    pub(super) media: Media,
    pub(super) resume: Secret,
    /// The secret before, until something came over the socket that was told the new one.
    pub(super) previous_resume: Option<Secret>,
    pub(super) rating: Secret,
    /// When the person last got credentials for the TURN servers.
    pub(super) credentials_at: Millis,
    /// When the last messages to everybody were written.
    pub(super) written: VecDeque<Millis>,
    /// The last messages of the chat for this person, which are sent once more after a resume. Pages
    /// know by their ids which they have.
    pub(super) chat: VecDeque<Arc<str>>,
}

impl Person {
    pub(super) fn new(id: PersonId, newcomer: Newcomer) -> Self {
        Self {
            id,
            name: newcomer.name,
            role: newcomer.role,
            place: Place::AtTheDoor,
            socket: Some(newcomer.socket),
            gone_since: None,
            hand: false,
            media: Media::default(),
            resume: newcomer.resume,
            previous_resume: None,
            rating: newcomer.rating,
            credentials_at: 0,
            written: VecDeque::new(),
            chat: VecDeque::new(),
        }
    }

    pub(super) fn is_in(&self) -> bool {
        self.place == Place::In
    }

    pub(super) fn is_host(&self) -> bool {
        self.role == Role::Host
    }

    /// Returns whether a secret takes the place of the person.
    pub(super) fn is_resumed_by(&self, secret: &Secret) -> bool {
        let previous = self.previous_resume.as_ref();
        self.resume.is(secret) | previous.is_some_and(|previous| previous.is(secret))
    }

    /// Keeps a message of the chat.
    pub(super) fn keep_chat(&mut self, text: Arc<str>) {
        if self.chat.len() == MAX_CHAT {
            self.chat.pop_front();
        }
        self.chat.push_back(text);
    }

    pub(super) fn shown(&self) -> PersonShown<'_> {
        PersonShown {
            id: self.id,
            name: &self.name,
            role: self.role,
            hand: self.hand,
            media: &self.media,
            connected: self.socket.is_some(),
        }
    }
}
