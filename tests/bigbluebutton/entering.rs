use crate::house::{House, Room, assert_failed, sent};
use crate::stub::{Stub, created, failed, info};
use crate::support::{all_at_once, text};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

#[test]
fn the_meeting_is_created_before_each_person_joins() {
    let stub = Stub::start();
    let room = json!({"name": "Fizik & Kimya", "lang": "tr-TR"});
    let house = House::new(&stub, room);
    let (ada, grace) = (house.host("Ada"), house.guest("Grace Hopper"));
    let calls = stub.calls();
    let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["create", "create"]);
    for call in &calls {
        assert!(call.is_signed, "{call:?}");
        assert_eq!(call.get("meetingID"), house.room.guid);
        assert_eq!(call.get("name"), "Fizik & Kimya");
        let back = format!("{}?left", house.room.page);
        assert!(call.get("logoutURL").ends_with(&back), "{call:?}");
        assert!(!call.parameters.contains_key("moderatorPW"));
    }
    assert!(ada.json()["rating"].is_string());
    for (answer, name, role, time) in [
        (ada, "Ada", "MODERATOR", "1718000000000"),
        (grace, "Grace Hopper", "VIEWER", "1718000000001"),
    ] {
        let sent = sent(&stub, &answer);
        assert_eq!(sent["meetingID"], house.room.guid);
        assert_eq!(sent["fullName"], name);
        assert_eq!(sent["role"], role);
        assert_eq!(sent["createTime"], time);
        assert_eq!(sent["userdata-bbb_override_default_locale"], "tr-TR");
        assert!(sent["errorRedirectUrl"].ends_with(&house.room.page));
        assert!(!sent.contains_key("guest"));
    }
}

#[test]
fn a_look_at_the_page_calls_nothing() {
    let stub = Stub::start();
    let house = House::new(&stub, json!({}));
    for path in [house.room.page.clone(), format!("{}/join", house.room.page)] {
        let request = house.server.request_without_key("GET", &path);
        house.server.send(request, "");
    }
    assert!(stub.calls().is_empty());
}

#[test]
fn options_are_sent() {
    let stub = Stub::start();
    let house = House::new(
        &stub,
        json!({
            "allow_recording": false,
            "options": {
                "start_active": true,
                "session_duration": 90,
                "enable_session_auto_finish": true,
                "skip_approval_on_join": false,
                "allow_rating": false,
                "return_url": "https://school.example/thanks?a=b",
                "chat": {"offMessageModule": true},
            },
        }),
    );
    let answer = house.guest("Grace");
    assert_eq!(sent(&stub, &answer)["guest"], "true");
    assert_eq!(answer.json()["rating"], json!(null));
    let create = &stub.calls()[0];
    for (name, value) in [
        ("record", "false"),
        ("duration", "90"),
        ("endWhenNoModerator", "true"),
        ("guestPolicy", "ASK_MODERATOR"),
        ("disabledFeatures", "chat,privateChat"),
        ("logoutURL", "https://school.example/thanks?a=b"),
    ] {
        assert_eq!(create.get(name), value);
    }
    assert!(!sent(&stub, &house.host("Ada")).contains_key("guest"));
}

