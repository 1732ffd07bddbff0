//! The model: the answers that a server must give, and the state after them.

use crate::PUBLIC_URL;
use crate::call::{Call, RoomSearch, UserSearch};
use crate::fields::{self, key, lower};
use crate::support::Answer;
use serde_json::{Map, Value, json};

const DOCUMENTED: &str = include_str!("../../docs/examples/default-room.response.json");

/// A GUID that no room or user ever had.
const NO_GUID: &str = "0197A3C2-6414-7046-87A6-67730D5F9F08";

/// All users and rooms, in the order of their creation.
#[derive(Default)]
pub(crate) struct World {
    users: Vec<Value>,
    rooms: Vec<Room>,
    /// The GUIDs of all rooms and users, deleted ones too, each with the key of the e-mail address
    /// that the user had at its creation.
    room_guids: Vec<(&'static str, String)>,
    user_guids: Vec<(&'static str, String)>,
}

struct Room {
    /// The room as the API returns it.
    shown: Value,
    user_guid: String,
    /// The random end of its `url`.
    token: String,
}

/// The answer that a server must give.
#[derive(Debug)]
pub(crate) enum Expected {
    Body(u16, Value),
    /// A page of users, and the number of users on all pages.
    Users(Value, usize),
    Nothing,
    Error(u16, u16),
    /// These fields are wrong.
    Wrong(Vec<String>),
}

impl Expected {
    pub(crate) fn check(&self, answer: &Answer) -> Result<(), String> {
        let fits = match self {
            Self::Body(status, body) => answer.status == *status && answer.json() == *body,
            Self::Users(users, count) => {
                answer.status == 200
                    && answer.json() == *users
                    && answer.header("X-Total-Count") == count.to_string()
            }
            Self::Nothing => answer.status == 204 && answer.body.is_empty(),
            Self::Error(status, code) => answer.status == *status && answer.json()["code"] == *code,
            Self::Wrong(fields) => {
                let body = answer.json();
                let errors = body["errors"].as_array().into_iter().flatten();
                let mut named: Vec<&str> = errors.map(|error| text(&error["field"])).collect();
                let mut fields = fields.clone();
                named.sort_unstable();
                fields.sort();
                answer.status == 400 && body["code"] == 12 && named == fields
            }
        };
        if fits {
            return Ok(());
        }
        Err(format!(
            "expected {self:?}, got {} {}",
            answer.status, answer.body
        ))
    }
}

impl World {
    /// Returns the GUID of the last room of an owner.
    pub(crate) fn room_guid(&self, owner: &str) -> String {
        guid(&self.room_guids, owner)
    }

    /// Returns the GUID of the last user with an e-mail address.
    pub(crate) fn user_guid(&self, owner: &str) -> String {
        guid(&self.user_guids, owner)
    }

    /// Returns the answer that a call must get. Values that the server chooses, such as a new GUID,
    /// are taken from its answer.
    pub(crate) fn answer(&mut self, call: &Call, answer: &Answer) -> Expected {
        let outcome = match call {
            Call::PostRoom(body) => self.post_room(&body.0, answer),
            Call::GetRoom(owner) => self.find_room(owner).map(|at| self.show_room(at)),
            Call::PutRoom(owner, body) => self.put_room(owner, &body.0),
            Call::DeleteRoom(owner) => self.find_room(owner).map(|at| {
                self.rooms.remove(at);
                Expected::Nothing
            }),
            Call::SearchRooms(search) => Ok(self.search_rooms(search)),
            Call::PostUser(body) => self.post_user(&body.0, answer),
            Call::GetUser(owner) => self.find_user(owner).map(|at| self.show_user(at)),
            Call::GetUserByName(name) => self.find_username(name).map(|at| self.show_user(at)),
            Call::PutUser(owner, body) => self.put_user(owner, &body.0, answer),
            Call::DeleteUser(owner) => self.delete_user(owner),
            Call::SearchUsers(search) => Ok(self.search_users(search)),
        };
        outcome.unwrap_or_else(|error| error)
    }

    fn post_room(&mut self, body: &Value, answer: &Answer) -> Result<Expected, Expected> {
        let sent = fields::read(&fields::new_room(), &["creator_email", "name"], body);
        let mut sent = sent.map_err(Expected::Wrong)?;
        let email = sent.remove("creator_email").expect("it is required");
        let same = |other: &Value| key(text(other)) == key(text(&email));
        if let Some(at) = self
            .rooms
            .iter()
            .position(|room| same(&room.shown["creator_email"]))
        {
            return Ok(self.show_room(at));
        }
        let user = self.users.iter().find(|user| same(&user["email"]));
        let user = user.ok_or(Expected::Error(404, 52))?;
        if user["active"] == false || user["expires_at"].as_str().is_some_and(|at| at < "2026") {
            return Err(Expected::Error(403, 53));
        }
        let names = [sent.remove("name"), sent.remove("fallback_name")];
        let mut names = names.into_iter().flatten();
        let name = names.find(|name| self.owner_of_name(name).is_none());
        let name = name.ok_or(Expected::Error(409, 71))?;
        let created = answer.json();
        let url = created["url"].as_str().unwrap_or_default();
        let mut room = Room {
            shown: json!({
                "room_guid": new_guid(&mut self.room_guids, &email, &created["room_guid"]),
                "name": name, "lang": "en-US", "url": "",
                "created_date": date(&created["created_date"], "2026-11-23T08:45:00"),
                "tags": null, "inaccessible_replay": false, "allow_recording": true,
                "creator_email": user["email"], "ui_options": default_options(),
            }),
            user_guid: text(&user["user_guid"]).to_owned(),
            token: url[url.len().saturating_sub(10)..].to_owned(),
        };
        room.change(sent);
        self.rooms.push(room);
        let shown = &self.rooms[self.rooms.len() - 1].shown;
        Ok(Expected::Body(201, shown.clone()))
    }

    fn put_room(&mut self, owner: &str, body: &Value) -> Result<Expected, Expected> {
        let sent = fields::read(&fields::room_patch(), &[], body).map_err(Expected::Wrong)?;
        let at = self.find_room(owner)?;
        let owner = sent.get("name").and_then(|name| self.owner_of_name(name));
        if owner.is_some_and(|owner| owner != at) {
            return Err(Expected::Error(409, 71));
        }
        self.rooms[at].change(sent);
        Ok(self.show_room(at))
    }

    fn search_rooms(&self, search: &RoomSearch) -> Expected {
        let fits = |room: &&Room| {
            let name = key(text(&room.shown["name"]));
            let email = key(text(&room.shown["creator_email"]));
            search.query.is_none_or(|(_, part)| name.contains(part))
                && search
                    .creator_email
                    .is_none_or(|creator| key(creator) == email)
                && search
                    .user_id
                    .is_none_or(|owner| self.user_guid(owner) == room.user_guid)
                && search.created.is_none_or(|(_, all)| all)
        };
        let mut found: Vec<&Room> = self.rooms.iter().filter(fits).collect();
        let sort = search.sort.unwrap_or("created_date desc");
        if sort.starts_with("name") {
            found.sort_by_key(|room| key(text(&room.shown["name"])));
        }
        if sort.ends_with("desc") {
            found.reverse();
        }
        let (page, size) = (search.page.unwrap_or(1), search.size.unwrap_or(20));
        let shown = found.iter().map(|room| &room.shown);
        let data: Vec<&Value> = shown.skip((page - 1) * size).take(size).collect();
        let pages = found.len().div_ceil(size);
        let pagination = json!({
            "page": page, "size": size, "totalCount": found.len(), "totalPages": pages,
            "hasNextPage": page < pages, "hasPreviousPage": page > 1,
        });
        Expected::Body(200, json!({"data": data, "pagination": pagination}))
    }

    fn post_user(&mut self, body: &Value, answer: &Answer) -> Result<Expected, Expected> {
        let required = ["name", "email", "username"];
        let sent = fields::read(&fields::new_user(), &required, body);
        let sent = sent.map_err(Expected::Wrong)?;
        let has_both = |user: &Value| {
            let same = |field: &&str| key(text(&user[*field])) == key(text(&sent[*field]));
            ["email", "username"].iter().all(same)
        };
        if let Some(at) = self.users.iter().position(has_both) {
            let before = self.users[at].clone();
            self.change_user(at, sent, answer);
            if changed_nothing(&before, &self.users[at]) {
                self.users[at] = before;
            }
            return Ok(self.show_user(at));
        }
        self.check_unique(&sent, None)?;
        let created = answer.json();
        let guid = new_guid(&mut self.user_guids, &sent["email"], &created["user_guid"]);
        let mut user = json!({
            "user_guid": guid, "user_id": guid, "surname": "", "role": "u", "mobile": "", "login_allowed": true,
            "active": true, "status": 1, "lang": "tr-TR", "timezone": "Europe/Istanbul",
            "expires_at": null, "updating_date": null,
            "creation_date": date(&created["creation_date"], "2026-11-23T08:45:00+00:00"),
        });
        change_user(&mut user, sent);
        self.users.push(user.clone());
        Ok(Expected::Body(201, user))
    }

    fn put_user(
        &mut self,
        owner: &str,
        body: &Value,
        answer: &Answer,
    ) -> Result<Expected, Expected> {
        let sent = fields::read(&fields::user_patch(), &[], body).map_err(Expected::Wrong)?;
        let at = self.find_user(owner)?;
        self.check_unique(&sent, Some(at))?;
        if !sent.is_empty() {
            self.change_user(at, sent, answer);
        }
        Ok(self.show_user(at))
    }

    fn change_user(&mut self, at: usize, sent: Map<String, Value>, answer: &Answer) {
        let user = &mut self.users[at];
        change_user(user, sent);
        let updated = &answer.json()["updating_date"];
        user["updating_date"] = date(updated, "2026-11-23T08:45:00+00:00");
        for room in &mut self.rooms {
            if user["user_guid"] == *room.user_guid {
                room.shown["creator_email"] = user["email"].clone();
            }
        }
    }

    fn delete_user(&mut self, owner: &str) -> Result<Expected, Expected> {
        let user = self.users.remove(self.find_user(owner)?);
        self.rooms
            .retain(|room| user["user_guid"] != *room.user_guid);
        Ok(Expected::Nothing)
    }

    fn search_users(&self, search: &UserSearch) -> Expected {
        let guid = search.user_id.map(|owner| self.user_guid(owner));
        let fits = |user: &&Value| {
            let has =
                |(field, part): &(&str, &str)| lower(text(&user[field])).contains(&lower(part));
            search.parts.iter().all(has)
                && search.role.is_none_or(|role| user["role"] == role)
                && guid.as_ref().is_none_or(|guid| user["user_guid"] == **guid)
        };
        let found: Vec<&Value> = self.users.iter().rev().filter(fits).collect();
        let (page, size) = (
            search.page_number.unwrap_or(1),
            search.page_size.unwrap_or(20),
        );
        let users = found.iter().skip((page - 1) * size).take(size);
        Expected::Users(users.copied().cloned().collect(), found.len())
    }

    /// Checks that no other user has the e-mail address or the username.
    fn check_unique(&self, sent: &Map<String, Value>, own: Option<usize>) -> Result<(), Expected> {
        for (field, code) in [("email", 51), ("username", 50)] {
            let Some(names) = sent.get(field) else {
                continue;
            };
            let same = |user: &Value| key(text(&user[field])) == key(text(names));
            let owner = self.users.iter().position(same);
            if owner.is_some() && owner != own {
                return Err(Expected::Error(409, code));
            }
        }
        Ok(())
    }

    fn owner_of_name(&self, name: &Value) -> Option<usize> {
        let same = |room: &Room| key(text(&room.shown["name"])) == key(text(name));
        self.rooms.iter().position(same)
    }

    fn find_room(&self, owner: &str) -> Result<usize, Expected> {
        let guid = self.room_guid(owner);
        let mut rooms = self.rooms.iter();
        let at = rooms.position(|room| room.shown["room_guid"] == *guid);
        at.ok_or(Expected::Error(404, 70))
    }

    fn find_user(&self, owner: &str) -> Result<usize, Expected> {
        let guid = self.user_guid(owner);
        let at = self
            .users
            .iter()
            .position(|user| user["user_guid"] == *guid);
        at.ok_or(Expected::Error(404, 52))
    }

    fn find_username(&self, username: &str) -> Result<usize, Expected> {
        let same = |user: &Value| key(text(&user["username"])) == key(username);
        let at = self.users.iter().position(same);
        at.ok_or(Expected::Error(404, 52))
    }

    fn show_room(&self, at: usize) -> Expected {
        Expected::Body(200, self.rooms[at].shown.clone())
    }

    fn show_user(&self, at: usize) -> Expected {
        Expected::Body(200, self.users[at].clone())
    }
}

impl Room {
    fn change(&mut self, sent: Map<String, Value>) {
        for (field, value) in sent {
            if field == "options" {
                merge(&mut self.shown["ui_options"], &value);
            } else {
                self.shown[field] = value;
            }
        }
        let readable = key(text(&self.shown["name"]))
            .replace(' ', "-")
            .replace('é', "e");
        let url = format!("{PUBLIC_URL}/groups/room/{readable}_{}", self.token);
        self.shown["url"] = json!(url);
    }
}

fn change_user(user: &mut Value, sent: Map<String, Value>) {
    for (field, value) in sent {
        user[field] = value;
    }
    user["status"] = json!(u8::from(user["active"] == true));
}

/// Returns true if two states of a user differ at most in the date of the update.
fn changed_nothing(before: &Value, after: &Value) -> bool {
    let mut after = after.clone();
    after["updating_date"] = before["updating_date"].clone();
    after == *before
}

/// Merges objects member by member, and replaces all other values.
fn merge(options: &mut Value, patch: &Value) {
    match (options, patch) {
        (Value::Object(options), Value::Object(patch)) => {
            for (member, value) in patch {
                merge(options.entry(member.clone()).or_insert(Value::Null), value);
            }
        }
        (option, value) => *option = value.clone(),
    }
}

fn default_options() -> Value {
    let documented: Value = serde_json::from_str(DOCUMENTED).expect("JSON");
    documented["ui_options"].clone()
}

/// Returns the last GUID of an owner, or [`NO_GUID`].
fn guid(seen: &[(&str, String)], owner: &str) -> String {
    let of_owner = |(key, _): &&(&str, String)| !owner.is_empty() && *key == fields::key(owner);
    let last = seen.iter().rev().find(of_owner);
    last.map_or(NO_GUID, |(_, guid)| guid).to_owned()
}

/// Returns a GUID from an answer; a text that matches no answer unless it is a new GUID.
fn new_guid(seen: &mut Vec<(&'static str, String)>, owner: &Value, given: &Value) -> Value {
    let guid = given.as_str().unwrap_or_default().to_owned();
    if uuid::Uuid::try_parse(&guid).is_err() || seen.iter().any(|(_, other)| *other == guid) {
        return json!("a new GUID");
    }
    seen.push((key(text(owner)), guid.clone()));
    json!(guid)
}

/// Returns a date from an answer; a text that matches no answer unless it has the form of the
/// example.
fn date(given: &Value, example: &str) -> Value {
    let form = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
    match given.as_str() {
        Some(date) if form(date) == form(example) => given.clone(),
        _ => json!(format!("a date such as {example}")),
    }
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}
