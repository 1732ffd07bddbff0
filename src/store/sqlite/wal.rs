//! Keeps the write-ahead log (WAL) short.

mod checkpointer;
mod thread;

pub(super) use checkpointer::{Checkpointer, LIMIT_PAGES};
