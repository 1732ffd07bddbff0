//! The course of the requests and answers on one connection, shared by the transport that reads and
//! writes the bytes and by the handlers.

use super::activity::ConnectionActivity;
use super::framing::BodyFraming;
use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// How long a body may take to arrive, counted from the head of its request.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The exchange of one connection. Requests are answered one at a time: the transport hands over
/// the next one only after the answer to the last one was sent, so that a connection needs memory
/// for one request only.
#[derive(Debug)]
pub(crate) struct Exchange {
    state: RefCell<State>,
    /// The activity of the connection, which limits how long a client may take.
    pub(crate) activity: Arc<ConnectionActivity>,
}

/// What the transport may hand over to the HTTP server.
#[derive(Debug, Clone)]
pub(crate) enum Phase {
    /// The head of a request.
    Head,
    /// The body of the request that is being answered.
    Body(BodyFraming),
    /// The frames of a web socket.
    WebSocket,
    /// Nothing: the request has arrived in whole, and its answer is not sent yet.
    Nothing,
    /// The end: the connection carries no further request.
    End,
}

/// Why the rest of a body is not read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RejectedBody {
    /// More was sent than is ever read.
    TooLarge,
    /// The HTTP server would reject its form, and end the connection without an answer.
    Malformed,
}

#[derive(Debug)]
struct State {
    /// What is left of the body of the current request; `None` while none is being answered.
    body: Option<BodyFraming>,
    /// How many bytes of the body were handed over with the head of the request.
    with_head: usize,
    /// True if the HTTP server may not have looked yet at a body that came with its head.
    is_unseen: bool,
    begun: Instant,
    answered: bool,
    /// True from the first byte of an answer until all of it was taken by the system.
    unsent: bool,
    /// True if the connection carries no request after the current one.
    last: bool,
    /// True if the connection has become a web socket.
    is_web_socket: bool,
    /// Why the rest of the body is not read, if it is not.
    rejected: Option<RejectedBody>,
    /// True if all that has arrived of the body was handed over.
    starved: bool,
    /// True if the client waits for the status 100 before it sends the body.
    expects: bool,
    /// True if the body is wanted, and the client waits to be told so.
    continue_due: bool,
    transport: Option<Waker>,
    handler: Option<Waker>,
}

/// The request that is being answered; the answer is complete when this guard is dropped.
#[derive(Debug)]
pub(super) struct Answering(std::rc::Rc<Exchange>);

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.0.state.borrow_mut();
        state.answered = true;
        state.wake_transport();
    }
}

impl Exchange {
    /// Returns the exchange of a new connection.
    pub(crate) fn new() -> Self {
        Self {
            activity: Arc::new(ConnectionActivity::new()),
            state: RefCell::new(State {
                body: None,
                with_head: 0,
                is_unseen: false,
                begun: Instant::now(),
                answered: false,
                unsent: false,
                last: false,
                is_web_socket: false,
                rejected: None,
                starved: false,
                expects: false,
                continue_due: false,
                transport: None,
                handler: None,
            }),
        }
    }

    /// Records that a request begins, whose head was handed over. `last` is true if the connection
    /// carries no request after it.
    pub(super) fn begin(
        self: &std::rc::Rc<Self>,
        mut body: BodyFraming,
        at: Instant,
        last: bool,
    ) -> Answering {
        self.activity.record_request(at);
        let mut state = self.state.borrow_mut();
        let with_head = std::mem::take(&mut state.with_head);
        body.skip(with_head);
        state.is_unseen = with_head > 0;
        state.body = Some(body);
        state.begun = at;
        state.answered = false;
        state.rejected = None;
        state.starved = false;
        state.continue_due = false;
        state.last |= last;
        if !state.body.as_ref().is_some_and(BodyFraming::is_complete) {
            state.wake_transport();
        }
        Answering(self.clone())
    }

    /// Records that the connection carries the frames of a web socket from now on, for as long as
    /// its two sides want.
    pub(super) fn become_web_socket(&self) {
        self.activity.record_web_socket();
        let mut state = self.state.borrow_mut();
        state.is_web_socket = true;
        state.wake_transport();
    }

    /// Records that the web socket has ended: what is left of the connection is closed soon, also where
    /// the client reads nothing more.
    pub(super) fn end_web_socket(&self) {
        self.activity.record_end();
    }

    /// Tells the client that its body is wanted, if it waits to be told so. It does not wait where there
    /// is no body.
    pub(super) fn want_body(&self) {
        let mut state = self.state.borrow_mut();
        let has_body = state.body.as_ref().is_some_and(|body| !body.is_complete());
        if std::mem::take(&mut state.expects) && has_body {
            state.continue_due = true;
            state.wake_transport();
        }
    }

    /// Records that the body was read to its end.
    pub(super) fn body_read(&self) {
        self.state.borrow_mut().is_unseen = false;
    }

