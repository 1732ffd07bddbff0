use super::email::Email;
use super::row_error::{NameOwner, RowError, RowFault};
use super::user::Username;
use std::collections::HashMap;

/// The e-mail addresses and usernames of many rows, each with the first row that has it.
#[derive(Debug, Default)]
pub(crate) struct RowNames {
    emails: HashMap<String, usize>,
    usernames: HashMap<String, usize>,
}

impl RowNames {
    /// Adds a row. Returns its error if an earlier row has the e-mail address or the username.
    pub(crate) fn add(
        &mut self,
        row: usize,
        email: &Email,
        username: &Username,
    ) -> Option<RowError> {
        let first_email = *self.emails.entry(email.key().to_owned()).or_insert(row);
        let first_username = *self.usernames.entry(username.key()).or_insert(row);
        let fault = if first_email != row {
            RowFault::EmailTaken(email.as_str().to_owned(), NameOwner::Row(first_email))
        } else if first_username != row {
            RowFault::UsernameTaken(username.as_str().to_owned(), NameOwner::Row(first_username))
        } else {
            return None;
        };
        Some(RowError { row, fault })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_name_is_that_of_the_first_row_in_any_spelling() {
        let mut names = RowNames::default();
        let mut add = |row, email: &str, username: &str| {
            let email = Email::parse(email).expect("an e-mail address");
            let username = Username::parse(username).expect("a username");
            names.add(row, &email, &username).map(|error| error.fault)
        };
        assert_eq!(add(0, "ada@example.com", "ada"), None);
        let expected = RowFault::EmailTaken("ADA@example.com".into(), NameOwner::Row(0));
        assert_eq!(add(1, "ADA@example.com", "countess"), Some(expected));
        let expected = RowFault::UsernameTaken("COUNTESS".into(), NameOwner::Row(1));
        assert_eq!(add(2, "grace@example.com", "COUNTESS"), Some(expected));
    }
}
