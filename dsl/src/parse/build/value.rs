//! Values, and what they can be read from.

use policy_engine::condition::Root;

use super::Builder;
use crate::codes::Code;
use crate::diagnostic::{Certainty, Diagnostic};
use crate::parse::grammar::{Pair, Rule};
use crate::source::Span;
use crate::suggest::{did_you_mean, nearest};
use crate::syntax::{Member, Name, RequestPart, Value, ValueKind};

const ROOTS: [&str; 4] = ["token", "userinfo", "path", "request"];
const REQUEST_PARTS: [&str; 5] = ["header", "query", "ip", "time", "stage"];

impl Builder {
    /// A value.
    pub(super) fn value(&mut self, pair: Pair<'_>) -> Option<Value> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        let kind = match inner.as_rule() {
            Rule::string => ValueKind::Text(self.text(&inner)?),
            Rule::number => ValueKind::Number(self.number(&inner)?),
            Rule::boolean => ValueKind::Bool(inner.as_str() == "true"),
            Rule::list => ValueKind::List(self.list(inner)?),
            Rule::dotted => self.dotted(inner)?,
            Rule::name => ValueKind::Name(inner.as_str().to_owned()),
            Rule::root_word => {
                self.bare_root(inner.as_str(), span);
                return None;
            }
            _ => return None,
        };
        Some(Value { kind, span })
    }

    /// `[…]`
    pub(super) fn list(&mut self, pair: Pair<'_>) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        let mut is_whole = true;
        for inner in pair.into_inner().filter(|inner| inner.as_rule() == Rule::value) {
            match self.value(inner) {
                Some(value) => values.push(value),
                None => is_whole = false,
            }
        }
        is_whole.then_some(values)
    }

    fn bare_root(&mut self, root: &str, span: Span) {
        let help = match root {
            "path" => "write `path.x` with a name that the rule's path binds, such as `{x}`",
            "request" => {
                "write `request.ip`, `request.time`, `request.stage`, `request.header.x` or `request.query.x`"
            }
            "userinfo" => "write `userinfo.x` with the name of a claim",
            _ => "write `token.x` with the name of a claim",
        };
        let message = format!("`{root}` alone is not a value");
        self.report(Diagnostic::new(Code::BadMember, message).at(span).help(help));
    }

    /// A word and the names behind it.
    pub(super) fn dotted_names<'t>(&mut self, pair: Pair<'t>) -> Option<(&'t str, Span, Vec<Name>)> {
        let mut inner = pair.into_inner();
        let root = inner.next()?;
        let root_span = self.span(&root);
        let names: Option<Vec<Name>> = inner.map(|member| self.key(member)).collect();
        Some((root.as_str(), root_span, names?))
    }

    fn dotted(&mut self, pair: Pair<'_>) -> Option<ValueKind> {
        let span = self.span(&pair);
        let (root, root_span, names) = self.dotted_names(pair)?;
        match root {
            "token" => Some(ValueKind::Member(Member { root: Root::Token, names, span })),
            "userinfo" => Some(ValueKind::Member(Member { root: Root::Userinfo, names, span })),
            "path" => {
                let name = self.only_name(names, "path")?;
                Some(ValueKind::Path(name))
            }
            "request" => self.request(names).map(ValueKind::Request),
            _ => {
                self.foreign_root(root, root_span);
                None
            }
        }
    }

    /// The one name behind `root`; more are reported.
    fn only_name(&mut self, names: Vec<Name>, root: &str) -> Option<Name> {
        let mut names = names.into_iter();
        let first = names.next()?;
        let Some(second) = names.next() else { return Some(first) };
        let message = format!("`{root}.{}` has no parts", first.node);
        let help = format!("a name with a dot in it is quoted: `{root}.\"a.b\"`");
        self.report(Diagnostic::new(Code::BadMember, message).at(second.span).help(help));
        None
    }

    fn request(&mut self, names: Vec<Name>) -> Option<RequestPart> {
        let mut names = names.into_iter();
        let part = names.next()?;
        let rest: Vec<Name> = names.collect();
        let simple = match part.node.as_str() {
            "header" | "query" => {
                if rest.is_empty() {
                    let help = format!("write `request.{}.x`, or `request.{0}.\"x-y\"`", part.node);
                    let message = format!("`request.{}` alone is not a value", part.node);
                    self.report(Diagnostic::new(Code::BadMember, message).at(part.span).help(help));
                    return None;
                }
                let name = self.only_name(rest, &format!("request.{}", part.node))?;
                let is_header = part.node == "header";
                return Some(if is_header { RequestPart::Header(name) } else { RequestPart::Query(name) });
            }
            "ip" => RequestPart::Ip,
            "time" => RequestPart::Time,
            "stage" => RequestPart::Stage,
            _ => {
                self.unknown_request_part(&part);
                return None;
            }
        };
        if let Some(extra) = rest.first() {
            let message = format!("`request.{}` has no parts", part.node);
            self.report(Diagnostic::new(Code::BadMember, message).at(extra.span));
            return None;
        }
        Some(simple)
    }

    fn unknown_request_part(&mut self, part: &Name) {
        let word = part.node.as_str();
        let meant = match word {
            "headers" => Some(("header", Certainty::Certain)),
            "queryStringParameters" | "querystring" => Some(("query", Certainty::Certain)),
            "params" => Some(("query", Certainty::Likely)),
            "sourceIp" | "source_ip" => Some(("ip", Certainty::Certain)),
            "address" => Some(("ip", Certainty::Likely)),
            "now" => Some(("time", Certainty::Certain)),
            _ => nearest(word, REQUEST_PARTS).map(|near| (near, Certainty::Likely)),
        };
        let diagnostic =
            Diagnostic::new(Code::BadMember, format!("a request has no `{word}` that can be read"))
                .at(part.span);
        self.report(match (meant, word) {
            (Some((meant, certainty)), _) => {
                diagnostic.help(format!("write `request.{meant}`")).edit(part.span, meant, certainty)
            }
            (None, "path") => diagnostic.help("write `path.x` with a name that the rule's path binds"),
            (None, _) => diagnostic.help("a request has `header.x`, `query.x`, `ip`, `time` and `stage`"),
        });
    }

    /// Reports `claims.x`, `jwt.x` and the like.
    fn foreign_root(&mut self, root: &str, span: Span) {
        let meant = match root {
            "claims" | "claim" | "jwt" => Some(("token", Certainty::Certain)),
            "user" | "principal" | "auth" | "identity" | "id_token" | "access_token" => {
                Some(("token", Certainty::Likely))
            }
            "req" => Some(("request", Certainty::Certain)),
            "context" => Some(("request", Certainty::Likely)),
            "pathParameters" => Some(("path", Certainty::Certain)),
            "params" | "param" => Some(("path", Certainty::Likely)),
            "header" | "headers" => Some(("request.header", Certainty::Certain)),
            "query" => Some(("request.query", Certainty::Certain)),
            "profile" | "user_info" => Some(("userinfo", Certainty::Likely)),
            _ => None,
        };
        let diagnostic =
            Diagnostic::new(Code::BadMember, format!("nothing can be read from `{root}`")).at(span);
        self.report(match meant {
            Some((meant, certainty)) => {
                diagnostic.help(format!("write `{meant}.x`")).edit(span, meant, certainty)
            }
            None => diagnostic.maybe_help(did_you_mean(root, ROOTS).or_else(|| {
                Some("a value is read from `token`, `userinfo`, `path` or `request`".to_owned())
            })),
        });
    }
}
