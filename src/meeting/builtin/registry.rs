//! All meetings of the process and the sockets of their people, without a lock and a clock.

use super::effect::{CloseCode, Effect, Millis, SECOND, SocketId};
use super::ice_servers::IceServers;
use super::meeting::Meeting;
use super::messages::{EndReason, Refusal, ServerMessage};
use super::pace::{Pace, Verdict};
use super::person::Newcomer;
use super::protocol::ClientMessage;
use super::rating_tickets::RatingTickets;
use super::rules::Rules;
use super::secret::Secret;
use super::tickets::{Ticket, Tickets};
use super::wire::{Outgoing, Wire, WireClosed, WireEnd, wire};
use crate::model::Guid;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The most meetings of the process.
const MAX_MEETINGS: usize = 1000;

/// The most sockets of one client, with the tickets that it has not used. A stranger with one address
/// opens no more than a fifth of the meetings. (Tuning: people behind one router are one client, and
/// three rooms of the largest size hold 192.)
pub(super) const MAX_PER_CLIENT: usize = 200;

/// How often a client is asked whether it is there.
const PING_INTERVAL: Millis = 10 * SECOND;

/// How long a client may be silent.
const MAX_SILENCE: Millis = 25 * SECOND;

/// Why somebody cannot come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There are too many meetings, or the server stops.
    Unavailable,
    /// The client has too many sockets.
    TooManySockets,
    /// The ticket, or the secret to come back with, is not valid.
    NotValid,
}

/// The room of a meeting.
#[derive(Debug, Clone)]
pub(crate) struct OpenedRoom {
    /// The room.
    pub(crate) guid: Guid,
    /// The owner of the room.
    pub(crate) owner: Guid,
    /// The epoch of the host links that are valid now; `None` if no link is.
    pub(crate) host_epoch: Option<u64>,
    /// The rules of a meeting that begins now.
    pub(crate) rules: Rules,
}

/// What a person shows to open a socket.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pass {
    /// The ticket of a join.
    Ticket(Secret),
    /// The secret with which a person comes back.
    Resume(Secret),
}

/// All meetings.
#[derive(Debug, Default)]
pub(super) struct Registry {
    is_stopping: bool,
    last_socket: u64,
    meetings: HashMap<Guid, Opened>,
    sockets: HashMap<SocketId, Socket>,
    tickets: Tickets,
    pub(super) ratings: RatingTickets,
    /// How many sockets and unused tickets each client has.
    clients: HashMap<IpAddr, usize>,
    ice_servers: Arc<IceServers>,
}

/// How much there is of everything.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) meetings: usize,
    pub(super) inside: usize,
    pub(super) waiting: usize,
    pub(super) sockets: usize,
}

#[derive(Debug)]
struct Opened {
    owner: Guid,
    meeting: Meeting,
}

#[derive(Debug)]
struct Socket {
    room: Guid,
    client: Option<IpAddr>,
    /// `None` once the server has closed it.
    wire: Option<Wire>,
    heard_at: Millis,
    pinged_at: Millis,
    pace: Pace,
}

impl Registry {
    /// Returns no meetings yet, whose people are told of these servers.
    pub(super) fn new(ice_servers: Arc<IceServers>) -> Self {
        Self {
            ice_servers,
            ..Self::default()
        }
    }

    /// Gives out a ticket.
    pub(super) fn issue(&mut self, ticket: Ticket, now: Millis) -> Result<Secret, Refused> {
        let is_new = !self.meetings.contains_key(&ticket.room);
        if self.is_stopping || (is_new && self.meetings.len() >= MAX_MEETINGS) {
            return Err(Refused::Unavailable);
        }
        let client = ticket.client;
        if self.count_of(client) >= MAX_PER_CLIENT {
            return Err(Refused::TooManySockets);
        }
        let secret = Secret::generate();
        if !self.tickets.add(secret, ticket, now) {
            return Err(Refused::Unavailable);
        }
        self.count(client);
        Ok(secret)
    }

    /// Opens a socket for who shows a valid pass.
    pub(super) fn connect(
        &mut self,
        pass: Pass,
        room: OpenedRoom,
        client: Option<IpAddr>,
        now: Millis,
    ) -> Result<(WireEnd, WireClosed), Refused> {
        if self.is_stopping {
            return Err(Refused::Unavailable);
        }
        let guid = room.guid;
        self.forget(guid, now);
        match pass {
            Pass::Ticket(secret) => {
                let ticket = self.tickets.take(&secret, guid, now);
                let ticket = ticket.ok_or(Refused::NotValid)?;
                self.uncount(ticket.client);
                let role = ticket.role(room.host_epoch).ok_or(Refused::NotValid)?;
                // The ticket may be of another address.
                if self.count_of(client) >= MAX_PER_CLIENT {
                    return Err(Refused::TooManySockets);
                }
                if self.meetings.len() >= MAX_MEETINGS && !self.meetings.contains_key(&guid) {
                    return Err(Refused::Unavailable);
                }
                let (socket, end, closed) = self.open(guid, client, now);
                let opened = self.meetings.entry(guid).or_insert_with(|| Opened {
                    owner: room.owner,
                    meeting: Meeting::new(room.rules),
                });
                let newcomer = Newcomer {
                    name: ticket.name,
                    role,
                    socket,
                    resume: Secret::generate(),
                    rating: Secret::generate(),
                };
                opened.meeting.connect(newcomer, now);
                self.apply(guid, now);
                Ok((end, closed))
            }
            Pass::Resume(secret) => {
                let opened = self.meetings.get(&guid);
                let person = opened.and_then(|opened| opened.meeting.find_place(&secret));
                let person = person.ok_or(Refused::NotValid)?;
                // The dead sockets of those who come back together may count still.
                if self.count_of(client) >= 2 * MAX_PER_CLIENT {
                    return Err(Refused::TooManySockets);
                }
                let (socket, end, closed) = self.open(guid, client, now);
                self.with_meeting(guid, now, |meeting| {
                    meeting.resume(person, secret, socket, Secret::generate(), now);
                });
                Ok((end, closed))
            }
        }
    }

