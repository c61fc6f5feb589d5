//! Answers to tokens that were answered before.

use policy_engine::Decision;

use super::{Judge, Kind, Verdict, WHOLE_API};
use crate::event::Event;
use crate::response::{Form, KeptAnswer};
use crate::token::Recognised;

impl Judge {
    /// The verdict about a token that was answered before, if the answer is right for this event too. What is decided
    /// for the request at hand is said anew.
    pub(super) fn again(&self, event: &Event<'_>, recognised: &Recognised<'_>) -> Option<Verdict> {
        let kept = recognised.answer.as_deref()?;
        let arn = &event.method_arn;
        let reply = kept.reply_to(arn, self.form(event), recognised.token.issuer())?;
        let caller = self.policy.caller_standing_as(&recognised.token, kept.standing());
        let Decision { allowed, reason, rules } = caller.decide_arn(arn, &event.context);
        Some(Verdict {
            answer: Ok(reply),
            kind: if allowed { Kind::Allow } else { Kind::Deny },
            message: super::DECIDED,
            reason: reason.name(),
            rules,
            principal: self.logs_principal().then(|| kept.principal().to_owned()),
            mode: Some(WHOLE_API),
            claims: self.claims.of(&recognised.token),
            policy_bytes: Some(kept.policy_bytes()),
            ..Verdict::unauthorized()
        })
    }

    /// Remembers what a token is answered with, where it will be the same again.
    pub(super) fn keep(&self, event: &Event<'_>, recognised: &Recognised<'_>, verdict: &Verdict) {
        let is_for_token = verdict.mode == Some(WHOLE_API) && verdict.detail.is_none();
        // The first one stays.
        let is_first = recognised.keeps_answer && recognised.answer.is_none();
        if !(is_first && self.keeps_answers && is_for_token) {
            return;
        }
        let Ok(reply) = &verdict.answer else { return };
        let token = &recognised.token;
        let stands = (token.issuer(), self.policy.caller(Some(token)).standing());
        if let Some(answer) = KeptAnswer::new(reply, (&event.method_arn, self.form(event)), stands) {
            self.verifier.keep_answer(recognised, answer);
        }
    }

    pub(super) fn form(&self, event: &Event<'_>) -> Form {
        Form::of(event.shape, self.policy.settings())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use policy_dsl::source::MemoryFiles;
    use policy_engine::bundle::ShippedKeys;
    use policy_engine::text::ParamValues;
    use policy_engine::{Algorithm, Policy};
    use serde_json::{Value, json};

    use crate::dev::DevKey;
    use crate::handler::{Authorizer, Invocation};
    use crate::log::tests::Memory;
    use crate::token::{KeysFrom, Verifier};

    const NOW: u64 = 1_800_000_000;
    const ISSUER: &str = r#"issuer main { url "https://issuer.example/" key "public.pem" audience "app"
        algorithms EdDSA groups token.groups }
        public GET /health as health
        "#;

    macro_rules! same_url {
        ($audience:literal, $leeway:literal) => {
            concat!(
                "issuer same { url \"https://issuer.example/\" key \"public.pem\" audience ",
                $audience,
                " algorithms EdDSA groups token.groups leeway ",
                $leeway,
                " }"
            )
        };
    }

    /// What a policy has beside its issuer, and whether its answers can be kept.
    const POLICIES: [(&str, bool); 16] = [
        (
            "allow GET /users/{id} when path.id == token.sub as own\n authorizer { expire_with_token yes }",
            true,
        ),
        ("allow GET /users/{id} when path.id == token.sub as own", true),
        ("allow ANY /** when group \"admins\" as admins\n deny GET /users/ben as ben", true),
        ("allow GET /** when request.time >= 1800000000 as time", true),
        ("allow GET /** when request.stage == \"prod\" as stage", true),
        ("allow GET /users/{id} when path.id == token.sub as own\n authorizer { response simple }", true),
        ("allow GET /** as all\n context { admin = group \"admins\"  name = token.sub }", true),
        ("allow GET /** as all\n context { late = request.time >= 1800000001 }", false),
        ("allow GET /** as all\n context { stage = request.stage }", false),
        ("allow GET /** as all\n context { tenant = request.header.\"x-tenant\" }", false),
        ("allow GET /** when request.ip in \"192.0.2.0/24\" as ip", false),
        ("allow GET /** when request.header.\"x-tenant\" == \"acme\" as tenant", false),
        ("allow GET /** as all\n usage_key request.header.\"x-tenant\"", false),
        ("allow GET /** as all\n principal request.header.\"x-tenant\"", false),
        // Another issuer of the same url, for other tokens; and one that takes the same ones for longer.
        (
            concat!("allow GET /users/{id} when path.id == token.sub as own\n", same_url!("\"other\"", "0")),
            true,
        ),
        (
            concat!("allow GET /users/{id} when path.id == token.sub as own\n", same_url!("\"app\"", "2")),
            true,
        ),
    ];

