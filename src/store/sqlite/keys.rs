use super::Engine;
use crate::model::{self, AccessKey, ApiKey, KeyDigest, NewApiKey, StoredKey, Timestamp};
use crate::store::Error;
use rusqlite::{OptionalExtension, Row};

impl Engine {
    pub(in crate::store) fn find_key(
        &self,
        access_key: &AccessKey,
    ) -> Result<Option<StoredKey>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT digest, name, guests_only FROM api_keys WHERE access_key = ?1 AND revoked_at IS NULL",
            )?;
            let key = statement.query_row([access_key.as_str()], |row| {
                Ok(StoredKey {
                    digest: KeyDigest::from_stored(row.get(0)?),
                    name: row.get(1)?,
                    guests_only: row.get(2)?,
                })
            });
            Ok(key.optional()?)
        })
    }

    pub(in crate::store) fn list_keys(&self) -> Result<Vec<ApiKey>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT access_key, name, created_at, revoked_at, guests_only FROM api_keys ORDER BY key_id",
            )?;
            let keys = statement.query_map([], key_from_row)?;
            Ok(keys.collect::<rusqlite::Result<_>>()?)
        })
    }

    pub(in crate::store) async fn insert_key(&self, key: &NewApiKey) -> Result<(), Error> {
        let row = (
            key.access_key.as_str().to_owned(),
            *key.digest().as_bytes(),
            key.name.clone(),
            key.created_at.as_unix(),
            key.guests_only,
        );
        self.writer
            .submit(move |connection| {
                let sql = "INSERT INTO api_keys (access_key, digest, name, created_at, guests_only)
                           VALUES (?1, ?2, ?3, ?4, ?5)";
                connection.execute(sql, (&row.0, row.1, &row.2, row.3, row.4))?;
                Ok(())
            })
            .await
    }

    pub(in crate::store) async fn revoke_key(&self, access_key: &AccessKey) -> Result<(), Error> {
        let access_key = access_key.as_str().to_owned();
        self.writer
            .submit(move |connection| {
                let sql = "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?2) WHERE access_key = ?1";
                match connection.execute(sql, (&access_key, Timestamp::now().as_unix()))? {
                    0 => Err(model::Error::KeyNotFound.into()),
                    _ => Ok(()),
                }
            })
            .await
    }
}

fn key_from_row(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey {
        access_key: AccessKey::new(row.get::<_, String>(0)?),
        name: row.get(1)?,
        created_at: Timestamp::from_unix(row.get(2)?),
        revoked_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_unix),
        guests_only: row.get(4)?,
    })
}
