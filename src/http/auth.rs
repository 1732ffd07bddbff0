use super::bearer::BearerToken;
use super::cache::{Cache, CachedKey};
use super::client::Caller;
use super::error::ApiError;
use super::state::AppState;
use crate::model::KeyDigest;
use crate::store::{self, Generation};
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use std::pin::Pin;
use std::rc::Rc;

/// The extractor that authorizes a request.
///
/// A handler that takes it rejects every request without a valid key, where keys are required. It
/// must be the first argument, so that the body of a rejected request is not read.
pub(super) struct Authorized {
    /// The generation of the database before the first query of this request; None if it is
    /// unknown, and then nothing may be cached.
    pub(super) generation: Option<Generation>,
}

/// The API key of a request, for its log line.
pub(super) struct KeyName(Rc<CachedKey>);

impl KeyName {
    /// Returns the name that the operator gave to the key, possibly empty.
    pub(super) fn as_str(&self) -> &str {
        &self.0.name
    }
}

impl FromRequest for Authorized {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authorize(&request).await })
    }
}

async fn authorize(request: &HttpRequest) -> Result<Authorized, ApiError> {
    let state: &web::Data<AppState> = request.app_data().expect("every app has its state");
    let generation = state.store.generation().await;
    let authorized = Authorized { generation };
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let Some(header) = headers.next() else {
        return if state.auth_required {
            Err(unauthorized(ApiError::Unauthorized, request, state))
        } else {
            Ok(authorized)
        };
    };
    let token = if headers.next().is_some() {
        Err("it is sent more than once")
    } else {
        BearerToken::from_header(header)
    };
    let malformed = |form| unauthorized(ApiError::MalformedAuthorization(form), request, state);
    let token = token.map_err(malformed)?;
    let cache = Cache::from_request(request);
    let cached = cache.key(generation, &token);
    let key = match &cached {
        Some(key) => Rc::clone(key),
        None => find_valid_key(state, &token)
            .await?
            .ok_or_else(|| unauthorized(ApiError::InvalidKey, request, state))?,
    };
    state.limits.allow_key(token.digest.as_bytes())?;
    if cached.is_none() {
        cache.store_key(generation, &token, Rc::clone(&key));
    }
    request.extensions_mut().insert(KeyName(key));
    Ok(authorized)
}

/// Counts a request without a valid key; returns its error.
fn unauthorized(error: ApiError, request: &HttpRequest, state: &AppState) -> ApiError {
    let caller = || Caller::from_request(request, &state.trusted_proxies);
    state.limits.unauthorized(error, caller)
}

/// Returns the key of a token if it is valid. For an unknown key, too, a digest is compared, so
/// that an unknown key takes as long as a wrong digest.
async fn find_valid_key(
    state: &AppState,
    token: &BearerToken,
) -> Result<Option<Rc<CachedKey>>, store::Error> {
    let stored = state.store.find_key(&token.access_key).await?;
    let digest = stored
        .as_ref()
        .map_or(KeyDigest::UNMATCHED, |key| key.digest);
    let matches = digest.matches(&token.digest);
    Ok(stored.filter(|_| matches).map(|key| {
        Rc::new(CachedKey {
            access_key: token.access_key.clone(),
            name: key.name,
        })
    }))
}
