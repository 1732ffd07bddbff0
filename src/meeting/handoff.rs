//! Hand-off: the link of a room opens a meeting on another server, to which a person's browser is sent
//! at the click and never before.

mod arrivals;
mod bigbluebutton;
mod deadline;
mod handoffs;
mod hosts;
mod jitsi;
mod jwt;
mod known_rooms;
mod livekit;
mod metrics;
mod outage;
mod outbound;
mod template;
#[cfg(test)]
mod testing;

pub(crate) use bigbluebutton::BigBlueButton;
pub(crate) use deadline::{Deadline, TIMEOUT};
pub(crate) use handoffs::{CALL_THREADS, Handoffs};
pub(crate) use jitsi::{Jitsi, JitsiTokens};
pub(crate) use jwt::SigningKey;
pub(crate) use livekit::{HostAction, LiveKit};
pub(crate) use outbound::Outbound;
pub(crate) use template::Template;

use super::options::Column;
use super::role::Role;
use super::room_options::MeetingOptions;
use crate::model::{Guid, MeetingServer, Room, ServerUrl, Timestamp};
use std::fmt;

/// A person who goes to a meeting.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    /// The room whose link the person followed.
    pub(crate) room: Room,
    /// The options of the room.
    pub(crate) options: MeetingOptions,
    /// The role that the person has shown to have.
    pub(crate) role: Role,
    /// The name that others see.
    pub(crate) name: String,
    /// The URL of the room's page.
    pub(crate) page_url: String,
    /// The moment of the click.
    pub(crate) now: Timestamp,
}

/// Where a person's browser is to go.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// To a page of the meeting server. The URL may contain a token, and is for this person alone.
    Url(String),
    /// Nowhere: the page of the room connects to LiveKit.
    LiveKit {
        /// The URL of the server, with the scheme of web sockets.
        url: String,
        /// The token of this person.
        token: String,
    },
}

/// Without what lets the person in.
impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(_) => formatter.debug_tuple("Url").finish_non_exhaustive(),
            Self::LiveKit { url, .. } => formatter
                .debug_struct("LiveKit")
                .field("url", url)
                .finish_non_exhaustive(),
        }
    }
}

/// Why a meeting server did not do what it was asked for: a sentence for the log and for operators,
/// without a secret in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HandoffError {
    /// There was no whole answer in time.
    #[error("the meeting server did not answer within {0} seconds")]
    TimedOut(u64),
    /// No connection, no valid certificate, no answer that is HTTP.
    #[error("the meeting server cannot be reached: {0}")]
    Unreachable(String),
    /// The server answered that it will not.
    #[error("the meeting server refused: {0}")]
    Refused(String),
    /// The answer makes no sense.
    #[error("the answer of the meeting server cannot be read: {0}")]
    Malformed(String),
    /// The time was over before the turn came to call the server: too many people are on their way.
    #[error("too many people enter meetings at this moment")]
    Busy,
}

impl HandoffError {
    /// Returns true if the server does not answer, which hits all who enter: the log tells when that begins
    /// and ends, not every request.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self, Self::TimedOut(_) | Self::Unreachable(_) | Self::Busy)
    }
}

/// What was found out about a meeting server: a sentence for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// It is as it should be, or is something to know.
    Fine(String),
    /// It may be meant so.
    Doubtful(String),
    /// Nobody gets in, and what to do.
    Wrong(String),
}

/// A meeting server, and how people get there.
#[derive(Debug)]
pub(crate) enum HandoffServer {
    /// Any server whose URL says all.
    Template(Template),
    /// Jitsi Meet.
    Jitsi(Jitsi),
    /// BigBlueButton.
    BigBlueButton(BigBlueButton),
    /// LiveKit.
    LiveKit(LiveKit),
}

impl Visit {
    /// Returns where the meeting server is to lead the person in the end: to the room's page, which
    /// asks for stars, or else straight to where the room leads.
    pub(crate) fn return_url(&self) -> String {
        if self.options.allow_rating || self.options.return_url.is_empty() {
            format!("{}?left", self.page_url)
        } else {
            self.options.return_url.clone()
        }
    }

    /// Returns whether the person is a host.
    pub(crate) fn is_host(&self) -> bool {
        self.role == Role::Host
    }
}

impl HandoffServer {
    /// Returns its column in the table of options.
    pub(crate) fn column(&self) -> Column {
        match self {
            Self::Template(server) if server.leads_back() => Column::TemplateWithReturn,
            Self::Template(_) => Column::Template,
            Self::Jitsi(server) if server.tokens.is_some() => Column::JitsiWithTokens,
            Self::Jitsi(_) => Column::Jitsi,
            Self::BigBlueButton(_) => Column::BigBlueButton,
            Self::LiveKit(_) => Column::LiveKit,
        }
    }

    /// Returns which server it is.
    pub(crate) fn kind(&self) -> MeetingServer {
        match self {
            Self::Template(_) => MeetingServer::Template,
            Self::Jitsi(_) => MeetingServer::Jitsi,
            Self::BigBlueButton(_) => MeetingServer::BigBlueButton,
            Self::LiveKit(_) => MeetingServer::LiveKit,
        }
    }

    /// Returns whether [`HandoffServer::enter`] calls the server, and so may block until the deadline.
    pub(crate) fn calls_out(&self) -> bool {
        matches!(self, Self::BigBlueButton(_) | Self::LiveKit(_))
    }

    /// Returns whether people come back to a page of this program in the end, and so can give stars.
    pub(crate) fn leads_back(&self) -> bool {
        match self {
            Self::Template(server) => server.leads_back(),
            Self::Jitsi(_) => false,
            Self::BigBlueButton(_) | Self::LiveKit(_) => true,
        }
    }

