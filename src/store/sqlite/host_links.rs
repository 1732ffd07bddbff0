//! What a room remembers of its host links, and who may follow one.

use super::Engine;
use super::rooms::{find_by_id, find_by_slug, find_id};
use crate::model::{self, Guid, Room, RoomToOpen, SlugToken, Timestamp};
use crate::store::Error;

impl Engine {
    pub(in crate::store) async fn give_host_link(&self, guid: Guid) -> Result<Room, Error> {
        if let Some(room) = self.find_room(guid)?
            && room.host_link_given
        {
            return Ok(room);
        }
        self.writer
            .submit(move |connection| {
                let room_id = find_id(connection, guid)?.ok_or(model::Error::RoomNotFound)?;
                let sql = "UPDATE rooms SET host_link_given = 1 WHERE room_id = ?1";
                connection.prepare_cached(sql)?.execute([room_id])?;
                let room = find_by_id(connection, room_id)?;
                Ok(room.ok_or(model::Error::RoomNotFound)?)
            })
            .await
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
            let mut statement = snapshot.prepare_cached(
                "SELECT u.user_guid, u.active AND (u.expires_at IS NULL OR u.expires_at > ?2)
                   FROM rooms r JOIN users u ON u.email_key = r.creator_email WHERE r.room_id = ?1",
            )?;
            let room_id = find_id(&snapshot, room.guid)?;
            let owner = (room_id, Timestamp::now().as_unix());
            let (owner_guid, owner_is_active) =
                statement.query_row(owner, |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(Some(RoomToOpen {
                room,
                owner_guid: Guid::from_stored(owner_guid),
                owner_is_active,
            }))
        })
    }
}
