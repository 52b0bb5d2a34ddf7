//! How many sockets this process may open (getrlimit(2), RLIMIT_NOFILE).

/// The limit of open files; `None` if the system sets none, or there is no such thing (elsewhere than on Unix).
///
/// Every allocation of the public relay takes one. What it may take must leave enough for everybody else in the
/// process.
#[must_use]
pub fn open_files_limit() -> Option<usize> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        let limit = getrlimit(Resource::Nofile).current?;
        Some(usize::try_from(limit).unwrap_or(usize::MAX))
    }
    #[cfg(not(unix))]
    None
}

/// Takes as many as the system grants: the soft limit, 1024 on most, is for programs that use select(2), and this is
/// none. To be called before anything is shared out. What is not granted stays as it is.
pub fn raise_open_files_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        if limit.current != limit.maximum {
            limit.current = limit.maximum;
            // A sandbox may forbid it; the warning of few files then says what to do.
            let _ = setrlimit(Resource::Nofile, limit);
        }
    }
}
