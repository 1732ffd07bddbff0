//! What must be true of the order of system calls. How a log is laid out stands in "WAL-mode File
//! Format", sqlite.org: frames of a header (24 bytes) and a page each; the last frame of a
//! transaction has a size of the database, which is not 0, in bytes 4 to 7 of its header.

use crate::trace::{Call, Trace};
use serde_json::Value;
use uuid::Uuid;

const FRAME_HEADER_BYTES: usize = 24;

/// Every 201 was sent after the log had been synced, and that after the transaction with what was
/// made had been written whole. Returns how many there were.
pub(crate) fn each_creation_is_synced(trace: &Trace) -> Result<usize, String> {
    let created = answers(trace).filter(|answer| answer.data.starts_with("HTTP/1.1 201 "));
    let mut count = 0;
    for answer in created {
        let guid = guid_of(answer)?;
        let written = commit_of(trace, guid, answer)?;
        if !is_synced(trace, written, answer) {
            return Err(format!("{guid} was sent before the log was synced"));
        }
        count += 1;
    }
    Ok(count)
}

/// Every answer was sent after something had been written to the log since the one before, and
/// all of that had been synced: true of a caller who is alone and only changes things. Returns how
/// many there were.
pub(crate) fn nothing_waits_for_the_disk(trace: &Trace) -> Result<usize, String> {
    let (mut count, mut before) = (0, 0);
    for answer in answers(trace) {
        let line = answer.start;
        let new = |call: &&Call| call.start >= before && call.start < line;
        let Some(last) = log_writes(trace).filter(new).last() else {
            return Err(format!("line {line}: an answer without a write"));
        };
        let written = end(last).ok_or_else(|| format!("line {line}: an answer during a write"))?;
        if !is_synced(trace, written, answer) {
            return Err(format!("line {line}: an answer before the log was synced"));
        }
        (count, before) = (count + 1, line);
    }
    Ok(count)
}

/// Whether the log was synced after a line and before an answer.
fn is_synced(trace: &Trace, written: usize, answer: &Call) -> bool {
    trace.calls.iter().any(|call| {
        ["fsync", "fdatasync"].contains(&call.name.as_str())
            && is_of_log(call)
            && call.start > written
            && end(call).is_some_and(|end| end < answer.start)
    })
}

/// The line where the transaction was written whole that made what has a GUID.
fn commit_of(trace: &Trace, guid: Uuid, answer: &Call) -> Result<usize, String> {
    let writes: Vec<&Call> = log_writes(trace).collect();
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

/// What the server sent to callers.
fn answers(trace: &Trace) -> impl Iterator<Item = &Call> {
    let calls = trace.calls.iter();
    calls.filter(|call| !is_of_log(call) && call.data.starts_with("HTTP/1.1 "))
}

fn log_writes(trace: &Trace) -> impl Iterator<Item = &Call> {
    let is_write = |call: &&Call| call.name.contains("write") && is_of_log(call);
    trace.calls.iter().filter(is_write)
}

fn is_of_log(call: &Call) -> bool {
    call.target.ends_with("-wal")
}

/// Where a call ended, if it did what it was asked to.
fn end(call: &Call) -> Option<usize> {
    call.end.filter(|_| call.succeeded)
}

/// The GUID of what an answer says was made.
fn guid_of(answer: &Call) -> Result<Uuid, String> {
    let text = &answer.data;
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let made: Value = serde_json::from_str(body).unwrap_or_default();
    let guid = made["room_guid"].as_str().or(made["user_guid"].as_str());
    guid.and_then(|guid| guid.parse().ok())
        .ok_or_else(|| format!("an answer without a GUID: {text}"))
}

/// A room is made and answered; the bytes of its GUID are the letters from A to P.
const RIGHT: &[&str] = &[
    r#"pwrite64(6</a.db-wal>, "\0\0\0\6\0\0\0\0saltsaltchecksum", 24, 32) = 24"#,
    r#"pwrite64(6</a.db-wal>, "\r\0ABCDEFGHIJKLMNOP\0", 19, 56) = 19"#,
    r#"pwrite64(6</a.db-wal>, "\0\0\0\7\0\0\0\10saltsaltchecksum", 24, 75) = 24"#,
    r#"pwrite64(6</a.db-wal>, "\n\0index", 7, 99) = 7"#,
    "fdatasync(6</a.db-wal>) = 0",
    r#"sendto(9<TCP:[a->b]>, "HTTP/1.1 201 Created\r\n\r\n{\"room_guid\":\"41424344-4546-4748-494A-4B4C4D4E4F50\"}", 99, 0) = 99"#,
];

const SYNC: usize = 4;
const ANSWER: usize = 5;

/// What the rules say of a record of these calls.
fn judged(calls: &[&str]) -> [Result<usize, String>; 2] {
    let line = |call: &&str| format!("7  14:55:37.1 {call}\n");
    let trace = Trace::parse(&calls.iter().map(line).collect::<String>());
    [
        each_creation_is_synced(&trace),
        nothing_waits_for_the_disk(&trace),
    ]
}

/// The right calls in another order.
fn reordered(order: &[usize]) -> Vec<&'static str> {
    order.iter().map(|at| RIGHT[*at]).collect()
}

