use crate::scrape::Scrape;
use crate::support::TestServer;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const GUIDE: &str = include_str!("../../docs/monitoring.md");
const RULES: &str = include_str!("../../packaging/prometheus/roomd.rules.yml");
const DASHBOARD: &str = include_str!("../../packaging/grafana/roomd.json");

/// The ends of the series of a histogram.
const SERIES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// Returns the names of metrics in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !is_name(c));
    words
        .filter(|word| word.starts_with("roomd_") || word.starts_with("process_"))
        // The beginning of names.
        .filter(|word| !word.ends_with('_'))
        .collect()
}

/// Asserts that a server has all metrics in the texts.
#[track_caller]
fn assert_exist(scrape: &Scrape, found: &BTreeSet<&str>) {
    for name in found {
        let of_histogram = SERIES.iter().find_map(|end| name.strip_suffix(end));
        let is_histogram = |name| {
            scrape
                .types
                .get(name)
                .is_some_and(|kind| kind == "histogram")
        };
        let exists = match of_histogram {
            Some(name) if is_histogram(name) => true,
            _ => scrape.types.contains_key(*name) && !is_histogram(name),
        };
        assert!(exists, "no server has {name}");
    }
}

/// Returns all queries of a dashboard.
fn queries(value: &Value) -> Vec<&str> {
    let below: Vec<&Value> = match value {
        Value::Object(members) => members.values().collect(),
        Value::Array(elements) => elements.iter().collect(),
        _ => Vec::new(),
    };
    let own = value.get("expr").and_then(Value::as_str);
    own.into_iter()
        .chain(below.into_iter().flat_map(queries))
        .collect()
}

#[test]
fn the_guide_has_all_metrics_and_no_others() {
    let scrape = Scrape::of(&TestServer::start());
    let mut documented = BTreeMap::new();
    for line in GUIDE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`');
        if names(name).contains(name) {
            let before = documented.insert(name.to_owned(), cells[2].to_owned());
            assert_eq!(before, None, "{name} is in the guide twice");
        }
    }
    assert_eq!(documented, scrape.types);
}

#[test]
fn every_label_is_in_the_guide() {
    let server = TestServer::start_with(|config| {
        // Hand-offs have labels too.
        config.meeting.server = "template".parse().expect("a server");
        let url = "https://meet.example.com/{slug}".parse().ok();
        config.meeting.template.host_url = url.clone();
        config.meeting.template.guest_url = url;
    });
    server.get("/nowhere");
    let scrape = Scrape::of(&server);
    for line in scrape.text.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, rest)) = line.split_once('{') else {
            continue;
        };
        let of_histogram = SERIES.iter().find_map(|end| name.strip_suffix(end));
        let name = of_histogram
            .filter(|name| scrape.types.contains_key(*name))
            .unwrap_or(name);
        let row = GUIDE
            .lines()
            .find(|row| row.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("{name} is not in the guide"));
        let labels = row.split('|').nth(3).expect("a column of labels");
        for label in rest.split("\",") {
            let label = label.split("=\"").next().expect("a name");
            let is_known = label == "le" || labels.contains(&format!("`{label}`"));
            assert!(is_known, "{name} has {label}: {row}");
        }
    }
}

#[test]
fn every_alert_is_about_metrics_that_exist_and_is_in_the_guide() {
    let scrape = Scrape::of(&TestServer::start());
    let found = names(RULES);
    assert!(found.len() > 10, "{found:?}");
    assert_exist(&scrape, &found);
    let alerts = RULES
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let alerts: BTreeSet<_> = alerts.collect();
    let rows = GUIDE
        .lines()
        .filter_map(|line| line.strip_prefix("| `Roomd"));
    let documented = rows.map(|row| row.split('`').next().expect("a name"));
    let documented: BTreeSet<_> = documented.map(|name| format!("Roomd{name}")).collect();
    assert_eq!(alerts, documented.iter().map(String::as_str).collect());
}

#[test]
fn every_panel_of_the_dashboard_is_about_metrics_that_exist() {
    let scrape = Scrape::of(&TestServer::start());
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    assert_eq!(dashboard["title"], "roomd");
    let queries = queries(&dashboard);
    assert!(queries.len() > 20, "{}", queries.len());
    let found = queries.iter().flat_map(|query| names(query)).collect();
    assert_exist(&scrape, &found);
    // All that is measured is to be seen.
    let shown = |name: &str| {
        let named = found.iter().map(|found| {
            let base = SERIES.iter().find_map(|end| found.strip_suffix(end));
            [*found, base.unwrap_or_default()]
        });
        named.flatten().any(|found| found == name)
    };
    for name in scrape.types.keys() {
        assert!(shown(name), "no panel shows {name}");
    }
    for panel in dashboard["panels"].as_array().expect("panels") {
        assert!(
            panel["title"]
                .as_str()
                .is_some_and(|title| !title.is_empty())
        );
    }
}
