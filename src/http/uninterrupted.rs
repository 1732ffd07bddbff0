//! Work that is done to its end.

/// Does what must be done as a whole, also where the client goes away meanwhile: the HTTP server drops
/// the handler of such a request.
pub(super) async fn uninterrupted<T: 'static>(work: impl Future<Output = T> + 'static) -> T {
    let done = actix_web::rt::spawn(work).await;
    done.expect("neither a panic nor a stop is hidden")
}
