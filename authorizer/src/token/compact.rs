//! Tokens as they are sent: the compact serialisation of RFC 7515, taken apart but not yet believed.

use std::sync::Arc;

use base64_simd::URL_SAFE_NO_PAD;
use policy_engine::Algorithm;
use serde_json::{Map, Value};

use super::elsewhere::KeptClaims;
use super::json::{self, JsonFault, MAX_DEPTH, Object};
use super::{MAX_TOKEN_BYTES, Part, Refusal};
use crate::log::Quoted;

/// What a token says: nothing in it is verified.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) header: Header,
    pub(crate) claims: Arc<Map<String, Value>>,
}

/// What a signature is of, and the signature.
#[derive(Debug)]
pub(crate) struct Signed<'a> {
    /// Header, dot and claims as sent.
    pub(crate) input: &'a str,
    pub(crate) signature: Vec<u8>,
}

/// Members of a header that hold a key, or its address: whoever makes up a token makes up its key, too. RFC 8725,
/// section 3.10, has them checked against what is known; then they say nothing new.
const KEYS: [&str; 4] = ["jwk", "jku", "x5u", "x5c"];

/// What is read of a token's header.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
    pub(crate) token_type: Option<String>,
}

/// The readable parts of a token, to be looked at: nothing in them is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The first part.
    pub header: Map<String, Value>,
    /// The second part.
    pub claims: Map<String, Value>,
}

/// Reads a token without verifying it. For people who want to see what is in one; never for a decision.
pub fn decode(token: &str) -> Result<Decoded, Refusal> {
    let parts = split(token)?;
    let object = |text, part| object(text, part, &KeptClaims::All);
    Ok(Decoded { header: object(parts.header, Part::Header)?, claims: object(parts.claims, Part::Claims)? })
}

impl<'a> Signed<'a> {
    /// Takes a token apart. Of its claims, those are there that are kept; the others are read all the same.
    pub(crate) fn parse(token: &'a str, kept: &KeptClaims) -> Result<(Content, Self), Refusal> {
        let parts = split(token)?;
        let header = Header::read(&base64url(parts.header, Part::Header)?)?;
        let claims = Arc::new(object(parts.claims, Part::Claims, kept)?);
        Ok((Content { header, claims }, Self::of(&parts)?))
    }

    /// The signature of a token whose content is known.
    pub(crate) fn again(token: &'a str) -> Result<Self, Refusal> {
        Self::of(&split(token)?)
    }

    fn of(parts: &Parts<'a>) -> Result<Self, Refusal> {
        Ok(Self { input: parts.signing_input, signature: base64url(parts.signature, Part::Signature)? })
    }
}

struct Parts<'a> {
    header: &'a str,
    claims: &'a str,
    signing_input: &'a str,
    signature: &'a str,
}

fn split(token: &str) -> Result<Parts<'_>, Refusal> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Refusal::TooLong);
    }
    let (signing_input, signature) = token.rsplit_once('.').ok_or(Refusal::Parts)?;
    let (header, claims) = signing_input.split_once('.').ok_or(Refusal::Parts)?;
    if claims.contains('.') {
        return Err(Refusal::Parts);
    }
    Ok(Parts { header, claims, signing_input, signature })
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let document = json::read(bytes, MAX_DEPTH).map_err(|fault| refusal(fault, Part::Header))?;
        let header = document.object();
        if header.get("crit").is_some() {
            return Err(Refusal::Critical);
        }
        if let Some(name) = KEYS.into_iter().find(|name| header.get(name).is_some()) {
            return Err(Refusal::EmbeddedKey(name));
        }
        let name = text(header, "alg")?.ok_or(Refusal::Member(Part::Header, "alg"))?;
        let algorithm = Algorithm::parse(name).ok_or_else(|| unknown_algorithm(name))?;
        Ok(Self {
            algorithm,
            kid: text(header, "kid")?.map(str::to_owned),
            token_type: text(header, "typ")?.map(str::to_owned),
        })
    }
}

fn unknown_algorithm(name: &str) -> Refusal {
    let starts_with =
        |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    match name {
        _ if name.eq_ignore_ascii_case("none") => Refusal::Unsigned,
        _ if starts_with("HS") => Refusal::SharedSecret(Quoted::new(name)),
        _ => Refusal::UnknownAlgorithm(Quoted::new(name)),
    }
}

fn text<'d>(header: Object<'d, '_>, name: &'static str) -> Result<Option<&'d str>, Refusal> {
    let Some(value) = header.get(name) else { return Ok(None) };
    value.as_str().map(Some).ok_or(Refusal::Member(Part::Header, name))
}

fn object(text: &str, part: Part, kept: &KeptClaims) -> Result<Map<String, Value>, Refusal> {
    let bytes = base64url(text, part)?;
    json::object(&bytes, MAX_DEPTH, |name| kept.holds(name)).map_err(|fault| refusal(fault, part))
}

const fn refusal(fault: JsonFault, part: Part) -> Refusal {
    match fault {
        JsonFault::Syntax | JsonFault::NotAnObject => Refusal::Json(part),
        JsonFault::Nesting => Refusal::Nesting(part),
        JsonFault::Duplicate => Refusal::DuplicateMember(part),
    }
}

