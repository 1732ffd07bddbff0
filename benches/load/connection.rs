use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

/// The largest number of bytes per read.
const CHUNK: usize = 64 * 1024;

/// The largest number of headers in an answer. (No server that is measured sends as many.)
const MAX_HEADERS: usize = 32;

/// A keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    chunk: Box<[u8]>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(CHUNK),
            chunk: vec![0; CHUNK].into(),
        })
    }

    /// Sends a request, reads the whole answer and returns its status.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        self.send(request).await?;
        self.received.clear();
        loop {
            self.receive().await?;
            if let Some(status) = status_of_whole(&self.received)? {
                return Ok(status);
            }
        }
    }

    async fn send(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.stream.try_write(bytes) {
                Ok(sent) => bytes = &bytes[sent..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.stream.writable().await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn receive(&mut self) -> io::Result<()> {
        let mut buffer = ReadBuf::new(&mut self.chunk);
        let stream = &mut self.stream;
        // Unlike `try_read`, this notes that a short read has emptied the socket, and saves the
        // next call a system call.
        poll_fn(|context| Pin::new(&mut *stream).poll_read(context, &mut buffer)).await?;
        if buffer.filled().is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.received.extend_from_slice(buffer.filled());
        Ok(())
    }
}

/// Returns the status of an answer. None if a part of the answer is missing.
fn status_of_whole(bytes: &[u8]) -> io::Result<Option<u16>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let body = &bytes[head..];
    let whole = match content_length(response.headers) {
        Some(length) => body.len() >= length,
        None => body.ends_with(b"0\r\n\r\n"),
    };
    Ok(response.code.filter(|_| whole))
}

/// Returns the length of the body. None if it comes in chunks.
fn content_length(headers: &[httparse::Header<'_>]) -> Option<usize> {
    let header = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))?;
    str::from_utf8(header.value).ok()?.parse().ok()
}
