//! What the pages may load and use.

use crate::model::ServerUrl;
use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;

/// The content security policy of a page without scripts.
pub(super) const FOR_TEXT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
                                   base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The content security policy of a page with scripts that call this server alone.
pub(super) const FOR_SCRIPTS: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                                      connect-src 'self'; img-src 'self'; base-uri 'none'; \
                                      form-action 'none'; frame-ancestors 'none'";

/// The devices that a meeting needs.
pub(super) const DEVICES: &str = "camera=(self), microphone=(self), display-capture=(self)";

/// No devices.
pub(super) const NO_DEVICES: &str = "camera=(), microphone=(), display-capture=()";

/// Returns the content security policy of the page where people meet: files and web sockets of this
/// server alone, and nothing inline. Some browsers do not count web sockets to `'self'`, so that the
/// hosts of the server are named.
pub(super) fn for_meetings(request: &HttpRequest, public_url: &str) -> HeaderValue {
    let host = request.connection_info().host().to_owned();
    let public = public_url.split_once("://").map_or("", |(_, rest)| rest);
    let public = public.split('/').next().unwrap_or_default();
    let mut sockets = String::new();
    for host in [host.as_str(), public] {
        if is_plain_host(host) && !sockets.ends_with(&format!("wss://{host}")) {
            sockets.push_str(&format!(" ws://{host} wss://{host}"));
        }
    }
    with_connections(&sockets)
}

/// Returns the content security policy of the page where people meet on LiveKit: files of this server, and
/// connections to both. LiveKit's library asks by HTTP why a web socket was refused.
pub(super) fn for_livekit(url: &ServerUrl) -> HeaderValue {
    let mut connections = String::new();
    for url in [
        url.with_scheme("ws", "wss"),
        url.with_scheme("http", "https"),
    ] {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let host = rest.split('/').next().unwrap_or_default();
        if is_plain_host(host) {
            connections.push_str(&format!(" {scheme}://{host}"));
        }
    }
    with_connections(&connections)
}

/// Returns the content security policy of a page where people meet; `others` are the servers besides this one
/// to which it connects, each after a space.
fn with_connections(others: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{others}; \
         img-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("hosts of letters, digits, dots, hyphens and a port")
}

/// Returns whether a host, perhaps with a port, is one that a policy can name: without a character
/// that could begin another directive, and no IPv6 address, for which policies have no form.
fn is_plain_host(host: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    !host.is_empty() && host.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn the_page_of_livekit_may_connect_to_it() {
        for (url, connections) in [
            (
                "https://a.example/path",
                " wss://a.example https://a.example",
            ),
            (
                "ws://127.0.0.1:7880",
                " ws://127.0.0.1:7880 http://127.0.0.1:7880",
            ),
            ("wss://[::1]:7880", ""),
        ] {
            let policy = for_livekit(&url.parse().expect("a URL"));
            let expected = format!("; connect-src 'self'{connections}; img-src");
            let policy = policy.to_str().expect("a text");
            assert!(policy.contains(&expected), "{policy}");
        }
    }

    #[test]
    fn a_policy_names_only_plain_hosts() {
        for (host, public_url, sockets) in [
            (
                "a.example",
                "http://a.example",
                " ws://a.example wss://a.example",
            ),
            (
                "127.0.0.1:80",
                "https://b.example/rooms",
                " ws://127.0.0.1:80 wss://127.0.0.1:80 ws://b.example wss://b.example",
            ),
            ("[::1]:80", "http://[::1]:80", ""),
            ("a;script-src", "http://*", ""),
            ("a b", "", ""),
        ] {
            let request = TestRequest::default().insert_header(("Host", host));
            let policy = for_meetings(&request.to_http_request(), public_url);
            let expected = format!("; connect-src 'self'{sockets}; img-src");
            let policy = policy.to_str().expect("a text");
            assert!(policy.contains(&expected), "{policy}");
        }
    }
}
