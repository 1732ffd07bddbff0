//! `roomd` serves a room API over an embedded SQLite file.
//!
//! [`model`] knows what things are, [`store`] keeps them in SQLite, `http` speaks to callers,
//! [`cli`] to operators. A request takes one straight way: extractor, handler, repository, row,
//! response. Imports point one way, and nothing points back:
//!
//! `main -> cli -> server -> http -> store -> model`
//!
//! [`server`] is where the parts are put together; [`config`] and [`logging`] serve it and `cli`.
//! `fuzzing`, which is not part of the program, holds `http` and `model` to what must always be so.

pub mod cli;
pub mod config;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod http;
pub mod logging;
pub mod model;
pub mod server;
pub mod store;
