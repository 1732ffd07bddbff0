//! Decides, after each commit, when the WAL is checkpointed and by which thread.
//!
//! The *WAL size* counts all pages of the WAL; the *backlog* counts those that the database file
//! lacks. A *checkpoint run* is the checkpointer thread copying and syncing the backlog while
//! commits continue. SQLite *resets* the WAL (writes it from its start again) at the first commit
//! that finds no backlog and no reader of the WAL. The WAL is *due* for a reset from [`DUE_PAGES`]
//! on, and the backlog is *worth a run* from [`run_pages`] on.
//!
//! | state | what is true | condition | what the writer does | next state |
//! | --- | --- | --- | --- | --- |
//! | `Idle` | no run is under way | neither due nor worth a run | nothing | `Idle` |
//! | | | due, and the backlog is at most half of what is worth a run | copies the backlog itself | `Backoff` |
//! | | | otherwise due, or worth a run | starts a run | `Running` |
//! | `Running` | the thread copies or syncs | the WAL need not block commits | nothing | `Running` |
//! | | | the WAL must block commits | waits for the end of the run, for a limited time | `Running` until the run ends |
//! | | | the run ended and copied what it was to copy | as in `Idle` | `Idle` |
//! | | | the run ended and failed, or left pages because of a reader | as in `Backoff` | `Backoff` |
//! | `Backoff` | no run is under way; the last attempt failed, or left pages because of a reader, or copied all and the WAL has yet to be reset | the WAL has hardly grown since | nothing | `Backoff` |
//! | | | the WAL was reset, or has grown by [`RETRY_PAGES`] | as in `Idle` | `Idle` |
//!
//! Two events are outside the table. A commit that found the disk full makes the writer wait for the
//! run, if there is one, and then copy the backlog itself; `Backoff` follows. A failed sync ends the
//! process, in whichever state.
//!
//! Whatever is tuned here, the writer must never checkpoint while a run is under way: see the
//! invariants of [`super::checkpointer`]. It would also be slow, because the sync of the writer waits
//! for the disk to write all that the run copied; 47 ms were measured.

use super::thread::RunOutcome;
use crate::store::sqlite::wal_pragmas::{LIMIT_PAGES, WalSize};
use std::ops::RangeInclusive;

/// The WAL size from which the WAL is due for a reset, in pages. (Tuning: new rooms change pages all
/// over their indexes, and the longer the WAL, the more changes of one page it gathers.)
const DUE_PAGES: i64 = 4000;

/// The growth of the WAL after which another attempt follows one that failed or left pages. (Tuning:
/// a reader that needs an older state, or a full disk, does not pass within one commit.)
const RETRY_PAGES: i64 = 250;

/// The least and the largest backlog that is worth a run, in pages. (Tuning: during a run every
/// commit waits for a disk with a long queue, so short runs delay commits less. Long ones copy fewer
/// pages twice, which counts when many changes share a commit.)
const RUN_PAGES: RangeInclusive<i64> = 500..=DUE_PAGES;

/// The backlog that is worth a run for each change that shares a commit, in pages. (Tuning.)
const RUN_PAGES_PER_CHANGE: i64 = 64;

/// What is known about checkpoints after the last commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// No run is under way.
    Idle,
    /// The thread copies or syncs.
    Running {
        /// The WAL at the start of the run.
        start: WalSize,
    },
    /// The last attempt was at this WAL size, and another is not worth while yet.
    Backoff {
        /// The WAL size then, in pages.
        pages: i64,
    },
}

/// What the writer does after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Nothing,
    StartRun,
    WaitForRun,
    CopyBacklog,
}

impl State {
    /// Returns the state after a run. `wal` is the WAL as it is now.
    pub(super) fn after_run(outcome: &RunOutcome, wal: WalSize) -> Self {
        match outcome {
            Ok(copied) if copied.backlog() > 0 => Self::Backoff {
                pages: copied.pages,
            },
            Ok(_) => Self::Idle,
            Err(_) => Self::Backoff { pages: wal.pages },
        }
    }

    /// Returns the state in which the writer acts now that the WAL has this size.
    pub(super) fn at(self, wal: WalSize) -> Self {
        match self {
            Self::Backoff { pages } if wal.pages < pages => Self::Idle, // it was reset
            Self::Backoff { pages } if wal.pages >= pages + RETRY_PAGES => Self::Idle,
            state => state,
        }
    }

