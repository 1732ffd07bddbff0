use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// The URL of a meeting server, such as `https://meet.example.com`, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// Returns the URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the host: a name in ASCII, or an IP address, in brackets if that has colons.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.0).ok();
        let host = url.as_ref().and_then(Url::host_str);
        host.unwrap_or_default().to_owned()
    }

    /// Returns whether others on a network can read what is sent to this URL: it is without TLS, and not on
    /// this machine.
    pub fn is_exposed(&self) -> bool {
        let Ok(url) = Url::parse(&self.0) else {
            return false;
        };
        let is_here = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        };
        matches!(url.scheme(), "http" | "ws") && !is_here
    }

    /// Returns the URL with `http` for `ws` and `https` for `wss`, or the other way round.
    pub fn with_scheme(&self, plain: &str, encrypted: &str) -> String {
        let (scheme, rest) = self.0.split_once(':').unwrap_or_default();
        let scheme = if matches!(scheme, "https" | "wss") {
            encrypted
        } else {
            plain
        };
        format!("{scheme}:{rest}")
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for ServerUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be a URL without user info, query or fragment, such as \
                            https://meet.example.com";
        let url = Url::parse(text.trim()).map_err(|_| FORM)?;
        let is_plain = matches!(url.scheme(), "http" | "https" | "ws" | "wss")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if is_plain {
            Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
        } else {
            Err(FORM)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<ServerUrl> {
        text.parse().ok()
    }

    #[test]
    fn a_url_ends_without_a_slash() {
        for (text, url, host) in [
            (
                "https://Meet.example.com/",
                "https://meet.example.com",
                "meet.example.com",
            ),
            (
                " https://a.example/bigbluebutton/api/",
                "https://a.example/bigbluebutton/api",
                "a.example",
            ),
            ("wss://[::1]:7880", "wss://[::1]:7880", "[::1]"),
        ] {
            let parsed = parse(text).expect(text);
            assert_eq!((parsed.as_str(), parsed.host().as_str()), (url, host));
        }
        for text in [
            "",
            "meet.example.com",
            "ftp://a",
            "https://u@a",
            "https://a?b",
            "https://a#b",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_url_without_tls_is_exposed_except_on_this_machine() {
        for (text, expected) in [
            ("http://bbb.example.com/api", true),
            ("ws://10.0.0.5:7880", true),
            ("http://[fd00::1]", true),
            ("http://localhost.example.com", true),
            ("https://bbb.example.com/api", false),
            ("wss://10.0.0.5:7880", false),
            ("http://127.0.0.2:7880", false),
            ("ws://[::1]:7880", false),
            ("ws://localhost:7880", false),
            ("http://livekit.localhost", false),
        ] {
            assert_eq!(parse(text).expect(text).is_exposed(), expected, "{text}");
        }
    }

    #[test]
    fn calls_and_web_sockets_go_to_the_same_place() {
        let url = parse("wss://a.example:7880/x").expect("a URL");
        assert_eq!(url.with_scheme("http", "https"), "https://a.example:7880/x");
        let url = parse("http://a.example").expect("a URL");
        assert_eq!(url.with_scheme("ws", "wss"), "ws://a.example");
    }
}
