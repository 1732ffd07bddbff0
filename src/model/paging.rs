use super::error::Invalid;

/// Which part of a long list is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paging {
    page: PageNumber,
    size: PageSize,
}

impl Paging {
    /// The page with that number, from 1, of pages with that size, from 1 to 100.
    pub fn new(page: PageNumber, size: PageSize) -> Self {
        Self { page, size }
    }

    /// The number of the page.
    pub fn page(self) -> u64 {
        self.page.0
    }

    /// How many entries a page has.
    pub fn size(self) -> u32 {
        self.size.0
    }

    /// How many entries come before the page.
    pub fn offset(self) -> u64 {
        (self.page() - 1) * u64::from(self.size())
    }

    /// How many pages so many entries fill.
    pub fn pages_of(self, total: u64) -> u64 {
        total.div_ceil(u64::from(self.size()))
    }
}

/// The number of a page, from 1 to 2147483647.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageNumber(u64);

impl PageNumber {
    /// The largest number: what every client can hold.
    pub const MAX: i64 = 2_147_483_647;

    /// Takes a number.
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

/// The size of a page, from 1 to 100, by default 20.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u32);

impl PageSize {
    /// The largest page.
    pub const MAX: u32 = 100;

    /// Takes a number.
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

/// A part of a long list, and how long all of it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries of this page.
    pub entries: Vec<T>,
    /// How many entries all pages have.
    pub total: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_what_comes_before() {
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
