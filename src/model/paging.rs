use super::error::Invalid;

/// The page of a list that a caller asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paging {
    page: PageNumber,
    size: PageSize,
}

impl Paging {
    /// Returns the page with a number, in a list that is divided into pages of one size.
    pub fn new(page: PageNumber, size: PageSize) -> Self {
        Self { page, size }
    }

    /// Returns the number of the page, from 1.
    pub fn page(self) -> u64 {
        self.page.0
    }

    /// Returns the greatest number of entries on a page, from 1 to 100.
    pub fn size(self) -> u32 {
        self.size.0
    }

    /// Returns the number of entries before the page.
    pub fn offset(self) -> u64 {
        (self.page() - 1) * u64::from(self.size())
    }

    /// Returns the number of pages of a list with `total` entries.
    pub fn pages_of(self, total: u64) -> u64 {
        total.div_ceil(u64::from(self.size()))
    }
}

/// The number of a page, from 1 (the default) to 2147483647.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageNumber(u64);

impl PageNumber {
    /// The greatest number, which fits into a signed 32-bit integer of any client.
    pub const MAX: i64 = 2_147_483_647;

    /// Returns the page number with a value.
    ///
    /// # Errors
    /// A number below 1 or over 2147483647.
    pub fn new(number: i64) -> Result<Self, Invalid> {
        match u64::try_from(number) {
            Ok(page) if (1..=Self::MAX).contains(&number) => Ok(Self(page)),
            _ => Err(Invalid::new("must be a whole number from 1 to 2147483647")),
        }
    }
}

impl Default for PageNumber {
    fn default() -> Self {
        Self(1)
    }
}

/// The greatest number of entries on a page, from 1 to 100, by default 20.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u32);

impl PageSize {
    /// The greatest size.
    pub const MAX: u32 = 100;

    /// Returns the page size with a value.
    ///
    /// # Errors
    /// A number below 1 or over 100.
    pub fn new(size: i64) -> Result<Self, Invalid> {
        match u32::try_from(size) {
            Ok(size) if (1..=Self::MAX).contains(&size) => Ok(Self(size)),
            _ => Err(Invalid::new("must be a whole number from 1 to 100")),
        }
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(20)
    }
}

/// One page of a list, with the length of the whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries of this page.
    pub entries: Vec<T>,
    /// The number of entries on all pages.
    pub total: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_counts_the_entries_before_the_page() {
        let paging = |page, size| {
            let page = PageNumber::new(page).expect("a number");
            Paging::new(page, PageSize::new(size).expect("a size"))
        };
        assert_eq!(paging(1, 20).offset(), 0);
        assert_eq!(paging(3, 20).offset(), 40);
        assert_eq!(paging(2_147_483_647, 100).offset(), 214_748_364_600);
    }

    #[test]
    fn pages_and_sizes_have_limits() {
        for number in [i64::MIN, -1, 0] {
            assert!(PageNumber::new(number).is_err());
            assert!(PageSize::new(number).is_err());
        }
        assert!(PageNumber::new(2_147_483_648).is_err());
        assert!(PageSize::new(100).is_ok());
        assert!(PageSize::new(101).is_err());
    }
}
