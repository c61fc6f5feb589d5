//! Strings and numbers: escapes, `${…}`, JSON's number grammar.

use policy_engine::condition::Number;

use super::Builder;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::grammar::{Pair, Rule, is_reserved, matches_whole};
use crate::source::Span;
use crate::syntax::{Name, Plain, Spanned, Text, TextPart};

/// The pieces of a string while it is read.
#[derive(Default)]
struct Pieces {
    parts: Vec<TextPart>,
    fixed: String,
    is_wrong: bool,
    is_single_quoted: bool,
}

impl Pieces {
    fn param(&mut self, name: Name) {
        self.end_fixed();
        self.parts.push(TextPart::Param(name));
    }

    fn end_fixed(&mut self) {
        if !self.fixed.is_empty() {
            self.parts.push(TextPart::Fixed(std::mem::take(&mut self.fixed)));
        }
    }
}

impl Builder {
    /// A string that may hold `${…}`.
    pub(super) fn text(&mut self, pair: &Pair<'_>) -> Option<Text> {
        let span = self.span(pair);
        let raw = pair.as_str();
        let body = raw.get(1..raw.len().checked_sub(1)?)?;
        let mut pieces = Pieces { is_single_quoted: raw.starts_with('\''), ..Pieces::default() };
        if pieces.is_single_quoted {
            self.single_quotes(span, body);
        }
        let mut at = 0;
        while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
            at += self.piece(rest, span.start + 1 + at, &mut pieces);
        }
        pieces.end_fixed();
        (!pieces.is_wrong).then_some(Text { parts: pieces.parts, span })
    }

    /// A string that holds no `${…}`.
    pub(super) fn plain(&mut self, pair: &Pair<'_>) -> Option<Plain> {
        let text = self.text(pair)?;
        if let Some(TextPart::Param(name)) = text.parts.iter().find(|part| matches!(part, TextPart::Param(_)))
        {
            let message = format!("the param `{}` cannot be used in this string", name.node);
            self.report(
                Diagnostic::new(Code::BadInterpolation, message)
                    .at(name.span)
                    .help("write the text itself; for a literal `${` write `$${`"),
            );
            return None;
        }
        Some(Spanned::new(text.fixed()?.to_owned(), text.span))
    }

    fn single_quotes(&mut self, span: Span, body: &str) {
        let double = format!("\"{}\"", double_quoted(body));
        self.report(
            Diagnostic::new(Code::SingleQuotes, "a string stands in double quotes")
                .at(span)
                .help(format!("write `{double}`"))
                .replace(span, double),
        );
    }

    /// Reads one piece and says how long it is.
    fn piece(&mut self, rest: &str, offset: usize, pieces: &mut Pieces) -> usize {
        if rest.starts_with("$${") {
            pieces.fixed.push_str("${");
            return 3;
        }
        if rest.starts_with("${") {
            return self.interpolation(rest, offset, pieces);
        }
        if let Some(escape) = rest.strip_prefix('\\') {
            return self.escape(escape, offset, pieces);
        }
        let Some(char) = rest.chars().next() else { return 1 };
        if char.is_control() {
            pieces.is_wrong = true;
            let escape = if char == '\t' { "\\t".to_owned() } else { format!("\\u{:04x}", u32::from(char)) };
            let span = self.at(offset, 1);
            let message = format!("the control character U+{:04X} cannot stand in a string", u32::from(char));
            self.report(
                Diagnostic::new(Code::BadString, message)
                    .at(span)
                    .help(format!("write it as `{escape}`"))
                    .replace(span, escape),
            );
        }
        pieces.fixed.push(char);
        char.len_utf8()
    }

    fn interpolation(&mut self, rest: &str, offset: usize, pieces: &mut Pieces) -> usize {
        let Some(end) = rest.find('}') else {
            pieces.is_wrong = true;
            self.report(
                Diagnostic::new(Code::BadInterpolation, "this `${` is not closed")
                    .at(self.at(offset, 2))
                    .help("write `${name}` with the name of a param; for a literal `${` write `$${`"),
            );
            return rest.len();
        };
        let name = rest.get(2..end).unwrap_or_default();
        let span = self.at(offset + 2, name.len());
        if matches_whole(Rule::name, name) {
            pieces.param(Spanned::new(name.to_owned(), span));
        } else {
            pieces.is_wrong = true;
            let message = if is_reserved(name) {
                format!("`{name}` is a keyword, and not the name of a param")
            } else {
                format!("`${{{name}}}` does not name a param")
            };
            self.report(
                Diagnostic::new(Code::BadInterpolation, message)
                    .at(self.at(offset, end + 1))
                    .help("write `${name}` with the name of a param; for a literal `${` write `$${`"),
            );
        }
        end + 1
    }

    /// Reads what follows a backslash.
    fn escape(&mut self, after: &str, offset: usize, pieces: &mut Pieces) -> usize {
        let Some(char) = after.chars().next() else { return 1 };
        let simple = match char {
            '"' | '\\' | '/' => Some(char),
            '\'' if pieces.is_single_quoted => Some(char),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            _ => None,
        };
        if let Some(simple) = simple {
            pieces.fixed.push(simple);
            return 2;
        }
        if let Some((char, length)) = unicode_escape(after) {
            pieces.fixed.push(char);
            return 1 + length;
        }
        pieces.is_wrong = true;
        let length = 1 + char.len_utf8();
        let message = format!("`\\{char}` is not an escape");
        let help = if char == 'u' {
            "write `\\u` and four hexadecimal digits; a character above U+FFFF takes two of them"
        } else {
            "the escapes are those of JSON: `\\\"` `\\\\` `\\/` `\\b` `\\f` `\\n` `\\r` `\\t` `\\u0000`"
        };
        self.report(Diagnostic::new(Code::BadString, message).at(self.at(offset, length)).help(help));
        length
    }

    /// A JSON number.
    pub(super) fn number(&mut self, pair: &Pair<'_>) -> Option<Number> {
        let text = pair.as_str();
        let report = match read_number(text) {
            Ok(number) => return Some(number),
            Err(NumberProblem::Shape) => {
                let help = match text.trim_end_matches(|c: char| c.is_ascii_alphabetic()) {
                    digits if digits != text && read_number(digits).is_ok() => "a number has no unit",
                    _ => "write it as in JSON: `0`, `-12`, `1.5`, `2e3`",
                };
                Diagnostic::new(Code::BadNumber, format!("`{text}` is not a number")).help(help)
            }
            Err(NumberProblem::Size) => Diagnostic::new(Code::BadNumber, format!("`{text}` is out of range"))
                .help("an integer has 64 bits, and any other number lies within ±1.8e308"),
        };
        self.report(report.at(self.span(pair)));
        None
    }
}

