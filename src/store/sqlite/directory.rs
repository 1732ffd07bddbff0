//! Makes the users like a directory, in one transaction.

use super::Engine;
use super::rooms::find_by_creator;
use super::users::{
    find_by_email, find_by_guid, find_by_username, insert, look_up, row_error, update,
};
use crate::model::{
    self, Email, Guid, NameOwner, Room, RowError, RowFault, RowNames, User, UserLookup, UserPatch,
    UserProfile, Username,
};
use crate::store::{
    Directory, DirectoryEntry, Error, SyncChange, SyncOutcome, SyncRehearsal, SyncReport,
};
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};

impl Engine {
    pub(in crate::store) fn find_user_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<User>, Error> {
        self.read(|connection| find_by_email(connection, email))
    }

    pub(in crate::store) async fn take_user(
        &self,
        user: UserLookup,
    ) -> Result<(User, Option<Room>), Error> {
        self.writer
            .submit(move |connection| {
                let user = look_up(connection, &user)?.ok_or(model::Error::UserNotFound)?;
                let room = find_by_creator(connection, &user.profile.email)?;
                let sql = "DELETE FROM users WHERE user_guid = ?1";
                let mut statement = connection.prepare_cached(sql)?;
                statement.execute([user.guid.as_bytes()])?;
                Ok((user, room))
            })
            .await
    }

    pub(in crate::store) async fn sync_users(
        &self,
        directory: Directory,
        mut progress: impl FnMut() + Send + 'static,
    ) -> Result<SyncOutcome, Error> {
        self.writer
            .submit(move |connection| {
                let plan = Plan::make(connection, &directory, &mut progress)?;
                match plan.too_many_missing(&directory) {
                    Some(refusal) => Ok(refusal),
                    None => plan.carry_out(connection, &mut progress),
                }
            })
            .await
    }

    pub(in crate::store) fn rehearse_sync(
        &self,
        directory: &Directory,
        mut progress: impl FnMut(),
    ) -> Result<SyncRehearsal, Error> {
        self.read(|connection| {
            // All of it is of one moment.
            let snapshot = connection.unchecked_transaction()?;
            let plan = Plan::make(&snapshot, directory, &mut progress)?;
            Ok(SyncRehearsal {
                report: plan.report(),
                changes: plan.into_changes(&snapshot)?,
            })
        })
    }
}

/// What is to be done with one person.
struct Step {
    /// The index of the person in the directory.
    row: usize,
    /// The user whom the person is, if the person is one.
    before: Option<User>,
    after: UserProfile,
}

impl Step {
    fn changes(&self) -> bool {
        let before = self.before.as_ref();
        before.is_none_or(|user| user.profile != self.after)
    }

    fn into_change(self) -> SyncChange {
        let profile = Box::new(self.after);
        match self.before {
            Some(user) => SyncChange::Updated {
                user: Box::new(user),
                profile,
            },
            None => SyncChange::Added(profile),
        }
    }

    /// Returns whether the person has another username than before.
    fn renames(&self) -> bool {
        let before = self.before.as_ref();
        before.is_some_and(|user| user.profile.username != self.after.username)
    }
}

/// All that is to be done. It was made without a change, so that a wrong row is found before any.
struct Plan {
    steps: Vec<Step>,
    /// The active users who are not in the directory.
    missing: Vec<Guid>,
    /// How many users are active.
    active: usize,
    deactivates_missing: bool,
}

impl Plan {
    fn make(
        connection: &Connection,
        directory: &Directory,
        progress: &mut impl FnMut(),
    ) -> Result<Self, Error> {
        let (steps, mut errors) = steps(connection, &directory.entries, progress)?;
        errors.extend(taken_usernames(connection, &steps)?);
        if !errors.is_empty() {
            errors.sort_by_key(|error| error.row);
            errors.dedup_by_key(|error| error.row);
            return Err(model::Error::InvalidRows(errors).into());
        }
        let active = active_users(connection)?;
        let present: HashSet<Guid> = steps
            .iter()
            .filter_map(|step| Some(step.before.as_ref()?.guid))
            .collect();
        Ok(Self {
            missing: active
                .iter()
                .copied()
                .filter(|guid| !present.contains(guid))
                .collect(),
            active: active.len(),
            deactivates_missing: directory.deactivate_missing,
            steps,
        })
    }

    /// Returns the refusal of a plan by which most users would become inactive, as by a file of which
    /// the end is missing.
    fn too_many_missing(&self, directory: &Directory) -> Option<SyncOutcome> {
        let missing = self.missing.len();
        let is_refused =
            self.deactivates_missing && missing * 2 > self.active && !directory.may_deactivate_most;
        is_refused.then_some(SyncOutcome::TooManyMissing {
            missing,
            active: self.active,
        })
    }

    fn report(&self) -> SyncReport {
        let count = |is_counted: fn(&Step) -> bool| {
            let counted = self.steps.iter().filter(|step| is_counted(step));
            counted.count()
        };
        SyncReport {
            added: count(|step| step.before.is_none()),
            updated: count(|step| step.before.is_some() && step.changes()),
            unchanged: count(|step| !step.changes()),
            deactivated: match self.deactivates_missing {
                true => self.missing.len(),
                false => 0,
            },
            missing: self.missing.len(),
            inactive: count(|step| !step.after.active),
        }
    }

