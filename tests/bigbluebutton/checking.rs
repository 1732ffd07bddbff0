use crate::stub::{SECRET, Stub, done, failed};
use crate::support::{Folder, Process, TIMEOUT};
use rcgen::CertifiedKey;
use serde_json::Value;
use std::path::Path;

/// Runs `roomd doctor` with these lines in the section of BigBlueButton; returns what it says of the
/// meeting server: the status, and the sentence.
fn examine(lines: &str) -> (String, String) {
    examine_trusting(None, lines)
}

/// Like [`examine`], on a system that trusts the certificates in a file.
fn examine_trusting(authorities: Option<&Path>, lines: &str) -> (String, String) {
    let folder = Folder::new();
    folder.write(
        "config.toml",
        format!("[meeting]\nserver = \"bigbluebutton\"\n[meeting.bigbluebutton]\n{lines}\n"),
    );
    let mut command = folder.command(&["doctor", "--json"]);
    command.env_remove("SSL_CERT_DIR");
    if let Some(file) = authorities {
        command.env("SSL_CERT_FILE", file);
    }
    let exit = Process::spawn(&mut command).wait(TIMEOUT);
    assert!(!exit.stdout.contains(SECRET));
    let report: Value = serde_json::from_str(&exit.stdout).expect("JSON");
    let checks = report["checks"].as_array().expect("a list");
    let check = checks
        .iter()
        .find(|check| check["name"] == "meeting server");
    // Where settings are missing there is no server to ask, and the first check says so.
    let check = check.unwrap_or(&checks[0]);
    let text = |field: &str| check[field].as_str().expect("a text").to_owned();
    (text("status"), text("found"))
}

fn settings(url: &str, secret: &str) -> String {
    format!("url = {url:?}\nsecret = {secret:?}")
}

#[track_caller]
fn assert_failed(lines: &str, parts: &[&str]) {
    let (status, found) = examine(lines);
    assert_eq!(status, "failed", "{found}");
    for part in parts {
        assert!(found.contains(part), "{found}");
    }
}

#[test]
fn a_server_that_takes_the_secret_is_well() {
    // It knows sha256 only, as the others are wrong to it.
    let stub = Stub::with(|_| done("<meetings/>"));
    let lines = settings(&stub.url(), &format!(" {SECRET}\n"));
    let (status, found) = examine(&lines);
    assert_eq!(status, "ok", "{found}");
    assert!(
        found.ends_with("checksums by sha256; sha256 is set"),
        "{found}"
    );
    let names: Vec<String> = stub.calls().into_iter().map(|call| call.name).collect();
    assert_eq!(names, ["getMeetings"; 4]);
}

#[test]
fn another_hash_function_is_told() {
    let stub = Stub::with(|_| done(""));
    let lines = settings(&stub.url(), SECRET) + "\nchecksum = \"sha1\"";
    assert_failed(&lines, &["no checksums by sha1", "checksum = \"sha256\""]);
}

#[test]
fn what_keeps_people_from_the_server_is_told() {
    let wrong = Stub::with(|_| failed("checksumError", ""));
    assert_failed(
        &settings(&wrong.url(), SECRET),
        &["does not take the secret", "bbb-conf --secret"],
    );
    let odd = Stub::with(|_| failed("unsupportedRequest", "stub says: no"));
    assert_failed(
        &settings(&odd.url(), SECRET),
        &["unsupportedRequest: stub says: no"],
    );
    let root = odd.url().replace("/bigbluebutton", "");
    assert_failed(
        &settings(&root, SECRET),
        &[
            "is not the API of BigBlueButton",
            "HTTP status 404",
            "/bigbluebutton/api",
        ],
    );
    let without_tls = odd.url().replace("http:", "https:");
    assert_failed(&settings(&without_tls, SECRET), &["cannot be reached"]);
    assert_failed("", &["meeting.bigbluebutton.url must be set"]);
}

#[test]
fn a_certificate_is_trusted_if_this_system_knows_its_authority() {
    let names = ["127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(names).expect("a certificate");
    let folder = Folder::new();
    folder.write("fullchain.pem", cert.pem());
    folder.write("key.pem", signing_key.serialize_pem());
    folder.add_key();
    let config = "[tls]\ncertificate = \"fullchain.pem\"\nkey = \"key.pem\"\n";
    folder.write("config.toml", config);
    // Any server with TLS will do.
    let server = folder.serve(&[]);
    let url = format!("https://{}/bigbluebutton", server.address);
    assert_failed(
        &settings(&url, SECRET),
        &["a certificate that is not trusted", "chain"],
    );
    let authorities = folder.path("fullchain.pem");
    let (_, found) = examine_trusting(Some(&authorities), &settings(&url, SECRET));
    assert!(found.contains("is not the API of BigBlueButton"), "{found}");
    server.stop();
}
