//! The tokens at the end of links, which lead to rooms without an index of their own.
//!
//! A token is the number of the room, encrypted with a key that is stored in the database. Without the
//! key a token can be guessed only as well as a random one. The number of a deleted room may be given
//! to another one, so 20 bits of the room's GUID are encrypted with it. The token is stored in the row
//! as well, and a link leads to the row only if both are equal.
//!
//! The cipher is a balanced Feistel network over 52 bits, and what it makes of a number is encrypted
//! again until it has ten digits of base 36 ("cycle walking": Black and Rogaway, "Ciphers with Arbitrary
//! Finite Domains", 2002). It takes about a microsecond; FF1 (NIST SP 800-38G), which does the same with
//! numbers of any size, took ten and more, a third of what a create takes.

use crate::model::{Guid, SlugToken};
use crate::store::DatabaseId;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::fmt::{self, Debug, Formatter};

/// How many tokens there are: 36^10, which is more than 2^51.
const TOKENS: u64 = 36_u64.pow(SlugToken::CHARS as u32);

/// How many bits each half of a number has.
const HALF_BITS: u32 = 26;

/// The rounds of the network. Four make it a pseudorandom permutation (Luby and Rackoff, 1988); more
/// keep it one against a client that knows many tokens.
const ROUNDS: u8 = 10;

/// How many bits of the GUID are part of a token, below the number of the room.
const GUID_BITS: u32 = 20;

/// The first number that does not fit into a token.
const NUMBERS: i64 = 1 << 31;

/// The key of the tokens of one database.
pub(super) struct LinkKey([u8; 32]);

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
        let key = connection.query_row("SELECT key FROM link_key", [], |row| row.get(0));
        key.map(Self)
    }

    /// Returns the id of the database, from which the key cannot be derived.
    pub(super) fn database_id(&self) -> DatabaseId {
        let hash = Sha256::new()
            .chain_update(b"roomd database id")
            .chain_update(self.0)
            .finalize();
        DatabaseId::from_bytes(*hash.first_chunk().expect("32 bytes"))
    }

    /// Returns the token of the room with that number and GUID; None for a number beyond 2^31.
    pub(super) fn token(&self, room_id: i64, guid: Guid) -> Option<SlugToken> {
        if !(0..NUMBERS).contains(&room_id) {
            return None;
        }
        let plain = (room_id.cast_unsigned() << GUID_BITS) | guid_bits(guid);
        Some(SlugToken::from_number(self.encrypt(plain)))
    }

    /// Returns the number of the room that a token leads to, if it leads to any.
    pub(super) fn room_id(&self, token: &SlugToken) -> Option<i64> {
        let plain = self.decrypt(token.to_number());
        i64::try_from(plain >> GUID_BITS)
            .ok()
            .filter(|id| *id < NUMBERS)
    }

    fn encrypt(&self, number: u64) -> u64 {
        walk(number, |number| {
            (0..ROUNDS).fold(number, |number, round| {
                let (left, right) = halves(number);
                join(right, left ^ self.mix(round, right))
            })
        })
    }

    fn decrypt(&self, number: u64) -> u64 {
        walk(number, |number| {
            (0..ROUNDS).rev().fold(number, |number, round| {
                let (left, right) = halves(number);
                join(right ^ self.mix(round, left), left)
            })
        })
    }

    /// Returns the pseudorandom bits that a round mixes into one half, from the other. The key is in
    /// front of inputs of one length, so the hash is a keyed function.
    fn mix(&self, round: u8, half: u64) -> u64 {
        let hash = Sha256::new()
            .chain_update(self.0)
            .chain_update([round])
            .chain_update(half.to_be_bytes())
            .finalize();
        let first = *hash.first_chunk().expect("32 bytes");
        u64::from_be_bytes(first) >> (u64::BITS - HALF_BITS)
    }
}

/// Applies a permutation of 52-bit numbers until the result is a token again.
fn walk(number: u64, permute: impl Fn(u64) -> u64) -> u64 {
    let mut number = permute(number);
    while number >= TOKENS {
        number = permute(number);
    }
    number
}

fn halves(number: u64) -> (u64, u64) {
    (number >> HALF_BITS, number & ((1 << HALF_BITS) - 1))
}

fn join(left: u64, right: u64) -> u64 {
    (left << HALF_BITS) | right
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_token_leads_back_to_the_number_of_its_room() {
        let key = LinkKey([7; 32]);
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
        let keys = [[1; 32], [2; 32]].map(LinkKey);
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
    fn what_is_encrypted_is_decrypted_again_up_to_the_last_token() {
        let key = LinkKey([7; 32]);
        for number in (0..TOKENS)
            .step_by((TOKENS / 1000) as usize)
            .chain([TOKENS - 1])
        {
            let encrypted = key.encrypt(number);
            assert!(encrypted < TOKENS);
            assert_eq!(key.decrypt(encrypted), number);
        }
    }

    #[test]
    fn any_token_is_read_without_a_panic() {
        let key = LinkKey([7; 32]);
        for text in ["aaaaaaaaaa", "9999999999", "k3v9q2d7xm", "a0b1c2d3e4"] {
            let token = SlugToken::from_slug(&format!("room_{text}")).expect("a token");
            assert!(
                key.room_id(&token)
                    .is_none_or(|id| (0..NUMBERS).contains(&id))
            );
        }
    }
}
