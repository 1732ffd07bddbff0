//! Which hosts a request may name. A page of another site can let a browser connect to this server
//! under a name of its own (DNS rebinding). Where keys are required it learns nothing by that; where
//! they are not, only names that such a page cannot have are served.

use super::error::ApiError;
use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::HOST;
use actix_web::http::uri::Authority;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

/// The hosts that are served.
#[derive(Debug)]
pub(crate) enum Hosts {
    /// All.
    Any,
    /// `localhost`, loopback addresses, and these.
    Local {
        /// The address that the server listens on; if it is unspecified, every address.
        listen: IpAddr,
        /// The host of the public URL.
        public: Option<String>,
    },
}

impl Hosts {
    /// Checks the host that a request names.
    ///
    /// # Errors
    /// A header that is no host; a host that is not served.
    pub(super) fn check(&self, request: &ServiceRequest) -> Result<(), ApiError> {
        let named = named_hosts(request.request()).ok_or_else(malformed)?;
        if named.iter().flatten().all(|host| self.contains(host)) {
            Ok(())
        } else {
            Err(ApiError::HostNotServed)
        }
    }

    fn contains(&self, host: &str) -> bool {
        let Self::Local { listen, public } = self else {
            return true;
        };
        let is_listening =
            |address: IpAddr| listen.is_unspecified() || address.to_canonical() == *listen;
        let is_public = |public: &str| without_dot(host).eq_ignore_ascii_case(public);
        is_loopback(host)
            || address_of(host).is_some_and(is_listening)
            || public.as_deref().is_some_and(is_public)
    }
}

/// Returns whether a request names this machine alone, by a loopback address or as `localhost`; without a
/// name, it does.
pub(super) fn names_this_machine(request: &HttpRequest) -> bool {
    let is_this_machine = |host: &Cow<'_, str>| host.is_empty() || is_loopback(host);
    named_hosts(request).is_some_and(|named| named.iter().flatten().all(is_this_machine))
}

/// Returns the hosts in the header and in the target of a request; `None` if the header is malformed.
fn named_hosts(request: &HttpRequest) -> Option<[Option<Cow<'_, str>>; 2]> {
    let header = match request.headers().get(HOST) {
        Some(value) => Some(Cow::Owned(host_of(value.as_bytes())?)),
        None => None,
    };
    Some([header, request.uri().host().map(Cow::Borrowed)])
}

/// Returns whether a host is `localhost` or a loopback address.
fn is_loopback(host: &str) -> bool {
    match address_of(host) {
        Some(address) => address.to_canonical().is_loopback(),
        None => without_dot(host).eq_ignore_ascii_case("localhost"),
    }
}

/// Returns the address that a host is, if it is one.
fn address_of(host: &str) -> Option<IpAddr> {
    let bare = without_dot(host)
        .trim_start_matches('[')
        .trim_end_matches(']');
    bare.parse().ok()
}

/// Returns a host without the dot at the end of a name that is complete.
fn without_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Returns the host in a header, possibly empty; `None` if the header is malformed.
fn host_of(header: &[u8]) -> Option<String> {
    if header.is_empty() {
        return Some(String::new());
    }
    let text = std::str::from_utf8(header).ok()?;
    let authority: Authority = text.parse().ok()?;
    let host = authority.host();
    let port = text.strip_prefix(host)?;
    let is_port = port.strip_prefix(':').is_some_and(|digits| {
        digits.is_empty() || digits.parse::<u16>().is_ok() && !digits.starts_with('+')
    });
    let is_address = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    let bracketed = host.strip_prefix('[');
    let is_host = bracketed.is_none_or(|rest| rest.strip_suffix(']').is_some_and(is_address));
    (is_host && (port.is_empty() || is_port)).then(|| host.to_owned())
}

fn malformed() -> ApiError {
    ApiError::BadRequest(
        "the header Host is malformed: send the host of the URL, and the port after a colon".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for (header, host) in [
            ("", Some("")),
            ("localhost", Some("localhost")),
            ("rooms.example.com:8080", Some("rooms.example.com")),
            ("roomd_1:80", Some("roomd_1")),
            ("127.0.0.1:", Some("127.0.0.1")),
            ("[::1]:8080", Some("[::1]")),
            ("a b<c>", None),
            ("a/b", None),
            ("a@b", None),
            ("a:b", None),
            ("a:80:80", None),
            ("a:99999", None),
            ("a:+1", None),
            ("::1", None),
            ("[::1", None),
            ("[a]", None),
            ("http://a", None),
            ("é", None),
        ] {
            let found = host_of(header.as_bytes());
            assert_eq!(found.as_deref(), host, "{header}");
        }
    }

    #[test]
    fn only_local_hosts_are_local() {
        let hosts = Hosts::Local {
            listen: IpAddr::from([127, 0, 0, 1]),
            public: Some("rooms.example.com".into()),
        };
        for host in [
            "localhost",
            "LOCALHOST.",
            "127.0.0.1",
            "127.8.8.8",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "Rooms.Example.Com",
        ] {
            assert!(hosts.contains(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "192.0.2.1",
            "[2001:db8::1]",
            "1",
        ] {
            assert!(!hosts.contains(host), "{host}");
        }
        assert!(Hosts::Any.contains("evil.example"));
        let by_address = Hosts::Local {
            listen: IpAddr::from([127, 0, 0, 1]),
            public: Some("192.0.2.9".into()),
        };
        assert!(by_address.contains("192.0.2.9"));
        assert!(!by_address.contains("192.0.2.1"));
    }
}
