//! How users and rooms are numbered in everything that `benches/compare` measures. The Python side
//! has the same in `harness/numbering.py`.

/// How many numbers exist. Each is written in eight digits.
const NUMBERS: u64 = 100_000_000;

/// The distance between the numbers of neighbours. It has no factor in common with [`NUMBERS`], so
/// that no two indices get the same number.
const STRIDE: u64 = 61_803_399;

/// Returns the number of an index. Neighbours get numbers far apart, because the users that follow
/// each other in real requests are not neighbours in a database index either.
fn number(index: u64) -> u64 {
    index * STRIDE % NUMBERS
}

/// Returns the number of an index in digits, as it stands in e-mail addresses and names.
pub fn digits(index: u64) -> String {
    format!("{:08}", number(index))
}
