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
    let begins = || text.lines().filter_map(|line| boundary(line.trim(), "BEGIN"));
    // Looked for everywhere: the public key may come first.
    if begins().any(|label| label.contains("PRIVATE KEY")) {
        return Err(KeyProblem::Private);
    }
    match begins().collect::<Vec<_>>().as_slice() {
        [] => Err(KeyProblem::NoBlock),
        ["CERTIFICATE"] => Err(KeyProblem::Certificate),
        [label] if !PUBLIC.contains(label) => Err(KeyProblem::OtherBlock((*label).to_owned())),
        [label] => block(text, label),
        _ => Err(KeyProblem::SeveralBlocks),
    }
}

/// The text's only block, which has that label.
fn block(text: &str, label: &str) -> Result<String, KeyProblem> {
    let lines = text.lines().map(str::trim).skip_while(|line| boundary(line, "BEGIN").is_none()).skip(1);
    let mut body = String::new();
    for line in lines {
        if boundary(line, "END") == Some(label) {
            let is_empty = body.is_empty();
            let pem = format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n");
            return if is_empty { Err(KeyProblem::Damaged) } else { Ok(pem) };
        }
        if !line.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) {
            return Err(KeyProblem::Damaged);
        }
        if !line.is_empty() {
            body.push_str(line);
            body.push('\n');
        }
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

    fn pem_block(label: &str, body: &str) -> String {
        format!("-----BEGIN {label}-----\r\n{body}\r\n-----END {label}-----\r\n")
    }

    #[test]
    fn a_public_key_is_taken_without_what_surrounds_it() {
        let pem = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n";
        assert_eq!(read(&pem_block("PUBLIC KEY", "MIIB")).as_deref(), Ok(pem));
        assert_eq!(read(&format!("a comment\n{}\n", pem_block("PUBLIC KEY", "MIIB"))).as_deref(), Ok(pem));
        assert!(read(&pem_block("RSA PUBLIC KEY", "MIIB")).is_ok());
    }

    #[test]
    fn what_is_no_public_key_is_told_apart() {
        let public = pem_block("PUBLIC KEY", "MIIB");
        for (text, problem) in [
            ("{}".to_owned(), KeyProblem::NoBlock),
            (pem_block("PRIVATE KEY", "MIIB"), KeyProblem::Private),
            (pem_block("RSA PRIVATE KEY", "MIIB"), KeyProblem::Private),
            (pem_block("ENCRYPTED PRIVATE KEY", "MIIB"), KeyProblem::Private),
            (format!("{public}{}", pem_block("EC PRIVATE KEY", "MIIB")), KeyProblem::Private),
            (pem_block("CERTIFICATE", "MIIB"), KeyProblem::Certificate),
            (pem_block("X", "MIIB"), KeyProblem::OtherBlock("X".to_owned())),
            (format!("{public}{public}"), KeyProblem::SeveralBlocks),
            (pem_block("PUBLIC KEY", ""), KeyProblem::Damaged),
            (pem_block("PUBLIC KEY", "MI IB"), KeyProblem::Damaged),
            ("-----BEGIN PUBLIC KEY-----\nMIIB\n".to_owned(), KeyProblem::Damaged),
        ] {
            assert_eq!(read(&text), Err(problem), "{text}");
        }
    }
}
