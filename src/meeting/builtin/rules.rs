//! The rules of one meeting, made from the options of its room.

use super::effect::{MINUTE, Millis};
use crate::meeting::role::Role;
use crate::meeting::room_options::MeetingOptions;
use crate::meeting::shown::Shown;
use crate::model::WithoutHost;

/// The rules of one meeting.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(super) lang: String,
    pub(super) max_people: usize,
    /// Whether guests wait while no host is in.
    pub(super) waits_for_host: bool,
    pub(super) options: MeetingOptions,
}

impl Rules {
    /// Returns the rules of a room with these options, as JSON text, for at most `max_people` people.
    /// `host_link_given` tells whether a host link of the room was ever given out.
    pub(crate) fn new(
        options: &str,
        lang: &str,
        max_people: usize,
        without_host: WithoutHost,
        host_link_given: bool,
    ) -> Self {
        let options = MeetingOptions::from_json(options);
        Self {
            lang: lang.to_owned(),
            max_people,
            waits_for_host: options.waits_for_host(without_host, host_link_given),
            options,
        }
    }

    /// Returns how long a meeting lasts; `None` is for ever.
    pub(super) fn duration(&self) -> Option<Millis> {
        self.options.minutes().map(|minutes| minutes * MINUTE)
    }

    /// Returns the settings as a person with a role has them.
    pub(super) fn shown(&self, role: Role) -> Shown<'_> {
        let shown = Shown::new(&self.options, &self.lang, role);
        shown.among(self.max_people)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn guests_wait_for_a_host_as_the_setting_says() {
        let waits = |without_host, given, options: Value| {
            Rules::new(&options.to_string(), "en", 6, without_host, given).waits_for_host
        };
        use WithoutHost::{Auto, Open, Wait};
        for (without_host, given, options, expected) in [
            (Auto, false, json!({}), false),
            (Auto, true, json!({}), true),
            (Auto, true, json!({"start_active": true}), false),
            (
                Auto,
                true,
                json!({"enable_session_auto_start": true}),
                false,
            ),
            (
                Auto,
                true,
                json!({"enable_session_auto_start": false}),
                true,
            ),
            (Open, true, json!({}), false),
            (Wait, false, json!({"start_active": true}), true),
        ] {
            assert_eq!(waits(without_host, given, options), expected);
        }
    }
}
