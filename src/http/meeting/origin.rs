//! Which pages may call the routes of meetings: those of this server. A page of another site could
//! otherwise let the browser of a person join a meeting.

use crate::http::error::ApiError;
use actix_web::HttpRequest;
use actix_web::http::header::{HOST, ORIGIN};
use url::Url;

/// Checks that a request comes from a page of this server, or, unless `is_required`, from no page. The
/// server goes by the host that the request names, and by that of `public_url`.
///
/// # Errors
/// The origin of another site, or none where it is required.
pub(super) fn check(
    request: &HttpRequest,
    public_url: &str,
    is_required: bool,
) -> Result<(), ApiError> {
    let mut origins = request.headers().get_all(ORIGIN);
    let Some(origin) = origins.next() else {
        return if is_required {
            Err(ApiError::ForeignPage)
        } else {
            Ok(())
        };
    };
    let header = request.headers().get(HOST);
    let host = header.and_then(|host| host.to_str().ok());
    let host = host.or(request
        .uri()
        .authority()
        .map(|authority| authority.as_str()));
    let is_own = origin.to_str().is_ok_and(|origin| {
        same_site(origin, host.unwrap_or_default()) || same_origin(origin, public_url)
    });
    if is_own && origins.next().is_none() {
        Ok(())
    } else {
        Err(ApiError::ForeignPage)
    }
}

/// Returns whether an origin is a page of a host, perhaps with a port. The scheme is that of the
/// origin: a proxy may have taken TLS away.
fn same_site(origin: &str, host: &str) -> bool {
    let Some((scheme, _)) = origin.split_once("://") else {
        return false;
    };
    is_origin(origin) && same_origin(origin, &format!("{scheme}://{host}"))
}

/// Returns whether the scheme, host and port of two URLs are the same.
fn same_origin(origin: &str, url: &str) -> bool {
    let parse = |url: &str| {
        let url = Url::parse(url).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https");
        is_web.then(|| url.origin())
    };
    is_origin(origin) && parse(origin).is_some_and(|origin| Some(origin) == parse(url))
}

/// Returns whether a text has the form of an origin, which has no path and no user.
fn is_origin(text: &str) -> bool {
    let rest = text.split_once("://").map(|(_, rest)| rest);
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', '?', '#', '@', '\\']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const PUBLIC: &str = "https://rooms.example.com/meet";

    fn allows(host: &str, origins: &[&str], is_required: bool) -> bool {
        let mut request = TestRequest::default().insert_header((HOST, host));
        for origin in origins {
            request = request.append_header((ORIGIN, *origin));
        }
        check(&request.to_http_request(), PUBLIC, is_required).is_ok()
    }

    #[test]
    fn pages_of_this_server_may_and_no_others() {
        for (host, origin, expected) in [
            ("a.example", "https://a.example", true),
            ("a.example", "http://a.example", true),
            ("a.example:443", "https://a.example", true),
            ("a.example:8080", "http://a.example:8080", true),
            ("A.Example", "https://a.example", true),
            ("[::1]:8080", "http://[::1]:8080", true),
            // By the public URL, behind a proxy that names another host.
            ("127.0.0.1:8080", "https://rooms.example.com", true),
            ("127.0.0.1:8080", "http://rooms.example.com", false),
            ("a.example:8080", "http://a.example", false),
            ("a.example", "https://a.example:8443", false),
            ("a.example", "https://b.example", false),
            ("a.example", "https://a.example.evil.example", false),
            ("a.example", "https://evil.example/https://a.example", false),
            ("a.example", "https://evil.example@a.example", false),
            ("a.example", "null", false),
            ("a.example", "", false),
            ("", "https://", false),
            ("a.example", "ftp://a.example", false),
        ] {
            assert_eq!(allows(host, &[origin], true), expected, "{host} {origin}");
            assert_eq!(allows(host, &[origin], false), expected, "{host} {origin}");
        }
        let two = ["https://a.example", "https://b.example"];
        assert!(!allows("a.example", &two, false));
    }

    #[test]
    fn programs_name_no_page() {
        assert!(allows("a.example", &[], false));
        assert!(!allows("a.example", &[], true));
    }
}
