use super::Engine;
use super::error::is_unique_violation;
use super::scan::{Order, Scan, scan_page};
use crate::model::text::fold;
use crate::model::{
    self, CreateOutcome, Email, Guid, LangTag, Mobile, NameOwner, Page, Paging, PersonName, Role,
    RowError, RowFault, RowNames, Surname, TimeZoneName, Timestamp, User, UserLookup, UserPatch,
    UserProfile, UserQuery, Username,
};
use crate::store::Error;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params};

/// What every query of a user selects, for `user_from_row`.
macro_rules! select_user {
    ($condition:literal) => {
        concat!(
            "SELECT user_guid, email, email_key, username, name, surname, role, mobile, ",
            "login_allowed, active, lang, timezone, expires_at, created_at, updated_at ",
            "FROM users WHERE ",
            $condition
        )
    };
}

impl Engine {
    pub(in crate::store) async fn insert_user(&self, profile: UserProfile) -> Result<User, Error> {
        let user = User::new(profile);
        self.writer
            .submit(move |connection| {
                insert(connection, &user)?;
                Ok(user.clone())
            })
            .await
    }

    pub(in crate::store) async fn upsert_user(
        &self,
        profile: UserProfile,
        patch: UserPatch,
    ) -> Result<(User, CreateOutcome), Error> {
        let new = User::new(profile);
        self.writer
            .submit(move |connection| upsert(connection, &new, &patch))
            .await
    }

    pub(in crate::store) async fn insert_users(
        &self,
        profiles: Vec<UserProfile>,
        mut progress: impl FnMut() + Send + 'static,
    ) -> Result<(), Error> {
        self.writer
            .submit(move |connection| {
                let (mut names, mut errors) = (RowNames::default(), Vec::new());
                for (row, profile) in profiles.iter().enumerate() {
                    let wrong = match names.add(row, &profile.email, &profile.username) {
                        Some(repeated) => Some(repeated),
                        None => row_error(
                            row,
                            profile,
                            insert(connection, &User::new(profile.clone())),
                        )?,
                    };
                    errors.extend(wrong);
                    progress();
                }
                if errors.is_empty() {
                    Ok(())
                } else {
                    Err(model::Error::InvalidRows(errors).into())
                }
            })
            .await
    }

    pub(in crate::store) fn find_user(&self, user: &UserLookup) -> Result<Option<User>, Error> {
        self.read(|connection| look_up(connection, user))
    }

    pub(in crate::store) async fn list_users(
        &self,
        query: UserQuery,
        paging: Paging,
    ) -> Result<Page<User>, Error> {
        let search = move |connection: &Connection| {
            let select = select_user!("user_id = ?1");
            scan_page(connection, &scan(&query), paging, select, user_from_row)
        };
        self.searches.run(search).await
    }

    pub(in crate::store) async fn update_user(
        &self,
        user: UserLookup,
        patch: UserPatch,
    ) -> Result<User, Error> {
        self.writer
            .submit(move |connection| {
                let user = look_up(connection, &user)?.ok_or(model::Error::UserNotFound)?;
                if patch == UserPatch::default() {
                    return Ok(user);
                }
                let updated = patch.clone().apply(user.clone());
                update(connection, &user, &updated)?;
                Ok(updated)
            })
            .await
    }

    pub(in crate::store) async fn delete_user(&self, user: UserLookup) -> Result<(), Error> {
        self.take_user(user).await.map(drop)
    }
}

/// Registers a user who did not choose a username, under the first that is free.
pub(super) fn register_unknown(
    connection: &Connection,
    profile: &UserProfile,
) -> Result<User, Error> {
    let mut user = User::new(profile.clone());
    for username in user.usernames() {
        if find_by_username(connection, &username)?.is_none() {
            user.profile.username = username;
            break;
        }
    }
    insert(connection, &user)?;
    Ok(user)
}

