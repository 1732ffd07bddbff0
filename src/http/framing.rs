//! Where the body of a request ends. Only the HTTP server decides what a body holds; this tells the
//! transport how far to read.

/// What is left of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyFraming {
    /// So many bytes.
    Length(u64),
    /// Chunks, from this state on.
    Chunked(Chunked),
    /// All bytes until the connection ends: it becomes a web socket, or is closed.
    Endless,
}

/// The state between two bytes of a chunked body. Where a size is named, it is that of the chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Chunked {
    /// Before the size of a chunk.
    SizeFirst,
    /// In the size, of which this much was read.
    Size(u64),
    /// In white space after the size.
    White(u64),
    /// In an extension after the size.
    Extension(u64),
    /// Before the line feed after the size.
    SizeEnd(u64),
    /// In the data of a chunk, of which so many bytes are left.
    Data(u64),
    /// After the data.
    DataEnd,
    /// Before the line feed after the data.
    DataLineFeed,
    /// At the start of a line after the last chunk.
    TrailerFirst,
    /// In such a line.
    Trailer,
    /// Before the line feed of such a line.
    TrailerLineFeed,
    /// Before the last line feed.
    LastLineFeed,
    /// After the body.
    End,
    /// After a byte that may not stand where it stood.
    Malformed,
}

impl BodyFraming {
    /// The framing of a request without a body.
    pub(crate) const NONE: Self = Self::Length(0);

    /// The framing of a chunked body of which nothing was read.
    pub(crate) const CHUNKED: Self = Self::Chunked(Chunked::SizeFirst);

    /// Returns true if nothing is left.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunked::End))
    }

    /// Reads on and returns how many of the bytes belong to the body.
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Length(left) => take(left, bytes.len()),
            Self::Endless => bytes.len(),
            Self::Chunked(state) => {
                let mut read = 0;
                while read < bytes.len() && *state != Chunked::End {
                    read += state.step(&bytes[read..]);
                }
                read
            }
        }
    }

    /// Leaves out bytes that were read already, of a body whose length is known.
    pub(crate) fn skip(&mut self, count: usize) {
        if let Self::Length(left) = self {
            take(left, count);
        }
    }

    /// Returns true if the body has a form that the HTTP server rejects.
    pub(crate) fn is_malformed(&self) -> bool {
        *self == Self::Chunked(Chunked::Malformed)
    }
}

impl Chunked {
    /// Reads one byte, or more of the data; returns how many. What is rejected here is what the
    /// HTTP server would reject.
    fn step(&mut self, bytes: &[u8]) -> usize {
        let byte = bytes[0];
        *self = match (&*self, byte) {
            (Self::Data(left), _) => {
                let mut left = *left;
                let taken = take(&mut left, bytes.len());
                *self = match left {
                    0 => Self::DataEnd,
                    left => Self::Data(left),
                };
                return taken;
            }
            (Self::SizeFirst, _) => digit(byte).map_or(Self::Malformed, Self::Size),
            (Self::Size(size) | Self::White(size), b' ' | b'\t') => Self::White(*size),
            (Self::Size(size) | Self::White(size), b';') => Self::Extension(*size),
            (Self::Size(size) | Self::White(size) | Self::Extension(size), b'\r') => {
                Self::SizeEnd(*size)
            }
            (Self::Size(size), _) => {
                let size = size.checked_mul(16);
                let size = size.and_then(|size| Some(size + digit(byte)?));
                size.map_or(Self::Malformed, Self::Size)
            }
            (Self::Extension(size), b'\t' | 0x20..=0x7e | 0x80..) => Self::Extension(*size),
            (Self::SizeEnd(0), b'\n') | (Self::TrailerLineFeed, b'\n') => Self::TrailerFirst,
            (Self::SizeEnd(size), b'\n') => Self::Data(*size),
            (Self::DataEnd, b'\r') => Self::DataLineFeed,
            (Self::DataLineFeed, b'\n') => Self::SizeFirst,
            (Self::TrailerFirst, b'\r') => Self::LastLineFeed,
            (Self::Trailer, b'\r') => Self::TrailerLineFeed,
            (Self::TrailerFirst | Self::Trailer, _) => Self::Trailer,
            (Self::LastLineFeed, b'\n') => Self::End,
            _ => Self::Malformed,
        };
        1
    }
}

/// Returns the value of a hexadecimal digit.
fn digit(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

/// Takes as much as there is, and is left; returns how much.
fn take(left: &mut u64, there: usize) -> usize {
    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(there);
    *left -= taken as u64;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how much of a text is the body, read in pieces of this size.
    fn length(mut framing: BodyFraming, text: &str, piece: usize) -> usize {
        let pieces = text.as_bytes().chunks(piece);
        let read = pieces.map(|piece| framing.advance(piece)).sum();
        assert!(framing.is_complete(), "{framing:?} {text:?}");
        read
    }

    #[test]
    fn a_body_ends_where_its_framing_says() {
        const NEXT: &str = "GET / HTTP/1.1\r\n\r\n";
        for body in [
            "0\r\n\r\n",
            "2\r\n{}\r\n0\r\n\r\n",
            "00a;x=\"0\"\r\n\r\n0\r\n\r\n\r\n.\r\n0 ; y\r\n\r\n",
            "1\r\na\r\n1\r\nb\r\n0\r\nX-A: b\r\nX-B: c\r\n\r\n",
            "F\r\n0123456789abcde\r\n0\r\n\r\n",
        ] {
            let text = format!("{body}{NEXT}");
            for piece in [1, 2, 3, 1000] {
                assert_eq!(length(BodyFraming::CHUNKED, &text, piece), body.len());
                let sized = BodyFraming::Length(body.len() as u64);
                assert_eq!(length(sized, &text, piece), body.len());
            }
        }
        assert_eq!(length(BodyFraming::NONE, NEXT, 1000), 0);
    }

    #[test]
    fn a_malformed_body_is_noticed() {
        for body in [
            "\r\n",
            "x\r\n",
            "-1\r\n",
            "0x2\r\n",
            "2\n",
            "2 2\r\n",
            "2\r{}\r\n",
            "2;a\n",
            "2\r\n{}0",
            "2\r\n{}\n",
            "10000000000000000\r\n",
            "0\r\nA: b\r\r",
            "0\r\n\r0",
        ] {
            let mut framing = BodyFraming::CHUNKED;
            framing.advance(body.as_bytes());
            assert!(framing.is_malformed(), "{framing:?} {body:?}");
        }
    }
}
