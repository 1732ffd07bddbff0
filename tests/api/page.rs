use crate::support::{Answer, ROOM, TestServer, room_path, text};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Starts a server with one room; returns the room and the path of its page too.
fn server_with_room(name: &str, lang: &str) -> (TestServer, Value, String) {
    let server = TestServer::start();
    let request = json!({"creator_email": "ada@example.com", "name": name, "lang": lang});
    let answer = server.post(ROOM, &request);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let room = answer.json();
    let path = path_of(&room, &format!("http://{}", server.address));
    (server, room, path)
}

/// Returns the path of a room's page: its `url` without the start.
fn path_of(room: &Value, public_url: &str) -> String {
    let url = text(room, "url");
    url.strip_prefix(public_url).expect(url).to_owned()
}

/// Opens a page as a person does: without a key.
fn open(server: &TestServer, path: &str) -> Answer {
    server.send(server.request_without_key("GET", path), "")
}

/// Returns the text between a tag and the end of its element.
fn inside<'a>(html: &'a str, tag: &str, end: &str) -> &'a str {
    let (_, after) = html.split_once(tag).expect(html);
    after.split_once(end).expect(html).0
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) & 63;
            let is_padding = place > chunk.len();
            let digit = ALPHABET[index as usize] as char;
            text.push(if is_padding { '=' } else { digit });
        }
    }
    text
}

#[test]
fn base64_is_that_of_rfc_4648() {
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foob", "Zm9vYg=="),
    ] {
        assert_eq!(base64(bytes.as_bytes()), text);
    }
    assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
}

#[test]
fn the_page_shows_the_name_and_the_language_with_and_without_a_key() {
    let (server, room, path) = server_with_room("İstanbul Odası", "TR-tr");
    assert!(path.starts_with("/groups/room/istanbul-odasi_"), "{path}");
    let page = open(&server, &path);
    assert_eq!(page.status, 200);
    assert_eq!(page.header("Content-Type"), "text/html; charset=utf-8");
    assert_eq!(inside(&page.body, "<title>", "</title>"), "İstanbul Odası");
    let heading = "<h1 lang=\"tr-TR\" dir=\"auto\">";
    assert_eq!(inside(&page.body, heading, "</h1>"), "İstanbul Odası");
    assert_eq!(inside(&page.body, "<dd>", "</dd>"), "tr-TR");
    assert_eq!(page.body, server.get(&path).body);
    for private in ["ada", "example.com", text(&room, "room_guid")] {
        assert!(!page.body.contains(private), "{private}: {}", page.body);
    }
}

#[test]
fn nothing_but_the_pages_own_style_may_run_or_load() {
    let (server, _, path) = server_with_room("Room", "en");
    for path in [&path, "/", "/groups/room/no-room_0000000000"] {
        assert_is_page(&open(&server, path));
    }
}

/// Asserts that an answer is an HTML page under a policy that allows its own style alone.
#[track_caller]
fn assert_is_page(page: &Answer) {
    assert_eq!(page.header("Content-Type"), "text/html; charset=utf-8");
    let style = inside(&page.body, "<style>", "</style>");
    assert!(!style.trim().is_empty());
    let hash = base64(&Sha256::digest(style.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    for (name, value) in [
        ("Content-Security-Policy", policy.as_str()),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ] {
        assert_eq!(page.header(name), value, "{name}");
        assert_eq!(page.headers.get_all(name).iter().count(), 1, "{name}");
    }
    assert_ne!(page.header("X-Request-Id"), "");
}

#[test]
fn a_name_is_text_whatever_it_looks_like() {
    for (name, escaped) in [
        (
            "<script>alert(1)</script>\"'&{name}",
            "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;{name}",
        ),
        ("</title><b>&lt;", "&lt;/title&gt;&lt;b&gt;&amp;lt;"),
        ("{style} {lang} } {", "{style} {lang} } {"),
        ("</style>{name}", "&lt;/style&gt;{name}"),
        ("--> שלום \u{200f}<!--", "--&gt; שלום \u{200f}&lt;!--"),
        ("&#60;script>&lt", "&amp;#60;script&gt;&amp;lt"),
        ("javascript:alert`1`", "javascript:alert`1`"),
    ] {
        let (server, room, path) = server_with_room(name, "en");
        assert_eq!(room["name"], name);
        let page = open(&server, &path).body;
        assert_eq!(inside(&page, "<title>", "</title>"), escaped);
        let heading = "<h1 lang=\"en\" dir=\"auto\">";
        assert_eq!(inside(&page, heading, "</h1>"), escaped);
        // The name stands nowhere else.
        assert_eq!(page.matches(escaped).count(), 2, "{page}");
        assert!(!page.contains(name) || name == escaped, "{page}");
    }
}

#[test]
fn only_the_token_of_a_slug_counts() {
    let (server, _, path) = server_with_room("Chess", "en");
    let page = open(&server, &path);
    assert_eq!(page.status, 200);
    let (_, token) = path.rsplit_once('_').expect("a token");
    for slug in ["an-old-name", "", "two_parts", "chess", "CHESS", "%C3%A7"] {
        let again = open(&server, &format!("/groups/room/{slug}_{token}"));
        assert_eq!((again.status, &again.body), (200, &page.body), "{slug}");
    }
}

#[test]
fn a_wrong_slug_gets_a_page_that_says_so() {
    let (server, room, path) = server_with_room("Chess", "en");
    let (_, token) = path.rsplit_once('_').expect("a token");
    let guid = text(&room, "room_guid");
    let long = "a".repeat(5000);
    for slug in [
        "chess",
        "chess_",
        "chess_0000000000",
        token,
        guid,
        &format!("chess-{token}"),
        &format!("chess_{}", &token[1..]),
        &format!("chess_{token}0"),
        &format!("chess_{token}%20"),
        &format!("chess_{token}%00"),
        &format!("chess_{}_", token),
        &format!("chess_{}%25", &token[1..]),
        "%FF",
        "'%20OR%20'1'='1",
        &long,
    ] {
        let answer = open(&server, &format!("/groups/room/{slug}"));
        assert_eq!(answer.status, 404, "{slug}");
        assert_is_page(&answer);
        assert!(answer.body.contains("There is no such room"), "{slug}");
    }
    assert_eq!(open(&server, &path).status, 200);
}

#[test]
fn a_link_that_was_cut_or_extended_gets_a_page_that_says_so() {
    let (server, _, path) = server_with_room("Chess", "en");
    for other in [
        "/groups",
        "/groups/",
        "/groups/room",
        "/groups/room/",
        "/GROUPS/Room",
        "/groups//room//",
        "/groups/rooms",
        &format!("{path}/x"),
        &format!("{path}/x/y?z=1"),
    ] {
        let answer = open(&server, other);
        assert_eq!(answer.status, 404, "{other}");
        assert_is_page(&answer);
        assert!(answer.body.contains("There is no such room"), "{other}");
        let head = server.send(server.request_without_key("HEAD", other), "");
        assert_eq!((head.status, head.body.as_str()), (404, ""), "{other}");
        assert_eq!(server.post(other, &json!({})).json()["code"], 90, "{other}");
    }
    for other in ["/groupsx", "/group/room", "/room", "/xapi/v2/groups/room"] {
        let answer = open(&server, other);
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!(90)));
    }
}

