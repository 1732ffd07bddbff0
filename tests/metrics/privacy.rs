use crate::scrape::Scrape;
use crate::support::{ROOM, TestServer, USER, text};
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn nothing_tells_of_a_person_or_a_room() {
    let server = TestServer::start();
    let name = "Quarterly Retreat";
    let created = server.get_or_create("ada@example.com", name);
    let room = created.json();
    let guid = text(&room, "room_guid");
    assert_eq!(server.get(&format!("{ROOM}/{guid}")).status, 200);
    assert_eq!(server.get(&format!("{USER}/ada@example.com")).status, 200);
    assert_eq!(
        server.get(&format!("{ROOM}/search?query=Quarterly")).status,
        200
    );
    let url = text(&room, "url");
    let path = url.find("/groups").map(|at| &url[at..]).expect("a path");
    assert_eq!(server.get(path).status, 200);
    let slug = path.rsplit('/').next().expect("a slug");
    let scrape = Scrape::of(&server);
    let folder = server.folder().root().display().to_string();
    for told in [
        "ada",
        "example",
        "Quarterly",
        "quarterly",
        "Retreat",
        guid,
        slug,
        &folder,
    ] {
        assert!(!scrape.text.contains(told), "{told}: {}", scrape.text);
    }
    let key = server.authorization.trim_start_matches("Bearer ");
    let access_key = key.split('|').next().expect("an access key");
    assert!(!scrape.text.contains(access_key));
}

#[test]
fn paths_and_methods_that_are_made_up_make_no_labels() {
    let server = TestServer::start();
    for n in 0..50 {
        server.get(&format!("/junk-{n}"));
        server.get(&format!("{ROOM}/junk-{n}"));
        server.get(&format!("/groups/room/junk-{n}"));
        server.call("DELETE", &format!("{USER}/junk-{n}"), &json!(null));
        server.send_raw(format!(
            "BREW{n} /junk-{n} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ));
    }
    let scrape = Scrape::of(&server);
    let expected = |labels: &[&'static str]| labels.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(
        scrape.labels("route"),
        expected(&[
            "none",
            "/xapi/v2/room/{room_guid}",
            "/xapi/v2/user/{user_guid}",
            "/groups/room/{slug}",
        ])
    );
    assert_eq!(
        scrape.labels("method"),
        expected(&["GET", "DELETE", "other"])
    );
    assert_eq!(scrape.labels("status"), expected(&["404"]));
    assert_eq!(scrape.sum("roomd_requests_total", "method=\"other\""), 50.0);
    let before = scrape.text.lines().count();
    // The next page has this request, and what it changes no more.
    let after = Scrape::of(&server).text.lines().count();
    assert!(after < before + 20, "{before} {after}");
}
