//! Work is bounded by counts: what is large, or made to be hard, comes to an end all the same.

use std::time::{Duration, Instant};

use super::support::{ISSUER, codes_of, compile_text};

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|at| line(at) + "\n").collect::<Vec<_>>().concat()
}

#[test]
fn hard_policies_come_to_an_end() {
    let large_let = format!("let big = {}", vec!["path.id == token.sub"; 2_000].join("\nor "));
    let policies = [
        (
            "many rules",
            lines(20_000, |at| {
                format!("allow GET /a{at}/{{id}} when path.id == token.sub and group \"g{at}\"")
            }),
        ),
        ("many names that are misspelt", {
            lines(10_000, |at| format!("let name{at} = token.x{at}"))
                + &lines(10_000, |at| format!("deny GET /a when nome{at}"))
        }),
        ("a let that is large, in many rules", {
            format!("{large_let}\n{}", lines(20_000, |at| format!("allow GET /a{at}/{{id}} when big")))
        }),
        ("a let that is large, in many lets", {
            format!("{large_let}\n{}", lines(20_000, |at| format!("let l{at} = big and token.a{at}")))
        }),
        ("many rules on a line", vec!["public GET /a"; 4_000].join(" ")),
        ("lets that double", {
            format!(
                "let l0 = path.id == token.sub\n{}allow GET /{{id}} when l40",
                lines(40, |at| format!("let l{} = l{at} or not l{at}", at + 1))
            )
        }),
        ("a circle of many lets", lines(20_000, |at| format!("let l{at} = l{}", (at + 1) % 20_000))),
    ];
    for (name, text) in policies {
        let start = Instant::now();
        let compilation = compile_text(&format!("{ISSUER}{text}"));
        println!("{name}: {:?}, {} findings", start.elapsed(), codes_of(&compilation).len());
        assert!(start.elapsed() < Duration::from_secs(30), "{name}");
    }
}
