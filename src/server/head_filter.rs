//! What the transport changes in the head of a request before the HTTP server reads it: offers to
//! upgrade the connection, and expectations, lose their names, because the HTTP server would end
//! the connection for the first and promise to read the body for the second before it knows that.
//! Only the path of a web socket keeps its offer.

use crate::http::is_socket_path;
use std::io::BufRead;

/// The longest line that is looked into, in bytes; a longer one is handed over as it is.
const MAX_LINE: usize = 16 * 1024;

/// The filter of the heads on one connection.
#[derive(Debug, Default)]
pub(super) struct HeadFilter {
    /// True if a line of the head was read that is not empty.
    has_begun: bool,
    /// True inside of a line whose beginning was handed over already.
    is_inside_line: bool,
    /// True if the request may upgrade the connection to a web socket.
    may_upgrade: bool,
    /// True if the client waits for the status 100 before it sends the body.
    pub(super) expects: bool,
    /// The length of the body, as far as the head has told it.
    length: DeclaredLength,
}

/// The length of a body, where the head declares it in the one way that leaves no question.
#[derive(Debug, Default, Clone, Copy)]
enum DeclaredLength {
    #[default]
    None,
    Bytes(usize),
    /// It is told by chunks, more than once, or not in digits alone.
    Questionable,
}

impl HeadFilter {
    /// Changes the lines at the start of `bytes` as far as they have arrived. Returns how many
    /// bytes can be handed over, and whether the head ends with them.
    pub(super) fn filter(&mut self, bytes: &mut [u8]) -> (usize, bool) {
        let mut passed = 0;
        while let Some(length) = line_length(&bytes[passed..]) {
            let line = &mut bytes[passed..passed + length];
            passed += line.len();
            let is_inside_line = std::mem::take(&mut self.is_inside_line);
            if is_inside_line {
                continue;
            }
            if !line.trim_ascii().is_empty() {
                if !std::mem::replace(&mut self.has_begun, true) {
                    self.may_upgrade = is_for_socket(line);
                }
                self.change(line);
            } else if self.has_begun {
                return (passed, true);
            }
        }
        if bytes.len() - passed > MAX_LINE {
            self.is_inside_line = true;
            self.has_begun = true;
            passed = bytes.len();
        }
        (passed, false)
    }

    /// Returns how many bytes of the body may be handed over with the head. That is the whole body, or
    /// nothing where the HTTP server has yet to decide what the body is, or whether it is wanted.
    pub(super) fn bytes_with_head(&self) -> Option<usize> {
        match self.length {
            _ if self.may_upgrade || self.expects => None,
            DeclaredLength::None => Some(0),
            DeclaredLength::Bytes(length) => Some(length),
            DeclaredLength::Questionable => None,
        }
    }

    fn change(&mut self, line: &mut [u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return;
        };
        let (name, value) = line.split_at_mut(colon);
        let value = &mut value[1..];
        if self.may_upgrade && !name.eq_ignore_ascii_case(b"expect") {
            return;
        }
        if name.eq_ignore_ascii_case(b"connection") {
            for option in value.split_mut(|byte| *byte == b',') {
                if option.trim_ascii().eq_ignore_ascii_case(b"upgrade") {
                    let start = option.len() - option.trim_ascii_start().len();
                    option[start..start + 7].copy_from_slice(b"ignored");
                }
            }
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            name.copy_from_slice(b"ignored");
        } else if name.eq_ignore_ascii_case(b"expect") {
            let mut expectations = value.split(|byte| *byte == b',');
            self.expects |=
                expectations.any(|item| item.trim_ascii().eq_ignore_ascii_case(b"100-continue"));
            name.copy_from_slice(b"ignore");
        } else if name.eq_ignore_ascii_case(b"content-length") {
            self.length = match (self.length, digits(value.trim_ascii())) {
                (DeclaredLength::None, Some(length)) => DeclaredLength::Bytes(length),
                _ => DeclaredLength::Questionable,
            };
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.length = DeclaredLength::Questionable;
        }
    }
}

/// Returns the length of the first line with its line feed; None if that has not arrived.
fn line_length(mut bytes: &[u8]) -> Option<usize> {
    let all = bytes;
    let length = bytes.skip_until(b'\n').ok()?;
    all[..length].ends_with(b"\n").then_some(length)
}

/// Returns the number that is written in decimal digits alone.
fn digits(text: &[u8]) -> Option<usize> {
    let is_plain = text.iter().all(u8::is_ascii_digit);
    let text = str::from_utf8(text).ok().filter(|_| is_plain)?;
    text.parse().ok()
}

