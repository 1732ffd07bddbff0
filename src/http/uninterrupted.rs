//! Work that is done to its end.

use std::future::poll_fn;
use std::task::Poll;

/// Does what must be done as a whole, also where the client goes away meanwhile: the HTTP server drops
/// the handler of such a request. Work that does not wait is done by the caller's own task.
pub(super) async fn uninterrupted<T: 'static>(work: impl Future<Output = T> + 'static) -> T {
    let mut work = Box::pin(work);
    let polled = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
    match polled {
        Poll::Ready(done) => done,
        Poll::Pending => {
            let done = actix_web::rt::spawn(work).await;
            done.expect("neither a panic nor a stop is hidden")
        }
    }
}
