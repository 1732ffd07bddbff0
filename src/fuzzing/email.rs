use super::rejection::check_shown;
use crate::model::Email;
use crate::model::text::trim_invisible;

/// The longest local part, in characters (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL_CHARS: usize = 64;

/// An e-mail address: an accepted one is stored as typed, and its key is an address whose key is
/// itself, in either case.
pub fn email(input: &[u8]) {
    let Ok(typed) = str::from_utf8(input) else {
        return;
    };
    let email = match Email::parse(typed) {
        Ok(email) => email,
        Err(message) => return check_shown(&message.0),
    };
    let address = email.as_str();
    assert_eq!(address, trim_invisible(typed));
    check_shown(address);
    assert!(address.chars().count() <= Email::MAX_CHARS);
    assert_eq!(Email::parse(address).as_ref(), Ok(&email));

    let key = email.key();
    check_shown(key);
    let (local, domain) = key.rsplit_once('@').expect("an address");
    let in_domain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    assert!(domain.bytes().all(in_domain), "{domain}");
    assert!(
        domain
            .split('.')
            .all(|label| (1..=63).contains(&label.len())),
        "{domain}"
    );
    match Email::parse(key) {
        Ok(again) => assert_eq!(again.key(), key),
        // Some characters become several in lower case, and a domain is longer in ASCII.
        Err(_) => assert!(
            local.chars().count() > MAX_LOCAL_CHARS || key.chars().count() > Email::MAX_CHARS,
            "{key:?} is no address"
        ),
    }
    for same in [address.to_ascii_uppercase(), format!(" {address}\n")] {
        let same = Email::parse(&same).expect("an address in capitals");
        assert_eq!(same.key(), key);
    }
}
