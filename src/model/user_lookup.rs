use super::guid::Guid;
use super::user::Username;

/// What one user is looked up by: a GUID, a username, or a text that may be either. A user with the
/// GUID comes before one with the username.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserLookup {
    /// The GUID, if the text has the form of one.
    pub guid: Option<Guid>,
    /// The username, if the text can be one.
    pub username: Option<Username>,
}

impl UserLookup {
    /// Returns the lookup of a text. One that can be neither a GUID nor a username finds no user.
    pub fn parse(text: &str) -> Self {
        Self {
            guid: Guid::parse(text).ok(),
            username: Username::parse(text).ok(),
        }
    }
}

impl From<Guid> for UserLookup {
    /// Returns the lookup of a GUID, which finds no user by username.
    fn from(guid: Guid) -> Self {
        Self {
            guid: Some(guid),
            username: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_be_both_or_neither() {
        let guid = UserLookup::parse("0197a3c2-6414-7046-87a6-67730d5f9f08");
        assert!(guid.guid.is_some() && guid.username.is_some());
        let username = UserLookup::parse("ada@example.com");
        assert!(username.guid.is_none() && username.username.is_some());
        assert_eq!(UserLookup::parse("\0"), UserLookup::default());
    }
}
