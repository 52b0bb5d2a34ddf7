//! Medians, ratios and the tables that people read. Arithmetic only.

use std::fmt::Write as _;

use crate::load::Outcome;
use crate::servers::Kind;

/// A run in which others used more than this of a core is marked.
const DISTURBED: f64 = 0.12;

/// All rounds of one server under one load.
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) rounds: Vec<Outcome>,
}

impl Outcome {
    /// The server's CPU time for each packet that arrived, in microseconds.
    pub(crate) fn cpu_per_packet(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.packets.max(1) as f64
    }

    fn packets_per_second(&self) -> f64 {
        self.packets as f64 / self.window.as_secs_f64()
    }

    fn core(&self) -> f64 {
        self.cpu.as_secs_f64() / self.window.as_secs_f64()
    }

    fn loss(&self) -> f64 {
        100.0 * self.lost as f64 / self.sent.max(1) as f64
    }

    /// In microseconds.
    fn latency(&self, share: f64) -> f64 {
        f64::from(percentile(&self.latencies, share)) / 1e3
    }
}

/// A table of all servers under one load; ratios are to coturn in the same round.
pub(crate) fn comparison(title: &str, rows: &[Row]) -> String {
    let mut text = format!("### {title}\n\n");
    text += "| server | packets/s | CPU µs/packet | of a core | loss % | p50 µs | p99 µs | p99.9 µs | CPU ÷ coturn | packets/s ÷ coturn | rounds (disturbed) |\n";
    text += "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
    let base = rows.iter().find(|row| row.kind == Kind::Coturn);
    for row in rows {
        let of = |figure: fn(&Outcome) -> f64| median(row.rounds.iter().map(figure));
        let ratio = |figure: fn(&Outcome) -> f64| {
            base.and_then(|base| ratio(&row.rounds, &base.rounds, figure))
                .map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
        };
        let disturbed = row.rounds.iter().filter(|round| round.others > DISTURBED).count();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {:.0} | {:.2} {} | {:.2} | {:.2} | {:.0} | {:.0} | {:.0} | {} | {} | {} ({disturbed}) |",
            row.kind.name(),
            of(Outcome::packets_per_second),
            of(Outcome::cpu_per_packet),
            spread(&row.rounds),
            of(Outcome::core),
            of(Outcome::loss),
            of(|round| round.latency(0.5)),
            of(|round| round.latency(0.99)),
            of(|round| round.latency(0.999)),
            ratio(Outcome::cpu_per_packet),
            ratio(Outcome::packets_per_second),
            row.rounds.len(),
        );
    }
    text
}

/// Median of the ratios of rounds that ran next to each other.
pub(crate) fn ratio<T>(these: &[T], those: &[T], figure: impl Fn(&T) -> f64) -> Option<f64> {
    let ratios: Vec<f64> = these
        .iter()
        .zip(those)
        .map(|(this, that)| figure(this) / figure(that))
        .filter(|ratio| ratio.is_finite())
        .collect();
    (!ratios.is_empty()).then(|| median(ratios))
}

/// Zero for no values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        len if len % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

/// The least and the greatest CPU for a packet, so that the reader sees the noise.
fn spread(rounds: &[Outcome]) -> String {
    let figures = rounds.iter().map(Outcome::cpu_per_packet);
    let (least, greatest) = figures.fold((f64::MAX, 0.0_f64), |(least, greatest), figure| {
        (least.min(figure), greatest.max(figure))
    });
    format!("({least:.2}–{greatest:.2})")
}

/// The value that this share of the sorted values does not exceed (nearest rank); zero for none.
pub(crate) fn percentile(sorted: &[u32], share: f64) -> u32 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let sorted: Vec<u32> = (1..=1000).collect();
        assert_eq!(
            [0.5, 0.99, 0.999, 1.0].map(|share| percentile(&sorted, share)),
            [500, 990, 999, 1000]
        );
        assert_eq!(percentile(&[7], 0.5), 7);
        assert_eq!(percentile(&[], 0.5), 0);
    }

    #[test]
    fn medians_of_even_and_odd_counts() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median([]), 0.0);
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        // The machine was twice as slow in the second round; the ratio does not notice.
        assert_eq!(ratio(&[1.0, 2.0, 1.0], &[2.0, 4.0, 2.0], |x| *x), Some(0.5));
        assert_eq!(ratio(&[1.0], &[0.0], |x| *x), None);
    }

    #[test]
    fn a_packet_costs_what_the_server_used_divided_by_what_arrived() {
        let outcome = Outcome {
            packets: 200_000,
            lost: 1,
            sent: 400_000,
            window: Duration::from_secs(2),
            cpu: Duration::from_secs(1),
            latencies: vec![1000, 2000, 3000],
            others: 0.5,
        };
        assert_eq!(outcome.cpu_per_packet(), 5.0);
        let table = comparison(
            "t",
            &[Row {
                kind: Kind::Coturn,
                rounds: vec![outcome],
            }],
        );
        assert!(table.contains(
            "| coturn | 100000 | 5.00 (5.00–5.00) | 0.50 | 0.00 | 2 | 3 | 3 | 1.00 | 1.00 | 1 (1) |"
        ));
    }
}
