use crate::support::{Folder, ROOM, ServerProcess, TIMEOUT};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) type Pair = CertifiedKey<KeyPair>;

/// Returns a new self-signed certificate for 127.0.0.1.
pub(crate) fn pair() -> Pair {
    generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate")
}

/// Writes a certificate and a key to the files of the settings.
pub(crate) fn put(folder: &Folder, certificate: &Pair, key: &Pair) {
    folder.write("key.pem", key.signing_key.serialize_pem());
    folder.write("fullchain.pem", certificate.cert.pem());
}

/// Returns a folder whose settings name a certificate and a key.
pub(crate) fn folder() -> Folder {
    let folder = Folder::new();
    folder.write(
        "config.toml",
        "[tls]\ncertificate = \"fullchain.pem\"\nkey = \"key.pem\"\n",
    );
    folder
}

/// A connection of a client that trusts one certificate alone.
pub(crate) struct Connection(StreamOwned<ClientConnection, TcpStream>);

impl Connection {
    pub(crate) fn open(server: &ServerProcess, trusted: &Pair) -> io::Result<Self> {
        Self::open_as(server, trusted, rustls::ALL_VERSIONS, &[])
    }

    fn open_as(
        server: &ServerProcess,
        trusted: &Pair,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&str],
    ) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(trusted.cert.pem().as_bytes());
        roots.add(root.expect("PEM")).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("versions that are known")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().into())
            .collect();
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        let client = ClientConnection::new(Arc::new(config), name).expect("settings that fit");
        let socket = TcpStream::connect(server.address)?;
        socket.set_read_timeout(Some(TIMEOUT))?;
        let mut stream = StreamOwned::new(client, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self(stream))
    }

    /// Sends a request; returns the head of the answer, and its body as JSON.
    fn ask(&mut self, request: &str, body: &str) -> (String, Value) {
        let length = body.len();
        let head = format!("{request}\r\nHost: roomd\r\nContent-Length: {length}\r\n");
        let sent = format!("{head}Content-Type: application/json\r\n\r\n{body}");
        self.0.write_all(sent.as_bytes()).expect("it goes out");
        let mut answer = Vec::new();
        loop {
            let mut bytes = [0; 4096];
            let count = self.0.read(&mut bytes).expect("an answer");
            assert!(count > 0, "the connection ended");
            answer.extend_from_slice(&bytes[..count]);
            let text = String::from_utf8_lossy(&answer);
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && let Ok(body) = serde_json::from_str(body)
            {
                return (head.to_owned(), body);
            }
        }
    }

    #[track_caller]
    pub(crate) fn assert_works(&mut self) {
        let (head, body) = self.ask("GET /readyz HTTP/1.1", "");
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert_eq!(body, json!({"status": "ready"}));
    }
}

#[test]
fn with_a_certificate_everything_is_https() {
    let (folder, pair) = (folder(), pair());
    put(&folder, &pair, &pair);
    folder.add_user("ada@example.com");
    let key = folder.add_key();
    let server = folder.serve(&[]);
    let url = format!("https://{}", server.address);
    let ready = format!("roomd listening on {url} (database ");
    assert!(
        server.ready_line.starts_with(&ready),
        "{}",
        server.ready_line
    );
    let mut connection = Connection::open(&server, &pair).expect("a connection");
    let key = key.authorization;
    let (head, room) = connection.ask(
        &format!("POST {ROOM} HTTP/1.1\r\nAuthorization: {key}"),
        r#"{"creator_email": "ada@example.com", "name": "Room"}"#,
    );
    assert!(head.starts_with("HTTP/1.1 201 "), "{head}");
    let page = room["url"].as_str().expect("a URL");
    assert!(
        page.starts_with(&format!("{url}/groups/room/room_")),
        "{page}"
    );
    connection.assert_works();
    // A client that does not speak TLS gets no answer.
    let mut plain = TcpStream::connect(server.address).expect("a connection");
    plain
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: roomd\r\n\r\n")
        .expect("it goes out");
    let mut answer = Vec::new();
    // The connection may be closed or reset.
    let _ = plain.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP"));
    drop(connection);
    server.stop();
}

#[test]
fn tls_1_2_and_1_3_are_spoken_and_http_1_1_inside() {
    let (folder, pair) = (folder(), pair());
    put(&folder, &pair, &pair);
    let server = folder.serve(&[]);
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for offered in [&[][..], &["http/1.1"], &["h2", "http/1.1"]] {
            let opened = Connection::open_as(&server, &pair, &[version], offered);
            let mut connection = opened.expect("a connection");
            let chosen = connection.0.conn.alpn_protocol().map(<[u8]>::to_vec);
            let wanted = (!offered.is_empty()).then(|| b"http/1.1".to_vec());
            assert_eq!(chosen, wanted, "{offered:?}");
            connection.assert_works();
        }
        let only = Connection::open_as(&server, &pair, &[version], &["h2"]);
        assert!(only.is_err(), "HTTP/2 has limits of its own to be held");
    }
    assert!(Connection::open(&server, &self::pair()).is_err());
}

