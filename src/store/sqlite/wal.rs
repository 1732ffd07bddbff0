//! Keeps the write-ahead log (WAL) short.

mod checkpointer;
mod erasure;
mod state;
mod thread;
pub(super) mod unindexed;

pub(super) use checkpointer::Checkpointer;
