use crate::house::{House, Room, assert_failed, sent};
use crate::stub::{SECRET, Stub, created, done, failed, http, info};
use crate::support::{Answer, Folder, ServerProcess, TIMEOUT, all_at_once};
use serde_json::json;
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long a person waits at most for the answer of the page, with the time of this machine for it.
const PATIENCE: Duration = Duration::from_millis(5500);

/// Returns an address at which nothing listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!(
        "http://{}/bigbluebutton",
        listener.local_addr().expect("an address")
    )
}

/// Returns what blocks until the sender is dropped.
fn held() -> (std::sync::mpsc::Sender<()>, Mutex<Receiver<()>>) {
    let (release, wait) = channel();
    (release, Mutex::new(wait))
}

#[test]
fn every_refusal_is_told() {
    for key in [
        "checksumError",
        "meetingForciblyEnded",
        "mismatchCreateTimeParam",
        "maxParticipantsReached",
        "invalidMeetingIdentifier",
        "unsupportedRequest",
        "somethingNew",
        "",
    ] {
        let stub = Stub::with(move |_| failed(key, "stub says: no"));
        let house = House::new(&stub, json!({"name": "Physics"}));
        assert_failed(&house.host("Ada"));
        assert_eq!(stub.calls().len(), 1, "{key}");
    }
}

#[test]
fn an_answer_that_makes_no_sense_is_told() {
    let other = Stub::start();
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}/api/create?x=1&checksum=1\r\nContent-Length: 0\r\n\r\n",
        other.url()
    );
    let huge = http(
        "200 OK",
        "text/xml",
        &format!("<response>{}", " ".repeat(5 << 20)),
    );
    let truncated = created(1);
    let truncated = truncated[..truncated.len() - 20].to_vec();
    for answer in [
        http("200 OK", "text/xml", ""),
        http(
            "200 OK",
            "text/xml",
            "<response><returncode>SUCCESS</returncode>",
        ),
        http("200 OK", "text/html", "<!DOCTYPE html><p>stub says welcome"),
        http(
            "200 OK",
            "application/json",
            "{\"returncode\": \"SUCCESS\"}",
        ),
        http(
            "500 Internal Server Error",
            "text/html",
            "<h1>stub says no</h1>",
        ),
        done("<createTime>soon</createTime>"),
        done(""),
        redirect.into_bytes(),
        huge,
        truncated,
        b"stub says hello\r\n\r\n".to_vec(),
        Vec::new(),
    ] {
        let stub = Stub::with(move |_| answer.clone());
        let house = House::new(&stub, json!({"name": "Physics"}));
        assert_failed(&house.host("Ada"));
        assert_eq!(stub.calls().len(), 1);
    }
    assert!(other.calls().is_empty());
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let house = House::at(&nowhere(), json!({}));
    assert_failed(&house.host("Ada"));
}

#[test]
fn a_meeting_that_was_created_too_slowly_is_joined() {
    let (release, wait) = held();
    let stub = Stub::with(move |call| match call.name.as_str() {
        "create" => {
            // Until the test has ended.
            let _ = wait.lock().expect("no panic").recv();
            created(6)
        }
        _ => info(6, 0),
    });
    let house = House::new(&stub, json!({}));
    let start = Instant::now();
    assert_eq!(sent(&stub, &house.host("Ada"))["createTime"], "6");
    assert!(start.elapsed() < PATIENCE);
    drop(release);
}

#[test]
fn a_server_that_says_nothing_costs_a_person_five_seconds() {
    let (release, wait) = held();
    let stub = Stub::with(move |_| {
        // Until the test has ended.
        let _ = wait.lock().expect("no panic").recv();
        Vec::new()
    });
    let house = House::new(&stub, json!({}));
    let start = Instant::now();
    assert_failed(&house.host("Ada"));
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    let names: Vec<String> = stub.calls().into_iter().map(|call| call.name).collect();
    assert_eq!(names, ["create", "getMeetingInfo"]);
    // The server itself goes on meanwhile.
    assert_eq!(house.server.get("/healthz").status, 200);
    drop(release);
}

#[test]
fn who_waits_behind_a_slow_call_is_told_that_many_enter() {
    let (release, wait) = held();
    let stub = Stub::with(move |_| {
        // Until the test has ended.
        let _ = wait.lock().expect("no panic").recv();
        Vec::new()
    });
    let house = House::new(&stub, json!({}));
    let answers = all_at_once(51, |n| house.host(&format!("Host {n}")));
    let count = |status, code| {
        let is_so =
            |answer: &&Answer| (answer.status, &answer.json()["code"]) == (status, &json!(code));
        answers.iter().filter(is_so).count()
    };
    // Who came so much later that there was time for one more call waited for that instead.
    let (slow, busy) = (count(502, 99), count(503, 95));
    assert!(slow >= 1 && busy > slow, "{answers:?}");
    assert_eq!(slow + busy, 50, "{answers:?}");
    // No more than 50 of one client are on their way at a time.
    assert_eq!(count(429, 98), 1, "{answers:?}");
    let refused = answers.iter().find(|answer| answer.status == 429);
    assert_eq!(refused.expect("an answer").header("retry-after"), "3");
    drop(release);
}

