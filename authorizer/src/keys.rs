//! The public keys of issuers.

mod der;
mod jwks;
mod key;
mod pem;
mod rsa;
mod schedule;
mod set;
mod shipped;
mod store;

pub use jwks::{JwksError, MAX_KEYS};
pub use key::KeyFault;
pub use pem::PemError;
pub use schedule::{
    KID_COOL_DOWN, KID_FETCHES, MAX_BACK_OFF, MAX_REFRESH_AFTER, MIN_REFRESH_AFTER, REFRESH_AFTER,
    STALE_LIMIT,
};
pub use shipped::{ShippedKeysError, check_shipped};
pub use store::{KeyTally, MAX_DOCUMENT_BYTES};

pub(crate) use jwks::parse as parse_jwks;
pub(crate) use key::{KeyId, VerificationKey};
pub(crate) use pem::parse as parse_pem;
#[cfg(feature = "dev")]
pub(crate) use pem::section as pem_section;
#[cfg(test)]
pub(crate) use set::KeySet;
pub(crate) use set::{Fitting, KeyError};
pub(crate) use store::{KeySource, KeyStore};
