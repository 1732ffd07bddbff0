use crate::support::Client;
use std::collections::{BTreeMap, BTreeSet};

/// What one request for the metrics got.
pub(crate) struct Scrape {
    pub(crate) text: String,
    /// The values, by name and labels as they are written.
    values: BTreeMap<String, f64>,
    /// The types, by the names of metrics.
    pub(crate) types: BTreeMap<String, String>,
}

impl Scrape {
    /// Reads the metrics of a server.
    #[track_caller]
    pub(crate) fn of(client: &Client) -> Self {
        let answer = client.get("/metrics");
        assert_eq!(answer.status, 200, "{answer:?}");
        let kind = answer.header("Content-Type");
        assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
        let (mut values, mut types) = (BTreeMap::new(), BTreeMap::new());
        for line in answer.body.lines() {
            if let Some(described) = line.strip_prefix("# TYPE ") {
                let (name, kind) = described.split_once(' ').expect(line);
                let before = types.insert(name.to_owned(), kind.to_owned());
                assert_eq!(before, None, "{line}");
            } else if !line.starts_with('#') {
                let (name, value) = line.rsplit_once(' ').expect(line);
                let before = values.insert(name.to_owned(), value.parse().expect(line));
                assert_eq!(before, None, "{line}");
            }
        }
        let text = answer.body;
        Self {
            text,
            values,
            types,
        }
    }

    /// Returns a value; none if there is none.
    pub(crate) fn find(&self, name: &str) -> Option<f64> {
        self.values.get(name).copied()
    }

    /// Returns a value that must be there.
    #[track_caller]
    pub(crate) fn get(&self, name: &str) -> f64 {
        let value = self.find(name);
        value.unwrap_or_else(|| panic!("no {name} in {}", self.text))
    }

    /// Returns the sum of the values with a name whose labels have a text.
    pub(crate) fn sum(&self, name: &str, label: &str) -> f64 {
        let values = self.values.iter();
        let named = values.filter(|(found, _)| {
            let labels = found.strip_prefix(name);
            labels.is_some_and(|labels| labels.starts_with('{') && labels.contains(label))
        });
        named.map(|(_, value)| value).sum()
    }

    /// Returns all values of a label of the requests.
    pub(crate) fn labels(&self, label: &str) -> BTreeSet<&str> {
        let names = self.values.keys();
        let requests = names.filter(|name| name.starts_with("roomd_requests_total{"));
        let start = format!("{label}=\"");
        let value = |name: &'_ str| -> Option<usize> { Some(name.find(&start)? + start.len()) };
        requests
            .filter_map(|name| {
                let rest = &name[value(name)?..];
                rest.split('"').next()
            })
            .collect()
    }
}
