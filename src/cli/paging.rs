//! Lists in pages.

use crate::model::{Invalid, PageNumber, PageSize, Paging};

/// The flags of the verbs that list.
#[derive(clap::Args)]
pub(super) struct PagingArgs {
    /// Page to print
    #[arg(long, value_name = "N", default_value = "1", value_parser = page_number)]
    page: PageNumber,
    /// Entries per page, at most 100
    #[arg(long, value_name = "N", default_value = "100", value_parser = page_size)]
    size: PageSize,
}

impl PagingArgs {
    pub(super) fn paging(&self) -> Paging {
        Paging::new(self.page, self.size)
    }
}

// A text that is no number becomes 0, which is out of range too.
fn page_number(text: &str) -> Result<PageNumber, Invalid> {
    PageNumber::new(text.parse().unwrap_or_default())
}

fn page_size(text: &str) -> Result<PageSize, Invalid> {
    PageSize::new(text.parse().unwrap_or_default())
}

/// Returns a line that says which page of a list this is, after a line break; nothing if it is the
/// only one.
pub(super) fn page_line(paging: Paging, total: u64, things: &str) -> String {
    match paging.pages_of(total) {
        0 | 1 => String::new(),
        pages => format!("\npage {} of {pages}, {total} {things}", paging.page()),
    }
}
