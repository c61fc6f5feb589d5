//! The three writings of a string in a path.

/// A string as it can stand in a path: its bytes; percent-encoded, what RFC 3986 calls `pchar` kept; as
/// `encodeURIComponent` writes it.
pub(crate) fn forms(text: &str) -> [String; 3] {
    [text.to_owned(), encode(text, b"-._~!$&'()*+,;=:@"), encode(text, b"-_.!~*'()")]
}

fn encode(text: &str, kept: &[u8]) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
