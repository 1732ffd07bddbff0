//! `roomd` serves a room API over an embedded SQLite file.
//!
//! The parts, from the outside to the inside:
//!
//! | part | what it has |
//! | --- | --- |
//! | [`cli`] | the command line, one module per verb, for operators |
//! | [`server`] | the running server: TLS, the listener, the connections, the start and the stop |
//! | `http` | the routes, their handlers, and the OpenAPI document, for clients |
//! | `meeting` | what lets a person into a room, for the page of a room |
//! | [`store`] | the repository of users, rooms and API keys, and its engine SQLite |
//! | `metrics` | what the server counts and measures, for all parts above it |
//! | [`model`] | the types and rules that need neither HTTP nor SQL |
//! | [`config`], [`logging`] | the settings and the log, for `cli` and `server` |
//! | `fuzzing` | the properties that every input must satisfy; not part of the program |
//!
//! A request takes one straight way: extractor, handler, repository, engine, response. Imports point
//! one way, which `tests/architecture.rs` checks:
//!
//! `main -> cli -> server -> http -> meeting -> store -> metrics -> model`

pub mod cli;
pub mod config;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod http;
pub mod logging;
mod meeting;
mod metrics;
pub mod model;
pub mod server;
pub mod store;
