//! What a room remembers of its host links, and who may follow one.

use super::Engine;
use super::rooms::{find_by_id, find_by_slug, find_id};
use super::schema;
use crate::model::{self, Guid, Room, RoomToOpen, SlugToken, Timestamp};
use crate::store::Error;
use rusqlite::Connection;

impl Engine {
    pub(in crate::store) async fn give_host_link(&self, guid: Guid) -> Result<Room, Error> {
        let (_, room) = self.read(|connection| {
            // The room and its owner are of one moment.
            let snapshot = connection.unchecked_transaction()?;
            find_with_active_owner(&snapshot, guid)
        })?;
        if room.host_link_given {
            return Ok(room);
        }
        self.writer
            .submit(move |connection| {
                let (room_id, room) = find_with_active_owner(connection, guid)?;
                let sql = "UPDATE rooms SET host_link_given = 1 WHERE room_id = ?1";
                connection.prepare_cached(sql)?.execute([room_id])?;
                Ok(Room {
                    host_link_given: true,
                    ..room
                })
            })
            .await
    }

    pub(in crate::store) fn gave_host_links(&self) -> Result<bool, Error> {
        self.read(|connection| Ok(gave_host_links(connection)?))
    }

    pub(in crate::store) async fn revoke_host_links(&self, guid: Guid) -> Result<(), Error> {
        self.writer
            .submit(move |connection| {
                let room_id = find_id(connection, guid)?.ok_or(model::Error::RoomNotFound)?;
                let sql = "UPDATE rooms SET host_epoch = host_epoch + 1 WHERE room_id = ?1";
                connection.prepare_cached(sql)?.execute([room_id])?;
                Ok(())
            })
            .await
    }

    pub(in crate::store) fn find_room_to_open(
        &self,
        token: &SlugToken,
    ) -> Result<Option<RoomToOpen>, Error> {
        self.read(|connection| {
            // The room and its owner are of one moment.
            let snapshot = connection.unchecked_transaction()?;
            let Some(room) = find_by_slug(&snapshot, &self.link_key, token)? else {
                return Ok(None);
            };
            let room_id = find_id(&snapshot, room.guid)?;
            let (owner_guid, owner_is_active) = find_owner(&snapshot, room_id)?;
            Ok(Some(RoomToOpen {
                room,
                owner_guid,
                owner_is_active,
            }))
        })
    }
}

/// Returns whether a host link of any room of a database was given out, which none was before schema 3.
pub(super) fn gave_host_links(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM rooms WHERE host_link_given = 1)";
    Ok(schema::version(connection)? >= 3 && connection.query_row(sql, [], |row| row.get(0))?)
}

/// Returns a room whose host links are valid, and its number.
fn find_with_active_owner(connection: &Connection, guid: Guid) -> Result<(i64, Room), Error> {
    let room_id = find_id(connection, guid)?.ok_or(model::Error::RoomNotFound)?;
    let room = find_by_id(connection, room_id)?.ok_or(model::Error::RoomNotFound)?;
    match find_owner(connection, Some(room_id))? {
        (_, true) => Ok((room_id, room)),
        (_, false) => Err(model::Error::OwnerInactive.into()),
    }
}

/// Returns the identifier of the owner of a room, and whether the owner is active now.
fn find_owner(connection: &Connection, room_id: Option<i64>) -> Result<(Guid, bool), Error> {
    let mut statement = connection.prepare_cached(
        "SELECT u.user_guid, u.active AND (u.expires_at IS NULL OR u.expires_at > ?2)
           FROM rooms r JOIN users u ON u.email_key = r.creator_email WHERE r.room_id = ?1",
    )?;
    let owner = (room_id, Timestamp::now().as_unix());
    let found = statement.query_row(owner, |row| {
        Ok((Guid::from_stored(row.get(0)?), row.get(1)?))
    });
    Ok(found?)
}