    /// Returns what the writer does after a commit that so many changes shared.
    pub(super) fn action(self, wal: WalSize, changes: usize) -> Action {
        let (is_due, run_pages) = (wal.pages >= DUE_PAGES, run_pages(changes));
        match self {
            Self::Idle if is_due && wal.backlog() <= run_pages / 2 => Action::CopyBacklog,
            Self::Idle if is_due || wal.backlog() >= run_pages => Action::StartRun,
            Self::Running { start } if must_block_commits(wal, start) => Action::WaitForRun,
            Self::Idle | Self::Running { .. } | Self::Backoff { .. } => Action::Nothing,
        }
    }
}

/// Returns the backlog that is worth a run, in pages, where so many changes share a commit.
fn run_pages(changes: usize) -> i64 {
    let pages = i64::try_from(changes)
        .unwrap_or(i64::MAX)
        .saturating_mul(RUN_PAGES_PER_CHANGE);
    pages.clamp(*RUN_PAGES.start(), *RUN_PAGES.end())
}

/// Returns whether commits must wait for the run that is under way: the WAL has reached its limit. A
/// run that began with a larger backlog than that, as after a reader that held the WAL for long,
/// takes seconds. Commits then wait only once they have written half as much as the run copies
/// beyond the limit.
fn must_block_commits(wal: WalSize, start: WalSize) -> bool {
    let written = wal.pages - start.pages;
    wal.pages >= LIMIT_PAGES && written >= (start.backlog() - LIMIT_PAGES) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WAL sizes below and above every limit, each with several backlogs.
    fn sizes() -> impl Iterator<Item = WalSize> {
        let pages = (0..3 * LIMIT_PAGES).step_by(173);
        pages.flat_map(|pages| {
            let copied = [0, pages / 2, pages - pages.min(100), pages];
            copied.map(|copied| WalSize { pages, copied })
        })
    }

    const CHANGES: [usize; 4] = [0, 1, 16, usize::MAX];

    #[test]
    fn the_writer_never_checkpoints_while_a_run_is_under_way() {
        for start in sizes() {
            for wal in sizes() {
                for changes in CHANGES {
                    let action = State::Running { start }.at(wal).action(wal, changes);
                    assert!(matches!(action, Action::Nothing | Action::WaitForRun));
                }
            }
        }
    }

    #[test]
    fn commits_wait_for_a_run_only_while_the_wal_is_at_its_limit() {
        for start in sizes() {
            let action = |pages| {
                let wal = WalSize { pages, copied: 0 };
                State::Running { start }.action(wal, 1)
            };
            assert_eq!(action(LIMIT_PAGES - 1), Action::Nothing);
            // However much the run copies, the WAL does not grow without end.
            assert_eq!(action(2 * (LIMIT_PAGES + start.pages)), Action::WaitForRun);
        }
    }

    #[test]
    fn what_is_copied_by_the_writer_would_be_too_little_for_a_run() {
        for wal in sizes() {
            for changes in CHANGES {
                if State::Idle.action(wal, changes) == Action::CopyBacklog {
                    assert!(wal.backlog() < run_pages(changes));
                }
            }
        }
    }

    #[test]
    fn a_wal_that_grows_is_checkpointed_however_many_changes_share_a_commit() {
        for changes in CHANGES {
            let empty = State::Idle.action(WalSize::EMPTY, changes);
            assert_eq!(empty, Action::Nothing);
            for copied in [0, LIMIT_PAGES] {
                let pages = LIMIT_PAGES;
                let grown = State::Idle.action(WalSize { pages, copied }, changes);
                assert_ne!(grown, Action::Nothing);
            }
        }
    }

    #[test]
    fn after_an_attempt_there_is_no_other_until_the_wal_was_reset_or_has_grown() {
        for wal in sizes().filter(|wal| wal.pages > 0) {
            let failed = State::after_run(&Err(rusqlite::Error::InvalidQuery), wal);
            assert_eq!(failed.at(wal).action(wal, 1), Action::Nothing);
            let reset = WalSize { pages: 0, ..wal };
            let grown = WalSize {
                pages: wal.pages + LIMIT_PAGES,
                ..wal
            };
            assert_eq!([failed.at(reset), failed.at(grown)], [State::Idle; 2]);
        }
    }

    #[test]
    fn a_run_that_left_pages_because_of_a_reader_is_not_repeated_at_once() {
        for left in sizes() {
            let state = State::after_run(&Ok(left), left).at(left);
            assert_eq!(state == State::Idle, left.backlog() == 0);
        }
    }
}
