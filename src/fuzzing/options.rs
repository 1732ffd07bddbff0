use super::rejection::check_errors;
use crate::http::read_options;
use crate::model::{OptionsPatch, RoomOptions};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The largest options of a room, in bytes.
const MAX_STORED: usize = 20 * 1024;

/// The largest options of a request, in bytes.
const MAX_SENT: usize = 16 * 1024;

/// The options of a room: accepted ones are complete, hold the unknown ones, and do not change when
/// they are merged with nothing, with themselves, or once more with what was sent.
pub fn options(input: &[u8]) {
    let Ok(sent) = serde_json::from_slice::<&RawValue>(input) else {
        return;
    };
    let patch = match read_options(sent) {
        Ok(patch) => patch,
        Err(errors) => return check_errors(&errors),
    };
    let options = RoomOptions::new(&patch);
    check_complete(&options, sent);

    let unchanged = options.patched(&OptionsPatch::default());
    if options.as_json().len() > MAX_STORED {
        unchanged.expect_err("more than a room stores");
        return;
    }
    assert_eq!(unchanged.as_ref(), Ok(&options));
    assert_eq!(options.patched(&patch).as_ref(), Ok(&options));
    let text = options.as_json();
    let shown: &RawValue = serde_json::from_str(text).expect("JSON");
    match read_options(shown) {
        Ok(again) => assert_eq!(RoomOptions::new(&again), options),
        Err(errors) => assert!(text.len() > MAX_SENT, "{errors:?}"),
    }
}

/// Checks that the options have all known keys, and the unknown ones that were sent.
fn check_complete(options: &RoomOptions, sent: &RawValue) {
    let defaults = object(RoomOptions::new(&OptionsPatch::default()).as_json());
    let options = object(options.as_json());
    for (key, default) in &defaults {
        let value = &options[key];
        let same_type = value.is_boolean() == default.is_boolean()
            && value.is_number() == default.is_number()
            && value.is_string() == default.is_string()
            && value.is_object() == default.is_object();
        assert!(
            same_type || default.is_null() && value.is_boolean(),
            "{key} is {value}"
        );
    }
    for (key, value) in object(sent.get()) {
        let is_group = ["Chat", "Duration"].contains(&key.as_str());
        if !defaults.contains_key(&key) && !is_group {
            assert_eq!(options[&key], value, "{key}");
        }
    }
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).expect("a JSON object")
}
