//! The request, the answer and the key of a get-or-create, as both servers here read them.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// The body of a get-or-create.
#[derive(Deserialize)]
pub(crate) struct RoomRequest<'a> {
    #[serde(borrow)]
    pub(crate) creator_email: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) lang: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) options: Option<&'a RawValue>,
}

/// The answer to a get-or-create.
#[derive(Serialize)]
pub(crate) struct RoomResponse<'a> {
    pub(crate) room_guid: String,
    pub(crate) name: &'a str,
    pub(crate) lang: &'a str,
    pub(crate) url: String,
    pub(crate) created_date: String,
    pub(crate) tags: Option<&'a str>,
    pub(crate) inaccessible_replay: bool,
    pub(crate) allow_recording: bool,
    pub(crate) creator_email: &'a str,
    pub(crate) ui_options: &'a RawValue,
}

/// Returns the access key of a request, and the digest of its hash.
pub(crate) fn key_of(request: &HttpRequest) -> Option<(&str, [u8; 32])> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    key_from_header(header)
}

pub(crate) fn key_from_header(header: &str) -> Option<(&str, [u8; 32])> {
    let (access_key, hash) = header.strip_prefix("Bearer ")?.split_once('|')?;
    Some((access_key, Sha256::digest(hash).into()))
}

/// The default options of a room, in one line.
pub(crate) const OPTIONS: &str = concat!(
    r#"{"allow_rating":true,"preparation_time":15,"session_duration":60,"chat":{"#,
    r#""offMessageModule":false,"offGeneralMsging":false,"offGeneralMsgLimitForUser":false,"#,
    r#""offSpecialMsging":false,"offSpecialMsgToAdmin":false,"offSpecialMsgToUser":false,"#,
    r#""offNewMsgSound":false,"offClearForReplay":false,"onNewMsgSoundInAll":false,"#,
    r#""onNewMsgNotifyInAll":false},"duration":{"allowExtendTime":true,"useRemainingTime":false},"#,
    r#""allow_users_stream_self_cam_mic":true,"hide_user_streams":false,"enable_attendance_check":true,"#,
    r#""enable_simultaneous_interpretation":false,"enable_simultaneous_interpretation_for_users":false,"#,
    r#""start_active":false,"return_url":"","allow_reactions":true,"enable_recording_auto_start":null,"#,
    r#""skip_approval_on_join":null,"enable_session_auto_start":null,"enable_session_auto_finish":null}"#,
);
