use super::Engine;
use super::rooms::find_id;
use crate::model::{self, Guid, Ratings, Stars};
use crate::store::Error;
use rusqlite::OptionalExtension;

impl Engine {
    pub(in crate::store) async fn add_rating(&self, guid: Guid, stars: Stars) -> Result<(), Error> {
        self.writer
            .submit(move |connection| {
                let room_id = find_id(connection, guid)?.ok_or(model::Error::RoomNotFound)?;
                let row =
                    "INSERT INTO ratings (room_id) VALUES (?1) ON CONFLICT (room_id) DO NOTHING";
                connection.prepare_cached(row)?.execute([room_id])?;
                // An update also for the first rating: a commit that only inserts leaves answers in
                // the caches, among them those that say that nobody rated the room.
                let column = match stars.number() {
                    1 => "stars_1",
                    2 => "stars_2",
                    3 => "stars_3",
                    4 => "stars_4",
                    _ => "stars_5",
                };
                let add = format!("UPDATE ratings SET {column} = {column} + 1 WHERE room_id = ?1");
                connection.prepare_cached(&add)?.execute([room_id])?;
                Ok(())
            })
            .await
    }

    pub(in crate::store) fn find_ratings(&self, guid: Guid) -> Result<Ratings, Error> {
        self.read(|connection| {
            let room_id = find_id(connection, guid)?.ok_or(model::Error::RoomNotFound)?;
            let mut statement = connection.prepare_cached(
                "SELECT stars_1, stars_2, stars_3, stars_4, stars_5 FROM ratings WHERE room_id = ?1",
            )?;
            let found = statement.query_row([room_id], |row| {
                let mut counts = [0; Stars::MAX as usize];
                for (column, count) in counts.iter_mut().enumerate() {
                    *count = row.get::<_, i64>(column)?.cast_unsigned();
                }
                Ok(Ratings::from_stored(counts))
            });
            Ok(found.optional()?.unwrap_or_default())
        })
    }
}
