//! Finds the space in the pages of a database that nothing uses, where old content may stay.
//!
//! Where SQLite moves a row from one page to another it leaves a copy of it behind, which a deletion
//! of the row does not find. Databases of roomd 0.1 also kept what was deleted itself. The layout of
//! pages is that of "Database File Format", sections 1.5 and 1.6, sqlite.org.

use std::ops::Range;

/// Where the header of the first page begins: behind that of the file.
const FIRST_PAGE_HEADER: usize = 100;

/// The most pages that a file may have so that the first byte of a page tells whether it belongs to
/// a tree: other pages in use begin with the number of a page, in which that byte is 0 or 1 so far.
pub(super) const MAX_PAGES: u32 = 1 << 25;

/// What a page is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageUse {
    /// The first page of the file, which belongs to a tree.
    First,
    /// It belongs to a tree, or to a row that is longer than a page.
    Content,
    /// It lists free pages.
    FreeList,
    /// It is free.
    Free,
}

/// Overwrites the free space of a page with zeros. Returns whether anything else was in it.
pub(super) fn erase(page: &mut [u8], page_use: PageUse) -> bool {
    let has_content = has_content(page, page_use);
    if has_content {
        for range in find(page, page_use) {
            page[range].fill(0);
        }
    }
    has_content
}

/// Returns whether the free space of a page has anything but zeros in it.
pub(super) fn has_content(page: &[u8], page_use: PageUse) -> bool {
    let mut ranges = find(page, page_use).into_iter();
    ranges.any(|range| page[range].iter().any(|byte| *byte != 0))
}

/// Returns which bytes of a page nothing uses. Empty ranges may be among them.
fn find(page: &[u8], page_use: PageUse) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    match page_use {
        PageUse::First => find_in_tree(page, FIRST_PAGE_HEADER, &mut found),
        PageUse::Content => find_in_tree(page, 0, &mut found),
        PageUse::FreeList => {
            let listed = usize::try_from(u32::from_be_bytes([page[4], page[5], page[6], page[7]]));
            let end = listed.unwrap_or(usize::MAX).saturating_mul(4);
            found.push(end.saturating_add(8).min(page.len())..page.len());
        }
        PageUse::Free => found.push(0..page.len()),
    }
    found
}

/// Finds what is free between the list of cells and the cells, and in the list of free blocks.
fn find_in_tree(page: &[u8], header: usize, found: &mut Vec<Range<usize>>) {
    let number = |at: usize| usize::from(u16::from_be_bytes([page[at], page[at + 1]]));
    let header_bytes = match page[header] {
        2 | 5 => 12,
        10 | 13 => 8,
        _ => return, // not a page of a tree
    };
    let list_end = header + header_bytes + 2 * number(header + 3);
    let cells_start = number(header + 5);
    if list_end > cells_start || cells_start > page.len() {
        return;
    }
    found.push(list_end..cells_start);
    // A block begins with the offset of the next one and its own size. Offsets grow.
    let (mut block, mut previous_end) = (number(header + 1), cells_start);
    while block >= previous_end && block + 4 <= page.len() {
        let end = block + number(block + 2);
        if end < block + 4 || end > page.len() {
            break;
        }
        found.push(block + 4..end);
        (block, previous_end) = (number(block), end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_BYTES: usize = 4096;

    #[test]
    fn the_space_between_the_list_and_the_cells_is_erased() {
        for (kind, header, list) in [(13, 0, 8), (10, 0, 8), (5, 0, 12), (2, 100, 112)] {
            let mut page = vec![7; PAGE_BYTES];
            page[header] = kind;
            page[header + 1..header + 7].copy_from_slice(&[0, 0, 0, 3, 0x0F, 0x00]);
            let before = page.clone();
            let page_use = match header {
                0 => PageUse::Content,
                _ => PageUse::First,
            };
            assert!(has_content(&page, page_use));
            assert!(erase(&mut page, page_use));
            assert_eq!(page[..list + 6], before[..list + 6]);
            assert!(page[list + 6..0x0F00].iter().all(|byte| *byte == 0));
            assert_eq!(page[0x0F00..], before[0x0F00..]);
            assert!(!has_content(&page, page_use));
        }
    }

    #[test]
    fn free_blocks_among_the_cells_are_erased_and_their_list_stays() {
        let mut page = vec![7; PAGE_BYTES];
        page[..8].copy_from_slice(&[13, 0x0F, 0x10, 0, 0, 0x0F, 0x00, 0]);
        page[0x0F10..0x0F14].copy_from_slice(&[0x0F, 0x80, 0, 0x20]);
        page[0x0F80..0x0F84].copy_from_slice(&[0, 0, 0, 0x10]);
        let before = page.clone();
        assert!(erase(&mut page, PageUse::Content));
        for (at, is_erased) in [
            (0x0F00, false),
            (0x0F13, false),
            (0x0F14, true),
            (0x0F2F, true),
            (0x0F30, false),
            (0x0F83, false),
            (0x0F84, true),
            (0x0F8F, true),
            (0x0F90, false),
        ] {
            let expected = if is_erased { 0 } else { before[at] };
            assert_eq!(page[at], expected, "{at:#x}");
        }
    }

    #[test]
    fn a_page_of_a_long_row_stays_and_a_list_that_makes_no_sense_is_not_followed() {
        let mut overflow = vec![7; PAGE_BYTES];
        overflow[..4].fill(0);
        let mut wild = vec![7; PAGE_BYTES];
        // The list of cells ends behind the cells.
        wild[..7].copy_from_slice(&[13, 0, 0, 0x0F, 0xFF, 0, 9]);
        let mut circle = vec![7; PAGE_BYTES];
        circle[..8].copy_from_slice(&[13, 0x0F, 0, 0, 0, 0x0F, 0, 0]);
        circle[0x0F00..0x0F04].copy_from_slice(&[0x0F, 0, 0, 4]);
        let expected = [overflow.clone(), wild.clone()];
        for (page, expected) in [&mut overflow, &mut wild].into_iter().zip(expected) {
            assert!(!erase(page, PageUse::Content));
            assert_eq!(*page, expected);
        }
        assert!(erase(&mut circle, PageUse::Content));
    }

    #[test]
    fn of_a_list_of_free_pages_only_the_entries_stay() {
        let mut page = vec![7; PAGE_BYTES];
        page[..8].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 2]);
        assert!(erase(&mut page, PageUse::FreeList));
        assert_eq!(page[8..16], [7; 8]);
        assert!(page[16..].iter().all(|byte| *byte == 0));
        assert!(erase(&mut page, PageUse::Free));
        assert_eq!(page, vec![0; PAGE_BYTES]);
    }
}
