use super::*;

fn object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    super::object(bytes, MAX_DEPTH, |_| true)
}

#[test]
fn reads_what_serde_json_reads() {
    let text = r#"{"a": [1, -2, 1.5, true, null, "x", {"b": {}}], "c": 18446744073709551615}"#;
    assert_eq!(Ok(serde_json::from_str(text).unwrap()), object(text.as_bytes()));
}

/// Whatever one reads, the other does, except for what comes twice or is too deep.
#[test]
fn agrees_with_serde_json() {
    let seeds = [
        r#"{"a": [1, -2.5e3, true, false, null, "x\n\u00e9\ud83d\ude00", {"b": {}, "c": []}], "d\"": "é", "e":0}"#,
        "{\"name\":\"a long text without anything that is special in it, and then\\u0020some\",\"n\":-0}\r\n\t ",
    ];
    let alphabet = b"{}[]\",:\\u0129eE+-.tfn \n\x00\x1f\x7f\xc3\xa9\xff/dDx";
    let mut random = crate::token::tests::random();
    let mut read_by_both = 0;
    for _ in 0..200_000 {
        let mut text = seeds[random(seeds.len())].as_bytes().to_vec();
        for _ in 0..random(4) {
            let at = random(text.len());
            match random(3) {
                0 => text[at] = alphabet[random(alphabet.len())],
                1 => text.insert(at, alphabet[random(alphabet.len())]),
                _ => drop(text.remove(at)),
            }
        }
        let theirs = serde_json::from_slice::<Map<String, Value>>(&text).ok();
        match object(&text) {
            Ok(ours) => assert_eq!(Some(ours), theirs, "{}", text.escape_ascii()),
            Err(JsonFault::Syntax | JsonFault::NotAnObject) => {
                assert_eq!(theirs, None, "{}", text.escape_ascii());
            }
            Err(JsonFault::Duplicate | JsonFault::Nesting) => {}
        }
        read_by_both += usize::from(theirs.is_some());
    }
    assert!(read_by_both > 50_000, "{read_by_both}");
}

#[test]
fn what_comes_twice_is_found_among_many() {
    let members = |names: &[String]| {
        let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":1")).collect();
        format!("{{{}}}", members.join(","))
    };
    for count in [2, 15, 16, 17, 18, 40] {
        let names: Vec<String> = (0..count).map(|number| format!("n{number}")).collect();
        assert_eq!(object(members(&names).as_bytes()).map(|map| map.len()), Ok(count));
        for (from, to) in [(0, count - 1), (count - 2, count - 1), (0, 1)] {
            let mut names = names.clone();
            names[to] = names[from].clone();
            assert_eq!(object(members(&names).as_bytes()), Err(JsonFault::Duplicate), "{count}");
        }
    }
}

/// However names are written, and however many there are, no two that are the same go unseen.
#[test]
fn names_are_compared_by_what_they_say() {
    let mut random = crate::token::tests::random();
    let mut twins = 0;
    for round in 0..20_000 {
        let count = random(24);
        let names: Vec<String> = (0..count)
            .map(|_| "xyzzyxyz"[..random(3) * 4].to_owned() + &random(1 + round % 60).to_string())
            .collect();
        let mut written = |name: &String| {
            let at = random(name.len());
            let escape = format!("\\u{:04x}", name.as_bytes()[at]);
            if random(3) > 0 { name.clone() } else { format!("{}{escape}{}", &name[..at], &name[at + 1..]) }
        };
        let members: Vec<String> = names.iter().map(|name| format!("\"{}\":[{{}}]", written(name))).collect();
        let text = format!("{{\"o\":{{{}}}}}", members.join(","));
        let different: std::collections::BTreeSet<&String> = names.iter().collect();
        let expected = if different.len() == count { None } else { Some(JsonFault::Duplicate) };
        assert_eq!(object(text.as_bytes()).err(), expected, "{text}");
        twins += usize::from(expected.is_some());
    }
    assert!((4_000..16_000).contains(&twins), "{twins}");
}

#[test]
fn refuses_the_rest() {
    let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(object(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
    for (text, fault) in [
        (r#"{"a": 1, "a": 1}"#, JsonFault::Duplicate),
        (r#"{"a": 1, "\u0061": 2}"#, JsonFault::Duplicate),
        (r#"{"\u0061": 1, "a": 2}"#, JsonFault::Duplicate),
        (r#"{"\u0061": 1, "b": 3, "\u0061": 2}"#, JsonFault::Duplicate),
        (r#"{"a": [{"b": 1, "b": 2}]}"#, JsonFault::Duplicate),
        ("[]", JsonFault::NotAnObject),
        ("null", JsonFault::NotAnObject),
        ("", JsonFault::Syntax),
        ("{", JsonFault::Syntax),
        ("{} {}", JsonFault::Syntax),
        ("{\"a\": 1e999}", JsonFault::Syntax),
        (&nested(MAX_DEPTH), JsonFault::Nesting),
        (&nested(100_000), JsonFault::Nesting),
        (&format!("{{\"a\":{}", "[".repeat(MAX_DEPTH)), JsonFault::Nesting),
    ] {
        assert_eq!(object(text.as_bytes()), Err(fault), "{text}");
    }
    assert_eq!(object(b"{\"a\": \"\xff\"}"), Err(JsonFault::Syntax));
}
