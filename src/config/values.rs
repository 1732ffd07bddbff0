//! The types of settings, and the functions of serde that read them.

use ipnet::IpNet;
use log::LevelFilter;
use serde::de::{Deserialize, Deserializer, Error};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use url::{Host, Url};

/// A path under which the API is served, such as `/xapi/v2`. It starts with `/` and does not end
/// with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// Returns a path that is part of the program and is not checked.
    pub(super) fn from_static(path: &'static str) -> Self {
        Self(path.to_owned())
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for BasePath {
    type Err = &'static str;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        let is_plain = |part: &str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
            !part.is_empty() && part.bytes().all(plain)
        };
        match path.strip_prefix('/') {
            Some(parts) if parts.split('/').all(is_plain) => Ok(Self(path.to_owned())),
            _ => Err("must be a path of letters, digits and -._~, such as /xapi/v2"),
        }
    }
}

/// The URL by which clients reach the server, such as `https://rooms.example.com`, without a slash
/// at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Returns the URL of the address that the server listens on.
    pub fn from_address(scheme: &str, address: SocketAddr) -> Self {
        Self(format!("{scheme}://{address}"))
    }

    /// Returns the scheme: `http` or `https`.
    pub fn scheme(&self) -> &str {
        let scheme = self.0.split_once(':');
        scheme.map_or("", |(scheme, _)| scheme)
    }

    /// Returns the host: a name in ASCII, or an IP address without brackets.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.0).ok();
        match url.as_ref().and_then(Url::host) {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => String::new(),
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be an http or https URL without user info, query or fragment, \
                            such as https://rooms.example.com";
        let url = Url::parse(text).map_err(|_| FORM)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if plain {
            Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
        } else {
            Err(FORM)
        }
    }
}

/// The origin of a web page, as browsers send it (RFC 6454, section 6): scheme, host and port, or `*`
/// for all origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Returns the origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be * or origins without a path, such as https://app.example.com";
        if text == "*" {
            return Ok(Self(text.to_owned()));
        }
        let url = Url::parse(text).map_err(|_| FORM)?;
        let origin = url.origin();
        // What browsers send: the default port left out, the host in ASCII.
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let has_user = !url.username().is_empty() || url.password().is_some();
        if origin.is_tuple() && is_bare && !has_user {
            Ok(Self(origin.ascii_serialization()))
        } else {
            Err(FORM)
        }
    }
}

/// The format of a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line, for programs.
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("must be text or json"),
        }
    }
}

/// Reads a text.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map_err(|_| D::Error::custom("must be a text in quotes"))
}

/// Reads a list of texts.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Vec::deserialize(deserializer)
        .map_err(|_| D::Error::custom("must be a list of texts in quotes"))
}

/// Reads the path of a file.
pub(super) fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    match text(deserializer)? {
        path if path.is_empty() => Err(D::Error::custom("must be the name of a file")),
        path => Ok(path.into()),
    }
}

/// Reads true or false.
pub(super) fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    bool::deserialize(deserializer).map_err(|_| D::Error::custom("must be true or false"))
}

/// Reads the least severe level that is logged.
pub(super) fn log_level<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<LevelFilter, D::Error> {
    let level = text(deserializer).ok().and_then(|text| text.parse().ok());
    level.ok_or_else(|| D::Error::custom("must be error, warn, info, debug, trace or off"))
}

/// Reads a text by the `FromStr` of its type.
pub(super) fn from_str<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    parse(&text(deserializer)?)
}

/// Reads an IP address and port. The error shows the form, which that of the parser does not.
pub(super) fn socket_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<SocketAddr, D::Error> {
    parse_address(&text(deserializer)?)
}

/// Reads an IP address and port as [`socket_address`] does, an empty text as `None`.
pub(super) fn optional_socket_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    let text = text(deserializer)?;
    let address = (!text.is_empty()).then(|| parse_address(&text));
    address.transpose()
}

fn parse_address<E: Error>(text: &str) -> Result<SocketAddr, E> {
    text.parse()
        .map_err(|_| E::custom("must be ADDRESS:PORT, such as 127.0.0.1:8080"))
}

/// Reads a text by the `FromStr` of its type, an empty text as `None`.
pub(super) fn optional_from_str<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = text(deserializer)?;
    if text.is_empty() {
        Ok(None)
    } else {
        parse(&text).map(Some)
    }
}

/// Reads a list of texts by the `FromStr` of their type.
pub(super) fn list_from_str<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let texts = texts(deserializer)?;
    texts.iter().map(|text| parse(text)).collect()
}

/// Reads a list of networks, in which an address is the network of that address alone.
pub(super) fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    const FORM: &str = "must be addresses or networks, such as 10.0.0.5 or 10.0.0.0/8";
    let network = |text: &String| {
        let address = || text.parse::<IpAddr>().map(IpNet::from);
        text.parse().or_else(|_| address())
    };
    let texts = texts(deserializer)?;
    let networks: Result<_, _> = texts.iter().map(network).collect();
    networks.map_err(|_| D::Error::custom(FORM))
}

/// Reads a whole number from 0 to the largest that both its type and TOML can hold.
pub(super) fn whole_number<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    // A number beyond 64 bits is no value of TOML.
    let value = toml::Value::deserialize(deserializer).ok();
    let number = value.as_ref().and_then(toml::Value::as_integer);
    let number = number.and_then(|number| number.try_into().ok());
    number.ok_or_else(|| {
        let max_of_type = u64::MAX >> (64 - 8 * size_of::<T>());
        let max = max_of_type.min(i64::MAX as u64);
        D::Error::custom(format_args!("must be a whole number from 0 to {max}"))
    })
}

/// Reads how many people a meeting can have.
pub(super) fn people<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    /// Each sends to each, so more would overload their connections long before.
    const MAX: u16 = 64;

    match whole_number(deserializer) {
        Ok(number @ 2..=MAX) => Ok(number),
        _ => Err(D::Error::custom(format_args!(
            "must be a whole number from 2 to {MAX}"
        ))),
    }
}

fn parse<T: FromStr<Err: fmt::Display>, E: Error>(text: &str) -> Result<T, E> {
    text.parse().map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_as_browsers_send_them() {
        for (text, origin) in [
            ("*", "*"),
            ("https://App.Example.com", "https://app.example.com"),
            ("https://app.example.com:443/", "https://app.example.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://örnek.example", "https://xn--rnek-4qa.example"),
        ] {
            let parsed = text.parse::<Origin>();
            assert_eq!(parsed.as_ref().map(Origin::as_str), Ok(origin), "{text}");
        }
        for text in [
            "",
            "example.com",
            "https://example.com/app",
            "https://example.com?a",
            "https://u@example.com",
            "file:///a",
            "null",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn base_paths_are_plain() {
        for path in ["/xapi/v2", "/a"] {
            assert!(path.parse::<BasePath>().is_ok(), "{path}");
        }
        for path in ["", "/", "xapi", "/xapi/", "//a", "/{guid}", "/a b", "/a?b"] {
            assert!(path.parse::<BasePath>().is_err(), "{path}");
        }
    }

    #[test]
    fn a_public_url_ends_without_a_slash() {
        for (text, url) in [
            ("https://rooms.example.com/", "https://rooms.example.com"),
            ("http://10.0.0.1:8080/rooms/", "http://10.0.0.1:8080/rooms"),
        ] {
            assert_eq!(
                text.parse::<PublicUrl>().map(|url| url.0).as_deref(),
                Ok(url)
            );
        }
        for text in [
            "rooms.example.com",
            "ftp://a",
            "https://u@a",
            "https://a?b",
            "https://a#b",
            "https://",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
