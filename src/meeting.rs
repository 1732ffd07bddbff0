//! Opening rooms: what lets a person into a room as its host, and the meetings that open.

pub(crate) mod builtin;
mod host_link;
mod host_secret;
mod options;

pub(crate) use host_link::HostLinks;
pub(crate) use host_secret::file as secret_file;
pub(crate) use options::{Effect, names_with as options_with};
