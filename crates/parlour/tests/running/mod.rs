//! The real binary for tests: run to its end, or running until dropped, and files to feed it.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses what it needs of this"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The program with an empty environment.
pub(crate) fn parlour(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
    command.args(words).env_clear();
    command
}

/// Runs it to its end.
pub(crate) fn output(words: &[&str]) -> Output {
    parlour(words).output().unwrap()
}

/// Everything it said.
pub(crate) fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A port that nobody has by TCP or UDP, and that nobody is given before it is used: below those that the system gives away by
/// itself (Linux: from 32768 on). Programs of tests run side by side; each counts from a place of its own.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() * 211 % 20_000).unwrap();
    (0..1000)
        .map(|_| 10_000 + (first + GIVEN.fetch_add(1, Ordering::Relaxed)) % 20_000)
        .find(|port| {
            let at = (Ipv4Addr::LOCALHOST, *port);
            TcpListener::bind(at).is_ok() && UdpSocket::bind(at).is_ok()
        })
        .expect("one port of a thousand is free")
}

/// A directory of its own for each test, gone with it.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("parlour-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file that only its owner may read, and returns its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = self.path(name);
        let mut options = std::fs::OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program serving on ports of its own, ended when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    /// Where the page is, as ADDRESS:PORT.
    pub(crate) page: String,
    /// Where the relay is.
    pub(crate) relay: String,
    log: mpsc::Receiver<String>,
}

impl Running {
    pub(crate) fn start(words: &[&str]) -> Self {
        Self::start_with(words, &[])
    }

    /// With a certificate, at `page`; no plain http.
    pub(crate) fn start_tls(words: &[&str], page: &str) -> Self {
        let relay = format!("127.0.0.1:{}", free_port());
        let command = parlour(&[&["--relay-listen", &relay], words].concat());
        Self::wait(command, page.to_owned(), relay, "https")
    }

    /// With these environment variables.
    pub(crate) fn start_with(words: &[&str], variables: &[(&str, &str)]) -> Self {
        let (page, relay) = (
            format!("127.0.0.1:{}", free_port()),
            format!("127.0.0.1:{}", free_port()),
        );
        let mut command = parlour(&[&["--listen", &page, "--relay-listen", &relay], words].concat());
        command.envs(variables.iter().copied());
        Self::wait(command, page, relay, "http")
    }

    fn wait(mut command: Command, page: String, relay: String, scheme: &str) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, log) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| lines.send(line))
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, format!("Parlour is ready: open {scheme}://{page}\n"));
        Self {
            child,
            page,
            relay,
            log,
        }
    }

    /// Waits for the next line of the log that contains `words`.
    pub(crate) fn log_line(&self, words: &str, within: Duration) -> String {
        let until = Instant::now() + within;
        let mut others = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) if line.contains(words) => return line,
                Ok(line) => others.push(line),
                Err(_) => panic!("the log does not say {words:?} within {within:?}, but {others:#?}"),
            }
        }
    }

    /// What else the log says until the program ends.
    pub(crate) fn rest_of_log(&self) -> String {
        self.log.iter().collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Sends `request` to the page's port and reads to the end.
    pub(crate) fn exchange(&self, request: &str) -> String {
        exchange(&self.page, request)
    }
}

/// Sends `request` to `address` and reads to the end.
pub(crate) fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended in the good case.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
