//! Tests of the way to other meeting servers: where the page of a room sends people, who waits, and what
//! nobody gets to see. What is sent for every kind of room and person is tested next to the code.

mod guide;
mod jitsi;
mod room;
#[path = "../support/mod.rs"]
mod support;
mod template;
