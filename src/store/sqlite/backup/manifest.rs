//! Reads and writes the manifest of a backup.

use super::file_system::folder_of;
use crate::model::Timestamp;
use crate::model::file_kind::other_kind;
use crate::store::sqlite::connection::beside;
use crate::store::{Contents, DatabaseId, Manifest};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

impl Manifest {
    /// Returns the path of the manifest of a backup.
    pub(super) fn path(backup: &Path) -> PathBuf {
        beside(backup, ".json")
    }

    /// Describes a copy, which need not have its name yet.
    pub(super) fn describe(
        copy: &Path,
        contents: Contents,
        database_id: Option<DatabaseId>,
    ) -> io::Result<Self> {
        let (bytes, sha256) = copy_and_digest(File::open(copy)?, io::sink())?;
        Ok(Self {
            roomd: env!("CARGO_PKG_VERSION").into(),
            created_at: Timestamp::now().to_rfc3339(),
            bytes,
            sha256,
            database_id,
            contents,
        })
    }

    /// Returns whether a file is the one that is described.
    pub(super) fn describes(&self, file: &Path) -> bool {
        if other_kind(file).is_some() {
            return false;
        }
        let found = File::open(file).and_then(|file| copy_and_digest(file, io::sink()));
        found.is_ok_and(|(bytes, sha256)| bytes == self.bytes && sha256 == self.sha256)
    }

    /// Reads the manifest of a backup. Returns None if there is none.
    pub(super) fn find(backup: &Path) -> io::Result<Option<Self>> {
        let path = Self::path(backup);
        // To open a pipe waits for a program that writes it.
        if let Some(kind) = other_kind(&path) {
            return Err(io::Error::other(format!("it is {kind}")));
        }
        match File::open(path) {
            Ok(file) => Ok(Some(serde_json::from_reader(io::BufReader::new(file))?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the manifest to a file in the folder of the backup, which has a temporary name, and
    /// syncs the file.
    pub(super) fn write_beside(&self, backup: &Path) -> io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new_in(folder_of(backup))?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        Ok(file)
    }
}

/// Copies all bytes. Returns how many there were, and their SHA-256 in lower-case hexadecimal.
pub(super) fn copy_and_digest(
    mut from: impl Read,
    mut to: impl Write,
) -> io::Result<(u64, String)> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
        bytes += read as u64;
    }
    let digest = hash.finalize();
    let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, hex))
}
