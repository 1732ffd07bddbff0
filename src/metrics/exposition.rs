//! The page of all metrics, in the text format of Prometheus.

use super::distribution::Distribution;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use std::fmt;

/// The type of the page as a header names it.
pub(crate) const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// What the format puts behind the name of a counter.
const TOTAL: &str = "_total";

/// No labels, where the library wants to know which.
type NoLabels = [(&'static str, &'static str); 0];

/// A part of the server that has metrics.
pub(crate) trait Source: fmt::Debug + Send + Sync {
    /// Adds the metrics as they are now.
    fn add_to(&self, page: &mut Exposition);
}

/// The metrics at one moment.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    families: Vec<Family>,
}

/// All values of one metric.
#[derive(Debug)]
pub(crate) struct Family {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    samples: Vec<Sample>,
}

#[derive(Debug)]
struct Sample {
    labels: Vec<(&'static str, String)>,
    value: Value,
}

/// A value of a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A number that is whole.
    Whole(u64),
    /// Any number.
    Real(f64),
    /// A histogram.
    Distribution(Distribution),
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Whole(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Whole(number as u64)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<Distribution> for Value {
    fn from(distribution: Distribution) -> Self {
        Self::Distribution(distribution)
    }
}

impl Exposition {
    /// Begins a number that only grows; its name ends with `_total`.
    pub(crate) fn counter(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        debug_assert!(name.ends_with(TOTAL), "{name}");
        self.family(name, help, MetricType::Counter)
    }

    /// Begins a number that rises and falls.
    pub(crate) fn gauge(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.family(name, help, MetricType::Gauge)
    }

    /// Begins a histogram.
    pub(crate) fn histogram(&mut self, name: &'static str, help: &'static str) -> &mut Family {
        self.family(name, help, MetricType::Histogram)
    }

    fn family(&mut self, name: &'static str, help: &'static str, kind: MetricType) -> &mut Family {
        let family = Family {
            name,
            help,
            kind,
            samples: Vec::new(),
        };
        self.families.push(family);
        self.families.last_mut().expect("it was added just now")
    }

    /// Returns the text of the page.
    pub(crate) fn into_text(self) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).expect("a String takes every text");
        text
    }
}

impl Family {
    /// Adds a value. If the labels have one already, both are added up.
    pub(crate) fn add(&mut self, labels: &[(&'static str, &str)], value: impl Into<Value>) {
        let value = value.into();
        let known = self.samples.iter_mut().find(|sample| {
            let known = sample.labels.iter().map(|(name, text)| (*name, &**text));
            known.eq(labels.iter().copied())
        });
        match known {
            Some(sample) => sample.value.merge(value),
            None => self.push(labels, value),
        }
    }

    /// Adds a value with labels that have none yet.
    pub(super) fn push(&mut self, labels: &[(&'static str, &str)], value: impl Into<Value>) {
        let labels = labels
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned()));
        self.samples.push(Sample {
            labels: labels.collect(),
            value: value.into(),
        });
    }

    /// Adds the one value of a metric without labels.
    pub(crate) fn set(&mut self, value: impl Into<Value>) {
        self.add(&[], value);
    }

    /// Adds the one value of a metric without labels, if it is known.
    pub(crate) fn set_if_known(&mut self, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(value);
        }
    }
}

impl Value {
    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Whole(sum), Self::Whole(more)) => *sum += more,
            (Self::Real(sum), Self::Real(more)) => *sum += more,
            (Self::Distribution(sum), Self::Distribution(more)) => sum.merge(&more),
            (this, other) => unreachable!("{this:?} and {other:?} are of one metric"),
        }
    }

    fn encode(&self, kind: MetricType, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        match (self, kind) {
            (Self::Whole(number), MetricType::Counter) => {
                encoder.encode_counter::<NoLabels, _, f64>(number, None)
            }
            (Self::Real(number), MetricType::Counter) => {
                encoder.encode_counter::<NoLabels, _, f64>(number, None)
            }
            (Self::Whole(number), _) => encoder.encode_gauge(number),
            (Self::Real(number), _) => encoder.encode_gauge(number),
            (Self::Distribution(all), _) => {
                encoder.encode_histogram::<NoLabels>(all.sum, all.count(), &all.buckets, None)
            }
        }
    }
}

impl Collector for Exposition {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in &self.families {
            // The encoder adds the end of the name again.
            let name = family.name.strip_suffix(TOTAL).unwrap_or(family.name);
            let mut encoder = encoder.encode_descriptor(name, family.help, None, family.kind)?;
            for sample in &family.samples {
                let labelled = encoder.encode_family(&sample.labels)?;
                sample.value.encode(family.kind, labelled)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Histogram, Unit};

    #[test]
    fn the_text_is_as_prometheus_reads_it() {
        let mut page = Exposition::default();
        let counter = page.counter("a_total", "What a is.");
        counter.add(&[("of", "x\"y")], 1_u64);
        counter.add(&[("of", "z")], 2_u64);
        counter.add(&[("of", "z")], 3_u64);
        page.gauge("b", "What b is.").set(1.5);
        page.gauge("c", "What c is.").set_if_known(None::<u64>);
        let histogram = Histogram::new(Unit::Number, &[1]);
        histogram.add(7);
        page.histogram("d", "What d is.").set(histogram.get());
        let text = page.into_text();
        assert_eq!(
            text,
            "# HELP a_total What a is.\n# TYPE a_total counter\na_total{of=\"x\\\"y\"} 1\n\
             a_total{of=\"z\"} 5\n# HELP b What b is.\n# TYPE b gauge\nb 1.5\n\
             # HELP c What c is.\n# TYPE c gauge\n# HELP d What d is.\n# TYPE d histogram\n\
             d_bucket{le=\"1\"} 0\nd_bucket{le=\"+Inf\"} 1\nd_sum 7.0\nd_count 1\n"
        );
    }
}
