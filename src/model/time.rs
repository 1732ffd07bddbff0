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
    fn an_absurd_stored_number_does_not_panic() {
        assert!(Timestamp::from_unix(i64::MAX) > Timestamp::now());
        assert!(Timestamp::from_unix(i64::MIN) < Timestamp::now());
    }
}
