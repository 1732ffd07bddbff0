use super::*;

#[test]
fn guests_do_nothing_of_what_hosts_may() {
    let options = json!({"enable_session_auto_finish": true});
    let mut world = World::new(options);
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    world.forget();
    for message in [
        json!({"type": "admit", "id": "p2"}),
        json!({"type": "turn_away", "id": "p2"}),
        json!({"type": "mute", "id": "p2"}),
        json!({"type": "mute"}),
        json!({"type": "remove", "id": "p2"}),
        json!({"type": "end"}),
        json!({"type": "extend", "minutes": 10}),
        json!({"type": "clear_chat"}),
    ] {
        world.assert_refused(ada, message, "not_allowed");
    }
    assert_eq!(world.types(grace), [""; 0]);
}

#[test]
fn hosts_mute_one_or_all_guests() {
    let mut world = World::new(json!({}));
    let (host, other) = (world.host(), world.host());
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    world.forget();
    world.says(host, json!({"type": "mute", "id": "p3"}));
    assert_eq!(world.got(ada), [json!({"type": "mute", "by": "p1"})]);
    assert_eq!(world.types(grace), [""; 0]);
    world.says(host, json!({"type": "mute", "id": null}));
    assert_eq!(world.types(ada), ["mute"]);
    assert_eq!(world.types(grace), ["mute"]);
    assert_eq!(world.types(other), [""; 0]);
    world.assert_refused(host, json!({"type": "mute", "id": "p9"}), "no_such_person");
}

#[test]
fn who_was_removed_has_no_place_to_come_back_to() {
    let mut world = World::new(json!({}));
    let (host, ada) = (world.host(), world.guest("Ada"));
    let resume = world.last(ada, "joined")["resume"].clone();
    world.assert_refused(host, json!({"type": "remove", "id": "p1"}), "not_allowed");
    world.says(host, json!({"type": "remove", "id": "p2"}));
    world.last(ada, "removed");
    assert_eq!(world.closed[&ada], CloseCode::Removed);
    assert_eq!(world.last(host, "person_left")["id"], "p2");
    assert_eq!(world.resume(&resume), None);
    world.assert_refused(
        host,
        json!({"type": "remove", "id": "p2"}),
        "no_such_person",
    );
}

#[test]
fn the_end_is_for_all_also_for_who_waits() {
    let url = "https://example.com/bye";
    let options = json!({"skip_approval_on_join": false, "return_url": url});
    let mut world = World::new(options);
    let host = world.host();
    let ada = world.guest("Ada");
    world.says(host, json!({"type": "end"}));
    for socket in [host, ada] {
        let ended = world.last(socket, "ended");
        assert_eq!(
            ended,
            json!({"type": "ended", "reason": "host", "return_url": url})
        );
        assert_eq!(world.closed[&socket], CloseCode::Ended);
    }
    assert!(world.meeting.is_forgotten(world.now));
}

#[test]
fn a_meeting_ends_with_its_room() {
    let mut world = World::new(json!({}));
    let ada = world.guest("Ada");
    world.end(EndReason::Room);
    assert_eq!(world.last(ada, "ended")["reason"], "room");
    assert!(world.meeting.is_forgotten(world.now));
}
