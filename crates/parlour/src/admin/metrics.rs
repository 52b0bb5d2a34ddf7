//! Everything that is counted, with what each count means.
//!
//! Read when somebody asks: what counts pays nothing for being looked at. Labels are reasons and outcomes, a fixed
//! and small number of them; nothing tells one person, address or room from another.

use std::fmt;

use parlour_relay::Dropped;
use parlour_relay_io::{PublicStats, Stats as RelayStats};
use parlour_signaling::Stats as RoomStats;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::Desk;
use super::exposition::Page;
use super::process::Process;
use crate::acme::Progress;
use crate::countries::Countries;
use crate::https::Certificate;
use crate::tls::Validity;

/// The page of metrics; `rooms` is absent if those do not answer, which /healthz tells, too.
pub(super) fn page(desk: &Desk, rooms: Option<RoomStats>) -> String {
    let reading = Reading {
        ready: rooms.is_some() && desk.ready.check().is_ok(),
        certificate: desk.ready.certificate().and_then(Certificate::validity),
        acme: desk
            .ready
            .certificate()
            .and_then(Certificate::acme)
            .map(|acme| acme.progress()),
        rooms,
        relay: desk.relay.stats(),
        public: desk
            .public_relay
            .as_ref()
            .map(parlour_relay_io::PublicHandle::stats),
        answers: desk.answers.counts().collect(),
        countries: desk.countries.as_ref().map(Countries::counts),
        process: Process::read(),
    };
    let mut registry = Registry::with_prefix("parlour");
    registry.register_collector(Box::new(reading));
    let mut page = String::new();
    // Writing into a string fails only if a collector says so, and ours does not.
    let _ = text::encode(&mut page, &registry);
    page
}

/// All counts at one moment.
#[derive(Debug)]
struct Reading {
    ready: bool,
    certificate: Option<Validity>,
    acme: Option<Progress>,
    rooms: Option<RoomStats>,
    relay: RelayStats,
    public: Option<PublicStats>,
    answers: Vec<(&'static str, u64)>,
    countries: Option<Vec<(String, u64)>>,
    process: Process,
}

impl Collector for Reading {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page::new(encoder);
        page.gauge("ready", "1 if new people are let in", usize::from(self.ready))?;
        page.labelled(
            "build",
            "Constant 1 with the version",
            MetricType::Gauge,
            "version",
            [(env!("CARGO_PKG_VERSION"), 1)],
        )?;
        self.certificate(&mut page)?;
        self.process(&mut page)?;
        page.counter(
            "log_lines_dropped",
            "Lines of the log that could not be written",
            crate::log::dropped(),
        )?;
        let answers = self.answers.iter().copied();
        page.labelled(
            "http_answers",
            "Requests answered, by class of the status",
            MetricType::Counter,
            "status",
            answers,
        )?;
        if let Some(countries) = &self.countries {
            let counts = countries.iter().map(|(country, count)| (country, *count));
            page.labelled(
                "connections_from",
                "Connections that came, by country; the first of each are among the others",
                MetricType::Counter,
                "country",
                counts,
            )?;
        }
        if let Some(rooms) = &self.rooms {
            signaling(&mut page, rooms)?;
        }
        relay(&mut page, &self.relay)?;
        match &self.public {
            Some(public) => public_relay(&mut page, public),
            None => Ok(()),
        }
    }
}

impl Reading {
    fn certificate(&self, page: &mut Page<'_>) -> fmt::Result {
        if let Some(validity) = self.certificate {
            let until = usize::try_from(validity.until).unwrap_or(0);
            page.gauge(
                "certificate_not_after_seconds",
                "Unix time at which the certificate runs out",
                until,
            )?;
        }
        let Some(acme) = &self.acme else { return Ok(()) };
        let attempts = [("success", acme.obtained), ("failure", acme.failed)];
        page.labelled(
            "acme_attempts",
            "Attempts to obtain a certificate",
            MetricType::Counter,
            "outcome",
            attempts,
        )
    }

    fn process(&self, page: &mut Page<'_>) -> fmt::Result {
        for (name, help, value) in [
            (
                "process_open_files",
                "Open file descriptors",
                self.process.open_files,
            ),
            (
                "process_max_files",
                "Limit of open file descriptors",
                self.process.max_files,
            ),
            (
                "process_resident_bytes",
                "Memory in use",
                self.process.resident_bytes,
            ),
        ] {
            // Elsewhere than on Linux they are not known.
            if let Some(value) = value {
                page.gauge(name, help, value)?;
            }
        }
        Ok(())
    }
}

