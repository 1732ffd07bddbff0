use crate::http::error::ApiError;
use crate::http::extra_fields::{ExtraField, ExtraFields};
use crate::http::fields::{Fields, request};
use crate::model::{Email, Invalid, LangTag, OptionsPatch, RoomDraft, RoomName, RoomPatch, Tags};
use serde_json::Value;

/// The language of a room whose request names none, where it is one of the allowed languages.
const DEFAULT_LANG: &str = "en-US";

request! {
    /// The room to get or create. Unknown fields are ignored; null and the empty string mean
    /// absent.
    #[schema(examples(example))]
    pub(super) struct DefaultRoomRequest<'a> {
        /// The e-mail address of a registered user, or one in a domain whose unknown creators the
        /// server registers.
        creator_email: Email,
        /// A name belongs to one room.
        name: RoomName,
        /// Tried when `name` belongs to another room.
        fallback_name: Option<RoomName>,
        /// A language tag (BCP 47), one of those that the server allows.
        lang: Option<LangTag>,
        options: Option<OptionsPatch<'a>>,
        /// Separated by commas.
        tags: Option<Tags>,
        /// Whether sessions may be recorded.
        #[schema(default = true)]
        allow_recording: Option<bool>,
        /// Whether the replay is closed to participants.
        #[schema(default = false)]
        inaccessible_replay: Option<bool>,
        /// What the response is to say beside what it always says.
        #[schema(value_type = Option<Vec<ExtraField>>)]
        fields: Option<ExtraFields>,
    }
}

request! {
    /// What to change of a room. What is not sent stays; so does what is sent as null or as the
    /// empty string, except for `tags`, which these remove. Where `options` is not sent,
    /// `ui_options`, as responses have it, is read in its place.
    #[schema(examples(json!({
        "name": "Reading Circle", "options": {"chat": {"offNewMsgSound": true}},
    })))]
    pub(super) struct RoomChange<'a> {
        /// The new name.
        name: Option<RoomName>,
        /// A language tag (BCP 47), one of those that the server allows.
        lang: Option<LangTag>,
        options: Option<OptionsPatch<'a>>,
        /// Separated by commas.
        tags: Option<Option<Tags>>,
        /// Whether sessions may be recorded.
        allow_recording: Option<bool>,
        /// Whether the replay is closed to participants.
        inaccessible_replay: Option<bool>,
        /// What the response is to say beside what it always says.
        #[schema(value_type = Option<Vec<ExtraField>>)]
        fields: Option<ExtraFields>,
    }
}

/// Reads a get-or-create and what its response is to say, or returns everything that is wrong with it.
pub(crate) fn read_draft<'a>(
    body: &'a [u8],
    languages: &[LangTag],
) -> Result<(RoomDraft<'a>, ExtraFields), ApiError> {
    let request = DefaultRoomRequest::read(fields(body, languages)?)?;
    let extra = request.fields.unwrap_or_default();
    let draft = RoomDraft {
        creator_email: request.creator_email,
        registration: None,
        name: request.name,
        fallback_name: request.fallback_name,
        lang: request.lang.unwrap_or_else(|| default_lang(languages)),
        options: request.options.unwrap_or_default(),
        tags: request.tags,
        allow_recording: request.allow_recording.unwrap_or(true),
        inaccessible_replay: request.inaccessible_replay.unwrap_or(false),
    };
    Ok((draft, extra))
}

/// Reads what to change of a room and what the response is to say, or returns everything that is wrong
/// with it.
pub(crate) fn read_patch<'a>(
    body: &'a [u8],
    languages: &[LangTag],
) -> Result<(RoomPatch<'a>, ExtraFields), ApiError> {
    let mut fields = fields(body, languages)?;
    fields.substitute("options", "ui_options");
    let change = RoomChange::read(fields)?;
    let extra = change.fields.unwrap_or_default();
    let patch = RoomPatch {
        name: change.name,
        lang: change.lang,
        options: change.options.unwrap_or_default(),
        tags: change.tags,
        allow_recording: change.allow_recording,
        inaccessible_replay: change.inaccessible_replay,
    };
    Ok((patch, extra))
}

/// Returns the fields of a body, with an error if the language is none of the allowed ones.
fn fields<'a>(body: &'a [u8], languages: &[LangTag]) -> Result<Fields<'a>, ApiError> {
    let mut fields = Fields::from_body(body)?;
    if !languages.is_empty() {
        fields.check("lang", |tag| check_lang(tag, languages));
    }
    Ok(fields)
}

fn check_lang(tag: &LangTag, languages: &[LangTag]) -> Result<(), Invalid> {
    if languages.contains(tag) {
        return Ok(());
    }
    let allowed: Vec<&str> = languages.iter().map(LangTag::as_str).collect();
    Err(Invalid(
        format!("must be one of {}", allowed.join(", ")).into(),
    ))
}

/// Returns the language of a room whose request names none.
pub(in crate::http) fn default_lang(languages: &[LangTag]) -> LangTag {
    let default = LangTag::parse(DEFAULT_LANG).expect("a language tag");
    match languages {
        [first, ..] if !languages.contains(&default) => first.clone(),
        _ => default,
    }
}

/// Returns the documented request, its options spelled as responses spell them.
fn example() -> Value {
    const REQUEST: &str = include_str!("../../../docs/examples/default-room.request.json");
    const RESPONSE: &str = include_str!("../../../docs/examples/default-room.response.json");
    let parsed = |text| serde_json::from_str::<Value>(text).expect("the examples are JSON");
    let mut request = parsed(REQUEST);
    request["options"] = parsed(RESPONSE)["ui_options"].take();
    request
}
