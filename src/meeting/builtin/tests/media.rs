use super::*;

const SENDS: &str = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendrecv\r\n";
const RECEIVES: &str = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\n";

fn signal(to: &str, sdp: &str) -> Value {
    json!({"type": "signal", "to": to, "data": {"description": {"type": "offer", "sdp": sdp}}})
}

#[test]
fn signals_are_relayed_as_they_came() {
    let mut world = World::new(json!({}));
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    world.forget();
    let text = r#"{"type":"signal","to":"p2","data":{"b": 1.50, "a":"\u00e9"}}"#;
    let message = ClientMessage::parse(text).expect("a message");
    world.meeting.handle(ada, message, world.now);
    let expected = r#"{"type":"signal","from":"p1","data":{"b": 1.50, "a":"\u00e9"}}"#;
    let effects = world.meeting.take_effects();
    assert_eq!(effects, [Effect::Send(grace, expected.into())]);
    world.assert_refused(ada, signal("p1", SENDS), "no_such_person");
    world.assert_refused(ada, signal("p3", SENDS), "no_such_person");
    world.breaks(grace);
    world.forget();
    world.says(ada, signal("p2", SENDS));
    assert_eq!(world.types(ada), [""; 0]);
}

#[test]
fn guests_send_no_media_where_only_hosts_may() {
    let mut world = World::new(json!({"allow_users_stream_self_cam_mic": false}));
    let (host, ada) = (world.host(), world.guest("Ada"));
    assert_eq!(world.last(ada, "joined")["settings"]["share_media"], false);
    world.forget();
    world.assert_refused(ada, signal("p1", SENDS), "media_off");
    let media = |video| json!({"type": "media", "audio": false, "video": video, "screen": false});
    world.assert_refused(ada, media(true), "media_off");
    assert_eq!(world.types(host), [""; 0]);
    world.says(ada, signal("p1", RECEIVES));
    world.says(ada, media(false));
    assert_eq!(world.types(host), ["signal", "person_changed"]);
    world.says(host, signal("p2", SENDS));
    world.says(host, media(true));
    assert_eq!(
        world.types(ada),
        ["person_changed", "signal", "person_changed"]
    );
}

#[test]
fn pages_of_guests_are_kept_apart_where_their_streams_are_hidden() {
    let mut world = World::new(json!({"hide_user_streams": true}));
    let (host, ada, grace) = (world.host(), world.guest("Ada"), world.guest("Grace"));
    world.forget();
    world.assert_refused(ada, signal("p3", RECEIVES), "not_allowed");
    assert_eq!(world.types(grace), [""; 0]);
    world.says(ada, signal("p1", SENDS));
    assert_eq!(world.types(host), ["signal"]);
    world.says(host, signal("p3", SENDS));
    assert_eq!(world.types(grace), ["signal"]);
}

#[test]
fn everybody_sees_media_hands_and_reactions() {
    let mut world = World::new(json!({}));
    let (ada, grace) = (world.guest("Ada"), world.guest("Grace"));
    world.forget();
    world.says(
        ada,
        json!({"type": "media", "audio": true, "video": true, "screen": false,
            "camera_stream": "{1}"}),
    );
    world.says(ada, json!({"type": "hand", "raised": true}));
    for socket in [ada, grace] {
        let person = world.last(socket, "person_changed")["person"].clone();
        assert_eq!(person["hand"], true);
        assert_eq!(person["audio"], true);
        assert_eq!(person["camera_stream"], "{1}");
    }
    world.says(grace, json!({"type": "reaction", "reaction": "🎉"}));
    let expected = json!({"type": "reaction", "from": "p2", "reaction": "🎉"});
    assert_eq!(world.got(ada), [expected]);
}

#[test]
fn reactions_can_be_off() {
    let mut world = World::new(json!({"allow_reactions": false}));
    let host = world.host();
    let message = json!({"type": "reaction", "reaction": "👍"});
    world.assert_refused(host, message, "not_allowed");
    world.says(host, json!({"type": "hand", "raised": true}));
    world.last(host, "person_changed");
}
