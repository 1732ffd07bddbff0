use super::Engine;
use super::error::is_unique_violation;
use super::link_key::LinkKey;
use super::room_search::scan_for;
use super::scan::scan_page;
use super::users::register_unknown;
use crate::model::{
    self, CreateOutcome, Email, FieldError, Guid, Invalid, LangTag, NewRoom, Page, Paging, Room,
    RoomDraft, RoomName, RoomOptions, RoomPatch, RoomQuery, SlugToken, Tags, Timestamp,
    UserProfile,
};
use crate::store::Error;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params};
use std::sync::Arc;

/// What every query of a room selects, for `room_from_row`. The address of a creator is its key, unless
/// the index has another: so most queries read no row of `users`, which is spread over the file.
macro_rules! select_room {
    ($condition:literal) => {
        concat!(
            "SELECT r.room_guid, r.name, r.lang, r.slug_token, r.created_at, r.tags, ",
            "r.inaccessible_replay, r.allow_recording, coalesce(u.email, r.creator_email), r.options, ",
            "r.host_epoch, r.host_link_given ",
            "FROM rooms r LEFT JOIN users u INDEXED BY users_by_typed_email ",
            "ON u.email_key = r.creator_email AND u.email <> u.email_key WHERE ",
            $condition
        )
    };
}

impl Engine {
    pub(in crate::store) fn find_default_room(
        &self,
        creator_email: &Email,
    ) -> Result<Option<Room>, Error> {
        self.read(|connection| find_by_creator(connection, creator_email))
    }

    pub(in crate::store) fn find_room(&self, guid: Guid) -> Result<Option<Room>, Error> {
        self.read(|connection| match find_id(connection, guid)? {
            Some(room_id) => find_by_id(connection, room_id),
            None => Ok(None),
        })
    }

    pub(in crate::store) fn find_room_by_slug(
        &self,
        token: &SlugToken,
    ) -> Result<Option<Room>, Error> {
        self.read(|connection| find_by_slug(connection, &self.link_key, token))
    }

    pub(in crate::store) async fn list_rooms(
        &self,
        query: RoomQuery,
        paging: Paging,
    ) -> Result<Page<Room>, Error> {
        let search = move |connection: &Connection| {
            let select = select_room!("r.room_id = ?1");
            scan_page(
                connection,
                &scan_for(connection, &query)?,
                paging,
                select,
                room_from_row,
            )
        };
        self.searches.run(search).await
    }

    pub(in crate::store) async fn update_room(
        &self,
        guid: Guid,
        patch: RoomPatch<'_>,
    ) -> Result<Room, Error> {
        let patch = patch.into_owned();
        self.writer
            .submit(move |connection| {
                let room_id = find_id(connection, guid)?.ok_or(model::Error::RoomNotFound)?;
                let room = find_by_id(connection, room_id)?.ok_or(model::Error::RoomNotFound)?;
                let room = patch.clone().apply(room).map_err(too_many_options)?;
                update(connection, room_id, &room)?;
                Ok(room)
            })
            .await
    }

    pub(in crate::store) async fn delete_room(&self, guid: Guid) -> Result<(), Error> {
        self.writer
            .submit(move |connection| {
                let room_id = find_id(connection, guid)?.ok_or(model::Error::RoomNotFound)?;
                let mut statement =
                    connection.prepare_cached("DELETE FROM rooms WHERE room_id = ?1")?;
                statement.execute([room_id])?;
                Ok(())
            })
            .await
    }

    pub(in crate::store) async fn get_or_create_default(
        &self,
        draft: RoomDraft<'_>,
    ) -> Result<(Room, CreateOutcome), Error> {
        if let Some(room) = self.find_default_room(&draft.creator_email)? {
            return Ok((room, CreateOutcome::Existed));
        }
        let (room, link_key) = (NewRoom::new(draft), Arc::clone(&self.link_key));
        self.writer
            .submit(move |connection| get_or_insert(connection, &link_key, &room))
            .await
    }
}

/// Inserts the room under the first name that is free. Each insertion decides by itself: where the
/// user has a room or the name is taken, it inserts nothing.
fn get_or_insert(
    connection: &Connection,
    link_key: &LinkKey,
    room: &NewRoom,
) -> Result<(Room, CreateOutcome), Error> {
    let now = Timestamp::now();
    let mut owner = find_owner(connection, &room.creator_email, now)?;
    if let (None, Some(profile)) = (&owner, &room.registration) {
        owner = Some(register_owner(connection, room, profile)?);
    }
    if let Some(Owner {
        email,
        may_own: true,
    }) = &owner
    {
        let identity = Identity::next(connection, link_key)?;
        for name in &room.names {
            if insert(connection, &identity, room, name)? {
                let room = room.clone();
                let Identity {
                    guid,
                    token,
                    created_at,
                    ..
                } = identity;
                return Ok((
                    room.into_room(name.clone(), email.clone(), guid, token, created_at),
                    CreateOutcome::Created,
                ));
            }
        }
    }
    if let Some(room) = find_by_creator(connection, &room.creator_email)? {
        return Ok((room, CreateOutcome::Existed));
    }
    Err(match owner {
        None => model::Error::EmailNotFound,
        Some(Owner { may_own: false, .. }) => model::Error::UserInactive,
        Some(_) => model::Error::RoomNamesTaken(different_names(&room.names)),
    }
    .into())
}

