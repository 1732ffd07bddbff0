//! Checks the source code against the architecture: which part may use which, which library and
//! which SQL stands where, and that no files import each other.

mod imports;
mod source;

use imports::Graph;
use source::{is_name, sources};
use std::fs;

/// The parts of the crate, each with the parts that it may import from besides itself. The order is
/// `main -> cli -> server -> http -> {meeting, events} -> store -> {metrics, model}`; `config` and `logging`
/// serve the first two, `fuzzing` is not part of the program.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "config", "http", "logging", "meeting", "model", "server", "store",
        ],
    ),
    ("config", &["model"]),
    ("events", &["model", "store"]),
    ("fuzzing", &["http", "meeting", "model"]),
    ("http", &["events", "meeting", "metrics", "model", "store"]),
    ("logging", &["config", "model"]),
    ("meeting", &["metrics", "model", "store"]),
    ("metrics", &[]),
    ("model", &[]),
    (
        "server",
        &[
            "config", "events", "http", "logging", "meeting", "metrics", "model", "store",
        ],
    ),
    ("store", &["metrics", "model"]),
];

/// Libraries that only some files, or folders of files, may use.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("rusqlite", &["store/sqlite"]),
    ("r2d2", &["store/sqlite"]),
    ("r2d2_sqlite", &["store/sqlite"]),
    ("rustls", &["server", "meeting/handoff/outbound"]),
    ("actix_web", &["cli", "fuzzing", "http", "server"]),
    ("clap", &["cli"]),
    ("prometheus_client", &["metrics"]),
];

/// Returns whether a path is a file or folder, or below it: `server` has `server.rs` and
/// `server/tls.rs`.
fn is_in(path: &str, place: &str) -> bool {
    let rest = path.strip_prefix(place);
    rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

#[test]
fn imports_point_one_way() {
    for source in sources() {
        let part = source.part();
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == part) else {
            assert_eq!(part, "lib", "{part} is not in the table");
            continue;
        };
        let tests_module = [&source.module[..], &["tests".to_owned()]].concat();
        let in_code = imports::paths(&source.module, &source.code);
        let in_tests = imports::paths(&tests_module, &source.tests);
        for path in in_code.into_iter().chain(in_tests) {
            let used = path.first().map_or("the crate root", String::as_str);
            let is_allowed = used == part || allowed.contains(&used);
            assert!(is_allowed, "{} imports from {used}", source.path);
        }
    }
}

#[test]
fn no_files_import_each_other() {
    let sources = sources();
    let cycles = Graph::new(&sources).cycles();
    let lines: Vec<String> = cycles.iter().map(|cycle| cycle.join(" -> ")).collect();
    assert!(cycles.is_empty(), "import cycles:\n{}", lines.join("\n"));
}

#[test]
fn a_library_stays_in_its_part() {
    for source in sources() {
        for (library, places) in ONLY_IN {
            let path = format!("{library}::");
            let is_in_code = |code: &String| {
                let mut found = code.match_indices(&path);
                found.any(|(at, _)| !code[..at].ends_with(is_name))
            };
            let is_used = [&source.code, &source.tests].into_iter().any(is_in_code);
            let is_allowed = places.iter().any(|place| is_in(&source.path, place));
            assert!(!is_used || is_allowed, "{} uses {library}", source.path);
        }
    }
}

#[test]
fn only_the_store_names_an_engine() {
    for source in sources().iter().filter(|source| source.part() != "store") {
        let mut paths = imports::paths(&source.module, &source.code)
            .into_iter()
            .flatten();
        assert!(!paths.any(|name| name == "sqlite"), "{}", source.path);
    }
}

#[test]
fn sql_stands_in_the_folder_of_its_engine() {
    let is_sql = |literal: &&String| {
        let both = |first: &str, second: &str| {
            let after = literal.split_once(first);
            after.is_some_and(|(_, rest)| rest.contains(second))
        };
        literal.contains("INSERT")
            || literal.contains("DELETE FROM")
            || both("SELECT", "FROM")
            || both("UPDATE", "SET")
    };
    for source in sources() {
        let found = source.literals.iter().find(is_sql);
        let is_engine = is_in(&source.path, "store/sqlite");
        assert!(is_engine || found.is_none(), "{}: {found:?}", source.path);
    }
}

/// SQLite reports a replaced row as an insertion only, and the engine relies on its reports: it
/// keeps the caches after a commit that only inserts.
#[test]
fn sqlite_replaces_no_rows() {
    let schema = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.sql"));
    let sources = sources();
    let engine = sources.iter().filter(|it| is_in(&it.path, "store/sqlite"));
    let literals = engine.flat_map(|source| source.literals.clone());
    for sql in literals.chain([schema.expect("a schema")]) {
        let words: Vec<String> = sql.split_whitespace().map(str::to_lowercase).collect();
        let sql = format!(" {} ", words.join(" "));
        for clause in [" or replace ", " replace into ", " on conflict replace"] {
            assert!(!sql.contains(clause), "{sql}");
        }
    }
}

#[test]
fn files_stay_readable_in_one_sitting() {
    for source in sources() {
        let (path, lines) = (&source.path, source.lines);
        assert!(lines <= 500, "{path} has {lines} lines");
    }
}
