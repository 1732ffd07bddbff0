//! Tests of the executable: each runs the real one in an empty folder of its own.

mod backup;
mod database;
mod demo;
mod doctor;
#[path = "../support/mod.rs"]
mod harness;
mod import;
mod key;
mod log;
mod serve;
mod settings;
mod sharing;
mod stop;
#[cfg(target_os = "linux")]
mod threads;
mod tls;
mod user;
