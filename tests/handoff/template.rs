use crate::room::{Room, SECRET, claims};
use crate::support::{Folder, Process, ROOM, TIMEOUT, join, page_path, room_path, text};
use roomd::config::Config;
use roomd::model::{MeetingServer, WithoutHost};
use serde_json::{Value, json};

const HOST_URL: &str = "https://meet.example/{slug}?n={user_name}&r={role}#{jwt}";
const GUEST_URL: &str = "https://meet.example/{slug}?n={user_name}&r={role}&e={user_email}";
const CLAIMS: &str = r#"{"room": "{guid}", "email": "{user_email}", "moderator": "{moderator}"}"#;

fn settings(config: &mut Config) {
    config.meeting.server = MeetingServer::Template;
    let template = &mut config.meeting.template;
    template.host_url = HOST_URL.parse().ok();
    template.guest_url = GUEST_URL.parse().ok();
    template.token_claims = CLAIMS.parse().ok();
    template.token_secret = SECRET.parse().ok();
}

#[test]
fn hosts_and_guests_are_sent_to_their_urls() {
    let room = Room::new(&json!({}), settings);
    let slug = room.page().rsplit('/').next().expect("a slug").to_owned();
    assert_eq!(
        room.url(&json!({"name": "Gr\u{e4}ce & +"})),
        format!("https://meet.example/{slug}?n=Gr%C3%A4ce%20%26%20%2B&r=guest&e=")
    );
    let host = room.host_token();
    let url = room.url(&json!({"name": "Ada", "host": host}));
    let (start, token) = url.split_once('#').expect("a token");
    assert_eq!(start, format!("https://meet.example/{slug}?n=Ada&r=host"));
    let claims = claims(token);
    assert_eq!(claims["room"], room.shown["room_guid"]);
    assert_eq!(claims["email"], "ada@example.com");
    assert_eq!(claims["moderator"], "true");
    let (iat, exp) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    assert_eq!(exp.zip(iat).map(|(exp, iat)| exp - iat), Some(300));
    assert!(claims["nbf"].as_i64() < iat);
}

#[test]
fn guests_wait_until_a_host_has_gone() {
    let room = Room::new(&json!({}), settings);
    let guest = json!({"name": "Grace"});
    // Nobody is host of a room of which no host link was given out.
    room.url(&guest);
    let host = room.host_token();
    let waiting = json!({"waiting": "host", "retry_after": 3});
    room.join(&guest).assert(200, &waiting);
    room.url(&json!({"name": "Ada", "host": host}));
    room.url(&guest);
    let open = Room::new(&json!({"start_active": true}), settings);
    open.host_token();
    open.url(&guest);
    let strict = Room::new(&json!({"start_active": true}), |config| {
        settings(config);
        config.meeting.without_host = WithoutHost::Wait;
    });
    strict.join(&guest).assert(200, &waiting);
}

#[test]
fn a_host_who_has_gone_opens_no_other_room() {
    let room = Room::new(&json!({}), settings);
    let request = json!({"creator_email": "grace@example.com", "name": "Chemistry",
        "fields": ["host_url"]});
    let other = room.server.post(ROOM, &request).json();
    let url = room.url(&json!({"name": "Ada", "host": room.host_token()}));
    assert!(url.contains("r=host"), "{url}");
    let answer = join(
        &room.server,
        page_path(text(&other, "url")),
        &json!({"name": "Grace"}),
    );
    assert_eq!(answer.json()["waiting"], "host");
}

#[test]
fn only_the_right_host_link_makes_a_host() {
    let room = Room::new(&json!({}), settings);
    let host = room.host_token();
    let end = if host.ends_with('A') { "B" } else { "A" };
    let changed = format!("{}{end}", &host[..host.len() - 1]);
    let half = &host[..host.len() / 2];
    for wrong in [changed.as_str(), half, "x", "null", "true"] {
        let answer = room.join(&json!({"name": "Grace", "host": wrong}));
        assert_eq!((answer.status, &answer.json()["code"]), (403, &json!(55)));
        assert!(!answer.body.contains("meet.example"), "{answer:?}");
    }
    // What a page does not send changes nothing.
    for extra in ["role", "moderator", "is_host", "host_url"] {
        let answer = room.join(&json!({"name": "Grace", extra: "host"}));
        assert_eq!(answer.json().get("url"), None, "{answer:?}");
    }
    // The link of another room.
    let request = json!({"creator_email": "grace@example.com", "name": "Chemistry"});
    let other = room.server.post(ROOM, &request).json();
    let body = json!({"name": "Grace", "host": host});
    let answer = join(&room.server, page_path(text(&other, "url")), &body);
    assert_eq!(answer.status, 403, "{answer:?}");
}

/// Settings with which the meeting server leads people back.
fn leading_back(config: &mut Config) {
    settings(config);
    let template = &mut config.meeting.template;
    template.host_url = "https://meet.example/{jwt}?b={return_url}".parse().ok();
    template.guest_url = "https://meet.example/?b={return_url}".parse().ok();
}

