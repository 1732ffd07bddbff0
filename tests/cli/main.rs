//! Tests of the program: each runs it in an empty folder of its own.

mod backup;
mod backup_folder;
mod certificate;
mod changes;
mod config;
mod database;
mod demo;
mod doctor;
mod dropped_clients;
#[cfg(unix)]
mod early_stop;
#[cfg(unix)]
mod endless_files;
mod erasure;
#[cfg(target_os = "linux")]
mod few_resources;
#[cfg(target_os = "linux")]
mod full_output;
mod healthcheck;
mod help;
mod import;
mod import_spreadsheet;
mod key;
mod log;
#[cfg(unix)]
mod log_reader;
#[cfg(unix)]
mod reload;
mod restore;
mod room;
mod rooms;
mod serve;
mod settings;
mod sharing;
#[cfg(unix)]
mod special_files;
mod status;
mod stop;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod systemd;
#[cfg(target_os = "linux")]
mod threads;
mod tls;
mod user;
mod user_change;
mod user_sync;
mod user_sync_rehearsal;
