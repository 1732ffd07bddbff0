use super::query::Query;
use crate::meeting::handoff::Visit;

/// How many minutes a meeting that ends by itself goes on without a moderator. A host whose connection
/// breaks has the time to come back.
const MINUTES_WITHOUT_HOST: u64 = 5;

/// Returns the parameters with which the meeting of a room is created, under a name. The server takes
/// them from the first such call, and ignores them while the meeting takes place.
///
/// Some are left out on purpose: passwords, without which two calls never contradict each other and
/// which no link needs; `lockSettingsLockOnJoin`, which is the default and has broken other locks where
/// it was sent; and the policy that lets in nobody.
pub(super) fn query(visit: &Visit, name: &str) -> Query {
    let (room, options) = (&visit.room, &visit.options);
    let mut query = Query::default();
    query.add("meetingID", room.guid);
    query.add("name", name);
    query.add("logoutURL", visit.return_url());

    query.add("record", room.allow_recording);
    if room.allow_recording {
        // Without these two, nobody could record.
        query.add("allowStartStopRecording", true);
        if let Some(starts) = options.enable_recording_auto_start {
            query.add("autoStartRecording", starts);
        }
    }

    if let Some(minutes) = options.minutes() {
        query.add("duration", minutes);
        query.add("endWhenNoModerator", true);
        query.add("endWhenNoModeratorDelayInMinutes", MINUTES_WITHOUT_HOST);
    }

    let chat = &options.chat;
    // Locks are for viewers only; a disabled feature is away for moderators, too.
    if chat.off_message_module {
        query.add("disabledFeatures", "chat,privateChat");
    } else if chat.off_special_msging {
        query.add("disabledFeatures", "privateChat");
    }
    // Of hidden streams, the server can hide the cameras only: it mixes the voices.
    let locks = [
        ("lockSettingsDisablePublicChat", chat.off_general_msging),
        (
            "lockSettingsDisablePrivateChat",
            chat.off_special_msg_to_user,
        ),
        (
            "lockSettingsDisableCam",
            !options.allow_users_stream_self_cam_mic,
        ),
        (
            "lockSettingsDisableMic",
            !options.allow_users_stream_self_cam_mic,
        ),
        ("webcamsOnlyForModerator", options.hide_user_streams),
    ];
    for (name, _) in locks.iter().filter(|(_, is_locked)| *is_locked) {
        query.add(name, true);
    }

    // What is not decided stays as the server has it.
    match options.skip_approval_on_join {
        Some(true) => query.add("guestPolicy", "ALWAYS_ACCEPT"),
        Some(false) => query.add("guestPolicy", "ASK_MODERATOR"),
        None => {}
    }
    query
}
