//! The fixed public key of an issuer: PEM text (RFC 7468).

use std::fmt;

/// The labels of public keys: `SubjectPublicKeyInfo` (RFC 7468, section 13) and PKCS #1.
const PUBLIC: [&str; 2] = ["PUBLIC KEY", "RSA PUBLIC KEY"];

/// Why a text is not one public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyProblem {
    NoBlock,
    Private,
    Certificate,
    OtherBlock(String),
    SeveralBlocks,
    Damaged,
}

impl fmt::Display for KeyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBlock => f.write_str("holds no PEM block"),
            Self::Private => f.write_str("holds a private key, which does not belong here"),
            Self::Certificate => f.write_str("holds a certificate, and no public key"),
            Self::OtherBlock(label) => write!(f, "holds a `{label}`, and no public key"),
            Self::SeveralBlocks => f.write_str("holds more than one PEM block"),
            Self::Damaged => f.write_str("holds a damaged PEM block"),
        }
    }
}

impl KeyProblem {
    pub(super) const fn help(&self) -> &'static str {
        match self {
            Self::Private => "keep it elsewhere, and write its public half: `openssl pkey -in FILE -pubout`",
            Self::Certificate => "write the key that is in it: `openssl x509 -in FILE -pubkey -noout`",
            _ => "it begins with `-----BEGIN PUBLIC KEY-----`",
        }
    }
}

/// The one public key in the text, its lines ended by line feeds and nothing around it.
pub(super) fn read(text: &str) -> Result<String, KeyProblem> {
    let mut lines = text.lines().map(str::trim);
    let label = loop {
        match lines.next() {
            None => return Err(KeyProblem::NoBlock),
            Some(line) => {
                if let Some(label) = boundary(line, "BEGIN") {
                    break label;
                }
            }
        }
    };
    // Looked for everywhere: the public key may come first.
    if text
        .lines()
        .filter_map(|line| boundary(line.trim(), "BEGIN"))
        .any(|label| label.contains("PRIVATE KEY"))
    {
        return Err(KeyProblem::Private);
    }
    if !PUBLIC.contains(&label) {
        return Err(match label {
            "CERTIFICATE" => KeyProblem::Certificate,
            other => KeyProblem::OtherBlock(other.to_owned()),
        });
    }
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut body = 0;
    for line in lines.by_ref() {
        if boundary(line, "END") == Some(label) {
            if body == 0 || lines.any(|line| boundary(line, "BEGIN").is_some()) {
                return Err(if body == 0 { KeyProblem::Damaged } else { KeyProblem::SeveralBlocks });
            }
            return Ok(format!("{pem}-----END {label}-----\n"));
        }
        if !line.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) {
            return Err(KeyProblem::Damaged);
        }
        body += line.len();
        pem.push_str(line);
        pem.push('\n');
    }
    Err(KeyProblem::Damaged)
}

/// The label of a `-----BEGIN …-----` or `-----END …-----` line.
fn boundary<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.strip_prefix("-----")?.strip_prefix(word)?.strip_prefix(' ')?.strip_suffix("-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(label: &str, body: &str) -> String {
        format!("-----BEGIN {label}-----\r\n{body}\r\n-----END {label}-----\r\n")
    }

    #[test]
    fn a_public_key_is_taken_without_what_surrounds_it() {
        let pem = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n";
        assert_eq!(read(&block("PUBLIC KEY", "MIIB")).as_deref(), Ok(pem));
        assert_eq!(read(&format!("a comment\n{}\n", block("PUBLIC KEY", "MIIB"))).as_deref(), Ok(pem));
        assert!(read(&block("RSA PUBLIC KEY", "MIIB")).is_ok());
    }

    #[test]
    fn what_is_no_public_key_is_told_apart() {
        let public = block("PUBLIC KEY", "MIIB");
        for (text, problem) in [
            ("{}".to_owned(), KeyProblem::NoBlock),
            (block("PRIVATE KEY", "MIIB"), KeyProblem::Private),
            (block("RSA PRIVATE KEY", "MIIB"), KeyProblem::Private),
            (block("ENCRYPTED PRIVATE KEY", "MIIB"), KeyProblem::Private),
            (format!("{public}{}", block("EC PRIVATE KEY", "MIIB")), KeyProblem::Private),
            (block("CERTIFICATE", "MIIB"), KeyProblem::Certificate),
            (block("X", "MIIB"), KeyProblem::OtherBlock("X".to_owned())),
            (format!("{public}{public}"), KeyProblem::SeveralBlocks),
            (block("PUBLIC KEY", ""), KeyProblem::Damaged),
            (block("PUBLIC KEY", "MI IB"), KeyProblem::Damaged),
            ("-----BEGIN PUBLIC KEY-----\nMIIB\n".to_owned(), KeyProblem::Damaged),
        ] {
            assert_eq!(read(&text), Err(problem), "{text}");
        }
    }
}
