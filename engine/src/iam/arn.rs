//! Method ARNs: `arn:{partition}:execute-api:{region}:{account}:{api}/{stage}/{VERB}/{path}`, and for a WebSocket
//! API `…/{stage}/$connect`.

use std::fmt;

use crate::iam::holes::MARK;
use crate::iam::template::STAGE;

/// What stands in a WebSocket API's ARN in place of a verb and a path: its `$connect` route, the only one that can
/// have an authorizer.
const CONNECT: &str = "$connect";

/// The longest ARN that is looked at, in bytes. API Gateway's own limit is 1,600.
const MAX_ARN_BYTES: usize = 8_192;

/// The ARN of one request, as API Gateway hands it to an authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodArn {
    text: String,
    stage: (usize, usize),
    verb_end: usize,
}

/// Why a text is no method ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArnError {
    /// It is not `arn:{partition}:execute-api:{region}:{account}:{api}/{stage}/{VERB}/{path}`.
    Shape,
    /// A part that stands before the path is empty or holds a character that it cannot.
    Field(&'static str),
    /// It is longer than 8,192 bytes.
    TooLong,
    /// It holds a raw control character: no resource can guard against one, and no decision allows it.
    ControlCharacter,
}

impl fmt::Display for ArnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape => f.write_str(
                "it does not have the form `arn:{partition}:execute-api:{region}:{account}:{api}/{stage}/{VERB}/{path}`",
            ),
            Self::Field(field) => write!(f, "its {field} is empty or holds an unexpected character"),
            Self::TooLong => write!(f, "it is longer than {MAX_ARN_BYTES} bytes"),
            Self::ControlCharacter => f.write_str("it holds a control character"),
        }
    }
}

impl std::error::Error for ArnError {}

impl MethodArn {
    /// Splits at the first five colons, then at `/`: a path may hold colons.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        if text.len() > MAX_ARN_BYTES {
            return Err(ArnError::TooLong);
        }
        let mut rest = text;
        fixed(&mut rest, "arn:")?;
        field(&mut rest, "partition", b':')?;
        fixed(&mut rest, "execute-api:")?;
        for name in ["region", "account"] {
            field(&mut rest, name, b':')?;
        }
        field(&mut rest, "API", b'/')?;
        let stage_start = text.len() - rest.len();
        let stage_end = stage_start + field(&mut rest, "stage", b'/')?.len();
        let verb_end = match rest {
            CONNECT => stage_end,
            // What is left behind the verb is the path, without its first slash.
            _ => stage_end + 1 + field(&mut rest, "verb", b'/')?.len(),
        };
        if has_control(rest) {
            return Err(ArnError::ControlCharacter);
        }
        Ok(Self { text: text.to_owned(), stage: (stage_start, stage_end), verb_end })
    }

    /// Stands for the ARNs of every stage, of any API: its stage is a mark that is to be filled in.
    pub(crate) fn of_any_stage() -> Self {
        let stage = format!("{MARK}{STAGE}{MARK}");
        Self { stage: (0, stage.len()), verb_end: stage.len() + 4, text: stage + "/GET/" }
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The stage's name.
    pub fn stage(&self) -> &str {
        self.text.get(self.stage.0..self.stage.1).unwrap_or_default()
    }

    /// Whether this is the `$connect` route of a WebSocket API. Rules see it as `GET /$connect`.
    pub const fn is_connect(&self) -> bool {
        self.verb_end == self.stage.1
    }

    /// The verb as it stands there, known or not. A WebSocket connection starts as a `GET` (RFC 6455, section 4.1).
    pub fn verb_text(&self) -> &str {
        self.text.get(self.stage.1 + 1..self.verb_end).unwrap_or("GET")
    }

    /// The path, with its first slash; `/$connect` for a WebSocket API.
    pub fn path(&self) -> &str {
        self.text.get(self.verb_end..).unwrap_or_default()
    }

    /// All up to the stage, without a slash at the end: what every resource of an answer starts with.
    pub fn stage_prefix(&self) -> &str {
        self.text.get(..self.stage.1).unwrap_or_default()
    }

    /// What follows: a slash, the verb and the path.
    pub(crate) fn below_stage(&self) -> &str {
        self.text.get(self.stage.1..).unwrap_or_default()
    }
}

/// Every byte is looked at, and many together: there is hardly ever one.
fn has_control(path: &str) -> bool {
    path.bytes().fold(false, |found, byte| found | byte.is_ascii_control())
}

/// What is the same in all method ARNs; `rest` is then what stands behind it.
fn fixed(rest: &mut &str, text: &str) -> Result<(), ArnError> {
    *rest = rest.strip_prefix(text).ok_or(ArnError::Shape)?;
    Ok(())
}

