//! Calls to LiveKit's `RoomService`, by Twirp: `POST /twirp/livekit.RoomService/METHOD`, with JSON.

use super::rights::Rights;
use crate::meeting::handoff::jwt::SigningKey;
use crate::meeting::handoff::outbound::Answer;
use crate::meeting::handoff::{Deadline, HandoffError, Outbound};
use crate::meeting::role::Role;
use crate::model::{Guid, Timestamp};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// For how many seconds the token of a call is valid.
const VALID_SECONDS: i64 = 60;

/// For how many seconds a room waits for the first person, who is on the way.
const EMPTY_SECONDS: u32 = 60;

/// For how many seconds a room stays that everybody has left, as long as in meetings of this program.
const DEPARTURE_SECONDS: u32 = 30;

/// How much of an error's text is kept, in characters.
const MAX_ERROR_CHARS: usize = 200;

/// The calls that are made before a deadline.
pub(super) struct Api<'a> {
    /// The URL of the server, with the scheme of HTTP.
    pub(super) url: String,
    pub(super) api_key: &'a str,
    pub(super) key: &'a SigningKey,
    pub(super) outbound: &'a Outbound,
    pub(super) deadline: Deadline,
}

/// A room on the server. (The names of fields are those of Protocol Buffers or their form in JSON.)
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RoomInfo {
    pub(super) name: String,
    pub(super) metadata: String,
    /// Seconds since 1970.
    #[serde(alias = "creationTime", deserialize_with = "number")]
    creation_time: i64,
}

/// A person in a room.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ParticipantInfo {
    pub(super) identity: String,
    pub(super) tracks: Vec<TrackInfo>,
    attributes: HashMap<String, String>,
    state: Value,
}

