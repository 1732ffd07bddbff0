//! How things are numbered: the same in the load, in the loop of raw inserts and in the seeded
//! files (`harness/numbering.py`).

/// How many numbers there are: eight digits.
const NUMBERS: u64 = 100_000_000;

/// Shares no factor with the count, so that no two indices get the same number.
const STRIDE: u64 = 61_803_399;

/// The number of the thing with that index. Neighbours get numbers far apart, because the users
/// who come next are not neighbours in an index either.
fn number(index: u64) -> u64 {
    index * STRIDE % NUMBERS
}

/// The number as it stands in addresses and names.
pub(crate) fn digits(index: u64) -> String {
    format!("{:08}", number(index))
}
