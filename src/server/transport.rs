//! The transport under the HTTP server, which hands over one request at a time.
//!
//! The HTTP server decodes whatever it can read, so that a client that sends many requests at once,
//! and reads nothing, would fill the memory; and it reads a body to its end, however long, after
//! the request was rejected. This transport bounds both: it reads no more than it hands over.

use super::head_filter::HeadFilter;
use super::request_memory::{LargeRequests, RequestMemory};
use crate::http::{self, BodyFraming, Exchange, MAX_RAW_BODY_BYTES, Phase, RejectedBody};
use actix_web::rt::time::{Instant, Sleep, sleep_until};
use actix_web::web::{Buf, Bytes};
use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most bytes that are read at once. (Tuning: most requests are shorter.)
const READ_BYTES: usize = 4 * 1024;

/// How long the transport waits, after its last byte, for a client that still sends a body: if it
/// were closed earlier, the system might drop the answer before the client has read it.
const LINGER: Duration = Duration::from_secs(1);

/// The most bytes that are read in that time.
const MAX_LINGER_BYTES: usize = 256 * 1024;

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A connection, encrypted or not, that hands over one request at a time.
pub(super) struct Transport<T> {
    stream: T,
    exchange: Rc<Exchange>,
    filter: HeadFilter,
    memory: RequestMemory,
    /// What was read and is not handed over yet.
    input: Vec<u8>,
    /// How much of the input can be handed over as a part of a head.
    ready: usize,
    /// True if the head ends with the part that is ready.
    head_ends: bool,
    /// True if the client sends nothing more.
    ended: bool,
    /// What was handed over that the HTTP server has not looked at yet.
    handed_over: HandedOver,
    /// How much of the current body was handed over, as it was sent.
    raw_body_bytes: usize,
    /// What is left to be written of an answer that the HTTP server does not know: an interim one,
    /// or one in the place of its own.
    unwritten: Bytes,
    /// True once the answer that is to be written has let the requests of other connections go first.
    gave_way: bool,
    timer: Option<Pin<Box<Sleep>>>,
    /// How much was read and dropped since the connection is closed; `None` before.
    lingered_bytes: Option<usize>,
}

/// What the HTTP server has not looked at yet.
#[derive(Debug, Default, Clone, Copy)]
enum HandedOver {
    #[default]
    Nothing,
    /// A part of a request, after which more is to be read.
    Part,
    /// A whole request, after which nothing is read before its answer is sent.
    Request,
}

impl<T> Transport<T> {
    pub(super) fn new(stream: T, large_requests: &LargeRequests) -> Self {
        Self {
            stream,
            exchange: Rc::new(Exchange::new()),
            filter: HeadFilter::default(),
            memory: RequestMemory::new(large_requests),
            input: Vec::new(),
            ready: 0,
            head_ends: false,
            ended: false,
            handed_over: HandedOver::Nothing,
            raw_body_bytes: 0,
            unwritten: Bytes::new(),
            gave_way: false,
            timer: None,
            lingered_bytes: None,
        }
    }

    pub(super) fn stream(&self) -> &T {
        &self.stream
    }

    pub(super) fn exchange(&self) -> &Rc<Exchange> {
        &self.exchange
    }

    /// Moves the first bytes of the input to a buffer.
    fn hand_over(&mut self, count: usize, buffer: &mut ReadBuf<'_>) {
        buffer.put_slice(&self.input[..count]);
        self.input.drain(..count);
        if self.input.is_empty() && self.input.capacity() > READ_BYTES {
            self.input = Vec::new();
        }
        self.handed_over = HandedOver::Part;
    }

