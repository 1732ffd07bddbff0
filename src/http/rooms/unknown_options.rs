//! The response header that names unknown options, so that a misspelt one is noticed.

use crate::model::OptionsPatch;
use actix_web::http::header::{HeaderName, HeaderValue};
use url::form_urlencoded;

/// The name of the header.
pub(in crate::http) const UNKNOWN_OPTIONS: HeaderName =
    HeaderName::from_static("x-unknown-options");

/// The longest value of the header, in bytes: names beyond it become `...`, because proxies and
/// clients limit the size of headers.
const MAX_BYTES: usize = 1000;

/// Returns the value of the header: the paths of the unknown options, separated by commas, with
/// characters other than letters, digits and `*-._` percent-encoded. None if all are known.
pub(super) fn value(options: &OptionsPatch<'_>) -> Option<HeaderValue> {
    let mut list = String::new();
    for path in options.unknown_paths() {
        let separator = if list.is_empty() { "" } else { "," };
        let start = list.len();
        list.push_str(separator);
        list.extend(form_urlencoded::byte_serialize(path.as_bytes()));
        if list.len() > MAX_BYTES {
            list.truncate(start);
            list.extend([separator, "..."]);
            break;
        }
    }
    if list.is_empty() {
        return None;
    }
    HeaderValue::try_from(list).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::rooms::options::read;
    use serde_json::json;
    use serde_json::value::RawValue;

    fn header(options: &str) -> Option<String> {
        let options: &RawValue = serde_json::from_str(options).expect(options);
        let value = value(&read(options).expect("valid options"))?;
        Some(value.to_str().expect("a text").to_owned())
    }

    #[test]
    fn unknown_options_are_named_by_their_paths() {
        for (options, expected) in [
            (
                r#"{"start_active": true, "Chat": {"OffNewMsgSound": true}}"#,
                None,
            ),
            (r#"{"start_activ": true}"#, Some("start_activ")),
            (
                r#"{"new": {"inner": 1}, "Start_active": 1, "chat": {"offNewMsgSoundd": true}}"#,
                Some("new,Start_active,chat.offNewMsgSoundd"),
            ),
            (r#"{"çay, \r\nX: y": 1}"#, Some("%C3%A7ay%2C+%0D%0AX%3A+y")),
            (r#"{"": 1}"#, None),
        ] {
            assert_eq!(header(options).as_deref(), expected, "{options}");
        }
    }

    #[test]
    fn the_header_is_short() {
        let long = json!({"a": 1, "b".repeat(MAX_BYTES): 2, "c": 3}).to_string();
        assert_eq!(header(&long).as_deref(), Some("a,..."));
        let one = json!({"ç".repeat(200): 1}).to_string();
        assert_eq!(header(&one).as_deref(), Some("..."));
        let fits = "b".repeat(MAX_BYTES);
        let one = json!({&fits: 1}).to_string();
        assert_eq!(header(&one), Some(fits));
    }
}
