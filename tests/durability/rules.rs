//! The rules for the order of system calls. The layout of a WAL is described in "WAL-mode File
//! Format", sqlite.org: frames of a header (24 bytes) and a page each; the last frame of a
//! transaction has a size of the database, which is not 0, in bytes 4 to 7 of its header.

use crate::trace::{Call, Trace};
use serde_json::Value;
use uuid::Uuid;

const FRAME_HEADER_BYTES: usize = 24;

/// Checks that every 201 was sent after a sync of the WAL, and that the sync started after the
/// whole transaction with the new row was written. Returns the number of these answers.
pub(crate) fn each_creation_is_synced(trace: &Trace) -> Result<usize, String> {
    let created = answers(trace).filter(|answer| answer.data.starts_with("HTTP/1.1 201 "));
    let mut count = 0;
    for answer in created {
        let guid = guid_of(answer)?;
        let written = commit_of(trace, guid, answer)?;
        if !is_synced(trace, written, answer) {
            return Err(format!("{guid} was sent before the WAL was synced"));
        }
        count += 1;
    }
    Ok(count)
}

/// Checks that between two answers a transaction was written to the WAL, and synced before the second.
/// That holds for a single caller that sends only changes. What is written after that sync may be the
/// erasure of an earlier change, which the server does where a caller is slow. Returns the number of
/// answers.
pub(crate) fn each_answer_is_synced(trace: &Trace) -> Result<usize, String> {
    let (mut count, mut before) = (0, 0);
    for answer in answers(trace) {
        let line = answer.start;
        let new = |call: &&Call| call.start >= before && call.start < line;
        let written: Vec<&Call> = wal_writes(trace).filter(new).collect();
        if written.is_empty() {
            return Err(format!("line {line}: an answer without a write"));
        }
        let mut commits = written
            .windows(2)
            .filter(|frame| is_commit_header(frame[0]))
            .filter_map(|frame| end(frame[1]));
        if !commits.any(|end| is_synced(trace, end, answer)) {
            return Err(format!("line {line}: an answer before the WAL was synced"));
        }
        (count, before) = (count + 1, line);
    }
    Ok(count)
}

/// Returns whether the WAL was synced after a line and before an answer.
fn is_synced(trace: &Trace, written: usize, answer: &Call) -> bool {
    trace.calls.iter().any(|call| {
        ["fsync", "fdatasync"].contains(&call.name.as_str())
            && is_of_wal(call)
            && call.start > written
            && end(call).is_some_and(|end| end < answer.start)
    })
}

/// Returns the line where the last frame was written of the transaction that created a GUID.
fn commit_of(trace: &Trace, guid: Uuid, answer: &Call) -> Result<usize, String> {
    let writes: Vec<&Call> = wal_writes(trace).collect();
    let bytes: String = guid.as_bytes().iter().copied().map(char::from).collect();
    let has_guid = |call: &&Call| call.data.contains(&bytes);
    let page = writes
        .iter()
        .position(has_guid)
        .ok_or_else(|| format!("{guid} was sent and never written"))?;
    // The header of this page, or of one that follows, marks the end of the transaction.
    let headers = page.saturating_sub(1)..writes.len();
    let commit = headers.into_iter().find(|at| is_commit_header(writes[*at]));
    let last = commit.and_then(|commit| writes.get(commit + 1));
    last.and_then(|last| end(last))
        .filter(|end| *end < answer.start)
        .ok_or_else(|| format!("{guid} was sent before its transaction was written"))
}

fn is_commit_header(call: &Call) -> bool {
    let mut bytes = call.data.chars();
    bytes.clone().count() == FRAME_HEADER_BYTES
        && !bytes.by_ref().skip(4).take(4).all(|b| b == '\0')
}

/// Returns the answers that the server sent.
fn answers(trace: &Trace) -> impl Iterator<Item = &Call> {
    let calls = trace.calls.iter();
    calls.filter(|call| !is_of_wal(call) && call.data.starts_with("HTTP/1.1 "))
}

