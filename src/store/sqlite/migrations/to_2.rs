//! From schema 1 (roomd 0.1.0) to schema 2.
//!
//! - Keys and columns for searches are folded by the rules of today: full case folding in place of
//!   lower-casing, characters that do not show left out. Where two keys become one, the older row
//!   keeps it. The other row stays as it is, under its key with U+001F and its row id behind it,
//!   which no text that is typed can have. Each case is reported.
//! - Rooms are numbered anew in the order of their dates, and fewer indexes hold them: `schema.sql`
//!   says how they are found.

use super::Report;
use crate::model::text::fold;
use crate::model::{Email, RoomName, Username};
use crate::store::sqlite::link_key::LinkKey;
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::HashMap;

const TABLES: &str = include_str!("schema_2.sql");
const INDEXES: &str = include_str!("schema_2_indexes.sql");

/// Between a key that another row has, and the row id.
const SEPARATOR: char = '\u{1F}';

/// Keys that are not what they were, from the old key to the new one.
type ChangedKeys = HashMap<String, String>;

pub(super) fn migrate(
    transaction: &Transaction<'_>,
    old: &Connection,
    report: &mut Report<'_>,
) -> rusqlite::Result<()> {
    for table in ["users", "rooms"] {
        let sql = format!("SELECT count(*) FROM {table}");
        report.expect(old.query_row(&sql, [], |row| row.get::<_, u32>(0))?);
    }
    // First, so that the new tables take their pages and the file does not grow.
    transaction.execute_batch("DROP TABLE rooms; DROP TABLE users;")?;
    transaction.execute_batch(TABLES)?;
    LinkKey::create(transaction)?;
    let mut emails = KeyColumn::new("users", "user_id", "email_key", "e-mail address");
    let mut usernames = KeyColumn::new("users", "user_id", "username_key", "username");
    let mut names = KeyColumn::new("rooms", "room_id", "name_key", "room name");
    copy_users(transaction, old, report, &mut emails, &mut usernames)?;
    copy_rooms(transaction, old, report, &mut names)?;
    transaction.execute_batch(INDEXES)?;
    let changed_emails = emails.settle(transaction, report)?;
    usernames.settle(transaction, report)?;
    names.settle(transaction, report)?;
    follow_creators(transaction, &changed_emails)
}

fn copy_users(
    transaction: &Transaction<'_>,
    old: &Connection,
    report: &mut Report<'_>,
    emails: &mut KeyColumn,
    usernames: &mut KeyColumn,
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare(
        "INSERT INTO users (user_id, user_guid, email, email_key, email_folded, username,
                            username_key, name, name_folded, surname, surname_folded, role, mobile,
                            mobile_folded, login_allowed, active, lang, timezone, expires_at,
                            created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                 ?20, ?21)",
    )?;
    let mut select = old.prepare(
        "SELECT user_id, email, email_key, username, username_key, name, surname, mobile,
                user_guid, role, login_allowed, active, lang, timezone, expires_at, created_at,
                updated_at
           FROM users ORDER BY user_id",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        let value = |column| row.get_ref(column).map(ToSqlOutput::Borrowed);
        let (email, username) = (text(1)?, text(3)?);
        let (name, surname, mobile) = (text(5)?, text(6)?, text(7)?);
        let email_key = emails.key(id, email, text(2)?, new_email_key(email));
        let username_key = Username::from_stored(username.to_owned()).key();
        let username_key = usernames.key(id, username, text(4)?, username_key);
        insert.execute(params![
            id,
            value(8)?,
            email,
            email_key,
            fold(email),
            username,
            username_key,
            name,
            fold(name),
            surname,
            fold(surname),
            value(9)?,
            mobile,
            fold(mobile),
            value(10)?,
            value(11)?,
            value(12)?,
            value(13)?,
            value(14)?,
            value(15)?,
            value(16)?,
        ])?;
        report.advance()?;
    }
    Ok(())
}

/// Returns the key of an address of schema 1. Where the rules of today do not accept it any more it
/// keeps its key.
fn new_email_key(email: &str) -> Option<String> {
    Email::parse(email).ok().map(|email| email.key().to_owned())
}

fn copy_rooms(
    transaction: &Transaction<'_>,
    old: &Connection,
    report: &mut Report<'_>,
    names: &mut KeyColumn,
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare(
        "INSERT INTO rooms (room_id, name, name_key, room_guid, creator_email, slug_token, lang, tags,
                            allow_recording, inaccessible_replay, options, created_at, numbered)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0)",
    )?;
    let mut select = old.prepare(
        "SELECT name, name_key, room_guid, creator_email, slug_token, lang, tags, allow_recording,
                inaccessible_replay, options, created_at
           FROM rooms ORDER BY created_at, room_id",
    )?;
    let mut rows = select.query([])?;
    let mut number = 0;
    while let Some(row) = rows.next()? {
        number += 1;
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        let value = |column| row.get_ref(column).map(ToSqlOutput::Borrowed);
        let name = text(0)?;
        let key = RoomName::from_stored(name.to_owned()).key();
        let key = names.key(number, name, text(1)?, key);
        insert.execute(params![
            number,
            name,
            key,
            value(2)?,
            value(3)?,
            value(4)?,
            value(5)?,
            value(6)?,
            value(7)?,
            value(8)?,
            value(9)?,
            value(10)?,
        ])?;
        report.advance()?;
    }
    Ok(())
}