/// Registers the creator of a room. If no name of the room is free this is an error, and nothing is
/// written.
fn register_owner(
    connection: &Connection,
    room: &NewRoom,
    profile: &UserProfile,
) -> Result<Owner, Error> {
    for name in &room.names {
        if !is_name_taken(connection, name)? {
            let user = register_unknown(connection, profile)?;
            return Ok(Owner {
                email: user.profile.email.as_str().to_owned(),
                may_own: true,
            });
        }
    }
    Err(model::Error::RoomNamesTaken(different_names(&room.names)).into())
}

fn is_name_taken(connection: &Connection, name: &RoomName) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM rooms WHERE name_key = ?1)";
    connection
        .prepare_cached(sql)?
        .query_row([name.key()], |row| row.get(0))
}

/// What a new room is found by: made in the transaction that inserts it, so that numbers, GUIDs and
/// dates are in the order of the commits.
struct Identity {
    room_id: i64,
    guid: Guid,
    token: SlugToken,
    created_at: Timestamp,
    /// Whether the GUID tells the date, and so is found by it.
    is_numbered: bool,
    /// Whether a room with a lower number has a later date.
    is_backdated: bool,
}

impl Identity {
    fn next(connection: &Connection, link_key: &LinkKey) -> Result<Self, Error> {
        let sql = "SELECT (SELECT coalesce(max(room_id), 0) + 1 FROM rooms),
                          (SELECT max(created_at) FROM rooms)";
        let mut statement = connection.prepare_cached(sql)?;
        let (room_id, latest): (i64, Option<i64>) =
            statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        loop {
            let guid = Guid::generate();
            let token = link_key.token(room_id, guid).ok_or_else(|| {
                Error::Internal("there are 2^31 rooms, which is the limit".into())
            })?;
            if !belongs_to_unnumbered_room(connection, &token)? {
                let (created_at, is_numbered) = date(guid, Timestamp::now());
                return Ok(Self {
                    room_id,
                    guid,
                    token,
                    created_at,
                    is_numbered,
                    is_backdated: latest.is_some_and(|latest| created_at.as_unix() < latest),
                });
            }
        }
    }
}

/// Returns the date of a room with that GUID, which is the one that the GUID tells, and true. After the
/// clock was set back GUIDs tell a later moment until it has come: then the date is that of the clock.
fn date(guid: Guid, now: Timestamp) -> (Timestamp, bool) {
    let told = guid.created_at();
    // The second may have changed in between.
    if told.as_unix().abs_diff(now.as_unix()) <= 1 {
        (told, true)
    } else {
        (now, false)
    }
}

fn belongs_to_unnumbered_room(
    connection: &Connection,
    token: &SlugToken,
) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM rooms WHERE slug_token = ?1 AND numbered = 0)";
    connection
        .prepare_cached(sql)?
        .query_row([token.as_str()], |row| row.get(0))
}

/// The user for whom a room is wanted.
struct Owner {
    /// The e-mail address as it was registered.
    email: String,
    /// Whether the user is active now, and not expired.
    may_own: bool,
}

fn find_owner(
    connection: &Connection,
    email: &Email,
    now: Timestamp,
) -> Result<Option<Owner>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT email, active AND (expires_at IS NULL OR expires_at > ?2) FROM users WHERE email_key = ?1",
    )?;
    let parameters = (email.key(), now.as_unix());
    let owner = statement.query_row(parameters, |row| {
        Ok(Owner {
            email: row.get(0)?,
            may_own: row.get(1)?,
        })
    });
    Ok(owner.optional()?)
}

fn insert(
    connection: &Connection,
    identity: &Identity,
    room: &NewRoom,
    name: &RoomName,
) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO rooms (room_id, room_guid, creator_email, name, name_key, slug_token, numbered,
                            lang, tags, allow_recording, inaccessible_replay, options, created_at,
                            is_backdated)
         VALUES (:room_id, :room_guid, :creator_email, :name, :name_key, :slug_token, :numbered,
                 :lang, :tags, :allow_recording, :inaccessible_replay, :options, :created_at,
                 :is_backdated)
         ON CONFLICT (creator_email) DO NOTHING
         ON CONFLICT (name_key) DO NOTHING",
    )?;
    let inserted = statement.execute(named_params! {
        ":room_id": identity.room_id,
        ":room_guid": identity.guid.as_bytes(),
        ":creator_email": room.creator_email.key(),
        ":name": name.as_str(),
        ":name_key": name.key(),
        ":slug_token": identity.token.as_str(),
        ":lang": room.lang.as_str(),
        ":tags": room.tags.as_ref().map(Tags::as_str),
        ":allow_recording": room.allow_recording,
        ":inaccessible_replay": room.inaccessible_replay,
        ":options": room.options.as_json(),
        ":numbered": identity.is_numbered,
        ":created_at": identity.created_at.as_unix(),
        ":is_backdated": identity.is_backdated,
    })?;
    Ok(inserted == 1)
}

