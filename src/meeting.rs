//! Opening rooms: what lets a person into a room as its host, and the meetings that open.

pub(crate) mod builtin;
pub(crate) mod handoff;
mod host_link;
mod host_secret;
mod options;
mod role;
mod room_options;
mod shown;

pub(crate) use host_link::{HostLinks, MAX_SECONDS as MAX_HOST_LINK_SECONDS};
pub(crate) use host_secret::{HostSecret, SecretError, SecretFile, file as secret_file};
pub(crate) use options::{Column, Effect, names_with as options_with};
pub(crate) use role::Role;
pub(crate) use room_options::MeetingOptions;
