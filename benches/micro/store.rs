//! The database: looking up, and committing in groups.

use crate::fixture::{draft, email, get_or_create, new_folder, new_runtime, open, register};
use divan::Bencher;
use divan::counter::ItemsCount;
use roomd::model::{AccessKey, NewApiKey};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

const ROOMS: u32 = 1000;

#[divan::bench]
fn find_a_room(bencher: Bencher<'_, '_>) {
    let folder = new_folder();
    let store = Rc::new(open(&folder));
    new_runtime().block_on(async {
        register(&store, 0..ROOMS).await;
        get_or_create(&store, (0..ROOMS).map(draft).collect()).await;
    });
    let mut numbers = (0..ROOMS).cycle();
    bencher
        .with_inputs(|| email(numbers.next().expect("they start over")))
        .bench_local_refs(|email| at_once(store.find_default_room(email)).expect("a database"));
}

#[divan::bench]
fn find_a_key(bencher: Bencher<'_, '_>) {
    let folder = new_folder();
    let store = open(&folder);
    let key = NewApiKey::generate("").expect("a name");
    new_runtime()
        .block_on(store.insert_key(&key))
        .expect("a new key");
    let access_key: &AccessKey = &key.access_key;
    bencher.bench_local(|| at_once(store.find_key(access_key)).expect("a database"));
}

/// All rooms of a group are asked for at once. The writer may commit the first while the others
/// come in.
#[divan::bench(args = [1, 16, 64, 256], sample_count = 50, sample_size = 1)]
fn commit_a_group(bencher: Bencher<'_, '_>, size: u32) {
    let folder = new_folder();
    let store = Rc::new(open(&folder));
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

/// The output of a future that is ready when it is polled, as point reads on SQLite are.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a point read does not wait"),
    }
}
