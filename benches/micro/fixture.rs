//! A database with users, in a folder of its own on the disk of the build.

use roomd::model::{
    Email, LangTag, OptionsPatch, PersonName, RoomDraft, RoomName, Surname, UserDefaults,
    UserProfile,
};
use roomd::store::{Missing, Store};
use std::ops::Range;
use std::rc::Rc;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, LocalSet};

/// Returns a new folder, deleted when the value is dropped.
pub(crate) fn new_folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

pub(crate) fn new_runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Creates a database in a folder.
pub(crate) fn open(folder: &TempDir) -> Store {
    let location = folder.path().join("rooms.db").into();
    let opened = new_runtime().block_on(Store::open(&location, Missing::Create, &mut |_| {}));
    opened.expect("a database")
}

/// Registers the users with these numbers.
pub(crate) async fn register(store: &Store, numbers: Range<u32>) {
    let users = numbers.map(user).collect();
    let inserted = store.insert_users(users, || {}).await;
    inserted.expect("new users");
}

/// Gets or creates these rooms, all at once.
pub(crate) async fn get_or_create(store: &Rc<Store>, drafts: Vec<RoomDraft<'static>>) {
    let calls = async {
        let mut calls = JoinSet::new();
        for draft in drafts {
            let store = store.clone();
            calls.spawn_local(async move { store.get_or_create_default(draft).await });
        }
        while let Some(answer) = calls.join_next().await {
            answer.expect("no panic").expect("a room");
        }
    };
    LocalSet::new().run_until(calls).await;
}

/// Returns the draft of the room of the user with that number.
pub(crate) fn draft(number: u32) -> RoomDraft<'static> {
    RoomDraft {
        registration: None,
        creator_email: email(number),
        name: RoomName::parse(&format!("Test Room {number}")).expect("a name"),
        fallback_name: None,
        lang: LangTag::parse("en-US").expect("a language"),
        options: OptionsPatch::default(),
        tags: None,
        allow_recording: true,
        inaccessible_replay: false,
    }
}

pub(crate) fn email(number: u32) -> Email {
    Email::parse(&format!("user{number}@example.com")).expect("an address")
}

fn user(number: u32) -> UserProfile {
    let name = PersonName::parse("Ada").expect("a name");
    let surname = Surname::parse("Lovelace").expect("a name");
    UserProfile::new(email(number), name, surname, &UserDefaults::default())
}
