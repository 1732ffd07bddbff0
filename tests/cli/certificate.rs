use crate::support::Folder;
use crate::tls::{Connection, Pair, folder, pair, put, wait_for};
use jiff::{Timestamp, ToSpan, Zoned, tz::TimeZone};
use rcgen::{CertificateParams, CertifiedKey, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use serde_json::Value;
use std::fs::File;
use std::time::{Duration, SystemTime};

/// A self-signed certificate of X.509 version 1, and its key, which are used for nothing else.
const VERSION_1: [&str; 2] = [
    "-----BEGIN CERTIFICATE-----\n\
     MIIBIzCBywIUJjuGSfhAklYfVOxdtI1JhWZMwYQwCgYIKoZIzj0EAwIwFDESMBAG\n\
     A1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNTE5MDkxMFoYDzIxMjYxMTAxMTkwOTEw\n\
     WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n\
     AATzYVd4Zt48ZaqkQSfXXn+LnSh0kxXUStC16isY2iNWiMlYK0Qr9aB7ccXVcJhV\n\
     mn2m4LP0Bt5SDuHRk57CecjLMAoGCCqGSM49BAMCA0cAMEQCIHzUpU/ZUM3la/6r\n\
     faURchWbkvTqLAxBiXsEdhEMi1sEAiApWW4YcyUPBgulMf1okUJlOrGjSyuGqaBz\n\
     XlGaYipz0A==\n\
     -----END CERTIFICATE-----",
    "-----BEGIN PRIVATE KEY-----\n\
     MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCK/9+LD36riNEPJf\n\
     G3UmUOSD6RVHykZNcbdKEqsmzUShRANCAATzYVd4Zt48ZaqkQSfXXn+LnSh0kxXU\n\
     StC16isY2iNWiMlYK0Qr9aB7ccXVcJhVmn2m4LP0Bt5SDuHRk57CecjL\n\
     -----END PRIVATE KEY-----",
];

/// Returns a self-signed certificate for a host that ends in so many days.
fn pair_until(host: &str, days: i64) -> Pair {
    let end: Zoned = Timestamp::now().to_zoned(TimeZone::UTC);
    let end = end.checked_add(days.days()).expect("a date");
    let month = u8::try_from(end.month()).expect("a month");
    let day = u8::try_from(end.day()).expect("a day");
    let mut params = CertificateParams::new([host.to_owned()]).expect("a host");
    params.not_after = date_time_ymd(end.year().into(), month, day);
    let signing_key = KeyPair::generate().expect("a key");
    let cert = params.self_signed(&signing_key).expect("a certificate");
    CertifiedKey { cert, signing_key }
}

/// Returns a folder whose settings name a certificate and the public host `rooms.example.com`.
fn folder_for(pair: &Pair) -> Folder {
    let folder = Folder::new();
    folder.write(
        "config.toml",
        "[server]\npublic_url = \"https://rooms.example.com/base\"\n[tls]\n\
         certificate = \"fullchain.pem\"\nkey = \"key.pem\"\n",
    );
    put(&folder, pair, pair);
    folder
}

/// What an operator should be told about a certificate for `host` that ends in so many days: the
/// status of the check, and a part of each sentence.
const CASES: [(&str, i64, &str, &[&str]); 6] = [
    ("rooms.example.com", 400, "ok", &[]),
    ("*.example.com", 400, "ok", &[]),
    ("rooms.example.com", 3, "warning", &["expires on"]),
    ("rooms.example.com", -2, "failed", &["expired on"]),
    (
        "other.example.com",
        400,
        "warning",
        &["not valid for rooms.example.com"],
    ),
    (
        "other.example.com",
        -400,
        "failed",
        &["expired on", "not valid for rooms.example.com"],
    ),
];

#[test]
fn doctor_looks_at_the_certificate() {
    for (host, days, status, parts) in CASES {
        let folder = folder_for(&pair_until(host, days));
        let report = folder.run(&["doctor", "--json"]).stdout;
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let checks = report["checks"].as_array().expect("a list");
        let check = checks.iter().find(|check| check["name"] == "certificate");
        let check = check.expect("a check of the certificate");
        assert_eq!(check["status"], status, "{host} {days}: {check}");
        let found = check["found"].as_str().expect("a text");
        for part in parts {
            assert!(found.contains(part), "{found}");
        }
    }
}

#[test]
fn a_server_starts_with_a_line_for_each_fault_of_its_certificate() {
    for (host, days, _, parts) in CASES {
        let folder = folder_for(&pair_until(host, days));
        let log = folder.serve(&[]).stop().stderr;
        let lines: Vec<_> = log
            .lines()
            .filter(|line| !line.contains(" INFO "))
            .collect();
        assert_eq!(lines.len(), parts.len(), "{host} {days}: {log}");
        for (line, part) in lines.iter().zip(parts) {
            assert!(line.contains(part), "{line}");
        }
    }
}

/// A key over the curve P-521, which is used for nothing else.
const P_521: &str = "-----BEGIN PRIVATE KEY-----\n\
     MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIAy3H+RJw2cQFkqwsS\n\
     BU0p2yWIsCuBjX6CmLT3MwHnciekFjozgCQX2DssO8VFAK3nnJ6c/N3MTzEFFfNE\n\
     0qFBKvKhgYkDgYYABAEyTRNWNidqYkfc03wU0Ms3v0HxiBhyAVl+w7Vma1F+2Eww\n\
     g3TywPbvY2SHXc0oV9fST7MTOKduXDFxwTkfItp+WwGfqyopbTMmj2TgbqOI/kLp\n\
     LdscrW/Vyev6EOoFlRQCMvTtzP3bLOeniYEhQrdFTffrFoUmZaPFWFrG4W8VyPfE\n\
     6w==\n\
     -----END PRIVATE KEY-----";

#[test]
fn the_keys_that_can_be_used_are_named() {
    let folder = folder();
    let pair = pair();
    put(&folder, &pair, &pair);
    folder.write("key.pem", P_521);
    let exit = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
    let message = exit.error_message();
    for part in [
        "tls.key",
        "not supported",
        "2048",
        "P-256 or P-384",
        "Ed25519",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_certificate_for_clients_only_is_called_so() {
    let (client, server) = (
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::ServerAuth,
    );
    for (purposes, is_told) in [(vec![client.clone()], true), (vec![client, server], false)] {
        let mut params = CertificateParams::new(["rooms.example.com".to_owned()]).expect("a host");
        params.extended_key_usages = purposes;
        let signing_key = KeyPair::generate().expect("a key");
        let cert = params.self_signed(&signing_key).expect("a certificate");
        let folder = folder_for(&CertifiedKey { cert, signing_key });
        let doctor = folder.run(&["doctor"]).stdout;
        let log = folder.serve(&[]).stop().stderr;
        for found in [doctor, log] {
            assert_eq!(found.contains("is not for servers"), is_told, "{found}");
        }
    }
}

#[test]
fn a_certificate_of_version_1_is_called_so() {
    let folder = folder();
    folder.write("fullchain.pem", VERSION_1[0]);
    folder.write("key.pem", VERSION_1[1]);
    let exit = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
    let error = "tls.certificate: the first certificate in fullchain.pem is an X.509 version 1 \
                 certificate";
    assert!(exit.error_message().starts_with(error), "{exit:?}");
}

/// Writes a certificate and its key, each with the same time of change as any other pair.
fn put_with_fixed_time(folder: &Folder, pair: &Pair) {
    put(folder, pair, pair);
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for name in ["fullchain.pem", "key.pem"] {
        let file = File::options().write(true).open(folder.path(name));
        file.and_then(|file| file.set_modified(time))
            .expect("a time");
    }
}

#[test]
fn a_renewed_pair_of_the_same_size_and_time_is_used() {
    let (folder, first) = (folder(), pair());
    // The size of a signature varies.
    let second = std::iter::repeat_with(pair)
        .find(|second| second.cert.pem().len() == first.cert.pem().len())
        .expect("an endless search");
    put_with_fixed_time(&folder, &first);
    let server = folder.serve(&[]);
    Connection::open(&server, &first)
        .expect("a connection")
        .assert_works();
    put_with_fixed_time(&folder, &second);
    wait_for(&server, &second).assert_works();
    server.stop();
}

#[cfg(unix)]
#[test]
fn sighup_reloads_the_certificate_at_once_and_only_once() {
    let (folder, first, second) = (folder(), pair(), pair());
    put(&folder, &first, &first);
    let server = folder.serve(&[]);
    put(&folder, &second, &second);
    server.process().signal("HUP");
    let lines = server.process().log_until("the settings were reloaded");
    let reloads = |lines: &[String]| {
        lines
            .concat()
            .matches("the certificate was reloaded")
            .count()
    };
    assert_eq!(reloads(&lines), 1, "{lines:?}");
    Connection::open(&server, &second)
        .expect("a connection")
        .assert_works();
    put(&folder, &second, &first);
    server.process().signal("HUP");
    server
        .process()
        .next_log_line("the certificate was not reloaded, the previous one stays in use");
    wait_for(&server, &second).assert_works();
    server.stop();
}
