//! Whatever an event's bytes are, there is an answer, no panic, and no right without a token that verifies.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::{Duration, UNIX_EPOCH};

use libfuzzer_sys::fuzz_target;
use policy_authorizer::dev::DevKey;
use policy_authorizer::event::{Event, Wanted};
use policy_authorizer::handler::{Authorizer, Invocation};
use policy_authorizer::log::Log;
use policy_authorizer::response::Reply;
use policy_authorizer::token::{KeysFrom, Verifier};
use policy_dsl::source::MemoryFiles;
use policy_engine::iam::IamEffect;
use policy_engine::text::ParamValues;
use policy_engine::{Algorithm, Policy};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

const NOW: u64 = 1_800_000_000;

/// Nothing is public, so that a right comes from a token alone.
const POLICY: &str = r#"
issuer main { url "https://issuer.example/" key "public.pem" audience "app" algorithms EdDSA groups token.groups }

allow GET PUT  /users/{id}  when path.id == token.sub
allow ANY      /admin/**    when group "admins" and request.header."x-tenant" == token.tenant
allow GET      /$connect    when request.query.room in token.rooms
deny  ANY      /**          when request.ip in "198.51.100.0/24"

context { name = token.name }
"#;

/// The same key at every run, so that what was found is found again.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
";

struct Desk {
    authorizer: Authorizer,
    verifier: Verifier,
    runtime: Runtime,
    /// A token that verifies; `@token@` stands for it in an event.
    token: String,
}

static DESK: LazyLock<Desk> = LazyLock::new(|| {
    let key = DevKey::from_pem(KEY, Some(Algorithm::EdDSA)).expect("the key is one");
    let files = MemoryFiles::default()
        .with("fuzz.policy", POLICY)
        .with("public.pem", key.to_public_pem().expect("the key has a public one"));
    let policy = || {
        let program = policy_dsl::compile("fuzz.policy", &files).policy.expect("the policy is one").program;
        Policy::bind(program, ParamValues::new(&[], |_| None)).expect("there are no params")
    };
    let log = Arc::new(Log::off());
    let verifier = || Verifier::new(&policy(), KeysFrom::Issuers, &log).expect("the key verifies");
    let claims = json!({
        "iss": "https://issuer.example/", "aud": "app", "sub": "ana", "exp": NOW + 60, "groups": ["admins"],
        "tenant": "acme", "rooms": ["1", "2"], "name": "Ana"
    });
    Desk {
        authorizer: Authorizer::with_verifier(policy(), verifier().remembering(16), Arc::clone(&log)),
        verifier: verifier(),
        runtime: Builder::new_current_thread().enable_all().build().expect("a runtime"),
        token: key.sign(claims.as_object().expect("an object")).expect("a signature"),
    }
});

fuzz_target!(|bytes: &[u8]| {
    let desk = &*DESK;
    check(desk, bytes);
    // The fuzzer cannot make a signature up.
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.contains("@token@")
    {
        check(desk, text.replace("@token@", &desk.token).as_bytes());
    }
});

fn check(desk: &Desk, event: &[u8]) {
    let time = UNIX_EPOCH + Duration::from_secs(NOW);
    let invocation = Invocation { request_id: None, trace: None, time };
    let reply = desk.runtime.block_on(desk.authorizer.handle(event, invocation));
    let Ok(reply) = reply else { return };
    serde_json::to_vec(&reply).expect("an answer is JSON");
    let grants = match reply {
        Reply::Policy(response) => {
            response.policy_document.statements().iter().any(|statement| statement.effect == IamEffect::Allow)
        }
        Reply::Simple(simple) => simple.is_authorized,
        Reply::Written(written) => written.as_json().contains(r#""Effect":"Allow""#),
    };
    assert!(!grants || has_token(desk, event), "a right without a token");
}

fn has_token(desk: &Desk, event: &[u8]) -> bool {
    let settings = desk.authorizer.policy().settings();
    let now = i64::try_from(NOW).expect("a time");
    let event =
        Event::parse(event, &Wanted::by(desk.authorizer.policy()), now).expect("an event that was answered");
    let Ok(Some(token)) = event.token(settings.scheme) else { return false };
    desk.runtime.block_on(desk.verifier.verify(token, now)).is_ok()
}
