//! Tokens that are accepted, and all the ways in which one is not, each with its own reason.

use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy_authorizer::dev::{DevKey, jwks};
use policy_authorizer::log::Log;
use policy_authorizer::token::{KeysFrom, Refusal, Verifier};
use policy_engine::{Algorithm, Policy, Token};
use serde_json::{Map, Value, json};

use crate::desk::{self, NOW};
use crate::issuer::Issuer;

const POLICY: &str = r#"
issuer main {
    url         "https://issuer.example/"
    audience    "app"
    algorithms  RS256 PS384 ES256 EdDSA
    groups      token.groups
}
issuer strict {
    url           "https://strict.example/"
    audience      "app"
    algorithms    ES256
    type          "at+jwt"
    token_use     "access"
    max_lifetime  600
}
allow GET /a when group "staff"
"#;

fn keys() -> &'static [(Algorithm, DevKey)] {
    static KEYS: OnceLock<Vec<(Algorithm, DevKey)>> = OnceLock::new();
    KEYS.get_or_init(|| {
        Algorithm::ALL.map(|algorithm| (algorithm, DevKey::generate(algorithm).unwrap())).into()
    })
}

fn key(algorithm: Algorithm) -> &'static DevKey {
    &keys().iter().find(|(of, _)| *of == algorithm).unwrap().1
}

fn verify(verifier: &Verifier, token: &str) -> Result<Token, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(verifier.verify(token, NOW))
}

fn with_jwks(policy: &Policy, jwks: &Value) -> Verifier {
    Verifier::new(policy, KeysFrom::Jwks(jwks.to_string().as_bytes()), &Arc::new(Log::off())).unwrap()
}

