//! What the system says about this process (Linux: proc(5)); elsewhere nothing.

/// Files and memory, where they are known.
#[derive(Debug, Default)]
pub(super) struct Process {
    pub(super) open_files: Option<usize>,
    pub(super) max_files: Option<usize>,
    pub(super) resident_bytes: Option<usize>,
}

impl Process {
    pub(super) fn read() -> Self {
        Self {
            open_files: std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count),
            max_files: parlour_relay_io::open_files_limit(),
            resident_bytes: std::fs::read_to_string("/proc/self/status")
                .ok()
                .and_then(|status| resident(&status)),
        }
    }
}

fn resident(status: &str) -> Option<usize> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: usize = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_line_that_holds_it() {
        assert_eq!(
            resident("Name:\tx\nVmRSS:\t    5232 kB\nThreads:\t4\n"),
            Some(5_357_568)
        );
        assert_eq!(resident("Name:\tx\n"), None);
    }
}
