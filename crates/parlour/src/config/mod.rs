//! Configuration: defaults, then the file, then `PARLOUR_*` variables, then flags; the last one that speaks wins.
//!
//! [`KEYS`] is the one table that file, environment, flags, help texts and documents are made from. Here every value
//! is right by itself; whether they go together is for `settings`. The file is read and never written.

mod amounts;
mod file;
mod key;
mod keys;
mod kinds;
mod nearest;
mod report;
mod units;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

pub use key::{Key, Reload, Section};
pub use keys::{KEYS, SECTIONS};
pub use kinds::Shape;
pub use report::{example, reference, show};
pub use values::{PublicValues, Values};

/// Read when `--config` and `PARLOUR_CONFIG` are not given, if it is there.
pub const DEFAULT_FILE: &str = "/etc/parlour/parlour.toml";
/// Names another file.
pub const FILE_VARIABLE: &str = "PARLOUR_CONFIG";

/// What was typed: the flags that stand for keys, and the file.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// The place of a key in [`KEYS`], and its values.
    pub flags: Vec<(usize, Vec<String>)>,
}

/// Where the value of a key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody has set it.
    Default,
    /// This line of the file.
    File(usize),
    /// Its `PARLOUR_*` variable.
    Variable,
    /// Its flag.
    Flag,
}

/// All settings, each right by itself, and where they come from.
#[derive(Clone)]
pub struct Config {
    /// The settings.
    pub values: Values,
    /// What is odd but no error: a variable that nearly names a key, a secret that all can read.
    pub notes: Vec<String>,
    /// The file that was read.
    pub file: Option<PathBuf>,
    sources: Vec<Source>,
}

/// Everything that is wrong with a configuration, a sentence for each: where, what, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl Config {
    /// Puts the layers on top of each other. `environment` is that of the process.
    ///
    /// # Errors
    /// [`Problems`], all of them at once.
    pub fn load(
        typed: &Typed,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Problems> {
        let environment = variables(environment);
        let mut config = Self::default();
        let mut problems = Vec::new();
        match find_file(typed, &environment) {
            Ok(Some((path, text))) => {
                file::read(&path, &text, &mut config, &mut problems);
                config.file = Some(path);
            }
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
        config.read_variables(&environment, &mut problems);
        for (index, texts) in &typed.flags {
            let key = &KEYS[*index];
            if let Err(why) = config.set(key, texts, Source::Flag) {
                problems.push(format!("--{} {}: {why}", key.flag(), texts.join(",")));
            }
        }
        let secrets = config.values.public.secret_file.as_deref();
        config.notes.extend(secrets.and_then(note_if_open));
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(Problems(problems))
        }
    }

    /// How to speak of this key to whoever has set it: the flag, the variable, or the line.
    ///
    /// # Panics
    /// If there is no such key, which is a mistake of ours.
    #[must_use]
    pub fn called(&self, name: &str) -> String {
        let key = key_named(name).expect("the program speaks of keys that exist");
        match (self.source(key), &self.file) {
            (Source::Variable, _) => key.variable().to_owned(),
            (Source::File(line), Some(file)) => format!("{name} ({}, line {line})", file.display()),
            // Nobody has set it: the flag is the shortest way to do so, unless there is none.
            _ if key.secret => name.to_owned(),
            (Source::Default | Source::Flag | Source::File(_), _) => format!("--{}", key.flag()),
        }
    }

    /// Where the value of this key comes from.
    #[must_use]
    pub fn source(&self, key: &Key) -> Source {
        self.sources[key.index()]
    }

    /// The values of this key as texts; none if it is not set.
    #[must_use]
    pub fn texts(&self, key: &Key) -> Vec<String> {
        (key.show)(&self.values)
    }

    /// The keys whose values differ.
    #[must_use]
    pub fn changes(&self, other: &Self) -> Vec<&'static Key> {
        KEYS.iter()
            .filter(|key| self.texts(key) != other.texts(key))
            .collect()
    }

    fn set(&mut self, key: &Key, texts: &[String], source: Source) -> Result<(), String> {
        (key.clear)(&mut self.values);
        for text in texts {
            (key.set)(&mut self.values, text)?;
        }
        self.sources[key.index()] = source;
        Ok(())
    }

    fn read_variables(&mut self, environment: &[(String, Option<String>)], problems: &mut Vec<String>) {
        for (name, value) in environment {
            let Some(key) = KEYS.iter().find(|key| key.variable() == name) else {
                self.note_variable(name);
                continue;
            };
            let Some(value) = value else {
                problems.push(format!("{name} is not UTF-8 text"));
                continue;
            };
            // An empty variable is one that a compose file passes on without a value.
            if value.is_empty() {
                continue;
            }
            let texts: Vec<String> = match key.shape {
                Shape::List => value.split(',').map(|text| text.trim().to_owned()).collect(),
                Shape::Text | Shape::Number | Shape::Switch => vec![value.clone()],
            };
            if let Err(why) = self.set(key, &texts, Source::Variable) {
                let shown = if key.secret { "***" } else { value };
                problems.push(format!("{name}={shown}: {why}"));
            }
        }
    }

    /// No error, because container platforms set variables of their own that begin with a service's name.
    fn note_variable(&mut self, name: &str) {
        let known = KEYS.iter().map(Key::variable).chain([FILE_VARIABLE]);
        if name != FILE_VARIABLE
            && let Some(meant) = nearest::nearest(name, known)
        {
            self.notes.push(format!(
                "the variable {name} means nothing here; was {meant} meant?"
            ));
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            values: Values::default(),
            notes: Vec::new(),
            file: None,
            sources: vec![Source::Default; KEYS.len()],
        }
    }
}

/// The key of this name in the file.
#[must_use]
pub fn key_named(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Reads the lifetime of a credential: `30s`, `10m`, `24h`, at most a year.
///
/// # Errors
/// A sentence that says what is allowed.
pub fn read_ttl(text: &str) -> Result<std::time::Duration, String> {
    <amounts::Time<1000, { 365 * 86_400_000 }> as kinds::Kind<_>>::read(text)
}

/// Warns of a file with secrets that every user of the machine may read.
fn note_if_open(path: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).ok()?.permissions().mode();
        if mode & 0o004 != 0 {
            let path = path.display();
            return Some(format!(
                "{path} holds a secret and everybody on this machine may read it; type: chmod o= {path}"
            ));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    None
}

/// Those that are ours; a value that is no text is `None`.
fn variables(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(String, Option<String>)> {
    let ours = |(name, value): (OsString, OsString)| {
        let name = name.into_string().ok()?;
        name.starts_with("PARLOUR_")
            .then(|| (name, value.into_string().ok()))
    };
    let mut ours: Vec<_> = environment.into_iter().filter_map(ours).collect();
    ours.sort();
    ours
}

/// The file that counts, and its text.
fn find_file(
    typed: &Typed,
    environment: &[(String, Option<String>)],
) -> Result<Option<(PathBuf, String)>, String> {
    let variable = || {
        let (_, value) = environment.iter().find(|(name, _)| name == FILE_VARIABLE)?;
        value
            .as_ref()
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let (path, wanted) = match typed.file.clone().or_else(variable) {
        Some(path) => (path, true),
        None => (PathBuf::from(DEFAULT_FILE), false),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if !wanted && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!(
            "cannot read the configuration {}: {error}; name another with --config, or write one: parlour config \
             example",
            path.display()
        )),
    }
}

#[cfg(test)]
mod tests;
