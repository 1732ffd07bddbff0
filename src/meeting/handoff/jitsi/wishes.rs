use super::super::Visit;
use serde_json::{Value, json};

/// All buttons of the toolbar (`TOOLBAR_BUTTONS` in `toolbox/constants.ts`).
const BUTTONS: &[&str] = &[
    "audiotranslation",
    "camera",
    "chat",
    "closedcaptions",
    "custom-panel",
    "desktop",
    "download",
    "embedmeeting",
    "etherpad",
    "feedback",
    "filesharing",
    "fullscreen",
    "hangup",
    "help",
    "highlight",
    "invite",
    "linktosalesforce",
    "livestreaming",
    "microphone",
    "mute-everyone",
    "mute-video-everyone",
    "noisesuppression",
    "participants-pane",
    "pip",
    "polls",
    "profile",
    "raisehand",
    "recording",
    "security",
    "select-background",
    "settings",
    "shareaudio",
    "sharedvideo",
    "shortcuts",
    "stats",
    "tileview",
    "toggle-camera",
    "videoquality",
    "whiteboard",
];

/// The buttons that open the panel with the chat.
const CHAT_BUTTONS: &[&str] = &["chat", "filesharing", "polls"];

/// The buttons by which a person sends picture or sound.
const MEDIA_BUTTONS: &[&str] = &[
    "camera",
    "desktop",
    "microphone",
    "noisesuppression",
    "select-background",
    "shareaudio",
    "sharedvideo",
    "toggle-camera",
];

/// The buttons that record.
const RECORDING_BUTTONS: &[&str] = &["livestreaming", "recording"];

/// The languages of which Jitsi Meet has a text for a region. Of each other one it has one text.
const REGIONAL: &[&str] = &["en-GB", "es-US", "fr-CA", "pt-BR", "zh-CN", "zh-TW"];

/// Returns settings of the page in the browser, each with its key. The page obeys those of a list
/// (`configWhitelist.ts`); a person can change each of them in the address.
pub(super) fn of(visit: &Visit) -> Vec<(&'static str, Value)> {
    let options = &visit.options;
    let has_no_chat = options.chat.off_message_module;
    let sends_nothing = !visit.is_host() && !options.allow_users_stream_self_cam_mic;
    let mut wishes = vec![
        ("config.subject", visit.room.name.as_str().into()),
        // The person has entered a name and pressed a button already, and a token ends in some minutes,
        // whether they are still at such a page or not.
        ("config.prejoinConfig.enabled", false.into()),
        // Others are to come by the link of the room, not by that of the server.
        ("config.disableInviteFunctions", true.into()),
        ("config.doNotStoreRoom", true.into()),
    ];
    let mut wish_if = |is_wished: bool, key, value: Value| {
        if is_wished {
            wishes.push((key, value));
        }
    };
    wish_if(!options.allow_rating, "config.feedbackPercentage", 0.into());
    wish_if(
        !options.allow_reactions,
        "config.disableReactions",
        true.into(),
    );
    wish_if(
        options.chat.off_new_msg_sound,
        "config.disableIncomingMessageSound",
        true.into(),
    );
    wish_if(
        has_no_chat || options.chat.off_special_msging,
        "config.remoteVideoMenu.disablePrivateChat",
        "all".into(),
    );
    wish_if(sends_nothing, "config.startWithAudioMuted", true.into());
    wish_if(sends_nothing, "config.startWithVideoMuted", true.into());
    let hidden = [
        (has_no_chat, CHAT_BUTTONS),
        (sends_nothing, MEDIA_BUTTONS),
        (!visit.room.allow_recording, RECORDING_BUTTONS),
    ];
    let hidden: Vec<&str> = hidden
        .into_iter()
        .filter(|(is_hidden, _)| *is_hidden)
        .flat_map(|(_, buttons)| buttons.iter().copied())
        .collect();
    // Only buttons that are shown can be named, so that the list takes the place of the server's own.
    let shown = BUTTONS.iter().filter(|button| !hidden.contains(button));
    let shown: Vec<&str> = shown.copied().collect();
    wish_if(!hidden.is_empty(), "config.toolbarButtons", json!(shown));
    wishes
}