#[test]
fn who_comes_back_gives_stars_once() {
    let room = Room::new(
        &json!({"return_url": "https://example.org/bye"}),
        leading_back,
    );
    let answer = room.join(&json!({"name": "Grace"})).json();
    assert_eq!(answer["return_url"], "https://example.org/bye");
    let ticket = text(&answer, "rating");
    let rate = || {
        let request = room
            .server
            .request_without_key("POST", &format!("{}/rating", room.page()));
        let request = request.header("Content-Type", "application/json");
        let body = json!({"ticket": ticket, "stars": 4});
        room.server.send(request, body.to_string()).status
    };
    assert_eq!((rate(), rate()), (204, 404));
    let shown = room
        .server
        .get(&format!("{}?fields=rating", room_path(&room.shown)));
    let rating = &shown.json()["rating"];
    assert_eq!(
        (&rating["count"], &rating["average"]),
        (&json!(1), &json!(4.0))
    );
    // Nobody rates who never comes back, or where the room does not want it.
    let off = Room::new(&json!({"allow_rating": false}), leading_back);
    let away = Room::new(&json!({}), settings);
    for room in [off, away] {
        let answer = room.join(&json!({"name": "Grace"})).json();
        assert_eq!(answer["rating"], Value::Null);
    }
}

#[test]
fn the_api_says_what_becomes_of_the_options() {
    let lists = |room: &Room, list: &str, option: &str| {
        let meeting = &room.shown["meeting"];
        assert_eq!(meeting["server"], "template");
        meeting[list]
            .as_array()
            .expect("a list")
            .contains(&json!(option))
    };
    let away = Room::new(&json!({}), settings);
    assert!(lists(&away, "applied", "start_active"));
    assert!(lists(&away, "ignored", "return_url"));
    let back = Room::new(&json!({}), leading_back);
    assert!(lists(&back, "applied", "allow_rating"));
    assert!(lists(&back, "client_only", "return_url"));
    assert!(lists(&back, "ignored", "allow_reactions"));
    let url = back.url(&json!({"name": "Grace"}));
    assert!(url.ends_with("%3Fleft"), "{url}");
}

/// Returns a `config.toml` with a template as the server of meetings.
fn config_toml(template: &str) -> String {
    format!("[meeting]\nserver = \"template\"\n[meeting.template]\n{template}")
}

#[test]
fn no_secret_and_no_token_is_in_the_log_or_in_an_answer() {
    let folder = Folder::new();
    folder.import(&["ada@example.com"]);
    let key = folder.add_key();
    folder.write("secret", format!("{SECRET}\n"));
    folder.write(
        "config.toml",
        config_toml(&format!(
            "host_url = \"{HOST_URL}\"\nguest_url = \"{GUEST_URL}\"\ntoken_claims = '{CLAIMS}'\n\
             token_secret_file = \"secret\"\n"
        )),
    );
    let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
    let server = folder.start(command.env("ROOMD_LOG_LEVEL", "trace"));
    let server = server.expect("it starts").with_key(&key);
    let request = json!({"creator_email": "ada@example.com", "name": "Physics",
        "fields": ["host_url", "meeting"]});
    let room = server.post(ROOM, &request);
    let host_url = text(&room.json(), "host_url").to_owned();
    let (url, host) = host_url.split_once("#host=").expect("a token");
    let answer = join(
        &server,
        page_path(url),
        &json!({"name": "Lovelace", "host": host}),
    );
    let token = text(&answer.json(), "url")
        .rsplit('#')
        .next()
        .map(str::to_owned);
    let token = token.expect("a token");
    assert_eq!(claims(&token)["moderator"], "true");
    assert!(!answer.body.contains(SECRET) && !room.body.contains(SECRET));
    let page = server.get(page_path(url));
    assert!(!page.body.contains(SECRET) && !page.body.contains("meet.example"));
    let guest = join(&server, page_path(url), &json!({"name": "Grace"}));
    assert!(!guest.body.contains(&token), "{guest:?}");
    let served = server.stop();
    let checked = Process::spawn(&mut folder.command(&["doctor"])).wait(TIMEOUT);
    for exit in [served, checked] {
        let shown = format!("{}{}", exit.stdout, exit.stderr);
        for hidden in [SECRET, &token, host, "Lovelace"] {
            assert!(!shown.contains(hidden), "{hidden} {shown}");
        }
    }
}

#[test]
fn settings_that_cannot_work_are_told_at_the_start() {
    let folder = Folder::new();
    let wrong = |template: &str| {
        folder.write("config.toml", config_toml(template));
        let exit = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
        exit.error_message().to_owned()
    };
    for (template, sentence) in [
        (
            "host_url = \"https://meet.example/{room}\"\n",
            "has the unknown placeholder {room}: there are {slug} {guid} {name} {lang} {role} {moderator} \
             {user_name} {user_email} {return_url} {jwt}",
        ),
        (
            "host_url = \"https://{slug}.meet.example/\"\n",
            "with placeholders behind the host only",
        ),
        (
            "host_url = \"https://meet.example/{slug}\"\n",
            "meeting.template.guest_url must be set for meeting.server = \"template\"",
        ),
        ("token_claims = \"{\"\n", "must be a JSON object"),
    ] {
        let message = wrong(template);
        assert!(message.contains(sentence), "{message}");
    }
    let message =
        wrong("host_url = \"http://meet.example/\"\nguest_url = \"http://meet.example/\"\n");
    assert!(
        message.contains("meeting.template.host_url is without TLS"),
        "{message}"
    );
}
