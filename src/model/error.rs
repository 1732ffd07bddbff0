use super::row_error::RowError;
use std::borrow::Cow;

/// The error of one invalid value: a phrase that follows the name of the field in a sentence, such
/// as "must be a string".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub Cow<'static, str>);

impl Invalid {
    /// Returns the error with a fixed phrase.
    pub const fn new(message: &'static str) -> Self {
        Self(Cow::Borrowed(message))
    }
}

/// The error of one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path of the field from the top of the request, such as `options.chat.offNewMsgSound`.
    pub field: String,
    /// The error of its value.
    pub message: Invalid,
}

/// The error of a request that violates a rule for rooms, users or keys. The text is for the
/// caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Fields with invalid values: all of them.
    #[error("{}", invalid_fields(.0))]
    InvalidFields(Vec<FieldError>),
    /// No registered user has the e-mail address.
    #[error("no user is registered with this e-mail address")]
    EmailNotFound,
    /// No user has the GUID.
    #[error("there is no such user")]
    UserNotFound,
    /// The user is inactive, or the account has expired.
    #[error("the user is inactive or expired")]
    UserInactive,
    /// The owner of a room is inactive, or the account has expired, so no host link is valid.
    #[error(
        "the owner of the room is inactive or expired, and so no host link of it is valid: make the \
         owner active first"
    )]
    OwnerInactive,
    /// Another user has the username.
    #[error("another user has this username")]
    UsernameTaken,
    /// Another user has the e-mail address.
    #[error("another user has this e-mail address")]
    EmailTaken,
    /// Rows that violate a rule: all of them. No row was stored.
    #[error("{}", invalid_rows(.0))]
    InvalidRows(Vec<RowError>),
    /// No room has the GUID or slug.
    #[error("there is no such room")]
    RoomNotFound,
    /// Every requested name belongs to another room: these names.
    #[error("{}", room_names_taken(.0))]
    RoomNamesTaken(Vec<String>),
    /// No API key has the access key.
    #[error("no API key has this access key")]
    KeyNotFound,
}

fn invalid_fields(errors: &[FieldError]) -> String {
    match errors {
        [one] => format!("{} {}", one.field, one.message),
        many => format!("{} fields are wrong", many.len()),
    }
}

fn invalid_rows(errors: &[RowError]) -> String {
    match errors {
        [_] => "1 row is wrong".into(),
        many => format!("{} rows are wrong", many.len()),
    }
}

fn room_names_taken(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.as_slice() {
        [one] => format!("the room name {one} is taken"),
        many => format!("the room names {} are taken", many.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_says_which_names_are_taken() {
        let one = Error::RoomNamesTaken(vec!["Chess".into()]);
        assert_eq!(one.to_string(), "the room name \"Chess\" is taken");
        let two = Error::RoomNamesTaken(vec!["Chess".into(), "Chess 2".into()]);
        assert_eq!(
            two.to_string(),
            "the room names \"Chess\" and \"Chess 2\" are taken"
        );
    }
}
