//! The settings as texts for people: an example file, what holds now, the reference page.

use std::fmt::Write as _;

use super::{Config, KEYS, Key, Reload, SECTIONS, Section, Shape, Source};

/// A file in which every key stands with its default, commented out. Without the `#` before each `#key = …` it says
/// the same, but for keys without a default, which then have the value of an example.
#[must_use]
pub fn example() -> String {
    let defaults = Config::default();
    let mut text = "\
# parlour.toml: every line is optional, and what stands here are the defaults.
#
# Read from /etc/parlour/parlour.toml or --config FILE. Variables (PARLOUR_…) count more than this file, and flags
# count most. After a change: parlour check, then SIGHUP (systemctl reload parlour); keys marked \"restart\" wait for the
# next start. What is misspelled is refused with its line.
"
    .to_owned();
    for section in SECTIONS {
        if !section.name.is_empty() {
            line(&mut text, format_args!("\n[{}]", section.name));
        }
        if !section.about.is_empty() {
            wrap(&mut text, "# ", section.about);
        }
        for key in keys_of(section) {
            text.push('\n');
            let restart = match key.reload {
                Reload::Live => "",
                Reload::Restart => " (restart)",
            };
            wrap(&mut text, "# ", &format!("{}.{restart}", sentence(key)));
            let values = match defaults.texts(key) {
                values if values.is_empty() => key.example.map(str::to_owned).into_iter().collect(),
                values => values,
            };
            line(
                &mut text,
                format_args!("#{} = {}", key.leaf(), toml(key, &values)),
            );
        }
    }
    text
}

/// What holds now, as a file that would say the same; with `origin`, where each value comes from. Secrets are not shown.
#[must_use]
pub fn show(config: &Config, origin: bool) -> String {
    let mut text = String::new();
    for section in SECTIONS {
        if !section.name.is_empty() {
            line(&mut text, format_args!("\n[{}]", section.name));
        }
        for key in keys_of(section) {
            let values = config.texts(key);
            let shown = if values.is_empty() {
                format!("# {} is not set", key.leaf())
            } else if key.secret {
                format!("# {} is set and not shown", key.leaf())
            } else {
                format!("{} = {}", key.leaf(), toml(key, &values))
            };
            if origin {
                let from = match config.source(key) {
                    Source::Default => "default".to_owned(),
                    Source::File(number) => format!("line {number} of the file"),
                    Source::Variable => key.variable().to_owned(),
                    Source::Flag => format!("--{}", key.flag()),
                };
                line(&mut text, format_args!("{shown:<48} # {from}"));
            } else {
                line(&mut text, format_args!("{shown}"));
            }
        }
    }
    text
}

/// docs/configuration.md.
#[must_use]
pub fn reference() -> String {
    let defaults = Config::default();
    let mut text = "\
# Configuration

Generated from the table in `crates/parlour/src/config/keys.rs`; a test compares. Precedence: defaults, then the file
(`--config FILE`, else `PARLOUR_CONFIG`, else `/etc/parlour/parlour.toml`), then variables, then flags. Every key is
optional; `parlour config example` prints a file with all of them, `parlour config show --origin` what holds and why,
`parlour check` what is wrong. The program never writes the file.

The variable of a key is its flag in capitals: `--relay-listen` is `PARLOUR_RELAY_LISTEN`; lists are separated by
commas, and an empty variable is none. Units are part of the value: `100ms`, `30s`, `10m`, `24h`, `30d`; `64KiB`,
`4MiB`; `64kbit/s`, `8Mbit/s`; rates are how many at once and then how many per `s`, `m` or `h`: `20 then 4/m`.

SIGHUP reads the file again: keys marked *live* change at once, the others with the next start, and the log says which.
"
    .to_owned();
    for section in SECTIONS {
        let title = match section.name {
            "" => section.heading.to_owned(),
            name => format!("`[{name}]` {}", section.heading),
        };
        line(&mut text, format_args!("\n## {title}\n"));
        if !section.about.is_empty() {
            line(&mut text, format_args!("{}\n", section.about));
        }
        line(
            &mut text,
            format_args!("| key | flag | default | change | meaning |\n| --- | --- | --- | --- | --- |"),
        );
        for key in keys_of(section) {
            let values = defaults.texts(key);
            let default = if values.is_empty() {
                String::new()
            } else {
                format!("`{}`", toml(key, &values))
            };
            let flag = if key.secret {
                "none".to_owned()
            } else {
                format!("`--{}`", key.flag())
            };
            let change = match key.reload {
                Reload::Live => "live",
                Reload::Restart => "restart",
            };
            let help = key.help.replace('|', "\\|");
            line(
                &mut text,
                format_args!("| `{}` | {flag} | {default} | {change} | {help} |", key.leaf()),
            );
        }
    }
    text
}

fn keys_of(section: &'static Section) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|key| std::ptr::eq(key.section(), section))
}

/// The help text, for a place where flags are not the subject.
fn sentence(key: &Key) -> &str {
    key.help.trim_end_matches('.')
}

fn toml(key: &Key, values: &[String]) -> String {
    let quoted = |text: &String| {
        let mut out = String::from('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                c if c.is_control() => {
                    let _ = write!(out, "\\u{:04X}", u32::from(c));
                }
                c => out.push(c),
            }
        }
        out + "\""
    };
    match (key.shape, values) {
        (Shape::Number | Shape::Switch, [one]) => one.clone(),
        (Shape::Text, [one]) => quoted(one),
        (Shape::List | Shape::Text | Shape::Number | Shape::Switch, many) => {
            format!("[{}]", many.iter().map(quoted).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A paragraph of at most 110 columns, every line behind `prefix`.
fn wrap(text: &mut String, prefix: &str, paragraph: &str) {
    let mut row = String::new();
    for word in paragraph.split_whitespace() {
        if !row.is_empty() && prefix.len() + row.len() + 1 + word.len() > 110 {
            line(text, format_args!("{prefix}{row}"));
            row.clear();
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    line(text, format_args!("{prefix}{row}"));
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{what}");
}
