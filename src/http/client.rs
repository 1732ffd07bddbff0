//! The client address of a request, also if a proxy forwards it.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use ipnet::{IpNet, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A client, as far as limits tell clients apart: an IPv4 address, or an IPv6 network (/64), which
/// one connection to the internet commonly has for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Caller(IpAddr);

impl Caller {
    /// Returns the caller with a client address.
    pub(crate) fn from_address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = Ipv6Net::new_assert(address, 64);
                Self(network.network().into())
            }
            address => Self(address),
        }
    }

    /// Returns the caller that sent a request, as far as trusted proxies name it.
    pub(super) fn from_request(request: &HttpRequest, trusted: &[IpNet]) -> Self {
        Self::from_address(client_address(request, trusted))
    }
}

/// Returns the address by which the sockets and joins of a client are counted; `None` for a trusted proxy that
/// names no client: it stands for many.
pub(super) fn counted_client(request: &HttpRequest, trusted: &[IpNet]) -> Option<IpAddr> {
    let address = client_address(request, trusted);
    (!is_trusted(address, trusted)).then(|| Caller::from_address(address).0)
}

/// Returns the client address of a request, as far as trusted proxies name it.
pub(super) fn client_address(request: &HttpRequest, trusted: &[IpNet]) -> IpAddr {
    let peer = request.peer_addr().map(|address| address.ip());
    let peer = peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    let lines = request.headers().get_all(FORWARDED_FOR);
    let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
    origin(peer, &lines, trusted).to_canonical()
}

/// Returns true if the client address is that of a trusted proxy.
pub(crate) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// Returns the client address: the nearest one to this server that no trusted proxy has. Each proxy
/// appends the address of its peer, so that an untrusted peer can forge all addresses before its
/// own.
fn origin(peer: IpAddr, forwarded_for: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut origin = peer;
    let addresses = forwarded_for.iter().rev().flat_map(|line| line.rsplit(','));
    for text in addresses {
        if !is_trusted(origin, trusted) {
            break;
        }
        let Some(address) = address_of(text.trim()) else {
            break;
        };
        origin = address;
    }
    origin
}

/// Reads an address as proxies write it, some of them with the port.
fn address_of(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse().map(|address: SocketAddr| address.ip());
    text.parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUSTED: [&str; 3] = ["10.0.0.0/8", "127.0.0.1/32", "fd00::/8"];

    fn address(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    fn origin_of(peer: &str, forwarded_for: &[&str]) -> IpAddr {
        let trusted = TRUSTED.map(|network| network.parse().expect(network));
        origin(address(peer), forwarded_for, &trusted)
    }

    #[test]
    fn only_trusted_proxies_name_the_client_address() {
        for (peer, forwarded_for, origin) in [
            ("127.0.0.1", &[][..], "127.0.0.1"),
            ("127.0.0.1", &["192.0.2.7"], "192.0.2.7"),
            ("::ffff:127.0.0.1", &["192.0.2.7"], "192.0.2.7"),
            ("fd00::1", &["2001:db8::7"], "2001:db8::7"),
            // Forged by an untrusted client, for this server and for a proxy.
            ("192.0.2.1", &["192.0.2.7"], "192.0.2.1"),
            ("127.0.0.1", &["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
            ("127.0.0.1", &["10.0.0.1, 192.0.2.7"], "192.0.2.7"),
            // A chain of proxies, in one line or in several.
            (
                "127.0.0.1",
                &["198.51.100.1, 192.0.2.7,10.0.0.1"],
                "192.0.2.7",
            ),
            (
                "127.0.0.1",
                &["198.51.100.1", "192.0.2.7", "10.0.0.1"],
                "192.0.2.7",
            ),
            ("127.0.0.1", &["192.0.2.7:4711 , [fd00::2]:80"], "192.0.2.7"),
            // Proxies alone.
            ("127.0.0.1", &["10.0.0.2, 10.0.0.1"], "10.0.0.2"),
            // The chain ends at a text that is not an address.
            ("127.0.0.1", &["192.0.2.7, unknown, 10.0.0.1"], "10.0.0.1"),
            ("127.0.0.1", &["192.0.2.7, , 10.0.0.1"], "10.0.0.1"),
            ("127.0.0.1", &["192.0.2.7", "<script>"], "127.0.0.1"),
            ("127.0.0.1", &["192.0.2.300"], "127.0.0.1"),
            ("127.0.0.1", &[""], "127.0.0.1"),
        ] {
            let found = origin_of(peer, forwarded_for);
            assert_eq!(found, address(origin), "{peer} {forwarded_for:?}");
        }
    }

    #[test]
    fn a_caller_is_an_ipv4_address_or_an_ipv6_network() {
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
        ] {
            let [one, other] = [one, other].map(|text| Caller::from_address(address(text)));
            assert_eq!(one == other, same, "{one:?} {other:?}");
        }
    }
}
