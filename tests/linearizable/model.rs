//! The model: what calls are answered that come one after the other.

use uuid::Uuid;

/// How many users there are, and the names that they want: two spellings of each name.
pub(crate) const USERS: usize = 4;
pub(crate) const SPELLINGS: [&str; 10] = [
    "Chess",
    "CHESS",
    "Go",
    "gO",
    "Café Society",
    "CAFE\u{301}  society",
    "Draughts",
    "dRAUGHTs",
    "Whist",
    "wHIST",
];

/// An index into [`SPELLINGS`].
pub(crate) type Spelling = usize;

/// A room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Room {
    pub(crate) guid: Uuid,
    pub(crate) user: usize,
    pub(crate) name: Spelling,
}

/// A call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    GetOrCreate {
        user: usize,
        name: Spelling,
        fallback: Option<Spelling>,
    },
    Get(Uuid),
    Rename(Uuid, Spelling),
    Delete(Uuid),
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The room was created.
    Created(Room),
    /// The room existed; this is its present state.
    Found(Room),
    Deleted,
    NotFound,
    NamesTaken,
}

/// The room of each user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct State([Option<Room>; USERS]);

impl Answer {
    /// Returns the room in the answer.
    pub(crate) fn room(&self) -> Option<Room> {
        match self {
            Self::Created(room) | Self::Found(room) => Some(*room),
            _ => None,
        }
    }
}

impl State {
    /// Returns the state after an operation; None if the model answers it differently.
    pub(crate) fn after(&self, operation: Operation, answer: Answer) -> Option<Self> {
        let guid = answer.room().map_or(Uuid::nil(), |room| room.guid);
        let (expected, after) = self.execute(operation, guid);
        (expected == answer).then_some(after)
    }

    /// Executes one operation; returns the answer and the state after it. A new room gets the GUID.
    pub(crate) fn execute(&self, operation: Operation, guid: Uuid) -> (Answer, Self) {
        match operation {
            Operation::GetOrCreate {
                user,
                name,
                fallback,
            } => self.get_or_create(user, [Some(name), fallback], guid),
            Operation::Get(guid) => self.with(guid, |room| (Answer::Found(room), self.clone())),
            Operation::Delete(guid) => self.with(guid, |room| {
                (Answer::Deleted, self.with_room_of(room.user, None))
            }),
            Operation::Rename(guid, name) => self.with(guid, |room| {
                if self
                    .owner_of_name(name)
                    .is_some_and(|user| user != room.user)
                {
                    return (Answer::NamesTaken, self.clone());
                }
                let room = Room { name, ..room };
                (
                    Answer::Found(room),
                    self.with_room_of(room.user, Some(room)),
                )
            }),
        }
    }

    fn get_or_create(
        &self,
        user: usize,
        names: [Option<Spelling>; 2],
        guid: Uuid,
    ) -> (Answer, Self) {
        if let Some(room) = self.0[user] {
            return (Answer::Found(room), self.clone());
        }
        let mut names = names.into_iter().flatten();
        match names.find(|name| self.owner_of_name(*name).is_none()) {
            Some(name) => {
                let room = Room { guid, user, name };
                (Answer::Created(room), self.with_room_of(user, Some(room)))
            }
            None => (Answer::NamesTaken, self.clone()),
        }
    }

    fn with(&self, guid: Uuid, answer: impl FnOnce(Room) -> (Answer, Self)) -> (Answer, Self) {
        match self.0.iter().flatten().find(|room| room.guid == guid) {
            Some(room) => answer(*room),
            None => (Answer::NotFound, self.clone()),
        }
    }

    fn with_room_of(&self, user: usize, room: Option<Room>) -> Self {
        let mut after = self.clone();
        after.0[user] = room;
        after
    }

    fn owner_of_name(&self, name: Spelling) -> Option<usize> {
        let mut rooms = self.0.iter().flatten();
        let owner = rooms.find(|room| room.name / 2 == name / 2);
        owner.map(|room| room.user)
    }
}
