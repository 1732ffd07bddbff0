//! What the options of a room let each person do, and what the page of that person is told of it.

use super::role::Role;
use super::room_options::MeetingOptions;
use serde::Serialize;

/// The settings of a room as one person has them.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    lang: &'a str,
    allow_reactions: bool,
    allow_rating: bool,
    share_media: bool,
    hide_user_streams: bool,
    return_url: &'a str,
    /// The most people in a meeting, where that is decided here.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_people: Option<usize>,
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

impl MeetingOptions {
    /// Returns whether a host must admit each guest.
    pub(crate) fn needs_approval(&self) -> bool {
        self.skip_approval_on_join == Some(false)
    }

    /// Returns whether a person may send camera, microphone and screen.
    pub(crate) fn may_share(&self, role: Role) -> bool {
        role == Role::Host || self.allow_users_stream_self_cam_mic
    }

    /// Returns whether the pages of two people may connect to each other.
    pub(crate) fn may_connect(&self, one: Role, other: Role) -> bool {
        let both_guests = one == Role::Guest && other == Role::Guest;
        !(both_guests && self.hide_user_streams)
    }

    /// Returns whether a person may write to everybody (`None`), or to somebody with a role.
    pub(crate) fn may_write(&self, from: Role, to: Option<Role>) -> bool {
        let chat = &self.chat;
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
        role == Role::Guest && !self.chat.off_general_msg_limit_for_user
    }

    /// Returns whether a person may clear the chat.
    pub(crate) fn may_clear_chat(&self, role: Role) -> bool {
        role == Role::Host && !self.chat.off_clear_for_replay
    }
}

impl<'a> Shown<'a> {
    /// Returns the settings of a room in a language as a person with a role has them.
    pub(crate) fn new(options: &'a MeetingOptions, lang: &'a str, role: Role) -> Self {
        let chat = &options.chat;
        let all_or = |all: bool, other| if all { "all" } else { other };
        Self {
            lang,
            allow_reactions: options.allow_reactions,
            allow_rating: options.allow_rating,
            share_media: options.may_share(role),
            hide_user_streams: options.hide_user_streams,
            return_url: &options.return_url,
            max_people: None,
            chat: ChatShown {
                everybody: options.may_write(role, None),
                private_to_hosts: options.may_write(role, Some(Role::Host)),
                private_to_guests: options.may_write(role, Some(Role::Guest)),
                clear: options.may_clear_chat(role),
                sound: if chat.off_new_msg_sound {
                    "none"
                } else {
                    all_or(chat.on_new_msg_sound_in_all, "private")
                },
                notify: all_or(chat.on_new_msg_notify_in_all, "private"),
            },
        }
    }

    /// Returns the settings for a meeting of at most so many people.
    pub(crate) fn among(self, max_people: usize) -> Self {
        Self {
            max_people: Some(max_people),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn options(options: &Value) -> MeetingOptions {
        MeetingOptions::from_json(&options.to_string())
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
            let options = options(&json!({"chat": {switch: true}}));
            let found = all.map(|(from, to)| options.may_write(from, to));
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
        let options = self::options(&options);
        let shown = |role| serde_json::to_value(Shown::new(&options, "en", role)).expect("JSON");
        let guest = json!({
            "lang": "en", "allow_reactions": false, "allow_rating": false, "share_media": false,
            "hide_user_streams": true, "return_url": "https://example.com",
            "chat": {"everybody": false, "private_to_hosts": true, "private_to_guests": true,
                "clear": false, "sound": "none", "notify": "all"},
        });
        assert_eq!(shown(Role::Guest), guest);
        let among = Shown::new(&options, "en", Role::Guest).among(6);
        let among = serde_json::to_value(among).expect("JSON");
        assert_eq!(among["max_people"], 6);
        let host = shown(Role::Host);
        assert_eq!(host["share_media"], true);
        assert_eq!(host["chat"]["everybody"], true);
        assert_eq!(host["chat"]["clear"], false);
    }

    #[test]
    fn sounds_and_notices_are_for_private_messages_unless_switched() {
        let chat = |options: Value| {
            let options = self::options(&options);
            let shown =
                serde_json::to_value(Shown::new(&options, "en", Role::Guest)).expect("JSON");
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
