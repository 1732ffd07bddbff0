use std::str::FromStr;

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
}
