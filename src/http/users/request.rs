use crate::http::error::ApiError;
use crate::http::fields::{Fields, FromJson, request};
use crate::http::values::{Status, as_text};
use crate::model::{
    Email, FieldError, Guid, Invalid, LangTag, Mobile, PageNumber, PageSize, Paging, Part,
    PersonName, Role, Surname, TimeZoneName, Timestamp, UserDefaults, UserPatch, UserProfile,
    UserQuery, Username,
};
use serde_json::value::RawValue;

// No field has a `default`: clients that send defaults of the document would reset what a user has.
request! {
    /// The user to register or to update. Unknown fields are ignored; null and the empty string mean
    /// absent, except that null removes the `expires_at` of an existing user.
    #[schema(examples(json!({
        "name": "Ada", "surname": "Lovelace", "email": "ada@example.com", "username": "ada",
    })))]
    pub(super) struct UserRequest {
        /// The given name.
        name: PersonName,
        /// The family name; empty for people who have one name. A new user has none by default.
        surname: Option<Surname>,
        /// An e-mail address belongs to one user.
        email: Email,
        /// A username belongs to one user.
        username: Username,
        /// Accepted and dropped: this server has no log-in, so it stores no password.
        #[schema(value_type = Option<String>, write_only)]
        #[expect(dead_code, reason = "only its type is checked")]
        psd: Option<DroppedText>,
        /// u: user, e: instructor, a: administrator. A new user is u by default.
        role: Option<Role>,
        /// The phone number; may be empty, as it is by default for a new user.
        mobile: Option<Mobile>,
        /// Whether the user may log in to other programs; by default a new user may.
        login_allowed: Option<bool>,
        /// Whether the account is active. An inactive user gets no new room, and keeps an existing
        /// one. A new user is active by default.
        active: Option<bool>,
        /// The same fact as `active`, 1 or 0, for clients that send it so.
        status: Option<Status>,
        /// A language tag (BCP 47); for a new user by default that of the server's settings (tr-TR).
        lang: Option<LangTag>,
        /// An IANA time zone; for a new user by default that of the server's settings
        /// (Europe/Istanbul).
        timezone: Option<TimeZoneName>,
        /// From this moment on the user gets no new room; null: never.
        expires_at: Option<Option<Timestamp>>,
    }
}

request! {
    /// What to change of a user. What is not sent stays; so does what is sent as null or as the empty
    /// string, except for `expires_at`, which these remove, and `mobile`, which the empty string
    /// empties.
    #[schema(examples(json!({"role": "e", "expires_at": null})))]
    pub(super) struct UserChange {
        /// The given name.
        name: Option<PersonName>,
        /// The family name; may be empty.
        surname: Option<Surname>,
        /// An e-mail address belongs to one user.
        email: Option<Email>,
        /// A username belongs to one user.
        username: Option<Username>,
        /// Accepted and dropped: this server has no log-in, so it stores no password.
        #[schema(value_type = Option<String>, write_only)]
        #[expect(dead_code, reason = "only its type is checked")]
        psd: Option<DroppedText>,
        /// The new role.
        role: Option<Role>,
        /// The phone number; may be empty.
        mobile: Option<Mobile>,
        /// Whether the user may log in to other programs.
        login_allowed: Option<bool>,
        /// Whether the account is active. An inactive user gets no new room, and keeps an existing
        /// one.
        active: Option<bool>,
        /// The same fact as `active`, 1 or 0, for clients that send it so.
        status: Option<Status>,
        /// A language tag (BCP 47).
        lang: Option<LangTag>,
        /// An IANA time zone.
        timezone: Option<TimeZoneName>,
        /// From this moment on the user gets no new room; null: never.
        expires_at: Option<Option<Timestamp>>,
    }
}

request! {
    /// Which users to search for. Unknown fields are errors; null and the empty string mean absent.
    #[schema(as = UserQuery, examples(json!({"surname": "love", "page_size": 10})))]
    #[serde(deny_unknown_fields)]
    pub(super) struct UserSearchRequest {
        /// Part of the given name.
        name: Option<Part>,
        /// Part of the family name.
        surname: Option<Part>,
        /// Part of the username.
        username: Option<Part>,
        /// Part of the e-mail address.
        email: Option<Part>,
        /// Part of the phone number.
        mobile: Option<Part>,
        /// The role.
        role: Option<Role>,
        /// The GUID of the user, in either case.
        user_id: Option<Guid>,
        /// The number of the page.
        page_number: Option<PageNumber>,
        /// How many users a page has.
        #[schema(default = json!(Paging::default().size()))]
        page_size: Option<PageSize>,
    }
}

/// A text that is not stored.
struct DroppedText;

impl FromJson<'_> for DroppedText {
    fn from_json(value: &RawValue) -> Result<Self, Vec<FieldError>> {
        as_text(|_| Ok(Self))(value)
    }
}

/// Returns the fields of a body, with an error if `status` contradicts `active`.
fn fields(body: &[u8]) -> Result<Fields<'_>, ApiError> {
    let mut fields = Fields::from_body(body)?;
    if let Some(active) = fields.peek::<bool>("active") {
        fields.check("status", |status: &Status| {
            if status.is_active() == active {
                return Ok(());
            }
            Err(Invalid::new(
                "must agree with active: 1 for true, 0 for false",
            ))
        });
    }
    Ok(fields)
}

/// Reads the profile of a new user, and what to change of an existing one, or returns everything
/// that is wrong with them.
pub(super) fn read_new(
    body: &[u8],
    defaults: &UserDefaults,
) -> Result<(UserProfile, UserPatch), ApiError> {
    let request = UserRequest::read(fields(body)?)?;
    let patch = UserPatch {
        email: Some(request.email.clone()),
        username: Some(request.username),
        name: Some(request.name.clone()),
        surname: request.surname,
        role: request.role,
        mobile: request.mobile,
        login_allowed: request.login_allowed,
        active: request.active.or(request.status.map(Status::is_active)),
        lang: request.lang,
        timezone: request.timezone,
        expires_at: request.expires_at,
    };
    let surname = Surname::default();
    let profile = UserProfile::new(request.email, request.name, surname, defaults);
    Ok((patch.clone().apply_to_profile(profile), patch))
}

/// Reads what to change of a user, or returns everything that is wrong with it.
pub(super) fn read_patch(body: &[u8]) -> Result<UserPatch, ApiError> {
    let change = UserChange::read(fields(body)?)?;
    Ok(UserPatch {
        email: change.email,
        username: change.username,
        name: change.name,
        surname: change.surname,
        role: change.role,
        mobile: change.mobile,
        login_allowed: change.login_allowed,
        active: change.active.or(change.status.map(Status::is_active)),
        lang: change.lang,
        timezone: change.timezone,
        expires_at: change.expires_at,
    })
}

/// Reads which users to search for, or returns everything that is wrong with it.
pub(crate) fn read_query(body: &[u8]) -> Result<(UserQuery, Paging), ApiError> {
    let mut fields = Fields::from_body(body)?;
    fields.reject_unknown::<UserSearchRequest>();
    let request = UserSearchRequest::read(fields)?;
    let query = UserQuery {
        name: request.name.unwrap_or_default(),
        surname: request.surname.unwrap_or_default(),
        username: request.username.unwrap_or_default(),
        email: request.email.unwrap_or_default(),
        mobile: request.mobile.unwrap_or_default(),
        role: request.role,
        guid: request.user_id,
    };
    let (page, size) = (request.page_number, request.page_size);
    let paging = Paging::new(page.unwrap_or_default(), size.unwrap_or_default());
    Ok((query, paging))
}
