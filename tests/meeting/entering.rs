use crate::room::Room;
use crate::support::{Answer, join, text};
use crate::visitor::{Visitor, ticket};
use serde_json::json;

#[track_caller]
fn assert_error(answer: &Answer, status: u16, code: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.json()["code"], code);
    assert!(!answer.header("x-request-id").is_empty());
}

#[track_caller]
fn assert_not_opened(room: &Room, query: &str, status: u16) {
    let answer = Visitor::open(&room.server, &room.page, query);
    let answer = answer.err().expect("no web socket");
    let start = format!("HTTP/1.1 {status} ");
    assert!(answer.starts_with(&start), "{answer}");
    assert!(answer.contains("\"code\":"), "{answer}");
}

#[test]
fn two_people_meet() {
    let room = Room::new(json!({}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    let joined = ada.expect("joined");
    assert_eq!(joined["self"], "p1");
    assert_eq!(joined["people"].as_array().expect("people").len(), 1);
    let name = " <b>Грейс</b> & \"ß\" ";
    let mut grace = Visitor::enter(&room.server, &room.page, name);
    let joined = grace.expect("joined");
    assert_eq!(joined["people"][1]["name"], name.trim());
    let person = ada.expect("person_joined")["person"].clone();
    assert_eq!(person["name"], name.trim());
    grace.says(json!({"type": "signal", "to": "p1", "data": {"candidate": null}}));
    let expected = json!({"type": "signal", "from": "p2", "data": {"candidate": null}});
    assert_eq!(ada.expect("signal"), expected);
    ada.says(json!({"type": "chat", "text": "<script>"}));
    assert_eq!(grace.expect("chat")["text"], "<script>");
    assert_eq!(ada.expect("chat")["name"], "Ada");
    grace.says(json!({"type": "leave"}));
    assert_eq!(grace.until_closed(), 1000);
    assert_eq!(ada.expect("person_left")["id"], "p2");
}

#[test]
fn the_path_is_the_same_in_any_case() {
    let room = Room::new(json!({}));
    let page = room.page.to_uppercase();
    let mut ada = Visitor::enter(&room.server, &page, "Ada");
    ada.expect("joined");
}

#[test]
fn only_a_join_opens_anything() {
    let room = Room::new(json!({}));
    let join = format!("{}/join", room.page);
    for method in ["GET", "HEAD"] {
        let request = room.server.request_without_key(method, &join);
        assert_eq!(room.server.send(request, "").status, 405);
    }
    let request = room.server.request_without_key("POST", &join);
    let answer = room.server.send(request, "{\"name\": \"Ada\"}");
    assert_error(&answer, 415, 93);
}

#[test]
fn a_name_is_one_line_that_shows() {
    let room = Room::new(json!({}));
    let long = "x".repeat(101);
    let broken = ["a\nb", "a\u{2028}b", "a\u{2029}b", "a\u{202E}b"];
    for name in ["", " ", &long].into_iter().chain(broken) {
        let answer = join(&room.server, &room.page, &json!({"name": name}));
        assert_error(&answer, 400, 12);
        assert_eq!(answer.json()["errors"][0]["field"], "name");
    }
    assert_error(&join(&room.server, &room.page, &json!({})), 400, 12);
    assert_error(&join(&room.server, &room.page, &json!([])), 400, 19);
    let name = "é".repeat(100);
    for host in [json!(null), json!("")] {
        let answer = join(
            &room.server,
            &room.page,
            &json!({"name": name, "host": host}),
        );
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["ice_servers"], json!([]));
    }
}

#[test]
fn browsers_are_told_which_servers_help_them() {
    let room = Room::with(json!({}), |config| {
        let servers = ["stun:a.example", "turn:b.example", "turns:b.example"];
        let servers = servers.map(|server| server.parse().expect("a server"));
        config.meeting.builtin.ice_servers = servers.into();
        config.meeting.builtin.turn_secret = "north".parse().ok();
    });
    let answer = join(&room.server, &room.page, &json!({"name": "Ada"})).json();
    assert_eq!(
        answer["ice_servers"][0],
        json!({"urls": ["stun:a.example"]})
    );
    let turn = &answer["ice_servers"][1];
    assert_eq!(turn["urls"], json!(["turn:b.example", "turns:b.example"]));
    assert!(text(turn, "username").contains(':'), "{turn}");
    assert_eq!(text(turn, "credential").len(), 28, "{turn}");
    assert!(!answer.to_string().contains("north"));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    let renewed = ada.expect("ice_servers")["ice_servers"].clone();
    ada.expect("joined");
    assert_eq!(renewed[0], answer["ice_servers"][0]);
    assert_eq!(renewed[1]["urls"], turn["urls"]);
    assert_eq!(text(&renewed[1], "credential").len(), 28, "{renewed}");
    assert_ne!(renewed[1]["username"], turn["username"]);
}

#[test]
fn there_is_no_meeting_where_there_is_no_room() {
    let room = Room::new(json!({}));
    for page in ["/groups/room/physics_aaaaaaaaaa", "/groups/room/physics"] {
        assert_error(&join(&room.server, page, &json!({"name": "Ada"})), 404, 70);
        let answer = Visitor::open(&room.server, page, "ticket=");
        assert!(answer.err().expect("none").starts_with("HTTP/1.1 404 "));
    }
    let server = Room::with(json!({}), |config| {
        config.meeting.server = "none".parse().expect("a server");
    });
    let answer = join(&server.server, &server.page, &json!({"name": "Ada"}));
    assert_error(&answer, 404, 90);
}

#[test]
fn pages_of_other_sites_are_turned_away() {
    let room = Room::new(json!({}));
    let body = json!({"name": "Ada"}).to_string();
    let own = format!("http://{}", room.server.address);
    for (origin, status) in [
        (own.as_str(), 200),
        ("https://evil.example", 403),
        ("null", 403),
    ] {
        let join = format!("{}/join", room.page);
        let request = room.server.request_without_key("POST", &join);
        let request = request.header("Content-Type", "application/json");
        let answer = room.server.send(request.header("Origin", origin), &body);
        assert_eq!(answer.status, status, "{origin} {answer:?}");
    }
    let ticket = ticket(&room.server, &room.page, "Ada");
    let query = format!("ticket={ticket}");
    for lines in ["", "Origin: https://evil.example\r\n"] {
        let answer = Visitor::open_with(&room.server, &room.page, &query, lines);
        let answer = answer.err().expect("no web socket");
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert!(answer.contains("\"code\":56"), "{answer}");
    }
    assert!(Visitor::open(&room.server, &room.page, &query).is_ok());
}

#[test]
fn pages_that_may_call_the_api_join_no_meeting() {
    let room = Room::with(json!({}), |config| {
        config.server.cors_origins = vec!["https://app.example".parse().expect("an origin")];
    });
    let own = format!("http://{}", room.server.address);
    for (origin, status) in [(own.as_str(), 200), ("https://app.example", 403)] {
        let request = room
            .server
            .request_without_key("POST", &format!("{}/join", room.page));
        let request = request.header("Content-Type", "application/json");
        let answer = room
            .server
            .send(request.header("Origin", origin), r#"{"name": "Ada"}"#);
        assert_eq!(answer.status, status, "{origin} {answer:?}");
    }
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    ada.expect("joined");
}

#[test]
fn a_request_that_opens_no_web_socket_is_told_how() {
    let room = Room::new(json!({}));
    let ticket = ticket(&room.server, &room.page, "Ada");
    let path = format!("{}/socket?ticket={ticket}", room.page);
    let request = room.server.request("GET", &path);
    let request = request.header("Origin", format!("http://{}", room.server.address));
    let answer = room.server.send(request, "");
    assert_error(&answer, 400, 19);
    let details = text(&answer.json(), "details").to_owned();
    assert!(details.contains("Upgrade: websocket"), "{details}");
    // The ticket is for the socket that it was meant for.
    Visitor::open(&room.server, &room.page, &format!("ticket={ticket}")).expect("a web socket");
}

#[test]
fn a_ticket_opens_one_socket_of_its_room() {
    let room = Room::new(json!({}));
    for query in [
        "",
        "ticket=",
        "ticket=x",
        &format!("resume={}", "0".repeat(32)),
    ] {
        assert_not_opened(&room, query, 400);
    }
    let query = format!("ticket={}", ticket(&room.server, &room.page, "Ada"));
    let other = json!({"creator_email": "grace@example.com", "name": "Chemistry"});
    let other = room.server.post(crate::support::ROOM, &other).json();
    let path = text(&other, "url");
    let path = &path[path.find("/groups/").expect("a path")..];
    assert!(Visitor::open(&room.server, path, &query).is_err());
    // What is no offer of a web socket uses no ticket up.
    let socket = format!("{}/socket?{query}", room.page);
    let request = room.server.request_without_key("GET", &socket);
    let own = format!("http://{}", room.server.address);
    assert_error(
        &room.server.send(request.header("Origin", own), ""),
        400,
        19,
    );
    assert!(Visitor::open(&room.server, &room.page, &query).is_ok());
    assert_not_opened(&room, &query, 400);
}

#[test]
fn guests_wait_until_the_host_comes() {
    let room = Room::waiting(json!({}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    assert_eq!(ada.expect("waiting")["reason"], "host");
    ada.says(json!({"type": "ping"}));
    ada.expect("pong");
    let mut host = Visitor::host(&room.server, &room.page, &room.host_token(0));
    assert_eq!(host.expect("joined")["role"], "host");
    assert_eq!(ada.expect("joined")["role"], "guest");
    assert_eq!(host.expect("person_joined")["person"]["name"], "Ada");
}

#[test]
fn guests_are_admitted_or_turned_away() {
    let room = Room::new(json!({"skip_approval_on_join": false}));
    let mut host = Visitor::host(&room.server, &room.page, &room.host_token(0));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    assert_eq!(ada.expect("waiting")["reason"], "approval");
    let mut grace = Visitor::enter(&room.server, &room.page, "Grace");
    grace.expect("waiting");
    host.until("waiting_people");
    host.says(json!({"type": "turn_away", "id": "p2"}));
    ada.expect("turned_away");
    assert_eq!(ada.until_closed(), 4001);
    host.says(json!({"type": "admit", "id": "p3"}));
    grace.expect("joined");
}

#[test]
fn the_ticket_of_a_host_ends_with_the_link() {
    let room = Room::new(json!({}));
    let host_ticket = |epoch| {
        let body = json!({"name": "Ada", "host": room.host_token(epoch)});
        let answer = join(&room.server, &room.page, &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        format!("ticket={}", text(&answer.json(), "ticket"))
    };
    let (first, second) = (host_ticket(0), host_ticket(0));
    let mut host =
        Visitor::open(&room.server, &room.page, &first).unwrap_or_else(|answer| panic!("{answer}"));
    assert_eq!(host.expect("joined")["role"], "host");
    let path = format!("/xapi/v2/room/{}/host-link", room.guid);
    assert_eq!(room.server.delete(&path).status, 204);
    assert_not_opened(&room, &second, 400);
    // Who is in stays the host.
    host.says(json!({"type": "end"}));
    host.expect("ended");
    let third = host_ticket(1);
    let owner = json!({"email": "ada@example.com"});
    let owner = room.server.post("/xapi/v2/user/search", &owner).json();
    let path = format!("/xapi/v2/user/{}", text(&owner[0], "user_guid"));
    let change = json!({"expires_at": "2000-01-01T00:00:00Z"});
    assert_eq!(room.server.put(&path, &change).status, 200);
    assert_not_opened(&room, &third, 400);
}

#[test]
fn wrong_and_rotated_host_links_are_refused_and_limited() {
    let room = Room::with(json!({}), |config| config.auth.failures_per_minute = 3);
    let (old, rotated) = (room.host_token(0), room.host_token(1));
    let enter = |host: &str| {
        join(
            &room.server,
            &room.page,
            &json!({"name": "Ada", "host": host}),
        )
    };
    assert_eq!(enter(&old).status, 200);
    assert_error(&enter(&rotated), 403, 55);
    // A changed owner revokes the links of the room.
    let user = json!({"email": "ada@example.org"});
    let found = room
        .server
        .post("/xapi/v2/user/search", &json!({"email": "ada@example.com"}));
    let path = format!("/xapi/v2/user/{}", text(&found.json()[0], "user_guid"));
    assert_eq!(room.server.put(&path, &user).status, 200);
    assert_error(&enter(&old), 403, 55);
    assert_eq!(enter(&rotated).status, 200);
    assert_error(&enter("x"), 403, 55);
    let limited = enter("x");
    assert_error(&limited, 429, 94);
    assert!(!limited.header("retry-after").is_empty());
    assert_eq!(enter("").status, 200);
}
