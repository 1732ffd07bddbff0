use crate::model::percent_encoded;
use serde_json::Value;
use std::fmt;

/// The part of a URL behind `#`, as Jitsi Meet reads it: `key=value`, separated by `&`, each value a
/// percent-encoded JSON text.
#[derive(Default)]
pub(super) struct Fragment(String);

impl Fragment {
    /// Adds a value.
    pub(super) fn add(&mut self, key: &str, value: &Value) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(key);
        self.0.push('=');
        self.0.extend(percent_encoded(&escaped(&value.to_string())));
    }
}

impl fmt::Display for Fragment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Returns a JSON text with escapes for the characters that Jitsi Meet replaces before it reads the
/// JSON (`parseURLParams.ts`): curly quotation marks become straight ones, which end a text too early,
/// and `\&` becomes `&`.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '&' | '\u{2018}' | '\u{2019}' | '\u{201C}' | '\u{201D}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;
    use serde_json::json;

    /// Returns a value as Jitsi Meet reads it.
    fn read(value: &str) -> Value {
        let decoded = percent_decode_str(value).decode_utf8().expect("UTF-8");
        let replaced = decoded
            .replacen("\\&", "&", 1)
            .replace(['\u{2018}', '\u{2019}'], "'")
            .replace(['\u{201C}', '\u{201D}'], "\"");
        serde_json::from_str(&replaced).unwrap_or_else(|error| panic!("{error}: {replaced}"))
    }

    #[test]
    fn values_are_json() {
        let mut fragment = Fragment::default();
        fragment.add("config.a", &json!(true));
        fragment.add("config.b.c", &json!(["x y", 0]));
        fragment.add("d", &json!("A&B=\u{201C}\u{e7}\u{201D}"));
        assert_eq!(
            fragment.to_string(),
            "config.a=true&config.b.c=%5B%22x%20y%22%2C0%5D&\
             d=%22A%5Cu0026B%3D%5Cu201c%C3%A7%5Cu201d%22"
        );
    }

    proptest! {
        #[test]
        fn every_text_is_read_as_it_was(text in ".*", quoted in "[\\\\&\"'\u{2018}-\u{201D}]*") {
            for text in [text, quoted] {
                let mut fragment = Fragment::default();
                fragment.add("a", &json!(text));
                fragment.add("b", &json!(1));
                let fragment = fragment.to_string();
                let parts: Vec<&str> = fragment.split('&').collect();
                prop_assert_eq!(parts.len(), 2);
                let pieces: Vec<&str> = parts[0].split('=').collect();
                prop_assert_eq!(pieces.len(), 2);
                prop_assert_eq!(read(pieces[1]), json!(text));
            }
        }
    }
}