/// Returns the language of Jitsi Meet that is nearest to that of a room. It is in the query, because
/// `defaultLanguage` is not among the settings that a page takes from its address.
pub(super) fn language(tag: &str) -> &str {
    if let Some(regional) = REGIONAL.iter().find(|known| **known == tag) {
        return regional;
    }
    let mut parts = tag.split('-');
    match parts.next() {
        Some("zh") if parts.any(|part| ["Hant", "TW", "HK", "MO"].contains(&part)) => "zh-TW",
        Some("zh") => "zh-CN",
        primary => primary.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting::handoff::testing::visit;
    use crate::meeting::role::Role;
    use std::collections::BTreeMap;

    fn wishes(role: Role, options: &Value) -> BTreeMap<&'static str, Value> {
        of(&visit(role, options)).into_iter().collect()
    }

    #[test]
    fn a_room_with_the_defaults_has_few_wishes() {
        for role in [Role::Host, Role::Guest] {
            let keys: Vec<&str> = wishes(role, &json!({})).into_keys().collect();
            assert_eq!(
                keys,
                [
                    "config.disableInviteFunctions",
                    "config.doNotStoreRoom",
                    "config.prejoinConfig.enabled",
                    "config.subject",
                ]
            );
        }
        assert_eq!(wishes(Role::Host, &json!({}))["config.subject"], "Physics");
    }

    #[test]
    fn only_guests_who_may_not_send_lose_those_buttons() {
        let options = json!({"allow_users_stream_self_cam_mic": false});
        let guest = wishes(Role::Guest, &options);
        assert_eq!(guest["config.startWithAudioMuted"], true);
        assert_eq!(guest["config.startWithVideoMuted"], true);
        let shown = guest["config.toolbarButtons"].as_array().expect("buttons");
        assert_eq!(shown.len(), BUTTONS.len() - MEDIA_BUTTONS.len());
        assert!(shown.contains(&json!("chat")));
        let host = wishes(Role::Host, &options);
        assert!(!host.contains_key("config.toolbarButtons"));
        assert!(!host.contains_key("config.startWithAudioMuted"));
    }

    #[test]
    fn nobody_has_buttons_of_what_the_room_does_not_allow() {
        let options = json!({"chat": {"offMessageModule": true}});
        let mut visit = visit(Role::Host, &options);
        visit.room.allow_recording = false;
        let wishes: BTreeMap<_, _> = of(&visit).into_iter().collect();
        let shown = wishes["config.toolbarButtons"].as_array().expect("buttons");
        for button in ["chat", "polls", "filesharing", "recording", "livestreaming"] {
            assert!(!shown.contains(&json!(button)), "{button}");
        }
        assert!(shown.contains(&json!("microphone")));
        assert_eq!(wishes["config.remoteVideoMenu.disablePrivateChat"], "all");
    }

    #[test]
    fn every_hidden_button_is_one_of_the_toolbar() {
        for button in [CHAT_BUTTONS, MEDIA_BUTTONS, RECORDING_BUTTONS].concat() {
            assert!(BUTTONS.contains(&button), "{button}");
        }
    }

    #[test]
    fn the_language_is_one_of_jitsi() {
        for (tag, known) in [
            ("tr-TR", "tr"),
            ("en-US", "en"),
            ("en-GB", "en-GB"),
            ("de", "de"),
            ("pt-BR", "pt-BR"),
            ("pt-PT", "pt"),
            ("zh", "zh-CN"),
            ("zh-Hant-HK", "zh-TW"),
            ("x-private", "x"),
        ] {
            assert_eq!(language(tag), known, "{tag}");
        }
    }
}
