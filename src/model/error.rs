use std::borrow::Cow;

/// Why one value was refused: a phrase that reads on from the field's name, such as
/// "must be a string".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub Cow<'static, str>);

impl Invalid {
    /// A refusal with a fixed phrase.
    pub const fn new(message: &'static str) -> Self {
        Self(Cow::Borrowed(message))
    }
}

/// A wrong field of a request: its path (`options.chat.offNewMsgSound`) and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path of the field, from the top of the request, parts joined by dots.
    pub field: String,
    /// What is wrong.
    pub message: Invalid,
}

/// A wrong row of many that were given at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Which row, from 0.
    pub row: usize,
    /// What is wrong with it.
    pub error: Error,
}

/// A rule of the rooms, users and keys that a caller ran into. The text is for that caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Some fields are wrong: all of them are listed.
    #[error("{}", invalid_fields(.0))]
    InvalidFields(Vec<FieldError>),
    /// Nobody with that e-mail address is registered.
    #[error("no user is registered with this e-mail address")]
    EmailNotFound,
    /// No user has that GUID.
    #[error("there is no such user")]
    UserNotFound,
    /// The user is switched off, or the account ran out.
    #[error("the user is inactive or expired")]
    UserInactive,
    /// Another user has the username.
    #[error("another user has this username")]
    UsernameTaken,
    /// Another user has the e-mail address.
    #[error("another user has this e-mail address")]
    EmailTaken,
    /// Some of the rows that were given are wrong: all of them are listed, and none was taken.
    #[error("{} of the rows are wrong", .0.len())]
    InvalidRows(Vec<RowError>),
    /// No room has that GUID or slug.
    #[error("there is no such room")]
    RoomNotFound,
    /// Every name that was offered belongs to another room.
    #[error("{}", room_names_taken(.0))]
    RoomNamesTaken(Vec<String>),
    /// No key has that access key.
    #[error("there is no such key")]
    KeyNotFound,
}

fn invalid_fields(errors: &[FieldError]) -> String {
    match errors {
        [one] => format!("{} {}", one.field, one.message),
        many => format!("{} fields are wrong", many.len()),
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
