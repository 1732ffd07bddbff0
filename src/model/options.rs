//! The options of a room: their keys, allowed values and defaults.

mod merge;
mod patch;
pub(crate) mod table;

pub use merge::RoomOptions;
pub use patch::OptionsPatch;
pub(crate) use patch::{Members, Value};
