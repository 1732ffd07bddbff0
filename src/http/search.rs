use super::AppState;
use crate::store::{Error, Store};
use actix_web::web;

/// Runs a search on a thread of its own, so that those that answer point reads go on, and go first.
pub(super) async fn off_the_workers<T: Send + 'static>(
    state: &web::Data<AppState>,
    search: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let state = state.clone();
    let found = web::block(move || {
        stand_back();
        search(&state.store)
    })
    .await;
    found.unwrap_or_else(|cancelled| Err(Error::Internal(cancelled.to_string())))
}

/// Leaves the processors to other threads where they do not suffice for all. On Linux this counts
/// for the calling thread alone, unlike elsewhere ("setpriority(2)", man7.org).
#[cfg(target_os = "linux")]
fn stand_back() {
    /// A tenth of the share of the others, so that no search starves.
    const NICE: i32 = 10;

    // Refused to a server that as a whole stands back further, which is as good.
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(not(target_os = "linux"))]
fn stand_back() {}
