//! Reads CSV files as spreadsheets write them.

use crate::model::text;
use csv::{ByteRecord, ReaderBuilder, StringRecord};
use std::borrow::Cow;

/// The separators of fields, the most usual one first. Spreadsheets write a semicolon where the
/// comma separates decimals, and a tab in files of Unicode text.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Returns the rows of a file, each with the line on which it starts, from 1. The separator is the one
/// that a line `sep=` before the headings names, else the one by which the headings have most
/// fields.
///
/// # Errors
/// A file in UTF-16 that is not valid; a quote that is never closed, with its line.
pub(super) fn records(file: &[u8]) -> Result<Vec<(u64, ByteRecord)>, (u64, String)> {
    let file = decode(file).map_err(|message| (1, message))?;
    if let Some((separator, rows)) = named_separator(&file) {
        check_quotes(rows, separator).map_err(|(line, message)| (line + 1, message))?;
        let below = |(line, record)| (line + 1, record);
        return Ok(numbered_records(rows, separator).map(below).collect());
    }
    let headings = |separator| {
        let mut records = numbered_records(&file, separator).map(|(_, record)| record);
        records.find(|record| !is_blank(record))
    };
    let fields = |separator| headings(separator).map_or(0, |record| record.len());
    let mut best = SEPARATORS[0];
    for separator in SEPARATORS {
        if fields(separator) > fields(best) {
            best = separator;
        }
    }
    check_quotes(&file, best)?;
    Ok(numbered_records(&file, best).collect())
}

/// Finds a field that begins with a quote and never ends: the CSV reader takes all that follows for its
/// value.
fn check_quotes(file: &[u8], separator: u8) -> Result<(), (u64, String)> {
    // Where the quote is that is open, and whether a field begins here.
    let (mut open, mut is_start) = (None, true);
    let mut bytes = file.iter().enumerate().peekable();
    while let Some((at, &byte)) = bytes.next() {
        if open.is_none() {
            if byte == b'"' && is_start {
                open = Some(at);
            }
            is_start = byte == separator || is_break(&byte);
        } else if byte == b'"' && bytes.next_if(|(_, next)| **next == b'"').is_none() {
            open = None;
        }
    }
    match open {
        None => Ok(()),
        Some(at) => Err((
            count_breaks(&file[..at]) + 1,
            "the quote that begins a field here is never closed".into(),
        )),
    }
}

/// Returns whether no field of a row has a value.
pub(super) fn is_blank(record: &ByteRecord) -> bool {
    let mut fields = record.iter();
    fields.all(|field| str::from_utf8(field).is_ok_and(has_no_value))
}

/// Returns whether a field has no character that shows, and none that is forbidden.
pub(super) fn has_no_value(field: &str) -> bool {
    let field = field.trim();
    text::trim_invisible(field).is_empty() && text::check_visible(field).is_ok()
}

/// Returns the text of a file in UTF-8, without a byte order mark. A file in another encoding than
/// UTF-16 with a byte order mark is returned as it is.
fn decode(file: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    const UTF_8: &[u8] = b"\xEF\xBB\xBF";
    const UTF_16_LE: &[u8] = b"\xFF\xFE";
    const UTF_16_BE: &[u8] = b"\xFE\xFF";

    let from_utf_16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = bytes.chunks_exact(2);
        let is_whole = pairs.remainder().is_empty();
        let units: Vec<u16> = pairs.map(|pair| unit([pair[0], pair[1]])).collect();
        match String::from_utf16(&units) {
            Ok(text) if is_whole => Ok(Cow::Owned(text.into_bytes())),
            _ => Err("the file is not valid UTF-16: save it as CSV in UTF-8".to_owned()),
        }
    };
    if let Some(bytes) = file.strip_prefix(UTF_16_LE) {
        from_utf_16(bytes, u16::from_le_bytes)
    } else if let Some(bytes) = file.strip_prefix(UTF_16_BE) {
        from_utf_16(bytes, u16::from_be_bytes)
    } else {
        Ok(Cow::Borrowed(file.strip_prefix(UTF_8).unwrap_or(file)))
    }
}

/// Returns the separator that the first line names, as in `sep=;`, possibly in quotes, and the lines
/// below.
fn named_separator(file: &[u8]) -> Option<(u8, &[u8])> {
    let unquoted = file.strip_prefix(b"\"");
    let (separator, rest) = unquoted
        .unwrap_or(file)
        .strip_prefix(b"sep=")?
        .split_first()?;
    let rest = match unquoted {
        Some(_) => rest.strip_prefix(b"\"")?,
        None => rest,
    };
    let rows = rest
        .strip_prefix(b"\r\n")
        .or_else(|| rest.strip_prefix(b"\n"))
        .or_else(|| rest.strip_prefix(b"\r"))?;
    Some((*separator, rows))
}

/// Returns the rows of a file, each with the line on which it starts, from 1. The position that the
/// CSV reader gives is of no use: for a row after an empty line, or after a CRLF, it points to the
/// line break before the row.
fn numbered_records(
    file: &[u8],
    separator: u8,
) -> impl Iterator<Item = (u64, ByteRecord)> + use<'_> {
    let reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(file);
    let (mut start, mut line) = (0, 1);
    reader.into_byte_records().map(move |record| {
        let record = record.expect("reading from memory does not fail");
        let position = record.position().map_or(0, csv::Position::byte) as usize;
        let breaks = file[position..].iter().take_while(|byte| is_break(byte));
        let next_start = position + breaks.count();
        line += count_breaks(&file[start..next_start]);
        start = next_start;
        (line, record)
    })
}

fn is_break(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Returns the number of line breaks: LF, CRLF, or CR alone, as the CSV reader sees them.
fn count_breaks(text: &[u8]) -> u64 {
    let last_of_break = |(at, byte): (usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    text.iter()
        .enumerate()
        .map(last_of_break)
        .map(u64::from)
        .sum()
}

/// Returns a row as text.
pub(super) fn to_text(record: ByteRecord) -> Result<StringRecord, String> {
    StringRecord::from_byte_record(record)
        .map_err(|_| "the row is not UTF-8: save the file as CSV in UTF-8".into())
}
