//! Host links: the link of a room with a token behind it, by which a person enters as host.
//!
//! A token is not stored. It is a code that authenticates the room, the epoch of its host links and
//! the moment at which it ends, by a secret that is not in the database. So the same link can be given
//! out again, a copy of the database opens no room, and a raised epoch revokes every link at once.

use super::host_secret::{HostSecret, SecretError};
use crate::model::{Room, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::path::Path;
use subtle::ConstantTimeEq;

/// What the code of a token is about, so that a code for another purpose is no token.
const PURPOSE: &[u8] = b"roomd host link 1\0";

/// The length of the moment at the start of a token, in bytes.
const EXPIRY_BYTES: usize = 8;

/// The longest token that is read, in characters; a right one is shorter.
const MAX_CHARS: usize = 100;

/// The longest time until a host link with an end ends, in seconds: a year of 365 days.
pub(crate) const MAX_SECONDS: i64 = 31_536_000;

/// Makes and checks the host links of all rooms.
#[derive(Debug, Clone)]
pub(crate) struct HostLinks {
    secret: HostSecret,
}

impl HostLinks {
    /// Returns the host links that the secret in a file makes; None if there is no file.
    ///
    /// # Errors
    /// A file that cannot be read, that has no secret, or that other users can use.
    pub(crate) fn load(path: &Path) -> Result<Option<Self>, SecretError> {
        let secret = HostSecret::load(path)?;
        Ok(secret.map(|secret| Self { secret }))
    }

    /// Returns the host links that the secret in a file makes. Without a file, makes one, which
    /// belongs to the owner of `database`.
    ///
    /// # Errors
    /// A file that cannot be read, that has no secret, or that other users can use; none, where none
    /// can be made.
    pub(crate) fn load_or_create(path: &Path, database: &Path) -> Result<Self, SecretError> {
        let secret = HostSecret::load_or_create(path, database)?;
        Ok(Self { secret })
    }

    /// Returns host links by a new secret that is stored nowhere: they end with this value.
    #[cfg(test)]
    pub(crate) fn temporary() -> Self {
        Self {
            secret: HostSecret::generate(),
        }
    }

    /// Returns the token of a host link of a room, which is valid until a moment or, without one,
    /// until it is revoked. It is the same for the same room, epoch and moment.
    pub(crate) fn token(&self, room: &Room, expires_at: Option<Timestamp>) -> String {
        // A moment before 1970 is as past as the first second of it.
        let expiry = expires_at.map_or(0, |at| at.as_unix().max(1).cast_unsigned());
        let expiry = expiry.to_be_bytes();
        URL_SAFE_NO_PAD.encode([&expiry[..], &self.code(room, expiry)].concat())
    }

    /// Returns the host link of a room whose link for everybody is `url`.
    pub(crate) fn url(&self, url: &str, room: &Room, expires_at: Option<Timestamp>) -> String {
        format!("{url}#host={}", self.token(room, expires_at))
    }

    /// Returns true if a token makes a person a host of a room at a moment: it is one of the room, of
    /// the present epoch, and has not ended, and the owner is active. The comparison takes constant
    /// time.
    pub(crate) fn verify(
        &self,
        room: &Room,
        owner_is_active: bool,
        token: &str,
        now: Timestamp,
    ) -> bool {
        let decoded = Some(token).filter(|token| token.len() <= MAX_CHARS);
        let decoded = decoded.and_then(|token| URL_SAFE_NO_PAD.decode(token).ok());
        let Some((expiry, code)) = decoded
            .as_deref()
            .and_then(|bytes| bytes.split_first_chunk::<EXPIRY_BYTES>())
        else {
            return false;
        };
        let matches: bool = self.code(room, *expiry).ct_eq(code).into();
        let expiry = u64::from_be_bytes(*expiry);
        let is_over = expiry != 0 && i64::try_from(expiry).is_ok_and(|end| end <= now.as_unix());
        matches && !is_over && owner_is_active
    }

    /// Returns the code that authenticates a room, its epoch, and the moment at which a token ends.
    fn code(&self, room: &Room, expiry: [u8; EXPIRY_BYTES]) -> [u8; 32] {
        let code = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes());
        let mut code = code.expect("a key may have any length");
        code.update(PURPOSE);
        code.update(room.guid.as_bytes());
        code.update(&room.host_epoch.to_be_bytes());
        code.update(&expiry);
        code.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Guid, LangTag, RoomName, RoomOptions, SlugToken};

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn room() -> Room {
        Room {
            guid: Guid::generate(),
            name: RoomName::parse("Test Room").expect("a name"),
            lang: LangTag::parse("en").expect("a language"),
            slug_token: SlugToken::from_slug("test-room_k3v9q2d7xm").expect("a token"),
            created_at: NOW,
            tags: None,
            inaccessible_replay: false,
            allow_recording: true,
            creator_email: "ada@example.com".into(),
            options: RoomOptions::from_stored("{}".into()),
            host_epoch: 0,
            host_link_given: true,
        }
    }

    fn later(seconds: i64) -> Timestamp {
        Timestamp::from_unix(NOW.as_unix() + seconds)
    }

    #[test]
    fn a_token_is_valid_for_its_room_and_the_same_each_time() {
        let (links, room) = (HostLinks::temporary(), room());
        let token = links.token(&room, None);
        assert!(links.verify(&room, true, &token, NOW));
        assert_eq!(links.token(&room, None), token);
        assert_eq!(
            links.url("https://example.com/a_b", &room, None),
            format!("https://example.com/a_b#host={token}")
        );
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        assert!(token.bytes().all(safe), "{token}");
        let renamed = Room {
            name: RoomName::parse("Another").expect("a name"),
            ..room
        };
        assert!(links.verify(&renamed, true, &token, NOW));
    }

    #[test]
    fn the_token_of_another_room_of_another_epoch_or_by_another_secret_is_not_valid() {
        let (links, room) = (HostLinks::temporary(), room());
        let token = links.token(&room, None);
        let other = Room {
            guid: Guid::generate(),
            ..room.clone()
        };
        assert!(!links.verify(&other, true, &token, NOW));
        let rotated = Room {
            host_epoch: 1,
            ..room.clone()
        };
        assert!(!links.verify(&rotated, true, &token, NOW));
        assert!(links.verify(&rotated, true, &links.token(&rotated, None), NOW));
        // As a thief of the database would make one.
        let stolen = HostLinks::temporary().token(&room, None);
        assert!(!links.verify(&room, true, &stolen, NOW));
    }

    #[test]
    fn nobody_is_host_in_the_name_of_an_inactive_owner() {
        let (links, room) = (HostLinks::temporary(), room());
        assert!(!links.verify(&room, false, &links.token(&room, None), NOW));
    }

    #[test]
    fn a_token_with_an_end_is_valid_until_then() {
        let (links, room) = (HostLinks::temporary(), room());
        let token = links.token(&room, Some(later(60)));
        assert!(links.verify(&room, true, &token, later(59)));
        assert!(!links.verify(&room, true, &token, later(60)));
        assert!(!links.verify(&room, true, &token, later(1_000_000)));
        for past in [0, -1, i64::MIN] {
            let token = links.token(&room, Some(Timestamp::from_unix(past)));
            assert!(!links.verify(&room, true, &token, NOW), "{past}");
        }
    }

    #[test]
    fn a_token_that_was_changed_anywhere_is_not_valid() {
        let (links, room) = (HostLinks::temporary(), room());
        for expires_at in [None, Some(later(60))] {
            let token = links.token(&room, expires_at);
            for at in 0..token.len() {
                for replacement in ["A", "B", "_", "=", "+", "é", ""] {
                    let mut changed = token.clone();
                    changed.replace_range(at..=at, replacement);
                    let is_valid = links.verify(&room, true, &changed, NOW);
                    assert_eq!(is_valid, changed == token, "{changed}");
                }
            }
            let longer = [
                format!("{token}A"),
                format!("{token}="),
                format!(" {token}"),
            ];
            for changed in longer {
                assert!(!links.verify(&room, true, &changed, NOW), "{changed}");
            }
            // An end that somebody took away or put off.
            let bytes = URL_SAFE_NO_PAD.decode(&token).expect("a token");
            for expiry in [0, 1, u64::MAX, i64::MAX.cast_unsigned()] {
                let forged = [&expiry.to_be_bytes()[..], &bytes[EXPIRY_BYTES..]].concat();
                let forged = URL_SAFE_NO_PAD.encode(forged);
                let is_valid = links.verify(&room, true, &forged, NOW);
                assert_eq!(is_valid, forged == token, "{expiry}");
            }
        }
        let short = URL_SAFE_NO_PAD.encode([0; EXPIRY_BYTES]);
        for text in [
            "",
            "A",
            "undefined",
            &short,
            &"A".repeat(54),
            &"A".repeat(10_000),
        ] {
            assert!(!links.verify(&room, true, text, NOW), "{text}");
        }
    }

    /// The expected token was made by another program: Python's `hmac`, of the same input.
    #[test]
    fn the_form_of_a_token_is_fixed() {
        let links = HostLinks {
            secret: HostSecret::from_bytes([7; 32]),
        };
        let room = Room {
            guid: Guid::parse("0197A3C2-6414-7046-87A6-67730D5F9F08").expect("a GUID"),
            host_epoch: 3,
            ..room()
        };
        assert_eq!(
            links.token(&room, Some(NOW)),
            "AAAAAGtJ0gD77UPKNwhCopfABUJiA3jBoNvE1LygC31vzuh_xbwSTQ"
        );
    }
}
