//! BigBlueButton: a meeting is created by a call, and a person's browser joins it by a signed URL.

mod answer;
mod check;
mod checksum;
mod create;
mod join;
mod name;
mod query;
#[cfg(test)]
mod tests;

use self::answer::{Meeting, Reply};
use self::checksum::checksum;
use self::query::Query;
use super::{Deadline, Entry, HandoffError, Outbound, Visit};
use crate::model::{Checksum, Guid, ServerUrl, SharedSecret};

/// The part of the time that creating a meeting may take. With the rest, a server that was too slow is
/// asked whether it has created the meeting all the same.
const CREATE_PERCENT: u32 = 70;

/// The end of the URL of every API.
const API: &str = "/api";

/// A server of BigBlueButton.
#[derive(Debug)]
pub(crate) struct BigBlueButton {
    /// The URL of the API, with or without `/api` at its end.
    pub(crate) url: ServerUrl,
    /// The secret of the API.
    pub(crate) secret: SharedSecret,
    /// The hash function of checksums.
    pub(crate) checksum: Checksum,
    /// What calls the server.
    pub(crate) outbound: Outbound,
}

impl BigBlueButton {
    /// Creates the meeting, and returns where the person joins it.
    ///
    /// The meeting is created before every join: the server forgets one that everybody has left, and
    /// takes the second call for one that goes on as a question.
    ///
    /// # Errors
    /// A server that does not answer, or refuses.
    pub(super) fn enter(&self, visit: &Visit, deadline: Deadline) -> Result<Entry, HandoffError> {
        let create_time = self.create(visit, deadline)?;
        let query = join::query(visit, create_time);
        Ok(Entry::Url(self.signed("join", &query, self.checksum)))
    }

    /// Returns whether a moderator is in the meeting of a room.
    ///
    /// # Errors
    /// A server that does not answer, or refuses.
    pub(super) fn has_host(&self, room: Guid, deadline: Deadline) -> Result<bool, HandoffError> {
        match self.meeting(room, deadline)? {
            Some(meeting) => Ok(needed(meeting.moderators, "moderatorCount")? > 0),
            None => Ok(false),
        }
    }

    /// Ends the meeting of a room for everybody.
    ///
    /// # Errors
    /// A server that does not answer, or refuses.
    pub(super) fn end(&self, room: Guid, deadline: Deadline) -> Result<(), HandoffError> {
        match self.call("end", &of_room(room), deadline)? {
            Reply::Failed(failure) if !failure.is_not_found() => Err(failure.into()),
            _ => Ok(()),
        }
    }

    /// Creates the meeting, if it does not take place; returns when it was created.
    fn create(&self, visit: &Visit, deadline: Deadline) -> Result<u64, HandoffError> {
        let reply = self.try_to_create(visit, deadline.after_percent(CREATE_PERCENT)?);
        // Whether a slow call has created the meeting is not known, and neither is when one was created
        // that has other passwords. A password is not needed to join it.
        let error = match reply {
            Ok(Reply::Done(meeting)) => return needed(meeting.create_time, "createTime"),
            Ok(Reply::Failed(failure)) if failure.is_not_unique() => failure.into(),
            Ok(Reply::Failed(failure)) => return Err(failure.into()),
            Err(error @ HandoffError::TimedOut(_)) => error,
            Err(error) => return Err(error),
        };
        match self.meeting(visit.room.guid, deadline)? {
            Some(meeting) => needed(meeting.create_time, "createTime"),
            None => Err(error),
        }
    }

    /// Calls `create`, and once more where the server does not take the name.
    fn try_to_create(&self, visit: &Visit, deadline: Deadline) -> Result<Reply, HandoffError> {
        let name = visit.room.name.as_str();
        let (shown, plain) = (name::shown(name), name::plain(name));
        let reply = self.call("create", &create::query(visit, &shown), deadline)?;
        match &reply {
            Reply::Failed(failure) if failure.is_invalid_parameter() && plain != shown => {
                self.call("create", &create::query(visit, &plain), deadline)
            }
            _ => Ok(reply),
        }
    }

    /// Returns what the server says of the meeting of a room; None if it does not take place.
    fn meeting(&self, room: Guid, deadline: Deadline) -> Result<Option<Meeting>, HandoffError> {
        match self.call("getMeetingInfo", &of_room(room), deadline)? {
            Reply::Done(meeting) => Ok(Some(meeting)),
            Reply::Failed(failure) if failure.is_not_found() => Ok(None),
            Reply::Failed(failure) => Err(failure.into()),
        }
    }

    fn call(&self, call: &str, query: &Query, deadline: Deadline) -> Result<Reply, HandoffError> {
        self.answer(&self.signed(call, query, self.checksum), deadline)
    }

    fn answer(&self, url: &str, deadline: Deadline) -> Result<Reply, HandoffError> {
        answer::read(&self.outbound.get(url, deadline)?)
    }

    /// Returns the URL of a call, with a checksum by this function.
    fn signed(&self, call: &str, query: &Query, function: Checksum) -> String {
        let query = query.as_str();
        let checksum = checksum(function, call, query, &self.secret);
        let separator = if query.is_empty() { "" } else { "&" };
        format!(
            "{}/{call}?{query}{separator}checksum={checksum}",
            self.api()
        )
    }

    /// Returns the URL of the API. The server's own tool prints it without the end.
    fn api(&self) -> String {
        let url = self.url.with_scheme("http", "https");
        format!("{}{API}", url.strip_suffix(API).unwrap_or(&url))
    }
}

/// Returns the query of a call about the meeting of a room.
fn of_room(room: Guid) -> Query {
    let mut query = Query::default();
    query.add("meetingID", room);
    query
}

/// Returns what an answer must have.
fn needed(value: Option<u64>, name: &str) -> Result<u64, HandoffError> {
    value.ok_or_else(|| HandoffError::Malformed(format!("it has no number in {name}")))
}
