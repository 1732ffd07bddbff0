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
    let page = open(&server, &path);
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
fn a_wrong_slug_opens_nothing() {
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
        &format!("chess_A{}", token[1..].to_uppercase()),
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
        answer.assert(
            404,
            &json!({"code": 70, "details": "there is no such room"}),
        );
        assert_eq!(
            answer.header("Content-Type"),
            "application/json; charset=utf-8",
            "{slug}"
        );
    }
    assert_eq!(open(&server, &path).status, 200);
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
