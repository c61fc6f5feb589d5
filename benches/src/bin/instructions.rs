//! Does one kind of work a number of times, for a tool that counts instructions: `instructions emit-14 1000 FOLDER`. The
//! folder has a key and events in it, written by `footprint-inputs`: to make a key takes another time for each.
//!
//! Without arguments it prints the kinds. What a run costs beside the work is the same for every count, so the
//! difference of two runs is the work's alone (`benches/instructions.py`).

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, UNIX_EPOCH};

use policy_authorizer::cache::KEPT_TOKENS;
use policy_authorizer::handler::{Authorizer, Invocation};
use policy_authorizer::log::Log;
use policy_authorizer::token::{KeysFrom, Verifier};
use policy_benches::events::NOW;
use policy_benches::{RECORDS, USERS, many_declared, many_routes, many_rules, policy, token};
use policy_engine::iam::{MethodArn, Mode};
use policy_engine::text::ParamValues;
use policy_engine::{Policy, Request, RequestContext, Token, Verb, bundle};
use serde_json::{Value, json};

type Work = fn(usize, &Path) -> Result<(), String>;

const KINDS: [(&str, Work); 15] = [
    ("decide-users", |count, _| decide_users(count)),
    ("decide-last-of-10000", |count, _| decide_many(count, 9_999)),
    ("facts-users", |count, _| facts(count, USERS)),
    ("facts-10000", |count, _| facts(count, &many_rules(10_000))),
    ("emit-14", |count, _| emit(count, RECORDS, &json!({"sub": "ana", "scope": "get:profile"}), false)),
    ("emit-14-first", |count, _| emit(count, RECORDS, &json!({"sub": "ana", "scope": "get:profile"}), true)),
    ("emit-100", |count, _| emit(count, &many_routes(10_000), &json!({"groups": ["g7"]}), false)),
    ("emit-100-first", |count, _| emit(count, &many_routes(10_000), &json!({"groups": ["g7"]}), true)),
    ("emit-25-declared-first", |count, _| {
        emit(count, &many_declared(10_000), &json!({"groups": ["g7"]}), true)
    }),
    ("load-users", |count, inputs| load(count, inputs, "users.fixed.bundle")),
    ("load-10000", |count, inputs| load(count, inputs, "rules_10000.fixed.bundle")),
    ("authorize-new", |count, inputs| authorize(count, inputs, "events.jsonl", false)),
    ("authorize-known", |count, inputs| authorize(count, inputs, "events.jsonl", true)),
    ("authorize-request-new", |count, inputs| authorize(count, inputs, "requests.jsonl", false)),
    ("authorize-request-known", |count, inputs| authorize(count, inputs, "requests.jsonl", true)),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, count, inputs] = arguments.as_slice() else {
        for (name, _) in KINDS {
            println!("{name}");
        }
        return ExitCode::SUCCESS;
    };
    let work = KINDS.iter().find(|(name, _)| name == kind).map(|(_, work)| work);
    let done = match (work, count.parse()) {
        (Some(work), Ok(count)) => work(count, Path::new(inputs)),
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

/// From a bundle's bytes to a policy that is ready to answer.
fn load(count: usize, inputs: &Path, name: &str) -> Result<(), String> {
    let bytes = fs::read(inputs.join(name)).map_err(|error| format!("{name}: {error}"))?;
    for _ in 0..count {
        let program = bundle::read(black_box(&bytes)).map_err(|error| error.to_string())?;
        let values = ParamValues::new(&program.parts().params, |_| None);
        let policy = Policy::bind(program, values).map_err(|error| error.to_string())?;
        black_box(&policy).prepare();
    }
    Ok(())
}

/// From an event's bytes to its answer's: the events of that file, with tokens of 900 bytes, RS256. `is_known`: the same token each time, else more
/// than are remembered.
fn authorize(count: usize, inputs: &Path, events: &str, is_known: bool) -> Result<(), String> {
    let read = |name: &str| fs::read(inputs.join(name)).map_err(|error| format!("{name}: {error}"));
    let authorizer = authorizer(&read("jwks.json")?)?;
    let lines = read(events)?;
    let events: Vec<&[u8]> = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    if events.len() <= KEPT_TOKENS {
        return Err("there are too few events".to_owned());
    }
    for number in 0..count {
        let event = events.get(if is_known { 0 } else { number % events.len() }).copied();
        let answer = answer(&authorizer, black_box(event.unwrap_or_default()))?;
        if black_box(answer).len() < 1_000 {
            return Err("the answer does not have the 14 resources".to_owned());
        }
    }
    Ok(())
}

fn authorizer(jwks: &[u8]) -> Result<Authorizer, String> {
    let (policy, log) = (policy(RECORDS)?, Arc::new(Log::off()));
    let verifier = Verifier::new(&policy, KeysFrom::Jwks(jwks), &log);
    let verifier = verifier.map_err(|error| error.to_string())?;
    let verifier = verifier.remembering(KEPT_TOKENS).keeping_what_is_read();
    Ok(Authorizer::with_verifier(policy, verifier, log))
}

/// The bytes of the answer. Nothing is waited for: the keys are there.
fn answer(authorizer: &Authorizer, event: &[u8]) -> Result<Vec<u8>, String> {
    let time = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs());
    let invocation = Invocation { request_id: Some("request-1"), trace: None, time };
    match pin!(authorizer.handle(event, invocation)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(answer)) => serde_json::to_vec(&answer).map_err(|error| error.to_string()),
        Poll::Ready(Err(error)) => Err(error.to_string()),
        Poll::Pending => Err("the answer waits for something".to_owned()),
    }
}
