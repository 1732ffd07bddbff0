//! The values in a request, and a room created from them.

use crate::fixture::draft;
use divan::{Bencher, black_box};
use roomd::model::{Email, KeyDigest, LangTag, NewRoom, RoomName};

#[divan::bench(args = ["Test Room", "İstanbul Çalışma Odası"])]
fn fold_a_name(bencher: Bencher<'_, '_>, name: &str) {
    let name = RoomName::parse(name).expect("a name");
    bencher.bench(|| black_box(&name).key());
}

#[divan::bench(args = ["Test Room", "İstanbul Çalışma Odası"])]
fn parse_a_name(name: &str) -> RoomName {
    RoomName::parse(black_box(name)).expect("a name")
}

#[divan::bench(args = ["ada@example.com", "ada@münchen.example"])]
fn parse_an_address(address: &str) -> Email {
    Email::parse(black_box(address)).expect("an address")
}

#[divan::bench]
fn parse_a_language() -> LangTag {
    LangTag::parse(black_box("en-US")).expect("a language")
}

#[divan::bench]
fn digest_a_hash() -> KeyDigest {
    let hash = "f6aa9e22b985d0fb62c12afa7d83105551c5feaee800e9d8680c0f8dcd41af82";
    KeyDigest::from_hash(black_box(hash))
}

#[divan::bench]
fn create_a_room_from_a_draft(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(|| draft(0)).bench_values(NewRoom::new);
}
