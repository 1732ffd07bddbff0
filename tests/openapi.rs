//! Checks the OpenAPI document against the program and its guide.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");

/// Returns what `roomd openapi` prints with the default settings.
fn printed() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomd"));
    command.arg("openapi").current_dir(folder.path());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ROOMD_") {
            command.env_remove(name);
        }
    }
    let ended = command.output().expect("the program runs");
    assert!(ended.status.success(), "{ended:?}");
    String::from_utf8(ended.stdout).expect("a text")
}

fn document() -> Value {
    serde_json::from_str(&printed()).expect("JSON")
}

/// Returns all values of a key, at any depth.
fn all<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    let below: Vec<&Value> = match value {
        Value::Object(members) => members.values().collect(),
        Value::Array(elements) => elements.iter().collect(),
        _ => Vec::new(),
    };
    let deeper = below.into_iter().flat_map(|value| all(value, key));
    value.get(key).into_iter().chain(deeper).collect()
}

#[test]
fn the_file_in_the_repository_is_what_the_program_prints() {
    let stored = fs::read_to_string(FILE).expect("docs/openapi.json");
    assert!(
        stored == printed(),
        "docs/openapi.json is stale: cargo run -- openapi > docs/openapi.json"
    );
}

#[test]
fn every_error_code_has_an_example() {
    let document = document();
    let codes = &document["components"]["schemas"]["ErrorCode"]["enum"];
    let codes = codes.as_array().expect("a list of codes");
    let shown: BTreeSet<i64> = all(&document, "examples")
        .into_iter()
        .filter_map(Value::as_object)
        .flat_map(|examples| examples.values())
        .filter_map(|example| example["value"]["code"].as_i64())
        .collect();
    let mut known: BTreeSet<i64> = codes.iter().filter_map(Value::as_i64).collect();
    // No operation has them: they answer requests for a path or a method that no operation has, for a
    // host that is not served, of a room's page, or for the metrics.
    for code in [55, 56, 57, 90, 91, 97, 98, 99] {
        assert!(known.remove(&code));
    }
    assert_eq!(shown, known);
}

#[test]
fn every_operation_has_an_id_a_summary_and_the_key_it_needs() {
    let document = document();
    let mut ids = BTreeSet::new();
    let paths = document["paths"].as_object().expect("paths");
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(
                ids.insert(id.to_owned()),
                "the operation id {id} occurs twice"
            );
            assert!(operation["summary"].is_string(), "{method} {path}");
            let keyed = path.starts_with("/xapi/v2/");
            let security = if keyed {
                json!([{"key": []}])
            } else {
                json!([])
            };
            assert_eq!(operation["security"], security, "{method} {path}");
            assert_eq!(operation["responses"]["401"].is_object(), keyed);
        }
    }
}

/// A generated client would send a default as if the caller had chosen it: a change of one option
/// would reset all others, and of two names for one parameter only one could be used.
#[test]
fn defaults_are_in_descriptions_only() {
    let document = document();
    assert_eq!(all(&document, "default"), Vec::<&Value>::new());
    let text = all(&document, "description");
    let stated = |default: &str| text.iter().any(|text| text.as_str() == Some(default));
    assert!(stated("Minutes. Default: `15`."), "{text:?}");
    assert!(stated("Default: `true`."), "{text:?}");
}

#[test]
fn every_reference_has_a_target() {
    let document = document();
    let references = all(&document, "$ref");
    assert!(references.len() > 50);
    for reference in references {
        let path = reference.as_str().expect("a text");
        let pointer = path.strip_prefix('#').expect(path);
        assert!(document.pointer(pointer).is_some(), "{path}");
    }
}

/// The description of the API for people, which must not fall behind the document.
const GUIDE: &str = include_str!("../docs/api.md");

#[test]
fn every_operation_is_in_the_guide() {
    let document = document();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let path = path.replace("/xapi/v2", "{base}");
        for method in item.as_object().expect("operations").keys() {
            let route = format!("`{} {path}`", method.to_uppercase());
            assert!(GUIDE.contains(&route), "docs/api.md does not name {route}");
        }
    }
}

#[test]
fn every_error_code_is_in_the_guide() {
    let document = document();
    let codes = &document["components"]["schemas"]["ErrorCode"]["enum"];
    for code in codes.as_array().expect("a list of codes") {
        let row = format!("| {code} | ");
        assert!(GUIDE.contains(&row), "docs/api.md has no row {row}");
    }
}

/// A generated client sends every default that the document has.
#[test]
fn no_default_resets_what_a_client_does_not_mean_to_change() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    for (name, schema) in schemas.as_object().expect("schemas") {
        if name.ends_with("Change") || name == "UserRequest" {
            assert!(all(schema, "default").is_empty(), "{name}");
        }
    }
    let search = &document["paths"]["/xapi/v2/room/search"]["get"]["parameters"];
    for parameter in search.as_array().expect("parameters") {
        let schema = &parameter["schema"];
        if ["size", "page_size"].contains(&parameter["name"].as_str().expect("a name")) {
            assert!(schema.get("default").is_none());
        }
        // A bound needs no offset, which the format demands.
        assert_ne!(schema["format"], "date-time");
    }
}

/// A generated client makes a type of each object and enumeration, named after its place if it has
/// no name of its own.
#[test]
fn nested_objects_and_enumerations_have_names() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object();
    for (name, schema) in schemas.expect("schemas") {
        for member in all(schema, "properties") {
            for (key, property) in member.as_object().expect("properties") {
                assert!(property.get("properties").is_none(), "{name}.{key}");
                assert!(property.get("enum").is_none(), "{name}.{key}");
            }
        }
        let values = schema["enum"].as_array().map_or(0, Vec::len);
        if let Some(names) = schema.get("x-enum-varnames") {
            assert_eq!(names.as_array().map(Vec::len), Some(values), "{name}");
        }
        assert!(
            values == 0 || schema["type"] == "string" || schema.get("x-enum-varnames").is_some(),
            "{name} has numbers without names"
        );
    }
}

#[test]
fn every_component_is_used() {
    let document = document();
    let references = all(&document, "$ref");
    for kind in ["schemas", "responses", "headers"] {
        let components = document["components"][kind].as_object();
        for name in components.expect(kind).keys() {
            let reference = json!(format!("#/components/{kind}/{name}"));
            assert!(references.contains(&&reference), "{reference}");
        }
    }
}

#[test]
fn the_document_names_its_server() {
    let servers = json!([{"url": "http://127.0.0.1:8080"}]);
    assert_eq!(document()["servers"], servers);
}