    /// Of an issuer whose keys are fetched.
    const ROTATING: &str = r#"issuer main { url "https://issuer.example/" jwks "http://127.0.0.1:9/jwks.json" audience "app"
        algorithms EdDSA groups token.groups }
        public GET /health as health
        "#;

    fn policy(text: &str, key: &DevKey) -> Policy {
        let files = MemoryFiles::default()
            .with("p.policy", format!("{text}\n"))
            .with("public.pem", key.to_public_pem().unwrap());
        let program = policy_dsl::compile("p.policy", &files).policy.expect(text).program;
        Policy::bind(program, ParamValues::new(&[], |_| None)).unwrap()
    }

    /// An authorizer that remembers so many tokens, and what it logs.
    fn authorizer(text: &str, key: &DevKey, remembered: usize) -> (Authorizer, Memory) {
        let (policy, memory) = (policy(text, key), Memory::default());
        let log = Arc::new(memory.log());
        let verifier = Verifier::new(&policy, KeysFrom::Issuers, &log).unwrap().remembering(remembered);
        (Authorizer::with_verifier(policy, verifier, log), memory)
    }

    /// The answer as JSON, if there is one.
    async fn ask(authorizer: &Authorizer, event: &Value, later: u64) -> Option<Value> {
        let time = UNIX_EPOCH + Duration::from_secs(NOW + later);
        let invocation = Invocation { request_id: None, trace: None, time };
        let reply = authorizer.handle(event.to_string().as_bytes(), invocation).await.ok()?;
        // As it is sent, and not as a value: the order of members counts too.
        Some(serde_json::to_string(&reply).unwrap().into())
    }

    fn event(random: &mut impl FnMut(usize) -> usize, token: &str) -> Value {
        let mut one_of = |of: &[&'static str]| of[random(of.len())];
        let api = one_of(&["123456789012:abc123", "123456789012:abc123", "123456789012:abc124", "1:abc123"]);
        let (verb, stage) = (one_of(&["GET", "PUT", "BREW"]), one_of(&["prod", "test"]));
        let path = one_of(&["/users/ana", "/users/ben", "/health", "/", "//", "/a%2fb", "/users/*"]);
        let base = format!("arn:aws:execute-api:eu-west-1:{api}/{stage}");
        let (arn, connect) = (format!("{base}/{verb}{path}"), format!("{base}/$connect"));
        let token = format!("Bearer {token}");
        let headers = json!({ "Authorization": token, "X-Tenant": one_of(&["acme", "other"]) });
        let address = json!({ "sourceIp": one_of(&["192.0.2.7", "198.51.100.7"]) });
        let context = json!({ "identity": address });
        match random(5) {
            0 => json!({ "type": "TOKEN", "methodArn": arn, "authorizationToken": token }),
            1 => {
                json!({ "type": "REQUEST", "methodArn": arn, "headers": headers, "requestContext": context })
            }
            2 => json!({
                "type": "REQUEST", "version": "1.0", "methodArn": arn, "headers": headers, "requestContext": context
            }),
            3 => json!({
                "type": "REQUEST", "methodArn": connect, "headers": headers,
                "requestContext": { "identity": address, "connectionId": "c", "eventType": "CONNECT" }
            }),
            _ => json!({
                "type": "REQUEST", "version": "2.0", "routeArn": arn, "headers": headers,
                "requestContext": { "http": address }
            }),
        }
    }

    /// What was logged, without how long it took and when.
    fn lines(memory: &Memory) -> Vec<Value> {
        let lines =
            memory.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
        let timeless = |mut line: Value| {
            let members = line.as_object_mut().unwrap();
            members.retain(|name, _| !name.ends_with("_us") && name != "timestamp");
            line
        };
        lines.into_iter().map(timeless).collect()
    }

    /// An authorizer that remembers everything says the same as one that remembers nothing, word for word, and logs it.
    #[tokio::test]
    async fn what_is_remembered_changes_nothing() {
        let key = DevKey::generate(Algorithm::EdDSA).unwrap();
        let claims = [
            json!({ "sub": "ana" }),
            json!({ "sub": "ben", "groups": ["admins"] }),
            json!({ "sub": "*" }),
            json!({ "sub": "ana", "exp": NOW + 3 }),
            json!({ "sub": "ana", "nbf": NOW + 2 }),
            json!({ "sub": "ben", "aud": ["x", "other"] }),
        ];
        let tokens = claims.map(|mut claims| {
            claims["iss"] = json!("https://issuer.example/");
            let claims = claims.as_object_mut().unwrap();
            claims.entry("aud").or_insert(json!("app"));
            claims.entry("exp").or_insert(json!(NOW + 1_000));
            key.sign(claims).unwrap()
        });
        let mut random = crate::token::tests::random();
        for (text, keeps) in POLICIES {
            let text = &format!("{ISSUER}{text}");
            let (remembering, its_log) = authorizer(text, &key, 100);
            let (forgetful, other_log) = authorizer(text, &key, 0);
            let mut answered = 0;
            for step in 0..400 {
                let token = &tokens[random(tokens.len())];
                let event = event(&mut random, token);
                // A clock can be set back.
                let later = if step < 200 { step / 40 } else { random(5) as u64 };
                let (one, other) =
                    (ask(&remembering, &event, later).await, ask(&forgetful, &event, later).await);
                assert_eq!(one, other, "{text}: {event}");
                answered += usize::from(one.is_some());
            }
            assert!(answered > 40, "{text}: {answered}");
            let (logged, others) = (lines(&its_log), lines(&other_log));
            assert_eq!(logged.len(), 400);
            assert_eq!(logged, others, "{text}");
            let kept = remembering.judge.verifier.kept_answers();
            assert_eq!(kept > 0, keeps, "{text}");
        }
    }

    /// However the issuer changes its keys, and whatever it calls them: a token is answered while the very key that signed
    /// it is there, and as where nothing is remembered.
    #[tokio::test]
    async fn what_is_remembered_lasts_no_longer_than_its_key() {
        let keys = [1, 2].map(|_| DevKey::generate(Algorithm::EdDSA).unwrap().with_kid("main"));
        let spare = DevKey::generate(Algorithm::EdDSA).unwrap();
        let claims =
            json!({ "iss": "https://issuer.example/", "aud": "app", "sub": "ana", "exp": NOW + 1_000 });
        let tokens = [&keys[0], &keys[1], &spare].map(|key| key.sign(claims.as_object().unwrap()).unwrap());
        let text = format!("{ROTATING}allow GET /users/{{id}} when path.id == token.sub as own");
        let (remembering, its_log) = authorizer(&text, &spare, 100);
        let (forgetful, other_log) = authorizer(&text, &spare, 0);
        let mut random = crate::token::tests::random();
        let (mut there, mut answered) = ([false; 3], [0; 3]);
        for step in 0..3_000 {
            if step == 0 || random(8) == 0 {
                // Two have one name, and are not told apart by it. A set without keys is none.
                there = [random(2) == 0, random(2) == 0, random(2) == 0];
                there[2] |= there == [false; 3];
                let set = keys.iter().chain([&spare]).zip(there).filter_map(|(key, is)| is.then_some(key));
                let jwks = crate::dev::jwks(set).to_string();
                let shipped = [ShippedKeys { issuer: "main".to_owned(), jwks, until: i64::MAX }];
                for authorizer in [&remembering, &forgetful] {
                    authorizer.judge.verifier.start_with(&shipped).unwrap();
                }
            }
            let number = random(3);
            let event = event(&mut random, &tokens[number]);
            let one = ask(&remembering, &event, 0).await;
            assert_eq!(one, ask(&forgetful, &event, 0).await, "{there:?} {number}: {event}");
            assert!(one.is_none() || there[number], "{there:?} {number}: {event}");
            answered[number] += usize::from(one.is_some());
        }
        assert!(answered.iter().all(|answered| *answered > 100), "{answered:?}");
        assert_eq!(lines(&its_log), lines(&other_log));
        assert!(remembering.judge.verifier.kept_answers() > 0);
    }
}
