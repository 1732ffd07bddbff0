//! The form of schemas in the OpenAPI document.

use super::values;
use serde_json::Value;
use utoipa::openapi::schema::{ArrayItems, SchemaType, Type};
use utoipa::openapi::{Object, Ref, RefOr, Schema};

/// Puts the schemas of values in the place of references to them, so that the document names only
/// objects and enumerations: generated clients make a type of each name. Writes a value that may be
/// null as one schema, and descriptions without the line breaks of doc comments.
pub(super) fn inline(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::Ref(reference) => {
            if let Some(value) = value(reference) {
                *schema = value;
            } else {
                let mut description = Some(std::mem::take(&mut reference.description));
                unwrap_lines(&mut description);
                reference.description = description.unwrap_or_default();
            }
        }
        RefOr::T(Schema::OneOf(either)) => {
            unwrap_lines(&mut either.description);
            if let [value, _null] = either.items.as_mut_slice() {
                inline(value);
                if let RefOr::T(_) = value {
                    let default = either.default.take();
                    *schema = or_null(std::mem::take(value), default);
                }
            }
        }
        RefOr::T(Schema::Object(object)) => {
            unwrap_lines(&mut object.description);
            object.properties.values_mut().for_each(inline);
        }
        RefOr::T(Schema::Array(array)) => {
            unwrap_lines(&mut array.description);
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                inline(items);
            }
        }
        _ => {}
    }
    if let RefOr::T(Schema::Object(object)) = schema {
        describe_default(object);
    }
}

/// Moves the default into the description. Clients that are generated from a document with defaults
/// send them as if the caller had chosen them, which a change would carry out, or require the field.
fn describe_default(object: &mut Object) {
    if let Some(default) = object.default.take() {
        let sentence = format!("Default: `{default}`.");
        object.description = Some(match object.description.take() {
            Some(text) => format!("{text} {sentence}"),
            None => sentence,
        });
    }
}

/// Returns true if [`inline`] replaces references to that schema.
pub(super) fn is_inlined(name: &str) -> bool {
    inlined(name).is_some()
}

/// Returns the schema of a value that has no name in the document.
fn inlined(name: &str) -> Option<RefOr<Schema>> {
    values::schema(name).filter(
        |schema| !matches!(schema, RefOr::T(Schema::Object(value)) if value.enum_values.is_some()),
    )
}

fn value(reference: &Ref) -> Option<RefOr<Schema>> {
    let mut schema = inlined(reference.ref_location.rsplit('/').next()?)?;
    if let RefOr::T(Schema::Object(value)) = &mut schema
        && !reference.description.is_empty()
    {
        value.description = Some(reference.description.clone());
        unwrap_lines(&mut value.description);
    }
    Some(schema)
}

fn or_null(mut schema: RefOr<Schema>, default: Option<Value>) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(value)) = &mut schema
        && let SchemaType::Type(kind) = &value.schema_type
    {
        value.schema_type = SchemaType::from_iter([kind.clone(), Type::Null]);
        value.default = default.or(value.default.take());
    }
    schema
}

/// Writes each paragraph on one line: readers of the document show a line break as one.
pub(super) fn unwrap_lines(description: &mut Option<String>) {
    if let Some(text) = description {
        let paragraphs = text
            .split("\n\n")
            .map(|paragraph| paragraph.replace('\n', " "));
        *text = paragraphs.collect::<Vec<_>>().join("\n\n");
    }
}
