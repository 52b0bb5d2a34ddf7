//! What the canary run looks for, and what it looks through.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Something to look for, and how it is called when it is found.
pub(crate) struct Mark(&'static str, Vec<u8>);

impl Mark {
    /// In every spelling in which it could slip out.
    fn spellings(&self) -> Vec<String> {
        let bytes = &self.1;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut all = vec![
            hex.to_uppercase(),
            hex,
            // As a derived Debug prints it.
            format!("{bytes:?}").trim_matches(['[', ']']).to_owned(),
        ];
        all.extend(String::from_utf8(bytes.clone()));
        // In base64 wherever it stands in something longer: whole groups of three, from each place in a group.
        for (groups, _) in (0..3).map(|skip| bytes[skip..].as_chunks::<3>()) {
            all.extend([
                URL_SAFE_NO_PAD.encode(groups.concat()),
                STANDARD.encode(groups.concat()),
            ]);
        }
        all
    }
}

/// Each with what it is called.
pub(crate) fn marks(pairs: &[(&'static str, &[u8])]) -> Vec<Mark> {
    pairs
        .iter()
        .map(|(name, bytes)| Mark(name, bytes.to_vec()))
        .collect()
}

/// Everything that the program put out, by where.
#[derive(Default)]
pub(crate) struct Outputs(pub(crate) Vec<(String, String)>);

impl Outputs {
    /// What was said, and where; it must be something.
    pub(crate) fn add(&mut self, what: &str, text: impl Into<String>) {
        let text = text.into();
        assert!(!text.is_empty(), "{what} says nothing, so nothing was looked at");
        self.0.push((what.to_owned(), text));
    }

    /// # Panics
    /// With what was found and where.
    pub(crate) fn hold_none_of(&self, marks: &[Mark]) {
        for (what, text) in &self.0 {
            let lower = text.to_lowercase();
            for mark in marks {
                for spelling in mark.spellings() {
                    let found = text.contains(&spelling) || lower.contains(&spelling.to_lowercase());
                    assert!(!found, "{}, as {spelling}, in {what}:\n{text}", mark.0);
                }
            }
        }
    }
}