    /// Waits until all of the body that has arrived already was read. Returns true if that is the
    /// whole body; otherwise the connection is closed after the answer.
    pub(super) async fn settle(&self) -> bool {
        poll_fn(|context| {
            let mut state = self.state.borrow_mut();
            if std::mem::take(&mut state.is_unseen) {
                // The HTTP server calls the handler first. It would close the connection over a body
                // that it has not come to.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let complete = state.body.as_ref().is_none_or(BodyFraming::is_complete);
            if complete || state.rejected.is_some() || state.starved {
                state.last |= !complete;
                return Poll::Ready(complete);
            }
            state.handler = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Waits until the rest of the body cannot be read; returns why.
    pub(super) async fn rejected(&self) -> RejectedBody {
        poll_fn(|context| {
            let mut state = self.state.borrow_mut();
            if let Some(reason) = state.rejected {
                return Poll::Ready(reason);
            }
            state.handler = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Returns what the transport may hand over now. The transport is woken when it changes.
    pub(crate) fn phase(&self, context: &Context<'_>) -> Phase {
        let mut state = self.state.borrow_mut();
        let waker = context.waker();
        match &mut state.transport {
            Some(stored) => stored.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        if state.is_web_socket {
            return Phase::WebSocket;
        }
        let Some(body) = &state.body else {
            return if state.last {
                Phase::End
            } else if state.unsent {
                Phase::Nothing
            } else {
                Phase::Head
            };
        };
        if body.is_complete() {
            if !state.answered {
                return Phase::Nothing;
            }
            state.body = None;
            drop(state);
            return self.phase(context);
        }
        match (state.rejected, state.answered) {
            (Some(_), true) => Phase::End,
            (Some(_), false) => Phase::Nothing,
            (None, _) => Phase::Body(body.clone()),
        }
    }

    /// Records what is left of the body after more of it was handed over.
    pub(crate) fn body_arrived(&self, left: BodyFraming) {
        let mut state = self.state.borrow_mut();
        state.starved = false;
        if left.is_complete() {
            state.wake_handler();
        }
        state.body = Some(left);
    }

    /// Records that the rest of the body is not read.
    pub(crate) fn reject_body(&self, reason: RejectedBody) {
        let mut state = self.state.borrow_mut();
        state.rejected = Some(reason);
        state.wake_handler();
    }

    /// Records that all that has arrived of the body was handed over.
    pub(crate) fn body_starved(&self) {
        let mut state = self.state.borrow_mut();
        state.starved = true;
        state.wake_handler();
    }

    /// Returns the time until which the rest of a body is read whose request has its answer
    /// already.
    pub(crate) fn deadline_of_unread_body(&self) -> Option<Instant> {
        let state = self.state.borrow();
        let unread = state.answered && state.body.is_some();
        unread.then(|| state.begun + BODY_TIMEOUT)
    }

    /// Returns true if the body of the current request has not arrived in whole.
    pub(crate) fn has_unread_body(&self) -> bool {
        let state = self.state.borrow();
        let body = state.body.as_ref().filter(|_| !state.is_web_socket);
        body.is_some_and(|body| !body.is_complete())
    }

    /// Records of the request whose head was handed over whether it waits for the status 100 before
    /// its body, and how many bytes of that were handed over with the head.
    pub(crate) fn head_arrived(&self, expects: bool, with_head: usize) {
        let mut state = self.state.borrow_mut();
        state.expects = expects;
        state.with_head = with_head;
    }

    /// Returns true, once, if the client waits to be told that its body is wanted.
    pub(crate) fn take_continue_due(&self) -> bool {
        std::mem::take(&mut self.state.borrow_mut().continue_due)
    }

    /// Records that a part of an answer was written, after which no status 100 may follow.
    pub(crate) fn record_write(&self) {
        let mut state = self.state.borrow_mut();
        state.unsent = true;
        state.continue_due = false;
    }

    /// Records that all that was written was taken by the system. Returns true if the answer is
    /// complete with it, and the next request may be read.
    pub(crate) fn record_flush(&self) -> bool {
        let mut state = self.state.borrow_mut();
        if !std::mem::take(&mut state.unsent) {
            return false;
        }
        let is_over = state.is_over();
        if !is_over {
            state.wake_transport();
        }
        is_over
    }

    /// Returns true if the request and its answer are complete, and another request may follow.
    pub(crate) fn is_over(&self) -> bool {
        self.state.borrow().is_over()
    }
}

impl State {
    fn is_over(&self) -> bool {
        let is_complete = self.body.as_ref().is_some_and(BodyFraming::is_complete);
        self.answered && is_complete && !self.last && !self.is_web_socket
    }

    fn wake_transport(&mut self) {
        if let Some(waker) = self.transport.take() {
            waker.wake();
        }
    }

    fn wake_handler(&mut self) {
        if let Some(waker) = self.handler.take() {
            waker.wake();
        }
    }
}