/// The right calls with one replaced by others.
fn replaced(at: usize, by: &[&'static str]) -> Vec<&'static str> {
    [&RIGHT[..at], by, &RIGHT[at + 1..]].concat()
}

#[test]
fn what_is_right_is_accepted() {
    assert_eq!(judged(RIGHT), [Ok(1), Ok(1)]);
    let by_fsync = replaced(SYNC, &["fsync(6</a.db-wal>) = 0"]);
    assert_eq!(judged(&by_fsync), [Ok(1), Ok(1)]);
    let twice = replaced(SYNC, &[RIGHT[SYNC], RIGHT[SYNC]]);
    assert_eq!(judged(&twice), [Ok(1), Ok(1)]);
    let in_the_last_frame = reordered(&[2, 1, 4, 5]);
    assert_eq!(judged(&in_the_last_frame), [Ok(1), Ok(1)]);
    assert_eq!(judged(&[]), [Ok(0), Ok(0)]);
}

#[test]
fn an_answer_before_the_sync_is_refused_by_both_rules() {
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
        let judged = judged(&wrong);
        assert!(judged.iter().all(Result::is_err), "{wrong:?}: {judged:?}");
    }
}

#[test]
fn a_sync_that_ends_after_the_answer_has_begun_is_refused() {
    let lines = [
        "7 1 pwrite64(6</a.db-wal>, \"\\0\\0\\0\\7\\0\\0\\0\\10saltsaltchecksum\", 24, 75) = 24",
        "7 1 pwrite64(6</a.db-wal>, \"ABCDEFGHIJKLMNOP\", 16, 99) = 16",
        "7 1 fdatasync(6</a.db-wal> <unfinished ...>",
        "8 1 sendto(9<TCP:[a->b]>, \"HTTP/1.1 201 Created\\r\\n\\r\\n{\\\"user_guid\\\":\\\"41424344-4546-4748-494A-4B4C4D4E4F50\\\"}\", 99, 0 <unfinished ...>",
        "7 1 <... fdatasync resumed>) = 0",
        "8 1 <... sendto resumed>) = 99",
    ];
    let judged = |order: [usize; 6]| {
        let text = order.map(|at| lines[at]).join("\n");
        let trace = Trace::parse(&text);
        [
            each_creation_is_synced(&trace),
            nothing_waits_for_the_disk(&trace),
        ]
    };
    assert!(judged([0, 1, 2, 3, 4, 5]).iter().all(Result::is_err));
    assert_eq!(judged([0, 1, 2, 4, 3, 5]), [Ok(1), Ok(1)]);
}

#[test]
fn what_only_one_rule_can_see_is_refused_by_it() {
    let another = r#"sendto(9<TCP:[a->b]>, "HTTP/1.1 201 Created\r\n\r\n{\"room_guid\":\"41424344-4546-4748-494A-4B4C4D4E4F51\"}", 99, 0) = 99"#;
    assert!(judged(&replaced(ANSWER, &[another]))[0].is_err());
    let nameless = r#"sendto(9<TCP:[a->b]>, "HTTP/1.1 201 Created\r\n\r\n{}", 99, 0) = 99"#;
    assert!(judged(&replaced(ANSWER, &[nameless]))[0].is_err());
    let renamed = r#"sendto(9<TCP:[a->b]>, "HTTP/1.1 200 OK\r\n\r\n{}", 99, 0) = 99"#;
    assert_eq!(judged(&replaced(ANSWER, &[renamed])), [Ok(0), Ok(1)]);
    assert!(judged(&replaced(ANSWER, &[RIGHT[ANSWER], renamed]))[1].is_err());
    // Another transaction waits: that is its own caller's business.
    let others = [RIGHT[SYNC], RIGHT[2], RIGHT[3]];
    let judged = judged(&replaced(SYNC, &others));
    assert!(judged[0].is_ok() && judged[1].is_err(), "{judged:?}");
}
