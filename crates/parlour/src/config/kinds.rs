//! Kinds of values: how each is read, written, and described to whoever wrote it wrong.
//!
//! A kind is a type without data; [`Kind`] ties it to the Rust type of the field that holds the value. Checks
//! that need a second value (two addresses that collide) are in `contradictions`; how much and how often is in
//! `amounts`.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use parlour_relay::public::Cidr;

use super::units;
use crate::admin::At;
use crate::host::{Authority, PublicUrl};
use crate::listen::ListenAt;
use crate::log::{Format, Level};
use crate::origin;

/// What a value looks like in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `"text"`
    Text,
    /// `12`
    Number,
    /// `true`
    Switch,
    /// `["text", …]`
    List,
}

/// How values of type `T` are written by people. Lists get one call per element.
pub(super) trait Kind<T> {
    /// What it is in TOML.
    const SHAPE: Shape = Shape::Text;
    /// Reads one value; the error says what is allowed.
    fn read(text: &str) -> Result<T, String>;
    /// Writes what [`Self::read`] reads back; nothing for "not set".
    fn write(value: &T) -> Vec<String>;
    /// Puts what was read in its place; lists grow, others are replaced.
    fn put(place: &mut T, value: T) {
        *place = value;
    }
    /// Empties a list before its first element.
    fn clear(_place: &mut T) {}
}

/// Yes or no.
pub(super) struct Switch;
/// An IP address and a port.
pub(super) struct Socket;
/// The same, or the path of a unix socket.
pub(super) struct Place;
/// A domain name.
pub(super) struct Domain;
/// The address that people open.
pub(super) struct Url;
/// The directory of an ACME authority.
pub(super) struct Directory;
/// An e-mail address.
pub(super) struct Email;
/// An IP address.
pub(super) struct Ip;
/// A host name or address without port.
pub(super) struct Host;
/// A web origin or `*`.
pub(super) struct Origin;
/// An address block.
pub(super) struct Block;
/// UDP ports, lowest and highest.
pub(super) struct Ports;
/// The path of a file.
pub(super) struct File;
/// Any text of one line or more; for secrets.
pub(super) struct Words;
/// A short word without quotes and control characters (RFC 8489 §14.9).
pub(super) struct Realm;
/// Where the admin listener is.
pub(super) struct AdminAt;
/// How much is logged.
pub(super) struct LogLevel;
/// How it is logged.
pub(super) struct LogFormat;
/// A value that may be absent.
pub(super) struct Maybe<K>(K);
/// Any number of values.
pub(super) struct Many<K>(K);

impl<K: Kind<T>, T> Kind<Option<T>> for Maybe<K> {
    const SHAPE: Shape = K::SHAPE;
    fn read(text: &str) -> Result<Option<T>, String> {
        K::read(text).map(Some)
    }
    fn write(value: &Option<T>) -> Vec<String> {
        value.as_ref().map(K::write).unwrap_or_default()
    }
}

impl<K: Kind<T>, T> Kind<Vec<T>> for Many<K> {
    const SHAPE: Shape = Shape::List;
    fn read(text: &str) -> Result<Vec<T>, String> {
        K::read(text).map(|one| vec![one])
    }
    fn write(value: &Vec<T>) -> Vec<String> {
        value.iter().flat_map(K::write).collect()
    }
    fn put(place: &mut Vec<T>, value: Vec<T>) {
        place.extend(value);
    }
    fn clear(place: &mut Vec<T>) {
        place.clear();
    }
}

impl Kind<SocketAddr> for Socket {
    fn read(text: &str) -> Result<SocketAddr, String> {
        text.parse().map_err(|_| {
            "allowed is an IP address and a port, like 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080".to_owned()
        })
    }
    fn write(value: &SocketAddr) -> Vec<String> {
        one(value)
    }
}

impl Kind<bool> for Switch {
    const SHAPE: Shape = Shape::Switch;
    fn read(text: &str) -> Result<bool, String> {
        text.parse().map_err(|_| "allowed are true and false".to_owned())
    }
    fn write(value: &bool) -> Vec<String> {
        one(value)
    }
}

impl Kind<ListenAt> for Place {
    fn read(text: &str) -> Result<ListenAt, String> {
        text.parse()
    }
    fn write(value: &ListenAt) -> Vec<String> {
        one(value)
    }
}

impl Kind<String> for Domain {
    fn read(text: &str) -> Result<String, String> {
        Authority::parse(text)
            .filter(|authority| authority.is_name() && authority.to_string() == authority.host())
            .map(|authority| authority.to_string())
            .ok_or_else(|| "allowed is a name like meet.example.org, without scheme and port".to_owned())
    }
    fn write(value: &String) -> Vec<String> {
        one(value)
    }
}

impl Kind<PublicUrl> for Url {
    fn read(text: &str) -> Result<PublicUrl, String> {
        PublicUrl::parse(text)
    }
    fn write(value: &PublicUrl) -> Vec<String> {
        one(value)
    }
}

