//! What comes out at the end.

use policy_engine::condition::{Atom, Literal, Node, NodeId, Operand};
use policy_engine::pattern::PathRef;
use policy_engine::text::ParamValues;
use policy_engine::{Policy, ProgramParts, Request};

use super::support::{ISSUER, codes, compile_text, findings, policy};

fn parts(text: &str) -> ProgramParts {
    policy(&format!("{ISSUER}{text}")).program.parts().clone()
}

fn atom(parts: &ProgramParts, node: NodeId) -> &Atom {
    match parts.conditions.node(node) {
        Some(Node::Atom(id)) => parts.conditions.atom(*id).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_path_is_placed_in_each_pattern() {
    let parts = parts("let own = path.id == token.sub\nallow GET /u/{id} /v/x/{id} /w/{id+} when own");
    let placed: Vec<PathRef> = parts
        .clauses
        .iter()
        .map(|clause| match atom(&parts, clause.condition) {
            Atom::Compare(Operand::Path(part), ..) => *part,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(placed, [PathRef::Segment(1), PathRef::Segment(2), PathRef::Rest(1)]);
}

#[test]
fn a_rules_condition_is_when_and_not_unless() {
    let parts = parts("allow GET /a when token.a unless token.b");
    let Some(Node::All(children)) = parts.conditions.node(parts.clauses[0].condition) else { panic!() };
    assert!(matches!(parts.conditions.node(children[0]), Some(Node::Atom(_))));
    assert!(matches!(parts.conditions.node(children[1]), Some(Node::Not(_))));
}

#[test]
fn the_same_condition_is_stored_once() {
    let parts =
        parts("let l = token.a and token.b\nallow GET /a when l\nallow GET /b when token.b and token.a");
    assert_eq!(parts.clauses[0].condition, parts.clauses[1].condition);
}

#[test]
fn written_lists_are_split_into_constants_and_the_rest() {
    let parts = parts("allow GET /{id} when path.id in [token.sub, \"a\", \"b\"]");
    let Some(Node::Any(children)) = parts.conditions.node(parts.clauses[0].condition) else { panic!() };
    let atoms: Vec<&Atom> = children.iter().map(|child| atom(&parts, *child)).collect();
    assert!(atoms.iter().any(|atom| matches!(atom,
        Atom::Member { list: Operand::Literal(Literal::List(items)), .. } if items.len() == 2)));
    assert!(atoms.iter().any(|atom| matches!(atom, Atom::Compare(_, _, Operand::Claim(_)))));
}

#[test]
fn a_string_beside_a_time_is_an_instant() {
    let parts = parts("allow GET /a when request.time < \"2026-01-01T00:00:00Z\"");
    assert!(matches!(
        atom(&parts, parts.clauses[0].condition),
        Atom::Compare(Operand::Time, _, Operand::Literal(Literal::Instant(_)))
    ));
}

#[test]
fn headers_are_in_lower_case() {
    let parts = parts("allow GET /a when request.header.\"X-Tenant\" == \"a\"");
    let Atom::Compare(Operand::Header(name), ..) = atom(&parts, parts.clauses[0].condition) else { panic!() };
    assert_eq!(name, "x-tenant");
}

#[test]
fn the_same_text_gives_the_same_program() {
    let text = format!(
        "{ISSUER}let l = token.a or group \"b\"\nallow GET /a /b/{{c}} when l\nprincipal token.email"
    );
    assert_eq!(policy(&text).program, policy(&text).program);
    let other = policy(&format!("{text}\n")).program;
    assert_ne!(policy(&text).program.parts().source_digest, other.parts().source_digest);
}

#[test]
fn the_language_references_example_does_what_it_says() {
    let text = include_str!("example.policy");
    let compilation = compile_text(text);
    assert_eq!(findings(&compilation).len(), 1, "{:#?}", findings(&compilation));
    let compiled = compilation.policy.unwrap();
    assert_eq!(
        compiled.rules[0].doc.as_deref(),
        Some("People keep their own record, and what lies under it.")
    );
    let values = ParamValues::new(&compiled.program.parts().params, |_| None);
    let policy = Policy::bind(compiled.program, values).unwrap();
    let case = &compiled.tests[0];
    let caller = policy.caller(case.token.as_ref());
    for expectation in &case.expectations {
        for verb in expectation.verbs.iter() {
            for path in &expectation.paths {
                let request = Request { verb, path, context: &case.context };
                assert_eq!(caller.decide(&request).allowed, expectation.allowed, "{verb} {path}");
            }
        }
    }
}

#[test]
fn counts_are_bounded() {
    let many = |count: usize, line: fn(usize) -> String| (0..count).map(line).collect::<Vec<_>>().concat();
    assert_eq!(codes(&many(1_001, |at| format!("param p{at}\n"))), ["E0413"]);
    assert_eq!(
        codes(&many(101, |at| format!("issuer i{at} {{ url \"https://a/\" audience \"b\" }}\n"))),
        ["E0414"]
    );
    let entries = many(201, |at| format!("k{at} = token.a\n"));
    assert_eq!(codes(&format!("context {{ {entries} }}")), ["E0415"]);
}
