//! Tests of the API: each starts a server on a free port, with a database of its own.

mod auth;
mod bodies;
mod client_habits;
mod connections;
mod cors;
mod default_room;
mod docs;
mod errors;
mod headers;
mod health;
mod host_links;
mod limits;
mod options;
mod page;
mod query_parameters;
mod request_id;
mod room_search;
mod rooms;
mod smuggling;
#[path = "../support/mod.rs"]
mod support;
mod users;
mod validation;
