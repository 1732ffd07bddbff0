//! What a meeting server does with each option of a room: the one table that says so.

use crate::model::MeetingServer;

/// Who makes an option act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The server does it, or does not let anybody act against it.
    Applied,
    /// The page obeys it; a program in the place of the page need not.
    ClientOnly,
    /// Nobody: it is stored and has no effect.
    Ignored,
}

/// What becomes of an option.
pub(crate) struct OptionEffect {
    /// The name of the option, behind that of its group: `chat.offNewMsgSound`.
    pub(crate) name: &'static str,
    /// Who makes it act on the server that is built in.
    pub(crate) builtin: Effect,
    /// What it does there, in a sentence for the reference.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "a test holds the reference to it")
    )]
    pub(crate) meaning: &'static str,
}

impl Effect {
    /// Returns the word for the effect in responses.
    #[cfg(test)]
    fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::ClientOnly => "client_only",
            Self::Ignored => "ignored",
        }
    }
}

impl OptionEffect {
    /// Returns who makes the option act on a server.
    fn on(&self, server: MeetingServer) -> Effect {
        match server {
            MeetingServer::Builtin => self.builtin,
            MeetingServer::None => Effect::Ignored,
        }
    }
}

/// Returns the names of the options that have an effect on a server, in the order of responses.
pub(crate) fn names_with(
    effect: Effect,
    server: MeetingServer,
) -> impl Iterator<Item = &'static str> {
    let has_effect = move |option: &&OptionEffect| option.on(server) == effect;
    OPTIONS.iter().filter(has_effect).map(|option| option.name)
}

/// Every option, in the order of responses.
static OPTIONS: &[OptionEffect] = &[
    applied(
        "allow_rating",
        "People may give the room one to five stars when they leave.",
    ),
    ignored("preparation_time", "There is no schedule to prepare for."),
    applied(
        "session_duration",
        "How many minutes a meeting lasts, from the moment the first person is in, if \
         `enable_session_auto_finish` is true.",
    ),
    applied(
        "chat.offMessageModule",
        "There is no chat, not for hosts either.",
    ),
    applied("chat.offGeneralMsging", "Guests do not write to everybody."),
    applied(
        "chat.offGeneralMsgLimitForUser",
        "Guests may write more than 10 messages to everybody in a minute.",
    ),
    applied(
        "chat.offSpecialMsging",
        "Nobody writes to one person alone.",
    ),
    applied(
        "chat.offSpecialMsgToAdmin",
        "Guests do not write to a host alone.",
    ),
    applied(
        "chat.offSpecialMsgToUser",
        "Guests do not write to another guest alone.",
    ),
    client_only("chat.offNewMsgSound", "A new message makes no sound."),
    applied("chat.offClearForReplay", "Hosts cannot clear the chat."),
    client_only(
        "chat.onNewMsgSoundInAll",
        "A message to everybody makes a sound too, not only one to the person alone.",
    ),
    client_only(
        "chat.onNewMsgNotifyInAll",
        "A message to everybody is announced too while the chat is closed, not only one to the \
         person alone.",
    ),
    applied(
        "duration.allowExtendTime",
        "Hosts can let a meeting last longer.",
    ),
    applied(
        "duration.useRemainingTime",
        "A meeting that everybody has left goes on with the time that it had left.",
    ),
    applied(
        "allow_users_stream_self_cam_mic",
        "Guests may send camera, microphone and screen.",
    ),
    applied(
        "hide_user_streams",
        "Guests do not see and hear each other.",
    ),
    applied(
        "enable_attendance_check",
        "Guests are asked every ten minutes whether they are there, while a host is.",
    ),
    ignored(
        "enable_simultaneous_interpretation",
        "There are no channels for interpreters.",
    ),
    ignored(
        "enable_simultaneous_interpretation_for_users",
        "There are no channels for interpreters.",
    ),
    applied(
        "start_active",
        "Guests do not wait for a host where `meeting.without_host` is `auto`.",
    ),
    client_only("return_url", "Where the page leads when a person leaves."),
    applied("allow_reactions", "People may send reactions."),
    ignored("enable_recording_auto_start", "There are no recordings."),
    applied(
        "skip_approval_on_join",
        "If false, each guest waits until a host lets them in.",
    ),
    applied(
        "enable_session_auto_start",
        "If true, guests do not wait for a host where `meeting.without_host` is `auto`.",
    ),
    applied(
        "enable_session_auto_finish",
        "If true, a meeting ends after `session_duration`.",
    ),
];

const fn applied(name: &'static str, meaning: &'static str) -> OptionEffect {
    effect(name, Effect::Applied, meaning)
}

const fn client_only(name: &'static str, meaning: &'static str) -> OptionEffect {
    effect(name, Effect::ClientOnly, meaning)
}

const fn ignored(name: &'static str, meaning: &'static str) -> OptionEffect {
    effect(name, Effect::Ignored, meaning)
}

const fn effect(name: &'static str, builtin: Effect, meaning: &'static str) -> OptionEffect {
    OptionEffect {
        name,
        builtin,
        meaning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::options::table::{self, Entry, Kind};

    /// Returns the names of all options that rooms have.
    fn known(entries: &[Entry], group: &str) -> Vec<String> {
        let names = entries.iter().flat_map(|entry| match entry.kind {
            Kind::Group(members) => known(members, &format!("{}.", entry.key)),
            _ => vec![format!("{group}{}", entry.key)],
        });
        names.collect()
    }

    #[test]
    fn every_option_is_in_the_table_once_in_the_order_of_responses() {
        let listed: Vec<&str> = OPTIONS.iter().map(|option| option.name).collect();
        assert_eq!(listed, known(table::OPTIONS, ""));
    }

    #[test]
    fn every_option_is_in_one_list_whatever_the_server() {
        let effects = [Effect::Applied, Effect::ClientOnly, Effect::Ignored];
        for server in [MeetingServer::Builtin, MeetingServer::None] {
            let mut names: Vec<&str> = effects
                .into_iter()
                .flat_map(|effect| names_with(effect, server))
                .collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), OPTIONS.len());
        }
        let none = names_with(Effect::Ignored, MeetingServer::None);
        assert_eq!(none.count(), OPTIONS.len());
    }

    #[test]
    fn the_reference_says_what_every_option_does() {
        const REFERENCE: &str = include_str!("../../docs/api.md");
        let row = |option: &OptionEffect| {
            let effect = option.builtin.as_str();
            format!("| `{}` | `{effect}` | {} |\n", option.name, option.meaning)
        };
        let rows: String = OPTIONS.iter().map(row).collect();
        assert!(
            REFERENCE.contains(&rows),
            "docs/api.md must have these rows:\n{rows}"
        );
    }
}
