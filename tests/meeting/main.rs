//! Tests of meetings, over real web sockets: who comes in, who may do what, and what becomes of
//! connections. The rules under every order of events are tested next to the code.

mod bounds;
mod entering;
mod inside;
mod leaving;
mod room;
#[path = "../support/mod.rs"]
mod support;
mod visitor;