fn update(connection: &Connection, room_id: i64, room: &Room) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "UPDATE rooms
            SET name = :name, name_key = iif(name = :name, name_key, :name_key), lang = :lang, tags = :tags, options = :options,
                allow_recording = :allow_recording, inaccessible_replay = :inaccessible_replay
          WHERE room_id = :room_id",
    )?;
    let updated = statement.execute(named_params! {
        ":room_id": room_id,
        ":name": room.name.as_str(),
        ":name_key": room.name.key(),
        ":lang": room.lang.as_str(),
        ":tags": room.tags.as_ref().map(Tags::as_str),
        ":options": room.options.as_json(),
        ":allow_recording": room.allow_recording,
        ":inaccessible_replay": room.inaccessible_replay,
    });
    match updated {
        Ok(_) => Ok(()),
        // Of what is unique only the name can have changed.
        Err(error) if is_unique_violation(&error) => {
            Err(model::Error::RoomNamesTaken(vec![room.name.as_str().to_owned()]).into())
        }
        Err(error) => Err(error.into()),
    }
}

fn too_many_options(message: Invalid) -> Error {
    model::Error::InvalidFields(vec![FieldError {
        field: "options".into(),
        message,
    }])
    .into()
}

/// Returns the number of the room with a GUID.
pub(super) fn find_id(connection: &Connection, guid: Guid) -> Result<Option<i64>, Error> {
    let find = |sql: &str, parameters: &[&dyn ToSql]| {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_row(parameters, |row| row.get(0)).optional()
    };
    let (moment, guid) = (guid.created_at().as_unix(), guid.as_bytes());
    let numbered = "SELECT room_id FROM rooms WHERE created_at = ?1 AND room_guid = ?2";
    if let Some(room_id) = find(numbered, &[&moment, guid])? {
        return Ok(Some(room_id));
    }
    let unnumbered = "SELECT room_id FROM rooms WHERE room_guid = ?1 AND numbered = 0";
    Ok(find(unnumbered, &[guid])?)
}

pub(super) fn find_by_id(connection: &Connection, room_id: i64) -> Result<Option<Room>, Error> {
    let mut statement = connection.prepare_cached(select_room!("r.room_id = ?1"))?;
    Ok(statement.query_row([room_id], room_from_row).optional()?)
}

/// Returns the room with the token at the end of its link.
pub(super) fn find_by_slug(
    connection: &Connection,
    link_key: &LinkKey,
    token: &SlugToken,
) -> Result<Option<Room>, Error> {
    // What the token decrypts to may be the number of any room, so it is compared in full.
    if let Some(room_id) = link_key.room_id(token)
        && let Some(room) = find_by_id(connection, room_id)?
        && room.slug_token == *token
    {
        return Ok(Some(room));
    }
    let sql = select_room!("r.slug_token = ?1 AND r.numbered = 0");
    let mut statement = connection.prepare_cached(sql)?;
    let room = statement.query_row([token.as_str()], room_from_row);
    Ok(room.optional()?)
}

pub(super) fn find_by_creator(
    connection: &Connection,
    creator_email: &Email,
) -> Result<Option<Room>, Error> {
    let mut statement = connection.prepare_cached(select_room!("r.creator_email = ?1"))?;
    Ok(statement
        .query_row([creator_email.key()], room_from_row)
        .optional()?)
}

fn different_names(names: &[RoomName]) -> Vec<String> {
    let mut names: Vec<&RoomName> = names.iter().collect();
    names.dedup_by_key(|name| name.key());
    names
        .into_iter()
        .map(|name| name.as_str().to_owned())
        .collect()
}

fn room_from_row(row: &Row<'_>) -> rusqlite::Result<Room> {
    Ok(Room {
        guid: Guid::from_stored(row.get(0)?),
        name: RoomName::from_stored(row.get(1)?),
        lang: LangTag::from_stored(row.get(2)?),
        slug_token: SlugToken::from_stored(row.get(3)?),
        created_at: Timestamp::from_unix(row.get(4)?),
        tags: row.get::<_, Option<String>>(5)?.map(Tags::from_stored),
        inaccessible_replay: row.get(6)?,
        allow_recording: row.get(7)?,
        creator_email: row.get(8)?,
        options: RoomOptions::from_stored(row.get(9)?),
        host_epoch: row.get::<_, i64>(10)?.cast_unsigned(),
        host_link_given: row.get(11)?,
    })
}
