use crate::room::Room;
use crate::support::{TIMEOUT, join};
use crate::visitor::{BINARY, Frame, PING, TEXT, Visitor, ticket};
use serde_json::json;
use std::time::Instant;

#[test]
fn the_seventh_person_is_told_that_the_meeting_is_full() {
    let room = Room::new(json!({}));
    let mut people: Vec<Visitor> = (0..6)
        .map(|n| Visitor::enter(&room.server, &room.page, &format!("Person {n}")))
        .collect();
    let mut seventh = Visitor::enter(&room.server, &room.page, "Seventh");
    assert_eq!(seventh.expect("full")["max_people"], 6);
    assert_eq!(seventh.until_closed(), 4000);
    people[0].says(json!({"type": "leave"}));
    people[1].until("person_left");
    let mut eighth = Visitor::enter(&room.server, &room.page, "Eighth");
    eighth.expect("joined");
}

#[test]
fn a_message_has_at_most_64_kib() {
    let room = Room::new(json!({}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    ada.expect("joined");
    let mut grace = Visitor::enter(&room.server, &room.page, "Grace");
    grace.expect("joined");
    ada.expect("person_joined");
    let around = json!({"type": "signal", "to": "p2", "data": ""})
        .to_string()
        .len();
    let data = "x".repeat(64 * 1024 - around);
    ada.says(json!({"type": "signal", "to": "p2", "data": data}));
    assert_eq!(grace.expect("signal")["data"], data);
    ada.says(json!({"type": "signal", "to": "p2", "data": data + "x"}));
    assert_eq!(ada.until_closed(), 1009);
    assert_eq!(grace.expect("person_changed")["person"]["connected"], false);
}

#[test]
fn a_message_may_come_in_parts_and_is_no_larger_for_that() {
    let room = Room::new(json!({}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    ada.expect("joined");
    let mut grace = Visitor::enter(&room.server, &room.page, "Grace");
    grace.expect("joined");
    ada.expect("person_joined");
    let signal = |size| json!({"type": "signal", "to": "p2", "data": "x".repeat(size)});
    ada.send_in_parts(signal(60_000).to_string().as_bytes(), 9000);
    grace.expect("signal");
    ada.send_in_parts(signal(70_000).to_string().as_bytes(), 9000);
    assert_eq!(ada.until_closed(), 1009);
}

#[test]
fn each_part_of_a_message_counts() {
    let room = Room::new(json!({}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    ada.expect("joined");
    ada.send_in_parts(&[b'x'; 5000], 1);
    assert_eq!(ada.until_closed(), 1008);
}

#[test]
fn five_malformed_messages_close_the_socket() {
    let room = Room::new(json!({}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    ada.expect("joined");
    let frames: [(u8, &[u8]); 5] = [
        (TEXT, b""),
        (TEXT, b"{\"type\":\"joined\"}"),
        (BINARY, b"{\"type\":\"leave\"}"),
        (TEXT, b"[]"),
        (TEXT, b"{\"type\":\"chat\"}"),
    ];
    for (opcode, payload) in frames {
        ada.send(opcode, payload);
        assert_eq!(ada.expect("error")["code"], "malformed");
    }
    assert_eq!(ada.until_closed(), 1008);
}

#[test]
fn what_is_no_frame_closes_the_socket() {
    let room = Room::new(json!({}));
    for (opcode, payload) in [(3, &b"x"[..]), (TEXT, b"\xff"), (0, b"x")] {
        let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
        ada.expect("joined");
        ada.send(opcode, payload);
        assert_eq!(ada.until_closed(), 1002);
    }
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    ada.expect("joined");
    ada.send_in_parts(b"\xff\xff", 1);
    assert_eq!(ada.until_closed(), 1002);
}

#[test]
fn a_flood_is_refused_and_then_closed() {
    let room = Room::new(json!({}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    ada.expect("joined");
    let ping = json!({"type": "ping"}).to_string();
    let started = Instant::now();
    while ada.try_send(TEXT, ping.as_bytes()).is_ok() {
        assert!(started.elapsed() < TIMEOUT, "the flood goes on");
    }
    let mut refusals = 0;
    loop {
        match ada.next() {
            Frame::Message(message) => refusals += u32::from(message["code"] == "rate_limited"),
            Frame::Close(code) => {
                assert_eq!(code, 1008);
                assert!(refusals > 0);
                break;
            }
            // The system may drop what was not read when the connection ends.
            Frame::End => break,
            _ => {}
        }
    }
    // At most one a second, besides the last.
    assert!(refusals <= 10, "{refusals}");
    let mut grace = Visitor::enter(&room.server, &room.page, "Grace");
    grace.expect("joined");
}

#[test]
fn pings_are_answered() {
    let room = Room::new(json!({}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    ada.expect("joined");
    ada.send(PING, b"are you there");
    assert_eq!(ada.next(), Frame::Pong(b"are you there".to_vec()));
}

#[test]
fn a_client_address_has_at_most_200_sockets_and_tickets() {
    let room = Room::waiting(json!({}));
    let visitor = Visitor::enter(&room.server, &room.page, "Ada");
    for n in 1..200 {
        ticket(&room.server, &room.page, &format!("Person {n}"));
    }
    let answer = join(&room.server, &room.page, &json!({"name": "Ada"}));
    assert_eq!((answer.status, &answer.json()["code"]), (429, &json!(98)));
    assert_eq!(answer.header("retry-after"), "30");
    visitor.cut();
    // The place is free as soon as the server has noticed the end.
    let started = Instant::now();
    while join(&room.server, &room.page, &json!({"name": "Ada"})).status != 200 {
        assert!(started.elapsed() < TIMEOUT, "the socket stays");
    }
}
