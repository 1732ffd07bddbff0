//! What a person may do in a room of LiveKit.

use crate::meeting::role::Role;
use crate::meeting::room_options::MeetingOptions;
use serde_json::{Map, Value, json};

/// The rights of a person, which the server holds everybody to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rights {
    /// See and hear others.
    pub(super) subscribe: bool,
    /// Send camera, microphone and screen.
    pub(super) publish: bool,
    /// Send messages: the chat, reactions and raised hands.
    pub(super) send: bool,
}

impl Rights {
    /// The rights of a person who waits until a host lets them in.
    pub(super) const NONE: Self = Self {
        subscribe: false,
        publish: false,
        send: false,
    };

    /// Returns the rights of a person who is in.
    pub(super) fn new(options: &MeetingOptions, role: Role) -> Self {
        Self {
            subscribe: true,
            publish: options.may_share(role),
            send: !options.chat.off_message_module,
        }
    }

    /// Returns the rights as the grants of a token. A right that is not named would be given.
    pub(super) fn to_grants(self) -> Map<String, Value> {
        [
            ("canSubscribe", self.subscribe),
            ("canPublish", self.publish),
            ("canPublishData", self.send),
            // Else guests could make themselves hosts for the pages of others.
            ("canUpdateOwnMetadata", false),
        ]
        .into_iter()
        .map(|(name, is_allowed)| (name.to_owned(), is_allowed.into()))
        .collect()
    }

    /// Returns the rights as the API takes them for a person who has entered.
    pub(super) fn to_permission(self) -> Value {
        json!({
            "can_subscribe": self.subscribe,
            "can_publish": self.publish,
            "can_publish_data": self.send,
            "can_update_metadata": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(options: Value, role: Role) -> Rights {
        let options = serde_json::from_value(options).expect("options");
        Rights::new(&options, role)
    }

    #[test]
    fn options_take_rights_away() {
        let all = Rights {
            subscribe: true,
            publish: true,
            send: true,
        };
        let silent = json!({"allow_users_stream_self_cam_mic": false});
        let no_chat = json!({"chat": {"offMessageModule": true}});
        for role in [Role::Host, Role::Guest] {
            assert_eq!(rights(json!({}), role), all);
            let publish = role == Role::Host;
            assert_eq!(rights(silent.clone(), role), Rights { publish, ..all });
            assert_eq!(rights(no_chat.clone(), role), Rights { send: false, ..all });
        }
    }

    #[test]
    fn every_right_is_named() {
        let grants = Value::Object(Rights::NONE.to_grants());
        let named = json!({"canSubscribe": false, "canPublish": false, "canPublishData": false,
            "canUpdateOwnMetadata": false});
        assert_eq!(grants, named);
        let permission = rights(json!({}), Role::Guest).to_permission();
        let named = json!({"can_subscribe": true, "can_publish": true, "can_publish_data": true,
            "can_update_metadata": false});
        assert_eq!(permission, named);
    }
}
