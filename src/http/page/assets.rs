//! The files that the pages load: style, scripts and icon, from inside the executable.

use super::library;
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
    "arriving.js": SCRIPT,
    "asking.js": SCRIPT,
    "attendance.js": SCRIPT,
    "builtin.js": SCRIPT,
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
    "livekit.js": SCRIPT,
    "livekit-meeting.js": SCRIPT,
    "livekit-messages.js": SCRIPT,
    "livekit-tracks.js": SCRIPT,
    "meeting.js": SCRIPT,
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

    /// Returns the names of the scripts that a script imports.
    fn imports(&self) -> impl Iterator<Item = &'static str> {
        let lines = self.content.lines();
        lines.filter_map(|line| {
            let (_, path) = line.split_once(" from \"./")?;
            path.strip_suffix("\";")
        })
    }
}

/// Returns the names of the scripts that a page loads which begins with one of them.
pub(super) fn scripts_from(first: &'static str) -> Vec<&'static str> {
    let mut names = vec![first];
    let mut next = 0;
    while let Some(name) = names.get(next) {
        let file = FILES.iter().find(|file| file.name == *name);
        for imported in file.into_iter().flat_map(File::imports) {
            if !names.contains(&imported) {
                names.push(imported);
            }
        }
        next += 1;
    }
    names
}

/// Returns a file: `GET /groups/assets/{name}`, which no client needs to know. A browser may store it,
/// and asks each time whether it has changed: after an update of the server, no page works with
/// scripts of two versions.
pub(in crate::http) async fn file(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let name = request.match_info().get("name").unwrap_or_default();
    if let Some(response) = library::file(name, &request) {
        return Ok(response);
    }
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
            .filter(|name| name != "symbols.svg" && name != "vendor")
            .collect();
        let named = FILES.iter().map(|file| file.name.to_owned());
        assert_eq!(named.collect::<BTreeSet<_>>(), stored);
    }

    #[test]
    fn scripts_import_only_what_is_in_the_table() {
        let is_script = |name| {
            FILES
                .iter()
                .any(|file| file.name == name && file.content_type == SCRIPT)
        };
        for file in FILES.iter().filter(|file| file.content_type == SCRIPT) {
            let lines = file.content.lines();
            let imports = lines.filter(|line| line.contains(" from \"")).count();
            let names: Vec<&str> = file.imports().collect();
            assert_eq!(names.len(), imports, "{}", file.name);
            assert!(names.into_iter().all(is_script), "{}", file.name);
        }
    }

    #[test]
    fn a_page_loads_only_what_it_needs() {
        let builtin = scripts_from("builtin.js");
        let livekit = scripts_from("livekit.js");
        for (name, is_builtin, is_livekit) in [
            ("meeting.js", true, true),
            ("texts.js", true, true),
            ("peers.js", true, false),
            ("livekit-tracks.js", false, true),
            ("enter.js", false, false),
        ] {
            assert_eq!(builtin.contains(&name), is_builtin, "{name}");
            assert_eq!(livekit.contains(&name), is_livekit, "{name}");
        }
    }

    /// Names and messages of people reach the page as text: nothing may parse them as HTML. The library of
    /// LiveKit, which is not in the table, gets no element of the page.
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
