//! The languages of the pages, and their texts.

mod table;

use crate::model::LangTag;
use std::sync::LazyLock;
use table::{ENGLISH, TURKISH, Texts};

static LANGUAGES: LazyLock<[Language; 2]> =
    LazyLock::new(|| [Language::new("en", &ENGLISH), Language::new("tr", &TURKISH)]);

/// A language of the pages.
pub(super) struct Language {
    /// The tag of the language in HTML.
    pub(super) code: &'static str,
    /// The texts.
    pub(super) texts: &'static Texts,
    /// The texts as JSON, for scripts: safe to stand inside an element `script`.
    pub(super) json: String,
}

impl Language {
    fn new(code: &'static str, texts: &'static Texts) -> Self {
        let json = serde_json::to_string(texts).expect("texts are JSON");
        let json = json.replace('<', "\\u003c");
        Self { code, texts, json }
    }

    /// Returns English, the language of pages that belong to no room.
    pub(super) fn english() -> &'static Self {
        &LANGUAGES[0]
    }

    /// Returns the language for a room; English if there are no texts in its language.
    pub(super) fn from_tag(tag: &LangTag) -> &'static Self {
        let primary = tag.as_str().split('-').next().unwrap_or_default();
        let mut languages = LANGUAGES.iter();
        let found = languages.find(|language| language.code.eq_ignore_ascii_case(primary));
        found.unwrap_or_else(Self::english)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    fn texts(language: &Language) -> Vec<(String, String)> {
        let texts: Value = serde_json::from_str(&language.json).expect("JSON");
        let texts = texts.as_object().expect("an object").clone().into_iter();
        texts
            .map(|(key, text)| (key, text.as_str().expect("a text").to_owned()))
            .collect()
    }

    /// Returns the placeholders of a text, such as `{name}`.
    fn placeholders(text: &str) -> BTreeSet<&str> {
        let parts = text.split('{').skip(1);
        parts
            .filter_map(|part| Some(part.split_once('}')?.0))
            .collect()
    }

    #[test]
    fn the_language_of_a_room_decides() {
        for (tag, code) in [
            ("tr", "tr"),
            ("tr-TR", "tr"),
            ("en-GB", "en"),
            ("de", "en"),
            ("trv", "en"),
            ("x-tr", "en"),
        ] {
            let tag = LangTag::parse(tag).expect(tag);
            assert_eq!(Language::from_tag(&tag).code, code, "{tag:?}");
        }
    }

    #[test]
    fn every_text_is_there_in_each_language_with_the_same_placeholders() {
        let [english, turkish] = &*LANGUAGES;
        for ((key, english), (_, turkish)) in texts(english).iter().zip(texts(turkish).iter()) {
            assert!(!english.is_empty() && !turkish.is_empty(), "{key}");
            assert_eq!(placeholders(english), placeholders(turkish), "{key}");
            assert!(english != turkish, "{key}");
        }
    }

    /// Returns the content of the files with an ending.
    fn files(ending: &str) -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
        let entries = fs::read_dir(folder).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let paths = paths.filter(|path| path.extension().is_some_and(|it| it == ending));
        paths
            .map(|path| fs::read_to_string(path).expect("a text"))
            .collect()
    }

    /// Returns the names of texts in the calls `text(...)` of a script.
    fn names_in_calls(script: &str) -> BTreeSet<&str> {
        let calls = script.split("text(").skip(1);
        let arguments = calls.filter_map(|call| call.split([')', '{']).next());
        let literals = arguments.flat_map(|argument| argument.split('"').skip(1).step_by(2));
        let is_name = |literal: &&str| {
            let mut characters = literal.chars();
            characters.all(|character| character.is_ascii_lowercase() || character == '_')
        };
        literals.filter(is_name).collect()
    }

    #[test]
    fn scripts_use_only_texts_that_are_there() {
        let stored: BTreeSet<String> = texts(Language::english())
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        for script in files("js") {
            for name in names_in_calls(&script) {
                assert!(stored.contains(name), "{name}");
            }
        }
    }

    #[test]
    fn every_text_is_used() {
        let (scripts, pages) = (files("js").concat(), files("html").concat());
        for (key, _) in texts(Language::english()) {
            let is_in_script = scripts.contains(&format!("\"{key}\""));
            let is_in_page = [" t.", ".texts."]
                .iter()
                .any(|start| pages.contains(&format!("{start}{key} ")));
            assert!(is_in_script || is_in_page, "{key}");
        }
    }

    #[test]
    fn the_json_ends_no_script() {
        for language in &*LANGUAGES {
            assert!(!language.json.contains('<'), "{}", language.code);
        }
    }
}
