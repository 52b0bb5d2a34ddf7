//! The threads and tasks of a running data plane: started one by one, ended together.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use tokio::task::AbortHandle;

/// What [`Self::stop`] ends. Clones speak of the same ones.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Mutex<Parts>>);

#[derive(Default)]
struct Parts {
    threads: Vec<thread::JoinHandle<()>>,
    tasks: Vec<AbortHandle>,
}

impl Running {
    /// Starts a thread, which has to end by itself soon after the `wake` of [`Self::stop`].
    ///
    /// # Errors
    /// If the system gives none.
    pub(crate) fn thread(&self, name: String, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let thread = thread::Builder::new().name(name).spawn(run)?;
        self.lock().threads.push(thread);
        Ok(())
    }

    /// Starts a task on the caller's runtime; it is aborted in the end.
    pub(crate) fn task(&self, run: impl Future<Output = ()> + Send + 'static) {
        self.lock().tasks.push(tokio::spawn(run).abort_handle());
    }

    /// Aborts the tasks, calls `wake`, and waits for the threads. Another call finds nothing to do but `wake`.
    ///
    /// # Panics
    /// If a thread has panicked, which is a bug of ours.
    pub(crate) fn stop(&self, wake: impl FnOnce()) {
        let parts = std::mem::take(&mut *self.lock());
        for task in &parts.tasks {
            task.abort();
        }
        wake();
        for thread in parts.threads {
            thread.join().expect("the relay's threads do not panic");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Parts> {
        self.0
            .lock()
            .expect("nothing panics while it holds the list of threads")
    }
}
