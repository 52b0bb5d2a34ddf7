//! How many connections came from which country, if the operator has a file that knows (MaxMind's format).
//!
//! An address is looked up when a connection opens and is not kept. The first [`FEW`] of each country count as "other", for
//! good: so no small country ever shows, and no counter ever falls.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use maxminddb::Reader;
use serde::Deserialize;

/// Connections of a country that must have come before its name appears.
pub const FEW: u64 = 20;
/// What is counted under no country's name.
const OTHER: &str = "other";

/// A file of countries, and the counts; cheap to clone.
#[derive(Clone)]
pub struct Countries(Arc<Inner>);

struct Inner {
    reader: Reader<Vec<u8>>,
    /// By ISO 3166-1 code, which is two letters: 676 entries at most.
    seen: Mutex<BTreeMap<[u8; 2], u64>>,
    /// Connections whose address the file does not know.
    unknown: std::sync::atomic::AtomicU64,
}

/// What is read of a record: MaxMind's own files nest the code, those of others do not.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    country: Option<Country<'a>>,
    country_code: Option<&'a str>,
}

#[derive(Deserialize)]
struct Country<'a> {
    iso_code: Option<&'a str>,
}

impl Countries {
    /// Reads a file into memory.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn open(path: &Path) -> Result<Self, String> {
        let named = path.display();
        let bytes = std::fs::read(path).map_err(|error| format!("cannot read {named}: {error}"))?;
        let reader = Reader::from_source(bytes)
            .map_err(|error| format!("{named} is no file in MaxMind's format (.mmdb): {error}"))?;
        Ok(Self(Arc::new(Inner {
            reader,
            seen: Mutex::default(),
            unknown: Default::default(),
        })))
    }

    /// Counts a connection from this address, and forgets the address.
    pub fn count(&self, ip: IpAddr) {
        match self.code(ip) {
            Some(code) => {
                let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
                *seen.entry(code).or_default() += 1;
            }
            None => {
                self.0.unknown.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    /// Countries and their counts, those that are few under "other".
    #[must_use]
    pub fn counts(&self) -> Vec<(String, u64)> {
        let seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut other = self.0.unknown.load(std::sync::atomic::Ordering::Relaxed);
        let mut counts = Vec::new();
        for (code, count) in &*seen {
            other += FEW.min(*count);
            if *count > FEW {
                counts.push((String::from_utf8_lossy(code).into_owned(), count - FEW));
            }
        }
        counts.push((OTHER.to_owned(), other));
        counts
    }

    /// Two capital letters; `None` for what the file does not know or says otherwise.
    fn code(&self, ip: IpAddr) -> Option<[u8; 2]> {
        let found = self.0.reader.lookup(ip.to_canonical()).ok()?;
        let record: Record<'_> = found.decode().ok()??;
        let code = record
            .country
            .and_then(|country| country.iso_code)
            .or(record.country_code)?;
        let code: [u8; 2] = code.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_uppercase).then_some(code)
    }
}

impl std::fmt::Debug for Countries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Countries(..)")
    }
}

#[cfg(test)]
mod tests;
