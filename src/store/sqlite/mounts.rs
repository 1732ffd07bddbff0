//! The mounts that this process sees, as Linux lists them.

use std::path::PathBuf;

/// A mounted file system, or a folder or file of one that is mounted at another place as well.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// Where it is mounted.
    pub(super) point: PathBuf,
    /// The kind of file system, by the name that Linux has for it.
    pub(super) kind: String,
}

/// Returns the mounts, in the order in which they were mounted; None where the system does not list
/// them.
pub(super) fn list() -> Option<Vec<Mount>> {
    let text = std::fs::read("/proc/self/mountinfo").ok()?;
    Some(parse(&text))
}

/// Parses proc_pid_mountinfo(5).
pub(super) fn parse(text: &[u8]) -> Vec<Mount> {
    let mount = |line: &[u8]| {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        // The number of optional fields differs; the separator ends them.
        let separator = fields.iter().position(|field| *field == b"-")?;
        let kind = fields.get(separator + 1)?;
        Some(Mount {
            point: path(unescape(fields.get(4)?)),
            kind: String::from_utf8_lossy(kind).into_owned(),
        })
    };
    text.split(|byte| *byte == b'\n')
        .filter_map(mount)
        .collect()
}

/// Decodes the bytes that are written as a backslash and three octal digits: blanks, line ends and
/// the backslash itself.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        let octal = |digits: &[u8]| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 8).ok()
        };
        match (first, after.get(..3).and_then(octal)) {
            (b'\\', Some(byte)) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(unix)]
fn path(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;

    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_optional_fields_are_understood() {
        let text = b"22 1 8:1 / / rw - ext4 /dev/vda rw\n\
                     30 22 8:1 /a /srv/my\\040disk\\134 rw shared:1 master:2 - xfs /dev/vdb rw\n";
        let mount = |point: &str, kind: &str| Mount {
            point: point.into(),
            kind: kind.into(),
        };
        let expected = [mount("/", "ext4"), mount("/srv/my disk\\", "xfs")];
        assert_eq!(parse(text), expected);
    }
}
