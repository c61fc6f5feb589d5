//! Does one kind of work a number of times, for a tool that counts instructions: `instructions emit-14 1000`.
//!
//! Without arguments it prints the kinds. What a run costs beside the work is the same for every count, so the
//! difference of two runs is the work's alone (`benches/instructions.py`).

use std::hint::black_box;
use std::process::ExitCode;

use policy_benches::{RECORDS, USERS, many_declared, many_routes, many_rules, policy, token};
use policy_engine::iam::{MethodArn, Mode};
use policy_engine::{Policy, Request, RequestContext, Token, Verb};
use serde_json::{Value, json};

type Work = fn(usize) -> Result<(), String>;

const KINDS: [(&str, Work); 9] = [
    ("decide-users", decide_users),
    ("decide-last-of-10000", |count| decide_many(count, 9_999)),
    ("facts-users", |count| facts(count, USERS)),
    ("facts-10000", |count| facts(count, &many_rules(10_000))),
    ("emit-14", |count| emit(count, RECORDS, &json!({"sub": "ana", "scope": "get:profile"}), false)),
    ("emit-14-first", |count| emit(count, RECORDS, &json!({"sub": "ana", "scope": "get:profile"}), true)),
    ("emit-100", |count| emit(count, &many_routes(10_000), &json!({"groups": ["g7"]}), false)),
    ("emit-100-first", |count| emit(count, &many_routes(10_000), &json!({"groups": ["g7"]}), true)),
    ("emit-25-declared-first", |count| emit(count, &many_declared(10_000), &json!({"groups": ["g7"]}), true)),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, count] = arguments.as_slice() else {
        KINDS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    let work = KINDS.iter().find(|(name, _)| name == kind).map(|(_, work)| work);
    let done = match (work, count.parse()) {
        (Some(work), Ok(count)) => work(count),
        _ => Err(format!("`{kind}` is no kind of work, or `{count}` is no count")),
    };
    done.map_or_else(
        |error| {
            eprintln!("instructions: {error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

fn decide_users(count: usize) -> Result<(), String> {
    let policy = policy(USERS)?;
    decide(count, &policy, &token(&json!({"sub": "ana"})), "/users/ana")
}

fn decide_many(count: usize, last: usize) -> Result<(), String> {
    let policy = policy(&many_rules(last + 1))?;
    let token = token(&json!({"groups": [format!("g{}", last % 100)]}));
    decide(count, &policy, &token, &format!("/svc{last}/items/1"))
}

fn decide(count: usize, policy: &Policy, token: &Token, path: &str) -> Result<(), String> {
    let context = RequestContext::default();
    let caller = policy.caller(Some(token));
    let request = Request { verb: Verb::Get, path, context: &context };
    if !caller.decide(&request).allowed {
        return Err(format!("GET {path} is denied"));
    }
    for _ in 0..count {
        black_box(caller.decide(black_box(&request)));
    }
    Ok(())
}

fn facts(count: usize, text: &str) -> Result<(), String> {
    let policy = policy(text)?;
    let claims = json!({"sub": "ana", "email_verified": true, "groups": ["g7"], "scope": "openid"});
    let token = token(&claims);
    for _ in 0..count {
        black_box(policy.caller(Some(black_box(&token))));
    }
    Ok(())
}

/// `is_first`: each time for another stage, so that nothing of it is known.
fn emit(count: usize, text: &str, claims: &Value, is_first: bool) -> Result<(), String> {
    let policy = policy(text)?;
    let token = token(claims);
    let caller = policy.caller(Some(&token));
    let context = RequestContext::default();
    for number in 0..count {
        let stage = if is_first { number } else { 0 };
        let arn = format!("arn:aws:execute-api:eu-west-1:123456789012:abc123/stage{stage:06}/GET/users/ana");
        let arn = MethodArn::parse(&arn).map_err(|error| error.to_string())?;
        if black_box(caller.emit(black_box(&arn), &context)).mode != Mode::WholeApi {
            return Err("the policy is not for the whole API".to_owned());
        }
    }
    Ok(())
}
