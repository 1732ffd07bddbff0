//! Tracks whether the WAL file may still have content that was deleted or replaced.
//!
//! A reset of the WAL leaves its old frames in the file, behind the new ones, until they are
//! overwritten. Where a commit deletes or replaces a value, the commit that resets the WAL next must
//! therefore truncate the file to its own frames. Commits that only insert ask for nothing.
//!
//! Other processes change the same database, and do not tell whether they delete: each of their
//! commits counts as a deletion.

use crate::store::sqlite::wal_pragmas::{self, WalSize};
use rusqlite::Connection;

/// What is known about the content of the WAL file.
#[derive(Debug)]
pub(super) struct Erasure {
    /// Whether the next reset must truncate the file to the frames of one commit.
    is_due: bool,
    /// The WAL size after the last commit, in pages.
    pages: i64,
    /// The number that SQLite changes with each commit of another connection.
    others: Option<i64>,
}

impl Erasure {
    /// Returns what is known of a WAL that an earlier process has left: nothing.
    pub(super) fn new() -> Self {
        Self {
            is_due: true,
            pages: 0,
            others: None,
        }
    }

    /// Returns whether the next reset must truncate the file to the frames of one commit.
    pub(super) fn is_due(&self) -> bool {
        self.is_due
    }

    /// Takes note of a commit on `writing` after which the WAL has this size, and of whether it
    /// deleted or replaced a value.
    pub(super) fn after_commit(&mut self, writing: &Connection, wal: WalSize, has_replaced: bool) {
        if self.others.is_none() {
            self.others = wal_pragmas::foreign_commits(writing).ok();
        }
        if wal.pages < self.pages {
            // The WAL was reset: by this commit, which has truncated the file if that was due, or by
            // one of another process.
            self.is_due = false;
            self.look_for_others(writing);
        }
        self.pages = wal.pages;
        self.is_due |= has_replaced;
    }

    /// Makes the erasure due if another process has committed since the last look. To be called
    /// before the WAL can be reset.
    pub(super) fn look_for_others(&mut self, writing: &Connection) {
        let others = wal_pragmas::foreign_commits(writing).ok();
        self.is_due |= others.is_none() || others != self.others;
        self.others = others;
    }
}
