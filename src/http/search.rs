use super::AppState;
use crate::store::{Error, Store, stand_back};
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
