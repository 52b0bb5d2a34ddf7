//! What this server holds right now, for everybody to read: `/transparency`, and the same as `/transparency.json`.
//!
//! A count of one tells a stranger that two people are talking, and a second look when they stopped. So counts are
//! rounded down to tens, and taken anew after ten minutes at the earliest, whoever asks how often
//! (docs/decisions/0011). An operator may switch it off.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use parlour_relay_io::{Handle, PublicHandle};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use warp::Reply as _;
use warp::reply::Response as Reply;

use crate::http::later;
use crate::log;
use crate::rooms::Rooms;

/// Where it is read.
pub const PAGE: &str = "/transparency";
/// The same for programs.
pub const JSON: &str = "/transparency.json";
/// How long one look is shown.
const EVERY: Duration = Duration::from_secs(600);
/// Counts are multiples of this.
const STEP: usize = 10;
const DAY: u64 = 24 * 60 * 60;
/// With `{{counts}}` and `{{facts}}` in it, which are rows of tables.
const TEMPLATE: &str = include_str!("../../../web/pages/transparency.html");

/// What can be seen, and what was seen last.
pub struct Transparency {
    rooms: Rooms,
    relay: Handle,
    public_relay: Option<PublicHandle>,
    facts: Facts,
    started: Instant,
    /// Held while looking, so that a crowd looks once.
    last: Mutex<Option<(Instant, Arc<Look>)>>,
}

/// What stays as it is while the server runs.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Whether certificates and the account for them are kept on disk.
    pub keeps_certificates: bool,
    /// Whether countries are counted.
    pub counts_countries: bool,
}

/// One look: each row is a key for programs, words for people, and a count or a fact.
#[derive(Debug)]
struct Look {
    counts: Vec<(&'static str, &'static str, usize)>,
    facts: Vec<(&'static str, &'static str, Value)>,
}

impl Transparency {
    /// Nothing has been looked at yet.
    #[must_use]
    pub fn new(rooms: Rooms, relay: Handle, public_relay: Option<PublicHandle>, facts: Facts) -> Self {
        Self {
            rooms,
            relay,
            public_relay,
            facts,
            started: Instant::now(),
            last: Mutex::default(),
        }
    }

    /// What is at [`PAGE`] or at [`JSON`]; 503 if the rooms do not answer.
    pub(crate) async fn answer(&self, path: &str) -> Reply {
        let Some(look) = self.look().await else {
            return later("The server is busy; try again in a moment.\n");
        };
        let (kind, body) = if path == JSON {
            ("application/json", format!("{:#}\n", look.json()))
        } else {
            ("text/html; charset=utf-8", look.page())
        };
        let mut reply = body.into_response();
        let headers = reply.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        reply
    }

    async fn look(&self) -> Option<Arc<Look>> {
        let mut last = self.last.lock().await;
        if let Some((at, look)) = &*last
            && at.elapsed() < EVERY
        {
            return Some(Arc::clone(look));
        }
        let stats = self.rooms.stats()?;
        let public = self
            .public_relay
            .as_ref()
            .map_or(0, |relay| relay.stats().allocations);
        // A new thing that is held gets a line here.
        let counts = vec![
            ("rooms", "Rooms", stats.rooms),
            (
                "kept_rooms",
                "Of them kept while nobody is there",
                stats.kept_rooms,
            ),
            ("seats", "People in them", stats.seats),
            (
                "blobs",
                "Sealed pieces of what was said, kept for rooms in standard mode",
                stats.blobs,
            ),
            ("porch", "People who wait to be let in", stats.porch),
            ("connections", "Open connections", stats.connections),
            (
                "relay_allocations",
                "Media connections through the relay",
                self.relay.stats().allocations,
            ),
            (
                "public_relay_allocations",
                "Media connections of other applications",
                public,
            ),
            ("tombstones", "Marks of rooms that have ended", stats.tombstones),
        ];
        let on_disk = if self.facts.keeps_certificates {
            "the server's certificates and the account for them; nothing of anybody"
        } else {
            "nothing"
        };
        let facts = vec![
            ("on_disk", "Kept on disk", json!(on_disk)),
            (
                "log_level",
                "What the log says",
                json!(log::level().map_or("off".to_owned(), |level| level.to_string())),
            ),
            (
                "counts_countries",
                "Countries are counted",
                json!(self.facts.counts_countries),
            ),
            (
                "days_up",
                "Whole days since the start",
                json!(self.started.elapsed().as_secs() / DAY),
            ),
            ("version", "Version", json!(env!("CARGO_PKG_VERSION"))),
        ];
        let counts = counts
            .into_iter()
            .map(|(key, words, count)| (key, words, count / STEP * STEP));
        let look = Arc::new(Look {
            counts: counts.collect(),
            facts,
        });
        *last = Some((Instant::now(), Arc::clone(&look)));
        Some(look)
    }
}

impl Look {
    fn json(&self) -> Value {
        let counts = self
            .counts
            .iter()
            .map(|(key, _, count)| ((*key).to_owned(), json!(count)));
        let facts = self
            .facts
            .iter()
            .map(|(key, _, fact)| ((*key).to_owned(), fact.clone()));
        json!({
            "counts": Value::Object(counts.collect()),
            "counts_are_rounded_down_to": STEP,
            "counts_are_taken_every_seconds": EVERY.as_secs(),
            "facts": Value::Object(facts.collect()),
        })
    }

    fn page(&self) -> String {
        let row =
            |words: &str, value: String| format!("<tr><th scope=\"row\">{words}</th><td>{value}</td></tr>");
        let counts = self.counts.iter().map(|(_, words, count)| match count {
            0 => row(words, format!("fewer than {STEP}")),
            count => row(words, format!("{count} or a few more")),
        });
        let facts = self.facts.iter().map(|(_, words, fact)| match fact {
            Value::Bool(yes) => row(words, if *yes { "yes" } else { "no" }.to_owned()),
            Value::String(text) => row(words, text.clone()),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                row(words, fact.to_string())
            }
        });
        TEMPLATE
            .replace("{{counts}}", &counts.collect::<String>())
            .replace("{{facts}}", &facts.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_reads_alike_for_people_and_programs() {
        let look = Look {
            counts: vec![("rooms", "Rooms", 0), ("seats", "People in them", 30)],
            facts: vec![
                ("counts_countries", "Countries are counted", json!(false)),
                ("days_up", "Whole days since the start", json!(3)),
            ],
        };
        let page = look.page();
        for row in [
            "<th scope=\"row\">Rooms</th><td>fewer than 10</td>",
            "<th scope=\"row\">People in them</th><td>30 or a few more</td>",
            "<th scope=\"row\">Countries are counted</th><td>no</td>",
            "<th scope=\"row\">Whole days since the start</th><td>3</td>",
        ] {
            assert!(page.contains(row), "{row}");
        }
        assert!(!page.contains("{{") && !page.contains("<script"));
        assert_eq!(look.json()["counts"], json!({"rooms": 0, "seats": 30}));
        assert_eq!(look.json()["facts"]["days_up"], 3);
    }
}
