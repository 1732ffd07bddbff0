//! The priority of threads whose work may take longer, so that other work need not.

/// The share of the processor that a thread gets beside another of ordinary priority where there is
/// not enough for both.
#[derive(Debug, Clone, Copy)]
pub(super) enum Share {
    /// About a quarter.
    Quarter,
    /// About a tenth, so that the thread does not starve.
    Tenth,
}

/// Lowers the share of the processor that the calling thread gets where there is not enough for all
/// threads. On Linux only: elsewhere a priority belongs to the whole process ("setpriority(2)",
/// man7.org).
///
/// A thread without privileges cannot raise its priority again. So this is for threads of our own
/// only, never for one of a shared pool, which later runs other work.
pub(super) fn lower_priority(share: Share) {
    #[cfg(target_os = "linux")]
    {
        let lower = match share {
            Share::Quarter => 5,
            Share::Tenth => 10,
        };
        // Where the whole process has a lower priority already, this would raise it for root.
        if rustix::process::getpriority_process(None).is_ok_and(|nice| nice < lower) {
            let _ = rustix::process::setpriority_process(None, lower);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = share;
}