/// This decoder refuses padding, white space and bits that do not belong to a byte.
fn base64url(text: &str, part: Part) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode_to_vec(text).map_err(|_| Refusal::Base64(part))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn token(header: &str, claims: &str) -> String {
        format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
    }

    /// Two decoders that others wrote: what one refuses, the other does, and what both read is the same.
    #[test]
    fn agrees_with_another_decoder() {
        let mut random = crate::token::tests::random();
        let odd = b"=+/ \n\x00\x7f\xc3.~AB-_";
        let (mut read, mut refused) = (0, 0);
        for _ in 0..200_000 {
            let bytes: Vec<u8> = (0..random(130)).map(|_| u8::try_from(random(256)).unwrap()).collect();
            let mut text = URL_SAFE_NO_PAD.encode(bytes).into_bytes();
            for _ in 0..random(3) {
                let at = random(text.len() + 1);
                match (random(3), text.get_mut(at)) {
                    (0, Some(byte)) => *byte = odd[random(odd.len())],
                    (1, Some(_)) => text.truncate(at),
                    _ => text.insert(at, odd[random(odd.len())]),
                }
            }
            let Ok(text) = String::from_utf8(text) else { continue };
            let theirs = URL_SAFE_NO_PAD.decode(&text).ok();
            assert_eq!(base64url(&text, Part::Claims).ok(), theirs, "{text:?}");
            if theirs.is_some() { read += 1 } else { refused += 1 }
        }
        assert!(read > 50_000 && refused > 50_000, "{read} {refused}");
    }

    fn refusal(token: &str) -> Refusal {
        Signed::parse(token, &KeptClaims::All).unwrap_err()
    }

    #[test]
    fn takes_a_token_apart() {
        let text = token(r#"{"alg":"RS256","kid":"k","typ":"JWT","x5t":"x"}"#, r#"{"sub":"ana"}"#);
        let (parsed, signed) = Signed::parse(&text, &KeptClaims::All).unwrap();
        assert_eq!(parsed.header.algorithm, Algorithm::RS256);
        assert_eq!(parsed.header.kid.as_deref(), Some("k"));
        assert_eq!(parsed.header.token_type.as_deref(), Some("JWT"));
        assert_eq!(parsed.claims.get("sub"), Some(&"ana".into()));
        assert_eq!(signed.signature, [0, 0, 0]);
        assert_eq!(format!("{}.AAAA", signed.input), text);
        assert_eq!(Signed::again(&text).unwrap().signature, signed.signature);
    }

    #[test]
    fn reads_what_it_would_never_accept() {
        let decoded = decode(&token(r#"{"alg":"none"}"#, r#"{"sub":"ana"}"#)).unwrap();
        assert_eq!(decoded.header.get("alg"), Some(&"none".into()));
        assert_eq!(decoded.claims.get("sub"), Some(&"ana".into()));
        assert_eq!(decode("a.b"), Err(Refusal::Parts));
    }

    #[test]
    fn refuses_headers() {
        for (header, expected) in [
            (r#"{"alg":"none"}"#, Refusal::Unsigned),
            (r#"{"alg":"nOnE"}"#, Refusal::Unsigned),
            (r#"{"alg":"HS256"}"#, Refusal::SharedSecret(Quoted::new("HS256"))),
            (r#"{"alg":"é"}"#, Refusal::UnknownAlgorithm(Quoted::new("é"))),
            (r#"{"alg":"RS256","jwk":null}"#, Refusal::EmbeddedKey("jwk")),
            (r#"{"alg":"rs256"}"#, Refusal::UnknownAlgorithm(Quoted::new("rs256"))),
            (r#"{"alg":["RS256"]}"#, Refusal::Member(Part::Header, "alg")),
            ("{}", Refusal::Member(Part::Header, "alg")),
            (r#"{"alg":"RS256","kid":7}"#, Refusal::Member(Part::Header, "kid")),
            (r#"{"alg":"RS256","typ":null}"#, Refusal::Member(Part::Header, "typ")),
            (r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, Refusal::Critical),
            (r#"{"alg":"RS256","crit":[]}"#, Refusal::Critical),
            (r#"{"alg":"none","alg":"RS256"}"#, Refusal::DuplicateMember(Part::Header)),
            ("[]", Refusal::Json(Part::Header)),
            ("", Refusal::Json(Part::Header)),
        ] {
            assert_eq!(refusal(&token(header, "{}")), expected, "{header}");
        }
    }

    #[test]
    fn refuses_other_shapes() {
        let good = token(r#"{"alg":"RS256"}"#, "{}");
        assert!(Signed::parse(&good, &KeptClaims::All).is_ok());
        for (text, expected) in [
            (String::new(), Refusal::Parts),
            ("a".to_owned(), Refusal::Parts),
            ("a.b".to_owned(), Refusal::Parts),
            (format!("{good}.AAAA"), Refusal::Parts),
            (format!("{good}="), Refusal::Base64(Part::Signature)),
            (format!("{good}\n"), Refusal::Base64(Part::Signature)),
            // `AB` and `AA` are the same byte; only the second is canonical.
            (format!("{good}AB"), Refusal::Base64(Part::Signature)),
            (format!(" {good}"), Refusal::Base64(Part::Header)),
            ("é.b.c".to_owned(), Refusal::Base64(Part::Header)),
            (token(r#"{"alg":"RS256"}"#, "[1]"), Refusal::Json(Part::Claims)),
            (token(r#"{"alg":"RS256"}"#, r#"{"sub":"a","sub":"b"}"#), Refusal::DuplicateMember(Part::Claims)),
            ("a".repeat(MAX_TOKEN_BYTES + 1), Refusal::TooLong),
        ] {
            assert_eq!(refusal(&text), expected, "{text:.80}");
        }
    }
}