    /// Takes up a message of so many bytes; `None` is one that is malformed.
    pub(super) fn received(
        &mut self,
        id: SocketId,
        message: Option<ClientMessage>,
        bytes: usize,
        now: Millis,
    ) {
        let Some(room) = self.heard(id, now) else {
            return;
        };
        let Some(socket) = self.sockets.get_mut(&id) else {
            return;
        };
        let (verdict, code) = match (socket.pace.count(bytes, now), &message) {
            (Verdict::Take, None) => (socket.pace.count_malformed(), Refusal::Malformed),
            (verdict, _) => (verdict, Refusal::RateLimited),
        };
        match (verdict, message) {
            (Verdict::Take, Some(message)) => {
                self.with_meeting(room, now, |meeting| meeting.handle(id, message, now));
            }
            (Verdict::Refuse, _) => self.refuse(id, code, now),
            (Verdict::Close, _) => {
                self.refuse(id, code, now);
                self.close(id, CloseCode::Refused, now);
            }
            _ => {}
        }
    }

    /// Takes up a frame that is no whole message. It is answered if it asks for an answer.
    pub(super) fn control(&mut self, id: SocketId, answer: Option<Vec<u8>>, now: Millis) {
        if self.heard(id, now).is_none() {
            return;
        }
        let Some(socket) = self.sockets.get_mut(&id) else {
            return;
        };
        match (socket.pace.count(0, now), answer) {
            (Verdict::Take, Some(bytes)) => self.send(id, Outgoing::Pong(bytes), now),
            (Verdict::Close, _) => self.close(id, CloseCode::Refused, now),
            _ => {}
        }
    }

    /// Closes a socket. The person, if in, may come back over another one.
    pub(super) fn close(&mut self, id: SocketId, code: CloseCode, now: Millis) {
        let Some(room) = self.close_wire(id, code) else {
            return;
        };
        self.with_meeting(room, now, |meeting| meeting.disconnected(id, now));
    }

    /// Records that a connection is gone.
    pub(super) fn gone(&mut self, id: SocketId, now: Millis) {
        self.close(id, CloseCode::Left, now);
        if let Some(socket) = self.sockets.remove(&id) {
            self.uncount(socket.client);
        }
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Millis) {
        for ticket in self.tickets.expire(now) {
            self.uncount(ticket.client);
        }
        self.ratings.expire(now);
        let mut silent = Vec::new();
        let mut unasked = Vec::new();
        let sockets = self.sockets.iter_mut();
        for (id, socket) in sockets.filter(|(_, socket)| socket.wire.is_some()) {
            if socket.heard_at + MAX_SILENCE <= now {
                silent.push(*id);
            } else if socket.pinged_at + PING_INTERVAL <= now {
                socket.pinged_at = now;
                unasked.push(*id);
            }
        }
        for id in silent {
            self.close(id, CloseCode::TooSlow, now);
        }
        for id in unasked {
            self.send(id, Outgoing::Ping, now);
        }
        for room in self.rooms() {
            self.with_meeting(room, now, |meeting| meeting.tick(now));
        }
    }

    /// Returns how much there is of everything.
    pub(super) fn size(&self) -> Size {
        let mut size = Size {
            meetings: self.meetings.len(),
            sockets: self.sockets.len(),
            ..Size::default()
        };
        for opened in self.meetings.values() {
            for person in opened.meeting.people.values() {
                let place = match person.is_in() {
                    true => &mut size.inside,
                    false => &mut size.waiting,
                };
                *place += 1;
            }
        }
        size
    }

    /// Returns the rooms of all meetings.
    pub(super) fn rooms(&self) -> Vec<Guid> {
        self.meetings.keys().copied().collect()
    }

    /// Ends the meetings whose room, or whose owner, has a GUID.
    pub(super) fn deleted(&mut self, guid: Guid, now: Millis) {
        let is_of = |(room, opened): &(&Guid, &Opened)| **room == guid || opened.owner == guid;
        let rooms: Vec<Guid> = self
            .meetings
            .iter()
            .filter(is_of)
            .map(|(room, _)| *room)
            .collect();
        for room in rooms {
            self.with_meeting(room, now, |meeting| meeting.end(EndReason::Room, now));
        }
    }

