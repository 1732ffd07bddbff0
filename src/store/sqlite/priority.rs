//! The priority of threads whose work may take longer, so that point reads and writes need not.

/// Lowers the share of the processor that the calling thread gets where there is not enough for all
/// threads. On Linux only: elsewhere a priority belongs to the whole process ("setpriority(2)",
/// man7.org).
///
/// A thread without privileges cannot raise its priority again. So this is for threads of our own
/// only, never for one of a shared pool, which later runs other work.
pub(super) fn lower_priority() {
    /// (Tuning: about a tenth of the share of other threads, so that none starves.)
    #[cfg(target_os = "linux")]
    const NICE: i32 = 10;

    #[cfg(target_os = "linux")]
    {
        // Where the whole process has a lower priority already, this would raise it for root.
        if rustix::process::getpriority_process(None).is_ok_and(|nice| nice < NICE) {
            let _ = rustix::process::setpriority_process(None, NICE);
        }
    }
}
