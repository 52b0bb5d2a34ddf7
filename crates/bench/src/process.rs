//! What the kernel says about a process and about the machine (/proc), on Linux.

use std::fs;
use std::io;
use std::time::Duration;

/// CPU time of all threads of a process, system calls and the network work done in them included.
///
/// Threads that have ended are not counted; servers here keep theirs.
pub(crate) fn cpu(pid: u32) -> io::Result<Duration> {
    schedstat(pid, 0)
}

/// Time for which threads of a process could have run and had no core, since others (or threads of its own) had it.
pub(crate) fn waited(pid: u32) -> io::Result<Duration> {
    schedstat(pid, 1)
}

/// All threads' sums of one field: time on a core, time waiting for one (the kernel's sched-stats.rst).
fn schedstat(pid: u32, field: usize) -> io::Result<Duration> {
    let mut nanos = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end between the listing and the reading.
        if let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) {
            let number = text.split_whitespace().nth(field);
            nanos += number.and_then(|number| number.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    Ok(Duration::from_nanos(nanos))
}

/// Resident memory in bytes.
pub(crate) fn resident(pid: u32) -> io::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(first_number(line.unwrap_or_default()) * 1024)
}

/// Time that all cores together have been busy since the start, in hundredths of a second.
pub(crate) fn machine_busy() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/stat")?;
    Ok(busy_ticks(text.lines().next().unwrap_or_default()))
}

/// The processor's name and the number of cores, the kernel's release.
pub(crate) fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("an unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    let cores = info.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{model}, {cores} cores, Linux {}", kernel.trim())
}

fn busy_ticks(line: &str) -> u64 {
    // cpu user nice system idle iowait irq softirq steal; steal is others' work on the host.
    let fields: Vec<u64> = line
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    let idle: u64 = fields.iter().skip(3).take(2).sum();
    fields.iter().take(8).sum::<u64>() - idle
}

fn first_number(text: &str) -> u64 {
    text.split_whitespace()
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_and_waiting_are_not_busy() {
        assert_eq!(busy_ticks("cpu  10 1 20 400 50 3 4 5 0 0"), 43);
    }

    #[test]
    fn this_process_uses_memory_and_time() {
        let pid = std::process::id();
        assert!(resident(pid).unwrap() > 100_000);
        assert!(cpu(pid).unwrap() > Duration::ZERO);
    }
}
