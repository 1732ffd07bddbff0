use super::placeholder::{self, Piece, Placeholder};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::str::FromStr;

/// The claims of a token, as a JSON object whose texts may contain placeholders.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimsTemplate(Map<String, Value>);

impl ClaimsTemplate {
    /// Returns whether a text of the claims contains a placeholder.
    pub fn contains(&self, placeholder: Placeholder) -> bool {
        self.0.values().any(|value| contains(value, placeholder))
    }

    /// Returns the claims with a value in the place of each placeholder.
    pub fn fill<'a>(&self, value: impl Fn(Placeholder) -> Cow<'a, str>) -> Map<String, Value> {
        match filled(&Value::Object(self.0.clone()), &value) {
            Value::Object(claims) => claims,
            _ => Map::new(),
        }
    }
}

impl FromStr for ClaimsTemplate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let claims = serde_json::from_str(text).map_err(|_| {
            r#"must be a JSON object, such as {"iss": "roomd", "room": "{slug}"}"#.to_owned()
        })?;
        let claims = Value::Object(claims);
        check(&claims)?;
        match claims {
            Value::Object(claims) => Ok(Self(claims)),
            _ => unreachable!("an object was read"),
        }
    }
}

/// Checks the placeholders of all texts.
fn check(value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) => {
            let pieces = placeholder::parse(text)?;
            if placeholder::contains(&pieces, Placeholder::Jwt) {
                return Err("has {jwt}, the token whose claims these are".into());
            }
            Ok(())
        }
        Value::Array(values) => values.iter().try_for_each(check),
        Value::Object(members) => members.values().try_for_each(check),
        _ => Ok(()),
    }
}

fn contains(value: &Value, placeholder: Placeholder) -> bool {
    match value {
        // Checked when the template was read.
        Value::String(text) => {
            placeholder::contains(&placeholder::parse(text).unwrap_or_default(), placeholder)
        }
        Value::Array(values) => values.iter().any(|item| contains(item, placeholder)),
        Value::Object(members) => members.values().any(|item| contains(item, placeholder)),
        _ => false,
    }
}

fn filled<'a>(template: &Value, value: &impl Fn(Placeholder) -> Cow<'a, str>) -> Value {
    match template {
        Value::String(text) => {
            // Checked when the template was read.
            let pieces = placeholder::parse(text).unwrap_or_default();
            let texts = pieces.into_iter().map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Placeholder(placeholder) => value(placeholder).into_owned(),
            });
            Value::String(texts.collect())
        }
        Value::Array(values) => values.iter().map(|item| filled(item, value)).collect(),
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, item)| (name.clone(), filled(item, value)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_filled_and_everything_else_stays() {
        let template: ClaimsTemplate =
            r#"{"iss": "roomd", "n": 1, "context": {"user": {"name": "{user_name}!", "in": ["{role}", true]}}}"#
                .parse()
                .expect("claims");
        let claims = template.fill(|placeholder| match placeholder {
            Placeholder::UserName => "A \"d\" {a}".into(),
            _ => "host".into(),
        });
        let expected = json!({"iss": "roomd", "n": 1,
            "context": {"user": {"name": "A \"d\" {a}!", "in": ["host", true]}}});
        assert_eq!(Value::Object(claims), expected);
        assert!(template.contains(Placeholder::UserName));
        assert!(template.contains(Placeholder::Role));
        assert!(!template.contains(Placeholder::Guid));
    }

    #[test]
    fn claims_are_an_object_with_known_placeholders() {
        for text in ["", "[]", "1", "{", r#"{"a": "{b}"}"#, r#"{"a": ["{jwt}"]}"#] {
            assert!(text.parse::<ClaimsTemplate>().is_err(), "{text}");
        }
    }
}
