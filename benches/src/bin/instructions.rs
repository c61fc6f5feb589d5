//! Does one kind of work a number of times, for a tool that counts instructions: `instructions emit-14 1000`.
//!
//! Without arguments it prints the kinds. What a run costs beside the work is the same for every count, so the
//! difference of two runs is the work's alone (`benches/instructions.py`).

use std::hint::black_box;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, UNIX_EPOCH};

use policy_authorizer::cache::KEPT_TOKENS;
use policy_authorizer::dev::{DevKey, jwks};
use policy_authorizer::handler::{Authorizer, Invocation};
use policy_authorizer::log::Log;
use policy_authorizer::token::{KeysFrom, Verifier};
use policy_benches::events::{self, NOW};
use policy_benches::{RECORDS, USERS, many_declared, many_routes, many_rules, policy, token};
use policy_engine::iam::{MethodArn, Mode};
use policy_engine::{Algorithm, Policy, Request, RequestContext, Token, Verb};
use serde_json::{Value, json};

type Work = fn(usize) -> Result<(), String>;

const KINDS: [(&str, Work); 11] = [
    ("decide-users", decide_users),
    ("decide-last-of-10000", |count| decide_many(count, 9_999)),
    ("facts-users", |count| facts(count, USERS)),
    ("facts-10000", |count| facts(count, &many_rules(10_000))),
    ("emit-14", |count| emit(count, RECORDS, &json!({"sub": "ana", "scope": "get:profile"}), false)),
    ("emit-14-first", |count| emit(count, RECORDS, &json!({"sub": "ana", "scope": "get:profile"}), true)),
    ("emit-100", |count| emit(count, &many_routes(10_000), &json!({"groups": ["g7"]}), false)),
    ("emit-100-first", |count| emit(count, &many_routes(10_000), &json!({"groups": ["g7"]}), true)),
    ("emit-25-declared-first", |count| emit(count, &many_declared(10_000), &json!({"groups": ["g7"]}), true)),
    ("authorize-new", |count| authorize(count, false)),
    ("authorize-known", |count| authorize(count, true)),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, count] = arguments.as_slice() else {
        for (name, _) in KINDS {
            println!("{name}");
        }
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

/// From an event's bytes to its answer's: tokens of 900 bytes, RS256. `is_known`: the same token each time.
fn authorize(count: usize, is_known: bool) -> Result<(), String> {
    let key = DevKey::generate(Algorithm::RS256).map_err(|error| error.to_string())?;
    let authorizer = authorizer(&key)?;
    // As many tokens in every run, so that runs differ in the answers alone.
    let event = |number| events::token(&key, number).map(|token| events::token_event(&token));
    let events = (0..KEPT_TOKENS + 64).map(event).collect::<Result<Vec<_>, _>>();
    let events = events.map_err(|error| error.to_string())?;
    for number in 0..count {
        let event = events.get(if is_known { 0 } else { number % events.len() });
        let answer = answer(&authorizer, black_box(event.map_or(&[][..], Vec::as_slice)))?;
        if black_box(answer).len() < 1_000 {
            return Err("the answer does not have the 14 resources".to_owned());
        }
    }
    Ok(())
}

fn authorizer(key: &DevKey) -> Result<Authorizer, String> {
    let (policy, log) = (policy(RECORDS)?, Arc::new(Log::off()));
    let keys = jwks([key]).to_string();
    let verifier = Verifier::new(&policy, KeysFrom::Jwks(keys.as_bytes()), &log);
    let verifier = verifier.map_err(|error| error.to_string())?.remembering(KEPT_TOKENS);
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
