use super::error::ApiError;
use crate::model::json::{self, Object};
use crate::model::{self, FieldError, Invalid};
use serde_json::value::RawValue;
use std::str;

/// The fields of a JSON request. They are taken one by one, and what is wrong with them is
/// gathered, so that the answer can name every wrong field at once.
pub(super) struct Fields<'a> {
    object: Object<'a>,
    repeated: Vec<String>,
    errors: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    /// Reads the top level of a body.
    pub(super) fn of_body(body: &'a [u8]) -> Result<Self, ApiError> {
        let text = str::from_utf8(body)
            .map_err(|error| not_json(&format!("byte {} is not UTF-8", error.valid_up_to())))?;
        let object = Object::parse(text).map_err(|error| not_json(&error.to_string()))?;
        Ok(Self {
            repeated: object.repeated_keys(),
            object,
            errors: Vec::new(),
        })
    }

    /// Takes a field that must be there.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a RawValue) -> Result<T, Invalid>,
    ) -> Option<T> {
        if self.sent(name).is_none() && !self.is_repeated(name) {
            self.refuse(name, Invalid::new("is required"));
        }
        self.optional(name, read)
    }

    /// Takes a field that may be absent, which `null` says as well.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a RawValue) -> Result<T, Invalid>,
    ) -> Option<T> {
        let whole = |message| {
            vec![FieldError {
                field: String::new(),
                message,
            }]
        };
        self.optional_tree(name, |value| read(value).map_err(whole))
    }

    /// Takes a field that may be absent and has fields of its own.
    pub(super) fn optional_tree<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a RawValue) -> Result<T, Vec<FieldError>>,
    ) -> Option<T> {
        if self.is_repeated(name) {
            self.refuse(name, Invalid::new("is given twice"));
            return None;
        }
        let errors = match read(self.sent(name)?) {
            Ok(value) => return Some(value),
            Err(errors) => errors,
        };
        self.errors
            .extend(errors.into_iter().map(|error| below(name, error)));
        None
    }

    /// Notes that a field is wrong.
    pub(super) fn refuse(&mut self, name: &str, message: Invalid) {
        self.errors.push(FieldError {
            field: name.to_owned(),
            message,
        });
    }

    /// Whether nothing was wrong so far.
    pub(super) fn are_valid(&self) -> bool {
        self.errors.is_empty()
    }

    /// The answer that names every wrong field.
    pub(super) fn into_error(self) -> ApiError {
        model::Error::InvalidFields(self.errors).into()
    }

    fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|repeated| repeated == name)
    }

    fn sent(&self, name: &str) -> Option<&'a RawValue> {
        self.object.get(name).filter(|value| !json::is_null(value))
    }
}

/// Reads a string by the rule of what it stands for.
pub(super) fn text<T>(
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> impl Fn(&RawValue) -> Result<T, Invalid> {
    move |value| parse(&json::text(value)?)
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
