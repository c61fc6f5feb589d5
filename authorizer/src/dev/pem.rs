//! PEM text (RFC 7468).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const LINE: usize = 64;

pub(super) fn encode(label: &str, der: &[u8]) -> String {
    let mut out = format!("-----BEGIN {label}-----");
    for (index, character) in STANDARD.encode(der).chars().enumerate() {
        if index % LINE == 0 {
            out.push('\n');
        }
        out.push(character);
    }
    format!("{out}\n-----END {label}-----\n")
}

/// The first section of that label.
pub(super) fn decode(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).ok()
}
