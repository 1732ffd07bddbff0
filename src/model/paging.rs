use super::error::Invalid;

/// The largest page.
const MAX_SIZE: u32 = 100;

/// Which part of a long list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    page: u64,
    size: u32,
}

impl Paging {
    /// The page with that number, from 1, of pages with that size, from 1 to 100.
    pub fn new(page: PageNumber, size: PageSize) -> Self {
        Self {
            page: page.0,
            size: size.0,
        }
    }

    /// The number of the page.
    pub fn page(self) -> u64 {
        self.page
    }

    /// How many entries a page has.
    pub fn size(self) -> u32 {
        self.size
    }

    /// How many entries come before the page.
    pub fn offset(self) -> u64 {
        (self.page - 1).saturating_mul(u64::from(self.size))
    }
}

/// The number of a page, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageNumber(u64);

impl PageNumber {
    /// Takes a number.
    ///
    /// # Errors
    /// A number below 1.
    pub fn new(number: i64) -> Result<Self, Invalid> {
        match u64::try_from(number) {
            Ok(number) if number > 0 => Ok(Self(number)),
            _ => Err(Invalid::new("must be a whole number from 1")),
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
    /// Takes a number.
    ///
    /// # Errors
    /// A number below 1 or over 100.
    pub fn new(size: i64) -> Result<Self, Invalid> {
        match u32::try_from(size) {
            Ok(size) if (1..=MAX_SIZE).contains(&size) => Ok(Self(size)),
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
    fn the_offset_of_an_absurd_page_is_past_every_end() {
        let page = PageNumber::new(i64::MAX).expect("a number");
        let paging = Paging::new(page, PageSize::new(100).expect("a size"));
        assert!(paging.offset() > u64::from(u32::MAX));
        assert_eq!(
            Paging::new(PageNumber::default(), PageSize::default()).offset(),
            0
        );
    }

    #[test]
    fn pages_and_sizes_have_limits() {
        for number in [i64::MIN, -1, 0] {
            assert!(PageNumber::new(number).is_err());
            assert!(PageSize::new(number).is_err());
        }
        assert!(PageSize::new(100).is_ok());
        assert!(PageSize::new(101).is_err());
    }
}
