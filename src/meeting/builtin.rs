//! The meetings that this server runs by itself: browsers send picture and sound to each other, and the
//! server carries what they need to find each other, who is there, and the chat.
//!
//! [`meeting`] is one meeting as a state machine: events go in, effects come out. It has no sockets,
//! no tasks and no clock; moments and secrets are arguments. [`registry`] has all meetings, and the
//! [`wire`] of each person. [`hub`] gives it a lock and a clock.

mod attendance;
mod chat;
mod effect;
mod hosting;
mod hub;
mod ice_servers;
mod meeting;
mod messages;
mod pace;
mod person;
mod presence;
mod protocol;
mod rating_tickets;
mod registry;
mod rules;
mod sdp;
mod secret;
mod signals;
#[cfg(test)]
mod tests;
mod tick;
mod tickets;
mod turn;
mod waiting;
mod wire;

pub(crate) use effect::CloseCode;
pub(crate) use hub::Hub;
pub(crate) use ice_servers::{IceServerGroup, IceServers};
pub(crate) use registry::{OpenedRoom, Pass, Refused};
pub(crate) use rules::Rules;
pub(crate) use secret::Secret;
pub(crate) use tickets::Ticket;
pub(crate) use wire::{Outgoing, WireClosed, WireEnd};
