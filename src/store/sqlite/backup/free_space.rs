//! Erases the free space in the pages of a copy that no process has open.
//!
//! Where SQLite moves a row from one page to another it leaves a copy of it behind, which a deletion
//! of the row does not find. The layout is that of "Database File Format", section 1.6, sqlite.org.

/// The size of a page of a database in bytes.
const PAGE_BYTES: usize = 4096;

/// Where the header of the first page begins: behind that of the file.
const FIRST_PAGE_HEADER: usize = 100;

/// The largest file, in bytes, in which the first byte of a page tells whether it belongs to a tree:
/// other pages in use begin with the number of a page, in which that byte is 0 or 1 so far.
const MAX_BYTES: u64 = (1 << 25) * PAGE_BYTES as u64;

/// Overwrites with zeros what is free between the list of cells and the cells of each page. `piece`
/// begins at `offset` in a file of so many bytes.
pub(super) fn erase(piece: &mut [u8], offset: u64, file_bytes: u64) {
    if !offset.is_multiple_of(PAGE_BYTES as u64) || file_bytes > MAX_BYTES {
        return;
    }
    for (number, page) in piece.chunks_exact_mut(PAGE_BYTES).enumerate() {
        let is_first = offset == 0 && number == 0;
        erase_in_page(page, if is_first { FIRST_PAGE_HEADER } else { 0 });
    }
}

fn erase_in_page(page: &mut [u8], header: usize) {
    let number = |at: usize| usize::from(u16::from_be_bytes([page[at], page[at + 1]]));
    let header_bytes = match page[header] {
        2 | 5 => 12,
        10 | 13 => 8,
        _ => return, // not a page of a tree
    };
    let list_end = header + header_bytes + 2 * number(header + 3);
    let cells_start = number(header + 5);
    if let Some(free) = page.get_mut(list_end..cells_start) {
        free.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_space_between_the_list_and_the_cells_is_erased() {
        for (kind, header, list) in [(13, 0, 8), (10, 0, 8), (5, 0, 12), (2, 100, 112)] {
            let mut page = vec![7; PAGE_BYTES];
            page[header] = kind;
            page[header + 3..header + 7].copy_from_slice(&[0, 3, 0x0F, 0x00]);
            let before = page.clone();
            erase(&mut page, if header == 0 { 4096 } else { 0 }, 8192);
            assert_eq!(page[..list + 6], before[..list + 6]);
            assert!(page[list + 6..0x0F00].iter().all(|byte| *byte == 0));
            assert_eq!(page[0x0F00..], before[0x0F00..]);
        }
    }

    #[test]
    fn other_pages_and_large_files_stay_unchanged() {
        let mut overflow = vec![7; PAGE_BYTES];
        overflow[..4].fill(0);
        let mut tree = vec![7; PAGE_BYTES];
        tree[..7].copy_from_slice(&[13, 0, 0, 0, 3, 0x0F, 0]);
        for (page, file_bytes) in [(overflow, 8192), (tree, MAX_BYTES + 1)] {
            let mut erased = page.clone();
            erase(&mut erased, 4096, file_bytes);
            assert_eq!(erased, page);
        }
    }
}
