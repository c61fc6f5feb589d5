//! An issuer on a loopback address: its OpenID configuration, its keys, its userinfo, and its bad days.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use policy_authorizer::dev::{DevKey, jwks};
use serde_json::{Map, Value, json};

use crate::server::{Reply, Request, Server};

/// How the issuer answers when it is asked for its keys.
#[derive(Clone)]
pub(crate) enum Mood {
    Well,
    Answers(u16, String),
    RedirectsTo(String),
    Slow(Duration),
}

pub(crate) struct Issuer {
    state: Arc<Mutex<State>>,
    server: Server,
}

struct State {
    mood: Mood,
    keys: Value,
    cache_control: Option<&'static str>,
    userinfo: Value,
    requests: Vec<String>,
}

impl Issuer {
    pub(crate) fn start(keys: &[&DevKey]) -> Self {
        let keys = jwks(keys.iter().copied());
        let state =
            State { mood: Mood::Well, keys, cache_control: None, userinfo: json!({}), requests: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        Self { state, server: Server::start(move |request| answer(&shared, request)) }
    }

    /// The `iss` of its tokens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/pool", self.server.address())
    }

    pub(crate) fn is(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    pub(crate) fn has_keys(&self, keys: &[&DevKey]) {
        self.state.lock().unwrap().keys = jwks(keys.iter().copied());
    }

    /// The `Cache-Control` of its keys.
    pub(crate) fn caches(&self, cache_control: &'static str) {
        self.state.lock().unwrap().cache_control = Some(cache_control);
    }

    pub(crate) fn says_userinfo(&self, userinfo: Value) {
        self.state.lock().unwrap().userinfo = userinfo;
    }

    /// How often it was asked for what this path names.
    pub(crate) fn requests(&self, path: &str) -> usize {
        self.state.lock().unwrap().requests.iter().filter(|target| target.ends_with(path)).count()
    }

    /// The claims of an ID token for the Users service that is in order.
    pub(crate) fn claims(&self, sub: &str) -> Map<String, Value> {
        let now = now();
        let claims = json!({
            "iss": self.url(), "aud": "users-app", "sub": sub, "token_use": "id", "iat": now, "exp": now + 3600
        });
        claims.as_object().unwrap().clone()
    }

    /// The same, with claims added, changed or, where null, removed.
    pub(crate) fn claims_with(&self, sub: &str, changes: impl Into<Value>) -> Map<String, Value> {
        let mut claims = self.claims(sub);
        for (name, value) in changes.into().as_object().unwrap() {
            match value {
                Value::Null => claims.remove(name),
                value => claims.insert(name.clone(), value.clone()),
            };
        }
        claims
    }
}

pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn answer(state: &Mutex<State>, request: &Request) -> Reply {
    let (mood, keys, cache_control, userinfo) = {
        let mut state = state.lock().unwrap();
        state.requests.push(request.target.clone());
        (state.mood.clone(), state.keys.to_string(), state.cache_control, state.userinfo.to_string())
    };
    let host = request.header("host").unwrap_or_default();
    let base = format!("http://{host}/pool");
    match mood {
        Mood::Well => {}
        Mood::Answers(status, body) => return Reply::new(status, body),
        Mood::RedirectsTo(target) => {
            return Reply { status: 302, headers: vec![("location", target)], body: Vec::new() };
        }
        Mood::Slow(pause) => std::thread::sleep(pause),
    }
    match request.target.as_str() {
        "/pool/.well-known/openid-configuration" => {
            let configuration = json!({ "issuer": base, "jwks_uri": format!("{base}/jwks.json") });
            Reply::new(200, configuration.to_string())
        }
        "/pool/jwks.json" => {
            let headers = cache_control.map(|value| ("cache-control", value.to_owned()));
            Reply { headers: headers.into_iter().collect(), ..Reply::new(200, keys) }
        }
        "/pool/userinfo"
            if request.header("authorization").is_some_and(|value| value.starts_with("Bearer ")) =>
        {
            Reply::new(200, userinfo)
        }
        _ => Reply::new(404, ""),
    }
}
