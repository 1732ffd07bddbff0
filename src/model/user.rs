use super::email::Email;
use super::error::Invalid;
use super::guid::Guid;
use super::lang_tag::LangTag;
use super::text;
use super::time::Timestamp;
use std::str::FromStr;

/// A given name: 1 to 100 characters, without control characters and bidirectional overrides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// The greatest length of a name in characters.
    pub const MAX_CHARS: usize = 100;

    /// Parses a name, without the white space around it.
    ///
    /// # Errors
    /// An empty name, over 100 characters, control characters, bidirectional overrides.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        text::line(typed, Self::MAX_CHARS).map(|name| Self(name.to_owned()))
    }

    /// Returns a stored name.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A family name, which is empty for people who have one name: at most 100 characters, without
/// control characters and bidirectional overrides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surname(String);

impl Surname {
    /// The greatest length of a family name in characters.
    pub const MAX_CHARS: usize = 100;

    /// Parses a family name, without the white space around it.
    ///
    /// # Errors
    /// Over 100 characters, none that shows, control characters, bidirectional overrides.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        if typed.trim().is_empty() {
            return Ok(Self::default());
        }
        text::line(typed, Self::MAX_CHARS).map(|name| Self(name.to_owned()))
    }

    /// Returns a stored family name.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the family name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name under which a user logs in to other systems: 1 to 254 characters, without control
/// characters and bidirectional overrides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// The greatest length of a username in characters.
    pub const MAX_CHARS: usize = 254;

    /// Parses a username, without the white space around it.
    ///
    /// # Errors
    /// An empty username, over 254 characters, control characters, bidirectional overrides.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        text::line(typed, Self::MAX_CHARS).map(|name| Self(name.to_owned()))
    }

    /// Returns a stored username.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the username as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key, the folded form of the username, which is the same for equal usernames.
    pub fn key(&self) -> String {
        text::fold(&self.0)
    }
}

impl From<&Email> for Username {
    /// Returns the username of a user who is registered without one.
    fn from(email: &Email) -> Self {
        Self(email.as_str().to_owned())
    }
}

/// A phone number, which may be empty: at most 32 characters, stored as they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mobile(String);

impl Mobile {
    /// The greatest length of a number in characters.
    pub const MAX_CHARS: usize = 32;

    /// Parses a phone number.
    ///
    /// # Errors
    /// Over 32 characters, control characters, bidirectional overrides.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        text::check_length(typed, Self::MAX_CHARS)?;
        text::check_visible(typed)?;
        Ok(Self(typed.to_owned()))
    }

    /// Returns a stored number.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The role of a user in the institution.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// A participant.
    #[default]
    User,
    /// A teacher.
    Instructor,
    /// A manager of users and rooms.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::User, Self::Instructor, Self::Administrator];

    /// Parses the letter that stands for a role in the public API.
    ///
    /// # Errors
    /// A text other than `u`, `e` or `a`.
    pub fn parse(letter: &str) -> Result<Self, Invalid> {
        match letter {
            "u" => Ok(Self::User),
            "e" => Ok(Self::Instructor),
            "a" => Ok(Self::Administrator),
            _ => Err(Invalid::new(
                "must be u (user), e (instructor) or a (administrator)",
            )),
        }
    }

    /// Returns the role with a stored letter, which the schema of the database restricts.
    pub(crate) fn from_stored(letter: &str) -> Self {
        Self::parse(letter).unwrap_or_default()
    }

    /// Returns the letter that stands for the role in the public API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "u",
            Self::Instructor => "e",
            Self::Administrator => "a",
        }
    }
}

/// The name of a time zone in the IANA database, such as `Europe/Istanbul`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZoneName(String);

impl TimeZoneName {
    /// Parses a name in any case, into the canonical case.
    ///
    /// # Errors
    /// A name that is not in the IANA database, of which the executable has a copy.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        jiff::tz::TimeZone::get(name)
            .ok()
            .and_then(|zone| zone.iana_name().map(|name| Self(name.to_owned())))
            .ok_or(Invalid::new(
                "must be an IANA time zone, such as Europe/Istanbul",
            ))
    }

    /// Returns a stored name.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TimeZoneName {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        Self::parse(name)
    }
}

