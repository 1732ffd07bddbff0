//! What hosts may do.

use super::effect::{CloseCode, MINUTE, Millis};
use super::meeting::Meeting;
use super::messages::{EndReason, Refusal, ServerMessage};
use super::protocol::{Command, PersonId};
use crate::meeting::role::Role;
use std::ops::RangeInclusive;

/// By how many minutes a host may extend a meeting at once.
const EXTENSION: RangeInclusive<u64> = 1..=60;

impl Meeting {
    /// Does what a command for hosts wants.
    pub(super) fn host_command(
        &mut self,
        id: PersonId,
        command: Command,
        now: Millis,
    ) -> Result<(), Refusal> {
        if self.role_of(id) != Some(Role::Host) {
            return Err(Refusal::NotAllowed);
        }
        match command {
            Command::Admit { id } => {
                self.check_waiting(id)?;
                self.admit_now(id, now);
                self.show_waiting();
            }
            Command::TurnAway { id } => {
                self.check_waiting(id)?;
                self.send(id, ServerMessage::TurnedAway.to_text());
                self.leave(id, CloseCode::TurnedAway, now);
            }
            Command::Mute { id: Some(muted) } => {
                self.role_of(muted).ok_or(Refusal::NoSuchPerson)?;
                self.send(muted, ServerMessage::Mute { by: id }.to_text());
            }
            Command::Mute { id: None } => {
                let text = ServerMessage::Mute { by: id }.to_text();
                self.send_to(&text, |person| !person.is_host());
            }
            Command::Remove { id: removed } => {
                if removed == id {
                    return Err(Refusal::NotAllowed);
                }
                self.role_of(removed).ok_or(Refusal::NoSuchPerson)?;
                self.send(removed, ServerMessage::Removed.to_text());
                self.leave(removed, CloseCode::Removed, now);
            }
            Command::End => self.end(EndReason::Host, now),
            Command::Extend { minutes } => self.extend(minutes)?,
            Command::ClearChat => {
                if !self.rules.options.may_clear_chat(Role::Host) {
                    return Err(Refusal::NotAllowed);
                }
                for person in self.people.values_mut() {
                    person.chat.clear();
                }
                self.send_to(&ServerMessage::ChatCleared.to_text(), |_| true);
            }
            _ => return Err(Refusal::NotAllowed),
        }
        Ok(())
    }

    /// Returns whether a person may extend the meeting.
    pub(super) fn can_extend(&self, role: Role) -> bool {
        let may = self.rules.options.duration.allow_extend_time;
        role == Role::Host && may && self.ends_at.is_some()
    }

    fn extend(&mut self, minutes: u64) -> Result<(), Refusal> {
        let ends_at = self.ends_at.filter(|_| self.can_extend(Role::Host));
        let ends_at = ends_at.ok_or(Refusal::NotAllowed)?;
        if !EXTENSION.contains(&minutes) {
            return Err(Refusal::NotAllowed);
        }
        self.ends_at = Some(ends_at + minutes * MINUTE);
        for role in [Role::Host, Role::Guest] {
            let message = ServerMessage::Time {
                ends_at: self.ends_at,
                can_extend: self.can_extend(role),
            };
            self.send_to(&message.to_text(), |person| person.role == role);
        }
        Ok(())
    }

    fn check_waiting(&self, id: PersonId) -> Result<(), Refusal> {
        let waiting = self.people.get(&id).filter(|person| !person.is_in());
        waiting.map(|_| ()).ok_or(Refusal::NoSuchPerson)
    }
}
