//! An authorizer without a process, a network or a clock: events in, answers and reasons out.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use policy_authorizer::dev::DevKey;
use policy_authorizer::handler::{Authorizer, Invocation};
use policy_authorizer::log::{Level, Log};
use policy_dsl::source::MemoryFiles;
use policy_engine::text::ParamValues;
use policy_engine::{Algorithm, Policy};
use serde_json::{Value, json};

/// The time of every request, in seconds since 1970-01-01 UTC.
pub(crate) const NOW: i64 = 1_800_000_000;

/// The only key that the policies of the fixtures know, as `public.pem`.
pub(crate) fn key() -> &'static DevKey {
    static KEY: OnceLock<DevKey> = OnceLock::new();
    KEY.get_or_init(|| DevKey::generate(Algorithm::ES256).unwrap())
}

/// A policy's text, with the fixed key beside it and these params.
#[track_caller]
pub(crate) fn policy(text: &str, params: &Value) -> Policy {
    policy_beside(text, params, &key().to_public_pem().unwrap())
}

/// The same with another key as `public.pem`.
#[track_caller]
pub(crate) fn policy_beside(text: &str, params: &Value, pem: &str) -> Policy {
    let files = MemoryFiles::default().with("it.policy", text).with("public.pem", pem);
    let compiled = policy_dsl::compile("it.policy", &files);
    let diagnostics = compiled.diagnostics;
    let program = compiled.policy.unwrap_or_else(|| panic!("{diagnostics:#?}")).program;
    let value = |name: &str| params[name].as_str().map(str::to_owned);
    let values = ParamValues::new(&program.parts().params, value);
    Policy::bind(program, values).unwrap()
}

/// The file of that name below the crate.
#[track_caller]
pub(crate) fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A policy that answers events.
pub(crate) struct Desk {
    pub(crate) authorizer: Authorizer,
    lines: Lines,
    pub(crate) runtime: tokio::runtime::Runtime,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Desk {
    pub(crate) fn of(policy: Policy) -> Self {
        let lines = Lines::default();
        let log = Arc::new(Log::new(Some(Level::Info), lines.clone()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { authorizer: Authorizer::new(policy, log).unwrap(), lines, runtime }
    }

    /// The answer, or the error's message; with what the log says about it.
    #[track_caller]
    pub(crate) fn ask(&self, event: &[u8]) -> Asked {
        self.ask_at(event, NOW)
    }

    /// The same at another time, in seconds since 1970-01-01 UTC.
    #[track_caller]
    pub(crate) fn ask_at(&self, event: &[u8], now: i64) -> Asked {
        let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(now).unwrap());
        let invocation = Invocation { request_id: None, trace: None, time };
        let answer = self.runtime.block_on(self.authorizer.handle(event, invocation));
        let lines = String::from_utf8(std::mem::take(&mut *self.lines.0.lock().unwrap())).unwrap();
        let about_events: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line.get("decision").is_some())
            .collect();
        let [line] = about_events.try_into().expect("one line for each event");
        Asked {
            answer: answer
                .map(|reply| serde_json::to_value(reply).unwrap())
                .map_err(|error| error.to_string()),
            line,
        }
    }
}

/// What came of an event.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) answer: Result<Value, String>,
    /// The line of the log.
    pub(crate) line: Value,
}

impl Asked {
    pub(crate) fn reason(&self) -> &str {
        self.line["reason"].as_str().unwrap()
    }

    /// What does not depend on how long things took.
    pub(crate) fn to_json(&self) -> Value {
        let mut json = json!({ "decision": self.line["decision"], "reason": self.line["reason"] });
        if let Some(detail) = self.line.get("detail") {
            json["detail"] = detail.clone();
        }
        match &self.answer {
            Ok(answer) => json["answer"] = answer.clone(),
            Err(message) => json["error"] = message.as_str().into(),
        }
        json
    }
}
