use super::error::Invalid;

/// A moment in UTC, to the second: what the database keeps and the answers show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The current moment by the system's clock.
    pub fn now() -> Self {
        Self::from_unix(jiff::Timestamp::now().as_second())
    }

    /// Reads an RFC 3339 date-time, fractions of a second dropped.
    ///
    /// # Errors
    /// A text of another form, or without an offset from UTC.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text.parse::<jiff::Timestamp>()
            .map(|moment| Self::from_unix(moment.as_second()))
            .map_err(|_| {
                Invalid::new("must be a date-time, such as 2026-11-23T08:45:00Z (RFC 3339)")
            })
    }

    /// Reads the bound of a search: an RFC 3339 date-time, or one without an offset, in UTC. A
    /// fraction is rounded up, so that comparing whole seconds with the bound stays exact.
    ///
    /// # Errors
    /// A text of another form.
    pub fn parse_bound(text: &str) -> Result<Self, Invalid> {
        const FORM: Invalid = Invalid::new(
            "must be a date-time, such as 2026-11-23T08:45:00 (in UTC) or 2026-11-23T08:45:00Z",
        );
        let in_utc = |_| {
            text.parse::<jiff::civil::DateTime>()?
                .to_zoned(jiff::tz::TimeZone::UTC)
        };
        let moment = match text.parse::<jiff::Timestamp>() {
            Ok(moment) => moment,
            Err(error) => in_utc(error).map_err(|_: jiff::Error| FORM)?.timestamp(),
        };
        if !text.contains(['T', 't']) {
            return Err(FORM);
        }
        let up = i64::from(moment.subsec_nanosecond() > 0);
        Ok(Self::from_unix(moment.as_second() + up))
    }

    /// The moment that many seconds after 1970-01-01T00:00:00Z, held to the years -9999 to 9999.
    pub(crate) fn from_unix(seconds: i64) -> Self {
        let held = seconds.clamp(
            jiff::Timestamp::MIN.as_second(),
            jiff::Timestamp::MAX.as_second(),
        );
        Self(jiff::Timestamp::from_second(held).expect("held to the range just above"))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub(crate) fn as_unix(self) -> i64 {
        self.0.as_second()
    }

    /// `2026-11-23T08:45:00`: UTC without saying so, as the public API prints the dates of rooms.
    pub fn to_zoneless(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    /// `2026-11-23T08:45:00+00:00`, as the public API prints the dates of users.
    pub fn to_rfc3339(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_both_forms_of_the_public_api() {
        let moment = Timestamp::parse("2026-11-23T10:45:00.999+02:00").expect("a date-time");
        assert_eq!(moment.to_zoneless(), "2026-11-23T08:45:00");
        assert_eq!(moment.to_rfc3339(), "2026-11-23T08:45:00+00:00");
    }

    #[test]
    fn a_bound_is_exact_to_the_second() {
        let bound = |text: &str| Timestamp::parse_bound(text).map(Timestamp::to_zoneless);
        for (text, moment) in [
            ("2026-11-23T08:45:00", "2026-11-23T08:45:00"),
            ("2026-11-23T08:45:00Z", "2026-11-23T08:45:00"),
            ("2026-11-23T10:45:00+02:00", "2026-11-23T08:45:00"),
            ("2026-11-23T08:45:00.001Z", "2026-11-23T08:45:01"),
            ("1969-12-31T23:59:58.5", "1969-12-31T23:59:59"),
        ] {
            assert_eq!(bound(text).as_deref(), Ok(moment), "{text}");
        }
        for text in [
            "",
            "2026-11-23",
            "today",
            "2026-13-01T00:00:00",
            "2026-11-23T08:45:00 00:00",
            "1700000000",
        ] {
            assert!(bound(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_absurd_stored_number_does_not_panic() {
        assert!(Timestamp::from_unix(i64::MAX) > Timestamp::now());
        assert!(Timestamp::from_unix(i64::MIN) < Timestamp::now());
    }
}
