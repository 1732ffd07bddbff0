use super::email::Email;
use super::error::Invalid;
use std::str::FromStr;

/// A domain of e-mail addresses, or `*`, which is every domain. Domains are the same when their
/// ASCII forms (IDNA) are; a subdomain is another domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailDomain {
    /// The ASCII form; `None` is every domain.
    ascii: Option<String>,
}

impl EmailDomain {
    /// Returns whether an address is in the domain.
    pub fn contains(&self, email: &Email) -> bool {
        self.ascii
            .as_ref()
            .is_none_or(|domain| domain == email.domain())
    }
}

impl FromStr for EmailDomain {
    type Err = Invalid;

    fn from_str(typed: &str) -> Result<Self, Invalid> {
        let typed = typed.trim();
        if typed == "*" {
            return Ok(Self { ascii: None });
        }
        // So that a domain here is what is a domain in an address.
        let address = Email::parse(&format!("a@{typed}")).map_err(|_| {
            Invalid::new(
                "must be a domain of e-mail addresses, such as example.com, or * for every domain",
            )
        })?;
        Ok(Self {
            ascii: Some(address.domain().to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(domain: &str, email: &str) -> bool {
        let domain: EmailDomain = domain.parse().expect(domain);
        domain.contains(&Email::parse(email).expect(email))
    }

    #[test]
    fn domains_are_compared_by_idna_and_as_a_whole() {
        for (domain, email) in [
            ("example.com", "ada@example.com"),
            (" Example.COM ", "ada@EXAMPLE.com"),
            ("MÜNCHEN.example", "ada@xn--mnchen-3ya.example"),
            ("xn--mnchen-3ya.example", "ada@mu\u{308}nchen.example"),
            ("*", "ada@any.example"),
            ("localhost", "ada@localhost"),
        ] {
            assert!(contains(domain, email), "{domain} {email}");
        }
        for (domain, email) in [
            ("example.com", "ada@sub.example.com"),
            ("sub.example.com", "ada@example.com"),
            ("example.com", "ada@notexample.com"),
            ("example.com", "example.com@example.org"),
        ] {
            assert!(!contains(domain, email), "{domain} {email}");
        }
    }

    #[test]
    fn other_texts_are_no_domains() {
        for typed in [
            "",
            " ",
            "*.com",
            "@example.com",
            "a@example.com",
            "a b",
            "**",
            ".",
            "[::1]",
        ] {
            assert!(typed.parse::<EmailDomain>().is_err(), "{typed:?}");
        }
    }
}
