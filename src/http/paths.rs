//! Paths that are written with more slashes than their route has.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::LOCATION;
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};

/// The depth of a path as it was written, of a request whose path was changed.
struct WrittenDepth(usize);

/// Returns in how many folders the path of a request is, as a browser counts them: by all slashes that
/// were written.
pub(super) fn depth(request: &HttpRequest) -> usize {
    let written = request.extensions();
    let written = written.get::<WrittenDepth>().map(|depth| depth.0);
    written.unwrap_or_else(|| depth_of(request.path()))
}

fn depth_of(path: &str) -> usize {
    path.matches('/').count().saturating_sub(1)
}

/// Routes a path with a slash at its end, or with several slashes in a row, as if it were written
/// without them: a middleware around all routes. It does not redirect, because many clients repeat
/// a redirected `POST` as a `GET`.
///
/// The one exception is `/docs/`, whose page loads files by relative paths: a browser is sent to
/// `/docs`.
pub(crate) async fn normalize<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if let Some(path) = normalized(request.path()) {
        if path == "/docs" && matches!(*request.method(), Method::GET | Method::HEAD) {
            let response = HttpResponse::PermanentRedirect()
                .insert_header((LOCATION, "../docs"))
                .finish();
            return Ok(request.into_response(response).map_into_right_body());
        }
        if let Some(uri) = with_path(request.uri(), path) {
            let depth = WrittenDepth(depth_of(request.path()));
            request.extensions_mut().insert(depth);
            request.match_info_mut().get_mut().update(&uri);
            request.head_mut().uri = uri;
        }
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// Returns a path without the slashes that do not count; None if it has none of them.
fn normalized(path: &str) -> Option<String> {
    if path.len() < 2 || !(path.ends_with('/') || path.contains("//")) {
        return None;
    }
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let normalized: String = segments.flat_map(|segment| ["/", segment]).collect();
    Some(if normalized.is_empty() {
        "/".to_owned()
    } else {
        normalized
    })
}

fn with_path(uri: &Uri, mut path: String) -> Option<Uri> {
    if let Some(query) = uri.query() {
        path = format!("{path}?{query}");
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slashes_that_do_not_count_are_removed() {
        for path in ["", "/", "/room", "/room/default", "*", "/%2F", "/a%2F/b"] {
            assert_eq!(normalized(path), None, "{path}");
        }
        for (path, expected) in [
            ("//", "/"),
            ("///", "/"),
            ("/room/", "/room"),
            ("//room", "/room"),
            ("/xapi//v2///room//", "/xapi/v2/room"),
            ("/a%2F/", "/a%2F"),
            ("/./..//", "/./.."),
        ] {
            assert_eq!(normalized(path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn the_query_stays_as_it_is() {
        let uri: Uri = "/room/search/?query=a//b/".parse().expect("a URI");
        let changed = with_path(&uri, "/room/search".to_owned());
        assert_eq!(
            changed.map(|uri| uri.to_string()).as_deref(),
            Some("/room/search?query=a//b/")
        );
    }
}
