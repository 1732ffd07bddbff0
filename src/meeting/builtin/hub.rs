//! The meetings of the process, for handlers and the server.

use super::effect::{CloseCode, Millis, SocketId};
use super::ice_servers::{IceServerGroup, IceServers};
use super::protocol::ClientMessage;
use super::registry::{OpenedRoom, Pass, Refused, Registry};
use super::secret::Secret;
use super::tickets::Ticket;
use super::wire::{WireClosed, WireEnd};
use crate::metrics::{Exposition, Source};
use crate::model::Guid;
use crate::store::Store;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time between two looks for what is due.
const TICK: Duration = Duration::from_secs(1);

/// The time between two looks whether the rooms of all meetings are there. (Tuning: the most meetings
/// that there can be cost some 20 ms each time.)
const ROOMS_INTERVAL: Duration = Duration::from_secs(10);

/// All meetings of the process. Each call takes the lock for as long as its event takes, and never
/// waits for a client.
#[derive(Debug)]
pub(crate) struct Hub {
    registry: Mutex<Registry>,
    ice_servers: Arc<IceServers>,
    started: Instant,
    /// When the hub was made, in milliseconds since 1970.
    started_at: Millis,
}

impl Hub {
    /// Returns a hub without meetings, whose people are told of these servers.
    pub(crate) fn new(ice_servers: IceServers) -> Self {
        let ice_servers = Arc::new(ice_servers);
        let passed = SystemTime::now().duration_since(UNIX_EPOCH);
        let passed = passed.map(|passed| passed.as_millis()).unwrap_or_default();
        Self {
            registry: Mutex::new(Registry::new(Arc::clone(&ice_servers))),
            ice_servers,
            started: Instant::now(),
            started_at: u64::try_from(passed).unwrap_or_default(),
        }
    }

    /// Returns the servers that help the browser of one person, with credentials that end.
    pub(crate) fn ice_servers(&self) -> Vec<IceServerGroup<'_>> {
        self.ice_servers.for_person()
    }

    /// Gives out a ticket, with which a person opens a socket within 30 seconds.
    ///
    /// # Errors
    /// Too many meetings, or sockets of the client.
    pub(crate) fn issue(&self, ticket: Ticket) -> Result<Secret, Refused> {
        self.registry().issue(ticket, self.now())
    }

    /// Opens a socket. A meeting that it opens has the rules that come with it.
    ///
    /// # Errors
    /// A ticket that is not valid, or too much of something.
    pub(crate) fn connect(
        &self,
        pass: Pass,
        room: OpenedRoom,
        client: Option<IpAddr>,
    ) -> Result<(WireEnd, WireClosed), Refused> {
        self.registry().connect(pass, room, client, self.now())
    }

    /// Takes up a text message of a client.
    pub(crate) fn received(&self, id: SocketId, text: &str) {
        let message = ClientMessage::parse(text);
        self.registry()
            .received(id, message, text.len(), self.now());
    }

    /// Takes up a message of a client that is no text, with so many bytes.
    pub(crate) fn received_bytes(&self, id: SocketId, bytes: usize) {
        self.registry().received(id, None, bytes, self.now());
    }

    /// Counts a fragment of a message that goes on, as a short message: the last one counts as the whole
    /// message does.
    pub(crate) fn received_fragment(&self, id: SocketId) {
        self.registry().control(id, None, self.now());
    }

    /// Takes up a sign of a client that it is there, and answers it if it asks for an answer.
    pub(crate) fn control(&self, id: SocketId, answer: Option<Vec<u8>>) {
        self.registry().control(id, answer, self.now());
    }

    /// Closes a socket; the person may come back over another one.
    pub(crate) fn close(&self, id: SocketId, code: CloseCode) {
        self.registry().close(id, code, self.now());
    }

    /// Records that the connection of a socket is gone.
    pub(crate) fn gone(&self, id: SocketId) {
        self.registry().gone(id, self.now());
    }

    /// Ends the meeting of a room that was deleted.
    pub(crate) fn room_deleted(&self, room: Guid) {
        self.registry().deleted(room, self.now());
    }

    /// Ends the meeting in the room of a user who was deleted.
    pub(crate) fn user_deleted(&self, user: Guid) {
        self.registry().deleted(user, self.now());
    }

    /// Takes the right of a person to rate a room; false if the person has none.
    pub(crate) fn take_rating(&self, secret: &Secret, room: Guid) -> bool {
        self.registry().ratings.take(secret, room, self.now())
    }

    /// Gives a person of a client who goes to another server the right to rate a room, once, until half a
    /// day later; None where the client has rated the room too often.
    pub(crate) fn may_rate(&self, room: Guid, client: Option<IpAddr>) -> Option<Secret> {
        let secret = Secret::generate();
        let mut registry = self.registry();
        let is_given = registry.ratings.add_away(secret, room, client, self.now());
        is_given.then_some(secret)
    }

    /// Gives the right to rate a room back, because the rating was not counted.
    pub(crate) fn give_rating_back(&self, secret: Secret, room: Guid) {
        self.registry().ratings.give_back(secret, room, self.now());
    }

    /// Does what is due each second, and never ends.
    pub(crate) async fn watch(&self) {
        loop {
            tokio::time::sleep(TICK).await;
            self.registry().tick(self.now());
        }
    }

    /// Ends the meetings of rooms that another process deletes, such as `roomd user remove`, and never
    /// ends itself. Where the database cannot be read, no meeting ends.
    pub(crate) async fn watch_rooms(&self, store: &Store) {
        loop {
            tokio::time::sleep(ROOMS_INTERVAL).await;
            let rooms = self.registry().rooms();
            for room in rooms {
                if matches!(store.find_room(room).await, Ok(None)) {
                    self.room_deleted(room);
                }
            }
        }
    }

    /// Closes all sockets, and opens no more.
    pub(crate) fn stop(&self) {
        self.registry().stop();
    }

    /// Returns the present moment, by a clock that never goes back or leaps.
    fn now(&self) -> Millis {
        let passed = u64::try_from(self.started.elapsed().as_millis());
        self.started_at
            .saturating_add(passed.unwrap_or(Millis::MAX))
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Hub {
    fn add_to(&self, page: &mut Exposition) {
        let size = self.registry().size();
        let help = "Meetings on this server, also those whose last person left just now.";
        page.gauge("roomd_meetings", help).set(size.meetings);
        let name = "roomd_meeting_people";
        let family = page.gauge(name, "People in meetings on this server.");
        family.add(&[("place", "inside")], size.inside);
        family.add(&[("place", "waiting")], size.waiting);
        let name = "roomd_meeting_sockets";
        let help = "Open web sockets of meetings on this server.";
        page.gauge(name, help).set(size.sockets);
    }
}
