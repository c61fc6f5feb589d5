//! Tokens: from a header's value to claims that can be believed.
//!
//! The way is: strip the scheme, take the token apart, find its issuer by `iss`, check header and claims
//! against that issuer's settings, find the key, verify the signature. Whatever costs a fetch comes after
//! whatever does not, so that a token that cannot fit makes nobody fetch anything.

mod claims;
mod compact;
mod elsewhere;
mod json;
mod refusal;
mod scheme;
mod verifier;

pub(crate) use compact::Content;
pub(crate) use json::{Json, JsonFault, Object, read as read_json};

pub use compact::{Decoded, decode};
pub use elsewhere::ClaimsRead;
pub use refusal::{Part, Refusal};
pub use scheme::strip_scheme;
pub(crate) use scheme::{behind_scheme, has_blank};
pub use verifier::{IssuerFault, KeysFrom, Tally, Verifier, VerifierError};
pub(crate) use verifier::{Recognised, joined};

/// The longest token, in bytes. API Gateway limits a request's headers to 10,240 bytes in all.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

#[cfg(test)]
pub(crate) mod tests {
    use super::compact::Signed;
    use super::elsewhere::KeptClaims;
    use crate::keys::KeySet;

    /// What some token says.
    pub(crate) fn content() -> std::sync::Arc<super::Content> {
        // {"alg":"EdDSA"}, {}
        std::sync::Arc::new(Signed::parse("eyJhbGciOiJFZERTQSJ9.e30.AAAA", &KeptClaims::All).unwrap().0)
    }

    /// Numbers below the one that is given, the same ones in each run.
    pub(crate) fn random() -> impl FnMut(usize) -> usize {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        move |below| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap() % below
        }
    }

    /// Whether one of the keys has made the token's signature.
    pub(crate) fn verifies(keys: &KeySet, token: &str) -> bool {
        let (content, signed) = Signed::parse(token, &KeptClaims::All).unwrap();
        let algorithm = content.header.algorithm;
        let keys = keys.lookup(content.header.kid.as_deref(), algorithm).unwrap();
        keys.iter().any(|key| key.verify(algorithm, signed.input, &signed.signature))
    }
}
