/// The error of one of many rows that were to be stored together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The index of the row, from 0.
    pub row: usize,
    /// The rule that the row violates.
    pub fault: RowFault,
}

/// The rule that a row violates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFault {
    /// The e-mail address belongs to another row or user.
    EmailTaken(String, NameOwner),
    /// The username belongs to another row or user.
    UsernameTaken(String, NameOwner),
    /// The person with the e-mail address is to be registered, and the row has no name.
    NameMissing(String),
}

/// The owner of an e-mail address or a username that a row has too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameOwner {
    /// A registered user.
    User,
    /// An earlier row, by its index.
    Row(usize),
}
