use super::bearer::BearerToken;
use super::cache::{Cache, CachedKey};
use super::client::Caller;
use super::error::ApiError;
use super::query;
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
    /// Whether the key of the request gets no host links.
    guests_only: bool,
}

impl Authorized {
    /// Checks that the key of the request gets host links.
    ///
    /// # Errors
    /// A key that is for guests only.
    pub(super) fn check_host_links(&self) -> Result<(), ApiError> {
        if self.guests_only {
            Err(ApiError::GuestsOnly)
        } else {
            Ok(())
        }
    }
}

/// The API key of a request, for log lines: also of a request that was rejected.
pub(super) struct LoggedKey(Rc<CachedKey>);

impl LoggedKey {
    /// Returns the value of the field `key` of a log line: the name of the key, or its access key if it has
    /// no name.
    pub(super) fn as_str(&self) -> &str {
        let CachedKey {
            access_key, name, ..
        } = &*self.0;
        if name.is_empty() {
            access_key.as_str()
        } else {
            name
        }
    }
}

impl FromRequest for Authorized {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let authorized = authorize(&request).await?;
            // After the key: without one, a caller learns nothing about the calls.
            query::check(&request)?;
            Ok(authorized)
        })
    }
}

async fn authorize(request: &HttpRequest) -> Result<Authorized, ApiError> {
    let state: &web::Data<AppState> = request.app_data().expect("every app has its state");
    let generation = state.store.generation().await;
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let Some(header) = headers.next() else {
        return if state.auth_required {
            Err(unauthorized(ApiError::Unauthorized, request, state))
        } else {
            Ok(Authorized {
                generation,
                guests_only: false,
            })
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
        None => match find_key(state, &token).await? {
            FoundKey::Valid(key) => key,
            FoundKey::WrongDigest(key) => {
                // The operator sees whose client has a wrong secret.
                request.extensions_mut().insert(LoggedKey(key));
                return Err(unauthorized(ApiError::InvalidKey, request, state));
            }
            FoundKey::Unknown => return Err(unauthorized(ApiError::InvalidKey, request, state)),
        },
    };
    request.extensions_mut().insert(LoggedKey(Rc::clone(&key)));
    state.limits.allow_key(token.digest.as_bytes())?;
    let guests_only = key.guests_only;
    if cached.is_none() {
        cache.store_key(generation, &token, key);
    }
    Ok(Authorized {
        generation,
        guests_only,
    })
}

/// Counts a request without a valid key; returns its error.
fn unauthorized(error: ApiError, request: &HttpRequest, state: &AppState) -> ApiError {
    let caller = || Caller::from_request(request, &state.trusted_proxies);
    state.limits.unauthorized(error, caller)
}

/// What the database knows of a token.
enum FoundKey {
    Valid(Rc<CachedKey>),
    /// The access key is known, and the rest of the token is wrong.
    WrongDigest(Rc<CachedKey>),
    Unknown,
}

/// Looks the key of a token up. For an unknown key, too, a digest is compared, so that an unknown key
/// takes as long as a wrong digest.
async fn find_key(state: &AppState, token: &BearerToken) -> Result<FoundKey, store::Error> {
    let stored = state.store.find_key(&token.access_key).await?;
    let digest = stored
        .as_ref()
        .map_or(KeyDigest::UNMATCHED, |key| key.digest);
    let matches = digest.matches(&token.digest);
    let found = stored.map(|key| {
        Rc::new(CachedKey {
            access_key: token.access_key.clone(),
            name: key.name,
            guests_only: key.guests_only,
        })
    });
    Ok(match found {
        Some(key) if matches => FoundKey::Valid(key),
        Some(key) => FoundKey::WrongDigest(key),
        None => FoundKey::Unknown,
    })
}
