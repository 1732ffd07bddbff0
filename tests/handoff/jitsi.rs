use crate::room::{Room, SECRET, claims, fragment};
use crate::support::{room_path, text};
use roomd::config::Config;
use roomd::model::{JitsiGuests, MeetingServer};
use serde_json::{Value, json};

fn without_tokens(config: &mut Config) {
    config.meeting.server = MeetingServer::Jitsi;
    config.meeting.jitsi.url = "https://Meet.example/".parse().ok();
}

fn with_tokens(config: &mut Config) {
    without_tokens(config);
    config.meeting.jitsi.app_id = Some("roomd".into());
    config.meeting.jitsi.secret = SECRET.parse().ok();
}

fn with_tokens_for_all(config: &mut Config) {
    with_tokens(config);
    config.meeting.jitsi.guests = JitsiGuests::Token;
}

/// Returns the claims of the token in a URL.
#[track_caller]
fn token(url: &str) -> Value {
    let token = fragment(url)["jwt"].clone();
    claims(token.as_str().expect("a text"))
}

#[test]
fn without_tokens_everybody_comes_with_a_name_only() {
    let room = Room::new(&json!({}), without_tokens);
    let host = room.host_token();
    let start = format!("https://meet.example/{}?lang=en#", room.token());
    for body in [
        json!({"name": "Ada \u{1F600} &", "host": host}),
        json!({"name": "Ada \u{1F600} &"}),
    ] {
        let url = room.url(&body);
        assert!(url.starts_with(&start), "{url}");
        let values = fragment(&url);
        assert_eq!(values["userInfo.displayName"], "Ada \u{1F600} &");
        assert_eq!(values["config.subject"], room.shown["name"]);
        assert!(!values.contains_key("jwt"));
    }
}

#[test]
fn a_host_is_moderator_by_a_token_and_a_guest_has_none() {
    let room = Room::new(&json!({}), with_tokens);
    let url = room.url(&json!({"name": "Ada", "host": room.host_token()}));
    assert!(
        !url.split('#').next().expect("a start").contains("eyJ"),
        "{url}"
    );
    let claims = token(&url);
    assert_eq!(claims["iss"], "roomd");
    assert_eq!(claims["aud"], "jitsi");
    assert_eq!(claims["sub"], "meet.example");
    assert_eq!(claims["room"], room.token());
    assert_eq!(claims["moderator"], true);
    let user = &claims["context"]["user"];
    assert_eq!(user["affiliation"], "owner");
    assert!(!claims.to_string().contains('@'), "{claims}");
    let guest = room.url(&json!({"name": "Grace"}));
    assert!(
        !guest.contains("jwt") && !guest.contains("owner"),
        "{guest}"
    );
    assert_eq!(fragment(&guest)["userInfo.displayName"], "Grace");
}

#[test]
fn a_guest_with_a_token_is_a_member() {
    let room = Room::new(&json!({}), with_tokens_for_all);
    let claims = token(&room.url(&json!({"name": "Grace"})));
    assert_eq!(claims.get("moderator"), None);
    let user = &claims["context"]["user"];
    assert_eq!(
        (&user["name"], &user["affiliation"]),
        (&json!("Grace"), &json!("member"))
    );
    assert_eq!(user.get("moderator"), None);
    let again = token(&room.url(&json!({"name": "Grace"})));
    assert_ne!(text(&again["context"]["user"], "id"), text(user, "id"));
}

#[test]
fn guests_wait_until_a_host_has_gone() {
    let room = Room::new(&json!({}), with_tokens);
    let host = room.host_token();
    let guest = json!({"name": "Grace"});
    let waiting = json!({"waiting": "host", "retry_after": 3});
    room.join(&guest).assert(200, &waiting);
    let answer = room.join(&json!({"name": "Grace", "host": "AAAA"}));
    assert_eq!(answer.status, 403, "{answer:?}");
    room.join(&guest).assert(200, &waiting);
    room.url(&json!({"name": "Ada", "host": host}));
    room.url(&guest);
}

#[test]
fn changed_options_act_on_the_next_click() {
    let room = Room::new(&json!({}), with_tokens);
    let host = json!({"name": "Ada", "host": room.host_token()});
    let before = fragment(&room.url(&host));
    assert!(!before.contains_key("config.disableReactions"));
    let change = json!({"allow_recording": false, "name": "Chemistry",
        "options": {"allow_reactions": false, "chat": {"offMessageModule": true}}});
    let answer = room.server.put(&room_path(&room.shown), &change);
    assert_eq!(answer.status, 200, "{answer:?}");
    let url = room.url(&host);
    let after = fragment(&url);
    assert_eq!(after["config.disableReactions"], true);
    assert_eq!(after["config.subject"], "Chemistry");
    let buttons = after["config.toolbarButtons"].as_array().expect("buttons");
    assert!(!buttons.contains(&json!("chat")) && !buttons.contains(&json!("recording")));
    let claims = token(&url);
    assert_eq!(claims["context"]["features"]["recording"], false);
    // The meeting stays where it was.
    assert_eq!(claims["room"], room.token());
}

#[test]
fn the_api_says_what_becomes_of_the_options() {
    for change in [without_tokens, with_tokens] {
        let room = Room::new(&json!({}), change);
        let meeting = &room.shown["meeting"];
        assert_eq!(meeting["server"], "jitsi");
        let lists = |list: &str, option: &str| {
            let listed = meeting[list].as_array().expect("a list");
            listed.contains(&json!(option))
        };
        assert!(lists("applied", "start_active"));
        assert!(lists("client_only", "allow_reactions"));
        assert!(lists("client_only", "chat.offSpecialMsging"));
        assert!(lists("ignored", "return_url"));
    }
}
