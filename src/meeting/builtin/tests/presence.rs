use super::*;

#[test]
fn a_broken_connection_leaves_the_place_for_30_seconds() {
    let mut world = World::new(json!({}));
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    let resume = world.got(ada)[0]["resume"].clone();
    world.forget();
    world.breaks(ada);
    assert_eq!(
        world.last(grace, "person_changed")["person"]["connected"],
        false
    );
    world.wait(29);
    assert_eq!(world.types(grace), [""; 0]);
    world.wait(1);
    assert_eq!(world.last(grace, "person_left")["id"], "p1");
    assert_eq!(world.resume(&resume), None);
}

#[test]
fn who_comes_back_in_time_is_the_same_person() {
    let mut world = World::new(json!({}));
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    world.says(ada, json!({"type": "hand", "raised": true}));
    let resume = world.sent[&ada][0]["resume"].clone();
    world.breaks(ada);
    world.wait(29);
    world.forget();
    let ada = world.resume(&resume).expect("a place");
    let joined = world.got(ada).remove(0);
    assert_eq!(joined["self"], "p1");
    assert_eq!(joined["people"][0]["hand"], true);
    assert_eq!(joined["people"][0]["connected"], true);
    assert_ne!(joined["resume"], resume);
    assert_eq!(
        world.last(grace, "person_changed")["person"]["connected"],
        true
    );
    world.wait(60);
    assert_eq!(world.types(grace), [""; 0]);
}

#[test]
fn a_second_socket_takes_the_place_of_the_first() {
    let mut world = World::new(json!({}));
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    let resume = world.sent[&ada][0]["resume"].clone();
    world.forget();
    let again = world.resume(&resume).expect("a place");
    assert_eq!(world.types(ada), ["replaced"]);
    assert_eq!(world.closed[&ada], CloseCode::Replaced);
    assert_eq!(world.types(grace), [""; 0]);
    // The end of the old socket, and what still comes over it, are nothing to the meeting.
    world.breaks(ada);
    world.says(ada, json!({"type": "leave"}));
    world.says(again, json!({"type": "hand", "raised": true}));
    assert_eq!(world.types(grace), ["person_changed"]);
}

#[test]
fn a_secret_opens_until_the_next_one_is_known_to_have_arrived() {
    let mut world = World::new(json!({}));
    let ada = world.guest("Ada");
    let first = world.last(ada, "joined")["resume"].clone();
    world.breaks(ada);
    let ada = world.resume(&first).expect("a place");
    world.breaks(ada);
    let ada = world.resume(&first).expect("a place");
    let second = world.got(ada)[0]["resume"].clone();
    world.meeting.heard(ada);
    world.breaks(ada);
    assert_eq!(world.resume(&first), None);
    assert!(world.resume(&second).is_some());
}

#[test]
fn who_left_has_nothing_to_resume() {
    let mut world = World::new(json!({}));
    let host = world.host();
    let resume = world.last(host, "joined")["resume"].clone();
    world.says(host, json!({"type": "leave"}));
    assert_eq!(world.resume(&resume), None);
}

#[test]
fn everybody_who_was_in_may_rate_and_nobody_where_it_is_off() {
    let mut world = World::new(json!({}));
    let ada = world.guest("Ada");
    let rating = world.last(ada, "joined")["rating"].clone();
    let rating = rating.as_str().expect("a text");
    assert_eq!(world.ratings[rating], None);
    world.says(ada, json!({"type": "leave"}));
    assert_eq!(world.ratings[rating], Some(world.now));

    let mut world = World::new(json!({"allow_rating": false}));
    let ada = world.guest("Ada");
    assert_eq!(world.last(ada, "joined")["rating"], json!(null));
    world.says(ada, json!({"type": "leave"}));
    assert!(world.ratings.is_empty());
}
