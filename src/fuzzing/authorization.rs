use crate::http::{BearerToken, authorization as header_of};
use crate::model::NewApiKey;
use actix_web::http::header::HeaderValue;
use std::sync::LazyLock;

static KEY: LazyLock<NewApiKey> = LazyLock::new(|| NewApiKey::generate(None));

/// The header `Authorization`: only a header with the whole credentials of a valid key is accepted.
/// In the input, `%` stands for these credentials.
pub fn authorization(input: &[u8]) {
    let authorization = header_of(&KEY);
    let (_, credentials) = authorization.split_once(' ').expect("two parts");
    let header = splice(input, credentials.as_bytes());
    let Ok(value) = HeaderValue::from_bytes(&header) else {
        return;
    };
    let accepted = BearerToken::from_header(&value).is_ok_and(|token| {
        token.access_key == KEY.access_key && token.digest.matches(&KEY.digest())
    });
    assert_eq!(
        accepted,
        is_valid(&header, credentials.as_bytes()),
        "{value:?}"
    );
}

/// Returns the input with the credentials in place of each `%`.
fn splice(input: &[u8], credentials: &[u8]) -> Vec<u8> {
    let parts: Vec<&[u8]> = input.split(|&byte| byte == b'%').collect();
    parts.join(credentials)
}

/// Decides the same in another way, from the end: the credentials, white space, the scheme.
fn is_valid(header: &[u8], credentials: &[u8]) -> bool {
    let Some(start) = header.strip_suffix(credentials) else {
        return false;
    };
    let scheme = start.trim_ascii_end();
    scheme.eq_ignore_ascii_case(b"bearer") && start.get(scheme.len()) == Some(&b' ')
}