/// Picture or sound that a person sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TrackInfo {
    pub(super) sid: String,
    source: Value,
    muted: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rooms {
    rooms: Vec<RoomInfo>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Participants {
    participants: Vec<ParticipantInfo>,
}

/// An error of Twirp.
#[derive(Deserialize)]
struct TwirpError {
    code: String,
    #[serde(default)]
    msg: String,
}

impl RoomInfo {
    /// Returns when the server made the room, if it says that.
    pub(super) fn created_at(&self) -> Option<Timestamp> {
        (self.creation_time > 0).then(|| Timestamp::from_unix(self.creation_time))
    }
}

impl ParticipantInfo {
    /// Returns the role that this program gave the person; None for those who are not there, and for
    /// programs that others have let in.
    pub(super) fn role(&self) -> Option<Role> {
        if self.state == "DISCONNECTED" {
            return None;
        }
        match self.attributes.get("role").map(String::as_str) {
            Some("host") => Some(Role::Host),
            Some("guest") => Some(Role::Guest),
            _ => None,
        }
    }
}

impl TrackInfo {
    /// Returns whether this is a microphone that is on.
    pub(super) fn is_heard(&self) -> bool {
        self.source == "MICROPHONE" && !self.muted
    }
}

impl Api<'_> {
    /// Opens a room, or changes the metadata of one that is open.
    pub(super) fn create_room(&self, room: Guid, metadata: &str) -> Result<RoomInfo, HandoffError> {
        let body = json!({
            "name": room.to_string(),
            "empty_timeout": EMPTY_SECONDS,
            "departure_timeout": DEPARTURE_SECONDS,
            "metadata": metadata,
        });
        let created = self.call("CreateRoom", json!({"roomCreate": true}), &body)?;
        created.ok_or_else(|| HandoffError::Refused("it opens no room".to_owned()))
    }

    /// Ends a room. One that is not open is no error.
    pub(super) fn delete_room(&self, room: Guid) -> Result<(), HandoffError> {
        let body = json!({"room": room.to_string()});
        let _: Option<IgnoredAny> = self.call("DeleteRoom", json!({"roomCreate": true}), &body)?;
        Ok(())
    }

    /// Returns all rooms that are open.
    pub(super) fn rooms(&self) -> Result<Vec<RoomInfo>, HandoffError> {
        let found: Option<Rooms> = self.call("ListRooms", json!({"roomList": true}), &json!({}))?;
        Ok(found.unwrap_or_default().rooms)
    }

    /// Returns who is in a room; nobody is in one that is not open.
    pub(super) fn people(&self, room: Guid) -> Result<Vec<ParticipantInfo>, HandoffError> {
        let found: Option<Participants> = self.manage("ListParticipants", room, json!({}))?;
        Ok(found.unwrap_or_default().participants)
    }

    /// Returns a person in a room.
    pub(super) fn person(
        &self,
        room: Guid,
        identity: &str,
    ) -> Result<Option<ParticipantInfo>, HandoffError> {
        self.manage("GetParticipant", room, json!({"identity": identity}))
    }

    /// Lets a person in who waits; false for one who is not there.
    pub(super) fn admit(
        &self,
        room: Guid,
        identity: &str,
        rights: Rights,
    ) -> Result<bool, HandoffError> {
        let body = json!({
            "identity": identity,
            "permission": rights.to_permission(),
            // An empty text takes an attribute away.
            "attributes": {"waiting": ""},
        });
        let admitted: Option<IgnoredAny> = self.manage("UpdateParticipant", room, body)?;
        Ok(admitted.is_some())
    }

    /// Removes a person; false for one who is not there.
    pub(super) fn remove(&self, room: Guid, identity: &str) -> Result<bool, HandoffError> {
        let body = json!({"identity": identity});
        let removed: Option<IgnoredAny> = self.manage("RemoveParticipant", room, body)?;
        Ok(removed.is_some())
    }

    /// Switches a track off, which the person who sends it may switch on again.
    pub(super) fn mute(&self, room: Guid, identity: &str, sid: &str) -> Result<(), HandoffError> {
        let body = json!({"identity": identity, "track_sid": sid, "muted": true});
        let _: Option<IgnoredAny> = self.manage("MutePublishedTrack", room, body)?;
        Ok(())
    }

    /// Makes a call about the people in a room.
    fn manage<T: DeserializeOwned>(
        &self,
        method: &str,
        room: Guid,
        mut body: Value,
    ) -> Result<Option<T>, HandoffError> {
        let room = room.to_string();
        body["room"] = room.as_str().into();
        let grants = json!({"roomAdmin": true, "room": room});
        self.call(method, grants, &body)
    }

    /// Makes a call; None where what it is about does not exist.
    fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        grants: Value,
        body: &Value,
    ) -> Result<Option<T>, HandoffError> {
        let url = format!("{}/twirp/livekit.RoomService/{method}", self.url);
        let token = self.token(grants);
        let body = body.to_string();
        let answer = self
            .outbound
            .post_json(&url, &token, &body, self.deadline)?;
        read(&answer)
    }

    /// Returns a token for one call.
    fn token(&self, grants: Value) -> String {
        let now = Timestamp::now().as_unix();
        let claims = [
            ("iss", self.api_key.into()),
            ("nbf", now.into()),
            ("exp", (now + VALID_SECONDS).into()),
            ("video", grants),
        ];
        let claims = claims
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        self.key.sign(&claims.collect::<Map<_, _>>())
    }
}

/// Reads the answer to a call; None if it says that something does not exist.
fn read<T: DeserializeOwned>(answer: &Answer) -> Result<Option<T>, HandoffError> {
    if answer.status == 200 {
        let object: Option<Map<String, Value>> = serde_json::from_str(&answer.body).ok();
        let found = object.and_then(|object| serde_json::from_value(object.into()).ok());
        let malformed = || HandoffError::Malformed("it is no JSON of LiveKit".to_owned());
        return found.map(Some).ok_or_else(malformed);
    }
    let error: Option<TwirpError> = serde_json::from_str(&answer.body).ok();
    match error {
        Some(error) if error.code == "not_found" => Ok(None),
        error => Err(refusal(answer, error)),
    }
}

