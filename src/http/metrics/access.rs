//! Who may read the metrics: programs on this machine, and those that have the token.

use crate::http::error::ApiError;
use crate::http::host::names_this_machine;
use crate::model::SharedSecret;
use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, FORWARDED, HeaderName, HeaderValue, VIA};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What proxies add to the requests that they pass on, besides headers that begin with
/// [`FORWARDED_PREFIX`].
const SIGNS_OF_PROXIES: [HeaderName; 3] = [HeaderName::from_static("x-real-ip"), FORWARDED, VIA];

const FORWARDED_PREFIX: &str = "x-forwarded-";

/// Who may read the metrics.
#[derive(Debug)]
pub(crate) struct MetricsAccess {
    /// The digest of the token, if there is one. Digests are equally long, so that a comparison tells
    /// nothing about the token.
    token: Option<[u8; 32]>,
    is_behind_proxy: bool,
}

impl MetricsAccess {
    /// Returns a rule. Behind a proxy on this machine all requests come from this machine, so that none
    /// is believed to.
    pub(crate) fn new(token: Option<&SharedSecret>, is_behind_proxy: bool) -> Self {
        Self {
            token: token.map(|token| digest(token.as_bytes())),
            is_behind_proxy,
        }
    }

    /// Checks who sent a request.
    ///
    /// # Errors
    /// A caller that is on another machine, or may be, and has not sent the token.
    pub(super) fn check(&self, request: &HttpRequest) -> Result<(), ApiError> {
        let sent = request.headers().get(AUTHORIZATION);
        // A wrong token is wrong on this machine too, so that a mistake in it shows there.
        let is_allowed = match (sent, self.token) {
            (Some(header), Some(_)) => self.is_token(header),
            _ => self.is_on_this_machine(request),
        };
        if is_allowed {
            Ok(())
        } else {
            Err(ApiError::MetricsForbidden)
        }
    }

    fn is_token(&self, header: &HeaderValue) -> bool {
        let bytes = header.as_bytes();
        let (scheme, sent) = bytes.split_at_checked(7).unwrap_or_default();
        let is_bearer = scheme.eq_ignore_ascii_case(b"bearer ");
        let sent = digest(sent.trim_ascii());
        let is_equal = |token: [u8; 32]| token.ct_eq(&sent).into();
        is_bearer && self.token.is_some_and(is_equal)
    }

    /// The name in the request counts too: that of a page of another site, which leads a browser here
    /// (DNS rebinding), and that by which a proxy is known are not names of this machine.
    fn is_on_this_machine(&self, request: &HttpRequest) -> bool {
        let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
        let headers = request.headers();
        !self.is_behind_proxy
            && peer.is_some_and(|peer| peer.is_loopback())
            && !headers.keys().any(|name| {
                SIGNS_OF_PROXIES.contains(name) || name.as_str().starts_with(FORWARDED_PREFIX)
            })
            && names_this_machine(request)
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const TOKEN: &str = "0123456789abcdef";

    fn access(is_behind_proxy: bool) -> MetricsAccess {
        MetricsAccess::new(TOKEN.parse().ok().as_ref(), is_behind_proxy)
    }

    fn request(peer: &str, headers: &[(&str, &str)]) -> HttpRequest {
        let request = TestRequest::get().peer_addr(peer.parse().expect(peer));
        let request = headers
            .iter()
            .copied()
            .fold(request, |request, header| request.append_header(header));
        request.to_http_request()
    }

    #[test]
    fn this_machine_needs_no_token_unless_a_proxy_is_in_front() {
        let allows = |is_behind_proxy, peer, headers: &[(&str, &str)]| {
            access(is_behind_proxy)
                .check(&request(peer, headers))
                .is_ok()
        };
        let local = [("Host", "127.0.0.1:8080")];
        for peer in ["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(allows(false, peer, &local), "{peer}");
            assert!(allows(false, peer, &[("Host", "localhost")]), "{peer}");
            assert!(!allows(true, peer, &local), "{peer}");
        }
        assert!(!allows(false, "192.0.2.1:1", &local));
        assert!(!allows(
            false,
            "127.0.0.1:1",
            &[("Host", "rooms.example.com")]
        ));
        let to_other = TestRequest::get().uri("http://rooms.example.com/metrics");
        let to_other = to_other.peer_addr("127.0.0.1:1".parse().expect("an address"));
        let to_other = to_other.append_header(local[0]).to_http_request();
        assert!(access(false).check(&to_other).is_err());
        for sign in ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"] {
            let headers = [local[0], (sign, "127.0.0.1")];
            assert!(!allows(false, "127.0.0.1:1", &headers), "{sign}");
        }
    }

    #[test]
    fn everybody_else_sends_the_token() {
        let allows = |access: &MetricsAccess, header: &str| {
            let request = request("192.0.2.1:1", &[("Authorization", header)]);
            access.check(&request).is_ok()
        };
        for access in [access(false), access(true)] {
            assert!(allows(&access, &format!("Bearer {TOKEN}")));
            assert!(allows(&access, &format!("bearer  {TOKEN} ")));
            for header in ["", "Bearer", "Bearer ", TOKEN, "Bearer 0123456789abcdeF"] {
                assert!(!allows(&access, header), "{header}");
            }
            assert!(!allows(&access, &format!("Basic  {TOKEN}")));
            assert!(!allows(&access, &format!("Bearer {TOKEN}0")));
        }
        let without = MetricsAccess::new(None, false);
        assert!(!allows(&without, "Bearer "));
        assert!(!allows(&without, &format!("Bearer {TOKEN}")));
    }
}
