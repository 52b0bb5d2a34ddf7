//! The log on standard error: how much, in which form, changed while running.
//!
//! Addresses and names appear at no level above debug, payloads and secrets at none; that is the duty of whoever
//! logs. Under systemd each line begins with its priority (sd-daemon(3)), so that `journalctl -p warning` works.

mod queue;

use std::fmt;
use std::io::IsTerminal as _;
use std::sync::OnceLock;

use tracing::{Event, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{fmt as layers, reload};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nothing at all
    Off,
    /// What stops the server
    Error,
    /// What is worth waking somebody for
    Warn,
    /// What an operator would tell a colleague
    Info,
    /// For finding out why; may contain addresses
    Debug,
    /// Everything
    Trace,
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// [`Self::Journal`] under systemd, else [`Self::Pretty`].
    Auto,
    /// For people, with colours on a terminal.
    Pretty,
    /// One JSON object a line.
    Json,
    /// For journald: the priority in front, no time.
    Journal,
}

const LEVELS: [(Level, &str); 6] = [
    (Level::Off, "off"),
    (Level::Error, "error"),
    (Level::Warn, "warn"),
    (Level::Info, "info"),
    (Level::Debug, "debug"),
    (Level::Trace, "trace"),
];
const FORMATS: [(Format, &str); 4] = [
    (Format::Auto, "auto"),
    (Format::Pretty, "pretty"),
    (Format::Json, "json"),
    (Format::Journal, "journal"),
];

impl Level {
    /// Reads its name.
    ///
    /// # Errors
    /// A sentence that lists the names.
    pub fn read(text: &str) -> Result<Self, String> {
        pick(&LEVELS, text)
    }

    const fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

impl Format {
    /// Reads its name.
    ///
    /// # Errors
    /// A sentence that lists the names.
    pub fn read(text: &str) -> Result<Self, String> {
        pick(&FORMATS, text)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_of(&LEVELS, self))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_of(&FORMATS, self))
    }
}

fn pick<T: Copy>(names: &[(T, &str)], text: &str) -> Result<T, String> {
    let found = names.iter().find(|(_, name)| *name == text);
    found.map(|(value, _)| *value).ok_or_else(|| {
        let all: Vec<_> = names.iter().map(|(_, name)| *name).collect();
        format!("allowed are {}", all.join(", "))
    })
}

fn name_of<T: PartialEq>(names: &[(T, &'static str)], value: &T) -> &'static str {
    names
        .iter()
        .find(|(known, _)| known == value)
        .map_or("", |(_, name)| name)
}

pub(crate) use queue::{dropped, finish};

/// By which the level is changed while the program runs.
static LEVEL: OnceLock<reload::Handle<LevelFilter, Registry>> = OnceLock::new();

/// Starts to log. A second server in one process (tests) keeps the first one's log.
pub fn start(level: Level, format: Format) {
    let (filter, handle) = reload::Layer::new(level.filter());
    let plain = || layers::layer().with_writer(queue::writer);
    let format = match format {
        // systemd sets it for services whose standard error is the journal.
        Format::Auto if std::env::var_os("JOURNAL_STREAM").is_some() => Format::Journal,
        Format::Auto => Format::Pretty,
        Format::Pretty | Format::Json | Format::Journal => format,
    };
    let lines = match format {
        Format::Auto | Format::Pretty => plain().with_ansi(std::io::stderr().is_terminal()).boxed(),
        Format::Json => plain()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .boxed(),
        Format::Journal => plain().with_ansi(false).event_format(Journal).boxed(),
    };
    if tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init()
        .is_ok()
    {
        let _ = LEVEL.set(handle);
    }
}

/// Changes how much is said from now on; `false` if this process does not log.
pub fn set_level(level: Level) -> bool {
    LEVEL
        .get()
        .is_some_and(|handle| handle.reload(level.filter()).is_ok())
}

/// The level in force, if this process logs.
#[must_use]
pub fn level() -> Option<Level> {
    let filter = LEVEL.get()?.clone_current()?;
    LEVELS
        .iter()
        .map(|(level, _)| *level)
        .find(|level| level.filter() == filter)
}

/// `<priority>message key=value`, sd-daemon(3).
struct Journal;

impl<S, N> FormatEvent<S, N> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let priority = match *event.metadata().level() {
            tracing::Level::ERROR => 3,
            tracing::Level::WARN => 4,
            tracing::Level::INFO => 6,
            tracing::Level::DEBUG | tracing::Level::TRACE => 7,
        };
        write!(writer, "<{priority}>")?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for (level, name) in LEVELS {
            assert_eq!(Level::read(name), Ok(level));
            assert_eq!(level.to_string(), name);
        }
        for (format, name) in FORMATS {
            assert_eq!(Format::read(name), Ok(format));
            assert_eq!(format.to_string(), name);
        }
        assert!(Level::read("loud").unwrap_err().contains("warn"));
        assert!(Level::read("INFO").is_err());
    }
}
