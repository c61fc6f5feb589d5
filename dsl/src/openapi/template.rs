//! Path templates: `/users/{id}/{proxy+}`.

use policy_engine::path::RequestPath;
use policy_engine::pattern::{PathPattern, Segment, Tail};

use crate::limits::MAX_SEGMENTS;

/// A template, as a pattern.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) pattern: PathPattern,
    /// It was written with a slash at its end.
    pub(crate) ends_in_slash: bool,
}

/// Why a template is no route.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What follows the path in the message.
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Problem {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

/// Reads a template.
pub(crate) fn read(text: &str) -> Result<Template, Problem> {
    let Some(below_root) = text.strip_prefix('/') else {
        return Err(Problem::new("does not start with `/`", format!("write `/{text}`")));
    };
    if text == "/$default" {
        let help = "write `/{proxy+}` for what it serves; the paths of the other routes are not part of it";
        return Err(Problem::new("is an HTTP API's catch-all route, and no path", help));
    }
    let mut pattern = PathPattern { segments: Vec::new(), tail: Tail::None };
    let mut written = below_root.split('/').peekable();
    let mut ends_in_slash = false;
    while let Some(segment) = written.next() {
        let is_last = written.peek().is_none();
        if is_last && segment.is_empty() {
            // The root is a slash and nothing else.
            ends_in_slash = !below_root.is_empty();
            break;
        }
        if pattern.segments.len() >= MAX_SEGMENTS {
            return Err(Problem::new(
                format!("has more than {MAX_SEGMENTS} segments"),
                "no path of an API is as long",
            ));
        }
        match part(segment)? {
            Part::Segment(segment) => pattern.segments.push(segment),
            Part::Tail(tail) if is_last => pattern.tail = tail,
            Part::Tail(_) => {
                let message = format!("goes on behind `{segment}`");
                return Err(Problem::new(message, "a greedy parameter takes the rest of the path"));
            }
        }
    }
    Ok(Template { pattern, ends_in_slash })
}

enum Part {
    Segment(Segment),
    Tail(Tail),
}

fn part(text: &str) -> Result<Part, Problem> {
    if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
        && !inner.contains(['{', '}'])
    {
        return parameter(text, inner);
    }
    if text.contains(['{', '}']) {
        let help = "in API Gateway a parameter is a whole segment: `/{id}`";
        return Err(Problem::new(format!("has a parameter in a part of the segment `{text}`"), help));
    }
    literal(text)?;
    Ok(Part::Segment(Segment::Literal(text.to_owned())))
}

fn parameter(text: &str, inner: &str) -> Result<Part, Problem> {
    let (name, is_greedy) = match inner.strip_suffix('+') {
        Some(name) => (name, true),
        None => (inner, false),
    };
    if name.is_empty() {
        return Err(Problem::new(format!("has a parameter without a name, `{text}`"), "write `{id}`"));
    }
    // Nothing reads the names of a route's parameters, but people are shown them.
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    let name = is_plain.then(|| name.to_owned());
    Ok(if is_greedy { Part::Tail(Tail::Below(name)) } else { Part::Segment(Segment::Any(name)) })
}

/// RFC 3986, section 3.3: `pchar` without the percent sign and the star, which IAM and the language read in
/// their own ways.
const MARKS: &str = "-._~!$&'()+,;=:@";

fn literal(text: &str) -> Result<(), Problem> {
    // An empty segment alone would be the root.
    let path = if text.is_empty() { "//".to_owned() } else { format!("/{text}") };
    if let Err(malformed) = RequestPath::parse(&path) {
        let help = "requests for such a path are denied whatever the rules say";
        return Err(Problem::new(format!("can never be asked for: {malformed}"), help));
    }
    for (at, char) in text.char_indices() {
        let is_part = match char {
            '%' => is_encoded(text.get(at + 1..at + 3)),
            _ => char.is_ascii_alphanumeric() || MARKS.contains(char),
        };
        if !is_part {
            let help = match char {
                '*' => "API Gateway has no such path; a parameter takes any segment: `/{id}`".to_owned(),
                '?' | '#' => "a path ends before its query".to_owned(),
                other => format!("write it as a request sends it: `{}`", percent_encoded(other)),
            };
            return Err(Problem::new(format!("holds `{char}`, which cannot stand in a path"), help));
        }
    }
    Ok(())
}

fn percent_encoded(char: char) -> String {
    char.encode_utf8(&mut [0; 4]).bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

fn is_encoded(hex: Option<&str>) -> bool {
    hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_a_pattern() {
        for (text, pattern) in [
            ("/", "/"),
            ("/users", "/users"),
            ("/users/{id}", "/users/{id}"),
            ("/{tenant}/users/{user-id}", "/{tenant}/users/{user-id}"),
            ("/files/{proxy+}", "/files/{proxy+}"),
            ("/{proxy+}", "/{proxy+}"),
            ("/a%20b/v1.2/x:y,z", "/a%20b/v1.2/x:y,z"),
            ("/:batch", "/:batch"),
            ("/{a name}", "/*"),
        ] {
            let template = read(text).unwrap();
            assert_eq!((template.pattern.to_string().as_str(), template.ends_in_slash), (pattern, false));
        }
        let slash = read("/users/{id}/").unwrap();
        assert_eq!((slash.pattern.to_string().as_str(), slash.ends_in_slash), ("/users/{id}", true));
    }

    #[test]
    fn what_is_no_route_says_why() {
        for (text, message) in [
            ("users", "does not start with `/`"),
            ("", "does not start with `/`"),
            ("/$default", "is an HTTP API's catch-all route, and no path"),
            ("//", "can never be asked for: it has an empty segment (`//`, or a `/` at the end)"),
            ("/a//b", "can never be asked for: it has an empty segment (`//`, or a `/` at the end)"),
            ("/a/../b", "can never be asked for: it has a `.` or `..` segment"),
            ("/a%2Fb", "can never be asked for: it holds `%2f`, `%5c`, `%2e` or `%00`"),
            ("/a\\b", "can never be asked for: it holds a backslash"),
            ("/a{id}b", "has a parameter in a part of the segment `a{id}b`"),
            ("/{a}{b}", "has a parameter in a part of the segment `{a}{b}`"),
            ("/{a", "has a parameter in a part of the segment `{a`"),
            ("/{a/b}", "has a parameter in a part of the segment `{a`"),
            ("/{id}:archive", "has a parameter in a part of the segment `{id}:archive`"),
            ("/{}", "has a parameter without a name, `{}`"),
            ("/{+}", "has a parameter without a name, `{+}`"),
            ("/{proxy+}/a", "goes on behind `{proxy+}`"),
            ("/{proxy+}/", "goes on behind `{proxy+}`"),
            ("/ü", "holds `ü`, which cannot stand in a path"),
            ("/a b", "holds ` `, which cannot stand in a path"),
            ("/a*", "holds `*`, which cannot stand in a path"),
            ("/a?b=c", "holds `?`, which cannot stand in a path"),
            ("/100%", "holds `%`, which cannot stand in a path"),
        ] {
            assert_eq!(read(text).unwrap_err().message, message, "{text}");
        }
        let long = "/a".repeat(MAX_SEGMENTS + 1);
        assert_eq!(read(&long).unwrap_err().message, "has more than 64 segments");
    }
}
