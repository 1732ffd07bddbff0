use crate::support::{Answer, ROOM, TestServer, room_path, text};
use roomd::model::MeetingServer;
use serde_json::{Value, json};

/// The policy of a page without scripts.
const FOR_TEXT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                        form-action 'none'; frame-ancestors 'none'";

const DEVICES: &str = "camera=(self), microphone=(self), display-capture=(self)";
const NO_DEVICES: &str = "camera=(), microphone=(), display-capture=()";

/// Starts a server with one room; returns the room and the path of its page too.
fn server_with_room(name: &str, lang: &str) -> (TestServer, Value, String) {
    with_room(TestServer::start(), name, lang)
}

fn with_room(server: TestServer, name: &str, lang: &str) -> (TestServer, Value, String) {
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

#[test]
fn the_page_shows_the_name_with_and_without_a_key() {
    let (server, room, path) = server_with_room("İstanbul Odası", "TR-tr");
    assert!(path.starts_with("/groups/room/istanbul-odasi_"), "{path}");
    let page = open(&server, &path);
    assert_eq!(page.status, 200);
    assert_is_meeting(&server, &page);
    assert_shows_name_only(&server, &room, &path);
}

#[test]
fn without_a_meeting_server_the_page_shows_the_name_and_the_language() {
    let server = TestServer::start_with(|config| config.meeting.server = MeetingServer::None);
    let (server, room, path) = with_room(server, "İstanbul Odası", "TR-tr");
    let page = open(&server, &path);
    assert_eq!(page.status, 200);
    assert_is_page(&page);
    assert_eq!(inside(&page.body, "<dd>", "</dd>"), "tr-TR");
    assert!(!page.body.contains("<script"), "{}", page.body);
    assert_shows_name_only(&server, &room, &path);
}

/// Asserts that the page of a room of Ada's in Turkish shows its name, and nothing that is private.
#[track_caller]
fn assert_shows_name_only(server: &TestServer, room: &Value, path: &str) {
    let page = open(server, path);
    assert_eq!(inside(&page.body, "<title>", "</title>"), "İstanbul Odası");
    let heading = "<h1 lang=\"tr-TR\" dir=\"auto\">";
    assert_eq!(inside(&page.body, heading, "</h1>"), "İstanbul Odası");
    assert_eq!(page.body, server.get(path).body);
    for private in ["ada@", "example.com", text(room, "room_guid")] {
        assert!(!page.body.contains(private), "{private}: {}", page.body);
    }
}

#[test]
fn nothing_but_the_servers_own_files_may_run_or_load() {
    let (server, _, path) = server_with_room("Room", "en");
    assert_is_meeting(&server, &open(&server, &path));
    for path in ["/", "/groups/room/no-room_0000000000"] {
        assert_is_page(&open(&server, path));
    }
}

/// Asserts that an answer is an HTML page under a policy that allows the server's own style alone.
#[track_caller]
fn assert_is_page(page: &Answer) {
    assert_has_headers(page, FOR_TEXT, NO_DEVICES);
    assert!(!page.body.contains("<script"), "{}", page.body);
}

/// Asserts that an answer is the page of a meeting, under a policy that allows the server's own files
/// and sockets alone.
#[track_caller]
fn assert_is_meeting(server: &TestServer, page: &Answer) {
    let host = server.address;
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; \
         connect-src 'self' ws://{host} wss://{host}; img-src 'self'; media-src 'self' blob:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    assert_has_headers(page, &policy, DEVICES);
}

#[track_caller]
fn assert_has_headers(page: &Answer, policy: &str, devices: &str) {
    assert_eq!(page.header("Content-Type"), "text/html; charset=utf-8");
    for (name, value) in [
        ("Content-Security-Policy", policy),
        ("Permissions-Policy", devices),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Robots-Tag", "noindex"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ] {
        assert_eq!(page.header(name), value, "{name}");
        assert_eq!(page.headers.get_all(name).iter().count(), 1, "{name}");
    }
    assert_ne!(page.header("X-Request-Id"), "");
    assert_has_nothing_inline(&page.body);
}

/// Asserts that a page has no script, style or handler within itself. The texts for scripts are data.
#[track_caller]
fn assert_has_nothing_inline(html: &str) {
    for (at, _) in html.match_indices("<script") {
        let tag = html[at..].split('>').next().expect("a tag");
        let is_data = tag == "<script type=\"application/json\" id=\"texts\"";
        assert!(is_data || tag.contains(" src=\""), "{tag}");
    }
    assert!(
        !html.contains("<style") && !html.contains(" style="),
        "{html}"
    );
    for tag in html.split('<') {
        let tag = tag.split('>').next().expect("a tag");
        assert!(!tag.contains(" on"), "{tag}");
    }
}

#[test]
fn a_name_is_text_whatever_it_looks_like() {
    for (name, escaped) in [
        (
            "<script>alert(1)</script>\"'&{name}",
            "&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;{name}",
        ),
        ("</title><b>&lt;", "&#60;/title&#62;&#60;b&#62;&#38;lt;"),
        ("{style} {lang} } {{ name }}", "{style} {lang} } {{ name }}"),
        ("</style>{% raw %}", "&#60;/style&#62;{% raw %}"),
        ("--> שלום \u{200f}<!--", "--&#62; שלום \u{200f}&#60;!--"),
        ("&#60;script>&lt", "&#38;#60;script&#62;&#38;lt"),
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
fn the_page_speaks_the_language_of_the_room() {
    for (lang, code, join) in [
        ("tr", "tr", "Katıl"),
        ("tr-CY", "tr", "Katıl"),
        ("en-GB", "en", "Join"),
        ("de", "en", "Join"),
    ] {
        let (server, _, path) = server_with_room("Room", lang);
        let page = open(&server, &path).body;
        assert_eq!(inside(&page, "<html lang=\"", "\">"), code, "{lang}");
        let button = "<button id=\"join\" type=\"submit\" class=\"primary\">";
        assert_eq!(inside(&page, button, "</button>"), join, "{lang}");
        let texts = "<script type=\"application/json\" id=\"texts\">";
        let texts: Value = serde_json::from_str(inside(&page, texts, "</script>")).expect("JSON");
        assert_eq!(texts["join"], join, "{lang}");
    }
}

/// Returns the paths of what a page loads, as a browser finds them from the path of the page.
fn loaded(page: &str, path: &str) -> Vec<String> {
    let mut loaded = Vec::new();
    for attribute in [" src=\"", "<link "] {
        for (at, _) in page.match_indices(attribute) {
            let tag = page[at..].split('>').next().expect("a tag");
            let from = tag.find("=\"../").or(tag.find("=\"groups")).expect(tag);
            let relative = tag[from + 2..].split('"').next().expect("a value");
            let ups = relative.matches("../").count();
            let folders: Vec<&str> = path.split('/').collect();
            let kept = &folders[..(folders.len() - 1).saturating_sub(ups).max(1)];
            loaded.push(format!(
                "{}/{}",
                kept.join("/"),
                relative.trim_start_matches("../")
            ));
        }
    }
    loaded
}

#[test]
fn all_that_a_page_loads_is_there_however_its_path_is_written() {
    let (server, _, path) = server_with_room("Room", "en");
    for path in [
        path.as_str(),
        &path.to_uppercase(),
        &format!("{path}/"),
        &path.replace('/', "//"),
        &format!("{path}/cut/off"),
        "/groups",
        "/groups/room/",
        "/",
        "//",
    ] {
        let page = open(&server, path);
        let files = loaded(&page.body, path);
        assert!(files.len() >= 2, "{path}: {files:?}");
        for file in files {
            assert!(file.starts_with("/groups/assets/"), "{path}: {file}");
            assert_eq!(open(&server, &file).status, 200, "{path}: {file}");
        }
    }
}

#[test]
fn a_file_of_the_pages_is_sent_again_only_when_it_has_changed() {
    let server = TestServer::start();
    for (name, content_type) in [
        ("style.css", "text/css; charset=utf-8"),
        ("meeting.css", "text/css; charset=utf-8"),
        ("meeting.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let path = format!("/groups/assets/{name}");
        let file = open(&server, &path);
        assert_eq!(file.status, 200, "{name}");
        assert!(!file.body.is_empty(), "{name}");
        assert_eq!(file.header("Content-Type"), content_type);
        assert_eq!(file.header("Cache-Control"), "no-cache");
        assert_eq!(file.header("X-Content-Type-Options"), "nosniff");
        let tag = file.header("ETag").to_owned();
        assert!(tag.len() > 16 && tag.starts_with('"'), "{tag}");
        let again = |value: &str| {
            let request = server.request_without_key("GET", &path);
            server.send(request.header("If-None-Match", value), "")
        };
        for known in [&tag, &format!("W/{tag}"), &format!("\"x\", {tag}"), "*"] {
            let again = again(known);
            assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
            assert_eq!(again.header("ETag"), tag);
            assert_eq!(again.header("Cache-Control"), "no-cache");
        }
        for other in ["\"x\"", "", "\"", &tag.to_uppercase()] {
            assert_eq!(again(other).status, 200, "{other}");
        }
        let head = server.send(server.request_without_key("HEAD", &path), "");
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        assert_eq!(head.header("ETag"), tag);
    }
    for other in ["", "nothing.js", "..%2Fpage.rs", "room.html", "symbols.svg"] {
        let answer = open(&server, &format!("/groups/assets/{other}"));
        assert_eq!(answer.status, 404, "{other}");
    }
    assert_eq!(
        server.post("/groups/assets/style.css", &json!({})).status,
        405
    );
}

#[test]
fn a_look_at_the_page_changes_nothing() {
    let (server, room, path) = server_with_room("Room", "en");
    let before = server.get(&room_path(&room)).body;
    let files = server.folder().files();
    for method in ["GET", "HEAD"] {
        let answer = server.send(server.request_without_key(method, &path), "");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("Set-Cookie"), "");
    }
    assert_eq!(server.get(&room_path(&room)).body, before);
    let changed = |name: &&String| !name.ends_with("-shm");
    let now = server.folder().files();
    for name in now.keys().filter(changed) {
        assert!(now[name] == files[name], "{name}");
    }
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
