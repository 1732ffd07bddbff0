//! The log on stderr, as text for people or as JSON for programs.

use crate::config::{Log, LogFormat};
use crate::model::Timestamp;
use env_logger::{Builder, WriteStyle};
use log::kv::{Error, Key, Value, VisitSource, VisitValue};
use log::{LevelFilter, Record};
use serde_json::{Map, Value as Json};
use std::io::Write;

/// Starts the log of the process. Only the first call has an effect: a process has one log.
///
/// Only the settings decide what is logged; the variable `RUST_LOG` is not read.
pub fn start(settings: &Log) {
    let mut builder = Builder::new();
    // Libraries log warnings and errors, unless the settings ask for less.
    builder
        .filter_level(settings.level.min(LevelFilter::Warn))
        .filter_module("roomd", settings.level)
        // Its errors are about malformed HTTP, with which any client could fill the log.
        .filter_module("actix_http", LevelFilter::Off);
    match settings.format {
        LogFormat::Text => builder.write_style(WriteStyle::Auto),
        LogFormat::Json => builder.format(|out, record| writeln!(out, "{}", json_line(record))),
    };
    // Fails if the log runs already.
    let _ = builder.try_init();
}

fn json_line(record: &Record<'_>) -> Json {
    let mut members = Members(Map::new());
    members.put("time", Timestamp::now().to_rfc3339());
    members.put("level", record.level().as_str().to_lowercase());
    members.put("message", record.args().to_string());
    // The visitor returns no error.
    let _ = record.key_values().visit(&mut members);
    Json::Object(members.0)
}

/// The members of the JSON object of one line.
struct Members(Map<String, Json>);

impl Members {
    fn put(&mut self, key: &str, value: impl Into<Json>) {
        self.0.insert(key.to_owned(), value.into());
    }
}

impl<'kvs> VisitSource<'kvs> for Members {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        value.visit(Member {
            key: key.as_str(),
            members: self,
        })
    }
}

/// The visitor of the value of one member. Unsigned integers and booleans stay so, null is left out,
/// other values become text.
struct Member<'a> {
    key: &'a str,
    members: &'a mut Members,
}

impl<'v> VisitValue<'v> for Member<'_> {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), Error> {
        self.members.put(self.key, value.to_string());
        Ok(())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), Error> {
        self.members.put(self.key, value);
        Ok(())
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), Error> {
        self.members.put(self.key, value);
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log::Level;

    #[test]
    fn a_line_is_one_json_object_for_any_values() {
        let line = json_line(
            &Record::builder()
                .level(Level::Warn)
                .args(format_args!("two\nlines"))
                .key_values(&[
                    ("status", Value::from(500_u64)),
                    ("route", Value::from("a\"b")),
                ])
                .build(),
        );
        assert!(!line.to_string().contains('\n'));
        assert_eq!(line["level"], "warn");
        assert_eq!(line["message"], "two\nlines");
        assert_eq!(line["status"], 500);
        assert_eq!(line["route"], "a\"b");
    }
}
