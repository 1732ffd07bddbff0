//! The files that the pages load: style, scripts and icon, from inside the executable.

use crate::http::error::ApiError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, Header, IfNoneMatch, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::LazyLock;

/// The path of a file, with the folder in any case: a link to a room may be in capitals.
pub(in crate::http) const PATH: &str = "/{groups:(?i:groups)}/assets/{name}";

/// The bytes of a hash that an entity tag shows.
const TAG_BYTES: usize = 16;

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

/// Makes the table of files from their names in the folder `web`.
macro_rules! files {
    ($($name:literal: $content_type:expr),+ $(,)?) => {
        &[$(File {
            name: $name,
            content_type: $content_type,
            content: include_str!(concat!("../../../web/", $name)),
        }),+]
    };
}

const FILES: &[File] = files![
    "style.css": STYLE,
    "meeting.css": STYLE,
    "icon.svg": IMAGE,
    "meeting.js": SCRIPT,
    "attendance.js": SCRIPT,
    "chat.js": SCRIPT,
    "controls.js": SCRIPT,
    "device-lists.js": SCRIPT,
    "devices.js": SCRIPT,
    "dom.js": SCRIPT,
    "ending.js": SCRIPT,
    "enter.js": SCRIPT,
    "join.js": SCRIPT,
    "joining.js": SCRIPT,
    "layout.js": SCRIPT,
    "notices.js": SCRIPT,
    "panels.js": SCRIPT,
    "peers.js": SCRIPT,
    "people.js": SCRIPT,
    "remaining.js": SCRIPT,
    "room.js": SCRIPT,
    "signalling.js": SCRIPT,
    "speaking.js": SCRIPT,
    "storage.js": SCRIPT,
    "texts.js": SCRIPT,
    "tiles.js": SCRIPT,
    "waiting.js": SCRIPT,
];

/// The entity tags of [`FILES`], in the same order.
static TAGS: LazyLock<Vec<EntityTag>> = LazyLock::new(|| FILES.iter().map(File::tag).collect());

struct File {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
}

impl File {
    /// Returns a tag that changes with the content.
    fn tag(&self) -> EntityTag {
        let mut tag = String::with_capacity(2 * TAG_BYTES);
        for byte in &Sha256::digest(self.content)[..TAG_BYTES] {
            write!(tag, "{byte:02x}").expect("a String takes all that is written");
        }
        EntityTag::new_strong(tag)
    }
}

/// Returns the names of all scripts.
pub(super) fn scripts() -> impl Iterator<Item = &'static str> {
    let scripts = FILES.iter().filter(|file| file.content_type == SCRIPT);
    scripts.map(|file| file.name)
}

/// Returns a file: `GET /groups/assets/{name}`, which no client needs to know. A browser may store it,
/// and asks each time whether it has changed: after an update of the server, no page works with
/// scripts of two versions.
pub(in crate::http) async fn file(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let name = request.match_info().get("name").unwrap_or_default();
    let index = FILES.iter().position(|file| file.name == name);
    let index = index.ok_or(ApiError::RouteNotFound)?;
    let (file, tag) = (&FILES[index], &TAGS[index]);
    let mut response = if is_known(&request, tag) {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((ETAG, tag.to_string()))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if is_known(&request, tag) {
        return Ok(response.finish());
    }
    Ok(response
        .insert_header((CONTENT_TYPE, file.content_type))
        .body(file.content))
}

/// Returns whether the client has the content with this tag.
fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_style_script_and_image_is_in_the_table() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
        let stored: BTreeSet<String> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.into_string().expect("a text"))
            .filter(|name| !name.ends_with(".html"))
            .filter(|name| name != "symbols.svg")
            .collect();
        let named = FILES.iter().map(|file| file.name.to_owned());
        assert_eq!(named.collect::<BTreeSet<_>>(), stored);
    }

    #[test]
    fn scripts_import_only_what_is_in_the_table() {
        for file in FILES.iter().filter(|file| file.content_type == SCRIPT) {
            let lines = file.content.lines();
            for line in lines.filter(|line| line.contains(" from \"")) {
                let path = line.rsplit('"').nth(1).expect("a path");
                let name = path.strip_prefix("./").expect(path);
                assert!(scripts().any(|script| script == name), "{line}");
            }
        }
    }

    /// Names and messages of people reach the page as text: nothing may parse them as HTML.
    #[test]
    fn scripts_never_parse_html() {
        for file in FILES.iter().filter(|file| file.content_type == SCRIPT) {
            for parser in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "DOMParser",
                "eval(",
            ] {
                assert!(!file.content.contains(parser), "{}: {parser}", file.name);
            }
        }
    }
}
