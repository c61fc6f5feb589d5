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
