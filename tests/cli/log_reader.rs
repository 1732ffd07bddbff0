use crate::support::{Folder, Process, ServerProcess, TIMEOUT};
use serde_json::Value;
use std::io::{BufRead, BufReader, PipeReader};
use std::process::Stdio;

/// Starts a server that logs every request, as JSON, into a pipe that is not read.
fn start_unread(folder: &Folder) -> (ServerProcess, PipeReader) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("ROOMD_LOG_REQUESTS", "true");
    command.env("ROOMD_LOG_FORMAT", "json");
    command.stdout(Stdio::piped()).stderr(writer);
    let process = Process::spawn_as_is(&mut command);
    let server = ServerProcess::wait_until_ready(process).expect("it starts");
    (server, reader)
}

/// Sends requests whose lines are so long that together they fill the pipe and the queue.
fn fill_log(server: &ServerProcess) {
    let id = "x".repeat(128);
    for _ in 0..5000 {
        let request = server.request("GET", "/healthz");
        let answer = server.send(request.header("X-Request-Id", &id), "");
        assert_eq!(answer.status, 200);
    }
}

#[test]
fn a_log_that_is_not_read_delays_neither_requests_nor_the_stop() {
    let folder = Folder::new();
    let (server, _reader) = start_unread(&folder);
    fill_log(&server);
    let exit = server.stop_by("TERM");
    assert_eq!(exit.status.code(), Some(0), "{exit:?}");
}

#[test]
fn a_failure_to_start_is_no_hang_if_the_log_is_not_read() {
    let folder = Folder::new();
    let (mut reader, mut writer) = std::io::pipe().expect("a pipe");
    rustix::io::ioctl_fionbio(&writer, true).expect("a pipe");
    while std::io::Write::write(&mut writer, &[b'x'; 4096]).is_ok() {}
    rustix::io::ioctl_fionbio(&writer, false).expect("a pipe");
    let mut command = folder.command(&["serve", "--listen", "192.0.2.1:0"]);
    command.stdout(Stdio::piped()).stderr(writer);
    let exit = Process::spawn_as_is(&mut command).wait(TIMEOUT);
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
    drop(command);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut reader, &mut text).expect("a text");
}

#[test]
fn dropped_lines_are_counted_in_one_line_once_the_log_is_read_again() {
    let folder = Folder::new();
    let (server, reader) = start_unread(&folder);
    fill_log(&server);
    let (mut requests, mut dropped) = (0, None);
    for line in BufReader::new(reader).lines() {
        let line: Value = serde_json::from_str(&line.expect("a text")).expect("JSON");
        match line["message"].as_str().expect("a text") {
            "started" => {}
            "request" => requests += 1,
            "lines of this log were dropped, because stderr did not take them" => {
                assert_eq!(line["level"], "warn");
                assert_eq!(dropped, None, "reported twice");
                dropped = line["dropped"].as_u64();
            }
            message => panic!("{message}"),
        }
        if dropped.is_some_and(|dropped| requests + dropped == 5000) {
            break;
        }
    }
    assert!(dropped.is_some_and(|dropped| dropped > 0), "{dropped:?}");
    server.stop();
}
