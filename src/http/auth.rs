use super::AppState;
use super::client::Caller;
use super::error::ApiError;
use super::memory::Memory;
use crate::model::{BearerToken, KeyDigest};
use crate::store;
use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{FromRequest, HttpRequest, web};
use std::future::{Ready, ready};

/// A request that may use the API. A handler that takes one is closed to everybody else; it comes
/// before the other arguments, so that nothing is read of a stranger's body.
pub(super) struct Authorized;

impl FromRequest for Authorized {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authorize(request))
    }
}

fn authorize(request: &HttpRequest) -> Result<Authorized, ApiError> {
    let state: &web::Data<AppState> = request.app_data().expect("every app has its state");
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return if state.auth_required {
            Err(refuse(request, state))
        } else {
            Ok(Authorized)
        };
    };
    let Some(token) = bearer_token(header) else {
        return Err(refuse(request, state));
    };
    let version = state.store.version();
    let memory = Memory::of(request);
    let is_known = memory.has_key(version, &token);
    if !is_known && !is_in_force(state, &token)? {
        return Err(refuse(request, state));
    }
    state.limits.admit(token.digest.as_bytes())?;
    if !is_known {
        memory.remember_key(version, token);
    }
    Ok(Authorized)
}

fn refuse(request: &HttpRequest, state: &AppState) -> ApiError {
    let caller = || Caller::of_request(request, &state.trusted_proxies);
    state.limits.refuse(caller)
}

/// The key that a header shows, if any.
pub(crate) fn bearer_token(header: &HeaderValue) -> Option<BearerToken> {
    BearerToken::of_header(header.to_str().ok()?)
}

/// An unknown key is compared as well, with a digest that nothing matches, so that the time taken
/// does not tell it from a wrong one.
fn is_in_force(state: &AppState, token: &BearerToken) -> Result<bool, store::Error> {
    let kept = state.store.find_key_digest(&token.access_key)?;
    let matches = kept.unwrap_or(KeyDigest::UNMATCHED).matches(&token.digest);
    Ok(matches && kept.is_some())
}
