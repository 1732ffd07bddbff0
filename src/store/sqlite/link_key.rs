//! The tokens at the end of links, which lead to rooms without an index of their own.
//!
//! A token is the number of the room, encrypted: FF1 (NIST SP 800-38G, a format-preserving cipher)
//! over ten digits of base 36, with a key that is stored in the database. Without the key a
//! token can be guessed only as well as a random one. The number of a deleted room may be given to
//! another one, so 20 bits of the room's GUID are encrypted with it. The token is stored in the row
//! as well, and a link leads to the row only if both are equal.

use crate::model::{Guid, SlugToken};
use aes::Aes256;
use fpe::ff1::{FF1, FlexibleNumeralString};
use rusqlite::Connection;
use std::fmt::{self, Debug, Formatter};

/// The alphabet of tokens, of which each character is a digit.
const RADIX: u32 = 36;

/// How many digits a token has: 36^10 is more than 2^51.
const DIGITS: usize = SlugToken::CHARS;

/// How many bits of the GUID are part of a token, below the number of the room.
const GUID_BITS: u32 = 20;

/// The first number that does not fit into a token.
const NUMBERS: i64 = 1 << 31;

/// The cipher of the tokens of one database.
pub(super) struct LinkKey(FF1<Aes256>);

impl LinkKey {
    /// Stores a new random key in a database that has none.
    pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).expect("the system has random bytes");
        connection.execute("INSERT INTO link_key (only, key) VALUES (1, ?1)", [key])?;
        Ok(())
    }

    /// Reads the key of a database.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let key: [u8; 32] =
            connection.query_row("SELECT key FROM link_key", [], |row| row.get(0))?;
        Ok(Self::new(&key))
    }

    fn new(key: &[u8; 32]) -> Self {
        Self(FF1::new(key, RADIX).expect("FF1 knows the radix"))
    }

    /// Returns the token of the room with that number and GUID; None for a number beyond 2^31.
    pub(super) fn token(&self, room_id: i64, guid: Guid) -> Option<SlugToken> {
        if !(0..NUMBERS).contains(&room_id) {
            return None;
        }
        let plain = (room_id.cast_unsigned() << GUID_BITS) | guid_bits(guid);
        let encrypted = self.0.encrypt(&[], &to_digits(plain));
        let digits: Vec<u16> = encrypted.expect("ten digits of the radix").into();
        Some(SlugToken::from_digits(&digits))
    }

    /// Returns the number of the room that a token leads to, if it leads to any.
    pub(super) fn room_id(&self, token: &SlugToken) -> Option<i64> {
        let digits = FlexibleNumeralString::from(token.to_digits());
        let plain = self
            .0
            .decrypt(&[], &digits)
            .expect("ten digits of the radix");
        i64::try_from(from_digits(plain) >> GUID_BITS)
            .ok()
            .filter(|id| *id < NUMBERS)
    }
}

/// Without the key.
impl Debug for LinkKey {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("LinkKey(..)")
    }
}

/// Returns the last bits of a GUID, which are random.
fn guid_bits(guid: Guid) -> u64 {
    let [.., a, b, c] = guid.as_bytes();
    u64::from(u32::from_be_bytes([0, *a, *b, *c])) & ((1 << GUID_BITS) - 1)
}

fn to_digits(mut number: u64) -> FlexibleNumeralString {
    let mut digits = vec![0; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = u16::try_from(number % u64::from(RADIX)).expect("a digit");
        number /= u64::from(RADIX);
    }
    digits.into()
}

fn from_digits(digits: FlexibleNumeralString) -> u64 {
    let digits: Vec<u16> = digits.into();
    let push = |number: u64, digit: u16| number * u64::from(RADIX) + u64::from(digit);
    digits.into_iter().fold(0, push)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_token_leads_back_to_the_number_of_its_room() {
        let key = LinkKey::new(&[7; 32]);
        for room_id in [0, 1, 2, 1_000_000, NUMBERS - 1] {
            let token = key.token(room_id, Guid::generate()).expect("a token");
            assert_eq!(key.room_id(&token), Some(room_id));
        }
        for beyond in [NUMBERS, i64::MAX, -1] {
            assert!(key.token(beyond, Guid::generate()).is_none());
        }
    }

    #[test]
    fn tokens_differ_by_room_by_guid_and_by_key() {
        let keys = [[1; 32], [2; 32]].map(|key| LinkKey::new(&key));
        let tokens: HashSet<String> = (0..1000)
            .flat_map(|room_id| {
                let guids = [Guid::generate(), Guid::generate()];
                let tokens = keys
                    .iter()
                    .flat_map(|key| guids.map(|guid| key.token(room_id, guid)));
                tokens.collect::<Vec<_>>()
            })
            .map(|token| token.expect("a token").as_str().to_owned())
            .collect();
        assert_eq!(tokens.len(), 4000);
    }

    #[test]
    fn any_token_is_read_without_a_panic() {
        let key = LinkKey::new(&[7; 32]);
        for text in ["aaaaaaaaaa", "9999999999", "k3v9q2d7xm", "a0b1c2d3e4"] {
            let token = SlugToken::from_slug(&format!("room_{text}")).expect("a token");
            assert!(
                key.room_id(&token)
                    .is_none_or(|id| (0..NUMBERS).contains(&id))
            );
        }
    }
}
