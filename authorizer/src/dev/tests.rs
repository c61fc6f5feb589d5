//! Keys of every algorithm, there and back, and their signatures under the verifier's own keys.

use super::*;
use crate::keys::{parse_jwks, parse_pem};
use crate::token::{decode, tests::verifies};

fn claims() -> Map<String, Value> {
    Map::from_iter([("sub".to_owned(), json!("ana"))])
}

#[test]
fn what_a_key_signs_its_jwk_and_its_pem_verify() {
    for algorithm in Algorithm::ALL {
        let key = DevKey::generate(algorithm).unwrap();
        let token = key.sign(&claims()).unwrap();
        let name = algorithm.name();
        assert_eq!(decode(&token).unwrap().header.get("alg"), Some(&name.into()));
        let set = parse_jwks(jwks([&key]).to_string().as_bytes()).unwrap();
        assert!(verifies(&set, &token), "{name}: JWKS");
        assert!(verifies(&parse_pem(&key.to_public_pem().unwrap()).unwrap(), &token), "{name}: PEM");

        let other = DevKey::generate(algorithm).unwrap().with_kid(key.kid());
        assert!(!verifies(&set, &other.sign(&claims()).unwrap()), "{name}: another key of the same name");
    }
}

#[test]
fn keys_survive_as_pem() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
        let key = DevKey::generate(algorithm).unwrap();
        let pem = key.to_pem().unwrap();
        for read in [DevKey::from_pem(&pem, None).unwrap(), DevKey::from_pem(&pem, Some(algorithm)).unwrap()]
        {
            assert_eq!(read.algorithm(), algorithm);
            assert_eq!(read.jwk(), key.jwk());
        }
    }
    let pem = DevKey::generate(Algorithm::ES256).unwrap().to_pem().unwrap();
    let error = DevKey::from_pem(&pem, Some(Algorithm::RS512)).unwrap_err();
    assert_eq!(error, DevError::OtherAlgorithm(Algorithm::RS512));
    for text in
        ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----"]
    {
        assert_eq!(DevKey::from_pem(text, None).unwrap_err(), DevError::NotAPrivateKey);
    }
}

#[test]
fn a_private_key_is_no_public_one() {
    let key = DevKey::generate(Algorithm::RS256).unwrap();
    assert_eq!(parse_pem(&key.to_pem().unwrap()).unwrap_err(), crate::keys::PemError::PrivateKey);
}

/// The example of RFC 7638 section 3.1.
#[test]
fn thumbprints() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn\
             jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ\
             vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK\
             nqDKgw";
    let members = json!({ "kty": "RSA", "n": n, "e": "AQAB" });
    assert_eq!(thumbprint(members.as_object().unwrap()), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}
