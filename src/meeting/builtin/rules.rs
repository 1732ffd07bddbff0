//! The rules of one meeting, made from the options of its room.

use super::effect::{MINUTE, Millis};
use crate::meeting::role::Role;
use crate::meeting::room_options::MeetingOptions;
use crate::model::WithoutHost;
use serde::Serialize;

/// The rules of one meeting.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(super) lang: String,
    pub(super) max_people: usize,
    /// Whether guests wait while no host is in.
    pub(super) waits_for_host: bool,
    pub(super) options: MeetingOptions,
}

/// The settings of a room as one person has them.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    lang: &'a str,
    allow_reactions: bool,
    allow_rating: bool,
    share_media: bool,
    hide_user_streams: bool,
    return_url: &'a str,
    max_people: usize,
    chat: ChatShown,
}

#[derive(Serialize)]
struct ChatShown {
    everybody: bool,
    private_to_hosts: bool,
    private_to_guests: bool,
    clear: bool,
    sound: &'static str,
    notify: &'static str,
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

    /// Returns whether a host must admit each guest.
    pub(super) fn needs_approval(&self) -> bool {
        self.options.skip_approval_on_join == Some(false)
    }

    /// Returns whether a person may send camera, microphone and screen.
    pub(super) fn may_share(&self, role: Role) -> bool {
        role == Role::Host || self.options.allow_users_stream_self_cam_mic
    }

    /// Returns whether the pages of two people may connect to each other.
    pub(super) fn may_connect(&self, one: Role, other: Role) -> bool {
        let both_guests = one == Role::Guest && other == Role::Guest;
        !(both_guests && self.options.hide_user_streams)
    }

    /// Returns whether a person may write to everybody (`None`), or to somebody with a role.
    pub(super) fn may_write(&self, from: Role, to: Option<Role>) -> bool {
        let chat = &self.options.chat;
        if chat.off_message_module {
            return false;
        }
        match (from, to) {
            (Role::Host, None) => true,
            (Role::Guest, None) => !chat.off_general_msging,
            (_, Some(_)) if chat.off_special_msging => false,
            (Role::Guest, Some(Role::Host)) => !chat.off_special_msg_to_admin,
            (Role::Guest, Some(Role::Guest)) => !chat.off_special_msg_to_user,
            (Role::Host, Some(_)) => true,
        }
    }

    /// Returns whether a person may write only so often to everybody.
    pub(crate) fn limits_writing(&self, role: Role) -> bool {
        role == Role::Guest && !self.options.chat.off_general_msg_limit_for_user
    }

    /// Returns whether a person may clear the chat.
    pub(super) fn may_clear_chat(&self, role: Role) -> bool {
        role == Role::Host && !self.options.chat.off_clear_for_replay
    }

    /// Returns how long a meeting lasts; `None` is for ever.
    pub(super) fn duration(&self) -> Option<Millis> {
        self.options.minutes().map(|minutes| minutes * MINUTE)
    }

    /// Returns the settings as a person with a role has them.
    pub(crate) fn shown(&self, role: Role) -> Shown<'_> {
        let chat = &self.options.chat;
        let all_or = |all: bool, other| if all { "all" } else { other };
        Shown {
            lang: &self.lang,
            allow_reactions: self.options.allow_reactions,
            allow_rating: self.options.allow_rating,
            share_media: self.may_share(role),
            hide_user_streams: self.options.hide_user_streams,
            return_url: &self.options.return_url,
            max_people: self.max_people,
            chat: ChatShown {
                everybody: self.may_write(role, None),
                private_to_hosts: self.may_write(role, Some(Role::Host)),
                private_to_guests: self.may_write(role, Some(Role::Guest)),
                clear: self.may_clear_chat(role),
                sound: if chat.off_new_msg_sound {
                    "none"
                } else {
                    all_or(chat.on_new_msg_sound_in_all, "private")
                },
                notify: all_or(chat.on_new_msg_notify_in_all, "private"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rules(options: &Value) -> Rules {
        Rules::new(&options.to_string(), "en", 6, WithoutHost::Open, false)
    }

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

    #[test]
    fn each_switch_of_the_chat_is_off_for_whom_it_names() {
        use Role::{Guest, Host};
        let all = [
            (Host, None),
            (Host, Some(Host)),
            (Host, Some(Guest)),
            (Guest, None),
            (Guest, Some(Host)),
            (Guest, Some(Guest)),
        ];
        for (switch, allowed) in [
            ("none", [true; 6]),
            ("offMessageModule", [false; 6]),
            ("offGeneralMsging", [true, true, true, false, true, true]),
            ("offSpecialMsging", [true, false, false, true, false, false]),
            (
                "offSpecialMsgToAdmin",
                [true, true, true, true, false, true],
            ),
            ("offSpecialMsgToUser", [true, true, true, true, true, false]),
        ] {
            let rules = rules(&json!({"chat": {switch: true}}));
            let found = all.map(|(from, to)| rules.may_write(from, to));
            assert_eq!(found, allowed, "{switch}");
        }
    }

    #[test]
    fn a_page_is_told_what_its_person_may_do() {
        let options = json!({
            "allow_users_stream_self_cam_mic": false, "hide_user_streams": true,
            "return_url": "https://example.com", "allow_reactions": false, "allow_rating": false,
            "chat": {"offClearForReplay": true, "offNewMsgSound": true, "onNewMsgNotifyInAll": true,
                "offGeneralMsging": true},
        });
        let rules = rules(&options);
        let shown = |role| serde_json::to_value(rules.shown(role)).expect("JSON");
        let guest = json!({
            "lang": "en", "allow_reactions": false, "allow_rating": false, "share_media": false,
            "hide_user_streams": true, "return_url": "https://example.com", "max_people": 6,
            "chat": {"everybody": false, "private_to_hosts": true, "private_to_guests": true,
                "clear": false, "sound": "none", "notify": "all"},
        });
        assert_eq!(shown(Role::Guest), guest);
        let host = shown(Role::Host);
        assert_eq!(host["share_media"], true);
        assert_eq!(host["chat"]["everybody"], true);
        assert_eq!(host["chat"]["clear"], false);
    }

    #[test]
    fn sounds_and_notices_are_for_private_messages_unless_switched() {
        let chat = |options: Value| {
            let shown = serde_json::to_value(rules(&options).shown(Role::Guest)).expect("JSON");
            (
                shown["chat"]["sound"].clone(),
                shown["chat"]["notify"].clone(),
            )
        };
        assert_eq!(chat(json!({})), (json!("private"), json!("private")));
        let all = json!({"chat": {"onNewMsgSoundInAll": true, "onNewMsgNotifyInAll": true}});
        assert_eq!(chat(all), (json!("all"), json!("all")));
    }
}