    /// Closes all sockets and opens no more.
    pub(super) fn stop(&mut self) {
        self.is_stopping = true;
        let sockets: Vec<SocketId> = self.sockets.keys().copied().collect();
        for id in sockets {
            self.close_wire(id, CloseCode::Stopping);
        }
        self.meetings.clear();
    }

    /// Records that a client is there; returns the room of its socket, unless that is closed.
    fn heard(&mut self, id: SocketId, now: Millis) -> Option<Guid> {
        let socket = self.sockets.get_mut(&id)?;
        socket.wire.as_ref()?;
        socket.heard_at = now;
        let room = socket.room;
        if let Some(opened) = self.meetings.get_mut(&room) {
            opened.meeting.heard(id);
        }
        Some(room)
    }

    fn refuse(&mut self, id: SocketId, code: Refusal, now: Millis) {
        let text = ServerMessage::refusal(code).to_text();
        self.send(id, Outgoing::Text(text), now);
    }

    /// Sends something; closes the socket of a client that reads too slowly.
    fn send(&mut self, id: SocketId, outgoing: Outgoing, now: Millis) {
        if !self.try_send(id, outgoing) {
            self.close(id, CloseCode::TooSlow, now);
        }
    }

    /// Returns false for a client that reads too slowly.
    fn try_send(&self, id: SocketId, outgoing: Outgoing) -> bool {
        let socket = self.sockets.get(&id);
        let wire = socket.and_then(|socket| socket.wire.as_ref());
        wire.is_none_or(|wire| wire.send(outgoing))
    }

    /// Returns the room of a socket that was open until now.
    fn close_wire(&mut self, id: SocketId, code: CloseCode) -> Option<Guid> {
        let socket = self.sockets.get_mut(&id)?;
        socket.wire.take()?.close(code);
        Some(socket.room)
    }

    fn open(
        &mut self,
        room: Guid,
        client: Option<IpAddr>,
        now: Millis,
    ) -> (SocketId, WireEnd, WireClosed) {
        self.last_socket += 1;
        let id = SocketId(self.last_socket);
        let (wire, end, closed) = wire(id);
        self.count(client);
        let socket = Socket {
            room,
            client,
            wire: Some(wire),
            heard_at: now,
            pinged_at: now,
            pace: Pace::new(now),
        };
        self.sockets.insert(id, socket);
        (id, end, closed)
    }

    fn with_meeting(&mut self, room: Guid, now: Millis, event: impl FnOnce(&mut Meeting)) {
        if let Some(opened) = self.meetings.get_mut(&room) {
            event(&mut opened.meeting);
            self.apply(room, now);
        }
    }

    /// Does what a meeting wants, also what follows from clients that read too slowly.
    fn apply(&mut self, room: Guid, now: Millis) {
        loop {
            let opened = self.meetings.get_mut(&room);
            let effects = opened.map(|opened| opened.meeting.take_effects());
            let effects = effects.unwrap_or_default();
            if effects.is_empty() {
                break;
            }
            let mut slow = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Send(id, text) => {
                        if !self.try_send(id, Outgoing::Text(text)) {
                            slow.push(id);
                        }
                    }
                    Effect::SendIceServers(id) => {
                        let renewed = self.ice_servers.renewed();
                        let text = renewed
                            .map(|ice_servers| ServerMessage::IceServers { ice_servers }.to_text());
                        if text.is_some_and(|text| !self.try_send(id, Outgoing::Text(text))) {
                            slow.push(id);
                        }
                    }
                    Effect::Close(id, code) => drop(self.close_wire(id, code)),
                    Effect::MayRate(secret) => self.ratings.add(secret, room),
                    Effect::MayRateFor(secret, since) => self.ratings.left(&secret, room, since),
                }
            }
            for id in slow {
                self.close_wire(id, CloseCode::TooSlow);
                if let Some(opened) = self.meetings.get_mut(&room) {
                    opened.meeting.disconnected(id, now);
                }
            }
        }
        self.forget(room, now);
    }

    fn forget(&mut self, room: Guid, now: Millis) {
        let opened = self.meetings.get(&room);
        if opened.is_some_and(|opened| opened.meeting.is_forgotten(now)) {
            self.meetings.remove(&room);
        }
    }

    fn count_of(&self, client: Option<IpAddr>) -> usize {
        let count = client.and_then(|client| self.clients.get(&client));
        count.copied().unwrap_or_default()
    }

    fn count(&mut self, client: Option<IpAddr>) {
        if let Some(client) = client {
            *self.clients.entry(client).or_default() += 1;
        }
    }

    fn uncount(&mut self, client: Option<IpAddr>) {
        if let Some(client) = client
            && let Some(count) = self.clients.get_mut(&client)
        {
            *count -= 1;
            if *count == 0 {
                self.clients.remove(&client);
            }
        }
    }
}
