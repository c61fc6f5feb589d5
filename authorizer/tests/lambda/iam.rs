//! A reader of IAM policies, written from the documentation alone.

use serde_json::Value;

pub(crate) const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod";

/// Whether the policy allows the verb on the path: some Allow matches, and no Deny does.
#[track_caller]
pub(crate) fn allows(document: &Value, verb: &str, path: &str) -> bool {
    assert_eq!(document["Version"], "2012-10-17");
    let arn = format!("{STAGE}/{verb}{path}");
    let matching = |effect: &str| {
        let statements = document["Statement"].as_array().unwrap().iter();
        statements.filter(|statement| statement["Effect"] == effect).any(|statement| {
            let members: Vec<&String> = statement.as_object().unwrap().keys().collect();
            assert_eq!(members, ["Action", "Effect", "Resource"]);
            assert_eq!(statement["Action"], "execute-api:Invoke");
            let resources = statement["Resource"].as_array().unwrap();
            resources.iter().any(|pattern| matches(pattern.as_str().unwrap().as_bytes(), arn.as_bytes()))
        })
    };
    matching("Allow") && !matching("Deny")
}

/// `*` is any characters, none and `/` included; `?` is one.
pub(crate) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skipped| matches(rest, &text[skipped..])),
        Some((b'?', rest)) => !text.is_empty() && matches(rest, &text[1..]),
        Some((byte, rest)) => text.first() == Some(byte) && matches(rest, &text[1..]),
    }
}