#[test]
fn nobody_becomes_a_moderator_by_what_the_page_sends() {
    let stub = Stub::start();
    let house = House::new(&stub, json!({"options": {"start_active": true}}));
    let name = "x&role=MODERATOR&checksum=1#role=MODERATOR";
    for body in [
        json!({"name": name}),
        json!({"name": "x", "role": "MODERATOR"}),
        json!({"name": "x", "role": "host", "is_host": true, "moderator": true}),
        json!({"name": "x", "host": null}),
        json!({"name": "x", "host": ""}),
    ] {
        let answer = house.room.join(&house.server, &body);
        let sent = sent(&stub, &answer);
        assert_eq!(sent["role"], "VIEWER");
        assert_eq!(sent["fullName"], text(&body, "name"));
    }
    let before = stub.calls().len();
    let other = Room::new(&house.server, "grace@example.com", json!({}));
    let others = other.host(&house.server, "Grace");
    assert_eq!(sent(&stub, &others)["role"], "MODERATOR");
    for token in ["MODERATOR", "AAAA"] {
        let body = json!({"name": "x", "host": token});
        let answer = house.room.join(&house.server, &body);
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    assert_eq!(stub.calls().len(), before + 1);
}

#[test]
fn a_name_that_the_server_does_not_take_is_spelled_in_ascii() {
    for key in ["validationError", "sizeError"] {
        let stub = Stub::with(move |call| {
            if call.get("name").is_ascii() {
                created(5)
            } else {
                failed(key, "stub says: the name is wrong")
            }
        });
        let house = House::new(&stub, json!({"name": "Işık, Öğle"}));
        assert_eq!(sent(&stub, &house.host("Ayşe"))["fullName"], "Ayşe");
        let calls = stub.calls();
        let names: Vec<&str> = calls.iter().map(|call| call.get("name")).collect();
        assert_eq!(names, ["Işık, Öğle", "Isik Ogle"]);
    }
}

#[test]
fn another_parameter_that_the_server_does_not_take_is_not_sent_again_and_again() {
    let stub = Stub::with(|_| failed("validationError", "stub says: no"));
    let house = House::new(&stub, json!({"name": "Işık"}));
    assert_failed(&house.host("Ada"));
    assert_eq!(stub.calls().len(), 2);
    let plain = Room::new(&house.server, "grace@example.com", json!({"name": "Light"}));
    assert_failed(&plain.host(&house.server, "Grace"));
    assert_eq!(stub.calls().len(), 3);
}

#[test]
fn a_meeting_that_takes_place_is_joined() {
    let stub = Stub::with(|call| match call.name.as_str() {
        "create" => crate::stub::done(
            "<createTime>8</createTime><messageKey>duplicateWarning</messageKey><message>!</message>",
        ),
        _ => failed("notFound", ""),
    });
    let house = House::new(&stub, json!({}));
    assert_eq!(sent(&stub, &house.host("Ada"))["createTime"], "8");
}

#[test]
fn a_meeting_that_was_created_with_other_passwords_is_joined() {
    let stub = Stub::with(|call| match call.name.as_str() {
        "create" => failed("idNotUnique", "A meeting already exists"),
        _ => info(9, 0),
    });
    let house = House::new(&stub, json!({}));
    assert_eq!(sent(&stub, &house.host("Ada"))["createTime"], "9");
}

#[test]
fn people_who_click_at_once_make_one_meeting() {
    let (begun, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
    let early = Arc::new(AtomicUsize::new(0));
    let seen = early.clone();
    let stub = Stub::with(move |_| {
        if begun.fetch_add(1, Ordering::SeqCst) == 0 {
            // Time for another call to come, if one is on its way.
            thread::sleep(Duration::from_millis(300));
            ended.store(true, Ordering::SeqCst);
        } else if !ended.load(Ordering::SeqCst) {
            seen.fetch_add(1, Ordering::SeqCst);
        }
        created(3)
    });
    let house = House::new(&stub, json!({}));
    let answers = all_at_once(6, |n| house.host(&format!("Host {n}")));
    for answer in answers {
        assert_eq!(sent(&stub, &answer)["createTime"], "3");
    }
    // Each of them asks, because the meeting may be gone again.
    assert_eq!(stub.calls().len(), 6);
    assert_eq!(early.load(Ordering::SeqCst), 0);
}

#[test]
fn people_do_not_wait_for_each_other_once_the_meeting_is_open() {
    let (begun, both) = (AtomicUsize::new(0), Barrier::new(2));
    let stub = Stub::with(move |_| {
        if begun.fetch_add(1, Ordering::SeqCst) > 0 {
            both.wait();
        }
        created(3)
    });
    let house = House::new(&stub, json!({}));
    sent(&stub, &house.host("Ada"));
    for answer in all_at_once(2, |n| house.guest(&format!("Guest {n}"))) {
        assert_eq!(sent(&stub, &answer)["role"], "VIEWER");
    }
    assert_eq!(stub.calls_of("create").len(), 3);
}

#[test]
fn rooms_do_not_wait_for_each_other() {
    let both = Barrier::new(2);
    let stub = Stub::with(move |_| {
        both.wait();
        created(4)
    });
    let house = House::new(&stub, json!({}));
    let other = Room::new(&house.server, "grace@example.com", json!({}));
    let rooms = [&house.room, &other];
    for answer in all_at_once(2, |n| rooms[n].host(&house.server, "Host")) {
        assert_eq!(sent(&stub, &answer)["createTime"], "4");
    }
}
