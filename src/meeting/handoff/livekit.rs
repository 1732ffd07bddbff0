//! LiveKit, which people reach by a page of this program.

mod api;
mod rights;
#[cfg(test)]
mod tests;
mod time_limit;
mod token;

use super::jwt::SigningKey;
use super::{Deadline, Entry, HandoffError, Outbound, TIMEOUT, Visit};
use crate::meeting::role::Role;
use crate::meeting::room_options::MeetingOptions;
use crate::model::{Guid, ServerUrl, Timestamp};
use api::{Api, ParticipantInfo, RoomInfo};
use rights::Rights;
use time_limit::TimeLimit;
use token::Person;

/// A server of LiveKit. Its rooms have the GUIDs of ours as names.
#[derive(Debug)]
pub(crate) struct LiveKit {
    /// The URL by which browsers reach the server.
    pub(crate) url: ServerUrl,
    /// The URL by which this program reaches the server.
    pub(crate) api_url: ServerUrl,
    /// The API key.
    pub(crate) api_key: String,
    /// The secret of the API key.
    pub(crate) key: SigningKey,
    /// What calls the server.
    pub(crate) outbound: Outbound,
}

/// What a host does in a meeting, to a person by their identity on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostAction {
    /// Lets a guest in who waits.
    Admit(String),
    /// Switches the microphone of a person off, or those of all guests.
    Mute(Option<String>),
    /// Removes a person, who may also be one who waits.
    Remove(String),
    /// Ends the meeting for everybody.
    End,
}

impl LiveKit {
    /// Makes sure that the room is there, and returns the token with which one person enters it.
    pub(super) fn enter(&self, visit: &Visit, deadline: Deadline) -> Result<Entry, HandoffError> {
        let ends_at = self.open(visit, deadline)?;
        let person = Person::new(visit, ends_at);
        Ok(Entry::LiveKit {
            url: self.url.with_scheme("ws", "wss"),
            token: self.key.sign(&person.claims(&self.api_key)),
        })
    }

    /// Returns whether a host is in a room.
    pub(super) fn has_host(&self, room: Guid, deadline: Deadline) -> Result<bool, HandoffError> {
        let people = self.api(deadline).people(room)?;
        Ok(people
            .iter()
            .any(|person| person.role() == Some(Role::Host)))
    }

    /// Ends the meeting in a room.
    pub(super) fn end(&self, room: Guid, deadline: Deadline) -> Result<(), HandoffError> {
        self.api(deadline).delete_room(room)
    }

    /// Does what a host wants. False: the person is no longer there.
    pub(super) fn act(
        &self,
        room: Guid,
        options: &MeetingOptions,
        action: &HostAction,
        deadline: Deadline,
    ) -> Result<bool, HandoffError> {
        let api = self.api(deadline);
        match action {
            HostAction::Admit(identity) => {
                api.admit(room, identity, Rights::new(options, Role::Guest))
            }
            HostAction::Mute(Some(identity)) => match api.person(room, identity)? {
                Some(person) => mute(&api, room, &person).map(|()| true),
                None => Ok(false),
            },
            HostAction::Mute(None) => {
                let people = api.people(room)?;
                let guests = people
                    .iter()
                    .filter(|person| person.role() == Some(Role::Guest));
                each(guests, |guest| mute(&api, room, guest)).map(|()| true)
            }
            HostAction::Remove(identity) => api.remove(room, identity),
            HostAction::End => api.delete_room(room).map(|()| true),
        }
    }

    /// Ends the meetings whose time is over: LiveKit itself lets them go on. Which these are is read from
    /// the server, so that it does not matter who opened them, and whether this program ran meanwhile.
    pub(super) fn end_overdue(
        &self,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<(), HandoffError> {
        let api = self.api(deadline);
        let rooms = api.rooms()?;
        let over = rooms.iter().filter(|room| is_over(room, now));
        let over = over.filter_map(|room| Guid::parse(&room.name).ok());
        each(over, |room| api.delete_room(room))
    }

    /// Asks the server whether it takes the key. Returns whether people can be let in, with a sentence that
    /// says what was found.
    ///
    /// # Errors
    /// The sentence for what keeps people out, and what to do.
    pub(crate) fn check(&self) -> Result<String, String> {
        let api = self.api(Deadline::within(TIMEOUT));
        match api.rooms() {
            Ok(rooms) => Ok(format!(
                "{} takes the key; rooms that are open there: {}",
                api.url,
                rooms.len()
            )),
            Err(error) => Err(format!("{}: {error}", api.url)),
        }
    }

    /// Opens the room unless it is open, and returns when its meeting ends by itself.
    fn open(&self, visit: &Visit, deadline: Deadline) -> Result<Option<Timestamp>, HandoffError> {
        let (api, guid) = (self.api(deadline), visit.room.guid);
        let limit = TimeLimit::new(&visit.options);
        let mut room = api.create_room(guid, &limit.to_metadata())?;
        if is_over(&room, visit.now) {
            // A person who comes between the end and the next look for it begins a new meeting.
            api.delete_room(guid)?;
            room = api.create_room(guid, &limit.to_metadata())?;
        }
        Ok(limit.ends_at(room.created_at().unwrap_or(visit.now)))
    }

    fn api(&self, deadline: Deadline) -> Api<'_> {
        Api {
            url: self.api_url.with_scheme("http", "https"),
            api_key: &self.api_key,
            key: &self.key,
            outbound: &self.outbound,
            deadline,
        }
    }
}

/// Returns whether the time of a room's meeting is over. Rooms of other programs have none.
fn is_over(room: &RoomInfo, now: Timestamp) -> bool {
    let limit = TimeLimit::from_metadata(&room.metadata);
    let ends_at = limit.and_then(|limit| limit.ends_at(room.created_at()?));
    ends_at.is_some_and(|ends_at| ends_at <= now)
}

/// Switches the microphone of a person off.
fn mute(api: &Api<'_>, room: Guid, person: &ParticipantInfo) -> Result<(), HandoffError> {
    let heard = person.tracks.iter().filter(|track| track.is_heard());
    each(heard, |track| api.mute(room, &person.identity, &track.sid))
}

/// Does something to each of several, also to those behind one with which it fails. Returns the last failure.
fn each<T>(
    items: impl Iterator<Item = T>,
    act: impl Fn(T) -> Result<(), HandoffError>,
) -> Result<(), HandoffError> {
    let mut outcome = Ok(());
    for item in items {
        if let Err(error) = act(item) {
            outcome = Err(error);
        }
    }
    outcome
}
