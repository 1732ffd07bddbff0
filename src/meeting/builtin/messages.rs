//! What the server sends to pages.

use super::effect::Millis;
use super::ice_servers::IceServerGroup;
use super::protocol::{Media, PersonId, Reaction};
use crate::meeting::role::Role;
use crate::meeting::shown::Shown;
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;

/// Why a person waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum WaitingFor {
    Host,
    Approval,
}

/// Why a meeting is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EndReason {
    /// A host ended it.
    Host,
    /// Its time is over.
    Time,
    /// The room was deleted.
    Room,
}

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Refusal {
    Malformed,
    RateLimited,
    NotAllowed,
    ChatOff,
    MediaOff,
    NoSuchPerson,
    TooLong,
}

impl Refusal {
    fn message(self) -> &'static str {
        match self {
            Self::Malformed => "the message is none that this server knows: reload the page",
            Self::RateLimited => "too many messages: wait a moment",
            Self::NotAllowed => "this room, or your role in it, does not allow that",
            Self::ChatOff => "the chat is off for this message",
            Self::MediaOff => "only hosts share camera, microphone and screen in this room",
            Self::NoSuchPerson => "this person is no longer there",
            Self::TooLong => "a message has 1 to 2,000 characters",
        }
    }
}

/// A person who is in.
#[derive(Serialize)]
pub(super) struct PersonShown<'a> {
    pub(super) id: PersonId,
    pub(super) name: &'a str,
    pub(super) role: Role,
    pub(super) hand: bool,
    #[serde(flatten)]
    pub(super) media: &'a Media,
    pub(super) connected: bool,
}

/// A person who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct WaitingShown {
    pub(super) id: PersonId,
    pub(super) name: String,
}

/// How often a person was asked whether they are there, and answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Attended {
    pub(super) name: String,
    pub(super) asked: u32,
    pub(super) answered: u32,
}

/// A message to pages.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    Waiting {
        reason: WaitingFor,
    },
    IceServers {
        ice_servers: Vec<IceServerGroup<'a>>,
    },
    Joined(Box<Joined<'a>>),
    Full {
        max_people: usize,
    },
    TurnedAway,
    Removed,
    Replaced,
    Ended {
        reason: EndReason,
        return_url: &'a str,
    },
    PersonJoined {
        person: PersonShown<'a>,
    },
    PersonLeft {
        id: PersonId,
    },
    PersonChanged {
        person: PersonShown<'a>,
    },
    WaitingPeople {
        people: &'a [WaitingShown],
    },
    Signal {
        from: PersonId,
        data: &'a RawValue,
    },
    Chat {
        id: u64,
        from: PersonId,
        name: &'a str,
        to: Option<PersonId>,
        text: &'a str,
        at: Millis,
    },
    ChatCleared,
    Reaction {
        from: PersonId,
        reaction: Reaction,
    },
    Mute {
        by: PersonId,
    },
    AttendanceCheck {
        check: u32,
        seconds: u64,
    },
    Attendance {
        results: Vec<Attended>,
    },
    Time {
        ends_at: Option<Millis>,
        can_extend: bool,
    },
    Pong,
    Error {
        code: Refusal,
        message: &'static str,
    },
}

/// The first message to a person who is in.
#[derive(Serialize)]
pub(super) struct Joined<'a> {
    #[serde(rename = "self")]
    pub(super) id: PersonId,
    pub(super) role: Role,
    pub(super) resume: String,
    pub(super) rating: Option<String>,
    pub(super) people: Vec<PersonShown<'a>>,
    pub(super) settings: Shown<'a>,
    pub(super) ends_at: Option<Millis>,
    pub(super) can_extend: bool,
    pub(super) server_time: Millis,
}

impl ServerMessage<'_> {
    /// Returns what a page reads.
    pub(super) fn to_text(&self) -> Arc<str> {
        let text = serde_json::to_string(self).expect("texts and numbers are JSON");
        text.into()
    }

    /// Returns the message that something was not done.
    pub(super) fn refusal(code: Refusal) -> Self {
        Self::Error {
            code,
            message: code.message(),
        }
    }
}
