//! Finds commits in the WAL that SQLite does not know.
//!
//! A process that dies between writing a commit to the WAL and entering it in the index leaves such
//! frames. The process that opens the database next reads them back, unless another has the index
//! open: then the next commit overwrites them. No caller was told of such a commit, so nothing is
//! lost, but a program that copies the WAL may have copied them.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

// Sizes in bytes and offsets are those of "WAL-mode File Format", sections 1 and 2.1, sqlite.org.
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const INDEX_HEADER: usize = 48;

/// The first word of a WAL, whose last bit tells the byte order of the words in its checksums.
const MAGIC: u32 = 0x377F_0682;

/// Returns how many frames of whole commits stand in the WAL behind those that its index has. 0 where
/// one of the two cannot be read, or is in use for longer than the timeout of the connection.
pub(in crate::store::sqlite) fn count(connection: &Connection, wal: &Path, index: &File) -> u32 {
    // Meanwhile no writer is between the WAL and its index.
    let lock = Transaction::new_unchecked(connection, TransactionBehavior::Immediate);
    let (Ok(_lock), Some(index)) = (lock, Index::read(index)) else {
        return 0;
    };
    // On the WAL there are no POSIX locks, which closing a handle would drop.
    let wal = File::open(wal).ok();
    wal.and_then(|wal| count_behind(BufReader::new(wal), &index))
        .unwrap_or(0)
}

/// What the index of a WAL says of it.
struct Index {
    frames: u32,
    checksum: [u32; 2],
    /// In the byte order of the WAL.
    salts: [u8; 8],
}

impl Index {
    #[cfg(unix)]
    fn read(file: &File) -> Option<Self> {
        let mut header = [0; INDEX_HEADER];
        std::os::unix::fs::FileExt::read_exact_at(file, &mut header, 0).ok()?;
        let word = |at: usize| header[at..at + 4].try_into().map(u32::from_ne_bytes);
        Some(Self {
            frames: word(16).ok()?,
            checksum: [word(24).ok()?, word(28).ok()?],
            salts: header[32..40].try_into().ok()?,
        })
    }

    #[cfg(not(unix))]
    fn read(_: &File) -> Option<Self> {
        None
    }
}

/// Reads the frames behind those of the index. None if the WAL ends before them or cannot be read.
fn count_behind(mut wal: impl Read + Seek, index: &Index) -> Option<u32> {
    let mut header = [0; WAL_HEADER];
    wal.read_exact(&mut header).ok()?;
    let magic = big_endian(&header, 0);
    let page_bytes = usize::try_from(big_endian(&header, 8)).ok()?;
    if magic & !1 != MAGIC || page_bytes > 65_536 || header[16..24] != index.salts {
        return None;
    }
    let is_big_endian = magic & 1 == 1;
    let mut checksum = match index.frames {
        0 => [big_endian(&header, 24), big_endian(&header, 28)],
        _ => index.checksum,
    };
    let frame_bytes = u64::try_from(FRAME_HEADER + page_bytes).ok()?;
    let start = u64::try_from(WAL_HEADER).ok()? + u64::from(index.frames) * frame_bytes;
    wal.seek(SeekFrom::Start(start)).ok()?;
    let mut frame = vec![0; FRAME_HEADER + page_bytes];
    let (mut found, mut committed) = (0, 0);
    while wal.read_exact(&mut frame).is_ok() && frame[8..16] == index.salts {
        checksum = add(checksum, &frame[..8], is_big_endian);
        checksum = add(checksum, &frame[FRAME_HEADER..], is_big_endian);
        if checksum != [big_endian(&frame, 16), big_endian(&frame, 20)] {
            break;
        }
        found += 1;
        // The last frame of a commit has the size of the database.
        if big_endian(&frame, 4) != 0 {
            committed = found;
        }
    }
    Some(committed)
}

fn big_endian(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Continues a checksum with pairs of words.
fn add([mut first, mut second]: [u32; 2], bytes: &[u8], is_big_endian: bool) -> [u32; 2] {
    let word = |bytes: [u8; 4]| match is_big_endian {
        true => u32::from_be_bytes(bytes),
        false => u32::from_le_bytes(bytes),
    };
    for pair in bytes.as_chunks::<8>().0 {
        let [a, b, c, d, e, f, g, h] = *pair;
        first = first.wrapping_add(word([a, b, c, d])).wrapping_add(second);
        second = second.wrapping_add(word([e, f, g, h])).wrapping_add(first);
    }
    [first, second]
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::store::sqlite::connection::{self, OpenFiles, beside};
    use std::os::unix::fs::FileExt;

    #[test]
    fn commits_that_the_index_lacks_are_counted() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("a.db");
        connection::create_if_missing(&path).expect("a file");
        let open = || connection::open_unchecked(&path).expect("a connection");
        let writing = open();
        connection::enter_wal_mode(&writing, &path).expect("WAL mode");
        let sql = "CREATE TABLE log (entry); INSERT INTO log VALUES ('a')";
        writing.execute_batch(sql).expect("a table");
        let files = OpenFiles::open(&path).expect("open files");
        let (wal, index) = (beside(&path, "-wal"), &files.wal_index);
        assert_eq!(count(&writing, &wal, index), 0);
        // As a process leaves it that dies just after its commit was written.
        let mut before = [0; 2 * INDEX_HEADER];
        index.read_exact_at(&mut before, 0).expect("an index");
        let insert = "INSERT INTO log VALUES (randomblob(10000))";
        writing.execute(insert, []).expect("a commit");
        assert_eq!(count(&writing, &wal, index), 0);
        let index_path = beside(&path, "-shm");
        let writable = File::options().write(true).open(index_path);
        let writable = writable.expect("an index");
        writable.write_all_at(&before, 0).expect("an index");
        let other = open();
        let frames = count(&other, &wal, index);
        assert!((3..10).contains(&frames), "{frames}");
        // The next commit overwrites them.
        other.execute(insert, []).expect("a commit");
        assert_eq!(count(&other, &wal, index), 0);
        drop((other, writing, writable));
    }
}
