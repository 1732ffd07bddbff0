use super::*;

#[test]
fn guests_wait_until_a_host_comes_and_stay_when_the_last_one_leaves() {
    let mut world = World::with(json!({}), WithoutHost::Wait, 6);
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    assert_eq!(world.last(ada, "waiting")["reason"], "host");
    assert_eq!(world.last(grace, "waiting")["reason"], "host");
    let host = world.host();
    assert_eq!(world.types(ada), ["joined", "person_joined"]);
    assert_eq!(world.types(grace), ["joined"]);
    assert_eq!(
        world.types(host),
        ["joined", "person_joined", "person_joined", "waiting_people"]
    );
    world.says(host, json!({"type": "leave"}));
    assert_eq!(world.types(ada), ["person_left"]);
    let late = world.guest("Late");
    assert_eq!(world.last(late, "waiting")["reason"], "host");
}

#[test]
fn a_host_whose_connection_broke_just_now_is_still_there() {
    let mut world = World::with(json!({}), WithoutHost::Wait, 6);
    let host = world.host();
    world.breaks(host);
    world.wait(29);
    let ada = world.guest("Ada");
    world.last(ada, "joined");
    world.wait(1);
    let grace = world.guest("Grace");
    world.last(grace, "waiting");
}

#[test]
fn hosts_admit_guests_or_turn_them_away() {
    let mut world = World::new(json!({"skip_approval_on_join": false}));
    let ada = world.guest("Ada");
    assert_eq!(world.last(ada, "waiting")["reason"], "host");
    let host = world.host();
    assert_eq!(world.last(ada, "waiting")["reason"], "approval");
    let waiting = world.last(host, "waiting_people");
    assert_eq!(waiting["people"], json!([{"id": "p1", "name": "Ada"}]));
    let grace = world.guest("Grace");
    assert_eq!(
        world.last(host, "waiting_people")["people"][1]["name"],
        "Grace"
    );
    world.says(host, json!({"type": "admit", "id": "p1"}));
    world.last(ada, "joined");
    assert_eq!(world.types(host), ["person_joined", "waiting_people"]);
    world.says(host, json!({"type": "turn_away", "id": "p3"}));
    world.last(grace, "turned_away");
    assert_eq!(world.closed[&grace], CloseCode::TurnedAway);
    assert_eq!(world.last(host, "waiting_people")["people"], json!([]));
    assert_eq!(world.types(ada), [""; 0]);
}

#[test]
fn another_host_is_told_who_waits() {
    let mut world = World::new(json!({"skip_approval_on_join": false}));
    let first = world.host();
    world.guest("Ada");
    let second = world.host();
    assert_eq!(world.types(second), ["joined", "waiting_people"]);
    assert_eq!(
        world.types(first),
        ["joined", "waiting_people", "person_joined"]
    );
}

#[test]
fn who_waits_for_approval_waits_for_a_host_again_when_the_last_one_leaves() {
    let mut world = World::new(json!({"skip_approval_on_join": false}));
    let host = world.host();
    let ada = world.guest("Ada");
    assert_eq!(world.last(ada, "waiting")["reason"], "approval");
    world.says(host, json!({"type": "leave"}));
    assert_eq!(world.last(ada, "waiting")["reason"], "host");
}

#[test]
fn who_waits_does_nothing_in_the_meeting() {
    let mut world = World::new(json!({"skip_approval_on_join": false}));
    let host = world.host();
    let ada = world.guest("Ada");
    world.forget();
    for message in [
        json!({"type": "chat", "text": "Hello"}),
        json!({"type": "signal", "to": "p1", "data": 1}),
        json!({"type": "hand", "raised": true}),
        json!({"type": "admit", "id": "p2"}),
        json!({"type": "end"}),
    ] {
        world.assert_refused(ada, message, "not_allowed");
    }
    assert_eq!(world.types(host), [""; 0]);
    world.says(ada, json!({"type": "leave"}));
    assert_eq!(world.types(host), ["waiting_people"]);
}

#[test]
fn who_waits_and_loses_the_connection_waits_no_longer() {
    let mut world = World::new(json!({"skip_approval_on_join": false}));
    let host = world.host();
    let ada = world.guest("Ada");
    world.forget();
    world.breaks(ada);
    assert_eq!(world.last(host, "waiting_people")["people"], json!([]));
    world.assert_refused(host, json!({"type": "admit", "id": "p2"}), "no_such_person");
}

#[test]
fn a_host_comes_while_another_turns_a_guest_away() {
    let mut world = World::with(
        json!({"skip_approval_on_join": false}),
        WithoutHost::Wait,
        6,
    );
    let ada = world.guest("Ada");
    let first = world.host();
    world.says(first, json!({"type": "turn_away", "id": "p1"}));
    let second = world.host();
    world.says(second, json!({"type": "admit", "id": "p1"}));
    assert_eq!(world.last(second, "error")["code"], "no_such_person");
    world.says(first, json!({"type": "turn_away", "id": "p1"}));
    assert_eq!(world.last(first, "error")["code"], "no_such_person");
    assert_eq!(
        world.last(ada, "turned_away"),
        json!({"type": "turned_away"})
    );
}

#[test]
fn of_two_for_the_last_place_the_first_gets_it() {
    let mut world = World::with(json!({}), WithoutHost::Open, 2);
    world.guest("Ada");
    let (grace, edsger) = (world.guest("Grace"), world.guest("Edsger"));
    world.last(grace, "joined");
    assert_eq!(world.last(edsger, "full")["max_people"], 2);
    assert_eq!(world.closed[&edsger], CloseCode::Full);
    world.breaks(grace);
    let host = world.host();
    world.last(host, "full");
    world.wait(30);
    let host = world.host();
    world.last(host, "joined");
}

#[test]
fn who_waited_finds_no_place_when_the_host_comes() {
    let mut world = World::with(json!({}), WithoutHost::Wait, 2);
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    let host = world.host();
    world.last(ada, "joined");
    world.last(grace, "full");
    assert_eq!(
        world.types(host),
        ["joined", "person_joined", "waiting_people"]
    );
}

#[test]
fn any_number_of_people_who_wait_is_bounded() {
    let mut world = World::with(json!({}), WithoutHost::Wait, 6);
    for _ in 0..64 {
        let guest = world.guest("Ada");
        world.last(guest, "waiting");
    }
    let guest = world.guest("Grace");
    world.last(guest, "full");
    // They lock no host out.
    let host = world.host();
    assert_eq!(world.types(host)[0], "joined");
}