/// Inserts the user, or updates the one who has both the e-mail address and the username. Writes
/// nothing if the patch changes nothing, so that a repeated call keeps the generation.
fn upsert(
    connection: &Connection,
    new: &User,
    patch: &UserPatch,
) -> Result<(User, CreateOutcome), Error> {
    let by_email = find_by_email(connection, &new.profile.email)?;
    let by_username = find_by_username(connection, &new.profile.username)?;
    match (by_email, by_username) {
        (None, None) => {
            insert(connection, new)?;
            Ok((new.clone(), CreateOutcome::Created))
        }
        (Some(user), Some(same)) if user.guid == same.guid => {
            let updated = patch.clone().apply(user);
            if updated.profile == same.profile {
                return Ok((same, CreateOutcome::Existed));
            }
            update(connection, &same, &updated)?;
            Ok((updated, CreateOutcome::Existed))
        }
        (Some(_), _) => Err(model::Error::EmailTaken.into()),
        (None, Some(_)) => Err(model::Error::UsernameTaken.into()),
    }
}

pub(super) fn insert(connection: &Connection, user: &User) -> Result<(), Error> {
    write(
        connection,
        "INSERT INTO users (user_guid, email, email_key, email_folded, username, username_key, name,
                            name_folded, surname, surname_folded, role, mobile, mobile_folded,
                            login_allowed, active, lang, timezone, expires_at, created_at, updated_at)
         VALUES (:user_guid, :email, :email_key, :email_folded, :username, :username_key, :name,
                 :name_folded, :surname, :surname_folded, :role, :mobile, :mobile_folded,
                 :login_allowed, :active, :lang, :timezone, :expires_at, :created_at, :updated_at)",
        user,
    )
}

/// Updates a user. Whoever has a host link of the room had it from the owner as the owner was: another
/// e-mail address or an inactive owner revokes it.
pub(super) fn update(connection: &Connection, before: &User, user: &User) -> Result<(), Error> {
    write(
        connection,
        "UPDATE users
            SET email = :email, email_key = :email_key, email_folded = :email_folded,
                username = :username,
                username_key = iif(username = :username, username_key, :username_key),
                name = :name, name_folded = :name_folded,
                surname = :surname, surname_folded = :surname_folded,
                role = :role, mobile = :mobile, mobile_folded = :mobile_folded,
                login_allowed = :login_allowed, active = :active, lang = :lang,
                timezone = :timezone, expires_at = :expires_at, created_at = :created_at,
                updated_at = :updated_at
          WHERE user_guid = :user_guid",
        user,
    )?;
    let (before, after) = (&before.profile, &user.profile);
    if before.email.key() != after.email.key() || (before.active && !after.active) {
        // The room has followed the e-mail address.
        let sql = "UPDATE rooms SET host_epoch = host_epoch + 1 WHERE creator_email = ?1";
        connection
            .prepare_cached(sql)?
            .execute([after.email.key()])?;
    }
    Ok(())
}

/// Runs a statement that takes every column of a user.
fn write(connection: &Connection, sql: &str, user: &User) -> Result<(), Error> {
    let User {
        guid,
        profile,
        created_at,
        updated_at,
    } = user;
    let written = connection.prepare_cached(sql)?.execute(named_params! {
        ":user_guid": guid.as_bytes(),
        ":email": profile.email.as_str(),
        ":email_key": profile.email.key(),
        ":email_folded": fold(profile.email.as_str()),
        ":username": profile.username.as_str(),
        ":username_key": profile.username.key(),
        ":name": profile.name.as_str(),
        ":name_folded": fold(profile.name.as_str()),
        ":surname": profile.surname.as_str(),
        ":surname_folded": fold(profile.surname.as_str()),
        ":role": profile.role.as_str(),
        ":mobile": profile.mobile.as_str(),
        ":mobile_folded": fold(profile.mobile.as_str()),
        ":login_allowed": profile.login_allowed,
        ":active": profile.active,
        ":lang": profile.lang.as_str(),
        ":timezone": profile.timezone.as_str(),
        ":expires_at": profile.expires_at.map(Timestamp::as_unix),
        ":created_at": created_at.as_unix(),
        ":updated_at": updated_at.map(Timestamp::as_unix),
    });
    match written {
        Ok(_) => Ok(()),
        Err(error) if is_unique_violation(&error) => Err(conflict(connection, user)?.into()),
        Err(error) => Err(error.into()),
    }
}

