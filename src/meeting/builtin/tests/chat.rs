use super::*;

#[test]
fn messages_reach_everybody_or_one_and_the_sender() {
    let mut world = World::new(json!({}));
    let (ada, grace, edsger) = (
        world.guest("Ada"),
        world.guest("Grace"),
        world.guest("Edsger"),
    );
    world.forget();
    let text = "<script>alert(\"é\")</script>\n";
    world.says(ada, json!({"type": "chat", "to": null, "text": text}));
    let message = json!({"type": "chat", "id": 1, "from": "p1", "name": "Ada", "to": null,
        "text": text, "at": world.now});
    for socket in [ada, grace, edsger] {
        assert_eq!(world.got(socket), std::slice::from_ref(&message));
    }
    world.says(ada, json!({"type": "chat", "to": "p2", "text": "psst"}));
    assert_eq!(world.last(ada, "chat")["to"], "p2");
    assert_eq!(world.last(grace, "chat")["id"], 2);
    assert_eq!(world.types(edsger), [""; 0]);
}

#[test]
fn nobody_writes_where_the_chat_is_off() {
    for (switch, from_host, to, allowed) in [
        ("offMessageModule", true, json!(null), false),
        ("offMessageModule", false, json!("p1"), false),
        ("offGeneralMsging", false, json!(null), false),
        ("offGeneralMsging", true, json!(null), true),
        ("offSpecialMsging", true, json!("p2"), false),
        ("offSpecialMsgToAdmin", false, json!("p1"), false),
        ("offSpecialMsgToAdmin", false, json!("p3"), true),
        ("offSpecialMsgToUser", false, json!("p3"), false),
        ("offSpecialMsgToUser", false, json!("p1"), true),
    ] {
        let mut world = World::new(json!({"chat": {switch: true}}));
        let (host, ada) = (world.host(), world.guest("Ada"));
        world.guest("Grace");
        let from = if from_host { host } else { ada };
        let message = json!({"type": "chat", "to": to, "text": "Hello"});
        if allowed {
            world.says(from, message);
            world.last(from, "chat");
        } else {
            world.assert_refused(from, message, "chat_off");
        }
    }
}

#[test]
fn guests_write_ten_messages_to_everybody_a_minute() {
    let hello = || json!({"type": "chat", "text": "Hello"});
    let mut world = World::new(json!({}));
    let (host, ada) = (world.host(), world.guest("Ada"));
    for _ in 0..10 {
        world.says(ada, hello());
        world.last(ada, "chat");
        world.says(host, hello());
    }
    world.assert_refused(ada, hello(), "rate_limited");
    world.says(host, hello());
    world.last(host, "chat");
    world.says(ada, json!({"type": "chat", "to": "p1", "text": "Hello"}));
    world.last(ada, "chat");
    world.wait(60);
    world.says(ada, hello());
    world.last(ada, "chat");

    let mut world = World::new(json!({"chat": {"offGeneralMsgLimitForUser": true}}));
    let ada = world.guest("Ada");
    for _ in 0..30 {
        world.says(ada, hello());
        world.last(ada, "chat");
    }
}

#[test]
fn a_message_has_a_length_and_a_receiver() {
    let mut world = World::new(json!({}));
    let ada = world.guest("Ada");
    let long = "x".repeat(2001);
    world.assert_refused(ada, json!({"type": "chat", "text": long}), "too_long");
    world.assert_refused(ada, json!({"type": "chat", "text": " "}), "too_long");
    let message = json!({"type": "chat", "to": "p9", "text": "Hello"});
    world.assert_refused(ada, message, "no_such_person");
}

#[test]
fn nothing_in_a_message_acts_beyond_it() {
    let mut world = World::new(json!({}));
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    let text = "a\0b\r\n\u{202E}c\u{2066}\td";
    world.says(ada, json!({"type": "chat", "text": text}));
    assert_eq!(world.last(grace, "chat")["text"], "ab\nc d");
}

#[test]
fn only_hosts_clear_the_chat_unless_it_is_off() {
    let mut world = World::new(json!({}));
    let (host, ada) = (world.host(), world.guest("Ada"));
    world.assert_refused(ada, json!({"type": "clear_chat"}), "not_allowed");
    world.says(host, json!({"type": "clear_chat"}));
    world.last(host, "chat_cleared");
    world.last(ada, "chat_cleared");

    let mut world = World::new(json!({"chat": {"offClearForReplay": true}}));
    let host = world.host();
    world.assert_refused(host, json!({"type": "clear_chat"}), "not_allowed");
}

#[test]
fn messages_are_kept_for_who_comes_back() {
    let mut world = World::new(json!({}));
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    let resume = world.last(grace, "joined")["resume"].clone();
    // The network is gone before anybody notices.
    world.says(ada, json!({"type": "chat", "text": "one"}));
    world.breaks(grace);
    world.says(ada, json!({"type": "chat", "to": "p2", "text": "two"}));
    let grace = world.resume(&resume).expect("a place");
    assert_eq!(
        world.types(grace),
        ["joined", "chat", "chat", "person_changed"]
    );
}
