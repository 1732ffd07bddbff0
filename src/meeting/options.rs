//! What a meeting server does with each option of a room: the one table that says so.

use self::Effect::{Applied as A, ClientOnly as C, Ignored as I};

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

/// A column of the table: a meeting server, as it is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// The server that is built in.
    Builtin,
    /// Another server by a template.
    Template,
    /// Another server by a template with `{return_url}` for hosts and guests.
    TemplateWithReturn,
    /// Jitsi Meet without tokens.
    Jitsi,
    /// Jitsi Meet with tokens.
    JitsiWithTokens,
    /// BigBlueButton.
    BigBlueButton,
    /// LiveKit.
    LiveKit,
}

/// What becomes of an option.
pub(crate) struct OptionEffect {
    /// The name of the option, behind that of its group: `chat.offNewMsgSound`.
    name: &'static str,
    /// Who makes the option act, by [`Column`].
    effects: [Effect; 7],
    /// What the option does on the server that is built in, in a sentence for the reference.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "a test holds the reference to it")
    )]
    meaning: &'static str,
}

/// Returns the names of the options that have an effect, in the order of responses. Without a meeting
/// server, all are ignored.
pub(crate) fn names_with(
    effect: Effect,
    server: Option<Column>,
) -> impl Iterator<Item = &'static str> {
    let has_effect = move |option: &&OptionEffect| {
        let found = server.map_or(Effect::Ignored, |column| option.effects[column as usize]);
        found == effect
    };
    OPTIONS.iter().filter(has_effect).map(|option| option.name)
}

/// Every option, in the order of responses. The effects are those on: builtin, template, template with
/// return, Jitsi, Jitsi with tokens, BigBlueButton, LiveKit.
static OPTIONS: &[OptionEffect] = &[
    option(
        "allow_rating",
        [A, I, A, C, C, A, A],
        "People may give the room one to five stars when they leave.",
    ),
    option(
        "preparation_time",
        [I, I, I, I, I, I, I],
        "There is no schedule to prepare for.",
    ),
    option(
        "session_duration",
        [A, I, I, I, I, A, A],
        "How many minutes a meeting lasts, from the moment the first person is in, if \
         `enable_session_auto_finish` is true.",
    ),
    option(
        "chat.offMessageModule",
        [A, I, I, C, C, A, A],
        "There is no chat, not for hosts either.",
    ),
    option(
        "chat.offGeneralMsging",
        [A, I, I, I, I, A, C],
        "Guests do not write to everybody.",
    ),
    option(
        "chat.offGeneralMsgLimitForUser",
        [A, I, I, I, I, I, C],
        "Guests may write more than 10 messages to everybody in a minute.",
    ),
    option(
        "chat.offSpecialMsging",
        [A, I, I, C, C, A, C],
        "Nobody writes to one person alone.",
    ),
    option(
        "chat.offSpecialMsgToAdmin",
        [A, I, I, I, I, I, C],
        "Guests do not write to a host alone.",
    ),
    option(
        "chat.offSpecialMsgToUser",
        [A, I, I, I, I, A, C],
        "Guests do not write to another guest alone.",
    ),
    option(
        "chat.offNewMsgSound",
        [C, I, I, C, C, I, C],
        "A new message makes no sound.",
    ),
    option(
        "chat.offClearForReplay",
        [A, I, I, I, I, I, C],
        "Hosts cannot clear the chat.",
    ),
    option(
        "chat.onNewMsgSoundInAll",
        [C, I, I, I, I, I, C],
        "A message to everybody makes a sound too, not only one to the person alone.",
    ),
    option(
        "chat.onNewMsgNotifyInAll",
        [C, I, I, I, I, I, C],
        "A message to everybody is announced too while the chat is closed, not only one to the \
         person alone.",
    ),
    option(
        "duration.allowExtendTime",
        [A, I, I, I, I, I, I],
        "Hosts can let a meeting last longer.",
    ),
    option(
        "duration.useRemainingTime",
        [A, I, I, I, I, I, I],
        "A meeting that everybody has left goes on with the time that it had left.",
    ),
    option(
        "allow_users_stream_self_cam_mic",
        [A, I, I, C, C, A, A],
        "Guests may send camera, microphone and screen.",
    ),
    option(
        "hide_user_streams",
        [A, I, I, I, I, A, C],
        "Guests do not see and hear each other.",
    ),
    option(
        "enable_attendance_check",
        [A, I, I, I, I, I, I],
        "Guests are asked every ten minutes whether they are there, while a host is.",
    ),
    option(
        "enable_simultaneous_interpretation",
        [I, I, I, I, I, I, I],
        "There are no channels for interpreters.",
    ),
    option(
        "enable_simultaneous_interpretation_for_users",
        [I, I, I, I, I, I, I],
        "There are no channels for interpreters.",
    ),
    option(
        "start_active",
        [A, A, A, A, A, A, A],
        "Guests do not wait for a host where `meeting.without_host` is `auto`.",
    ),
    option(
        "return_url",
        [C, I, C, I, I, A, C],
        "Where the page leads when a person leaves.",
    ),
    option(
        "allow_reactions",
        [A, I, I, C, C, I, C],
        "People may send reactions.",
    ),
    option(
        "enable_recording_auto_start",
        [I, I, I, I, I, A, I],
        "There are no recordings.",
    ),
    option(
        "skip_approval_on_join",
        [A, I, I, I, I, A, A],
        "If false, each guest waits until a host lets them in.",
    ),
    option(
        "enable_session_auto_start",
        [A, A, A, A, A, A, A],
        "If true, guests do not wait for a host where `meeting.without_host` is `auto`.",
    ),
    option(
        "enable_session_auto_finish",
        [A, I, I, I, I, A, A],
        "If true, a meeting ends after `session_duration`.",
    ),
];