fn claims(changes: &Value) -> String {
    let mut claims = json!({
        "iss": "https://issuer.example/", "sub": "ana", "aud": "app", "iat": NOW - 60, "exp": NOW + 300
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|name, _| !changes.get(name).is_some_and(Value::is_null));
    claims.to_string()
}

/// Signed with the ES256 key, whatever the header says.
fn signed(header: &Value, claims: &str) -> String {
    key(Algorithm::ES256).sign_parts(&header.to_string(), claims).unwrap()
}

fn header(changes: &Value) -> Value {
    let mut header = json!({ "alg": "ES256", "kid": key(Algorithm::ES256).kid() });
    for (name, value) in changes.as_object().unwrap() {
        header[name] = value.clone();
    }
    header
}

fn headed(changes: &Value) -> String {
    signed(&header(changes), &claims(&json!({})))
}

fn claiming(changes: &Value) -> String {
    signed(&header(&json!({})), &claims(changes))
}

fn text(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

#[test]
fn every_algorithm_from_a_jwks_and_from_a_pem_file() {
    for (algorithm, key) in keys() {
        let name = algorithm.name();
        let issuer = |more: &str| {
            format!(
                r#"issuer main {{ url "https://issuer.example/" audience "app" algorithms {name} {more} }} allow GET /a"#
            )
        };
        let (good, forged) = (
            key.sign_parts(&json!({ "alg": name, "kid": key.kid() }).to_string(), &claims(&json!({})))
                .unwrap(),
            DevKey::generate(*algorithm).unwrap().with_kid(key.kid()),
        );
        let forged = forged
            .sign_parts(&json!({ "alg": name, "kid": key.kid() }).to_string(), &claims(&json!({})))
            .unwrap();

        let policy = desk::policy(&issuer(""), &Value::Null);
        let from_jwks = with_jwks(&policy, &jwks([key]));
        let with_pem =
            desk::policy_beside(&issuer(r#"key "public.pem""#), &Value::Null, &key.to_public_pem().unwrap());
        let from_pem = Verifier::new(&with_pem, KeysFrom::Issuers, &Arc::new(Log::off())).unwrap();
        for verifier in [&from_jwks, &from_pem] {
            assert_eq!(verify(verifier, &good).unwrap().claims()["sub"], "ana", "{name}");
            assert_eq!(verify(verifier, &forged), Err(Refusal::Signature), "{name}");
        }
        // An algorithm of the same kind of key is another one.
        for other in Algorithm::ALL.into_iter().filter(|other| other != algorithm) {
            let other = other.name();
            let token = key
                .sign_parts(&json!({ "alg": other, "kid": key.kid() }).to_string(), &claims(&json!({})))
                .unwrap();
            assert_eq!(verify(&from_pem, &token).unwrap_err().code(), "algorithm", "{name} as {other}");
        }
    }
}

/// One row a case: what is sent, the reason as it is counted, and the sentence in the log.
#[test]
fn what_is_refused_and_why() {
    let policy = desk::policy(POLICY, &Value::Null);
    let mut document =
        jwks([key(Algorithm::RS256), key(Algorithm::PS384), key(Algorithm::ES256), key(Algorithm::EdDSA)]);
    let weak = json!({ "kty": "RSA", "kid": "weak", "n": text([0xff; 128]), "e": "AQAB" });
    let mut private = key(Algorithm::ES256).jwk();
    private["kid"] = json!("private");
    private["d"] = json!(text([1; 32]));
    let mut unnamed = key(Algorithm::ES384).jwk();
    unnamed["kid"] = Value::Null;
    document["keys"].as_array_mut().unwrap().extend([
        weak,
        private,
        unnamed,
        json!({ "kty": "RSA", "kid": "enc", "use": "enc", "n": text([0xff; 256]), "e": "AQAB" }),
        json!({ "kty": "RSA", "kid": "ops", "key_ops": ["encrypt"], "n": text([0xff; 256]), "e": "AQAB" }),
        json!({ "kty": "oct", "kid": "secret", "k": text([1; 32]) }),
    ]);
    let verifier = with_jwks(&policy, &document);
    let good = headed(&json!({}));
    assert!(verify(&verifier, &good).is_ok());
    let rows = rows(&good);
    for (case, token, code, sentence) in &rows {
        let refusal = verify(&verifier, token).expect_err(case);
        assert_eq!((refusal.code(), refusal.to_string().as_str()), (*code, *sentence), "{case}");
    }
}

type Row = (&'static str, String, &'static str, &'static str);

#[allow(clippy::too_many_lines, reason = "a table")]
fn rows(good: &str) -> Vec<Row> {
    let (input, signature) = good.rsplit_once('.').unwrap();
    let (first, second) = input.split_once('.').unwrap();
    let plain = claims(&json!({}));
    let rs256 = |kid: &str| json!({ "alg": "RS256", "kid": kid }).to_string();
    let by_rsa = |kid: &str| key(Algorithm::RS256).sign_parts(&rs256(kid), &plain).unwrap();
    let strict = |changes: &Value| {
        let mut all = json!({ "iss": "https://strict.example/", "token_use": "access" });
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        signed(&header(&json!({ "typ": "at+jwt" })), &claims(&all))
    };
    let no_parts = "the token is not three parts separated by dots";
    let base64 = |part: &str| match part {
        "header" => "the token's header is not canonical base64url",
        "claims" => "the token's payload is not canonical base64url",
        _ => "the token's signature is not canonical base64url",
    };
    let (json_header, json_claims) =
        ("the token's header is not a JSON object", "the token's payload is not a JSON object");
    let secret =
        jsonwebtoken::EncodingKey::from_secret(key(Algorithm::ES256).to_public_pem().unwrap().as_bytes());
    let hmac_input = format!("{}.{}", text(json!({ "alg": "HS256" }).to_string()), text(&plain));
    let hmac =
        jsonwebtoken::crypto::sign(hmac_input.as_bytes(), &secret, jsonwebtoken::Algorithm::HS256).unwrap();
    let deep = format!(r#"{{"iss":"https://issuer.example/","a":{}{}}}"#, "[".repeat(16), "]".repeat(16));
    let own_jwk = key(Algorithm::EdDSA).jwk();
    vec![
        ("empty", String::new(), "parts", no_parts),
        ("one part", "abc".to_owned(), "parts", no_parts),
        ("a part is missing", input.to_owned(), "parts", no_parts),
        ("a part too many", format!("{good}.{signature}"), "parts", no_parts),
        ("encrypted: five parts", "a.b.c.d.e".to_owned(), "parts", no_parts),
        (
            "oversized",
            format!("{input}.{}", "A".repeat(16 * 1024)),
            "too_long",
            "the token is longer than 16384 bytes",
        ),
        ("padding", format!("{first}=.{second}.{signature}"), "base64", base64("header")),
        ("padded claims", format!("{first}.{second}=.{signature}"), "base64", base64("claims")),
        ("padded signature", format!("{good}=="), "base64", base64("signature")),
        ("stray bits", format!("{first}.{second}.AB"), "base64", base64("signature")),
        ("another alphabet", format!("{first}.{second}.a+b/"), "base64", base64("signature")),
        ("a space inside", format!("{first}.{second} .{signature}"), "base64", base64("claims")),
        ("a line end", format!("{good}\n"), "base64", base64("signature")),
        ("a tab before", format!("\t{good}"), "base64", base64("header")),
        ("a NUL", format!("{good}\0"), "base64", base64("signature")),
        ("not ASCII", format!("é{good}"), "base64", base64("header")),
        ("an empty header", format!(".{second}.{signature}"), "json", json_header),
        ("an empty payload", format!("{first}..{signature}"), "json", json_claims),
        ("a header of another kind", format!("{}.{second}.{signature}", text("[]")), "json", json_header),
        (
            "a payload of another kind",
            key(Algorithm::ES256).sign_parts(&header(&json!({})).to_string(), "7").unwrap(),
            "json",
            json_claims,
        ),
        (
            "a payload and more",
            key(Algorithm::ES256)
                .sign_parts(&header(&json!({})).to_string(), &format!("{plain}{{}}"))
                .unwrap(),
            "json",
            json_claims,
        ),
        ("not UTF-8", format!("{first}.{}.{signature}", text(b"{\"a\":\"\xff\"}")), "json", json_claims),
        (
            "deeply nested claims",
            signed(&header(&json!({})), &deep),
            "nesting",
            "the token's payload is nested deeper than 16 levels",
        ),
        (
            "a deeply nested header",
            format!("{}.{second}.{signature}", text(&deep)),
            "nesting",
            "the token's header is nested deeper than 16 levels",
        ),
        (
            "nested without end",
            format!("{first}.{}.{signature}", text("[".repeat(8_000))),
            "nesting",
            "the token's payload is nested deeper than 16 levels",
        ),
        (
            "a header member twice",
            key(Algorithm::ES256).sign_parts(r#"{"alg":"none","alg":"ES256"}"#, &plain).unwrap(),
            "duplicate_member",
            "a member of the token's header comes twice",
        ),
        (
            "a claim twice",
            signed(&header(&json!({})), &plain.replacen('{', r#"{"sub":"root","#, 1)),
            "duplicate_member",
            "a member of the token's payload comes twice",
        ),
        (
            "a claim twice, escaped",
            signed(&header(&json!({})), &plain.replacen('{', r#"{"s\u0075b":"root","#, 1)),
            "duplicate_member",
            "a member of the token's payload comes twice",
        ),
        (
            "unknown `crit`",
            headed(&json!({ "crit": ["exp"] })),
            "critical_extension",
            "the token names critical extensions (`crit`), and none is understood",
        ),
        (
            "`b64`",
            headed(&json!({ "crit": ["b64"], "b64": false })),
            "critical_extension",
            "the token names critical extensions (`crit`), and none is understood",
        ),
        (
            "an empty `crit`",
            headed(&json!({ "crit": [] })),
            "critical_extension",
            "the token names critical extensions (`crit`), and none is understood",
        ),
        (
            "its own `jwk`",
            headed(&json!({ "jwk": own_jwk })),
            "embedded_key",
            "the token brings its own key (`jwk`), and only the issuer's are used",
        ),
        (
            "its own `jku`",
            headed(&json!({ "jku": "https://evil.example/jwks.json" })),
            "embedded_key",
            "the token brings its own key (`jku`), and only the issuer's are used",
        ),
        (
            "its own `x5u`",
            headed(&json!({ "x5u": "https://evil.example/cert.pem" })),
            "embedded_key",
            "the token brings its own key (`x5u`), and only the issuer's are used",
        ),
        (
            "its own `x5c`",
            headed(&json!({ "x5c": ["MIIB"] })),
            "embedded_key",
            "the token brings its own key (`x5c`), and only the issuer's are used",
        ),
        (
            "no `alg`",
            signed(&json!({ "kid": "k" }), &plain),
            "member",
            "the token's header has no `alg`, or one of a wrong type",
        ),
        (
            "an `alg` that is no string",
            headed(&json!({ "alg": ["ES256"] })),
            "member",
            "the token's header has no `alg`, or one of a wrong type",
        ),
        (
            "a `kid` that is no string",
            headed(&json!({ "kid": 7 })),
            "member",
            "the token's header has no `kid`, or one of a wrong type",
        ),
        (
            "a `typ` that is no string",
            headed(&json!({ "typ": {} })),
            "member",
            "the token's header has no `typ`, or one of a wrong type",
        ),
        (
            "`none`",
            format!("{}.{second}.", text(r#"{"alg":"none"}"#)),
            "unsigned",
            "the token is not signed: its `alg` is `none`",
        ),
        (
            "`NonE`",
            format!("{}.{second}.{signature}", text(r#"{"alg":"NonE"}"#)),
            "unsigned",
            "the token is not signed: its `alg` is `none`",
        ),
        (
            "HMAC with the public key",
            format!("{hmac_input}.{hmac}"),
            "shared_secret",
            "the token's `alg` is `HS256`, and secrets that both sides know are never accepted",
        ),
        (
            "HMAC, in lower case",
            headed(&json!({ "alg": "hs512" })),
            "shared_secret",
            "the token's `alg` is `hs512`, and secrets that both sides know are never accepted",
        ),
        (
            "an unknown `alg`",
            headed(&json!({ "alg": "ES512" })),
            "unknown_algorithm",
            "the token's `alg` is `ES512`, which is never accepted",
        ),
        (
            "an `alg` in lower case",
            headed(&json!({ "alg": "es256" })),
            "unknown_algorithm",
            "the token's `alg` is `es256`, which is never accepted",
        ),
        (
            "another `alg` than the issuer's",
            headed(&json!({ "alg": "RS512" })),
            "algorithm",
            "the issuer's `algorithms` do not hold the token's, `RS512`",
        ),
        (
            "no `iss`",
            claiming(&json!({ "iss": null })),
            "member",
            "the token's payload has no `iss`, or one of a wrong type",
        ),
        (
            "an `iss` that is no string",
            claiming(&json!({ "iss": ["https://issuer.example/"] })),
            "member",
            "the token's payload has no `iss`, or one of a wrong type",
        ),
        (
            "an unknown `iss`",
            claiming(&json!({ "iss": "https://evil.example/" })),
            "issuer",
            "the token's `iss` is `https://evil.example/`, which is no issuer of the policy",
        ),
        (
            "an `iss` without its slash",
            claiming(&json!({ "iss": "https://issuer.example" })),
            "issuer",
            "the token's `iss` is `https://issuer.example`, which is no issuer of the policy",
        ),
        (
            "another `typ`",
            headed(&json!({ "typ": "logout+jwt" })),
            "type",
            "the token's `typ` is `logout+jwt`, which is not what the issuer's tokens are",
        ),
        (
            "no `typ` where there is a `type`",
            signed(&header(&json!({})), &claims(&json!({ "iss": "https://strict.example/" }))),
            "type",
            "the token has no `typ`, and the issuer asks for one",
        ),
        (
            "another `typ` than the `type`",
            signed(&header(&json!({ "typ": "JWT" })), &claims(&json!({ "iss": "https://strict.example/" }))),
            "type",
            "the token's `typ` is `JWT`, which is not what the issuer's tokens are",
        ),
        (
            "for another audience",
            claiming(&json!({ "aud": ["other", "App"] })),
            "audience",
            "the token is for none of the issuer's audiences",
        ),
        (
            "for nobody",
            claiming(&json!({ "aud": null })),
            "audience",
            "the token is for none of the issuer's audiences",
        ),
        (
            "an ID token",
            strict(&json!({ "token_use": "id" })),
            "token_use",
            "the token's `token_use` is not the issuer's",
        ),
        (
            "no `exp`",
            claiming(&json!({ "exp": null })),
            "member",
            "the token's payload has no `exp`, or one of a wrong type",
        ),
        (
            "an `exp` that is no number",
            claiming(&json!({ "exp": "2100-01-01" })),
            "member",
            "the token's payload has no `exp`, or one of a wrong type",
        ),
        ("expired this second", claiming(&json!({ "exp": NOW })), "expired", "the token expired 0 s ago"),
        ("expired", claiming(&json!({ "exp": NOW - 5 })), "expired", "the token expired 5 s ago"),
        (
            "not valid yet",
            claiming(&json!({ "nbf": NOW + 5 })),
            "not_yet_valid",
            "the token is valid only in 5 s",
        ),
        (
            "issued in the future",
            strict(&json!({ "iat": NOW + 5 })),
            "issued_in_future",
            "the token was issued 5 s in the future",
        ),
        (
            "too long-lived",
            strict(&json!({ "iat": NOW - 1, "exp": NOW + 600 })),
            "lifetime",
            "the token lives 601 s, longer than `max_lifetime`",
        ),
        (
            "groups kept elsewhere",
            claiming(
                &json!({ "_claim_names": { "groups": "src1" }, "_claim_sources": { "src1": { "endpoint": "https://graph.example/" } } }),
            ),
            "claim_elsewhere",
            "the claim `groups` does not fit into the token, which only says where it is kept (`_claim_names`)",
        ),
        (
            "groups kept elsewhere, as Entra says for short",
            claiming(&json!({ "hasgroups": true })),
            "claim_elsewhere",
            "the claim `groups` does not fit into the token, which only says where it is kept (`_claim_names`)",
        ),
        ("an unknown `kid`", headed(&json!({ "kid": "gone" })), "key", "the issuer has no key `gone`"),
        (
            "a `kid` that is a path",
            headed(&json!({ "kid": "../../dev/null" })),
            "key",
            "the issuer has no key `../../dev/null`",
        ),
        (
            "a `kid` of another kind of key",
            headed(&json!({ "kid": key(Algorithm::RS256).kid() })),
            "key_algorithm",
            KEY_ALGORITHM.get_or_init(|| {
                format!(
                    "the issuer's key `{}` is not one for the token's algorithm",
                    key(Algorithm::RS256).kid()
                )
            }),
        ),
        (
            "a weak key",
            by_rsa("weak"),
            "weak_key",
            "the issuer's key `weak` is not used: it is an RSA key of fewer than 2,048 bits, or with a bad exponent",
        ),
        (
            "a key for encryption",
            by_rsa("enc"),
            "unusable_key",
            "the issuer's key `enc` is not used: its `use` is not `sig`",
        ),
        (
            "a key whose operations are others",
            by_rsa("ops"),
            "unusable_key",
            "the issuer's key `ops` is not used: its `key_ops` do not let it verify",
        ),
        (
            "a key that is published whole",
            headed(&json!({ "kid": "private" })),
            "unusable_key",
            "the issuer's key `private` is not used: it is a private key, published",
        ),
        (
            "a key that is a secret",
            headed(&json!({ "kid": "secret" })),
            "unusable_key",
            "the issuer's key `secret` is not used: it is of a kind, size or algorithm that is not supported",
        ),
        ("no signature", format!("{input}."), "signature", WRONG),
        ("a short signature", format!("{input}.AAAA"), "signature", WRONG),
        ("a signature of zeros", format!("{input}.{}", text([0; 64])), "signature", WRONG),
        ("a signature in DER", format!("{input}.{}", text([0x30; 70])), "signature", WRONG),
        (
            "other claims under the signature",
            format!("{first}.{}.{signature}", text(plain.replace("ana", "eve"))),
            "signature",
            WRONG,
        ),
        (
            "another header under the signature",
            format!("{}.{second}.{signature}", text(header(&json!({ "x": 1 })).to_string())),
            "signature",
            WRONG,
        ),
        (
            "another key's signature",
            DevKey::generate(Algorithm::ES256)
                .unwrap()
                .sign_parts(&header(&json!({})).to_string(), &plain)
                .unwrap(),
            "signature",
            WRONG,
        ),
    ]
}

static KEY_ALGORITHM: OnceLock<String> = OnceLock::new();
const WRONG: &str = "the token's signature is wrong";

#[test]
fn a_token_without_a_kid_needs_one_key_that_fits() {
    let policy = desk::policy(POLICY, &Value::Null);
    let token = signed(&json!({ "alg": "ES256" }), &claims(&json!({})));
    let (es256, other) = (key(Algorithm::ES256), DevKey::generate(Algorithm::ES256).unwrap());
    assert!(verify(&with_jwks(&policy, &jwks([es256, key(Algorithm::RS256)])), &token).is_ok());
    let several = verify(&with_jwks(&policy, &jwks([es256, &other])), &token).unwrap_err();
    assert_eq!((several.code(), several), ("ambiguous_key", Refusal::AmbiguousKey));
    let none = verify(&with_jwks(&policy, &jwks([key(Algorithm::RS256)])), &token).unwrap_err();
    assert_eq!((none.code(), none), ("key", Refusal::UnknownKey(None)));
    // Two keys of one name: either may have signed.
    let twin = DevKey::generate(Algorithm::ES256).unwrap().with_kid(es256.kid());
    assert!(verify(&with_jwks(&policy, &jwks([&twin, es256])), &headed(&json!({}))).is_ok());
}

#[test]
fn keys_that_cannot_be_used_stop_the_authorizer() {
    let policy = desk::policy(POLICY, &Value::Null);
    for (document, sentence) in [
        (
            json!({ "keys": [{ "kty": "RSA", "n": text([0xff; 128]), "e": "AQAB" }] }),
            "RSA keys have 2,048 bits or more",
        ),
        (json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }), "a JWKS without a usable key"),
        (
            json!({ "keys": [{ "kty": "RSA", "use": "enc", "n": text([0xff; 256]), "e": "AQAB" }] }),
            "none is for signatures",
        ),
        (json!({ "keys": {} }), "not a JWKS"),
    ] {
        let error =
            Verifier::new(&policy, KeysFrom::Jwks(document.to_string().as_bytes()), &Arc::new(Log::off()));
        let error = error.unwrap_err();
        assert!(error.to_string().contains(sentence), "{error}");
    }
}

/// Two issuers that name their keys alike: the `iss` decides whose are asked for, and only these are fetched and used.
#[tokio::test]
async fn a_key_is_never_used_outside_its_issuer() {
    let (ours, theirs) =
        (DevKey::generate(Algorithm::RS256).unwrap(), DevKey::generate(Algorithm::RS256).unwrap());
    let (ours, theirs) = (ours.with_kid("1"), theirs.with_kid("1"));
    let (our_issuer, their_issuer) = (Issuer::start(&[&ours]), Issuer::start(&[&theirs]));
    let text = r#"
        param one  param two
        issuer one { url one audience "users-app" }
        issuer two { url two audience "users-app" }
        allow GET /a when issuer one
    "#;
    let policy = desk::policy(text, &json!({ "one": our_issuer.url(), "two": their_issuer.url() }));
    let verifier = Verifier::new(&policy, KeysFrom::Issuers, &Arc::new(Log::off())).unwrap();
    let claims = |issuer: &Issuer| issuer.claims_with("ana", json!({ "exp": NOW + 60, "iat": NOW - 60 }));

    let crossed = theirs.sign(&claims(&our_issuer)).unwrap();
    assert_eq!(verifier.verify(&crossed, NOW).await, Err(Refusal::Signature));
    assert_eq!(their_issuer.requests(""), 0, "nothing of the other issuer is fetched");
    let stranger =
        ours.sign(&our_issuer.claims_with("ana", json!({ "iss": "https://other.example", "exp": NOW + 60 })));
    assert_eq!(verifier.verify(&stranger.unwrap(), NOW).await.unwrap_err().code(), "issuer");
    assert_eq!(our_issuer.requests("/jwks.json"), 1);
    assert!(verifier.verify(&ours.sign(&claims(&our_issuer)).unwrap(), NOW).await.is_ok());
    assert!(verifier.verify(&theirs.sign(&claims(&their_issuer)).unwrap(), NOW).await.is_ok());
    assert_eq!((our_issuer.requests("/jwks.json"), their_issuer.requests("/jwks.json")), (1, 1));
}

/// No single change to the text of a token leaves it a token: not a bit, not a byte more or less.
#[test]
fn a_token_of_which_a_byte_is_changed_is_refused() {
    let policy = desk::policy(POLICY, &Value::Null);
    for algorithm in [Algorithm::RS256, Algorithm::PS384, Algorithm::ES256, Algorithm::EdDSA] {
        let key = key(algorithm);
        let verifier = with_jwks(&policy, &jwks([key]));
        let header = json!({ "alg": algorithm.name(), "kid": key.kid() }).to_string();
        let good = key.sign_parts(&header, &claims(&json!({}))).unwrap();
        assert!(verify(&verifier, &good).is_ok());
        let changed = changes(&good);
        assert!(changed.len() > 8 * good.len());
        for token in changed {
            assert!(verify(&verifier, &token).is_err(), "{algorithm:?}: {token}");
        }
    }
}

fn changes(token: &str) -> Vec<String> {
    let mut changed = Vec::new();
    for at in 0..token.len() {
        let (before, rest) = token.split_at(at);
        let (byte, after) = (rest.as_bytes()[0], &rest[1..]);
        let flipped = (0..7).map(|bit| char::from(byte ^ (1 << bit)));
        changed.extend(flipped.map(|other| format!("{before}{other}{after}")));
        changed.push(format!("{before}{after}"));
        changed.extend(['A', '.', '=', ' '].map(|more| format!("{before}{more}{rest}")));
    }
    changed.extend(['A', '.', '=', '\n'].map(|more| format!("{token}{more}")));
    changed.retain(|other| other != token);
    changed
}

#[test]
fn groups_and_scopes_in_every_shape() {
    let decide = |fields: &str, condition: &str, claims: Value| {
        let text = format!(
            r#"issuer main {{ url "https://issuer.example/" audience "app" {fields} }} allow GET /a when {condition}"#
        );
        let policy = desk::policy(&text, &Value::Null);
        let Value::Object(claims) = claims else { panic!("no object") };
        let token = Token::new(policy_engine::condition::IssuerId(0), Map::from_iter(claims));
        let context = policy_engine::RequestContext::default();
        let request =
            policy_engine::Request { verb: policy_engine::Verb::Get, path: "/a", context: &context };
        policy.caller(Some(&token)).decide(&request).allowed
    };
    for (fields, condition, claims, allowed) in [
        ("groups token.groups", r#"group "a""#, json!({ "groups": ["b", "a"] }), true),
        ("groups token.groups", r#"group "a""#, json!({ "groups": "a" }), true),
        ("groups token.groups", r#"group "a""#, json!({ "groups": "b a" }), false),
        ("groups token.groups", r#"group "a""#, json!({ "groups": [["a"], { "a": "a" }, 7, null] }), false),
        ("groups token.groups", r#"group "a""#, json!({ "groups": { "a": true } }), false),
        ("groups token.groups", r#"group "a""#, json!({}), false),
        (
            "groups token.realm_access.roles",
            r#"group "a""#,
            json!({ "realm_access": { "roles": ["a"] } }),
            true,
        ),
        ("groups token.realm_access.roles", r#"group "a""#, json!({ "realm_access": ["roles"] }), false),
        ("groups token.realm_access.roles", r#"group "a""#, json!({ "realm_access.roles": ["a"] }), false),
        (
            r#"groups token."https://example.com/roles""#,
            r#"group "a""#,
            json!({ "https://example.com/roles": ["a"] }),
            true,
        ),
        (
            r#"groups token."https://example.com/roles""#,
            r#"group "a""#,
            json!({ "https://example.com/roles": "a" }),
            true,
        ),
        (
            r#"groups token.resource_access."my-api".roles"#,
            r#"group "a""#,
            json!({ "resource_access": { "my-api": { "roles": ["a"] } } }),
            true,
        ),
        ("", r#"scope "a""#, json!({ "scope": "b a" }), true),
        ("", r#"scope "a""#, json!({ "scope": ["b", "a"] }), true),
        ("", r#"scope "a""#, json!({ "scp": "a" }), true),
        ("", r#"scope "a""#, json!({ "scp": ["a"] }), true),
        ("", r#"scope "a""#, json!({ "permissions": ["a"] }), true),
        ("", r#"scope "a""#, json!({ "scope": "", "scp": ["a"] }), false),
        ("", r#"scope "a""#, json!({ "scope": "ab" }), false),
        ("scopes token.auth.scopes", r#"scope "a""#, json!({ "auth": { "scopes": "b a" } }), true),
    ] {
        assert_eq!(decide(fields, condition, claims.clone()), allowed, "{fields} {condition} {claims}");
    }
}