    /// Prepares the meeting where the server needs that, and returns where the person goes.
    ///
    /// # Errors
    /// A server that does not answer, or refuses.
    pub(crate) fn enter(&self, visit: &Visit, deadline: Deadline) -> Result<Entry, HandoffError> {
        match self {
            Self::Template(server) => Ok(server.enter(visit)),
            Self::Jitsi(server) => Ok(server.enter(visit)),
            Self::BigBlueButton(server) => server.enter(visit, deadline),
            Self::LiveKit(server) => server.enter(visit, deadline),
        }
    }

    /// Returns whether a host is in the meeting of a room; None from a server that does not tell.
    ///
    /// # Errors
    /// A server that does not answer, or refuses.
    pub(crate) fn has_host(
        &self,
        room: Guid,
        deadline: Deadline,
    ) -> Result<Option<bool>, HandoffError> {
        match self {
            Self::Template(_) | Self::Jitsi(_) => Ok(None),
            Self::BigBlueButton(server) => server.has_host(room, deadline).map(Some),
            Self::LiveKit(server) => server.has_host(room, deadline).map(Some),
        }
    }

    /// Returns what operators should know about the server, which is asked where it has an answer: whether
    /// it answers, and what this program cannot see.
    pub(crate) fn check(&self) -> Vec<Finding> {
        let answered = |found: Result<String, String>, urls: &[&ServerUrl]| {
            let exposed = urls.iter().filter(|url| url.is_exposed());
            let exposed = exposed.map(|url| exposed_url(url));
            let answer = found.map_or_else(Finding::Wrong, Finding::Fine);
            [answer].into_iter().chain(exposed).collect()
        };
        match self {
            Self::Template(server) => server.check(),
            Self::Jitsi(server) => server.check(),
            Self::BigBlueButton(server) => answered(server.check(), &[&server.url]),
            Self::LiveKit(server) if server.url == server.api_url => {
                answered(server.check(), &[&server.url])
            }
            Self::LiveKit(server) => answered(server.check(), &[&server.url, &server.api_url]),
        }
    }

    /// Ends the meeting of a room for everybody, where the server can be asked for that. A meeting that
    /// does not take place is no error.
    ///
    /// # Errors
    /// A server that does not answer, or refuses.
    pub(crate) fn end(&self, room: Guid, deadline: Deadline) -> Result<(), HandoffError> {
        match self {
            Self::Template(_) | Self::Jitsi(_) => Ok(()),
            Self::BigBlueButton(server) => server.end(room, deadline),
            Self::LiveKit(server) => server.end(room, deadline),
        }
    }

    /// Does what a host wants to do to people, on a server where people meet on a page of this program;
    /// None on the others, whose pages do that themselves. False: the person is no longer there.
    ///
    /// # Errors
    /// A server that does not answer, or refuses.
    pub(crate) fn act(
        &self,
        room: Guid,
        options: &MeetingOptions,
        action: &HostAction,
        deadline: Deadline,
    ) -> Result<Option<bool>, HandoffError> {
        match self {
            Self::LiveKit(server) => server.act(room, options, action, deadline).map(Some),
            Self::Template(_) | Self::Jitsi(_) | Self::BigBlueButton(_) => Ok(None),
        }
    }

    /// Returns whether the server lets a meeting go on whose time is over.
    pub(crate) fn forgets_the_time(&self) -> bool {
        matches!(self, Self::LiveKit(_))
    }

    /// Ends the meetings whose time is over, on a server that does not do that itself.
    ///
    /// # Errors
    /// A server that does not answer, or refuses.
    pub(crate) fn end_overdue(
        &self,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<(), HandoffError> {
        match self {
            Self::LiveKit(server) => server.end_overdue(now, deadline),
            Self::Template(_) | Self::Jitsi(_) | Self::BigBlueButton(_) => Ok(()),
        }
    }
}

/// Says that a URL is without TLS.
fn exposed_url(url: &ServerUrl) -> Finding {
    Finding::Doubtful(format!(
        "{url} is without TLS: others on the network between can read the names of people and what lets them \
         in, and use it; take a URL with https or wss, unless that network is yours alone"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TokenAlgorithm;

    #[test]
    fn an_operator_is_warned_of_a_server_without_tls() {
        let check = |url: &str, api_url: &str| {
            let secret = "a secret of at least 32 characters".parse();
            let secret = secret.expect("a secret");
            let server = HandoffServer::LiveKit(LiveKit {
                url: url.parse().expect("a URL"),
                api_url: api_url.parse().expect("a URL"),
                api_key: "north".to_owned(),
                key: SigningKey::from_secret(TokenAlgorithm::Hs256, &secret, None),
                outbound: Outbound::new(),
            });
            let found = server.check().into_iter();
            let doubtful = found.filter(|found| matches!(found, Finding::Doubtful(_)));
            doubtful.count()
        };
        // Nothing listens there.
        let here = "http://127.0.0.1:1";
        assert_eq!(check(here, here), 0);
        assert_eq!(check("wss://livekit.example.com", here), 0);
        assert_eq!(check("ws://livekit.example.com", here), 1);
    }

    #[test]
    fn an_entry_is_shown_without_what_lets_the_person_in() {
        let url = Entry::Url("https://meet.example.com/?secret".to_owned());
        let livekit = Entry::LiveKit {
            url: "wss://livekit.example.com".to_owned(),
            token: "secret".to_owned(),
        };
        for entry in [url, livekit] {
            let shown = format!("{entry:?}");
            assert!(!shown.contains("secret"), "{shown}");
        }
    }
}
