//! Shows the operator how a migration of the database goes.

use super::output::progress_bar;
use crate::model::text;
use crate::store::MigrationEvent;
use indicatif::ProgressBar;
use log::{info, warn};
use std::io::{self, Write};

/// A progress bar on a terminal, and sentences: in the log of a server, or on stderr for a verb.
pub(super) struct MigrationDisplay {
    bar: ProgressBar,
    has_log: bool,
}

impl MigrationDisplay {
    /// For a verb, which has no log.
    pub(super) fn for_verb() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            has_log: false,
        }
    }

    /// For a server, whose log has been started.
    pub(super) fn for_server() -> Self {
        Self {
            has_log: true,
            ..Self::for_verb()
        }
    }

    /// Shows an event.
    pub(super) fn show(&mut self, event: MigrationEvent) {
        match event {
            MigrationEvent::Started { from, to } => self.say(&format!(
                "the database has schema {from}: it is copied, then migrated to schema {to}"
            )),
            MigrationEvent::Copied { done, total } => self.advance("pages copied", done, total),
            MigrationEvent::Rows { done, total } => self.advance("rows migrated", done, total),
            MigrationEvent::Note(note) => self.warn(&note),
            MigrationEvent::Finished { to, copy } => {
                self.bar.finish_and_clear();
                let copy = copy.display();
                self.say(&format!(
                    "the database has schema {to} now; {copy} is a checked copy of it before: \
                     delete it when you need it no more"
                ));
            }
        }
    }

    fn advance(&mut self, things: &'static str, done: u64, total: u64) {
        if self.bar.message() != things {
            self.bar.finish_and_clear();
            self.bar = progress_bar(total, things);
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    fn say(&self, text: &str) {
        if self.has_log {
            info!("{text}");
        } else {
            self.print(text);
        }
    }

    fn warn(&self, text: &str) {
        if self.has_log {
            warn!("{text}");
        } else {
            self.print(text);
        }
    }

    fn print(&self, text: &str) {
        let line = text::on_one_line(text);
        // Where stderr is closed there is no reader to tell.
        self.bar
            .suspend(|| writeln!(io::stderr(), "roomd: {line}").unwrap_or_default());
    }
}
