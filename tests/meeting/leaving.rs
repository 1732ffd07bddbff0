use crate::room::Room;
use crate::support::{Answer, TestServer, text};
use crate::visitor::{Frame, Visitor};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn resume(room: &Room, joined: &Value) -> Result<Visitor, String> {
    let query = format!("resume={}", text(joined, "resume"));
    Visitor::open(&room.server, &room.page, &query)
}

#[test]
fn who_lost_the_network_comes_back_as_the_same_person() {
    let room = Room::new(json!({}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    ada.expect("joined");
    let mut grace = Visitor::enter(&room.server, &room.page, "Grace");
    let joined = grace.expect("joined");
    ada.expect("person_joined");
    grace.cut();
    assert_eq!(ada.expect("person_changed")["person"]["connected"], false);
    ada.says(json!({"type": "chat", "text": "Are you there?"}));
    ada.expect("chat");
    let mut grace = resume(&room, &joined).unwrap_or_else(|error| panic!("{error}"));
    let again = grace.expect("joined");
    assert_eq!(again["self"], "p2");
    assert_eq!(grace.expect("chat")["text"], "Are you there?");
    assert_eq!(ada.expect("person_changed")["person"]["connected"], true);
    // Another socket takes the place of one that lives.
    let mut second = resume(&room, &again).unwrap_or_else(|error| panic!("{error}"));
    second.expect("joined");
    grace.until("replaced");
    assert_eq!(grace.until_closed(), 4003);
    second.says(json!({"type": "leave"}));
    assert_eq!(second.until_closed(), 1000);
    assert_eq!(ada.expect("person_left")["id"], "p2");
    assert!(resume(&room, &again).is_err());
}

fn rate(server: &TestServer, page: &str, ticket: &str, stars: Value) -> Answer {
    let request = server.request_without_key("POST", &format!("{page}/rating"));
    let request = request.header("Content-Type", "application/json");
    let body = json!({"ticket": ticket, "stars": stars});
    server.send(request, body.to_string())
}

#[test]
fn everybody_who_was_in_rates_the_room_once() {
    let room = Room::new(json!({}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    let joined = ada.expect("joined");
    let ticket = text(&joined, "rating");
    ada.says(json!({"type": "leave"}));
    assert_eq!(ada.until_closed(), 1000);
    for stars in [json!(0), json!(6), json!("5"), json!(null)] {
        let answer = rate(&room.server, &room.page, ticket, stars);
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(12)));
    }
    assert_eq!(rate(&room.server, &room.page, ticket, json!(5)).status, 204);
    for ticket in [ticket, "", "x", &"0".repeat(32)] {
        let answer = rate(&room.server, &room.page, ticket, json!(5));
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!(70)));
        let details = text(&answer.json(), "details").to_owned();
        assert!(details.starts_with("there is nothing to rate"), "{details}");
    }
}

#[test]
fn there_are_no_stars_where_they_are_off() {
    let room = Room::new(json!({"allow_rating": false}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    let joined = ada.expect("joined");
    assert_eq!(joined["rating"], json!(null));
    assert_eq!(joined["settings"]["allow_rating"], false);
}

#[test]
fn the_stop_of_the_server_closes_all_sockets() {
    let room = Room::waiting(json!({}));
    let mut host = Visitor::host(&room.server, &room.page, &room.host_token(0));
    host.expect("joined");
    let mut idle = Visitor::enter(&room.server, &room.page, "Ada");
    idle.expect("joined");
    let started = Instant::now();
    let page = room.page.clone();
    drop(room.server.stop());
    assert!(started.elapsed() < Duration::from_secs(5), "{page}");
    assert_eq!(host.until_closed(), 1001);
    assert_eq!(idle.until_closed(), 1001);
    assert_eq!(idle.next(), Frame::End);
}
