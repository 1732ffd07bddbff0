//! The fields of JSON requests: each is declared once, for its reading and for its description.

use super::error::ApiError;
use super::json;
use crate::model::raw_object::RawObject;
use crate::model::{self, FieldError, Invalid, text};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::str;

/// The mark that some programs write before a text in UTF-8.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// Declares a request as a struct. Its function `read` takes the fields from a body: a field of
/// type `T` is required, `Option<T>` may be absent or null, and `Option<Option<T>>` may be absent
/// while null is a value. The empty string is read as null, unless it is a value of the type.
macro_rules! request {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident$(<$lifetime:lifetime>)? {
            $($(#[$field_attribute:meta])* $field:ident: $type:ty,)+
        }
    ) => {
        #[derive(utoipa::ToSchema)]
        $(#[$attribute])*
        $visibility struct $name$(<$lifetime>)? {
            $($(#[$field_attribute])* $field: $type,)+
        }

        impl$(<$lifetime>)? $name$(<$lifetime>)? {
            /// Reads the request, or returns everything that is wrong with it.
            $visibility fn read<'body$(: $lifetime)?>(
                mut fields: $crate::http::fields::Fields<'body>,
            ) -> Result<Self, $crate::http::error::ApiError> {
                $(let $field = fields.take(stringify!($field));)+
                match ($($field,)+) {
                    ($(Some($field),)+) if fields.errors.is_empty() => Ok(Self { $($field),+ }),
                    _ => Err(fields.errors.into_error()),
                }
            }
        }

        impl$(<$lifetime>)? $crate::http::fields::Request for $name$(<$lifetime>)? {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),+];
        }
    };
}
pub(super) use request;

/// A request that is read field by field.
pub(super) trait Request {
    /// The names of the fields.
    const FIELDS: &'static [&'static str];
}

/// How many unknown names one response can list. Each repeats the known ones, so without a limit
/// the response would be many times as long as the request.
const MAX_UNKNOWN: usize = 20;

/// The longest unknown name in a response, in characters.
const MAX_UNKNOWN_CHARS: usize = 100;

/// Everything that is wrong with the fields of a request, so that one response can name all of it.
#[derive(Default)]
pub(super) struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Adds a wrong field.
    pub(super) fn add(&mut self, field: &str, message: Invalid) {
        self.0.push(FieldError {
            field: field.to_owned(),
            message,
        });
    }

    /// Adds the names that are none of the known ones, each once.
    pub(super) fn add_unknown<'n>(&mut self, names: impl Iterator<Item = &'n str>, known: &[&str]) {
        let message = format!("is unknown: the known ones are {}", known.join(", "));
        self.add_others(names, known, &message);
    }

    /// Adds, with a message, the names that are none of the known ones, each once.
    pub(super) fn add_others<'n>(
        &mut self,
        names: impl Iterator<Item = &'n str>,
        known: &[&str],
        message: &str,
    ) {
        let unknown: BTreeSet<&str> = names.filter(|name| !known.contains(name)).collect();
        for name in unknown.into_iter().take(MAX_UNKNOWN) {
            let message = message.to_owned();
            let name = if name.is_empty() { "\"\"" } else { name };
            self.add(
                &text::shown(name, MAX_UNKNOWN_CHARS),
                Invalid(message.into()),
            );
        }
    }

    /// Returns true if no field is wrong so far.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value if no field is wrong, else the error that names every wrong field.
    pub(super) fn unless_any<T>(self, value: T) -> Result<T, ApiError> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self.into_error())
        }
    }

    /// Returns the error that names every wrong field.
    pub(super) fn into_error(self) -> ApiError {
        model::Error::InvalidFields(self.0).into()
    }
}

/// The fields of a JSON request.
pub(super) struct Fields<'a> {
    object: RawObject<'a>,
    repeated: Vec<String>,
    /// A field that is read where another is not sent: the names of both.
    substitute: Option<(&'static str, &'static str)>,
    pub(super) errors: FieldErrors,
}

impl<'a> Fields<'a> {
    /// Reads the top level of a body, which may begin with a byte order mark.
    ///
    /// # Errors
    /// A body that is not a JSON object in UTF-8.
    pub(super) fn from_body(body: &'a [u8]) -> Result<Self, ApiError> {
        let text = str::from_utf8(body)
            .map_err(|error| not_json(&format!("byte {} is not UTF-8", error.valid_up_to())))?;
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        if text.trim().is_empty() {
            return Err(not_json("it is empty, send the fields in it"));
        }
        let object = RawObject::parse(text).map_err(|error| match error.classify() {
            Category::Eof => not_json(&format!(
                "it ends too early, at line {} column {}",
                error.line(),
                error.column()
            )),
            Category::Data => ApiError::BadRequest("the body must be a JSON object".into()),
            _ => not_json(&format!(
                "it is not JSON from line {} column {} on",
                error.line(),
                error.column()
            )),
        })?;
        Ok(Self {
            repeated: json::repeated(object.members().iter().map(|(key, _)| key.as_ref())),
            object,
            substitute: None,
            errors: FieldErrors::default(),
        })
    }

