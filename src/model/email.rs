use super::error::Invalid;
use super::text;
use email_address::{EmailAddress, Options};
use idna::AsciiDenyList;

/// An e-mail address: the text as it was typed, and a key that is the same for equal addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    address: String,
    key: String,
}

impl Email {
    /// The greatest length of an address in characters (RFC 5321, section 4.5.3.1.3, without the
    /// angle brackets).
    pub const MAX_CHARS: usize = 254;

    /// Reads an address, white space and characters that do not show dropped around it.
    ///
    /// The key is the folded local part, and the domain in the ASCII form of IDNA (UTS #46), so
    /// `Ada@MÜNCHEN.example` and `ada@xn--mnchen-3ya.example` are the same.
    ///
    /// # Errors
    /// A text that is not one address of at most 254 characters. A display name is an error, and so
    /// is an IP address in place of the domain.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        const OPTIONS: Options = Options {
            minimum_sub_domains: 0,
            allow_domain_literal: false,
            allow_display_text: false,
        };
        text::check_visible(typed.trim())?;
        let address = text::trim_invisible(typed);
        if address.is_empty() {
            return Err(Invalid::new("must not be empty"));
        }
        text::check_length(address, Self::MAX_CHARS)?;
        let not_an_address = || Invalid::new("must be an e-mail address, such as ada@example.com");
        let (local, domain) = address.rsplit_once('@').ok_or_else(not_an_address)?;
        let domain = idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::STD3)
            .map_err(|_| not_an_address())?;
        // In its decoded form, so that it does not matter in which form it was typed.
        let (in_unicode, _) = idna::domain_to_unicode(&domain);
        if in_unicode.chars().any(text::hides_in_domain) {
            return Err(not_an_address());
        }
        let in_ascii = format!("{}@{domain}", ascii_skeleton(&text::nfc(local)));
        EmailAddress::parse_with_options(&in_ascii, OPTIONS).map_err(|_| not_an_address())?;
        let local_key = text::fold(local);
        if local_key.is_empty() {
            return Err(not_an_address());
        }
        Ok(Self {
            key: format!("{local_key}@{domain}"),
            address: address.to_owned(),
        })
    }

    /// Returns a stored address with its stored key.
    pub(crate) fn from_stored(address: String, key: String) -> Self {
        Self { address, key }
    }

    /// Returns the address as it was typed.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// Returns the part before the `@` as it was typed.
    pub fn local_part(&self) -> &str {
        self.address
            .rsplit_once('@')
            .map_or(&*self.address, |(local, _)| local)
    }

    /// Returns the domain in the ASCII form of IDNA, in lower case.
    pub fn domain(&self) -> &str {
        self.key.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Returns the key, which is the same for equal addresses.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Returns the local part with the letter `x` for every character beyond ASCII. RFC 6531 (section
/// 3.3) allows such a character wherever a letter may stand, but the library that validates
/// addresses accepts only some of them. `local` must be in NFC, as in the key, because NFC turns
/// some characters into ASCII ones.
fn ascii_skeleton(local: &str) -> String {
    let in_ascii = |c: char| match c {
        c if c.is_ascii() => c,
        c if text::is_blank(c) => ' ',
        _ => 'x',
    };
    local.chars().map(in_ascii).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(typed: &str) -> String {
        Email::parse(typed).expect(typed).key
    }

    #[test]
    fn equal_addresses_share_a_key() {
        assert_eq!(key(" Ada@Example.COM "), "ada@example.com");
        assert_eq!(
            key("ada@MÜNCHEN.example"),
            key("ada@xn--mnchen-3ya.example")
        );
        assert_eq!(key("JOS\u{c9}@example.com"), key("jose\u{301}@example.com"));
        assert_eq!(key("ΑΣ.X@EX.TEST"), key("ας.x@ex.test"));
        assert_eq!(
            key("\u{200B}ada@example.com\u{2800}"),
            key("ada@example.com")
        );
        assert_eq!(key("a\u{AD}da@exam\u{200B}ple.com"), key("ada@example.com"));
        assert_ne!(key("ada@example.com"), key("ada+1@example.com"));
    }

    #[test]
    fn the_address_stays_as_it_was_typed() {
        let email = Email::parse(" Ada@Example.com ").expect("a valid address");
        assert_eq!(email.as_str(), "Ada@Example.com");
    }

    #[test]
    fn valid_addresses_are_accepted() {
        for typed in [
            "a@b",
            "o'neil+tag@sub.example.co",
            "çağrı@örnek.example",
            "संपर्क@डाटामेल.भारत",
            "1@2.example",
        ] {
            assert!(Email::parse(typed).is_ok(), "{typed}");
        }
    }

    #[test]
    fn other_texts_are_rejected() {
        let long = format!("{}@{}.example", "a".repeat(60), "b".repeat(200));
        for typed in [
            "",
            " ",
            "ada",
            "@example.com",
            "ada@",
            "ada@@example.com",
            "a b@example.com",
            "a\u{3000}b@example.com",
            "a\u{37E}b@example.com",
            "ada@exa mple.com",
            "Ada <ada@example.com>",
            "a\u{2800}b@example.com",
            "\u{200B}@example.com",
            "ada@[127.0.0.1]",
            "ada@example..com",
            "ada@.example.com",
            "ada@example.com.",
            "ada\0@example.com",
            "ada@example.com\u{202E}",
            "ada@exa%mple.com",
            "ada@exa!mple.com",
            "ada@xn--a.example",
            // IDNA takes these for letters of another domain.
            "ada@exam\u{2800}ple.com",
            "ada@exam\u{1D159}ple.com",
            "ada@\u{1D159}.com",
            "ada@xn--example-pb0e.com",
            "a@b, c@d",
            &long,
        ] {
            assert!(Email::parse(typed).is_err(), "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_an_address_with_itself_as_key(typed in "[a-zA-Z0-9.+ğİé]{1,12}@[a-zA-ZüßÇ]{1,9}\\.[a-z]{2,4}") {
            if let Ok(email) = Email::parse(&typed) {
                prop_assert_eq!(key(email.key()), email.key());
            }
        }
    }
}
