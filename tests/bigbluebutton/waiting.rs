use crate::house::{House, Room, assert_failed, sent};
use crate::stub::{Stub, created, failed, info};
use crate::support::{Answer, TIMEOUT, all_at_once};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often a server is asked about one room.
const INTERVAL: Duration = Duration::from_secs(3);

#[track_caller]
fn assert_waits(answer: &Answer) {
    answer.assert(200, &json!({"waiting": "host", "retry_after": 3}));
}

/// A server with so many moderators in each of its meetings. There is none if it is `u64::MAX`.
fn with_moderators(moderators: &Arc<AtomicU64>) -> Stub {
    let moderators = moderators.clone();
    Stub::with(move |call| match call.name.as_str() {
        "create" => created(1),
        _ => match moderators.load(Ordering::SeqCst) {
            u64::MAX => failed(
                "notFound",
                "We could not find a meeting with that meeting ID",
            ),
            count => info(1, count),
        },
    })
}

#[test]
fn guests_wait_until_a_moderator_is_in_the_meeting() {
    let moderators = Arc::new(AtomicU64::new(u64::MAX));
    let stub = with_moderators(&moderators);
    let house = House::new(&stub, json!({}));
    assert_waits(&house.guest("Grace"));
    assert!(stub.calls_of("create").is_empty());
    moderators.store(0, Ordering::SeqCst);
    // However many pages ask, and however often.
    for answer in all_at_once(8, |_| house.guest("Grace")) {
        assert_waits(&answer);
    }
    assert_eq!(stub.calls_of("getMeetingInfo").len(), 1);
    // Another room is another question.
    let other = Room::new(&house.server, "grace@example.com", json!({}));
    assert_waits(&other.guest(&house.server, "Edsger"));
    assert_eq!(stub.calls_of("getMeetingInfo").len(), 2);

    moderators.store(1, Ordering::SeqCst);
    let start = Instant::now();
    let answer = loop {
        let answer = house.guest("Grace");
        if answer.json().get("waiting").is_none() {
            break answer;
        }
        assert!(start.elapsed() < TIMEOUT);
    };
    assert_eq!(sent(&stub, &answer)["role"], "VIEWER");
    let mut asked = stub.calls_of("getMeetingInfo");
    asked.retain(|call| call.get("meetingID") == house.room.guid);
    for pair in asked.windows(2) {
        // The server is asked a little after the moment from which the time counts.
        let pause = pair[1].at - pair[0].at;
        assert!(pause > INTERVAL - Duration::from_millis(500), "{pause:?}");
    }
    assert_eq!(asked.len(), 2);
}

#[test]
fn a_host_who_is_on_the_way_opens_the_meeting() {
    let stub = with_moderators(&Arc::new(AtomicU64::new(0)));
    let house = House::new(&stub, json!({}));
    assert_waits(&house.guest("Grace"));
    let asked = stub.calls().len();
    assert_eq!(sent(&stub, &house.host("Ada"))["role"], "MODERATOR");
    assert_eq!(sent(&stub, &house.guest("Grace"))["role"], "VIEWER");
    let names: Vec<String> = stub.calls().into_iter().map(|call| call.name).collect();
    assert_eq!(names[asked..], ["create", "create"]);
}

#[test]
fn a_room_that_opens_by_itself_asks_nothing() {
    let stub = with_moderators(&Arc::new(AtomicU64::new(0)));
    for option in ["start_active", "enable_session_auto_start"] {
        let house = House::new(&stub, json!({"options": {option: true}}));
        assert_eq!(sent(&stub, &house.guest("Grace"))["role"], "VIEWER");
    }
    assert!(stub.calls_of("getMeetingInfo").is_empty());
}

#[test]
fn a_server_that_does_not_say_who_is_there_lets_nobody_in() {
    let stub = Stub::with(|call| match call.name.as_str() {
        "create" => created(1),
        _ => failed("somethingNew", "stub says: no"),
    });
    let house = House::new(&stub, json!({}));
    assert_failed(&house.guest("Grace"));
    assert!(stub.calls_of("create").is_empty());
}
