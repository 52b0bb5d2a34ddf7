//! aioice, the TURN client of Python's WebRTC world, as a stranger over UDP and TCP. It binds channels.
//!
//! Makes a virtual environment below the target folder at its first run, from PyPI.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::bench::Bench;

/// The environment's interpreter.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aioice");
        let python = folder.join("bin/python");
        let has_aioice = Command::new(&python).args(["-c", "import aioice"]).output();
        if has_aioice.is_ok_and(|output| output.status.success()) {
            return python;
        }
        let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
        assert!(
            made.is_ok_and(|status| status.success()),
            "this test needs Python 3 with its venv module (Debian: python3-venv)"
        );
        let installed = Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aioice/requirements.txt"))
            .status();
        assert!(
            installed.is_ok_and(|status| status.success()),
            "this test needs aioice from PyPI and could not install it; is there a network, or an index set with \
             PIP_INDEX_URL?"
        );
        python
    })
}

#[test]
fn aioice_over_udp() {
    talk("udp");
}

#[test]
fn aioice_over_tcp() {
    talk("tcp");
}

fn talk(transport: &str) {
    let bench = Bench::new();
    let [one, other] = [1, 2].map(|n| bench.seat(n, 1).1);
    let output = Command::new(python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aioice/talk.py"))
        .args([&bench.server.port().to_string(), transport])
        .args([&one.username, &one.password, &other.username, &other.password])
        .output()
        .expect("the interpreter that was just made runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said.trim(),
        "ok 50",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        bench.handle.stats().forwarded.packets >= 100,
        "by way of this relay"
    );
}