/// The data of a user that a caller can set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserProfile {
    /// The e-mail address, which no other user has.
    pub email: Email,
    /// The username, which no other user has.
    pub username: Username,
    /// The given name.
    pub name: PersonName,
    /// The family name.
    pub surname: Surname,
    /// The role.
    pub role: Role,
    /// The phone number.
    pub mobile: Mobile,
    /// Whether the user may log in to other systems. This server has no log-in and only stores the
    /// value.
    pub login_allowed: bool,
    /// Whether the account is active.
    pub active: bool,
    /// The language.
    pub lang: LangTag,
    /// The time zone.
    pub timezone: TimeZoneName,
    /// The time from which the account is inactive, if any.
    pub expires_at: Option<Timestamp>,
}

/// The language and time zone of new users for whom no other is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDefaults {
    /// The language, by default `tr-TR`.
    pub lang: LangTag,
    /// The time zone, by default `Europe/Istanbul`.
    pub timezone: TimeZoneName,
}

impl Default for UserDefaults {
    fn default() -> Self {
        Self {
            lang: LangTag::parse("tr-TR").expect("a language tag"),
            timezone: TimeZoneName::parse("Europe/Istanbul").expect("a time zone"),
        }
    }
}

impl UserProfile {
    /// Returns the profile of a user of whom no more is known: the username is the e-mail address,
    /// the role the default, the phone number empty; the user may log in, is active and never
    /// expires.
    pub fn new(email: Email, name: PersonName, surname: Surname, defaults: &UserDefaults) -> Self {
        Self {
            username: Username::from(&email),
            email,
            name,
            surname,
            role: Role::default(),
            mobile: Mobile::default(),
            login_allowed: true,
            active: true,
            lang: defaults.lang.clone(),
            timezone: defaults.timezone.clone(),
            expires_at: None,
        }
    }

    /// Returns the profile of a user of whom only the e-mail address is known: the part before the
    /// `@` is the name and the username, the surname is empty, and the rest is as in
    /// [`UserProfile::new`].
    pub fn from_email(email: Email, defaults: &UserDefaults) -> Self {
        // It has a character that shows, and at most 64 characters (RFC 5321, section 4.5.3.1.1).
        let local = text::trim_invisible(email.local_part()).to_owned();
        let name = PersonName(local.clone());
        Self {
            username: Username(local),
            ..Self::new(email, name, Surname::default(), defaults)
        }
    }

    /// Returns the fields that have another value in `newer`, as the API names them.
    pub(crate) fn changed_fields(&self, newer: &Self) -> Vec<&'static str> {
        let fields = [
            ("email", self.email != newer.email),
            ("username", self.username != newer.username),
            ("name", self.name != newer.name),
            ("surname", self.surname != newer.surname),
            ("role", self.role != newer.role),
            ("mobile", self.mobile != newer.mobile),
            ("lang", self.lang != newer.lang),
            ("timezone", self.timezone != newer.timezone),
            ("login_allowed", self.login_allowed != newer.login_allowed),
            ("active", self.active != newer.active),
            ("expires_at", self.expires_at != newer.expires_at),
        ];
        let changed = fields.into_iter().filter(|(_, is_new)| *is_new);
        changed.map(|(name, _)| name).collect()
    }
}

/// A registered user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The identifier.
    pub guid: Guid,
    /// The data that a caller can set.
    pub profile: UserProfile,
    /// The time of the registration.
    pub created_at: Timestamp,
    /// The time of the last update, if any.
    pub updated_at: Option<Timestamp>,
}

impl User {
    /// Returns a user with a new GUID, registered now.
    pub fn new(profile: UserProfile) -> Self {
        Self {
            guid: Guid::generate(),
            profile,
            created_at: Timestamp::now(),
            updated_at: None,
        }
    }