    /// Reads the field `substitute` in the place of `name` where `name` is not sent.
    pub(super) fn substitute(&mut self, name: &'static str, substitute: &'static str) {
        self.substitute = Some((name, substitute));
    }

    /// Adds an error for every field that the request does not have.
    pub(super) fn reject_unknown<R: Request>(&mut self) {
        let names = self.object.members().iter().map(|(key, _)| key.as_ref());
        self.errors.add_unknown(names, R::FIELDS);
    }

    /// Returns the value of a field; None if it is absent or wrong.
    pub(super) fn peek<T: FromJson<'a>>(&self, name: &str) -> Option<T> {
        let value = self.get(name).filter(|_| !self.is_repeated(name))?;
        T::from_json(value).ok()
    }

    /// Takes a field; None if it is wrong, which is then among the errors.
    pub(super) fn take<F: Field<'a>>(&mut self, name: &str) -> Option<F> {
        F::take(self, name)
    }

    /// Adds an error for a field whose value is right by its type and wrong by a setting.
    pub(super) fn check<T: FromJson<'a>>(
        &mut self,
        name: &str,
        check: impl FnOnce(&T) -> Result<(), Invalid>,
    ) {
        if let Some(Err(message)) = self.peek(name).as_ref().map(check) {
            self.errors.add(name, message);
        }
    }

    fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|repeated| repeated == name)
    }

    fn get(&self, name: &str) -> Option<&'a RawValue> {
        let mut members = self.object.members().iter();
        members.find_map(|(key, value)| (key == name).then_some(*value))
    }

    /// Returns the name under which a field is sent.
    fn sent_name<'n, T: FromJson<'a>>(&self, name: &'n str) -> &'n str {
        let is_sent = self.get(name).is_some_and(|value| !is_null::<T>(value));
        match self.substitute {
            Some((of, substitute)) if of == name && !is_sent && !self.is_repeated(name) => {
                substitute
            }
            _ => name,
        }
    }

    /// Finds a field that may be absent while null is a value. `is_null` says what counts as null.
    fn find<T: FromJson<'a>>(
        &mut self,
        name: &str,
        is_null: impl Fn(&RawValue) -> bool,
    ) -> Option<Option<Option<T>>> {
        if self.is_repeated(name) {
            self.errors.add(name, Invalid::new("is given twice"));
            return None;
        }
        let Some(value) = self.get(name) else {
            return Some(None);
        };
        if is_null(value) {
            return Some(Some(None));
        }
        match T::from_json(value) {
            Ok(value) => Some(Some(Some(value))),
            Err(errors) => {
                let errors = errors.into_iter().map(|error| below(name, error));
                self.errors.0.extend(errors);
                None
            }
        }
    }
}

/// The type of a field, which says whether the field is required.
pub(super) trait Field<'a>: Sized {
    /// Takes the field of that name; None if it is wrong.
    fn take(fields: &mut Fields<'a>, name: &str) -> Option<Self>;
}

impl<'a, T: FromJson<'a>> Field<'a> for T {
    fn take(fields: &mut Fields<'a>, name: &str) -> Option<Self> {
        let value = fields.find(name, json::is_null)?.flatten();
        if value.is_none() {
            fields.errors.add(name, Invalid::new("is required"));
        }
        value
    }
}

impl<'a, T: FromJson<'a>> Field<'a> for Option<T> {
    fn take(fields: &mut Fields<'a>, name: &str) -> Option<Self> {
        let name = fields.sent_name::<T>(name);
        fields.find(name, is_null::<T>).map(Option::flatten)
    }
}

impl<'a, T: FromJson<'a>> Field<'a> for Option<Option<T>> {
    fn take(fields: &mut Fields<'a>, name: &str) -> Option<Self> {
        fields.find(name, is_null::<T>)
    }
}

/// Returns true for what means "not set" in a field that may be absent.
fn is_null<'a, T: FromJson<'a>>(value: &RawValue) -> bool {
    json::is_null(value) || (!T::MAY_BE_EMPTY && json::is_empty_text(value))
}

/// A value that is read from JSON.
pub(super) trait FromJson<'a>: Sized {
    /// True if the empty string is a value. Otherwise an optional field is not set by it: clients
    /// that build requests from forms send it so.
    const MAY_BE_EMPTY: bool = false;

    /// Reads a value that is not null.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its path below the value, which is empty for the
    /// value itself.
    fn from_json(value: &'a RawValue) -> Result<Self, Vec<FieldError>>;
}

impl FromJson<'_> for bool {
    fn from_json(value: &RawValue) -> Result<Self, Vec<FieldError>> {
        json::boolean(value).map_err(whole)
    }
}

/// Returns the error of a value as a whole.
pub(super) fn whole(message: Invalid) -> Vec<FieldError> {
    let field = String::new();
    vec![FieldError { field, message }]
}

fn below(name: &str, error: FieldError) -> FieldError {
    let field = if error.field.is_empty() {
        name.to_owned()
    } else {
        format!("{name}.{}", error.field)
    };
    FieldError { field, ..error }
}

fn not_json(reason: &str) -> ApiError {
    ApiError::BadRequest(format!("the body must be a JSON object: {reason}"))
}