/// Which of the two that are unique another user has, in the transaction that ran into it.
fn conflict(connection: &Connection, user: &User) -> Result<model::Error, Error> {
    let mut statement = connection
        .prepare_cached("SELECT 1 FROM users WHERE email_key = ?1 AND user_guid <> ?2")?;
    let parameters = (user.profile.email.key(), user.guid.as_bytes());
    let same_email = statement.query_row(parameters, |_| Ok(())).optional()?;
    Ok(match same_email {
        Some(()) => model::Error::EmailTaken,
        None => model::Error::UsernameTaken,
    })
}

/// Returns the error of a row that was not written, because a user has its e-mail address or username.
///
/// # Errors
/// Any other error of the write.
pub(super) fn row_error(
    row: usize,
    profile: &UserProfile,
    written: Result<(), Error>,
) -> Result<Option<RowError>, Error> {
    let owner = NameOwner::User;
    let fault = match written {
        Ok(()) => return Ok(None),
        Err(Error::Rule(model::Error::EmailTaken)) => {
            RowFault::EmailTaken(profile.email.as_str().to_owned(), owner)
        }
        Err(Error::Rule(model::Error::UsernameTaken)) => {
            RowFault::UsernameTaken(profile.username.as_str().to_owned(), owner)
        }
        Err(error) => return Err(error),
    };
    Ok(Some(RowError { row, fault }))
}

/// Finds the user with the GUID, or else the one with the username.
pub(super) fn look_up(connection: &Connection, user: &UserLookup) -> Result<Option<User>, Error> {
    if let Some(guid) = user.guid
        && let Some(found) = find_by_guid(connection, guid)?
    {
        return Ok(Some(found));
    }
    match &user.username {
        Some(username) => find_by_username(connection, username),
        None => Ok(None),
    }
}

pub(super) fn find_by_guid(connection: &Connection, guid: Guid) -> Result<Option<User>, Error> {
    find_by(connection, select_user!("user_guid = ?1"), guid.as_bytes())
}

pub(super) fn find_by_email(connection: &Connection, email: &Email) -> Result<Option<User>, Error> {
    find_by(connection, select_user!("email_key = ?1"), email.key())
}

pub(super) fn find_by_username(
    connection: &Connection,
    username: &Username,
) -> Result<Option<User>, Error> {
    find_by(
        connection,
        select_user!("username_key = ?1"),
        username.key(),
    )
}

fn find_by(connection: &Connection, sql: &str, key: impl ToSql) -> Result<Option<User>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([key], user_from_row).optional()?)
}

fn scan(query: &UserQuery) -> Scan {
    let mut scan = Scan::new("SELECT user_id FROM users");
    for (column, part) in [
        ("name_folded", &query.name),
        ("surname_folded", &query.surname),
        ("username_key", &query.username),
        ("email_folded", &query.email),
        ("mobile_folded", &query.mobile),
    ] {
        scan.condition(&format!("instr({column}, ?) > 0"), part.to_condition());
    }
    scan.equals("role", query.role.map(Role::as_str));
    scan.equals("user_guid", query.guid.map(|guid| *guid.as_bytes()));
    scan.order_by(Order::NumberDescending);
    scan
}

fn user_from_row(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        guid: Guid::from_stored(row.get(0)?),
        profile: UserProfile {
            email: Email::from_stored(row.get(1)?, row.get(2)?),
            username: Username::from_stored(row.get(3)?),
            name: PersonName::from_stored(row.get(4)?),
            surname: Surname::from_stored(row.get(5)?),
            role: Role::from_stored(row.get_ref(6)?.as_str()?),
            mobile: Mobile::from_stored(row.get(7)?),
            login_allowed: row.get(8)?,
            active: row.get(9)?,
            lang: LangTag::from_stored(row.get(10)?),
            timezone: TimeZoneName::from_stored(row.get(11)?),
            expires_at: row.get::<_, Option<i64>>(12)?.map(Timestamp::from_unix),
        },
        created_at: Timestamp::from_unix(row.get(13)?),
        updated_at: row.get::<_, Option<i64>>(14)?.map(Timestamp::from_unix),
    })
}