/// Returns whether the first line of a request is that for a web socket.
fn is_for_socket(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let is_get = words.next() == Some(b"GET");
    is_get && words.next().is_some_and(is_socket_path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_path_of_a_web_socket_keeps_its_offer() {
        let offer = "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
        for (line, keeps_offer) in [
            (
                "GET /groups/room/test_k3v9q2d7xm/socket?ticket=a HTTP/1.1",
                true,
            ),
            ("GET /GROUPS/ROOM/T_K3V9Q2D7XM/socket HTTP/1.1", true),
            ("POST /groups/room/test_k3v9q2d7xm/socket HTTP/1.1", false),
            ("GET /groups/room/test_k3v9q2d7xm HTTP/1.1", false),
            ("GET /groups/room/socket HTTP/1.1", false),
            (
                "GET /xapi/v2/room/search?query=/groups/room/a/socket HTTP/1.1",
                false,
            ),
        ] {
            let head = format!("{line}\r\n{offer}");
            let mut bytes = head.clone().into_bytes();
            assert_eq!(HeadFilter::default().filter(&mut bytes), (head.len(), true));
            assert_eq!(bytes == head.as_bytes(), keeps_offer, "{line}");
        }
    }

    #[test]
    fn offers_and_expectations_lose_their_names() {
        for (head, filtered, expects) in [
            (
                "GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
                "GET / HTTP/1.1\r\nConnection: ignored, HTTP2-Settings\r\nignored: h2c\r\n\r\n",
                false,
            ),
            (
                "GET / HTTP/1.1\nconnection:close,upgrade\nUPGRADE:websocket\n\n",
                "GET / HTTP/1.1\nconnection:close,ignored\nignored:websocket\n\n",
                false,
            ),
            (
                "\r\nGET / HTTP/1.1\r\nExpect: 100-Continue\r\nX: upgrade\r\n\r\n",
                "\r\nGET / HTTP/1.1\r\nignore: 100-Continue\r\nX: upgrade\r\n\r\n",
                true,
            ),
        ] {
            let mut bytes = format!("{head}next: upgrade\r\n").into_bytes();
            let mut filter = HeadFilter::default();
            assert_eq!(filter.filter(&mut bytes), (head.len(), true));
            assert_eq!(&bytes[..head.len()], filtered.as_bytes());
            assert_eq!(filter.expects, expects);
        }
    }

    #[test]
    fn a_body_goes_with_its_head_only_where_its_length_is_beyond_question() {
        for (headers, length) in [
            ("", Some(0)),
            ("Content-Length: 0\r\n", Some(0)),
            ("A: b\r\ncontent-length:12 \r\n", Some(12)),
            ("Content-Length: 12\r\nContent-Length: 12\r\n", None),
            ("Content-Length: +12\r\n", None),
            ("Content-Length: 1 2\r\n", None),
            ("Content-Length:\r\n", None),
            ("Content-Length: 99999999999999999999\r\n", None),
            ("Transfer-Encoding: chunked\r\n", None),
            ("Transfer-Encoding: chunked\r\nContent-Length: 12\r\n", None),
            ("Content-Length: 12\r\nExpect: 100-continue\r\n", None),
        ] {
            let mut filter = HeadFilter::default();
            let head = format!("POST / HTTP/1.1\r\n{headers}\r\n");
            filter.filter(&mut head.into_bytes());
            assert_eq!(filter.bytes_with_head(), length, "{headers}");
        }
        let mut filter = HeadFilter::default();
        filter.filter(&mut b"GET /groups/room/a_k3v9q2d7xm/socket HTTP/1.1\r\n\r\n".to_vec());
        assert_eq!(filter.bytes_with_head(), None);
    }

    #[test]
    fn only_whole_lines_are_handed_over() {
        let mut filter = HeadFilter::default();
        let mut bytes = b"GET / HTTP/1.1\r\nConnection: Upg".to_vec();
        assert_eq!(filter.filter(&mut bytes), (16, false));
        bytes.drain(..16);
        assert_eq!(filter.filter(&mut bytes), (0, false));
        bytes.extend_from_slice(b"rade\r\n\r\n");
        assert_eq!(filter.filter(&mut bytes), (bytes.len(), true));
        assert_eq!(bytes, b"Connection: ignored\r\n\r\n");
    }

    #[test]
    fn a_line_that_is_too_long_is_handed_over_in_parts() {
        let mut filter = HeadFilter::default();
        let mut bytes = vec![b'x'; MAX_LINE + 1];
        assert_eq!(filter.filter(&mut bytes), (MAX_LINE + 1, false));
        let mut rest = b"upgrade: h2c\r\n\r\n".to_vec();
        assert_eq!(filter.filter(&mut rest), (rest.len(), true));
        assert_eq!(rest, b"upgrade: h2c\r\n\r\n");
    }
}
