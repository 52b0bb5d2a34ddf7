//! One setting: its name in the file, its flag, its variable, how it is read and where it is kept.

use std::sync::LazyLock;

use super::kinds::Shape;
use super::values::Values;

/// A table of the file.
#[derive(Debug)]
pub struct Section {
    /// As in the file; the empty name is the top.
    pub name: &'static str,
    /// As in the help text.
    pub heading: &'static str,
    /// A sentence for the example file.
    pub about: &'static str,
}

/// When a change in the file takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// With SIGHUP.
    Live,
    /// With the next start.
    Restart,
}

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// Its name in the file, such as `relay.listen`.
    pub name: &'static str,
    /// Its flag where that is not made from the name.
    pub(super) short: Option<&'static str>,
    /// Secrets have no flag, because everybody on the machine sees those, and are never shown.
    pub secret: bool,
    /// When a change takes effect.
    pub reload: Reload,
    /// What its values are called in the help text.
    pub placeholder: &'static str,
    /// A value for the example file where there is no default.
    pub example: Option<&'static str>,
    /// What it is for.
    pub help: &'static str,
    /// What it is in TOML.
    pub shape: Shape,
    /// Says what is wrong with a text, if anything.
    pub(super) check: fn(&str) -> Result<(), String>,
    /// Puts one text in its place.
    pub(super) set: fn(&mut Values, &str) -> Result<(), String>,
    /// Empties a list.
    pub(super) clear: fn(&mut Values),
    /// The value as texts: none if it is not set, several if it is a list.
    pub(super) show: fn(&Values) -> Vec<String>,
}

/// The names of a key that are made from the others.
struct Names {
    flag: String,
    variable: String,
}

static NAMES: LazyLock<Vec<Names>> = LazyLock::new(|| {
    let names = |key: &Key| {
        let flag = key
            .short
            .map_or_else(|| key.name.replace(['.', '_'], "-"), str::to_owned);
        let variable = format!("PARLOUR_{}", flag.replace('-', "_").to_uppercase());
        Names { flag, variable }
    };
    super::KEYS.iter().map(names).collect()
});

impl Key {
    /// Its flag without the dashes in front.
    #[must_use]
    pub fn flag(&self) -> &'static str {
        &NAMES[self.index()].flag
    }

    /// Its environment variable.
    #[must_use]
    pub fn variable(&self) -> &'static str {
        &NAMES[self.index()].variable
    }

    /// The section it stands in.
    #[must_use]
    pub fn section(&self) -> &'static Section {
        let name = self.name.rsplit_once('.').map_or("", |(section, _)| section);
        super::SECTIONS
            .iter()
            .find(|section| section.name == name)
            .expect("every key stands in a section of the table")
    }

    /// Its name within its section.
    #[must_use]
    pub fn leaf(&self) -> &'static str {
        self.name.rsplit_once('.').map_or(self.name, |(_, leaf)| leaf)
    }

    /// Whether it bounds something, and is seldom touched: every key of listeners, rooms and relays with a default of its own
    /// that is no address.
    #[must_use]
    pub fn is_budget(&self) -> bool {
        let busy = matches!(self.section().name, "listen" | "rooms" | "relay" | "public_relay");
        busy && self.example.is_none() && !matches!(self.leaf(), "listen" | "max_people" | "ports")
    }

    /// Says what is wrong with a text, if anything.
    ///
    /// # Errors
    /// A sentence that says what is allowed.
    pub fn check(&self, text: &str) -> Result<(), String> {
        (self.check)(text)
    }

    /// Its place in the table.
    pub(super) fn index(&self) -> usize {
        super::KEYS
            .iter()
            .position(|key| std::ptr::eq(key, self))
            .expect("keys exist in the table only")
    }
}

/// A line of the table: `key!(name [as flag], [secret,] reload, field: kind, placeholder, [eg example,] help)`.
macro_rules! key {
    ($name:literal $(as $flag:literal)?, secret, $reload:ident, $($rest:tt)+) => {
        Key { secret: true, ..key!($name $(as $flag)?, $reload, $($rest)+) }
    };
    ($name:literal $(as $flag:literal)?, $reload:ident, $($field:ident).+: $kind:ty, $placeholder:literal,
     $(eg $example:literal,)? $help:literal) => {
        Key {
            name: $name,
            short: key!(@option $($flag)?),
            secret: false,
            reload: crate::config::key::Reload::$reload,
            placeholder: $placeholder,
            example: key!(@option $($example)?),
            help: $help,
            shape: crate::config::key::shape::<$kind, _>(|values| &values.$($field).+),
            check: |text| crate::config::key::check::<$kind, _>(|values| &values.$($field).+, text),
            set: |values, text| {
                let value = <$kind as crate::config::kinds::Kind<_>>::read(text)?;
                <$kind as crate::config::kinds::Kind<_>>::put(&mut values.$($field).+, value);
                Ok(())
            },
            clear: |values| <$kind as crate::config::kinds::Kind<_>>::clear(&mut values.$($field).+),
            show: |values| <$kind as crate::config::kinds::Kind<_>>::write(&values.$($field).+),
        }
    };
    (@option) => { None };
    (@option $value:literal) => { Some($value) };
}
pub(super) use key;

/// The shape of the kind for the type of this field.
pub(super) const fn shape<K: super::kinds::Kind<T>, T>(_field: fn(&Values) -> &T) -> Shape {
    K::SHAPE
}

/// Reads and forgets.
pub(super) fn check<K: super::kinds::Kind<T>, T>(
    _field: fn(&Values) -> &T,
    text: &str,
) -> Result<(), String> {
    K::read(text).map(drop)
}
