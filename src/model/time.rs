use super::error::Invalid;
use jiff::{SignedDuration, civil};

/// The start of Unix time, in UTC.
const EPOCH: civil::DateTime = civil::date(1970, 1, 1).at(0, 0, 0, 0);

/// The Unix times of the first and the last second whose year in UTC has four digits:
/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const FOUR_DIGIT_YEARS: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// A moment in UTC with a precision of one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the current time of the system clock.
    pub fn now() -> Self {
        Self::from_unix(jiff::Timestamp::now().as_second())
    }

    /// Parses a date-time and drops the fraction of a second. The form is that of RFC 3339, and
    /// what programs commonly print in its place: without seconds (`2026-11-23T08:45Z`), with a
    /// space for the `T` or before the offset, with the offset `+0300` or `+03`, with white space
    /// around. The leap second `:60` is the first second of the next minute, as in Unix time.
    ///
    /// # Errors
    /// A text of another form, or without an offset from UTC; a moment whose year in UTC does not
    /// have four digits.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const FORM: Invalid =
            Invalid::new("must be a date-time, such as 2026-11-23T08:45:00Z (RFC 3339)");
        let parsed = DateTime::parse(text).ok_or(FORM)?;
        let offset = parsed.offset_seconds.ok_or(FORM)?;
        let seconds = parsed.civil_seconds - offset;
        if FOUR_DIGIT_YEARS.contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(Invalid::new("must be in the years 0000 to 9999 in UTC"))
        }
    }

    /// Parses a bound of a search: a date-time as [`Timestamp::parse`] takes it, or one without an
    /// offset, which is in UTC. A fraction of a second is rounded up, so that a comparison of whole
    /// seconds with the bound is exact.
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
        Ok(Self(parsed.civil_seconds - offset + up))
    }

    /// Returns the moment with a number of seconds since 1970-01-01T00:00:00Z.
    pub(crate) const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Returns the number of seconds since 1970-01-01T00:00:00Z.
    pub(crate) fn as_unix(self) -> i64 {
        self.0
    }

    /// Returns date and time in UTC. A moment whose year does not have four digits, which no
    /// request can store, becomes the nearest one that does.
    fn to_civil(self) -> civil::DateTime {
        let seconds = self
            .0
            .clamp(*FOUR_DIGIT_YEARS.start(), *FOUR_DIGIT_YEARS.end());
        EPOCH
            .checked_add(SignedDuration::from_secs(seconds))
            .expect("the library has all years of four digits")
    }

    /// Returns the form `2026-11-23T08:45:00`, in UTC without an offset, which the public API
    /// prints for rooms.
    pub fn to_zoneless(self) -> String {
        self.to_civil().strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    /// Returns the form `2026-11-23T08:45:00+00:00`, which the public API prints for users.
    pub fn to_rfc3339(self) -> String {
        self.to_civil()
            .strftime("%Y-%m-%dT%H:%M:%S+00:00")
            .to_string()
    }
}

/// The parts of a date-time in one of the forms of [`Timestamp::parse`], whose offset may be
/// missing.
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
        let (minute, rest) = text.trim().split_at_checked("2026-11-23T08:45".len())?;
        let has_form = |form| has_form(minute, form);
        if !has_form("0000-00-00T00:00") && !has_form("0000-00-00 00:00") {
            return None;
        }
        let civil: civil::DateTime = minute.to_ascii_uppercase().parse().ok()?;
        let (seconds, rest) = parse_seconds(rest)?;
        let (fraction, offset) = match rest.strip_prefix('.') {
            Some(rest) if seconds.is_some() => rest.split_at(
                rest.find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(rest.len()),
            ),
            _ => ("0", rest),
        };
        if fraction.is_empty() {
            return None;
        }
        Some(Self {
            civil_seconds: civil.duration_since(EPOCH).as_secs() + seconds.unwrap_or(0),
            has_fraction: fraction.bytes().any(|digit| digit != b'0'),
            offset_seconds: parse_offset(offset)?,
        })
    }
}

/// Parses the seconds, which may be missing, and returns them and the rest of the text; `None` if
/// they are not from 0 to 60.
fn parse_seconds(text: &str) -> Option<(Option<i64>, &str)> {
    let Some(rest) = text.strip_prefix(':') else {
        return Some((None, text));
    };
    let (seconds, rest) = rest.split_at_checked(2)?;
    if !has_form(seconds, "00") {
        return None;
    }
    let seconds = seconds.parse().ok()?;
    (seconds <= 60).then_some((Some(seconds), rest))
}

