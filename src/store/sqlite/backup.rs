//! Verified copies of a database that is in use, and how one is restored.

mod check;
mod create;
mod file_system;
mod folder;
mod last;
mod manifest;
mod old;
mod restore;
mod verify;

pub(in crate::store) use create::back_up;
pub(super) use create::{Pace, back_up_once};
pub(in crate::store) use folder::{find_in, new_name, remove};
pub(super) use last::last;
pub(in crate::store) use last::record;
pub(in crate::store) use restore::restore;
pub(in crate::store) use verify::verify;
