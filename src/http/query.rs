use super::fields::FieldErrors;
use crate::model::Invalid;
use std::borrow::Cow;
use url::form_urlencoded;

/// The parameters of a query string, taken one by one. Unknown parameters are ignored.
pub(super) struct QueryParams<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    errors: FieldErrors,
}

impl<'a> QueryParams<'a> {
    /// Reads a query string.
    pub(super) fn from_query(query: &'a str) -> Self {
        Self {
            pairs: form_urlencoded::parse(query.as_bytes()).collect(),
            errors: FieldErrors::default(),
        }
    }

    /// Takes a parameter; None if it is absent, or wrong, which is then among the errors.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let mut values = self
            .pairs
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value);
        let value = values.next()?;
        let parsed = match values.next() {
            Some(_) => Err(Invalid::new("is given twice")),
            None => parse(value),
        };
        parsed
            .map_err(|message| self.errors.add(name, message))
            .ok()
    }

    /// Returns everything that is wrong with the parameters taken so far.
    pub(super) fn into_errors(self) -> FieldErrors {
        self.errors
    }
}
