//! The database: looking up, and committing in groups.

use crate::fixture::{draft, email, get_or_create, new_folder, new_runtime, register};
use divan::Bencher;
use divan::counter::ItemsCount;
use roomd::model::{AccessKey, NewApiKey};
use roomd::store::Store;
use std::rc::Rc;

const ROOMS: u32 = 1000;

#[divan::bench]
fn find_a_room(bencher: Bencher<'_, '_>) {
    let folder = new_folder();
    let store = Rc::new(Store::open(&folder.path().join("rooms.db"), 1).expect("a database"));
    new_runtime().block_on(async {
        register(&store, 0..ROOMS).await;
        get_or_create(&store, (0..ROOMS).map(draft).collect()).await;
    });
    let mut numbers = (0..ROOMS).cycle();
    bencher
        .with_inputs(|| email(numbers.next().expect("they start over")))
        .bench_local_refs(|email| store.find_default_room(email).expect("a database"));
}

#[divan::bench]
fn find_a_key(bencher: Bencher<'_, '_>) {
    let folder = new_folder();
    let store = Store::open(&folder.path().join("rooms.db"), 1).expect("a database");
    let key = NewApiKey::generate("").expect("a name");
    new_runtime()
        .block_on(store.insert_key(&key))
        .expect("a new key");
    let access_key: &AccessKey = &key.access_key;
    bencher.bench_local(|| store.find_key_digest(access_key).expect("a database"));
}

/// All rooms of a group are asked for at once. The writer may commit the first while the others
/// come in.
#[divan::bench(args = [1, 16, 64, 256], sample_count = 50, sample_size = 1)]
fn commit_a_group(bencher: Bencher<'_, '_>, size: u32) {
    let folder = new_folder();
    let store = Rc::new(Store::open(&folder.path().join("rooms.db"), 1).expect("a database"));
    let runtime = new_runtime();
    let mut first = 0;
    bencher
        .counter(ItemsCount::new(size))
        .with_inputs(|| {
            let group = first..first + size;
            first = group.end;
            runtime.block_on(register(&store, group.clone()));
            group.map(draft).collect()
        })
        .bench_local_values(|drafts| runtime.block_on(get_or_create(&store, drafts)));
}
