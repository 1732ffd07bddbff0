//! Tests of the program: each runs it in an empty folder of its own.

mod backup;
mod database;
mod demo;
mod doctor;
mod erasure;
mod import;
mod key;
mod log;
mod serve;
mod settings;
mod sharing;
mod stop;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod threads;
mod tls;
mod user;