    /// Returns the usernames for a user who did not choose one, in the order in which they are
    /// tried: that of the profile, the e-mail address, and the GUID, which no other user has.
    pub(crate) fn usernames(&self) -> [Username; 3] {
        let profile = &self.profile;
        [
            profile.username.clone(),
            Username::from(&profile.email),
            Username(self.guid.to_string()),
        ]
    }
}

/// A partial update of a user. A field that is `None` is not changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPatch {
    /// The e-mail address.
    pub email: Option<Email>,
    /// The username.
    pub username: Option<Username>,
    /// The given name.
    pub name: Option<PersonName>,
    /// The family name.
    pub surname: Option<Surname>,
    /// The role.
    pub role: Option<Role>,
    /// The phone number.
    pub mobile: Option<Mobile>,
    /// Whether the user may log in to other systems.
    pub login_allowed: Option<bool>,
    /// Whether the account is active.
    pub active: Option<bool>,
    /// The language.
    pub lang: Option<LangTag>,
    /// The time zone.
    pub timezone: Option<TimeZoneName>,
    /// The time from which the account is inactive, or `Some(None)` to remove it.
    pub expires_at: Option<Option<Timestamp>>,
}

impl UserPatch {
    /// Returns the user after the update, updated now.
    pub fn apply(self, user: User) -> User {
        User {
            profile: self.apply_to_profile(user.profile),
            updated_at: Some(Timestamp::now()),
            ..user
        }
    }

    /// Returns the profile after the update.
    pub fn apply_to_profile(self, before: UserProfile) -> UserProfile {
        UserProfile {
            email: self.email.unwrap_or(before.email),
            username: self.username.unwrap_or(before.username),
            name: self.name.unwrap_or(before.name),
            surname: self.surname.unwrap_or(before.surname),
            role: self.role.unwrap_or(before.role),
            mobile: self.mobile.unwrap_or(before.mobile),
            login_allowed: self.login_allowed.unwrap_or(before.login_allowed),
            active: self.active.unwrap_or(before.active),
            lang: self.lang.unwrap_or(before.lang),
            timezone: self.timezone.unwrap_or(before.timezone),
            expires_at: self.expires_at.unwrap_or(before.expires_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_letters() {
        for letter in ["u", "e", "a"] {
            assert_eq!(Role::parse(letter).map(Role::as_str), Ok(letter));
        }
        assert!(Role::parse("U").is_err());
    }

    #[test]
    fn a_surname_may_be_empty_but_not_invisible() {
        for typed in ["", "  ", "\t"] {
            assert_eq!(Surname::parse(typed), Ok(Surname::default()), "{typed:?}");
        }
        let parsed = Surname::parse(" Lovelace ");
        assert_eq!(parsed.as_ref().map(Surname::as_str), Ok("Lovelace"));
        for typed in ["\u{200B}", "a\0", &"x".repeat(101)] {
            assert!(Surname::parse(typed).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn an_unknown_user_is_named_by_the_part_before_the_at_sign() {
        let longest = format!("{}@example.com", "a".repeat(64));
        for (typed, name) in [
            ("Ada.L+x@MÜNCHEN.example", "Ada.L+x"),
            ("\u{200B}ada\u{200B}@example.com", "ada"),
            (&longest, &longest[..64]),
        ] {
            let email = Email::parse(typed).expect(typed);
            let profile = UserProfile::from_email(email, &UserDefaults::default());
            assert_eq!(PersonName::parse(name).as_ref(), Ok(&profile.name));
            assert_eq!(Username::parse(name).as_ref(), Ok(&profile.username));
            assert_eq!(profile.surname, Surname::default());
        }
    }

    #[test]
    fn time_zones_come_from_the_database() {
        assert_eq!(
            TimeZoneName::parse("europe/istanbul")
                .as_ref()
                .map(TimeZoneName::as_str),
            Ok("Europe/Istanbul")
        );
        for name in ["", "Mars/Olympus", "+03:00", "../etc/passwd"] {
            assert!(TimeZoneName::parse(name).is_err(), "{name}");
        }
    }
}
