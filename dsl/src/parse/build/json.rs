//! JSON objects in tests.

use policy_engine::condition::Number;
use serde_json::Value as Json;

use super::Builder;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::grammar::{Pair, Rule};
use crate::source::Span;
use crate::syntax::{Claims, Spanned};

impl Builder {
    /// `{ … }`
    pub(super) fn claims_object(&mut self, pair: Pair<'_>) -> Option<Spanned<Claims>> {
        let span = self.span(&pair);
        Some(Spanned::new(self.object(pair)?, span))
    }

    fn object(&mut self, pair: Pair<'_>) -> Option<Claims> {
        let mut claims = Claims::new();
        let mut keys: std::collections::HashMap<String, Span> = std::collections::HashMap::new();
        let mut is_whole = true;
        for member in pair.into_inner().filter(|inner| inner.as_rule() == Rule::pair) {
            let mut inner = member.into_inner();
            let key = self.plain(&inner.next()?);
            let value = inner.nth(1).and_then(|value| self.json(value));
            let (Some(key), Some(value)) = (key, value) else {
                is_whole = false;
                continue;
            };
            if let Some(first) = keys.insert(key.node.clone(), key.span) {
                let diagnostic = Diagnostic::new(
                    Code::Repeated,
                    format!("the key `{}` is in this object twice", key.node),
                )
                .at(key.span)
                .related("first here", first)
                .help("keep one of them");
                self.report(diagnostic);
                is_whole = false;
            }
            claims.insert(key.node, value);
        }
        is_whole.then_some(claims)
    }

    fn json(&mut self, pair: Pair<'_>) -> Option<Json> {
        let inner = pair.into_inner().next()?;
        match inner.as_rule() {
            Rule::object => self.object(inner).map(Json::Object),
            Rule::array => {
                let items: Vec<_> = inner
                    .into_inner()
                    .filter(|inner| inner.as_rule() == Rule::json)
                    .map(|item| self.json(item))
                    .collect();
                items.into_iter().collect::<Option<Vec<_>>>().map(Json::Array)
            }
            Rule::string => self.plain(&inner).map(|text| Json::String(text.node)),
            Rule::number => match self.number(&inner)? {
                Number::Integer(number) => Some(Json::from(number)),
                Number::Float(number) => serde_json::Number::from_f64(number).map(Json::Number),
            },
            Rule::boolean => Some(Json::Bool(inner.as_str() == "true")),
            Rule::null => Some(Json::Null),
            _ => None,
        }
    }
}
