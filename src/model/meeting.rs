//! What an operator decides about meetings.

mod claims_template;
mod ice_server;
mod placeholder;
mod server_url;
mod shared_secret;
mod unreserved;
mod url_template;

pub use claims_template::ClaimsTemplate;
pub use ice_server::IceServer;
pub use placeholder::Placeholder;
pub use server_url::ServerUrl;
pub use shared_secret::SharedSecret;
pub(crate) use unreserved::percent_encoded;
pub use url_template::UrlTemplate;

use std::str::FromStr;

/// The program that meetings take place on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MeetingServer {
    /// This one: browsers connect to each other, and it introduces them.
    #[default]
    Builtin,
    /// Any server whose URL says all: the person is sent to one that is made from a template.
    Template,
    /// Jitsi Meet.
    Jitsi,
    /// BigBlueButton.
    BigBlueButton,
    /// LiveKit, with a page of this program.
    LiveKit,
    /// None: the page of a room shows its name.
    None,
}

impl MeetingServer {
    /// Every server.
    pub const ALL: [Self; 6] = [
        Self::Builtin,
        Self::Template,
        Self::Jitsi,
        Self::BigBlueButton,
        Self::LiveKit,
        Self::None,
    ];

    /// Returns the word for the server in settings and responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Template => "template",
            Self::Jitsi => "jitsi",
            Self::BigBlueButton => "bigbluebutton",
            Self::LiveKit => "livekit",
            Self::None => "none",
        }
    }
}

impl FromStr for MeetingServer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|server| server.as_str() == text);
        known.ok_or("must be builtin, template, jitsi, bigbluebutton, livekit or none")
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

/// The hash function that makes the checksum of a call of BigBlueButton.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Checksum {
    /// Every function.
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// Returns the word for the function in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

impl FromStr for Checksum {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL
            .into_iter()
            .find(|checksum| checksum.as_str() == text);
        known.ok_or("must be sha1, sha256, sha384 or sha512")
    }
}

/// How a JSON Web Token is signed (RFC 7518, section 3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TokenAlgorithm {
    /// HMAC with SHA-256.
    #[default]
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl TokenAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 4] = [Self::Hs256, Self::Hs384, Self::Hs512, Self::Rs256];

    /// Returns the name in the header of a token, and in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
        }
    }
}

impl FromStr for TokenAlgorithm {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text);
        known.ok_or("must be HS256, HS384, HS512 or RS256")
    }
}

/// What guests of Jitsi Meet get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum JitsiGuests {
    /// No token: Jitsi must let people without one into a meeting.
    #[default]
    Anonymous,
    /// A token that does not make them moderators.
    Token,
}

impl FromStr for JitsiGuests {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "anonymous" => Ok(Self::Anonymous),
            "token" => Ok(Self::Token),
            _ => Err("must be anonymous or token"),
        }
    }
}
