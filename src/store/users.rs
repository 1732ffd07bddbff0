use super::{Error, Store};
use crate::model::{self, Email, Guid, NewUser, Timestamp, User, UserDraft};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

impl Store {
    /// Registers a user; returns the new GUID.
    ///
    /// # Errors
    /// An e-mail address or username that another user has; a database that cannot be written.
    pub async fn insert_user(&self, draft: UserDraft) -> Result<Guid, Error> {
        let user = NewUser::new(draft);
        self.writer
            .submit(move |connection| insert(connection, &user))
            .await
    }

    /// Lists all users in the order in which they were registered.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn list_users(&self) -> Result<Vec<User>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT user_guid, email, username, name, surname, role, active, expires_at, created_at
                   FROM users ORDER BY user_id",
            )?;
            let users = statement.query_map([], user_of_row)?;
            Ok(users.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Removes a user and the user's default room.
    ///
    /// # Errors
    /// Nobody with that address; a database that cannot be written.
    pub async fn delete_user(&self, email: &Email) -> Result<(), Error> {
        let key = email.key().to_owned();
        self.writer
            .submit(move |connection| {
                match connection.execute("DELETE FROM users WHERE email_key = ?1", [key])? {
                    0 => Err(model::Error::UserNotFound.into()),
                    _ => Ok(()),
                }
            })
            .await
    }
}

fn insert(connection: &Connection, user: &NewUser) -> Result<Guid, Error> {
    let NewUser {
        guid,
        created_at,
        draft,
    } = user;
    let mut statement = connection.prepare_cached(
        "INSERT INTO users (user_guid, email, email_key, username, username_key, name, surname, role,
                            mobile, login_allowed, active, lang, timezone, expires_at, created_at)
         VALUES (:user_guid, :email, :email_key, :username, :username_key, :name, :surname, :role,
                 :mobile, :login_allowed, :active, :lang, :timezone, :expires_at, :created_at)
         ON CONFLICT (email_key) DO NOTHING
         ON CONFLICT (username_key) DO NOTHING",
    )?;
    let inserted = statement.execute(named_params! {
        ":user_guid": guid.as_bytes(),
        ":email": draft.email.as_str(),
        ":email_key": draft.email.key(),
        ":username": draft.username.as_str(),
        ":username_key": draft.username.key(),
        ":name": draft.name.as_str(),
        ":surname": draft.surname.as_str(),
        ":role": draft.role.as_str(),
        ":mobile": draft.mobile.as_str(),
        ":login_allowed": draft.login_allowed,
        ":active": draft.active,
        ":lang": draft.lang.as_str(),
        ":timezone": draft.timezone.as_str(),
        ":expires_at": draft.expires_at.map(Timestamp::as_unix),
        ":created_at": created_at.as_unix(),
    })?;
    if inserted == 1 {
        return Ok(*guid);
    }
    Err(conflict(connection, &draft.email)?.into())
}

/// Why a user was not inserted, in the transaction that did not.
fn conflict(connection: &Connection, email: &Email) -> Result<model::Error, Error> {
    let same_email = connection
        .query_row(
            "SELECT 1 FROM users WHERE email_key = ?1",
            [email.key()],
            |_| Ok(()),
        )
        .optional()?;
    Ok(match same_email {
        Some(()) => model::Error::EmailTaken,
        None => model::Error::UsernameTaken,
    })
}

fn user_of_row(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        guid: Guid::from_stored(row.get(0)?),
        email: row.get(1)?,
        username: row.get(2)?,
        name: row.get(3)?,
        surname: row.get(4)?,
        role: row.get(5)?,
        active: row.get(6)?,
        expires_at: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_unix),
        created_at: Timestamp::from_unix(row.get(8)?),
    })
}
