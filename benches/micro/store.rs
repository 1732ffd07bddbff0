//! The database: point reads, and commits of batches.

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
        .bench_local_refs(|email| poll_ready(store.find_default_room(email)).expect("a database"));
}

#[divan::bench]
fn find_a_key(bencher: Bencher<'_, '_>) {
    let folder = new_folder();
    let store = open(&folder);
    let key = NewApiKey::generate(None);
    new_runtime()
        .block_on(store.insert_key(&key))
        .expect("a new key");
    let access_key: &AccessKey = &key.access_key;
    bencher.bench_local(|| poll_ready(store.find_key(access_key)).expect("a database"));
}

/// All rooms of a batch are created at once. The writer may commit the first while the others are
/// still queued.
#[divan::bench(args = [1, 16, 64, 256], sample_count = 50, sample_size = 1)]
fn commit_a_batch(bencher: Bencher<'_, '_>, size: u32) {
    let folder = new_folder();
    let store = Rc::new(open(&folder));
    let runtime = new_runtime();
    let mut first = 0;
    bencher
        .counter(ItemsCount::new(size))
        .with_inputs(|| {
            let batch = first..first + size;
            first = batch.end;
            runtime.block_on(register(&store, batch.clone()));
            batch.map(draft).collect()
        })
        .bench_local_values(|drafts| runtime.block_on(get_or_create(&store, drafts)));
}

/// Returns the output of a future that is ready when it is first polled, as point reads on SQLite
/// are.
fn poll_ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a point read does not wait"),
    }
}