fn wal_writes(trace: &Trace) -> impl Iterator<Item = &Call> {
    let is_write = |call: &&Call| call.name.contains("write") && is_of_wal(call);
    trace.calls.iter().filter(is_write)
}

fn is_of_wal(call: &Call) -> bool {
    call.target.ends_with("-wal")
}

/// Returns the line where a call ended, if it succeeded.
fn end(call: &Call) -> Option<usize> {
    call.end.filter(|_| call.succeeded)
}

/// Returns the GUID of the room or user in an answer.
fn guid_of(answer: &Call) -> Result<Uuid, String> {
    let text = &answer.data;
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let created: Value = serde_json::from_str(body).unwrap_or_default();
    let guid = created["room_guid"]
        .as_str()
        .or(created["user_guid"].as_str());
    guid.and_then(|guid| guid.parse().ok())
        .ok_or_else(|| format!("an answer without a GUID: {text}"))
}

/// The calls for a room that is created and answered. The bytes of its GUID are the letters A to P.
const VALID: &[&str] = &[
    r#"pwrite64(6</a.db-wal>, "\0\0\0\6\0\0\0\0saltsaltchecksum", 24, 32) = 24"#,
    r#"pwrite64(6</a.db-wal>, "\r\0ABCDEFGHIJKLMNOP\0", 19, 56) = 19"#,
    r#"pwrite64(6</a.db-wal>, "\0\0\0\7\0\0\0\10saltsaltchecksum", 24, 75) = 24"#,
    r#"pwrite64(6</a.db-wal>, "\n\0index", 7, 99) = 7"#,
    "fdatasync(6</a.db-wal>) = 0",
    r#"sendto(9<TCP:[a->b]>, "HTTP/1.1 201 Created\r\n\r\n{\"room_guid\":\"41424344-4546-4748-494A-4B4C4D4E4F50\"}", 99, 0) = 99"#,
];

const SYNC: usize = 4;
const ANSWER: usize = 5;

/// Applies both rules to a record of these calls.
fn check(calls: &[&str]) -> [Result<usize, String>; 2] {
    let line = |call: &&str| format!("7  14:55:37.1 {call}\n");
    let trace = Trace::parse(&calls.iter().map(line).collect::<String>());
    [
        each_creation_is_synced(&trace),
        each_answer_is_synced(&trace),
    ]
}

/// Returns the valid calls in another order.
fn reordered(order: &[usize]) -> Vec<&'static str> {
    order.iter().map(|at| VALID[*at]).collect()
}