#[test]
fn an_unknown_path_of_the_api_is_an_error_for_programs_wherever_the_api_is() {
    let server = TestServer::start_with(|config| {
        config.api.base_paths = vec!["/groups/api".parse().expect("a path")];
    });
    let answer = open(&server, "/groups/api/nowhere");
    assert_eq!((answer.status, &answer.json()["code"]), (404, &json!(90)));
    assert_is_page(&open(&server, "/groups/apis"));
}

#[test]
fn a_link_in_capitals_finds_the_room() {
    let (server, _, path) = server_with_room("Chess", "en");
    let page = open(&server, &path);
    let (_, slug) = path.rsplit_once('/').expect("a slug");
    let capitals = slug.to_uppercase();
    for other in [
        path.to_uppercase(),
        format!("/groups/room/{capitals}"),
        format!("/Groups/Room/{slug}"),
        format!("/GROUPS/room/{capitals}"),
    ] {
        let again = open(&server, &other);
        assert_eq!((again.status, &again.body), (200, &page.body), "{other}");
        let head = server.send(server.request_without_key("HEAD", &other), "");
        assert_eq!(head.status, 200, "{other}");
    }
    let stale = open(&server, "/GROUPS/ROOM/CHESS_0000000000");
    assert_eq!(stale.status, 404);
    assert_is_page(&stale);
}

#[test]
fn the_link_of_a_deleted_room_gets_a_page_that_says_so() {
    let (server, room, path) = server_with_room("Chess", "en");
    assert_eq!(server.delete(&room_path(&room)).status, 204);
    let stale = open(&server, &path);
    assert_eq!(stale.status, 404);
    assert_is_page(&stale);
    assert!(
        !stale.body.to_lowercase().contains("chess"),
        "{}",
        stale.body
    );
}

#[test]
fn the_root_says_that_the_server_runs_and_leads_to_the_documentation() {
    let server = TestServer::start();
    let page = open(&server, "/");
    assert_eq!(page.status, 200);
    assert_is_page(&page);
    assert!(page.body.contains("The server is running"), "{}", page.body);
    assert_eq!(inside(&page.body, "<a href=\"docs\">", "</a>"), "/docs");
    assert!(page.body.contains("HTTP API"), "{}", page.body);
    assert_eq!(open(&server, "/docs").status, 200);
    assert_eq!(server.post("/", &json!({})).status, 405);
}

#[test]
fn head_answers_as_get_does_without_the_body() {
    let (server, _, path) = server_with_room("Room", "en");
    let page = open(&server, &path);
    let head = server.send(server.request_without_key("HEAD", &path), "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("Content-Length"), page.body.len().to_string());
    for name in ["Content-Type", "Content-Security-Policy", "Cache-Control"] {
        assert_eq!(head.header(name), page.header(name), "{name}");
    }
}

#[test]
fn the_public_url_is_the_start_of_every_url() {
    for (setting, start) in [
        ("https://rooms.example.com", "https://rooms.example.com"),
        ("https://rooms.example.com/", "https://rooms.example.com"),
        ("http://10.0.0.1:8080/in/", "http://10.0.0.1:8080/in"),
    ] {
        let server = TestServer::start_with(|config| {
            config.server.public_url = Some(setting.parse().expect(setting));
        });
        let created = server.get_or_create("ada@example.com", "Chess");
        assert_eq!(created.status, 201);
        let path = path_of(&created.json(), start);
        assert!(path.starts_with("/groups/room/chess_"), "{path}");
        assert_eq!(open(&server, &path).status, 200);
        let room = room_path(&created.json());
        assert_eq!(created.header("Location"), room);
        server.get(&room).assert(200, &created.json());
    }
}