const fn option(name: &'static str, effects: [Effect; 7], meaning: &'static str) -> OptionEffect {
    OptionEffect {
        name,
        effects,
        meaning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::options::table::{self, Entry, Kind};

    const COLUMNS: [Column; 7] = [
        Column::Builtin,
        Column::Template,
        Column::TemplateWithReturn,
        Column::Jitsi,
        Column::JitsiWithTokens,
        Column::BigBlueButton,
        Column::LiveKit,
    ];

    /// Returns the word for an effect in responses.
    fn word(effect: Effect) -> &'static str {
        match effect {
            Effect::Applied => "applied",
            Effect::ClientOnly => "client_only",
            Effect::Ignored => "ignored",
        }
    }

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
        for server in COLUMNS.map(Some).into_iter().chain([None]) {
            let mut names: Vec<&str> = [A, C, I]
                .into_iter()
                .flat_map(|effect| names_with(effect, server))
                .collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), OPTIONS.len());
        }
        let none = names_with(I, None);
        assert_eq!(none.count(), OPTIONS.len());
    }

    #[test]
    fn the_reference_says_what_every_option_does() {
        const REFERENCE: &str = include_str!("../../docs/api.md");
        let row = |option: &OptionEffect| {
            let effect = word(option.effects[Column::Builtin as usize]);
            format!("| `{}` | `{effect}` | {} |\n", option.name, option.meaning)
        };
        let rows: String = OPTIONS.iter().map(row).collect();
        assert!(
            REFERENCE.contains(&rows),
            "docs/api.md must have these rows:\n{rows}"
        );
    }

    #[test]
    fn the_guide_says_what_acts_on_every_server() {
        const GUIDE: &str = include_str!("../../docs/meeting-servers.md");
        let row = |option: &OptionEffect| {
            let words: Vec<&str> = option.effects[1..].iter().copied().map(word).collect();
            format!("| `{}` | {} |\n", option.name, words.join(" | "))
        };
        let rows: String = OPTIONS.iter().map(row).collect();
        assert!(
            GUIDE.contains(&rows),
            "docs/meeting-servers.md must have these rows:\n{rows}"
        );
    }
}
