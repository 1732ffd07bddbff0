//! Holds the imports of each part of the source against the order of the parts.

use std::fs;
use std::path::{Path, PathBuf};

/// Each part of the crate, and the parts that it may use besides itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    (
        "cli",
        &["config", "http", "logging", "model", "server", "store"],
    ),
    ("config", &["model"]),
    ("fuzzing", &["http", "model"]),
    ("http", &["model", "store"]),
    ("logging", &["config", "model"]),
    ("model", &[]),
    ("server", &["config", "http", "store"]),
    ("store", &["model"]),
];

/// Libraries that only one part, or a folder of one, may know.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("rusqlite", &["store/sqlite"]),
    ("r2d2", &["store/sqlite"]),
    ("r2d2_sqlite", &["store/sqlite"]),
    ("rustls", &["server"]),
    ("actix_web", &["cli", "fuzzing", "http", "server"]),
    ("clap", &["cli"]),
];

fn source() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))
}

/// All source files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The part that a file belongs to: the folder or file directly below `src`.
fn part(file: &Path) -> String {
    let below = file.strip_prefix(source()).expect("a file below src");
    let first = below.iter().next().expect("a name").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The code of a file without its comments.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a text");
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The names that follow `prefix` wherever it stands as a word of its own.
fn names_after<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(prefix)
        .filter(|(at, _)| !code[..*at].ends_with(is_name))
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())]
        })
        .collect()
}

#[test]
fn imports_point_one_way() {
    for file in files(source()) {
        let (part, code) = (part(&file), code(&file));
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == part) else {
            assert!(
                ["lib", "main"].contains(&part.as_str()),
                "{part} is not in the table"
            );
            continue;
        };
        assert!(
            !code.contains("use crate::{"),
            "{}: one line a part",
            file.display()
        );
        for used in names_after(&code, "crate::") {
            let fine = used == part || allowed.contains(&used);
            assert!(fine, "{} uses {used}, which {part} may not", file.display());
        }
    }
}

#[test]
fn a_library_stays_in_its_part() {
    for file in files(source()) {
        let code = code(&file);
        for (library, parts) in ONLY_IN {
            let used = !names_after(&code, &format!("{library}::")).is_empty();
            let is_below = |part: &&str| file.starts_with(source().join(part));
            let is_file = |part: &&str| file == source().join(part).with_extension("rs");
            let is_allowed = parts.iter().any(|part| is_below(part) || is_file(part));
            assert!(!used || is_allowed, "{} uses {library}", file.display());
        }
    }
}

#[test]
fn files_stay_readable_in_one_sitting() {
    for file in files(source()) {
        let lines = fs::read_to_string(&file).expect("a text").lines().count();
        assert!(lines <= 500, "{} has {lines} lines", file.display());
    }
}