/// Returns the valid calls with one replaced by others.
fn replaced(at: usize, by: &[&'static str]) -> Vec<&'static str> {
    [&VALID[..at], by, &VALID[at + 1..]].concat()
}

#[test]
fn a_valid_order_passes() {
    assert_eq!(check(VALID), [Ok(1), Ok(1)]);
    let by_fsync = replaced(SYNC, &["fsync(6</a.db-wal>) = 0"]);
    assert_eq!(check(&by_fsync), [Ok(1), Ok(1)]);
    let twice = replaced(SYNC, &[VALID[SYNC], VALID[SYNC]]);
    assert_eq!(check(&twice), [Ok(1), Ok(1)]);
    let in_the_last_frame = reordered(&[2, 1, 4, 5]);
    assert_eq!(check(&in_the_last_frame), [Ok(1), Ok(1)]);
    assert_eq!(check(&[]), [Ok(0), Ok(0)]);
}

#[test]
fn an_answer_before_the_sync_fails_both_rules() {
    for wrong in [
        reordered(&[0, 1, 2, 3, 5]),
        reordered(&[0, 1, 2, 3, 5, 4]),
        reordered(&[4, 0, 1, 2, 3, 5]),
        reordered(&[0, 1, 4, 2, 3, 5]),
        reordered(&[0, 1, 2, 4, 3, 5]),
        reordered(&[5, 0, 1, 2, 3, 4]),
        reordered(&[4, 5]),
        replaced(SYNC, &["fdatasync(5</a.db>) = 0"]),
        replaced(
            SYNC,
            &["fdatasync(6</a.db-wal>) = -1 EIO (Input/output error)"],
        ),
        replaced(SYNC, &["fdatasync(6</a.db-wal> <unfinished ...>"]),
        replaced(
            3,
            &[r#"pwrite64(6</a.db-wal>, "\n\0index", 7, 99) = -1 ENOSPC (No space)"#],
        ),
    ] {
        let results = check(&wrong);
        assert!(results.iter().all(Result::is_err), "{wrong:?}: {results:?}");
    }
}

#[test]
fn a_sync_that_ends_after_the_start_of_the_answer_fails_both_rules() {
    let lines = [
        "7 1 pwrite64(6</a.db-wal>, \"\\0\\0\\0\\7\\0\\0\\0\\10saltsaltchecksum\", 24, 75) = 24",
        "7 1 pwrite64(6</a.db-wal>, \"ABCDEFGHIJKLMNOP\", 16, 99) = 16",
        "7 1 fdatasync(6</a.db-wal> <unfinished ...>",
        "8 1 sendto(9<TCP:[a->b]>, \"HTTP/1.1 201 Created\\r\\n\\r\\n{\\\"user_guid\\\":\\\"41424344-4546-4748-494A-4B4C4D4E4F50\\\"}\", 99, 0 <unfinished ...>",
        "7 1 <... fdatasync resumed>) = 0",
        "8 1 <... sendto resumed>) = 99",
    ];
    let check = |order: [usize; 6]| {
        let text = order.map(|at| lines[at]).join("\n");
        let trace = Trace::parse(&text);
        [
            each_creation_is_synced(&trace),
            each_answer_is_synced(&trace),
        ]
    };
    assert!(check([0, 1, 2, 3, 4, 5]).iter().all(Result::is_err));
    assert_eq!(check([0, 1, 2, 4, 3, 5]), [Ok(1), Ok(1)]);
}

#[test]
fn a_fault_that_only_one_rule_can_see_fails_that_rule() {
    let another = r#"sendto(9<TCP:[a->b]>, "HTTP/1.1 201 Created\r\n\r\n{\"room_guid\":\"41424344-4546-4748-494A-4B4C4D4E4F51\"}", 99, 0) = 99"#;
    assert!(check(&replaced(ANSWER, &[another]))[0].is_err());
    let nameless = r#"sendto(9<TCP:[a->b]>, "HTTP/1.1 201 Created\r\n\r\n{}", 99, 0) = 99"#;
    assert!(check(&replaced(ANSWER, &[nameless]))[0].is_err());
    let renamed = r#"sendto(9<TCP:[a->b]>, "HTTP/1.1 200 OK\r\n\r\n{}", 99, 0) = 99"#;
    assert_eq!(check(&replaced(ANSWER, &[renamed])), [Ok(0), Ok(1)]);
    assert!(check(&replaced(ANSWER, &[VALID[ANSWER], renamed]))[1].is_err());
    // A transaction that changed anything else.
    let without_guid = replaced(1, &[r#"pwrite64(6</a.db-wal>, "\r\0other", 7, 56) = 7"#]);
    let results = check(&without_guid);
    assert!(results[0].is_err() && results[1].is_ok(), "{results:?}");
    assert!(check(&[&without_guid[..SYNC], &[renamed]].concat())[1].is_err());
}

#[test]
fn a_transaction_that_follows_the_sync_may_wait_for_its_own() {
    let next = [VALID[SYNC], VALID[2], VALID[3]];
    assert_eq!(check(&replaced(SYNC, &next)), [Ok(1), Ok(1)]);
}