#[test]
fn silent_connections_do_not_delay_a_handshake() {
    rlimit::increase_nofile_limit(2048).expect("files for the connections");
    let (folder, pair) = (folder(), pair());
    put(&folder, &pair, &pair);
    let server = folder.serve(&["--workers", "2"]);
    // By default the library accepts no connection while a worker has 256 handshakes in progress.
    let silent: Vec<_> = (0..700)
        .map(|_| TcpStream::connect(server.address).expect("a connection"))
        .collect();
    let started = Instant::now();
    let opened = Connection::open(&server, &pair);
    opened.expect("a connection").assert_works();
    let took = started.elapsed();
    assert!(took < Duration::from_secs(2), "a handshake took {took:?}");
    for mut stream in silent {
        stream.set_read_timeout(Some(TIMEOUT)).expect("a socket");
        assert_eq!(stream.read(&mut [0]).expect("an end"), 0);
    }
}

/// Opens connections until the server presents this certificate.
#[track_caller]
pub(crate) fn wait_for(server: &ServerProcess, certificate: &Pair) -> Connection {
    let started = Instant::now();
    while started.elapsed() < TIMEOUT {
        if let Ok(connection) = Connection::open(server, certificate) {
            return connection;
        }
    }
    panic!("the renewed certificate is not used");
}

#[test]
fn a_renewed_pair_is_used_and_a_wrong_one_is_not() {
    let (folder, first, second, third) = (folder(), pair(), pair(), pair());
    put(&folder, &first, &first);
    let server = folder.serve(&[]);
    let mut before = Connection::open(&server, &first).expect("a connection");
    before.assert_works();
    put(&folder, &second, &second);
    wait_for(&server, &second).assert_works();
    assert!(Connection::open(&server, &first).is_err());

    // A pair that does not match is logged once, and the previous pair stays in use.
    put(&folder, &third, &first);
    let warning = server.process().next_log_line(" WARN ");
    let reason = "the certificate was not reloaded, the previous one stays in use: tls.key: \
                  key.pem does not match the first certificate in fullchain.pem";
    assert!(warning.contains(reason), "{warning}");
    wait_for(&server, &second).assert_works();
    put(&folder, &third, &third);
    wait_for(&server, &third).assert_works();
    let log = server.stop().stderr;
    assert_eq!(log.matches(" WARN ").count(), 0, "{log}");
    assert_eq!(
        log.matches("the certificate was reloaded").count(),
        1,
        "{log}"
    );
}

#[test]
fn an_unusable_file_is_named() {
    let folder = folder();
    let (one, other) = (pair(), pair());
    let (certificate, key) = (one.cert.pem(), one.signing_key.serialize_pem());
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let bad_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (certificate, key, error) in [
        (
            "",
            key.as_str(),
            "tls.certificate: fullchain.pem has no certificate in PEM form",
        ),
        (
            "no PEM",
            &key,
            "tls.certificate: fullchain.pem has no certificate in PEM form",
        ),
        (
            &key,
            &key,
            "tls.certificate: fullchain.pem has no certificate in PEM form",
        ),
        (
            damaged,
            &key,
            "tls.certificate: the first certificate in fullchain.pem is damaged",
        ),
        (
            &certificate,
            "",
            "tls.key: key.pem has no private key in PEM form",
        ),
        (
            &certificate,
            &certificate,
            "tls.key: key.pem has no private key in PEM form",
        ),
        (
            &certificate,
            bad_key,
            "tls.key: the key in key.pem is damaged",
        ),
        (
            &other.cert.pem(),
            &key,
            "tls.key: key.pem does not match the first certificate in fullchain.pem",
        ),
    ] {
        folder.write("fullchain.pem", certificate);
        folder.write("key.pem", key);
        let exit = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(exit.error_message().starts_with(error), "{error}: {exit:?}");
    }
    for (name, setting) in [("fullchain.pem", "tls.certificate"), ("key.pem", "tls.key")] {
        put(&folder, &one, &one);
        std::fs::remove_file(folder.path(name)).expect("the file was there");
        let exit = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
        let error = format!("{setting}: cannot read {name}: ");
        assert!(exit.error_message().starts_with(&error), "{exit:?}");
    }
    assert!(!folder.database().exists());
}

#[test]
fn a_certificate_without_a_key_is_an_error() {
    for setting in ["certificate", "key"] {
        let folder = Folder::new();
        folder.write("config.toml", format!("[tls]\n{setting} = \"a.pem\"\n"));
        let exit = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
        let error = "tls.certificate and tls.key go together: set both, or neither for plain HTTP";
        assert_eq!(exit.error_message(), error);
    }
}
