use crate::model::{Email, Guid, LangTag, Role, TimeZoneName, Timestamp, User};
use serde::Serialize;
use utoipa::ToSchema;

/// A registered user.
#[derive(Serialize, ToSchema)]
#[schema(as = User, examples(json!({
    "user_guid": "0197A3C2-5F00-7A11-9C3E-1B2D3F4A5B6C", "user_id": "0197A3C2-5F00-7A11-9C3E-1B2D3F4A5B6C",
    "name": "Ada", "surname": "Lovelace", "email": "ada@example.com", "username": "ada",
    "role": "u", "mobile": "", "login_allowed": true, "active": true, "status": 1,
    "lang": "tr-TR", "timezone": "Europe/Istanbul", "expires_at": null,
    "creation_date": "2026-11-23T08:40:00+00:00", "updating_date": null,
})))]
pub(crate) struct UserResponse<'a> {
    /// The GUID of the user, in upper case.
    #[schema(value_type = Guid)]
    user_guid: String,
    /// Another name for `user_guid`.
    #[schema(value_type = Guid)]
    user_id: String,
    /// The given name.
    name: &'a str,
    /// The family name; may be empty.
    surname: &'a str,
    /// The e-mail address, which no other user has.
    #[schema(value_type = Email)]
    email: &'a str,
    /// The username, which no other user has.
    username: &'a str,
    /// The role.
    #[schema(value_type = Role)]
    role: &'static str,
    /// The phone number; may be empty.
    mobile: &'a str,
    /// True if the user may log in to other programs; this server has no log-in.
    login_allowed: bool,
    /// True if the account is active. An inactive user gets no new room, and keeps an existing one.
    active: bool,
    /// The same fact as `active`: 1 or 0.
    #[schema(maximum = 1)]
    status: u8,
    /// The language of the user.
    #[schema(value_type = LangTag)]
    lang: &'a str,
    /// An IANA time zone.
    #[schema(value_type = TimeZoneName)]
    timezone: &'a str,
    /// From this moment on the user gets no new room; null: never.
    #[schema(value_type = Option<Timestamp>, required)]
    expires_at: Option<String>,
    /// When the user was registered.
    #[schema(value_type = Timestamp)]
    creation_date: String,
    /// When the user was last changed; null until the first change.
    #[schema(value_type = Option<Timestamp>, required)]
    updating_date: Option<String>,
}

impl<'a> UserResponse<'a> {
    /// Returns a user as callers see one.
    pub(crate) fn new(user: &'a User) -> Self {
        let profile = &user.profile;
        Self {
            user_guid: user.guid.to_string(),
            user_id: user.guid.to_string(),
            name: profile.name.as_str(),
            surname: profile.surname.as_str(),
            email: profile.email.as_str(),
            username: profile.username.as_str(),
            role: profile.role.as_str(),
            mobile: profile.mobile.as_str(),
            login_allowed: profile.login_allowed,
            active: profile.active,
            status: u8::from(profile.active),
            lang: profile.lang.as_str(),
            timezone: profile.timezone.as_str(),
            expires_at: profile.expires_at.map(Timestamp::to_rfc3339),
            creation_date: user.created_at.to_rfc3339(),
            updating_date: user.updated_at.map(Timestamp::to_rfc3339),
        }
    }
}
