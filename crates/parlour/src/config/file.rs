//! The file: TOML, strict. What is not understood is an error that names the line and what was probably meant.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::Key;
use super::kinds::Shape;
use super::nearest::nearest;
use super::{Config, KEYS, SECTIONS, Source, key_named, note_if_open};

/// Reads `text`, which is what `path` holds, into `config`.
pub(super) fn read(path: &Path, text: &str, config: &mut Config, problems: &mut Vec<String>) {
    let mut reader = Reader {
        text,
        path: path.display().to_string(),
        config,
        problems,
        holds_secret: false,
    };
    match DeTable::parse(text) {
        Ok(table) => reader.table("", table.get_ref()),
        Err(error) => {
            let line = reader.line(error.span().map_or(0, |span| span.start));
            reader.problem(line, error.message().lines().collect::<Vec<_>>().join(", "));
        }
    }
    if reader.holds_secret
        && let Some(note) = note_if_open(path)
    {
        config.notes.push(note);
    }
}

struct Reader<'a> {
    text: &'a str,
    path: String,
    config: &'a mut Config,
    problems: &'a mut Vec<String>,
    holds_secret: bool,
}

impl Reader<'_> {
    /// `name` is that of the table, empty for the whole file.
    fn table(&mut self, name: &str, table: &DeTable<'_>) {
        for (leaf, value) in table {
            let line = self.line(leaf.span().start);
            let full = match name {
                "" => leaf.get_ref().to_string(),
                name => format!("{name}.{}", leaf.get_ref()),
            };
            if let Some(key) = key_named(&full) {
                self.value(line, key, value);
            } else if SECTIONS
                .iter()
                .any(|section| !full.is_empty() && section.name == full)
            {
                match value.get_ref().as_table() {
                    Some(table) => self.table(&full, table),
                    None => self.problem(
                        line,
                        format!("{full} is a table; write [{full}] and its keys below"),
                    ),
                }
            } else {
                self.unknown(line, &full);
            }
        }
    }

    fn unknown(&mut self, line: usize, name: &str) {
        let known = KEYS
            .iter()
            .map(|key| key.name)
            .chain(SECTIONS.iter().map(|section| section.name))
            .filter(|name| !name.is_empty());
        let hint = nearest(name, known).map_or_else(
            || "parlour config example lists all".to_owned(),
            |meant| format!("did you mean {meant}?"),
        );
        self.problem(line, format!("there is no key {name}; {hint}"));
    }

    fn value(&mut self, line: usize, key: &'static Key, value: &Spanned<DeValue<'_>>) {
        self.holds_secret |= key.secret;
        let read = match texts(key, value.get_ref()) {
            Ok(texts) => self.config.set(key, &texts, Source::File(line)),
            Err(why) => Err(why),
        };
        if let Err(why) = read {
            let written = self.text.get(value.span()).unwrap_or_default();
            let shown = if key.secret { "***" } else { written };
            self.problem(line, format!("{} = {shown}: {why}", key.name));
        }
    }

    fn problem(&mut self, line: usize, what: impl std::fmt::Display) {
        self.problems.push(format!("{}, line {line}: {what}", self.path));
    }

    /// Counted from one.
    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }
}

/// The texts of a value whose shape is right.
fn texts(key: &Key, value: &DeValue<'_>) -> Result<Vec<String>, String> {
    match (key.shape, value) {
        (Shape::Text, DeValue::String(text)) => Ok(vec![text.to_string()]),
        (Shape::Number, DeValue::Integer(number)) if number.radix() == 10 => {
            Ok(vec![number.as_str().to_owned()])
        }
        (Shape::Switch, DeValue::Boolean(yes)) => Ok(vec![yes.to_string()]),
        (Shape::List, DeValue::Array(list)) => list.iter().map(|value| element(value.get_ref())).collect(),
        (Shape::Text, _) => Err("it must be text in quotes".to_owned()),
        (Shape::Number, _) => Err("it must be a decimal number without quotes".to_owned()),
        (Shape::Switch, _) => Err("it must be true or false, without quotes".to_owned()),
        (Shape::List, _) => Err("it must be a list, like [\"…\", \"…\"]".to_owned()),
    }
}

fn element(value: &DeValue<'_>) -> Result<String, String> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| "every element must be text in quotes".to_owned())
}
