//! A log line as a JSON object, for programs.

use crate::model::Timestamp;
use log::Record;
use log::kv::{Error, Key, Value, VisitSource, VisitValue};
use serde_json::{Map, Value as Json};

/// Returns the JSON object of one log line.
pub(super) fn json_line(record: &Record<'_>) -> Json {
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
