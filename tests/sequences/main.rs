//! Sends random sequences of all calls of the API to a server and compares every answer, whole,
//! with that of a model in memory. A failing sequence is shrunk.

mod call;
mod fields;
#[path = "../support/mod.rs"]
mod support;
mod world;

use call::Call;
use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::json;
use support::{Folder, ServerProcess, USER, number, seed, user_path};
use world::World;

/// How many sequences are sent unless `ROOMD_SEQUENCES` is set, and how long one is at most.
const SEQUENCES: u64 = 64;
const CALLS: usize = 40;

/// Usernames and e-mail addresses of the users at the start of a sequence.
const REGISTERED: [(&str, &str); 3] = [
    ("ada", "ada@example.com"),
    ("edsger", "edsger@example.com"),
    ("grace", "grace@MÜNCHEN.example"),
];

/// Owners and names of the rooms at the start of a sequence.
const CREATED: [(&str, &str); 2] = [
    ("ada@example.com", "Chess"),
    ("grace@MÜNCHEN.example", "Go"),
];

/// The start of every `url`.
const PUBLIC_URL: &str = "https://rooms.example.com";

fn runner() -> TestRunner {
    let sequences = number("ROOMD_SEQUENCES").unwrap_or(SEQUENCES);
    let config = Config {
        cases: u32::try_from(sequences).expect("a number of sequences that fits"),
        failure_persistence: None,
        max_shrink_iters: 1000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed().to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    TestRunner::new_with_rng(config, rng)
}

/// Deletes all users, and the rooms with them.
fn clear(server: &ServerProcess) {
    let all_users = json!({"page_size": 100});
    let users = server.post(&format!("{USER}/search"), &all_users);
    for user in users.json().as_array().expect("users") {
        let answer = server.delete(&user_path(user));
        assert_eq!(answer.status, 204, "{answer:?}");
    }
}

/// Sends the calls of one sequence, before them those that create its users and rooms, and after
/// them searches for everything. The error is the first answer that differs from the model's.
fn compare(server: &ServerProcess, calls: &[Call]) -> Result<(), String> {
    clear(server);
    let mut world = World::default();
    let (users, rooms) = (REGISTERED.map(Call::register), CREATED.map(Call::post_room));
    let after = [Call::all_rooms(), Call::all_users()];
    for call in users.iter().chain(&rooms).chain(calls).chain(&after) {
        let (method, path, body) = call.request(&world);
        let answer = server.call(method, &path, &body);
        let expected = world.answer(call, &answer);
        expected
            .check(&answer)
            .map_err(|difference| format!("{method} {path} {body}: {difference}"))?;
    }
    Ok(())
}

#[test]
fn every_sequence_of_calls_is_answered_as_by_the_model() {
    let folder = Folder::new();
    let key = folder.add_key();
    let server = folder.serve(&["--public-url", PUBLIC_URL]).with_key(&key);
    let outcome = runner().run(&vec(call::any(), 1..=CALLS), |calls| {
        compare(&server, &calls).map_err(TestCaseError::fail)
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
