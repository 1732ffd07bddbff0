//! Messages of a web socket that come in fragments (RFC 6455, section 5.4).

use crate::meeting::builtin::CloseCode;
use actix_ws::Item;

/// The message whose fragments come in. They are copied into one buffer, so that a message costs no
/// more memory in many fragments than in few.
#[derive(Debug)]
pub(super) struct Fragments {
    max_bytes: usize,
    /// `None` before the first fragment of a message.
    message: Option<Begun>,
}

#[derive(Debug)]
struct Begun {
    is_text: bool,
    bytes: Vec<u8>,
}

/// A message of which all fragments have come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whole {
    Text(String),
    Binary(Vec<u8>),
}

impl Fragments {
    /// Returns the state before the first fragment. A message has at most `max_bytes` bytes.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            message: None,
        }
    }

    /// Takes the next fragment; returns the message if it is the last one.
    ///
    /// # Errors
    /// The code with which the socket is to be closed: the message is too large or its text is not
    /// UTF-8, or the fragment does not follow from the one before.
    pub(super) fn add(&mut self, fragment: Item) -> Result<Option<Whole>, CloseCode> {
        let (first, bytes, is_last) = match fragment {
            Item::FirstText(bytes) => (Some(true), bytes, false),
            Item::FirstBinary(bytes) => (Some(false), bytes, false),
            Item::Continue(bytes) => (None, bytes, false),
            Item::Last(bytes) => (None, bytes, true),
        };
        let mut message = match (first, self.message.take()) {
            (Some(is_text), None) => Begun {
                is_text,
                bytes: Vec::new(),
            },
            (None, Some(begun)) => begun,
            _ => return Err(CloseCode::Protocol),
        };
        if message.bytes.len() + bytes.len() > self.max_bytes {
            return Err(CloseCode::TooLarge);
        }
        message.bytes.extend_from_slice(&bytes);
        if is_last {
            message.into_whole().map(Some)
        } else {
            self.message = Some(message);
            Ok(None)
        }
    }
}

impl Begun {
    fn into_whole(self) -> Result<Whole, CloseCode> {
        if !self.is_text {
            return Ok(Whole::Binary(self.bytes));
        }
        // A character may be divided between fragments, so only the whole text can be checked.
        let text = String::from_utf8(self.bytes);
        text.map(Whole::Text).map_err(|_| CloseCode::Protocol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::web::Bytes;

    const MAX_BYTES: usize = 8;

    fn add_all(fragments: Vec<Item>) -> Result<Option<Whole>, CloseCode> {
        let mut message = Fragments::new(MAX_BYTES);
        let mut last = Ok(None);
        for fragment in fragments {
            assert_eq!(last, Ok(None));
            last = message.add(fragment);
        }
        last
    }

    fn bytes(bytes: &'static [u8]) -> Bytes {
        Bytes::from_static(bytes)
    }

    #[test]
    fn the_last_fragment_makes_the_message_whole() {
        use Item::{Continue, FirstBinary, FirstText, Last};
        for (fragments, whole) in [
            (vec![FirstText(bytes(b"a"))], None),
            (vec![FirstText(bytes(b"a")), Continue(bytes(b"b"))], None),
            (
                vec![
                    FirstText(bytes(b"a\xc3")),
                    Continue(bytes(b"\xa9")),
                    Last(bytes(b"b")),
                ],
                Some(Whole::Text("aéb".into())),
            ),
            (
                vec![
                    FirstText(bytes(b"")),
                    Continue(bytes(b"")),
                    Last(bytes(b"")),
                ],
                Some(Whole::Text(String::new())),
            ),
            (
                vec![FirstBinary(bytes(b"\xff")), Last(bytes(b"a"))],
                Some(Whole::Binary(b"\xffa".to_vec())),
            ),
        ] {
            assert_eq!(add_all(fragments), Ok(whole));
        }
    }

    #[test]
    fn one_message_follows_the_other() {
        let mut fragments = Fragments::new(MAX_BYTES);
        for text in ["12345678", "87654321"] {
            let (start, end) = text.split_at(3);
            let first = Item::FirstText(Bytes::copy_from_slice(start.as_bytes()));
            assert_eq!(fragments.add(first), Ok(None));
            let last = Item::Last(Bytes::copy_from_slice(end.as_bytes()));
            assert_eq!(fragments.add(last), Ok(Some(Whole::Text(text.into()))));
        }
    }

    #[test]
    fn what_is_too_large_no_text_or_out_of_order_closes_the_socket() {
        use CloseCode::{Protocol, TooLarge};
        use Item::{Continue, FirstBinary, FirstText, Last};
        for (fragments, code) in [
            (vec![FirstText(bytes(b"123456789"))], TooLarge),
            (
                vec![FirstBinary(bytes(b"12345678")), Continue(bytes(b"9"))],
                TooLarge,
            ),
            (
                vec![FirstText(bytes(b"12345678")), Last(bytes(b"9"))],
                TooLarge,
            ),
            (vec![FirstText(bytes(b"\xc3")), Last(bytes(b"a"))], Protocol),
            (vec![Continue(bytes(b"a"))], Protocol),
            (vec![Last(bytes(b"a"))], Protocol),
            (
                vec![FirstText(bytes(b"a")), FirstText(bytes(b"b"))],
                Protocol,
            ),
            (
                vec![FirstBinary(bytes(b"a")), FirstText(bytes(b"b"))],
                Protocol,
            ),
        ] {
            assert_eq!(add_all(fragments), Err(code));
        }
    }
}