impl Kind<IpAddr> for Ip {
    fn read(text: &str) -> Result<IpAddr, String> {
        text.parse()
            .map_err(|_| "allowed is an IP address without port, like 198.51.100.7 or 2001:db8::7".to_owned())
    }
    fn write(value: &IpAddr) -> Vec<String> {
        one(value)
    }
}

impl Kind<String> for Host {
    fn read(text: &str) -> Result<String, String> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Ok(v6) = bare.unwrap_or(text).parse::<std::net::Ipv6Addr>() {
            return Ok(format!("[{v6}]"));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        if (1..=253).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(text.to_owned());
        }
        Err(
            "allowed is a name like meet.example.org or an IP address, without scheme, port and path"
                .to_owned(),
        )
    }
    fn write(value: &String) -> Vec<String> {
        one(value)
    }
}

impl Kind<String> for Origin {
    fn read(text: &str) -> Result<String, String> {
        if text == "*" || origin::is_origin(text) {
            return Ok(text.to_owned());
        }
        Err(
            "allowed is a web origin like https://example.org or https://example.org:8443 (no path, lower \
             case), or \"*\" for every page"
                .to_owned(),
        )
    }
    fn write(value: &String) -> Vec<String> {
        one(value)
    }
}

impl Kind<String> for Block {
    fn read(text: &str) -> Result<String, String> {
        text.parse::<Cidr>().map_err(|error| error.to_string())?;
        Ok(text.to_owned())
    }
    fn write(value: &String) -> Vec<String> {
        one(value)
    }
}

impl Kind<RangeInclusive<u16>> for Ports {
    fn read(text: &str) -> Result<RangeInclusive<u16>, String> {
        let read = |text: &str| u16::try_from(units::digits(text)?).ok();
        text.split_once('-')
            .and_then(|(low, high)| Some((read(low)?, read(high)?)))
            .filter(|(low, high)| (1024..=*high).contains(low))
            .map(|(low, high)| low..=high)
            .ok_or_else(|| {
                "allowed is the lowest and the highest port, like 49152-65535, neither below 1024".to_owned()
            })
    }
    fn write(value: &RangeInclusive<u16>) -> Vec<String> {
        vec![format!("{}-{}", value.start(), value.end())]
    }
}

impl Kind<String> for Directory {
    fn read(text: &str) -> Result<String, String> {
        let uri = text.parse::<http::Uri>().ok();
        let https = uri.filter(|uri| uri.scheme_str() == Some("https") && uri.host().is_some());
        https.map(|_| text.to_owned()).ok_or_else(|| {
            format!(
                "allowed is the https address of an ACME directory, like {}",
                crate::acme::DIRECTORY
            )
        })
    }
    fn write(value: &String) -> Vec<String> {
        one(value)
    }
}

impl Kind<String> for Email {
    fn read(text: &str) -> Result<String, String> {
        let plain =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
        match text.split_once('@') {
            Some((name, host)) if plain(name) && plain(host) && !host.contains('@') => Ok(text.to_owned()),
            Some(_) | None => Err("allowed is an e-mail address like admin@example.org".to_owned()),
        }
    }
    fn write(value: &String) -> Vec<String> {
        one(value)
    }
}

impl Kind<PathBuf> for File {
    fn read(text: &str) -> Result<PathBuf, String> {
        if text.is_empty() {
            return Err("allowed is the path of a file".to_owned());
        }
        Ok(PathBuf::from(text))
    }
    fn write(value: &PathBuf) -> Vec<String> {
        one(value.display())
    }
}

impl Kind<String> for Words {
    fn read(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }
    fn write(value: &String) -> Vec<String> {
        one(value)
    }
}

impl Kind<String> for Realm {
    fn read(text: &str) -> Result<String, String> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b':');
        if (1..=127).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(text.to_owned());
        }
        Err(
            "allowed are 1 to 127 printable ASCII characters without spaces, quotes, colons and backslashes"
                .to_owned(),
        )
    }
    fn write(value: &String) -> Vec<String> {
        one(value)
    }
}

impl Kind<At> for AdminAt {
    fn read(text: &str) -> Result<At, String> {
        At::read(text)
    }
    fn write(value: &At) -> Vec<String> {
        one(value)
    }
}

impl Kind<Level> for LogLevel {
    fn read(text: &str) -> Result<Level, String> {
        Level::read(text)
    }
    fn write(value: &Level) -> Vec<String> {
        one(value)
    }
}

impl Kind<Format> for LogFormat {
    fn read(text: &str) -> Result<Format, String> {
        Format::read(text)
    }
    fn write(value: &Format) -> Vec<String> {
        one(value)
    }
}

/// One value as people write it.
pub(super) fn one(value: impl Display) -> Vec<String> {
    vec![value.to_string()]
}
