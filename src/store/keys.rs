use super::{Error, Store};
use crate::model::{self, AccessKey, ApiKey, KeyDigest, NewApiKey, Timestamp};
use rusqlite::{OptionalExtension, Row};

impl Store {
    /// Finds what is kept of a key that is in force.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn find_key_digest(&self, access_key: &AccessKey) -> Result<Option<KeyDigest>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT digest FROM api_keys WHERE access_key = ?1 AND revoked_at IS NULL",
            )?;
            let digest = statement
                .query_row([access_key.as_str()], |row| row.get(0))
                .optional()?;
            Ok(digest.map(KeyDigest::from_stored))
        })
    }

    /// Lists all keys, revoked ones too, in the order in which they were made.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn list_keys(&self) -> Result<Vec<ApiKey>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT access_key, name, created_at, revoked_at FROM api_keys ORDER BY key_id",
            )?;
            let keys = statement.query_map([], key_of_row)?;
            Ok(keys.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Stores a new key, of its secret half only a digest.
    ///
    /// # Errors
    /// A database that cannot be written.
    pub async fn insert_key(&self, key: &NewApiKey) -> Result<(), Error> {
        let row = (
            key.access_key.as_str().to_owned(),
            *key.digest().as_bytes(),
            key.name.clone(),
            key.created_at.as_unix(),
        );
        self.writer
            .submit(move |connection| {
                let sql = "INSERT INTO api_keys (access_key, digest, name, created_at) VALUES (?1, ?2, ?3, ?4)";
                connection.execute(sql, row)?;
                Ok(())
            })
            .await
    }

    /// Takes a key out of force, at once and for good. Doing it again changes nothing.
    ///
    /// # Errors
    /// No key with that access key; a database that cannot be written.
    pub async fn update_key_to_revoked(&self, access_key: &AccessKey) -> Result<(), Error> {
        let access_key = access_key.as_str().to_owned();
        self.writer
            .submit(move |connection| {
                let sql = "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?2) WHERE access_key = ?1";
                match connection.execute(sql, (access_key, Timestamp::now().as_unix()))? {
                    0 => Err(model::Error::KeyNotFound.into()),
                    _ => Ok(()),
                }
            })
            .await
    }
}

fn key_of_row(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey {
        access_key: AccessKey::new(row.get::<_, String>(0)?),
        name: row.get(1)?,
        created_at: Timestamp::from_unix(row.get(2)?),
        revoked_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_unix),
    })
}