    /// Returns true once the time is reached.
    fn is_over(&mut self, at: std::time::Instant, context: &mut Context<'_>) -> bool {
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::from_std(at))));
        timer.as_mut().poll(context).is_ready()
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Transport<T> {
    /// Reads from the client into the input; records the end.
    fn fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.memory.poll_more(context));
        let mut space = [MaybeUninit::uninit(); READ_BYTES];
        let mut space = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut space))?;
        self.ended = space.filled().is_empty();
        self.memory.add(space.filled().len());
        self.input.extend_from_slice(space.filled());
        Poll::Ready(Ok(()))
    }

    /// Lets the requests that have arrived on other connections be worked on before an answer is written.
    /// The answers are then written one behind the other, so that a client on this machine, a proxy
    /// above all, is woken for all of them once: to wake it costs more than most answers.
    fn give_way(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.gave_way, true) || !self.exchange.is_over() {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn write_unwritten(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unwritten.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.unwritten))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unwritten.advance(written);
            if self.unwritten.is_empty() {
                // What is left to flush is flushed with the answer, if not now.
                let _ = Pin::new(&mut self.stream).poll_flush(context)?;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn read_head(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.begin_head();
        while self.ready == 0 {
            (self.ready, self.head_ends) = self.filter.filter(&mut self.input);
            if self.ready > 0 {
                break;
            }
            if self.ended {
                // Whatever this is, no request begins or ends with it.
                let count = self.input.len().min(buffer.remaining());
                self.hand_over(count, buffer);
                return Poll::Ready(Ok(()));
            }
            ready!(self.fill_head(context))?;
        }
        let count = self.ready.min(buffer.remaining());
        self.hand_over(count, buffer);
        self.ready -= count;
        if self.ready == 0 && self.head_ends {
            self.end_head(buffer);
        }
        Poll::Ready(Ok(()))
    }

    /// Leaves the last request behind, once its answer was sent.
    fn begin_head(&mut self) {
        self.raw_body_bytes = 0;
        self.timer = None;
        if self.ready == 0 && std::mem::take(&mut self.head_ends) {
            self.filter = HeadFilter::default();
            self.memory.begin(self.input.len());
        }
    }

    /// Waits for more of a head.
    fn fill_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.input.is_empty() {
            self.exchange.activity.record_idle();
        } else {
            self.exchange.activity.record_head();
        }
        self.fill(context)
    }

    /// Waits for the next request where the last one has ended, which saves the HTTP server a turn in
    /// which it would find nothing.
    fn await_request(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        self.handed_over = HandedOver::Nothing;
        self.begin_head();
        if !self.input.is_empty() || self.fill_head(context)?.is_ready() {
            context.waker().wake_by_ref();
        }
        Ok(())
    }

    /// Hands over the body with its head if all of it has arrived, so that the HTTP server needs one
    /// turn for the request instead of two.
    fn end_head(&mut self, buffer: &mut ReadBuf<'_>) {
        let length = self.filter.bytes_with_head();
        let has_room = |length: &usize| *length <= self.input.len().min(buffer.remaining());
        let whole = length.filter(has_room);
        if let Some(length) = whole {
            self.hand_over(length, buffer);
            self.raw_body_bytes = length;
            self.handed_over = HandedOver::Request;
        }
        let with_head = whole.unwrap_or_default();
        self.exchange.head_arrived(self.filter.expects, with_head);
    }

    fn read_body(
        &mut self,
        mut left: BodyFraming,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(deadline) = self.exchange.deadline_of_unread_body()
            && self.is_over(deadline, context)
        {
            return Poll::Ready(Ok(()));
        }
        if self.input.is_empty() && !self.ended {
            match self.fill(context) {
                Poll::Ready(Ok(())) => {}
                // Of an error the HTTP server learns when it writes the answer. Before, it would drop the
                // handler, whose change may be under way, and a stop would not wait for that.
                Poll::Ready(Err(_)) => self.ended = true,
                Poll::Pending => {
                    self.exchange.body_starved();
                    return Poll::Pending;
                }
            }
        }
        if self.input.is_empty() {
            self.exchange.body_starved();
            return Poll::Ready(Ok(()));
        }
        let allowed = MAX_RAW_BODY_BYTES - self.raw_body_bytes;
        let count = self.input.len().min(buffer.remaining()).min(allowed);
        let count = left.advance(&self.input[..count]);
        if left.is_malformed() || (count == allowed && !left.is_complete()) {
            self.exchange.reject_body(if left.is_malformed() {
                RejectedBody::Malformed
            } else {
                RejectedBody::TooLarge
            });
            // Reads on as what is rejected: not at all, or to the end.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.raw_body_bytes += count;
        self.hand_over(count, buffer);
        self.exchange.body_arrived(left);
        Poll::Ready(Ok(()))
    }

    /// Reads from a web socket, whose frames are bounded by what reads them.
    fn read_frames(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.memory.begin(0);
        if self.input.is_empty() {
            ready!(self.fill(context))?;
        }
        let count = self.input.len().min(buffer.remaining());
        self.hand_over(count, buffer);
        Poll::Ready(Ok(()))
    }

    /// Reads and drops what a client still sends to a connection that is closed.
    fn linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = std::time::Instant::now() + LINGER;
        let mut read = self.lingered_bytes.unwrap_or_else(|| {
            self.timer = None;
            self.memory.begin(0);
            0
        });
        while !self.ended && read < MAX_LINGER_BYTES {
            self.input.clear();
            match self.fill(context) {
                Poll::Ready(Ok(())) => {
                    read += self.input.len();
                    self.memory.begin(0); // it is dropped
                }
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        self.lingered_bytes = Some(read);
        if self.ended || self.is_over(deadline, context) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Transport<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // The HTTP server reads until there is nothing more, and looks at it only then.
        match std::mem::take(&mut this.handed_over) {
            HandedOver::Nothing => {}
            HandedOver::Part => {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            // Its answer is what the next one waits for.
            HandedOver::Request => return Poll::Pending,
        }
        let phase = this.exchange.phase(context);
        if this.exchange.take_continue_due() && this.raw_body_bytes == 0 && this.input.is_empty() {
            this.unwritten = Bytes::from_static(CONTINUE);
        }
        ready!(this.write_unwritten(context))?;
        match phase {
            Phase::Head => this.read_head(context, buffer),
            Phase::Body(left) => this.read_body(left, context, buffer),
            Phase::WebSocket => this.read_frames(context, buffer),
            Phase::Nothing => Poll::Pending,
            Phase::End => Poll::Ready(Ok(())),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Transport<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.write_unwritten(context))?;
        ready!(this.give_way(context));
        this.exchange.record_write();
        if let Some(answer) = http::complete_unparsed(bytes) {
            this.unwritten = answer.into();
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut this.stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.write_unwritten(context))?;
        ready!(Pin::new(&mut this.stream).poll_flush(context))?;
        if this.exchange.record_flush() {
            this.gave_way = false;
            this.await_request(context)?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        if this.exchange.has_unread_body() {
            this.linger(context).map(Ok)
        } else {
            Poll::Ready(Ok(()))
        }
    }
}
