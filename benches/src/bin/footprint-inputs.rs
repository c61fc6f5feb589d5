//! Writes what `benches/footprint.py` starts the authorizer with into the folder that is named: a key, events, and
//! bundles that have the key in them, or fetch it from the address that is named.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use policy_authorizer::dev::{DevKey, jwks};
use policy_benches::events::{request_event, token, token_event};
use policy_benches::{USERS, many_rules};
use policy_dsl::source::MemoryFiles;
use policy_engine::{Algorithm, bundle};

/// More than the authorizer remembers.
const EVENTS: usize = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("the folder is missing")?);
    let keys_url = arguments.next().ok_or("the address of the keys is missing")?;
    let key = DevKey::generate(Algorithm::RS256)?;
    let pem = key.to_public_pem()?;
    fs::write(folder.join("key.pem"), &pem)?;
    fs::write(folder.join("jwks.json"), jwks([&key]).to_string())?;
    let (mut events, mut requests) = (Vec::new(), Vec::new());
    for number in 0..EVENTS {
        let token = token(&key, number)?;
        events.extend(token_event(&token));
        requests.extend(request_event(&token));
        events.push(b'\n');
        requests.push(b'\n');
    }
    fs::write(folder.join("events.jsonl"), events)?;
    fs::write(folder.join("requests.jsonl"), requests)?;
    for (name, text) in [("users", USERS.to_owned()), ("rules_10000", many_rules(10_000))] {
        for (kind, keys) in
            [("fixed", "key \"key.pem\"".to_owned()), ("fetched", format!("jwks \"{keys_url}\""))]
        {
            let text = text.replacen("issuer main {", &format!("issuer main {{\n{keys}\n"), 1);
            fs::write(folder.join(format!("{name}.{kind}.policy")), &text)?;
            let files = MemoryFiles::default().with("key.pem", pem.clone()).with("bench.policy", text);
            let compilation = policy_dsl::compile("bench.policy", &files);
            let policy =
                compilation.policy.ok_or_else(|| format!("{:?}", compilation.diagnostics.first()))?;
            fs::write(folder.join(format!("{name}.{kind}.bundle")), bundle::write(&policy.program))?;
        }
    }
    Ok(())
}
