use crate::scrape::Scrape;
use crate::support::{Answer, Client, Folder, TestServer};
use roomd::config::Config;
use serde_json::json;
use std::net::TcpListener;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Asks for the metrics with more headers, and without the API key.
fn ask(client: &Client, headers: &[(&str, &str)]) -> Answer {
    let request = client.request_without_key("GET", "/metrics");
    let with = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    client.send(with, "")
}

#[track_caller]
fn assert_forbidden(answer: &Answer) {
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(answer.json()["code"], 57);
    let details = answer.json()["details"].to_string();
    assert!(details.contains("metrics.token"), "{details}");
}

fn with_token(config: &mut Config) {
    config.metrics.token = TOKEN.parse().ok();
}

#[test]
fn a_program_on_this_machine_needs_no_token() {
    let server = TestServer::start();
    assert_eq!(ask(&server, &[]).status, 200);
    let head = server.call("HEAD", "/metrics", &json!(null));
    assert_eq!((head.status, &*head.body), (200, ""));
    assert_eq!(server.post("/metrics", &json!({})).status, 405);
}

#[test]
fn what_a_proxy_passes_on_needs_the_token() {
    let server = TestServer::start_with(with_token);
    let token = format!("Bearer {TOKEN}");
    let key = server.authorization.clone();
    for sign in [
        ("X-Forwarded-For", "127.0.0.1"),
        ("Forwarded", "for=127.0.0.1"),
        ("Host", "rooms.example.com"),
    ] {
        assert_forbidden(&ask(&server, &[sign]));
        for wrong in ["Bearer x", TOKEN, &key, &token[..token.len() - 1]] {
            assert_forbidden(&ask(&server, &[sign, ("Authorization", wrong)]));
        }
        let answer = ask(&server, &[sign, ("Authorization", &token)]);
        assert_eq!(answer.status, 200);
    }
}

#[test]
fn where_a_proxy_is_in_front_everybody_needs_the_token() {
    let changes: [fn(&mut Config); 3] = [
        |config| config.server.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")],
        |config| config.server.public_url = "http://rooms.example.com".parse().ok(),
        // It has no certificate, so that something else speaks TLS with clients.
        |config| config.server.public_url = "https://localhost".parse().ok(),
    ];
    for change in changes {
        let server = TestServer::start_with(|config| {
            with_token(config);
            change(config);
        });
        assert_forbidden(&ask(&server, &[]));
        let header = format!("Bearer {TOKEN}");
        assert_eq!(ask(&server, &[("Authorization", &header)]).status, 200);
    }
    let server = TestServer::start_with(changes[0]);
    assert_forbidden(&ask(&server, &[("Authorization", "Bearer ")]));
}

#[test]
fn a_listener_of_its_own_serves_the_metrics_and_nothing_else() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let address = free.expect("a free port");
    let server = TestServer::start_with(|config| {
        config.metrics.listen = Some(address);
        // No proxy is in front of the other listener.
        config.server.public_url = "https://rooms.example.com".parse().ok();
    });
    let metrics = Client::new(address);
    assert_eq!(server.get("/metrics").status, 404);
    assert_eq!(server.room_of("ada@example.com").status, 201);
    let scrape = Scrape::of(&metrics);
    assert_eq!(
        scrape.get("roomd_room_creates_total{outcome=\"created\"}"),
        1.0
    );
    assert_forbidden(&ask(&metrics, &[("X-Forwarded-For", "192.0.2.1")]));
    for path in ["/", "/healthz", "/xapi/v2/room", "/docs"] {
        let answer = metrics.get(path);
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!(90)));
    }
}

#[test]
fn the_token_may_be_in_a_file_and_is_shown_nowhere() {
    let folder = Folder::new();
    folder.write("token", format!("{TOKEN}\n"));
    folder.write(
        "config.toml",
        "[metrics]\ntoken_file = \"token\"\n[log]\nlevel = \"trace\"\n",
    );
    let server = folder.serve(&[]);
    let header = format!("Bearer {TOKEN}");
    let host = ("Host", "rooms.example.com");
    assert_eq!(
        ask(&server, &[host, ("Authorization", &header)]).status,
        200
    );
    assert_forbidden(&ask(&server, &[host]));
    let exit = server.stop();
    assert!(!format!("{exit:?}").contains(TOKEN), "{exit:?}");
    folder.write("token", "short\n");
    let exit = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
    let message = exit.error_message();
    assert!(
        message.contains("metrics.token_file") && message.contains("at least 16"),
        "{exit:?}"
    );
    assert!(!message.contains("short"), "{exit:?}");
}

#[test]
fn a_wrong_token_is_wrong_on_this_machine_too() {
    let server = TestServer::start_with(with_token);
    assert_eq!(ask(&server, &[]).status, 200);
    assert_forbidden(&ask(&server, &[("Authorization", "Bearer wrong")]));
    // Of a proxy that tells no address.
    assert_forbidden(&ask(&server, &[("X-Forwarded-Proto", "https")]));
}