/// A column of keys, of which no two rows may have the same.
struct KeyColumn {
    table: &'static str,
    id: &'static str,
    column: &'static str,
    /// What the column holds, for operators.
    noun: &'static str,
    /// The rows whose key changes, in the order of their ids.
    changing: Vec<ChangingKey>,
}

/// A row whose key changes.
struct ChangingKey {
    id: i64,
    typed: String,
    old: String,
    new: String,
}

impl KeyColumn {
    fn new(
        table: &'static str,
        id: &'static str,
        column: &'static str,
        noun: &'static str,
    ) -> Self {
        Self {
            table,
            id,
            column,
            noun,
            changing: Vec::new(),
        }
    }

    /// Returns the key with which a row is copied: its old one, if that is still right, else one
    /// that no other row can have until [`KeyColumn::settle`].
    fn key(&mut self, id: i64, typed: &str, old: &str, new: impl Into<Option<String>>) -> String {
        let new = new.into().unwrap_or_else(|| old.to_owned());
        if new == old {
            return new;
        }
        self.changing.push(ChangingKey {
            id,
            typed: typed.to_owned(),
            old: old.to_owned(),
            new,
        });
        format!("{SEPARATOR}{id}")
    }

    /// Gives each row its new key, or, where another row has that key, the older one; returns the
    /// keys that are not what they were.
    fn settle(
        self,
        transaction: &Transaction<'_>,
        report: &mut Report<'_>,
    ) -> rusqlite::Result<ChangedKeys> {
        let Self {
            table, id, column, ..
        } = self;
        let find = format!("SELECT {id} FROM {table} WHERE {column} = ?1");
        let set = format!("UPDATE {table} SET {column} = ?2 WHERE {id} = ?1");
        let typed = format!(
            "SELECT {} FROM {table} WHERE {id} = ?1",
            self.typed_column()
        );
        let (mut find, mut set) = (transaction.prepare(&find)?, transaction.prepare(&set)?);
        let mut typed = transaction.prepare(&typed)?;
        let mut changed = ChangedKeys::new();
        for key in self.changing {
            let apart = |id: i64| format!("{}{SEPARATOR}{id}", key.new);
            let holder: Option<i64> = find.query_row([&key.new], |row| row.get(0)).optional()?;
            let is_older = holder.is_none_or(|holder| key.id < holder);
            if let Some(holder) = holder {
                let loser = if is_older { holder } else { key.id };
                set.execute(params![loser, apart(loser)])?;
                let other: String = typed.query_row([holder], |row| row.get(0))?;
                report.note(conflict(self.noun, &key.typed, &other, is_older));
                if is_older {
                    // The holder's key was right before, and so was not among those that change.
                    changed.insert(key.new.clone(), apart(holder));
                }
            }
            let now = if is_older {
                set.execute(params![key.id, key.new])?;
                key.new.clone()
            } else {
                apart(key.id)
            };
            changed.insert(key.old, now);
        }
        Ok(changed)
    }

    /// Returns the column with the text that the key is made of.
    fn typed_column(&self) -> &'static str {
        self.column.trim_end_matches("_key")
    }
}

/// Says that two texts are the same now, for operators.
fn conflict(noun: &str, one: &str, other: &str, one_is_older: bool) -> String {
    let (older, newer) = if one_is_older {
        (one, other)
    } else {
        (other, one)
    };
    format!(
        "the {noun} \"{newer}\" is now the same as the older \"{older}\", which keeps it: the newer \
         row is unchanged and is found by its GUID; give it another {noun}"
    )
}

/// Lets rooms follow the e-mail keys of their creators.
fn follow_creators(transaction: &Transaction<'_>, changed: &ChangedKeys) -> rusqlite::Result<()> {
    let mut select = transaction.prepare("SELECT room_id FROM rooms WHERE creator_email = ?1")?;
    let mut update =
        transaction.prepare("UPDATE rooms SET creator_email = ?2 WHERE room_id = ?1")?;
    let mut moves = Vec::new();
    for (old, new) in changed {
        let room: Option<i64> = select.query_row([old], |row| row.get(0)).optional()?;
        moves.extend(room.map(|room| (room, new)));
    }
    // In two steps, because a new key may be another room's old one.
    for (room, _) in &moves {
        update.execute(params![room, format!("{SEPARATOR}{room}")])?;
    }
    for (room, new) in &moves {
        update.execute(params![room, new])?;
    }
    Ok(())
}
