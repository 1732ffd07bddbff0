/// Lower-case letters and digits: safe in URLs, file names and shells.
pub(super) const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The greatest multiple of the size of the alphabet that fits into a byte. Random bytes from here
/// on are discarded, so that every character is equally likely.
const LIMIT: u8 = (256 / ALPHABET.len() * ALPHABET.len()) as u8;

/// Returns `LENGTH` random lower-case letters and digits from the cryptographic source of the
/// system. Each has 5.17 bits of entropy.
///
/// # Panics
/// If the system cannot give random bytes: nothing secret can be generated then.
pub(super) fn random_text<const LENGTH: usize>() -> String {
    let mut text = String::with_capacity(LENGTH);
    let mut bytes = [0; LENGTH];
    while text.len() < LENGTH {
        getrandom::fill(&mut bytes).expect("the system must give random bytes");
        let drawn = bytes.iter().filter(|&&byte| byte < LIMIT);
        let missing = LENGTH - text.len();
        text.extend(
            drawn
                .take(missing)
                .map(|byte| ALPHABET[usize::from(*byte) % ALPHABET.len()] as char),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_length_and_uses_the_whole_alphabet() {
        let text = random_text::<4096>();
        assert_eq!(text.len(), 4096);
        for character in ALPHABET {
            assert!(
                text.as_bytes().contains(character),
                "{}",
                *character as char
            );
        }
    }
}
