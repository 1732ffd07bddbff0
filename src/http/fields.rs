use super::error::ApiError;
use crate::model::json::{self, Object};
use crate::model::{self, FieldError, Invalid};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::str;

/// What is wrong with the fields of a request: gathered, so that the answer can name all of it.
#[derive(Default)]
pub(super) struct Refusals(Vec<FieldError>);

impl Refusals {
    /// Notes that a field is wrong.
    pub(super) fn add(&mut self, field: &str, message: Invalid) {
        self.0.push(FieldError {
            field: field.to_owned(),
            message,
        });
    }

    /// Whether nothing was wrong so far.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value, if nothing was wrong; else the answer that names every wrong field.
    pub(super) fn unless_any<T>(self, value: T) -> Result<T, ApiError> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self.into_error())
        }
    }

    /// The answer that names every wrong field.
    pub(super) fn into_error(self) -> ApiError {
        model::Error::InvalidFields(self.0).into()
    }
}

/// The fields of a JSON request, taken one by one.
pub(super) struct Fields<'a> {
    object: Object<'a>,
    repeated: Vec<String>,
    refusals: Refusals,
}

impl<'a> Fields<'a> {
    /// Reads the top level of a body.
    pub(super) fn from_body(body: &'a [u8]) -> Result<Self, ApiError> {
        let text = str::from_utf8(body)
            .map_err(|error| not_json(&format!("byte {} is not UTF-8", error.valid_up_to())))?;
        let object = Object::parse(text).map_err(|error| match error.classify() {
            Category::Data => ApiError::BadRequest("the body must be a JSON object".into()),
            _ => not_json(&error.to_string()),
        })?;
        Ok(Self {
            repeated: object.repeated_keys(),
            object,
            refusals: Refusals::default(),
        })
    }

    /// Takes a field that must be there.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a RawValue) -> Result<T, Invalid>,
    ) -> Option<T> {
        if self.object.get(name).is_none_or(json::is_null) && !self.is_repeated(name) {
            self.refusals.add(name, Invalid::new("is required"));
        }
        self.optional(name, read)
    }

    /// Takes a field that may be absent, which `null` says as well.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a RawValue) -> Result<T, Invalid>,
    ) -> Option<T> {
        self.nullable(name, read).flatten()
    }

    /// Takes a field that may be absent, and for which `null` is a value.
    pub(super) fn nullable<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a RawValue) -> Result<T, Invalid>,
    ) -> Option<Option<T>> {
        let whole = |message| {
            vec![FieldError {
                field: String::new(),
                message,
            }]
        };
        self.tree(name, |value| read(value).map_err(whole))
    }

    /// Takes a field that may be absent, which `null` says as well, and has fields of its own.
    pub(super) fn optional_tree<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a RawValue) -> Result<T, Vec<FieldError>>,
    ) -> Option<T> {
        self.tree(name, read).flatten()
    }

    /// What was wrong so far.
    pub(super) fn into_refusals(self) -> Refusals {
        self.refusals
    }

    fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|repeated| repeated == name)
    }

    fn tree<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a RawValue) -> Result<T, Vec<FieldError>>,
    ) -> Option<Option<T>> {
        if self.is_repeated(name) {
            self.refusals.add(name, Invalid::new("is given twice"));
            return None;
        }
        let value = self.object.get(name)?;
        if json::is_null(value) {
            return Some(None);
        }
        match read(value) {
            Ok(value) => Some(Some(value)),
            Err(errors) => {
                self.refusals
                    .0
                    .extend(errors.into_iter().map(|error| below(name, error)));
                None
            }
        }
    }
}

/// Reads a string by the rule of what it stands for.
pub(super) fn text<T>(
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> impl Fn(&RawValue) -> Result<T, Invalid> {
    move |value| parse(&json::text(value)?)
}

/// Reads a whole number by the rule of what it stands for.
pub(super) fn integer<T>(
    make: impl Fn(i64) -> Result<T, Invalid>,
) -> impl Fn(&RawValue) -> Result<T, Invalid> {
    move |value| make(json::integer(value)?)
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
