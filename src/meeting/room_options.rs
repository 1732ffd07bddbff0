//! The options of a room that act in its meetings.

use crate::model::WithoutHost;
use serde::Deserialize;

/// The options that act in a meeting. Any that is missing has its default, as everywhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct MeetingOptions {
    pub(crate) allow_rating: bool,
    pub(crate) session_duration: u64,
    pub(crate) chat: ChatOptions,
    pub(crate) duration: DurationOptions,
    pub(crate) allow_users_stream_self_cam_mic: bool,
    pub(crate) hide_user_streams: bool,
    pub(crate) enable_attendance_check: bool,
    pub(crate) start_active: bool,
    pub(crate) return_url: String,
    pub(crate) allow_reactions: bool,
    pub(crate) enable_recording_auto_start: Option<bool>,
    pub(crate) skip_approval_on_join: Option<bool>,
    pub(crate) enable_session_auto_start: Option<bool>,
    pub(crate) enable_session_auto_finish: Option<bool>,
}

/// The options of the chat.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ChatOptions {
    pub(crate) off_message_module: bool,
    pub(crate) off_general_msging: bool,
    pub(crate) off_general_msg_limit_for_user: bool,
    pub(crate) off_special_msging: bool,
    pub(crate) off_special_msg_to_admin: bool,
    pub(crate) off_special_msg_to_user: bool,
    pub(crate) off_new_msg_sound: bool,
    pub(crate) off_clear_for_replay: bool,
    pub(crate) on_new_msg_sound_in_all: bool,
    pub(crate) on_new_msg_notify_in_all: bool,
}

/// The options of the time limit.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct DurationOptions {
    pub(crate) allow_extend_time: bool,
    pub(crate) use_remaining_time: bool,
}

impl Default for MeetingOptions {
    fn default() -> Self {
        Self {
            allow_rating: true,
            session_duration: 60,
            chat: ChatOptions::default(),
            duration: DurationOptions::default(),
            allow_users_stream_self_cam_mic: true,
            hide_user_streams: false,
            enable_attendance_check: true,
            start_active: false,
            return_url: String::new(),
            allow_reactions: true,
            enable_recording_auto_start: None,
            skip_approval_on_join: None,
            enable_session_auto_start: None,
            enable_session_auto_finish: None,
        }
    }
}

impl Default for DurationOptions {
    fn default() -> Self {
        Self {
            allow_extend_time: true,
            use_remaining_time: false,
        }
    }
}

impl MeetingOptions {
    /// Returns the options that the JSON text of a room has.
    pub(crate) fn from_json(options: &str) -> Self {
        // The stored text was checked before it was stored.
        serde_json::from_str(options).unwrap_or_default()
    }

    /// Returns whether guests wait while no host is there. `host_link_given` tells whether a host link
    /// of the room was ever given out.
    pub(crate) fn waits_for_host(&self, without_host: WithoutHost, host_link_given: bool) -> bool {
        let is_open = self.start_active || self.enable_session_auto_start == Some(true);
        match without_host {
            WithoutHost::Auto => host_link_given && !is_open,
            WithoutHost::Open => false,
            WithoutHost::Wait => true,
        }
    }

    /// Returns after how many minutes a meeting ends by itself; `None` is never.
    pub(crate) fn minutes(&self) -> Option<u64> {
        let is_limited = self.enable_session_auto_finish == Some(true);
        is_limited.then_some(self.session_duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{OptionsPatch, RoomOptions};

    #[test]
    fn the_defaults_are_those_of_the_table_of_options() {
        let stored = RoomOptions::new(&OptionsPatch::default());
        let stored: MeetingOptions = serde_json::from_str(stored.as_json()).expect("options");
        assert_eq!(
            format!("{stored:?}"),
            format!("{:?}", MeetingOptions::default())
        );
    }
}
