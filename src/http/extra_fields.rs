//! What a response says of a room only where the request asks for it, by `fields`.

use super::auth::Authorized;
use super::error::ApiError;
use super::fields::{FromJson, whole};
use super::json;
use super::query::QueryParams;
use crate::model::{FieldError, Invalid};
use serde_json::value::RawValue;

/// The name of the field and of the parameter.
pub(super) const FIELDS: &str = "fields";

/// What a request may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExtraField {
    /// The link by which a person enters as host.
    HostUrl,
    /// What becomes of the options.
    Meeting,
    /// What people think of the room.
    Rating,
}

impl ExtraField {
    pub(super) const ALL: [Self; 3] = [Self::HostUrl, Self::Meeting, Self::Rating];

    /// Returns the name by which requests ask for it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::HostUrl => "host_url",
            Self::Meeting => "meeting",
            Self::Rating => "rating",
        }
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ExtraFields([bool; ExtraField::ALL.len()]);

impl ExtraFields {
    /// Returns whether a field is asked for.
    pub(super) fn has(self, field: ExtraField) -> bool {
        self.0[field as usize]
    }

    /// Returns whether no field is asked for.
    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Returns what either asks for.
    pub(super) fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] || other.0[at]))
    }

    /// Reads names that are separated by commas.
    ///
    /// # Errors
    /// A name of none of them.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        let mut fields = Self::default();
        let names = text.split(',').map(str::trim);
        for name in names.filter(|name| !name.is_empty()) {
            fields.add(name)?;
        }
        Ok(fields)
    }

    /// Reads the parameter of a query that may have others, which no route of this kind reads.
    ///
    /// # Errors
    /// A name of none of them; a parameter that is given twice.
    pub(super) fn from_query(query: &str) -> Result<Self, ApiError> {
        if query.is_empty() {
            return Ok(Self::default());
        }
        let mut params = QueryParams::from_query(query);
        let fields = params.optional(FIELDS, Self::parse);
        params.unless_taken_wrong(fields.unwrap_or_default())
    }

    /// Checks that the key of a request may have what the request asks for.
    ///
    /// # Errors
    /// A host link for a key that is for guests only.
    pub(super) fn check(self, authorized: &Authorized) -> Result<Self, ApiError> {
        if self.has(ExtraField::HostUrl) {
            authorized.check_host_links()?;
        }
        Ok(self)
    }

    fn add(&mut self, name: &str) -> Result<(), Invalid> {
        let mut known = ExtraField::ALL.into_iter();
        let Some(field) = known.find(|field| field.as_str() == name) else {
            return Err(not_names("a list"));
        };
        self.0[field as usize] = true;
        Ok(())
    }
}

/// A list of names, or one text with commas between them.
impl FromJson<'_> for ExtraFields {
    fn from_json(value: &RawValue) -> Result<Self, Vec<FieldError>> {
        let not_strings = |_| whole(not_names("a list of strings"));
        if !value.get().starts_with('[') {
            let text = json::text(value).map_err(not_strings)?;
            return Self::parse(&text).map_err(whole);
        }
        let names: Vec<&RawValue> =
            serde_json::from_str(value.get()).map_err(|_| whole(not_names("a list of strings")))?;
        let mut fields = Self::default();
        for name in names {
            let name = json::text(name).map_err(not_strings)?;
            fields.add(&name).map_err(whole)?;
        }
        Ok(fields)
    }
}

/// Returns the error of what is no list of known names. `list` says of which form it must be.
fn not_names(list: &str) -> Invalid {
    let known = ExtraField::ALL.map(ExtraField::as_str);
    Invalid(format!("must be {list}: some of {}", known.join(", ")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(asked: &[ExtraField]) -> ExtraFields {
        ExtraFields(ExtraField::ALL.map(|field| asked.contains(&field)))
    }

    fn from_json(json: &str) -> Option<ExtraFields> {
        let value: &RawValue = serde_json::from_str(json).expect(json);
        ExtraFields::from_json(value).ok()
    }

    #[test]
    fn fields_are_a_list_or_a_text() {
        let host_url = fields(&[ExtraField::HostUrl]);
        let both = host_url.and(fields(&[ExtraField::Rating]));
        for (json, expected) in [
            (r#"["host_url"]"#, host_url),
            (r#"["rating", "host_url", "rating"]"#, both),
            (r#""host_url""#, host_url),
            (r#"" rating ,,host_url""#, both),
            ("[]", ExtraFields::default()),
            (r#""""#, ExtraFields::default()),
        ] {
            assert_eq!(from_json(json), Some(expected), "{json}");
        }
        for json in [
            r#"["host"]"#,
            r#"["host_url,rating"]"#,
            r#""Host_url""#,
            "1",
            "{}",
            "[1]",
            r#"[["host_url"]]"#,
        ] {
            assert_eq!(from_json(json), None, "{json}");
        }
    }

    #[test]
    fn other_parameters_of_a_query_have_no_effect() {
        let read = |query| ExtraFields::from_query(query).ok();
        assert_eq!(
            read("fields=host_url"),
            Some(fields(&[ExtraField::HostUrl]))
        );
        assert_eq!(
            read("x=%FF&fields=host_url%2C"),
            Some(fields(&[ExtraField::HostUrl]))
        );
        assert_eq!(read("x=1"), Some(ExtraFields::default()));
        assert_eq!(read("fields=x"), None);
        assert_eq!(read("fields=rating&fields=rating"), None);
    }
}
