use crate::support::{ROOM, TestServer};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The document in the repository, which another test keeps up to date.
const DOCUMENT: &str = include_str!("../../docs/openapi.json");

#[test]
fn the_document_is_served_without_a_key() {
    let server = TestServer::start();
    let answer = server.send(server.request_without_key("GET", "/openapi.json"), "");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("Content-Type"),
        "application/json; charset=utf-8"
    );
    let (mut served, mut stored): (Value, Value) =
        (answer.json(), serde_json::from_str(DOCUMENT).expect("JSON"));
    let url = format!("http://{}", server.address);
    let servers = json!([{"url": "/"}, {"url": url}]);
    assert_eq!(served["servers"].take(), servers);
    assert!(stored["servers"].take().is_array());
    assert_eq!(served, stored);
}

#[test]
fn the_default_language_of_the_document_follows_the_settings() {
    for (languages, default) in [
        (&[][..], "en-US"),
        (&["tr", "en-GB"], "tr"),
        (&["tr", "en-US"], "en-US"),
    ] {
        let server = TestServer::start_with(|config| {
            let languages = languages.iter().map(|tag| tag.parse().expect("a language"));
            config.rooms.languages = languages.collect();
        });
        let document = server.get("/openapi.json").json();
        let request = &document["components"]["schemas"]["DefaultRoomRequest"];
        let description = request["properties"]["lang"]["description"].as_str();
        let sentence = format!("Default: `\"{default}\"`.");
        assert!(description.is_some_and(|text| text.ends_with(&sentence)));
    }
}

#[test]
fn the_document_follows_the_base_paths() {
    let server = TestServer::start_with(|config| {
        config.api.base_paths = vec!["/rooms".parse().expect("a path")];
    });
    let document = server.get("/openapi.json").json();
    assert!(document["paths"]["/rooms/room/search"]["get"].is_object());
}

#[test]
fn every_documented_path_answers_its_methods_and_no_others() {
    let server = TestServer::start();
    let document: Value = serde_json::from_str(DOCUMENT).expect("JSON");
    for (path, item) in document["paths"].as_object().expect("paths") {
        let mut documented: BTreeSet<String> = item
            .as_object()
            .expect("operations")
            .keys()
            .map(|method| method.to_uppercase())
            .collect();
        if documented.contains("GET") {
            documented.insert("HEAD".to_owned());
        }
        let answer = server.send(server.request("PATCH", path), "");
        assert_eq!(answer.status, 405, "{path}");
        let allowed = answer.header("Allow").split(", ").map(str::to_owned);
        assert_eq!(allowed.collect::<BTreeSet<_>>(), documented, "{path}");
    }
}

#[test]
fn every_documented_parameter_of_a_search_is_read() {
    let server = TestServer::start();
    let document: Value = serde_json::from_str(DOCUMENT).expect("JSON");
    let parameters = &document["paths"]["/xapi/v2/room/search"]["get"]["parameters"];
    let names = parameters.as_array().expect("parameters").iter();
    let names = names.map(|parameter| parameter["name"].as_str().expect("a name"));
    // Too long for every one of them.
    let value = "x".repeat(300);
    let query: Vec<_> = names
        .clone()
        .map(|name| format!("{name}={value}"))
        .collect();
    let answer = server
        .get(&format!("{ROOM}/search?{}", query.join("&")))
        .json();
    let errors = answer["errors"].as_array().expect("errors").iter();
    let rejected = errors.map(|error| error["field"].as_str().expect("a field"));
    assert_eq!(rejected.collect::<Vec<_>>(), names.collect::<Vec<_>>());
}

#[test]
fn the_page_and_all_that_it_loads_come_from_the_server_itself() {
    let server = TestServer::start();
    let page = server.get("/docs");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("Content-Type"), "text/html; charset=utf-8");
    let policy = page.header("Content-Security-Policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; "));
    let mut loaded = Vec::new();
    for attribute in ["src=\"", "href=\"docs/"] {
        let starts = page.body.match_indices(attribute);
        loaded.extend(starts.map(|(at, _)| {
            let value = page.body[at..].split('"').nth(1).expect("a value");
            (value, server.get(&format!("/{value}")))
        }));
    }
    assert_eq!(loaded.len(), 3, "{}", page.body);
    for (name, file) in &loaded {
        assert_eq!(file.status, 200, "{name}");
        assert_eq!(file.header("X-Content-Type-Options"), "nosniff");
        let kind = file.header("Content-Type");
        assert!(kind == "text/css" || kind == "text/javascript", "{kind}");
    }
    assert_eq!(server.get("/docs/swagger-ui.js").status, 404);
}
