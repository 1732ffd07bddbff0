//! The contract of the repository: what [`Store`] promises, whatever the engine. Each test runs on
//! every engine, on a new database.

/// Declares tests of the contract: each of these functions is run on every engine. A further engine
/// is a line here and a constructor of [`Database`].
macro_rules! contract {
    ($($test:ident),+ $(,)?) => {
        contract!(@on sqlite: $($test),+);
    };
    (@on $engine:ident: $($test:ident),+) => {
        mod $engine {
            $(
                #[test]
                fn $test() {
                    let test = async || super::$test($crate::Database::$engine().await).await;
                    $crate::block_on(test());
                }
            )+
        }
    };
}

mod concurrency;
mod directory;
mod generation;
mod host_links;
mod import;
mod keys;
mod room_search;
mod rooms;
#[path = "../support/mod.rs"]
mod support;
mod user_search;
mod users;

use roomd::model::{
    self, CreateOutcome, Email, LangTag, Mobile, OptionsPatch, PageNumber, PageSize, Paging,
    PersonName, Role, Room, RoomDraft, RoomName, Surname, TimeZoneName, UserProfile, Username,
};
use roomd::store::{Error, Location, Store};
use std::ops::{ControlFlow, Deref};
use support::Folder;
use tokio::runtime::Builder;

/// How many threads read at the same time.
const READERS: u32 = 4;

/// An open database, deleted when this value is dropped.
struct Database {
    store: Store,
    folder: Folder,
}

impl Deref for Database {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Database {
    /// Creates a database in an SQLite file.
    async fn sqlite() -> Self {
        let folder = Folder::new();
        let location = Location::from(folder.database());
        Self {
            store: open(&location).await,
            folder,
        }
    }

    /// Closes the database and opens it again.
    async fn reopen(self) -> Self {
        let location = self.store.location();
        self.store.close().await;
        drop(self.store);
        Self {
            store: open(&location).await,
            folder: self.folder,
        }
    }

    /// Registers the users with these e-mail addresses.
    async fn register(&self, emails: &[&str]) {
        let profiles = emails.iter().map(|email| profile(email)).collect();
        self.insert_users(profiles, || {}).await.expect("new users");
    }

    /// Returns the default room of a user.
    async fn room_of(&self, creator_email: &str) -> Option<Room> {
        let found = self.find_default_room(&address(creator_email)).await;
        found.expect("a database")
    }

    /// Creates the default room of a user; returns it.
    async fn create_room(&self, creator_email: &str, name: &str) -> Room {
        let created = self.get_or_create_default(draft(creator_email, name)).await;
        let (room, outcome) = created.expect("a room");
        assert_eq!(outcome, CreateOutcome::Created);
        room
    }
}

async fn open(location: &Location) -> Store {
    let opened =
        Store::open_for_serving(location, READERS, &mut |_| ControlFlow::Continue(())).await;
    opened.expect("a database")
}

/// Runs a future on the calling thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

/// Asserts that a call violates a rule.
#[track_caller]
fn assert_rule<T: std::fmt::Debug>(result: Result<T, Error>, rule: model::Error) {
    assert_eq!(result.expect_err("a violation"), Error::Rule(rule));
}

/// Returns a user's profile, with the e-mail address as username.
fn profile(email: &str) -> UserProfile {
    UserProfile {
        email: address(email),
        username: username(email),
        name: person("Test"),
        surname: surname("User"),
        role: Role::User,
        mobile: Mobile::default(),
        login_allowed: true,
        active: true,
        lang: lang("tr-TR"),
        timezone: TimeZoneName::parse("Europe/Istanbul").expect("a time zone"),
        expires_at: None,
    }
}

/// Returns the draft of a user's room.
fn draft(creator_email: &str, name: &str) -> RoomDraft<'static> {
    RoomDraft {
        registration: None,
        creator_email: address(creator_email),
        name: room_name(name),
        fallback_name: None,
        lang: lang("en-US"),
        options: OptionsPatch::default(),
        tags: None,
        allow_recording: true,
        inaccessible_replay: false,
    }
}

fn address(text: &str) -> Email {
    Email::parse(text).expect("an e-mail address")
}

fn username(text: &str) -> Username {
    Username::parse(text).expect("a username")
}

fn person(text: &str) -> PersonName {
    PersonName::parse(text).expect("a name")
}

fn surname(text: &str) -> Surname {
    Surname::parse(text).expect("a name")
}

fn room_name(text: &str) -> RoomName {
    RoomName::parse(text).expect("a name")
}

fn lang(tag: &str) -> LangTag {
    LangTag::parse(tag).expect("a language tag")
}

/// Returns a page by its number and size.
fn paging(page: i64, size: i64) -> Paging {
    let page = PageNumber::new(page).expect("a page");
    Paging::new(page, PageSize::new(size).expect("a size"))
}
