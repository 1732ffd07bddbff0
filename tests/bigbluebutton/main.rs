//! Tests of the hand-off to BigBlueButton, against a small server that answers as it does: what is
//! called and signed, who joins as what, what becomes of errors, who waits, and what is ended.

mod checking;
mod entering;
mod failing;
mod house;
mod stub;
#[path = "../support/mod.rs"]
mod support;
mod waiting;
