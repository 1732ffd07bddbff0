use crate::support::{Folder, Process, ServerProcess, TIMEOUT};
use crate::tls::{pair, put};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

/// Returns a folder with a server that all verbs know the address of, because the settings have it.
fn served(settings: &str) -> (Folder, ServerProcess) {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let folder = Folder::new();
    let (certificate, key) = (pair(), pair());
    put(&folder, &certificate, &certificate);
    folder.write("other.pem", key.cert.pem());
    let settings = settings.replace("PORT", &port.to_string());
    folder.write("config.toml", settings);
    let server = folder.start(&mut folder.command(&["serve"]));
    (folder, server.expect("it starts"))
}

#[test]
fn a_ready_server_of_the_settings_is_one_line_and_exit_status_0() {
    for listen in ["127.0.0.1", "0.0.0.0"] {
        let (folder, server) = served(&format!("[server]\nlisten = \"{listen}:PORT\"\n"));
        let line = folder.roomd(&["healthcheck"]);
        let address = server.address;
        let port = address.port();
        assert_eq!(
            line,
            format!("http://127.0.0.1:{port}/readyz answers: ready\n")
        );
        let json = folder.roomd(&["healthcheck", "--json"]);
        let json: Value = serde_json::from_str(&json).expect("JSON");
        let url = format!("http://127.0.0.1:{port}/readyz");
        assert_eq!(json, json!({"url": url, "ready": true, "reason": null}));
        server.stop();
        let exit = folder.run(&["healthcheck"]);
        let line = exit.error_message();
        let expected = format!(
            "{url} does not answer: nothing listens there: start the server, or name its URL with --url"
        );
        assert_eq!(line, expected);
    }
}

#[test]
fn a_server_with_a_certificate_is_asked_by_tls() {
    let tls = "[tls]\ncertificate = \"fullchain.pem\"\nkey = \"key.pem\"\n";
    let (folder, server) = served(&format!(
        "[server]\nlisten = \"127.0.0.1:PORT\"\npublic_url = \"https://127.0.0.1:PORT\"\n{tls}"
    ));
    let url = format!("https://{}", server.address);
    // The certificate of the settings is trusted, though no authority has signed it.
    for args in [&[][..], &["--public"], &["--url", &url]] {
        let line = folder.roomd(&[&["healthcheck"], args].concat());
        assert_eq!(line, format!("{url}/readyz answers: ready\n"), "{args:?}");
    }
    // From another machine, whose settings have no certificate, or another one.
    for settings in ["", &tls.replace("fullchain", "other")] {
        folder.write("config.toml", settings);
        let exit = folder.run(&["healthcheck", "--url", &url]);
        let line = exit.error_message();
        let reason = "its certificate comes from no authority that this system trusts";
        assert!(line.contains(reason), "{line}");
    }
}

/// The answer of a server whose disk is full: see `tests/faults`.
#[test]
fn a_server_that_cannot_write_is_not_ready() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut head = [0; 4096];
        let length = client.read(&mut head).expect("a request");
        let body = r#"{"code": 95, "details": "the database cannot be \u001b written"}"#;
        let answer = format!(
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        client.write_all(answer.as_bytes()).expect("it goes out");
        String::from_utf8_lossy(&head[..length]).into_owned()
    });
    let exit = Folder::new().run(&["healthcheck", "--url", &url]);
    let line = exit.error_message();
    assert!(
        line.starts_with(&format!("{url}/readyz answers: not ready: the database")),
        "{line}"
    );
    assert!(!line.contains('\u{1b}'), "{line}");
    let request = server.join().expect("the request");
    assert!(request.starts_with("GET /readyz HTTP/1.1\r\n"), "{request}");
}

#[test]
fn another_program_and_a_silent_one_are_not_healthy() {
    let folder = Folder::new();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let asked = Instant::now();
    let mut command = folder.command(&["healthcheck", "--url", &url]);
    let exit = Process::spawn(&mut command).wait(TIMEOUT);
    assert!(
        exit.error_message().contains("within 3 seconds"),
        "{exit:?}"
    );
    // Three seconds, and what a machine under load adds.
    assert!(asked.elapsed() < Duration::from_secs(20), "{asked:?}");

    let server = folder.serve(&[]);
    // A path that roomd does not have, as of another program behind the same proxy.
    let url = format!("http://{}/docs", server.address);
    let exit = folder.run(&["healthcheck", "--url", &url]);
    let line = exit.error_message();
    assert!(line.contains("not the answer of roomd"), "{line}");
}

#[test]
fn what_cannot_be_asked_is_said() {
    let folder = Folder::new();
    folder.write("config.toml", "[server]\nlisten = \"127.0.0.1:0\"\n");
    for (args, text) in [
        (&["healthcheck"][..], "port 0"),
        (&["healthcheck", "--public"], "server.public_url is not set"),
    ] {
        let exit = folder.run(args);
        assert!(exit.error_message().contains(text), "{exit:?}");
    }
    let exit = folder.run(&["healthcheck", "--url", "here"]);
    assert_eq!(exit.status.code(), Some(2), "{exit:?}");
}