/// The body of a string in single quotes, for double ones.
fn double_quoted(body: &str) -> String {
    let mut double = String::with_capacity(body.len());
    let mut chars = body.chars();
    while let Some(char) = chars.next() {
        match (char, chars.clone().next()) {
            ('\\', Some('\'')) => {}
            ('\\', Some(escaped)) => {
                double.extend([char, escaped]);
                chars.next();
            }
            ('"', _) => double.push_str("\\\""),
            _ => double.push(char),
        }
    }
    double
}

/// The character of `uXXXX`, or of two of them, and its length in bytes.
fn unicode_escape(after: &str) -> Option<(char, usize)> {
    let unit = |text: &str| {
        let digits = text.strip_prefix('u')?.get(..4)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
        u16::from_str_radix(digits, 16).ok()
    };
    let high = unit(after)?;
    if let Some(char) = char::from_u32(u32::from(high)) {
        return Some((char, 5));
    }
    let low = unit(after.get(5..)?.strip_prefix('\\')?)?;
    let char = char::decode_utf16([high, low]).next()?.ok()?;
    Some((char, 11))
}

enum NumberProblem {
    Shape,
    Size,
}

fn read_number(text: &str) -> Result<Number, NumberProblem> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_integer = digits.bytes().all(|byte| byte.is_ascii_digit());
    let has_leading_zero =
        digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    if has_leading_zero {
        return Err(NumberProblem::Shape);
    }
    if is_integer {
        return text.parse().map(Number::Integer).map_err(|_| NumberProblem::Size);
    }
    // Rust reads `1.` and `.5` as numbers; JSON has a digit on either side of the point.
    let has_bare_point =
        digits.split_once('.').is_some_and(|(_, after)| !after.starts_with(|c: char| c.is_ascii_digit()));
    match text.parse::<f64>() {
        _ if has_bare_point => Err(NumberProblem::Shape),
        Ok(number) if number.is_finite() => Ok(Number::Float(number)),
        Ok(_) => Err(NumberProblem::Size),
        Err(_) => Err(NumberProblem::Shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_json() {
        let read = |text| read_number(text).ok();
        assert_eq!(read("0"), Some(Number::Integer(0)));
        assert_eq!(read("-12"), Some(Number::Integer(-12)));
        assert_eq!(read("9223372036854775807"), Some(Number::Integer(i64::MAX)));
        assert_eq!(read("1.5"), Some(Number::Float(1.5)));
        assert_eq!(read("2e3"), Some(Number::Float(2000.0)));
        for wrong in ["01", "1.", "1.e3", "1e", "1x", "1_000", "9223372036854775808", "1e999", "--1", "-"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn single_quotes_give_way_to_double_ones() {
        for (single, double) in
            [("a", "a"), ("it\\'s", "it's"), ("a\"b", "a\\\"b"), ("a\\\"b", "a\\\"b"), ("\\\\\\'", "\\\\'")]
        {
            assert_eq!(double_quoted(single), double);
        }
    }

    #[test]
    fn unicode_escapes_take_one_unit_or_two() {
        assert_eq!(unicode_escape("u00e4x"), Some(('ä', 5)));
        assert_eq!(unicode_escape("ud83d\\ude00"), Some(('😀', 11)));
        for wrong in ["u12", "ud83d", "ude00", "ud83d\\u0041", "u+123", "x"] {
            assert_eq!(unicode_escape(wrong), None, "{wrong}");
        }
    }
}
