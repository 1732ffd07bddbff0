//! The trace that a request belongs to, as its caller says (W3C Trace Context).

use actix_web::http::header::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The digits of the version, of the trace, of the caller's part of it, and of the flags.
const PARTS: [usize; 4] = [2, 32, 16, 2];

/// The version that is no version.
const NO_VERSION: &str = "ff";

/// Returns the header with the trace, if it is sent once and well-formed: only then is it safe in a log, and
/// of use there.
pub(super) fn traceparent(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(TRACEPARENT);
    let (text, more) = (sent.next()?.to_str().ok()?, sent.next());
    (more.is_none() && is_well_formed(text)).then_some(text)
}

/// Later versions may have more parts, which nobody knows yet: such a header is none.
fn is_well_formed(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').take(PARTS.len() + 1).collect();
    let is_hexadecimal = |part: &str| {
        let mut bytes = part.bytes();
        bytes.all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let has_form = |(part, digits): (&&str, usize)| part.len() == digits && is_hexadecimal(part);
    parts.len() == PARTS.len()
        && parts.iter().zip(PARTS).all(has_form)
        && parts[0] != NO_VERSION
        && parts[1..3]
            .iter()
            .all(|id| id.bytes().any(|digit| digit != b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_standard_allows_is_kept() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(is_well_formed(trace));
        assert!(is_well_formed(&trace.replacen("00", "01", 1)));
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0 ",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\u{e9}",
        ] {
            assert!(!is_well_formed(text), "{text}");
        }
    }

    #[test]
    fn a_header_that_is_sent_twice_is_none() {
        let value = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let mut headers = HeaderMap::new();
        assert_eq!(traceparent(&headers), None);
        headers.append(TRACEPARENT, value.parse().expect("a header"));
        assert_eq!(traceparent(&headers), Some(value));
        headers.append(TRACEPARENT, value.parse().expect("a header"));
        assert_eq!(traceparent(&headers), None);
    }
}
