//! The meetings that this server runs by itself: browsers send picture and sound to each other, and the
//! server carries what they need to find each other, who is there, and the chat.
//!
//! [`meeting`] is one meeting as a state machine: events go in, effects come out. It has no sockets,
//! no tasks and no clock; moments and secrets are arguments.

#![allow(dead_code, reason = "the routes that open meetings are not there yet")]

mod attendance;
mod chat;
mod effect;
mod hosting;
mod meeting;
mod messages;
mod person;
mod presence;
mod protocol;
mod rules;
mod sdp;
mod secret;
mod signals;
#[cfg(test)]
mod tests;
mod tick;
mod waiting;
