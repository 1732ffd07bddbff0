use super::scan::{Scan, scan_page};
use super::{Engine, is_unique_violation};
use crate::model::{
    self, CreateOutcome, Email, FieldError, Guid, Invalid, LangTag, NewRoom, Page, Paging, Room,
    RoomDraft, RoomName, RoomOptions, RoomPatch, RoomQuery, RoomSort, SlugToken, Tags, Timestamp,
};
use crate::store::Error;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

/// What every query of a room selects, for `room_from_row`.
macro_rules! select_room {
    ($condition:literal) => {
        concat!(
            "SELECT r.room_guid, r.name, r.lang, r.slug_token, r.created_at, r.tags, ",
            "r.inaccessible_replay, r.allow_recording, u.email, r.options ",
            "FROM rooms r JOIN users u ON u.email_key = r.creator_email WHERE ",
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
        self.read(|connection| find(connection, guid))
    }

    pub(in crate::store) fn find_room_by_slug(
        &self,
        token: &SlugToken,
    ) -> Result<Option<Room>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(select_room!("r.slug_token = ?1"))?;
            Ok(statement
                .query_row([token.as_str()], room_from_row)
                .optional()?)
        })
    }

    pub(in crate::store) async fn list_rooms(
        &self,
        query: RoomQuery,
        paging: Paging,
    ) -> Result<Page<Room>, Error> {
        let search = move |connection: &Connection| {
            let select = select_room!("r.room_id = ?1");
            scan_page(connection, &scan(&query), paging, select, room_from_row)
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
                let room = find(connection, guid)?.ok_or(model::Error::RoomNotFound)?;
                let room = patch.clone().apply(room).map_err(too_many_options)?;
                update(connection, &room)?;
                Ok(room)
            })
            .await
    }

    pub(in crate::store) async fn delete_room(&self, guid: Guid) -> Result<(), Error> {
        self.writer
            .submit(move |connection| {
                let mut statement =
                    connection.prepare_cached("DELETE FROM rooms WHERE room_guid = ?1")?;
                match statement.execute([guid.as_bytes()])? {
                    0 => Err(model::Error::RoomNotFound.into()),
                    _ => Ok(()),
                }
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
        let room = NewRoom::new(draft);
        self.writer
            .submit(move |connection| get_or_insert(connection, &room))
            .await
    }
}

/// Inserts the room under the first name that is free. Each insertion decides by itself: where the
/// user has a room or the name is taken it inserts nothing.
fn get_or_insert(connection: &Connection, room: &NewRoom) -> Result<(Room, CreateOutcome), Error> {
    let owner = find_owner(connection, room)?;
    if let Some(Owner {
        email,
        may_own: true,
    }) = &owner
    {
        for name in &room.names {
            if insert(connection, room, name)? {
                let (name, email) = (name.clone(), email.clone());
                return Ok((room.clone().into_room(name, email), CreateOutcome::Created));
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

/// The user for whom a room is wanted.
struct Owner {
    /// The e-mail address as it was registered.
    email: String,
    /// Whether the user is active now, and not expired.
    may_own: bool,
}

fn find_owner(connection: &Connection, room: &NewRoom) -> Result<Option<Owner>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT email, active AND (expires_at IS NULL OR expires_at > ?2) FROM users WHERE email_key = ?1",
    )?;
    let parameters = (room.creator_email.key(), room.created_at.as_unix());
    let owner = statement.query_row(parameters, |row| {
        Ok(Owner {
            email: row.get(0)?,
            may_own: row.get(1)?,
        })
    });
    Ok(owner.optional()?)
}

fn insert(connection: &Connection, room: &NewRoom, name: &RoomName) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO rooms (room_guid, creator_email, name, name_key, slug_token, lang, tags,
                            allow_recording, inaccessible_replay, options, created_at)
         VALUES (:room_guid, :creator_email, :name, :name_key, :slug_token, :lang, :tags,
                 :allow_recording, :inaccessible_replay, :options, :created_at)
         ON CONFLICT (creator_email) DO NOTHING
         ON CONFLICT (name_key) DO NOTHING",
    )?;
    let inserted = statement.execute(named_params! {
        ":room_guid": room.guid.as_bytes(),
        ":creator_email": room.creator_email.key(),
        ":name": name.as_str(),
        ":name_key": name.key(),
        ":slug_token": room.slug_token.as_str(),
        ":lang": room.lang.as_str(),
        ":tags": room.tags.as_ref().map(Tags::as_str),
        ":allow_recording": room.allow_recording,
        ":inaccessible_replay": room.inaccessible_replay,
        ":options": room.options.as_json(),
        ":created_at": room.created_at.as_unix(),
    })?;
    Ok(inserted == 1)
}

fn update(connection: &Connection, room: &Room) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "UPDATE rooms
            SET name = :name, name_key = :name_key, lang = :lang, tags = :tags, options = :options,
                allow_recording = :allow_recording, inaccessible_replay = :inaccessible_replay
          WHERE room_guid = :room_guid",
    )?;
    let updated = statement.execute(named_params! {
        ":room_guid": room.guid.as_bytes(),
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

fn scan(query: &RoomQuery) -> Scan {
    let mut scan = Scan::new("SELECT room_id FROM rooms");
    // `instr` knows no wildcards: every character stands for itself.
    scan.condition("instr(name_key, ?) > 0", query.name.to_condition());
    scan.equals(
        "creator_email",
        query
            .creator_email
            .as_ref()
            .map(|email| email.key().to_owned()),
    );
    scan.condition(
        "creator_email = (SELECT email_key FROM users WHERE user_guid = ?)",
        query.creator_guid.map(|guid| *guid.as_bytes()),
    );
    let mut dated = Scan::new("SELECT room_id FROM rooms");
    match query.sort {
        RoomSort::CreatedAscending | RoomSort::CreatedDescending => add_dates(&mut scan, query),
        RoomSort::NameAscending | RoomSort::NameDescending => add_dates(&mut dated, query),
    }
    scan.among(dated);
    scan.order_by(match query.sort {
        RoomSort::CreatedAscending => "created_at, room_id",
        RoomSort::CreatedDescending => "created_at DESC, room_id DESC",
        RoomSort::NameAscending => "name_key",
        RoomSort::NameDescending => "name_key DESC",
    });
    scan
}

fn add_dates(scan: &mut Scan, query: &RoomQuery) {
    let seconds = |bound: Option<Timestamp>| bound.map(Timestamp::as_unix);
    scan.condition("created_at >= ?", seconds(query.created_from));
    scan.condition("created_at < ?", seconds(query.created_before));
}

fn find(connection: &Connection, guid: Guid) -> Result<Option<Room>, Error> {
    let mut statement = connection.prepare_cached(select_room!("r.room_guid = ?1"))?;
    Ok(statement
        .query_row([guid.as_bytes()], room_from_row)
        .optional()?)
}

fn find_by_creator(connection: &Connection, creator_email: &Email) -> Result<Option<Room>, Error> {
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
    })
}
