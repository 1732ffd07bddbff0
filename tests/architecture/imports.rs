//! Finds out which source file uses which.

use crate::source::{Source, is_name};
use std::collections::{BTreeMap, BTreeSet};

/// A path in the crate, such as `store`, `sqlite`, `Engine`. None for a path in another crate.
type Path = Option<Vec<String>>;

/// Which files import from which, by their paths.
#[derive(Default)]
pub(crate) struct Graph<'a>(BTreeMap<&'a str, BTreeSet<&'a str>>);

/// The modules of the crate.
struct Modules<'a> {
    /// The file of each module.
    files: BTreeMap<&'a [String], &'a Source>,
    /// The names that each module imports, with what they stand for: other modules may use them.
    names: BTreeMap<&'a [String], BTreeMap<String, Path>>,
}

/// Returns all paths in the code of a module that lead to modules of the crate.
pub(crate) fn paths(module: &[String], code: &str) -> Vec<Vec<String>> {
    let declared = uses(code).into_iter();
    let declared = declared.map(|(path, _)| path);
    let all = declared.chain(inline_paths(code));
    all.filter_map(|path| absolute(module, code, &path))
        .collect()
}

impl<'a> Graph<'a> {
    /// Returns the graph of all imports, except those of a module from modules below it, which it
    /// puts together and may re-export. An import of a re-exported name is an import from the file
    /// that defines the name.
    pub(crate) fn new(sources: &'a [Source]) -> Self {
        let modules = Modules::new(sources);
        let mut graph = Self::default();
        for source in sources {
            let used = paths(&source.module, &source.code).into_iter();
            let used = used.filter_map(|path| modules.file(path));
            let used = used.filter(|used| !used.module.starts_with(&source.module));
            let used = used.map(|used| used.path.as_str()).collect();
            graph.0.insert(&source.path, used);
        }
        graph
    }

    /// Returns a shortest cycle through each file that is part of one.
    pub(crate) fn cycles(&self) -> Vec<Vec<&'a str>> {
        let files = self.0.keys();
        files.filter_map(|file| self.cycle_through(file)).collect()
    }

    fn cycle_through(&self, file: &'a str) -> Option<Vec<&'a str>> {
        let mut chains = vec![vec![file]];
        let mut seen = BTreeSet::new();
        let mut next = 0;
        while let Some(chain) = chains.get(next).cloned() {
            for used in self.0.get(chain[chain.len() - 1]).into_iter().flatten() {
                let longer = [&chain[..], &[*used]].concat();
                if *used == file {
                    return Some(longer);
                }
                if seen.insert(used) {
                    chains.push(longer);
                }
            }
            next += 1;
        }
        None
    }
}

impl<'a> Modules<'a> {
    fn new(sources: &'a [Source]) -> Self {
        let module = |source: &'a Source| source.module.as_slice();
        let imported = |source: &Source| {
            let names = uses(&source.code).into_iter();
            let names =
                names.map(|(path, name)| (name, absolute(&source.module, &source.code, &path)));
            names.collect()
        };
        Self {
            files: sources.iter().map(|file| (module(file), file)).collect(),
            names: sources
                .iter()
                .map(|file| (module(file), imported(file)))
                .collect(),
        }
    }

    /// Returns the file that has what a path leads to; None if that is in another crate.
    fn file(&self, path: Vec<String>) -> Option<&'a Source> {
        let is_module = |length: &usize| self.files.contains_key(&path[..*length]);
        let length = (0..=path.len()).rev().find(is_module)?;
        let (module, item) = path.split_at(length);
        let imported = item.first().and_then(|name| self.names[module].get(name));
        match imported {
            Some(target) => self.file([target.as_ref()?, &item[1..]].concat()),
            None => Some(self.files[module]),
        }
    }
}

/// Returns a path in the code of a module as one from the crate root. None if it leads to another
/// crate.
fn absolute(module: &[String], code: &str, path: &[String]) -> Path {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let ups = path.iter().take_while(|name| *name == "super").count();
            let base = &module[..module.len().checked_sub(ups)?];
            Some([base, &path[ups..]].concat())
        }
        child if declares(code, child) => Some([module, path].concat()),
        _ => None,
    }
}