#[test]
fn a_server_that_is_down_is_asked_once_for_all_who_wait() {
    let (release, wait) = held();
    let silent = Stub::with(move |_| {
        // Until the test has ended.
        let _ = wait.lock().expect("no panic").recv();
        Vec::new()
    });
    let refusing = Stub::with(|_| failed("somethingNew", "stub says: no"));
    for stub in [&silent, &refusing] {
        let house = House::new(stub, json!({}));
        for answer in all_at_once(4, |n| house.guest(&format!("Guest {n}"))) {
            assert_failed(&answer);
        }
        assert_failed(&house.guest("Grace"));
        assert_eq!(stub.calls().len(), 1);
    }
    drop(release);
}

#[test]
fn a_server_that_is_down_has_one_line_in_the_log() {
    let (_folder, server, room) = process(&nowhere(), "");
    for answer in all_at_once(4, |n| room.host(&server, &format!("Host {n}"))) {
        assert_failed(&answer);
    }
    assert_failed(&room.guest(&server, "Grace"));
    let log = server.stop().stderr;
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(errors.len(), 1, "{log}");
    let start = "people cannot enter meetings: the meeting server cannot be reached";
    assert!(errors[0].contains(start), "{log}");
    assert!(!log.contains("request failed"), "{log}");
}

/// Starts a server in a process of its own, whose meetings take place at a URL, with settings of its log.
fn process(url: &str, log: &str) -> (Folder, ServerProcess, Room) {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let key = folder.add_key();
    folder.write(
        "config.toml",
        format!(
            "[meeting]\nserver = \"bigbluebutton\"\n[meeting.bigbluebutton]\nurl = {url:?}\n\
             secret_file = \"bbb-secret\"\n[log]\n{log}"
        ),
    );
    folder.write("bbb-secret", format!(" {SECRET}\n"));
    let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
    // A proxy is for other programs.
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(variable, nowhere());
    }
    let server = folder
        .start(&mut command)
        .expect("it starts")
        .with_key(&key);
    let room = Room::new(&server, "ada@example.com", json!({"name": "Physics"}));
    (folder, server, room)
}

#[test]
fn the_log_has_the_reason_and_no_secret() {
    let stub = Stub::with(|_| failed("checksumError", "stub says&#10;no"));
    let (_folder, server, room) = process(&stub.url(), "level = \"trace\"\nrequests = true\n");
    assert_failed(&room.host(&server, "Ada"));
    let mut lines = server.process().log_until("checksumError: stub says");
    assert_eq!(stub.calls().len(), 1);
    assert!(stub.calls()[0].is_signed);
    lines.extend(server.stop().stderr.lines().map(str::to_owned));
    for line in lines {
        for secret in [SECRET, "checksum=", "host="] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

#[test]
fn a_deleted_room_takes_its_meeting_along() {
    let stub = Stub::start();
    let house = House::new(&stub, json!({}));
    let path = format!("/xapi/v2/room/{}", house.room.guid);
    assert_eq!(house.server.delete(&path).status, 204);
    let call = stub.wait_for("end");
    assert!(call.is_signed);
    assert_eq!(call.get("meetingID"), house.room.guid);
    assert_eq!(house.host("Ada").status, 404);
    assert!(stub.calls_of("create").is_empty());
}

#[test]
fn a_meeting_that_cannot_be_ended_does_not_keep_its_room() {
    let (release, wait) = held();
    let silent = Stub::with(move |_| {
        // Until the test has ended.
        let _ = wait.lock().expect("no panic").recv();
        Vec::new()
    });
    let refusing = Stub::with(|_| failed("somethingNew", "stub says: no"));
    for url in [refusing.url(), silent.url(), nowhere()] {
        let house = House::at(&url, json!({}));
        let path = format!("/xapi/v2/room/{}", house.room.guid);
        let start = Instant::now();
        assert_eq!(house.server.delete(&path).status, 204);
        assert!(start.elapsed() < TIMEOUT);
        assert_eq!(house.server.get(&path).status, 404);
    }
    refusing.wait_for("end");
    silent.wait_for("end");
    drop(release);
}