/// What stands before the separator that comes next; `rest` is then what stands behind it. There is no wildcard and no
/// policy variable in it: it goes into the answer as it is.
fn field<'a>(rest: &mut &'a str, name: &'static str, separator: u8) -> Result<&'a str, ArnError> {
    let at = rest.bytes().position(|byte| !is_plain(byte)).ok_or(ArnError::Shape)?;
    let byte = rest.as_bytes().get(at).copied();
    if byte == Some(separator)
        && at > 0
        && let (Some(field), Some(behind)) = (rest.get(..at), rest.get(at + 1..))
    {
        *rest = behind;
        return Ok(field);
    }
    // The other separator: a field is missing.
    Err(if at > 0 && matches!(byte, Some(b':' | b'/')) { ArnError::Shape } else { ArnError::Field(name) })
}

#[allow(clippy::indexing_slicing, reason = "done by the compiler, which would not go on where it panicked")]
fn is_plain(byte: u8) -> bool {
    const PLAIN: [bool; 256] = {
        let mut plain = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            plain[byte as usize] =
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'$' | b'~');
            byte += 1;
        }
        plain
    };
    PLAIN.get(usize::from(byte)).is_some_and(|is_plain| *is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_split_at_colons_then_at_slashes() {
        for (text, stage, verb, path) in [
            (
                "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana",
                "prod",
                "GET",
                "/users/ana",
            ),
            ("arn:aws-cn:execute-api:cn-north-1:123456789012:abc/$default/POST/", "$default", "POST", "/"),
            ("arn:aws:execute-api:eu-west-1:1:a/s/GET/a:b/c//d", "s", "GET", "/a:b/c//d"),
            ("arn:aws:execute-api:eu-west-1:1:a/s/TRACE/ü*", "s", "TRACE", "/ü*"),
            ("arn:aws:execute-api:eu-west-1:1:a/s/$connect", "s", "GET", "/$connect"),
        ] {
            let arn = MethodArn::parse(text).unwrap();
            assert_eq!((arn.stage(), arn.verb_text(), arn.path()), (stage, verb, path), "{text}");
            assert!(text.starts_with(arn.stage_prefix()) && arn.stage_prefix().ends_with(stage));
        }
    }

    #[test]
    fn what_is_no_method_arn_is_refused() {
        use ArnError::{Field, Shape};
        for (text, why) in [
            ("", Shape),
            ("arn", Shape),
            ("*", Shape),
            (":aws:execute-api:eu-west-1:1:a/s/GET/x", Shape),
            ("arn:aws:s3:::bucket/key", Shape),
            ("arn:aws:lambda:eu-west-1:1:a/s/GET/x", Shape),
            ("arn:aws:execute-api:eu-west-1:1:a/s/GET", Shape),
            ("arn:aws:execute-api:eu-west-1:1:a/s/$disconnect", Shape),
            ("arn:aws:execute-api:eu-west-1:1:a", Shape),
            ("arn:aws:execute-api:eu-west-1:1:a:b/s/GET/x", Shape),
            ("arn:aws:execute-api:eu-west-1/1:a/s/GET/x", Shape),
            ("arn:*:execute-api:eu-west-1:1:a/s/GET/x", Field("partition")),
            ("arn:aws:execute-api:*:1:a/s/GET/x", Field("region")),
            ("arn:aws:execute-api::1:a/s/GET/x", Field("region")),
            ("arn:aws:execute-api:eu-west-1:*:a/s/GET/x", Field("account")),
            ("arn:aws:execute-api:eu-west-1:1:*/s/GET/x", Field("API")),
            ("arn:aws:execute-api:eu-west-1:1:a/*/GET/x", Field("stage")),
            ("arn:aws:execute-api:eu-west-1:1:a/${s}/GET/x", Field("stage")),
            ("arn:aws:execute-api:eu-west-1:1:a//GET/x", Field("stage")),
            ("arn:aws:execute-api:eu-west-1:1:a/s//x", Field("verb")),
            ("arn:aws:execute-api:eu-west-1:1:a/s/G*T/x", Field("verb")),
        ] {
            assert_eq!(MethodArn::parse(text), Err(why), "{text}");
        }
        assert_eq!(MethodArn::parse(&"a".repeat(9_000)), Err(ArnError::TooLong));
        for control in ['\0', '\n', '\u{1f}', '\u{7f}'] {
            let text = format!("arn:aws:execute-api:eu-west-1:1:a/s/GET/x{control}y");
            assert_eq!(MethodArn::parse(&text), Err(ArnError::ControlCharacter), "{text:?}");
        }
    }
}