    fn into_changes(self, connection: &Connection) -> Result<Vec<SyncChange>, Error> {
        let steps = self.steps.into_iter().filter(Step::changes);
        let mut changes: Vec<SyncChange> = steps.map(Step::into_change).collect();
        if self.deactivates_missing {
            for guid in self.missing {
                let user = find_by_guid(connection, guid)?;
                changes.extend(user.map(Box::new).map(SyncChange::Deactivated));
            }
        }
        Ok(changes)
    }

    fn carry_out(
        self,
        connection: &Connection,
        progress: &mut impl FnMut(),
    ) -> Result<SyncOutcome, Error> {
        let report = self.report();
        // Two people may have exchanged their usernames, so nobody keeps one that somebody may get.
        let sql = "UPDATE users SET username_key = char(31) || 'renamed' || user_id
                    WHERE user_guid = ?1";
        let mut free_username = connection.prepare_cached(sql)?;
        for user in self.steps.iter().filter(|step| step.renames()) {
            if let Some(before) = &user.before {
                free_username.execute([before.guid.as_bytes()])?;
            }
        }
        let mut errors = Vec::new();
        for step in self.steps {
            let written = match &step.before {
                _ if !step.changes() => Ok(()),
                None => insert(connection, &User::new(step.after.clone())),
                Some(before) => {
                    let patch = UserPatch::default();
                    let mut user = patch.apply(before.clone());
                    user.profile = step.after.clone();
                    update(connection, before, &user)
                }
            };
            // Only by a user of an older schema: see the migration to schema 2.
            errors.extend(row_error(step.row, &step.after, written)?);
            progress();
        }
        if !errors.is_empty() {
            return Err(model::Error::InvalidRows(errors).into());
        }
        if self.deactivates_missing {
            for guid in self.missing {
                deactivate(connection, guid)?;
            }
        }
        Ok(SyncOutcome::Done(report))
    }
}

/// Returns what is to be done with each person, and an error for each entry that is wrong by itself or by
/// an earlier one.
fn steps(
    connection: &Connection,
    entries: &[DirectoryEntry],
    progress: &mut impl FnMut(),
) -> Result<(Vec<Step>, Vec<RowError>), Error> {
    let emails: HashSet<&str> = entries.iter().map(|entry| entry.email.key()).collect();
    let (mut steps, mut errors) = (Vec::with_capacity(entries.len()), Vec::new());
    let mut names = RowNames::default();
    for (row, entry) in entries.iter().enumerate() {
        let before = find_person(connection, entry, &emails)?;
        let after = match &before {
            Some(user) => Some(entry.patch.clone().apply_to_profile(user.profile.clone())),
            None => entry.profile.clone(),
        };
        match after {
            Some(after) => {
                errors.extend(names.add(row, &entry.email, &after.username));
                steps.push(Step { row, before, after });
            }
            None => {
                let fault = RowFault::NameMissing(entry.email.as_str().to_owned());
                errors.push(RowError { row, fault });
            }
        }
        progress();
    }
    Ok((steps, errors))
}

/// Finds the user whom a person is. Whoever has got another e-mail address is found by the username,
/// but only if the directory does not have the user of that username under the old address too.
fn find_person(
    connection: &Connection,
    entry: &DirectoryEntry,
    emails: &HashSet<&str>,
) -> Result<Option<User>, Error> {
    if let Some(user) = find_by_email(connection, &entry.email)? {
        return Ok(Some(user));
    }
    let Some(username) = &entry.patch.username else {
        return Ok(None);
    };
    let user = find_by_username(connection, username)?;
    Ok(user.filter(|user| !emails.contains(user.profile.email.key())))
}

/// Finds the people who would get the username of a user who keeps it.
fn taken_usernames(connection: &Connection, steps: &[Step]) -> Result<Vec<RowError>, Error> {
    let leaving: HashMap<Guid, &Username> = steps
        .iter()
        .filter(|step| step.renames())
        .filter_map(|step| Some((step.before.as_ref()?.guid, &step.after.username)))
        .collect();
    let mut errors = Vec::new();
    for step in steps {
        if step.before.is_some() && !step.renames() {
            continue;
        }
        let own = step.before.as_ref().map(|user| user.guid);
        let owner = find_by_username(connection, &step.after.username)?.map(|user| user.guid);
        let is_taken = owner.is_some_and(|owner| {
            let leaves = leaving.get(&owner);
            let keeps = leaves.is_none_or(|new| new.key() == step.after.username.key());
            own != Some(owner) && keeps
        });
        if is_taken {
            let username = step.after.username.as_str().to_owned();
            let fault = RowFault::UsernameTaken(username, NameOwner::User);
            let row = step.row;
            errors.push(RowError { row, fault });
        }
    }
    Ok(errors)
}

fn active_users(connection: &Connection) -> Result<Vec<Guid>, Error> {
    let sql = "SELECT user_guid FROM users WHERE active = 1";
    let mut statement = connection.prepare_cached(sql)?;
    let guids = statement.query_map([], |row| row.get(0).map(Guid::from_stored))?;
    Ok(guids.collect::<rusqlite::Result<_>>()?)
}

fn deactivate(connection: &Connection, guid: Guid) -> Result<(), Error> {
    let Some(user) = find_by_guid(connection, guid)? else {
        return Ok(());
    };
    let patch = UserPatch {
        active: Some(false),
        ..UserPatch::default()
    };
    update(connection, &user, &patch.apply(user.clone()))
}