/// Parses an offset: the seconds ahead of UTC, `Some(None)` for an empty text, `None` for another
/// form. A space may stand before it, but not in place of the sign: it would be the `+` of a query
/// string that was not encoded.
fn parse_offset(text: &str) -> Option<Option<i64>> {
    let text = text.strip_prefix(' ').unwrap_or(text);
    let sign = match text.as_bytes() {
        [] => return Some(None),
        [b'Z' | b'z'] => return Some(Some(0)),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let (hours, minutes) = text[1..].split_at_checked(2)?;
    let minutes = match minutes.strip_prefix(':') {
        Some(minutes) => minutes,
        None if minutes.is_empty() => "00",
        None => minutes,
    };
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
            "2026-11-23T08:45",
            "2026-11-23  08:45:00Z",
            "2026-11-23T08Z",
            "2026-11-23Z",
            "2026-11-23T08:45:Z",
            "2026-11-23T08:45:0Z",
            "2026-11-23T08:45:61Z",
            "2026-11-23T08:45.5Z",
            "2026-11-23T24:00Z",
            "2026-11-23T08:60Z",
            "2026-11-23T08:45:00  Z",
            "2026-11-23T08:45:00 03:00",
            "2026-11-23T08:45:00+3",
            "2026-11-23T08:45:00+03:",
            "2026-11-23T08:45:00+030",
            "2026-11-23T08:45:00+03000",
            "2026-11-23T08:45:00+03:0",
            "20261123T084500Z",
            "2026-11-23T08:45:00.Z",
            "2026-11-23T08:45:00,5Z",
            "2026-11-23T08:45:00+24:00",
            "2026-11-23T08:45:00+24",
            "2026-11-23T08:45:00+0260",
            "2026-11-23T08:45:00Z[Europe/Istanbul]",
            "2026-02-29T08:45:00Z",
            "-02026-11-23T08:45:00Z",
            "2026-11-23T08:45:0\u{e9}",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn forms_that_programs_print_are_read() {
        for text in [
            "2026-11-23T08:45:00Z",
            "2026-11-23T08:45Z",
            "2026-11-23t08:45z",
            "2026-11-23 08:45:00Z",
            "2026-11-23 08:45Z",
            "2026-11-23 08:45:00 Z",
            "2026-11-23T11:45+0300",
            "2026-11-23T11:45:00.000+0300",
            "2026-11-23T11:45:00+03",
            "2026-11-23 11:45:00 +0300",
            "2026-11-23T03:15-05:30",
            "2026-11-23T03:15:00-0530",
            " 2026-11-23T08:45:00+00 ",
            "2026-11-23T08:44:60Z",
        ] {
            let read = Timestamp::parse(text).map(Timestamp::to_rfc3339);
            assert_eq!(read.as_deref(), Ok("2026-11-23T08:45:00+00:00"), "{text}");
        }
    }

    #[test]
    fn every_moment_with_a_year_of_four_digits_is_exact() {
        for (text, moment) in [
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59"),
            ("9999-12-31T23:59:59+23:59", "9999-12-31T00:00:59"),
            ("9999-12-30T22:00:01Z", "9999-12-30T22:00:01"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00"),
            ("0000-01-01T00:00:00-23:59", "0000-01-01T23:59:00"),
            ("0000-02-29T12:00:00Z", "0000-02-29T12:00:00"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00"),
            ("1582-10-10T00:00:00Z", "1582-10-10T00:00:00"),
            ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00"),
            ("2038-01-19T03:14:08Z", "2038-01-19T03:14:08"),
        ] {
            let shown = Timestamp::parse(text).map(Timestamp::to_rfc3339);
            assert_eq!(shown, Ok(format!("{moment}+00:00")), "{text}");
        }
        for text in [
            "9999-12-31T23:59:60Z",
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00+00:01",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_bound_may_lie_beyond_all_rooms() {
        let last = Timestamp::parse("9999-12-31T23:59:59Z").expect("a date-time");
        for text in ["9999-12-31T23:59:59.5", "9999-12-31T23:59:59-12:00"] {
            assert!(Timestamp::parse_bound(text).is_ok_and(|bound| bound > last));
        }
    }

    #[test]
    fn a_bound_is_exact_to_the_second() {
        let bound = |text: &str| Timestamp::parse_bound(text).map(Timestamp::to_rfc3339);
        for (text, moment) in [
            ("2026-11-23T08:45:00", "2026-11-23T08:45:00"),
            ("2026-11-23T08:45:00Z", "2026-11-23T08:45:00"),
            ("2026-11-23 08:45", "2026-11-23T08:45:00"),
            ("2026-11-23T10:45+02", "2026-11-23T08:45:00"),
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
        let (last, first) = (i64::MAX, i64::MIN);
        assert!(Timestamp::from_unix(last) > Timestamp::now());
        assert!(Timestamp::from_unix(first) < Timestamp::now());
        assert!(
            Timestamp::from_unix(last)
                .to_zoneless()
                .starts_with("9999-")
        );
        assert!(
            Timestamp::from_unix(first)
                .to_zoneless()
                .starts_with("0000-")
        );
    }
}
