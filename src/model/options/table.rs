use crate::model::error::Invalid;
use crate::model::text;
use std::borrow::Cow;
use url::Url;

/// The longest `return_url`, in characters.
pub(crate) const MAX_RETURN_URL_CHARS: usize = 2048;

/// The largest number of minutes: a day.
pub(crate) const MAX_MINUTES: i64 = 1440;

/// One option that the server knows.
pub(crate) struct Entry {
    /// The key, which needs no escapes in JSON.
    pub(crate) key: &'static str,
    /// The allowed values and the default.
    pub(crate) kind: Kind,
}

/// The allowed values of an option, and its default.
pub(crate) enum Kind {
    /// `true` or `false`.
    Flag { default: bool },
    /// `true`, `false`, or `null` (the default): the room leaves it open.
    OpenFlag,
    /// A number of minutes from `min` to a day.
    Minutes { min: i64, default: i64 },
    /// The page that people go to when they leave: empty (the default), or an absolute http(s) URL
    /// without user info.
    ReturnUrl,
    /// An object of further options.
    Group(&'static [Entry]),
}

/// Every known option, in the order of responses.
pub(crate) static OPTIONS: &[Entry] = &[
    flag("allow_rating", true),
    minutes("preparation_time", 0, 15),
    minutes("session_duration", 1, 60),
    Entry {
        key: "chat",
        kind: Kind::Group(CHAT),
    },
    Entry {
        key: "duration",
        kind: Kind::Group(DURATION),
    },
    flag("allow_users_stream_self_cam_mic", true),
    flag("hide_user_streams", false),
    flag("enable_attendance_check", true),
    flag("enable_simultaneous_interpretation", false),
    flag("enable_simultaneous_interpretation_for_users", false),
    flag("start_active", false),
    Entry {
        key: "return_url",
        kind: Kind::ReturnUrl,
    },
    flag("allow_reactions", true),
    open_flag("enable_recording_auto_start"),
    open_flag("skip_approval_on_join"),
    open_flag("enable_session_auto_start"),
    open_flag("enable_session_auto_finish"),
];

static CHAT: &[Entry] = &[
    flag("offMessageModule", false),
    flag("offGeneralMsging", false),
    flag("offGeneralMsgLimitForUser", false),
    flag("offSpecialMsging", false),
    flag("offSpecialMsgToAdmin", false),
    flag("offSpecialMsgToUser", false),
    flag("offNewMsgSound", false),
    flag("offClearForReplay", false),
    flag("onNewMsgSoundInAll", false),
    flag("onNewMsgNotifyInAll", false),
];

static DURATION: &[Entry] = &[
    flag("allowExtendTime", true),
    flag("useRemainingTime", false),
];

const fn flag(key: &'static str, default: bool) -> Entry {
    Entry {
        key,
        kind: Kind::Flag { default },
    }
}

const fn open_flag(key: &'static str) -> Entry {
    Entry {
        key,
        kind: Kind::OpenFlag,
    }
}

const fn minutes(key: &'static str, min: i64, default: i64) -> Entry {
    Entry {
        key,
        kind: Kind::Minutes { min, default },
    }
}

impl Kind {
    /// Returns the JSON text of the default.
    ///
    /// # Panics
    /// For a group: its members have defaults, the group has none.
    pub(crate) fn default_json(&self) -> Cow<'static, str> {
        match self {
            Self::Flag { default } => Cow::Borrowed(if *default { "true" } else { "false" }),
            Self::OpenFlag => Cow::Borrowed("null"),
            Self::Minutes { default, .. } => Cow::Owned(default.to_string()),
            Self::ReturnUrl => Cow::Borrowed("\"\""),
            Self::Group(_) => unreachable!("a group is written member by member"),
        }
    }
}

/// Checks a number of minutes against an option's minimum and the length of a day.
pub(crate) fn check_minutes(minutes: i64, min: i64) -> Result<(), Invalid> {
    if (min..=MAX_MINUTES).contains(&minutes) {
        return Ok(());
    }
    let message = format!("must be from {min} to {MAX_MINUTES} minutes");
    Err(Invalid(message.into()))
}

/// Checks a `return_url`: empty, or an absolute http(s) URL without user info.
pub(crate) fn check_return_url(url: &str) -> Result<(), Invalid> {
    const NOT_A_URL: Invalid =
        Invalid::new("must be empty or an absolute http or https URL without user info");
    if url.is_empty() {
        return Ok(());
    }
    text::check_length(url, MAX_RETURN_URL_CHARS)?;
    text::check_visible(url)?;
    // The URL parser repairs what browsers repair: spaces, backslashes, missing slashes. What is
    // stored here must need no repair, because other programs read it.
    let needs_repair = url.contains(|c: char| c.is_whitespace() || c == '\\');
    let names_a_host = authority(url).is_some_and(|host| !host.is_empty() && !host.contains('@'));
    if names_a_host && !needs_repair && Url::parse(url).is_ok() {
        Ok(())
    } else {
        Err(NOT_A_URL)
    }
}

/// Returns the part of an http or https URL that names the host, and could hold user info.
fn authority(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let is_http = ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    is_http.then(|| rest.split(['/', '?', '#']).next())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_url_is_absolute_http_without_user_info() {
        for url in [
            "https://example.com",
            "HTTP://example.com:8080/a?b=c#d",
            "https://örnek.example/çay",
            "http://[::1]/",
            "https://example.com/@ada?from=ada@example.com",
        ] {
            assert_eq!(check_return_url(url), Ok(()), "{url}");
        }
        let long = format!("https://example.com/{}", "a".repeat(MAX_RETURN_URL_CHARS));
        for url in [
            "example.com",
            "/a",
            "//example.com",
            "javascript:alert(1)",
            "ftp://example.com",
            "https:example.com",
            "https:///example.com",
            "https://",
            "https://@example.com",
            "https://u@example.com",
            "https://u:p@example.com",
            "https://exa mple.com",
            "https:\\\\example.com",
            " https://example.com",
            "https://example.com/\n",
            "https://\u{202E}example.com",
            &long,
        ] {
            assert!(check_return_url(url).is_err(), "{url:?}");
        }
    }
}
