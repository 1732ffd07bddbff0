use super::*;

const MINUTE: u64 = 60;

fn limited(duration: Value) -> Value {
    json!({"session_duration": 2, "enable_session_auto_finish": true, "duration": duration,
        "enable_attendance_check": false})
}

#[test]
fn a_meeting_lasts_only_where_it_finishes_by_itself() {
    let mut world = World::new(json!({"session_duration": 1}));
    let ada = world.guest("Ada");
    assert_eq!(world.last(ada, "joined")["ends_at"], json!(null));
    world.wait(2 * MINUTE);
    assert_eq!(world.types(ada), [""; 0]);

    let mut world = World::new(limited(json!({})));
    let start = world.now;
    let ada = world.guest("Ada");
    let joined = world.last(ada, "joined");
    assert_eq!(joined["ends_at"], start + 120_000);
    assert_eq!(joined["can_extend"], false);
    world.wait(2 * MINUTE - 1);
    assert_eq!(world.types(ada), [""; 0]);
    world.wait(1);
    assert_eq!(world.last(ada, "ended")["reason"], "time");
}

#[test]
fn hosts_extend_a_meeting_where_they_may() {
    let mut world = World::new(limited(json!({})));
    let (host, ada) = (world.host(), world.guest("Ada"));
    assert_eq!(world.got(host)[0]["can_extend"], true);
    world.forget();
    world.says(host, json!({"type": "extend", "minutes": 60}));
    let ends_at = world.now + 62 * 60_000;
    let time = |can| json!({"type": "time", "ends_at": ends_at, "can_extend": can});
    assert_eq!(world.got(host), [time(true)]);
    assert_eq!(world.got(ada), [time(false)]);
    for minutes in [0, 61] {
        let message = json!({"type": "extend", "minutes": minutes});
        world.assert_refused(host, message, "not_allowed");
    }
    for options in [limited(json!({"allowExtendTime": false})), json!({})] {
        let mut world = World::new(options);
        let host = world.host();
        assert_eq!(world.last(host, "joined")["can_extend"], false);
        world.assert_refused(host, json!({"type": "extend", "minutes": 1}), "not_allowed");
    }
}

#[test]
fn a_meeting_that_was_left_goes_on_with_its_remaining_time_or_starts_anew() {
    for (uses_rest, rest) in [(true, 110_000), (false, 120_000)] {
        let mut world = World::new(limited(json!({"useRemainingTime": uses_rest})));
        let ada = world.guest("Ada");
        world.says(ada, json!({"type": "leave"}));
        world.wait(10);
        let ada = world.guest("Ada");
        assert_eq!(world.last(ada, "joined")["ends_at"], world.now + rest);
    }
}

#[test]
fn an_empty_meeting_is_forgotten_once_nothing_of_it_is_needed() {
    for (uses_rest, seconds) in [(true, 120), (false, 30)] {
        let mut world = World::new(limited(json!({"useRemainingTime": uses_rest})));
        let ada = world.guest("Ada");
        assert!(!world.meeting.is_forgotten(world.now));
        world.says(ada, json!({"type": "leave"}));
        world.wait(seconds - 1);
        assert!(!world.meeting.is_forgotten(world.now));
        world.wait(1);
        assert!(world.meeting.is_forgotten(world.now), "{uses_rest}");
    }
}

#[test]
fn people_are_asked_whether_they_are_there_while_a_host_is_in() {
    let mut world = World::new(json!({}));
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    world.wait(20 * MINUTE);
    world.forget();
    let host = world.host();
    world.wait(10 * MINUTE);
    world.forget();
    world.wait(1);
    let check = json!({"type": "attendance_check", "check": 1, "seconds": 60});
    assert_eq!(world.last(ada, "attendance_check"), check);
    world.last(grace, "attendance_check");
    assert!(!world.types(host).contains(&"attendance_check".to_owned()));
    world.says(ada, json!({"type": "attendance", "check": 1}));
    world.says(ada, json!({"type": "attendance", "check": 1}));
    world.says(grace, json!({"type": "attendance", "check": 2}));
    world.wait(MINUTE);
    let results = world.last(host, "attendance")["results"].clone();
    let expected = json!([{"name": "Ada", "asked": 1, "answered": 1},
        {"name": "Grace", "asked": 1, "answered": 0}]);
    assert_eq!(results, expected);
    world.says(grace, json!({"type": "attendance", "check": 1}));
    world.says(ada, json!({"type": "leave"}));
    world.wait(10 * MINUTE);
    let results = world.last(host, "attendance")["results"].clone();
    assert_eq!(results[0]["asked"], 1);
    assert_eq!(
        results[1],
        json!({"name": "Grace", "asked": 2, "answered": 0})
    );
}

#[test]
fn nobody_is_asked_where_it_is_off() {
    let mut world = World::new(json!({"enable_attendance_check": false}));
    let (host, ada) = (world.host(), world.guest("Ada"));
    world.forget();
    world.wait(30 * MINUTE);
    assert_eq!(world.types(ada), [""; 0]);
    assert_eq!(world.types(host), [""; 0]);
}

#[test]
fn credentials_come_with_the_meeting_and_every_half_hour() {
    let mut world = World::with(
        json!({"enable_attendance_check": false}),
        WithoutHost::Wait,
        6,
    );
    let ada = world.guest("Ada");
    world.wait(40 * MINUTE);
    assert_eq!(world.credentials.get(&ada), None);
    let host = world.host();
    assert_eq!(world.credentials[&ada], 1);
    world.wait(30 * MINUTE - 1);
    assert_eq!(world.credentials[&ada], 1);
    world.wait(1);
    assert_eq!((world.credentials[&ada], world.credentials[&host]), (2, 2));
    // Who comes back gets new ones at once, and the next ones half an hour later.
    let secret = world.got(ada)[1]["resume"].clone();
    world.wait(10 * MINUTE);
    world.breaks(ada);
    let ada = world.resume(&secret).expect("a place");
    assert_eq!(world.credentials[&ada], 1);
    world.wait(20 * MINUTE);
    assert_eq!((world.credentials[&ada], world.credentials[&host]), (1, 3));
    world.wait(10 * MINUTE);
    assert_eq!(world.credentials[&ada], 2);
}