fn signaling(page: &mut Page<'_>, stats: &RoomStats) -> fmt::Result {
    for (name, help, value) in [
        ("connections", "WebSockets open", stats.connections),
        (
            "sessions",
            "Sessions, those held for a return included",
            stats.sessions,
        ),
        ("rooms", "Rooms", stats.rooms),
        (
            "kept_rooms",
            "Rooms that everybody left and that are kept",
            stats.kept_rooms,
        ),
        ("seats", "Seats taken, those held included", stats.seats),
        ("porch", "People who wait to be let in", stats.porch),
        (
            "kept_bytes",
            "Bytes kept until they are acknowledged",
            stats.kept_bytes,
        ),
        (
            "blobs",
            "Sealed pieces kept for rooms in standard mode",
            stats.blobs,
        ),
        (
            "blob_bytes",
            "Their bytes, 256 more than it has for each",
            stats.blob_bytes,
        ),
        ("sources", "Addresses remembered for limits", stats.sources),
        ("tombstones", "Ended rooms remembered", stats.tombstones),
    ] {
        page.gauge(name, help, value)?;
    }
    for (name, help, value) in [
        (
            "connections_opened",
            "WebSockets that came",
            stats.connections_total,
        ),
        ("sessions_begun", "Sessions that began", stats.sessions_total),
        (
            "sessions_resumed",
            "Sessions that went on after a break",
            stats.resumed_total,
        ),
        (
            "sessions_gone",
            "Resumptions that came too late",
            stats.gone_total,
        ),
        ("rooms_made", "Rooms that were made", stats.rooms_total),
        ("seats_opened", "Seats that were given", stats.seats_opened_total),
        ("seats_closed", "Seats that ended", stats.seats_closed_total),
        ("frames", "Messages that came", stats.frames_total),
        (
            "frames_repeated",
            "Messages that came again after a break",
            stats.repeated_total,
        ),
        ("signals", "Messages passed on", stats.signals_total),
        ("views", "Views of rooms that were sent", stats.views_total),
        ("blobs_put", "Sealed pieces that came", stats.blobs_put_total),
        (
            "blobs_refused",
            "Requests about them that were refused",
            stats.blobs_refused_total,
        ),
        (
            "overflows",
            "Connections that took too little",
            stats.overflows_total,
        ),
    ] {
        page.counter(name, help, value)?;
    }
    page.stays(&stats.stays)?;
    let errors: Vec<_> = stats
        .errors
        .iter()
        .map(|(code, count)| (word(code), *count))
        .collect();
    page.labelled("refusals", "Refusals", MetricType::Counter, "code", errors)?;
    let byes: Vec<_> = stats
        .byes
        .iter()
        .map(|(code, count)| (word(code), *count))
        .collect();
    page.labelled(
        "byes",
        "Sessions ended by the server",
        MetricType::Counter,
        "code",
        byes,
    )?;
    let closes: Vec<_> = stats
        .closes
        .iter()
        .map(|(code, count)| (code.to_string(), *count))
        .collect();
    page.labelled(
        "closes",
        "WebSockets closed by the server",
        MetricType::Counter,
        "code",
        closes,
    )
}

fn relay(page: &mut Page<'_>, stats: &RelayStats) -> fmt::Result {
    for (name, help, value) in [
        ("relay_allocations", "Live allocations", stats.allocations),
        ("relay_seats", "Seats whose credentials are good", stats.seats),
        ("relay_streams", "Open TCP and TLS connections", stats.streams),
    ] {
        page.gauge(name, help, value)?;
    }
    for (name, help, value) in [
        ("relay_allocations_made", "Allocations made", stats.opened),
        (
            "relay_allocations_retired",
            "Silent allocations that gave way to new ones",
            stats.retired,
        ),
        (
            "relay_forwarded_packets",
            "Media packets for which a way was found",
            stats.forwarded.packets,
        ),
        ("relay_forwarded_bytes", "Their payload", stats.forwarded.bytes),
    ] {
        page.counter(name, help, value)?;
    }
    let requests = [
        ("success", stats.successes),
        ("rejected", stats.rejections),
        ("challenged", stats.challenges),
    ];
    page.labelled(
        "relay_requests",
        "Requests answered",
        MetricType::Counter,
        "outcome",
        requests,
    )?;
    let dropped = Dropped::ALL
        .iter()
        .map(|reason| (reason.label(), stats.dropped(*reason)));
    page.labelled(
        "relay_dropped_packets",
        "Packets dropped",
        MetricType::Counter,
        "reason",
        dropped,
    )?;
    for (name, help, value) in stats.sockets.all() {
        page.counter(&format!("relay_{name}"), help.trim().trim_end_matches('.'), value)?;
    }
    Ok(())
}

fn public_relay(page: &mut Page<'_>, stats: &PublicStats) -> fmt::Result {
    for (name, help, value) in [
        (
            "public_relay_allocations",
            "Live allocations, each with a socket",
            stats.allocations,
        ),
        ("public_relay_users", "Users with allocations", stats.users),
        (
            "public_relay_streams",
            "Open TCP and TLS connections",
            stats.streams,
        ),
    ] {
        page.gauge(name, help, value)?;
    }
    for (name, help, value) in [
        ("public_relay_allocations_made", "Allocations made", stats.opened),
        (
            "public_relay_challenges",
            "Errors before authentication",
            stats.challenges,
        ),
        ("public_relay_packets", "Packets that found a way", stats.packets),
        ("public_relay_bytes", "Their payload", stats.bytes),
        (
            "public_relay_datagrams_refused",
            "Datagrams that the system did not take",
            stats.refused,
        ),
    ] {
        page.counter(name, help, value)?;
    }
    Ok(())
}

/// The word of docs/protocol.md for a code.
fn word(code: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(code).unwrap_or_default();
    json.as_str().unwrap_or("unknown").to_owned()
}
