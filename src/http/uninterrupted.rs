//! Work that is done to its end.

use std::future::poll_fn;
use std::task::Poll;

/// Does what must be done as a whole, also where the HTTP server drops the handler meanwhile, as it may
/// over an error of the connection. Work that does not wait is done by the caller's own task.
///
/// A stop of the server waits for work whose connection is open, and the transport keeps a connection open
/// until its request is answered.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;
    use tokio::sync::oneshot;

    #[test]
    fn work_is_done_to_its_end_where_its_caller_is_dropped() {
        actix_web::rt::System::new().block_on(async {
            let (go_on, waiting) = oneshot::channel();
            let done = Rc::new(Cell::new(false));
            let doing = Rc::clone(&done);
            let mut caller = Box::pin(uninterrupted(async move {
                waiting.await.expect("the test goes on");
                doing.set(true);
            }));
            let begun = poll_fn(|context| Poll::Ready(caller.as_mut().poll(context))).await;
            assert!(begun.is_pending());
            drop(caller);
            go_on.send(()).expect("the work goes on");
            while Rc::strong_count(&done) > 1 {
                tokio::task::yield_now().await;
            }
            assert!(done.get());
        });
    }
}
