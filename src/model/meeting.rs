//! What an operator decides about meetings.

use std::fmt;
use std::str::FromStr;

/// The program that meetings take place on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MeetingServer {
    /// This one: browsers connect to each other, and it introduces them.
    #[default]
    Builtin,
    /// None: the page of a room shows its name.
    None,
}

impl MeetingServer {
    /// Returns the word for the server in settings and responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::None => "none",
        }
    }
}

impl FromStr for MeetingServer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "builtin" => Ok(Self::Builtin),
            "none" => Ok(Self::None),
            _ => Err("must be builtin or none"),
        }
    }
}

/// Whether guests may be in a room while no host is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WithoutHost {
    /// Guests wait for a host in a room of which a host link was ever given out, unless its options
    /// open it earlier.
    #[default]
    Auto,
    /// Guests never wait for a host.
    Open,
    /// Guests always wait for a host.
    Wait,
}

impl FromStr for WithoutHost {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "open" => Ok(Self::Open),
            "wait" => Ok(Self::Wait),
            _ => Err("must be auto, open or wait"),
        }
    }
}

/// The URL of a server that helps browsers to reach each other (STUN, RFC 7064; TURN, RFC 7065).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceServer(String);

impl IceServer {
    /// Returns the URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the server relays, for which browsers need credentials.
    pub fn is_turn(&self) -> bool {
        self.0.starts_with("turn")
    }
}

impl FromStr for IceServer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be URLs of STUN and TURN servers, such as \
                            stun:stun.example.com:3478 or turn:turn.example.com?transport=udp";
        let (scheme, rest) = text.split_once(':').ok_or(FORM)?;
        let (server, query) = rest.split_once('?').unwrap_or((rest, ""));
        let is_turn = match scheme {
            "stun" | "stuns" => false,
            "turn" | "turns" => true,
            _ => return Err(FORM),
        };
        let has_query = rest.contains('?');
        let is_right_query = !has_query || ["transport=udp", "transport=tcp"].contains(&query);
        // Any scheme with a host does for the parser.
        let url = url::Url::parse(&format!("http://{server}/")).map_err(|_| FORM)?;
        let is_plain = !server.contains(['/', '#', '@', '\\']) && url.host_str().is_some();
        if is_plain && is_right_query && (is_turn || !has_query) {
            Ok(Self(text.to_owned()))
        } else {
            Err(FORM)
        }
    }
}

/// The secret that this program shares with a TURN server, and makes credentials with. It is shown
/// nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct TurnSecret(String);

impl TurnSecret {
    /// Returns the bytes of the secret.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for TurnSecret {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err("must not be empty");
        }
        Ok(Self(text.to_owned()))
    }
}

/// Without the secret.
impl fmt::Debug for TurnSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TurnSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ice_servers_are_urls_of_stun_and_turn() {
        for (text, is_turn) in [
            ("stun:stun.example.com", false),
            ("stuns:stun.example.com:5349", false),
            ("stun:[2001:db8::1]:3478", false),
            ("turn:turn.example.com:3478?transport=udp", true),
            ("turns:192.0.2.1:443?transport=tcp", true),
        ] {
            let server: IceServer = text.parse().expect(text);
            assert_eq!((server.as_str(), server.is_turn()), (text, is_turn));
        }
        for text in [
            "",
            "stun",
            "stun:",
            "stun://stun.example.com",
            "stun.example.com:3478",
            "http://stun.example.com",
            "stun:stun.example.com?transport=udp",
            "turn:turn.example.com?transport=sctp",
            "turn:turn.example.com?",
            "turn:ada@turn.example.com",
            "turn:turn.example.com/a",
            "turn:turn.example.com:99999",
            "turn:exa mple.com",
        ] {
            assert!(text.parse::<IceServer>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_secret_is_not_in_debug_output() {
        let secret: TurnSecret = "north".parse().expect("a secret");
        assert!(!format!("{secret:?}").contains("north"));
    }
}
