//! The lines against the rules of the format, written down from its specification.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::keys::KeyTally;
use crate::log::tests::Memory;

const TIME: u64 = 1_800_000_000_123;

fn line(sample: &Sample) -> Value {
    let memory = Memory::default();
    let metrics = Metrics::new(Namespace::parse("Users/Auth").unwrap(), "authorizer".into(), memory.clone());
    metrics.write(UNIX_EPOCH + Duration::from_millis(TIME), sample);
    let text = memory.text();
    assert_eq!(text.matches('\n').count(), 1);
    serde_json::from_str(&text).unwrap()
}

fn full() -> Sample {
    let keys = KeyTally { fetches: 2, failures: 1, stale_uses: 1, fetch_us: 3_000_000 };
    Sample {
        kind: Kind::Deny,
        refused: Some("expired"),
        per_request: true,
        policy_bytes: Some(812),
        duration: Duration::from_micros(120),
        verify: Duration::from_micros(80),
        decide: Duration::from_micros(20),
        tally: Tally { keys, userinfo_fetches: 1, remembered: 1 },
        shadow: ShadowSample::Differs,
    }
}

const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

fn text_of(value: &Value, longest: usize) -> &str {
    let text = value.as_str().unwrap();
    assert!((1..=longest).contains(&text.chars().count()), "{text}");
    text
}

/// The rules of "Embedded metric format document structure"; the names of the metrics it found.
fn valid(document: &Value) -> BTreeSet<String> {
    let root = document.as_object().unwrap();
    let metadata = root["_aws"].as_object().unwrap();
    assert_eq!(metadata.keys().collect::<Vec<_>>(), ["CloudWatchMetrics", "Timestamp"]);
    assert!(metadata["Timestamp"].as_u64().is_some());
    let mut names = BTreeSet::new();
    for directive in metadata["CloudWatchMetrics"].as_array().unwrap() {
        let members: Vec<&String> = directive.as_object().unwrap().keys().collect();
        assert_eq!(members, ["Dimensions", "Metrics", "Namespace"]);
        text_of(&directive["Namespace"], 1_024);
        let sets = directive["Dimensions"].as_array().unwrap();
        assert!(!sets.is_empty());
        for set in sets {
            let set = set.as_array().unwrap();
            assert!(set.len() <= 30);
            for dimension in set {
                text_of(&root[text_of(dimension, 250)], 1_024);
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()));
        for metric in metrics {
            assert_eq!(metric.as_object().unwrap().keys().collect::<Vec<_>>(), ["Name", "Unit"]);
            assert!(UNITS.contains(&metric["Unit"].as_str().unwrap()), "{metric}");
            let name = text_of(&metric["Name"], 1_024);
            assert!(root[name].is_number(), "{name}");
            assert!(names.insert(name.to_owned()), "{name} twice");
        }
    }
    assert!(document.to_string().len() < 256 * 1024);
    names
}

#[test]
fn every_line_keeps_the_rules() {
    let always = ["Allowed", "DecideDuration", "Denied", "Duration", "Unauthorized", "VerifyDuration"];
    assert!(valid(&line(&Sample::default())).iter().eq(always.iter()));
    let names = valid(&line(&full()));
    assert_eq!(names.len(), always.len() + 10, "{names:?}");
}

#[test]
fn values_stand_under_their_names() {
    let document = line(&full());
    for (name, value) in [
        ("FunctionName", json!("authorizer")),
        ("Reason", json!("expired")),
        ("TokensRefused", json!(1)),
        ("Allowed", json!(0.0)),
        ("Denied", json!(1.0)),
        ("Unauthorized", json!(0.0)),
        ("Duration", json!(120.0)),
        ("VerifyDuration", json!(80.0)),
        ("DecideDuration", json!(20.0)),
        ("PerRequestPolicies", json!(1.0)),
        ("PolicyBytes", json!(812.0)),
        ("KeyFetches", json!(2.0)),
        ("KeyFetchFailures", json!(1.0)),
        ("KeyFetchDuration", json!(3_000_000.0)),
        ("StaleKeyUses", json!(1.0)),
        ("UserinfoFetches", json!(1.0)),
        ("RememberedTokens", json!(1.0)),
        ("ShadowDifferences", json!(1.0)),
    ] {
        assert_eq!(document[name], value, "{name}");
    }
    assert_eq!(document["_aws"]["Timestamp"], json!(TIME));
    assert_eq!(document["_aws"]["CloudWatchMetrics"][1]["Dimensions"], json!([["FunctionName", "Reason"]]));
}

#[test]
fn a_broken_shadow_and_odd_clocks() {
    let broken = Sample { shadow: ShadowSample::Broken, duration: Duration::MAX, ..Sample::default() };
    let document = line(&broken);
    assert!(valid(&document).contains("ShadowBroken"));
    assert_eq!(document["Duration"], json!(f64::from(u32::MAX)));
}

#[test]
fn namespaces() {
    for (name, fits) in [
        ("policyctl", true),
        ("Users/Authorizer-1.2_a#b:c", true),
        ("", false),
        ("two words", false),
        ("AWS/Lambda", false),
        ("ä", false),
    ] {
        assert_eq!(Namespace::parse(name).is_some(), fits, "{name}");
    }
    assert!(Namespace::parse(&"x".repeat(255)).is_some() && Namespace::parse(&"x".repeat(256)).is_none());
}
