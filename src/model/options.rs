//! The options of a room: what each is called, what it may hold, and what it is when nobody says.

mod merge;
mod patch;
pub(crate) mod table;

pub use merge::RoomOptions;
pub use patch::OptionsPatch;
pub(crate) use patch::{Members, Value};
