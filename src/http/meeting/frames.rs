use crate::meeting::builtin::{Outgoing, WireEnd};
use actix_http::ws::{CloseReason, Codec, Message};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::{Bytes, BytesMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio_util::codec::Encoder;

/// The frames of a web socket as the body of its answer: what waits on a wire, one frame at a time,
/// only as fast as the client reads.
pub(super) struct Frames {
    wire: WireEnd,
    codec: Codec,
    is_closed: bool,
    /// The body that `actix_ws` made for the answer, of which nothing is sent. When it is dropped, with the
    /// connection, the messages for the reader end.
    _handshake: BoxBody,
}

impl Frames {
    pub(super) fn new(wire: WireEnd, handshake: BoxBody) -> Self {
        Self {
            wire,
            codec: Codec::new(),
            is_closed: false,
            _handshake: handshake,
        }
    }
}

impl MessageBody for Frames {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if this.is_closed {
            return Poll::Ready(None);
        }
        let Some(outgoing) = ready!(this.wire.poll_next(context)) else {
            return Poll::Ready(None);
        };
        let message = match outgoing {
            Outgoing::Text(text) => Message::Text(String::from(&*text).into()),
            Outgoing::Ping => Message::Ping(Bytes::new()),
            Outgoing::Pong(bytes) => Message::Pong(bytes.into()),
            Outgoing::Close(code) => {
                this.is_closed = true;
                Message::Close(Some(CloseReason::from(actix_http::ws::CloseCode::from(
                    code as u16,
                ))))
            }
        };
        let mut frame = BytesMut::new();
        let encoded = this.codec.encode(message, &mut frame);
        Poll::Ready(Some(match encoded {
            Ok(()) => Ok(frame.freeze()),
            Err(error) => Err(error.into()),
        }))
    }
}
