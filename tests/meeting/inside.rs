use crate::room::Room;
use crate::visitor::Visitor;
use serde_json::{Value, json};

/// Returns a host and a guest in the meeting of a room.
fn host_and_guest(room: &Room) -> (Visitor, Visitor) {
    let mut host = Visitor::host(&room.server, &room.page, &room.host_token(0));
    host.expect("joined");
    let mut guest = Visitor::enter(&room.server, &room.page, "Ada");
    guest.expect("joined");
    host.expect("person_joined");
    (host, guest)
}

#[track_caller]
fn assert_refused(visitor: &mut Visitor, message: Value, code: &str) {
    visitor.says(message);
    assert_eq!(visitor.expect("error")["code"], code);
}

#[test]
fn the_server_checks_roles_and_options_whatever_a_page_shows() {
    let room = Room::new(json!({
        "chat": {"offMessageModule": true}, "allow_reactions": false,
        "allow_users_stream_self_cam_mic": false,
    }));
    let (mut host, mut guest) = host_and_guest(&room);
    for message in [
        json!({"type": "remove", "id": "p1"}),
        json!({"type": "mute", "id": "p1"}),
        json!({"type": "end"}),
        json!({"type": "admit", "id": "p1"}),
        json!({"type": "reaction", "reaction": "👍"}),
    ] {
        assert_refused(&mut guest, message, "not_allowed");
    }
    assert_refused(
        &mut guest,
        json!({"type": "chat", "text": "Hello"}),
        "chat_off",
    );
    assert_refused(
        &mut host,
        json!({"type": "chat", "text": "Hello"}),
        "chat_off",
    );
    let offer = json!({"type": "offer", "sdp": "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"});
    let signal = json!({"type": "signal", "to": "p1", "data": {"description": offer}});
    assert_refused(&mut guest, signal, "media_off");
    host.says(json!({"type": "hand", "raised": true}));
    host.expect("person_changed");
    guest.expect("person_changed");
}

#[test]
fn hosts_mute_remove_and_end() {
    let room = Room::new(json!({"return_url": "https://example.com/bye"}));
    let (mut host, mut guest) = host_and_guest(&room);
    host.says(json!({"type": "mute", "id": "p2"}));
    assert_eq!(guest.expect("mute")["by"], "p1");
    host.says(json!({"type": "remove", "id": "p2"}));
    guest.expect("removed");
    assert_eq!(guest.until_closed(), 4002);
    let mut grace = Visitor::enter(&room.server, &room.page, "Grace");
    grace.expect("joined");
    host.says(json!({"type": "end"}));
    let ended = grace.expect("ended");
    assert_eq!(ended["reason"], "host");
    assert_eq!(ended["return_url"], "https://example.com/bye");
    assert_eq!(grace.until_closed(), 4004);
    host.until("ended");
    assert_eq!(host.until_closed(), 4004);
}

#[test]
fn options_act_from_the_next_meeting_on() {
    let room = Room::new(json!({}));
    let (mut host, mut guest) = host_and_guest(&room);
    let path = format!("/xapi/v2/room/{}", room.guid);
    let change = json!({"options": {"chat": {"offMessageModule": true}}});
    assert_eq!(room.server.put(&path, &change).status, 200);
    guest.says(json!({"type": "chat", "text": "Hello"}));
    guest.expect("chat");
    host.says(json!({"type": "end"}));
    host.until("ended");
    let mut guest = Visitor::enter(&room.server, &room.page, "Ada");
    let settings = guest.expect("joined")["settings"].clone();
    assert_eq!(settings["chat"]["everybody"], false);
    assert_refused(
        &mut guest,
        json!({"type": "chat", "text": "Hello"}),
        "chat_off",
    );
}

#[test]
fn a_meeting_ends_with_an_owner_whom_another_process_removes() {
    let room = Room::new(json!({}));
    let (mut host, mut guest) = host_and_guest(&room);
    let folder = room.server.folder();
    folder.roomd(&["user", "remove", "ada@example.com", "--yes"]);
    for visitor in [&mut host, &mut guest] {
        assert_eq!(visitor.until("ended")["reason"], "room");
        assert_eq!(visitor.until_closed(), 4004);
    }
}

#[test]
fn a_meeting_ends_with_its_room_or_its_owner() {
    let room = Room::new(json!({}));
    let path = format!("/xapi/v2/room/{}", room.guid);
    let (mut host, mut guest) = host_and_guest(&room);
    assert_eq!(room.server.delete(&path).status, 204);
    for visitor in [&mut host, &mut guest] {
        assert_eq!(visitor.until("ended")["reason"], "room");
        assert_eq!(visitor.until_closed(), 4004);
    }
    let room = Room::new(json!({}));
    let mut ada = Visitor::enter(&room.server, &room.page, "Ada");
    ada.expect("joined");
    let found = room
        .server
        .post("/xapi/v2/user/search", &json!({"email": "ada@example.com"}));
    let found = found.json()[0]["user_guid"]
        .as_str()
        .expect("a text")
        .to_owned();
    let path = format!("/xapi/v2/user/{found}");
    assert_eq!(room.server.delete(&path).status, 204);
    assert_eq!(ada.until("ended")["reason"], "room");
}
