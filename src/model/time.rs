use super::error::Invalid;
use jiff::civil;

/// A moment in UTC with a precision of one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// Returns the current time of the system clock.
    pub fn now() -> Self {
        Self::from_unix(jiff::Timestamp::now().as_second())
    }

    /// Parses an RFC 3339 date-time and drops the fraction of a second.
    ///
    /// # Errors
    /// A text of another form, or without an offset from UTC.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const FORM: Invalid =
            Invalid::new("must be a date-time, such as 2026-11-23T08:45:00Z (RFC 3339)");
        let parsed = DateTime::parse(text).ok_or(FORM)?;
        let offset = parsed.offset_seconds.ok_or(FORM)?;
        Ok(Self::from_unix(parsed.civil_seconds - offset))
    }

    /// Parses a bound of a search: an RFC 3339 date-time, or one without an offset, which is in
    /// UTC. A fraction of a second is rounded up, so that a comparison of whole seconds with the
    /// bound is exact.
    ///
    /// # Errors
    /// A text of another form.
    pub fn parse_bound(text: &str) -> Result<Self, Invalid> {
        const FORM: Invalid = Invalid::new(
            "must be a date-time, such as 2026-11-23T08:45:00 (in UTC) or 2026-11-23T08:45:00Z",
        );
        let parsed = DateTime::parse(text).ok_or(FORM)?;
        let offset = parsed.offset_seconds.unwrap_or(0);
        let up = i64::from(parsed.has_fraction);
        Ok(Self::from_unix(parsed.civil_seconds - offset + up))
    }

    /// Returns the moment with a number of seconds since 1970-01-01T00:00:00Z, clamped to the years
    /// 0 to 9999 (without the last day of 9999, where the range of the library ends): the years
    /// that have four digits.
    pub(crate) fn from_unix(seconds: i64) -> Self {
        const YEAR_0: i64 = -62_167_219_200;
        let clamped = seconds.clamp(YEAR_0, jiff::Timestamp::MAX.as_second());
        Self(jiff::Timestamp::from_second(clamped).expect("within the range of the library"))
    }

    /// Returns the number of seconds since 1970-01-01T00:00:00Z.
    pub(crate) fn as_unix(self) -> i64 {
        self.0.as_second()
    }

    /// Returns the form `2026-11-23T08:45:00`, in UTC without an offset, which the public API
    /// prints for rooms.
    pub fn to_zoneless(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    /// Returns the form `2026-11-23T08:45:00+00:00`, which the public API prints for users.
    pub fn to_rfc3339(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    }
}

/// The parts of a date-time in the form of RFC 3339 (section 5.6), whose offset may be missing.
struct DateTime {
    /// The seconds since 1970-01-01T00:00:00 in local time.
    civil_seconds: i64,
    /// Whether a fraction of a second other than 0 was written.
    has_fraction: bool,
    /// The seconds by which local time is ahead of UTC; `None` if no offset was written.
    offset_seconds: Option<i64>,
}

impl DateTime {
    /// Parses a text. The form is checked here, because the library accepts more forms than the API
    /// does.
    fn parse(text: &str) -> Option<Self> {
        let (civil, rest) = text.split_at_checked("2026-11-23T08:45:00".len())?;
        if !has_form(civil, "0000-00-00T00:00:00") {
            return None;
        }
        let (fraction, offset) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(
                rest.find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(rest.len()),
            ),
            None => ("0", rest),
        };
        if fraction.is_empty() {
            return None;
        }
        let civil: civil::DateTime = civil.to_ascii_uppercase().parse().ok()?;
        let epoch = civil::date(1970, 1, 1).at(0, 0, 0, 0);
        Some(Self {
            civil_seconds: civil.duration_since(epoch).as_secs(),
            has_fraction: fraction.bytes().any(|digit| digit != b'0'),
            offset_seconds: parse_offset(offset)?,
        })
    }
}

/// Parses an offset: the seconds ahead of UTC, `Some(None)` for an empty text, `None` for another
/// form.
fn parse_offset(text: &str) -> Option<Option<i64>> {
    let sign = match text.as_bytes() {
        [] => return Some(None),
        [b'Z' | b'z'] => return Some(Some(0)),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let (hours, minutes) = text[1..].split_once(':')?;
    if !has_form(hours, "00") || !has_form(minutes, "00") {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(Some(sign * (hours * 60 + minutes) * 60))
}

/// Returns whether a text has a form, in which `0` stands for any digit and a letter for either
/// case.
fn has_form(text: &str, form: &str) -> bool {
    let matches = |(byte, expected): (u8, u8)| match expected {
        b'0' => byte.is_ascii_digit(),
        _ => byte.eq_ignore_ascii_case(&expected),
    };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_printed_to_the_second_in_utc() {
        let moment = Timestamp::parse("2026-11-23T10:45:00.999+02:00").expect("a date-time");
        assert_eq!(moment.to_rfc3339(), "2026-11-23T08:45:00+00:00");
    }

    #[test]
    fn a_date_time_has_the_form_of_rfc_3339() {
        for text in [
            "2026-11-23T08:45:00Z",
            "2026-11-23t08:45:00.123456789z",
            "2026-11-23T08:45:60-23:59",
            "9999-12-31T23:59:59Z",
        ] {
            assert!(Timestamp::parse(text).is_ok(), "{text}");
        }
        for text in [
            "2026-11-23T08:45:00",
            "2026-11-23 08:45:00Z",
            "2026-11-23T08:45Z",
            "20261123T084500Z",
            "2026-11-23T08:45:00.Z",
            "2026-11-23T08:45:00,5Z",
            "2026-11-23T08:45:00+02",
            "2026-11-23T08:45:00+24:00",
            "2026-11-23T08:45:00Z[Europe/Istanbul]",
            "2026-02-29T08:45:00Z",
            "-02026-11-23T08:45:00Z",
            "2026-11-23T08:45:0\u{e9}",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn years_without_four_digits_are_clamped() {
        let clamped = |text: &str| Timestamp::parse(text).map(Timestamp::to_rfc3339);
        let (first, last) = ("0000-01-01T00:00:00+00:00", "9999-12-30T22:00:00+00:00");
        assert_eq!(clamped("0000-01-01T00:00:00+14:00").as_deref(), Ok(first));
        assert_eq!(clamped("9999-12-31T23:59:59Z").as_deref(), Ok(last));
    }

    #[test]
    fn a_bound_is_exact_to_the_second() {
        let bound = |text: &str| Timestamp::parse_bound(text).map(Timestamp::to_rfc3339);
        for (text, moment) in [
            ("2026-11-23T08:45:00", "2026-11-23T08:45:00"),
            ("2026-11-23T08:45:00Z", "2026-11-23T08:45:00"),
            ("2026-11-23T10:45:00+02:00", "2026-11-23T08:45:00"),
            ("2026-11-23T08:45:00.001Z", "2026-11-23T08:45:01"),
            ("1969-12-31T23:59:58.5", "1969-12-31T23:59:59"),
        ] {
            let moment = format!("{moment}+00:00");
            assert_eq!(bound(text), Ok(moment), "{text}");
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
    fn a_stored_number_out_of_range_does_not_panic() {
        assert!(Timestamp::from_unix(i64::MAX) > Timestamp::now());
        assert!(Timestamp::from_unix(i64::MIN) < Timestamp::now());
    }
}