/// Returns whether code declares a module in a file of its own.
fn declares(code: &str, module: &str) -> bool {
    let declaration = format!("mod {module};");
    code.lines().any(|line| line.ends_with(&declaration))
}

/// Returns the paths of all `use` declarations, each with the name that it imports.
fn uses(code: &str) -> Vec<(Vec<String>, String)> {
    let mut uses = Vec::new();
    for (at, keyword) in code.match_indices("use ") {
        if code[..at].ends_with(is_name) {
            continue;
        }
        let tree = code[at + keyword.len()..].split(';').next();
        expand(&[], tree.unwrap_or_default().trim(), &mut uses);
    }
    uses
}

/// Adds all paths of a tree such as `a::{b, c as d}` to `uses`.
fn expand(prefix: &[String], tree: &str, uses: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim();
    if let Some((base, group)) = tree.split_once('{') {
        let base = names(base);
        let group = group.trim_end().strip_suffix('}').expect("a closing brace");
        for tree in split_group(group) {
            expand(&[prefix, &base].concat(), tree, uses);
        }
        return;
    }
    let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
    let mut path = [prefix, &names(path)].concat();
    path.pop_if(|last| last == "self" && !prefix.is_empty());
    if let Some(last) = path.last().cloned() {
        let name = if alias.is_empty() {
            last
        } else {
            alias.trim().to_owned()
        };
        uses.push((path, name));
    }
}

/// Splits the content of braces at its commas, except those in inner braces.
fn split_group(group: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_u32);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts
        .into_iter()
        .filter(|part| !part.trim().is_empty())
        .collect()
}

/// Returns the paths in expressions and types that start with `crate`, `self` or `super`.
fn inline_paths(code: &str) -> Vec<Vec<String>> {
    let starts = ["crate::", "super::", "self::"].into_iter();
    let starts = starts.flat_map(|start| code.match_indices(start));
    // Not `pub(in crate::store)`, which imports nothing, and not the rest of a longer path.
    let is_start = |at: usize| {
        let before = &code[..at];
        let skipped = ["use ", "(in ", "::"];
        !before.ends_with(is_name) && !skipped.iter().any(|end| before.ends_with(end))
    };
    starts
        .filter(|(at, _)| is_start(*at))
        .map(|(at, _)| {
            let is_path = |c: char| is_name(c) || c == ':';
            let path = &code[at..];
            names(&path[..path.find(|c| !is_path(c)).unwrap_or(path.len())])
        })
        .collect()
}

/// Returns the names in a path.
fn names(path: &str) -> Vec<String> {
    let names = path.split("::").map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Returns a source file of a module.
#[cfg(test)]
fn source(path: &str, code: &str) -> Source {
    let module = path.trim_end_matches(".rs").split('/').map(str::to_owned);
    Source {
        path: path.to_owned(),
        module: module.filter(|name| name != "lib").collect(),
        code: code.to_owned(),
        literals: Vec::new(),
        tests: String::new(),
        lines: 1,
    }
}

#[test]
fn imports_are_found_in_declarations_expressions_and_re_exports() {
    let sources = [
        source("lib.rs", "mod a;\nmod b;"),
        source(
            "a.rs",
            "mod c;\npub(crate) use c::{C, D as E};\npub use std::fmt;\nstruct A;",
        ),
        source("a/c.rs", "use super::A;\nuse crate::{b::{self, B}};"),
        source(
            "b.rs",
            "use crate::a::{E::F, fmt};\nfn f() -> crate::a::A {}",
        ),
    ];
    let graph = Graph::new(&sources);
    let used = |file: &str| graph.0[file].iter().copied().collect::<Vec<_>>();
    assert_eq!(used("lib.rs"), [""; 0]);
    assert_eq!(used("a.rs"), [""; 0]);
    assert_eq!(used("a/c.rs"), ["a.rs", "b.rs"]);
    assert_eq!(used("b.rs"), ["a.rs", "a/c.rs"]);
    assert_eq!(
        graph.cycles(),
        [["a/c.rs", "b.rs", "a/c.rs"], ["b.rs", "a/c.rs", "b.rs"]]
    );
}
