//! What happens by itself as time goes on.

use super::attendance::TIME_TO_ANSWER;
use super::effect::{CloseCode, Effect, MINUTE, Millis, SECOND};
use super::meeting::Meeting;
use super::messages::{EndReason, ServerMessage};
use super::person::Person;
use super::presence::KEEP_PLACE_FOR;
use super::protocol::PersonId;

/// After how long people get new credentials for the TURN servers. The old ones are good for an hour,
/// so that a page that misses some has time left to come back.
const RENEW_CREDENTIALS_AFTER: Millis = 30 * MINUTE;

impl Meeting {
    /// Does what is due. To be called about once a second.
    pub(super) fn tick(&mut self, now: Millis) {
        let is_lost = |since: Millis| since + KEEP_PLACE_FOR <= now;
        for id in self.ids(|person| person.gone_since.is_some_and(is_lost)) {
            self.leave(id, CloseCode::Left, now);
        }
        let is_empty = self.ids(|person| person.is_in()).is_empty();
        if self.ends_at.is_some_and(|ends_at| ends_at <= now) && !is_empty {
            self.end(EndReason::Time, now);
        }
        let is_due = |person: &Person| person.credentials_at + RENEW_CREDENTIALS_AFTER <= now;
        for id in self.ids(|person| person.is_in() && is_due(person)) {
            self.send_ice_servers(id, now);
        }
        if self.rules.options.enable_attendance_check {
            self.check_attendance(now);
        }
    }

    /// Gives a person new credentials for the TURN servers.
    pub(super) fn send_ice_servers(&mut self, id: PersonId, now: Millis) {
        let Some(person) = self.people.get_mut(&id) else {
            return;
        };
        person.credentials_at = now;
        if let Some(socket) = person.socket {
            self.push(Effect::SendIceServers(socket));
        }
    }

    fn check_attendance(&mut self, now: Millis) {
        if let Some(results) = self.attendance.end(now) {
            let text = ServerMessage::Attendance { results }.to_text();
            self.send_to(&text, |person| person.is_host());
        }
        if !self.has_host() {
            self.attendance.postpone();
            return;
        }
        let guests = self.people.values();
        let guests = guests.filter(|person| person.is_in() && !person.is_host());
        let guests = guests.map(|person| (person.id, person.name.as_str()));
        if let Some(check) = self.attendance.begin(guests, now) {
            let seconds = TIME_TO_ANSWER / SECOND;
            let text = ServerMessage::AttendanceCheck { check, seconds }.to_text();
            self.send_to(&text, |person| !person.is_host());
        }
    }
}
