//! What the process takes of the machine. The names are those that programs in all languages have, so that
//! dashboards for processes show this one too.

use super::exposition::{Exposition, Source};
use std::time::{SystemTime, UNIX_EPOCH};

/// The running process.
#[derive(Debug)]
pub(crate) struct Process {
    started: SystemTime,
}

impl Process {
    /// Returns the process, which starts about now.
    pub(crate) fn starting() -> Self {
        Self {
            started: SystemTime::now(),
        }
    }
}

impl Source for Process {
    fn add_to(&self, page: &mut Exposition) {
        let name = "roomd_build_info";
        let help = "The version that runs; the value is always 1.";
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        page.gauge(name, help).add(&version, 1_u64);
        let name = "process_start_time_seconds";
        let help = "When the server started, in seconds since 1970.";
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        page.gauge(name, help).set(started.as_secs_f64());
        let name = "process_cpu_seconds_total";
        let help = "Processor time of all threads, in user and system mode.";
        page.counter(name, help).set_if_known(cpu_seconds());
        let name = "process_resident_memory_bytes";
        let help = "Memory that is resident.";
        page.gauge(name, help).set_if_known(resident_bytes());
        let name = "process_open_fds";
        page.gauge(name, "Open files and sockets.")
            .set_if_known(open_files());
        let name = "process_max_fds";
        let help = "How many files and sockets may be open.";
        let limit = rlimit::Resource::NOFILE.get_soft().ok();
        page.gauge(name, help).set_if_known(limit);
    }
}

/// Returns None where the system does not tell, as do the functions below.
fn cpu_seconds() -> Option<f64> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
    }
    #[cfg(not(unix))]
    None
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(kibibytes * 1024)
}

fn open_files() -> Option<u64> {
    let folder = std::path::Path::new("/proc/self/fd");
    // Linux tells the number as the size since version 6.2. Before, each is a name in the folder, of
    // which one is that of the folder itself.
    match folder.metadata().ok()?.len() {
        0 => Some((folder.read_dir().ok()?.count() as u64).saturating_sub(1)),
        count => Some(count),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_tells_all_figures() {
        assert!(cpu_seconds().is_some_and(|time| time > 0.0));
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1 << 20));
        let before = open_files().expect("a number");
        let open = |_| std::fs::File::open("/proc/self/status").expect("a file");
        let files: Vec<_> = (0..100).map(open).collect();
        // Other tests of this process open and close files too.
        assert!(open_files().expect("a number") >= before + 50);
        drop(files);
    }
}
