//! What a meeting wants to be done.

use super::secret::Secret;
use std::sync::Arc;

/// A moment, in milliseconds since 1970, or a time in milliseconds.
pub(crate) type Millis = u64;

pub(super) const SECOND: Millis = 1000;
pub(super) const MINUTE: Millis = 60 * SECOND;

/// One web socket of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SocketId(pub(super) u64);

/// Why a web socket is closed by the server, as the code that its client sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseCode {
    /// The person left.
    Left = 1000,
    /// The server stops.
    Stopping = 1001,
    /// What came is no web socket's.
    Protocol = 1002,
    /// Too many messages, or too many that are malformed.
    Refused = 1008,
    /// A message is too large.
    TooLarge = 1009,
    /// The client reads too slowly.
    TooSlow = 1013,
    /// The meeting has no place left.
    Full = 4000,
    /// A host does not let the person in.
    TurnedAway = 4001,
    /// A host removed the person.
    Removed = 4002,
    /// The same person came over another socket.
    Replaced = 4003,
    /// The meeting is over.
    Ended = 4004,
}

/// What is to be done for a meeting, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// Send a message, as JSON text.
    Send(SocketId, Arc<str>),
    /// Send the servers that help browsers, with new credentials, if they have credentials.
    SendIceServers(SocketId),
    /// Close a socket, to which nothing more is sent.
    Close(SocketId, CloseCode),
    /// A person is in who may rate the room with this secret.
    MayRate(Secret),
    /// That person is no longer in.
    MayRateFor(Secret, Millis),
}
