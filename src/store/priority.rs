//! The order in which work gets the processors.

/// Leaves the processors to other threads where they do not suffice for all: for work that takes
/// long, so that short work goes first. It cannot be undone. Only Linux counts it for the calling
/// thread alone ("setpriority(2)", man7.org); elsewhere nothing happens.
#[cfg(target_os = "linux")]
pub(crate) fn stand_back() {
    /// A tenth of the share of the others, so that nothing starves.
    const NICE: i32 = 10;

    // Refused to a process that as a whole stands back further, which is as good.
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn stand_back() {}