/// Returns the reason of a refusal. The text of an error about a token may have the token in it, so that only
/// what it begins with is looked at.
fn refusal(answer: &Answer, error: Option<TwirpError>) -> HandoffError {
    let is_about_token = answer.status == 401
        || error
            .as_ref()
            .is_some_and(|error| matches!(&*error.code, "unauthenticated" | "permission_denied"));
    let words = if is_about_token && answer.body.starts_with("invalid API key") {
        "it does not know the key meeting.livekit.api_key".to_owned()
    } else if is_about_token {
        "it does not take the token: meeting.livekit.secret is not the secret of the key, or the clocks of \
         the two machines differ by more than a minute"
            .to_owned()
    } else if let Some(error) = error.filter(|error| error.code != "bad_route") {
        let is_shown = |character: &char| !character.is_control();
        let text: String = error.msg.chars().filter(is_shown).collect();
        let text: String = text.chars().take(MAX_ERROR_CHARS).collect();
        format!("{} ({text})", error.code)
    } else {
        format!(
            "it answers with HTTP status {}, as no LiveKit does: check meeting.livekit.url and \
             meeting.livekit.api_url",
            answer.status
        )
    };
    HandoffError::Refused(words)
}

/// Reads a whole number of 64 bits, which is a text in the JSON of Protocol Buffers.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Number(i64),
        Text(String),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::Number(number) => number,
        Form::Text(text) => text.parse().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            body: body.to_owned(),
        }
    }

    #[test]
    fn rooms_and_people_are_read_in_both_forms_of_names() {
        for time in [
            r#""creation_time":"1800000000""#,
            r#""creationTime":1800000000"#,
        ] {
            let body = format!(r#"{{"sid":"RM_1","name":"a",{time},"enabled_codecs":[]}}"#);
            let room: Option<RoomInfo> = read(&answer(200, &body)).expect("a room");
            let room = room.expect("a room");
            assert_eq!(room.created_at(), Some(Timestamp::from_unix(1_800_000_000)));
        }
        let room: Option<RoomInfo> = read(&answer(200, "{}")).expect("a room");
        assert_eq!(room.expect("a room").created_at(), None);
        for (person, role, heard) in [
            (
                json!({"attributes": {"role": "host"}, "state": "ACTIVE",
                    "tracks": [{"sid": "TR_1", "source": "MICROPHONE"}]}),
                Some(Role::Host),
                true,
            ),
            (
                json!({"attributes": {"role": "guest"},
                    "tracks": [{"source": "MICROPHONE", "muted": true}, {"source": "CAMERA"}]}),
                Some(Role::Guest),
                false,
            ),
            (
                json!({"attributes": {"role": "host"}, "state": "DISCONNECTED"}),
                None,
                false,
            ),
            (json!({"identity": "recorder"}), None, false),
        ] {
            let person: ParticipantInfo = serde_json::from_value(person).expect("a person");
            assert_eq!(person.role(), role);
            assert_eq!(person.tracks.iter().any(TrackInfo::is_heard), heard);
        }
    }

    #[test]
    fn an_error_says_what_to_do_and_shows_no_token() {
        let error = |status, body| {
            let error = read::<IgnoredAny>(&answer(status, body)).expect_err("an error");
            error.to_string()
        };
        for (status, body, words) in [
            (401, "invalid API key: north", "meeting.livekit.api_key"),
            (
                401,
                "invalid token: ey.secret, error: x",
                "meeting.livekit.secret",
            ),
            (
                401,
                r#"{"code":"unauthenticated","msg":"permissions denied ey.secret"}"#,
                "meeting.livekit.secret",
            ),
            (404, "404 page not found", "HTTP status 404"),
            (
                404,
                r#"{"code":"bad_route","msg":"no handler"}"#,
                "HTTP status 404",
            ),
            (302, "", "HTTP status 302"),
            (
                500,
                r#"{"code":"internal","msg":"node\ngone"}"#,
                "internal (nodegone)",
            ),
            (200, "<html>", "no JSON of LiveKit"),
            (200, "[]", "no JSON of LiveKit"),
        ] {
            let error = error(status, body);
            assert!(
                error.contains(words) && !error.contains("ey.secret"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_does_not_exist_is_no_error() {
        let found = read::<IgnoredAny>(&answer(404, r#"{"code":"not_found","msg":"room"}"#));
        assert!(matches!(found, Ok(None)));
    }
}
