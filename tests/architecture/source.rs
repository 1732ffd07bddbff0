//! Reads the source files of the crate.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file.
pub(crate) struct Source {
    /// The path below `src`, such as `store/sqlite/rooms.rs`.
    pub(crate) path: String,
    /// The names of the module, such as `store`, `sqlite`, `rooms`. The crate root has none.
    pub(crate) module: Vec<String>,
    /// The code, without its unit tests, comments and contents of string literals.
    pub(crate) code: String,
    /// The contents of the string literals in the code, as they are written.
    pub(crate) literals: Vec<String>,
    /// The code of the unit tests.
    pub(crate) tests: String,
    /// The number of lines of the file.
    pub(crate) lines: usize,
}

impl Source {
    /// Returns the part that the file belongs to: the name directly below `src`.
    pub(crate) fn part(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.trim_end_matches(".rs")
    }

    fn read(root: &Path, file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("a text");
        let path = file.strip_prefix(root).expect("a file below the root");
        let path = path.to_str().expect("a name in Unicode").to_owned();
        let module = path.trim_end_matches(".rs").split('/').map(str::to_owned);
        let (code, tests) = text
            .split_once("\n#[cfg(test)]\nmod tests {")
            .unwrap_or((&text, ""));
        let (code, literals) = split(code);
        Self {
            module: module.filter(|name| name != "lib").collect(),
            lines: text.lines().count(),
            tests: split(tests).0,
            path,
            code,
            literals,
        }
    }
}

/// Reads all source files of the library.
pub(crate) fn sources() -> Vec<Source> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let mut sources: Vec<Source> = files(root)
        .iter()
        .map(|file| Source::read(root, file))
        .filter(|source| source.path != "main.rs")
        .collect();
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// Returns all Rust files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let below = paths.flat_map(|path| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    });
    below
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// Splits a text into code and the contents of its string literals; drops comments.
fn split(text: &str) -> (String, Vec<String>) {
    let (mut code, mut literals, mut rest) = (String::new(), Vec::new(), text);
    while let Some(character) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if let Some((content, after)) = string_literal(rest, &code) {
            literals.push(content.to_owned());
            code.push_str("\"\"");
            rest = after;
        } else {
            let length = char_literal(rest).unwrap_or(character.len_utf8());
            code.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    (code, literals)
}

/// Splits off a string literal at the start of `rest`: its content, and what follows it.
fn string_literal<'a>(rest: &'a str, before: &str) -> Option<(&'a str, &'a str)> {
    if let Some(content) = rest.strip_prefix('"') {
        let mut is_escaped = false;
        let end = content.find(|c| {
            let is_end = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_end
        })?;
        return Some((&content[..end], &content[end + 1..]));
    }
    let raw = rest.strip_prefix('r')?;
    let content = raw.trim_start_matches('#').strip_prefix('"')?;
    if before.ends_with(is_name) {
        return None;
    }
    let end = format!("\"{}", "#".repeat(raw.len() - content.len() - 1));
    content.split_once(end.as_str())
}

/// Returns the length of a character literal at the start of `rest`. A lifetime is none.
fn char_literal(rest: &str) -> Option<usize> {
    let content = rest.strip_prefix('\'')?;
    let first = content.chars().next()?;
    let length = if first == '\\' {
        2 + content[2..].find('\'')?
    } else {
        first.len_utf8()
    };
    content[length..].starts_with('\'').then_some(length + 2)
}

/// Returns whether a character may be part of a name.
pub(crate) fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[test]
fn code_and_literals_are_told_apart() {
    let text =
        "let a = \"b \\\" // c\"; // d \"e\"\nlet f: &'f = r#\"g \"h\" \"#; let i = ['\"', '\\''];";
    let (code, literals) = split(text);
    assert_eq!(
        code,
        "let a = \"\"; \nlet f: &'f = \"\"; let i = ['\"', '\\''];"
    );
    assert_eq!(literals, ["b \\\" // c", "g \"h\" "]);
}
