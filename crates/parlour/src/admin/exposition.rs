//! Counts in the text format of OpenMetrics: how each kind is written. What is counted is in `metrics`.

use std::fmt;

use parlour_signaling::Stays;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// What HTTP clients are told about the format.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The page under construction.
pub(super) struct Page<'a>(DescriptorEncoder<'a>);

impl<'a> Page<'a> {
    pub(super) fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self(encoder)
    }

    /// What there is now.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: usize) -> fmt::Result {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        let gauge = ConstGauge::new(value);
        gauge.encode(self.0.encode_descriptor(name, help, None, MetricType::Gauge)?)
    }

    /// What has happened since the start.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let counter = ConstCounter::new(value);
        counter.encode(self.0.encode_descriptor(name, help, None, MetricType::Counter)?)
    }

    /// A histogram; the sum is coarse, lest it tell how long the one person stayed who left since the last look.
    pub(super) fn stays(&mut self, stays: &Stays) -> fmt::Result {
        let bounds = Stays::BOUNDS
            .iter()
            .map(|bound| *bound as f64)
            .chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(stays.counts().iter().copied()).collect();
        let help = "How long people had a seat; the sum is in whole minutes, rounded up for each";
        let mut metric = self
            .0
            .encode_descriptor("stay_seconds", help, None, MetricType::Histogram)?;
        let (sum, count) = (stays.minutes() as f64 * 60.0, stays.counts().iter().sum());
        metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    /// One metric for each value of the one label.
    pub(super) fn labelled<L: AsRef<str>>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        label: &str,
        values: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, kind)?;
        for (value, count) in values {
            let labels = [(label, value.as_ref())];
            let metric = family.encode_family(&labels)?;
            if matches!(kind, MetricType::Counter) {
                ConstCounter::new(count).encode(metric)?;
            } else {
                ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX)).encode(metric)?;
            }
        }
        Ok(())
    }
}
