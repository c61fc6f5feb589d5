//! Rules for which there is a policy for the whole API, each of which was missed once; and one that is beyond IAM.

use policy_engine::iam::{Mode, Obstacle};
use policy_engine::{Token, Verb, condition::IssuerId};
use serde_json::{Value as Json, json};

use super::exact::{Verdict, decide};
use crate::random::{Asked, Case, Draft, Piece, Question, Rng};
use crate::{PREFIXES, around};

const ISSUER: &str = "issuer main { url \"https://main.example/\" audience \"api\" groups token.groups }\n";

#[test]
fn what_can_be_said_is_said() {
    for rules in [
        "allow GET /files/{rest+} when path.rest != token.sub",
        "allow GET /files/{rest+} unless path.rest in [\"a\", \"b/c\", \"b\"]",
        "allow GET /files/{rest+} when path.rest like \"{ana*,ben}\"",
        "allow GET /files/{rest+} unless path.rest like \"ana*\"",
        "allow GET /users/{id} when not path.id like \"\"",
        "allow GET /users/{id} unless path.id like \"{ana,b*}\"",
        "allow GET /users/{id}  deny GET /users/{id} when path.id != token.sub",
        "allow GET /a/{id}/b/{x}  deny GET /a/{id}/b/{x} when path.x != \"1\"",
        "allow GET /v1/**  deny GET /v1/{id}",
    ] {
        let mode = mode(rules);
        assert_eq!(mode, Mode::WholeApi, "{rules}");
    }
    let conflict = "allow GET /users/{id}  allow GET /users/{id}/photos when path.id == token.sub";
    match mode(conflict) {
        Mode::PerRequest(inexact) => assert_eq!(inexact.obstacle, Obstacle::Wildcard),
        Mode::WholeApi => panic!("no pattern keeps one's photos and drops the others'"),
    }
}

/// The mode of the answer, which is exact.
fn mode(rules: &str) -> Mode {
    let draft = Draft { pieces: vec![Piece::Fixed(format!("{ISSUER}{rules}"))], ..Draft::default() };
    let case = Case::build(&draft).unwrap_or_else(|error| panic!("{rules}: {error}"));
    let Json::Object(claims) = json!({ "sub": "ana" }) else { panic!("claims are an object") };
    let token = Some(Token::new(IssuerId(0), claims));
    let context = around(&mut Rng::new(1), None, PREFIXES[0]);
    let asked = Asked { verb: Verb::Get, path: "/users/ana".to_owned() };
    let question = Question { draft, token, asked, context };
    match decide(&case, &question, PREFIXES[0], &[]) {
        Verdict::Same(mode) => mode,
        Verdict::Differs(difference) => panic!("{rules}: {difference}"),
        Verdict::Undecided(why) => panic!("{rules}: {why}"),
    }
}
