use crate::model::percent_encoded;
use std::fmt::Display;

/// The query of a call, as it is sent. The server computes its checksum from it as it comes, so that no
/// proxy on the way may write a character differently.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Query(String);

impl Query {
    /// Adds a parameter.
    pub(super) fn add(&mut self, name: &str, value: impl Display) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.extend(percent_encoded(name));
        self.0.push('=');
        self.0.extend(percent_encoded(&value.to_string()));
    }

    /// Returns the text of the query.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
impl Query {
    /// Returns the parameters, decoded by other code.
    pub(super) fn decoded(&self) -> Vec<(String, String)> {
        let pairs = url::form_urlencoded::parse(self.0.as_bytes());
        pairs.into_owned().collect()
    }

    /// Returns the value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let mut pairs = self.decoded().into_iter();
        pairs
            .find(|(found, _)| found == name)
            .map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_unreserved_characters_stay_as_they_are() {
        let mut query = Query::default();
        query.add("name", "A b+c&d=e'(f)*~-._/é");
        query.add("userdata-x_y", true);
        assert_eq!(
            query.as_str(),
            "name=A%20b%2Bc%26d%3De%27%28f%29%2A~-._%2F%C3%A9&userdata-x_y=true"
        );
    }

    proptest! {
        #[test]
        fn every_text_comes_back(pairs in prop::collection::vec((".+", ".*"), 0..5)) {
            let mut query = Query::default();
            for (name, value) in &pairs {
                query.add(name, value);
            }
            prop_assert_eq!(query.decoded(), pairs);
            let is_sent_as_is = |c: char| c.is_ascii_alphanumeric() || "-._~%&=".contains(c);
            prop_assert!(query.as_str().chars().all(is_sent_as_is));
        }
    }
}
