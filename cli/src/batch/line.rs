//! The lines of a batch, read, and answered with as little work as there can be: consecutive lines with the
//! same token are answered by the same caller.

use std::borrow::Cow;
use std::io::Write;
use std::net::IpAddr;

use jiff::Timestamp;
use policy_engine::iam::MethodArn;
use policy_engine::{Caller, Policy, RequestContext, Token, Verb};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::chunk::MAX_LINE_BYTES;
use super::{Answered, Chunk};
use crate::args::value;
use crate::input::Object;
use crate::issuer::IssuerChoice;

/// Answers the lines of a chunk.
pub(crate) trait Answers {
    /// One answer a line.
    fn answer(&self, chunk: &Chunk) -> Answered;
}

/// One request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line<'a> {
    #[serde(borrow, default)]
    claims: Option<&'a RawValue>,
    #[serde(borrow, default)]
    userinfo: Option<&'a RawValue>,
    #[serde(borrow, default)]
    verb: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    path: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    method_arn: Option<Cow<'a, str>>,
    #[serde(default)]
    headers: Option<Fields>,
    #[serde(default)]
    query: Option<Fields>,
    #[serde(default)]
    ip: Option<IpAddr>,
    #[serde(borrow, default)]
    stage: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    now: Option<Cow<'a, str>>,
}

/// Names and values, in the order of the text.
#[derive(Debug, Default)]
struct Fields(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }

            fn visit_unit<E: Error>(self) -> Result<Fields, E> {
                Ok(Fields::default())
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

impl<'a> Line<'a> {
    fn parse(line: &'a [u8]) -> Result<Self, String> {
        if line.len() > MAX_LINE_BYTES {
            return Err(format!("the line is longer than {MAX_LINE_BYTES} bytes"));
        }
        match line.trim_ascii_start().first() {
            None => Err("the line is empty".to_owned()),
            Some(b'{') => serde_json::from_slice(line).map_err(|error| plain(&error)),
            // An array would be read as the values of the fields, in their order.
            Some(_) => Err("the line is not a request: it is no JSON object".to_owned()),
        }
    }

    /// What `simulate` asks about.
    pub(crate) fn verb_and_path(&self) -> Result<(Verb, &str), String> {
        if self.method_arn.is_some() {
            return Err("`method_arn` is for `iam`; here, give `verb` and `path`".to_owned());
        }
        let verb = self.verb.as_deref().ok_or("there is no `verb`")?;
        let path = self.path.as_deref().ok_or("there is no `path`")?;
        Ok((value::verb(verb).map_err(|error| format!("`verb` is `{verb}`: {error}"))?, path))
    }

    /// What `iam` asks about.
    pub(crate) fn method_arn(&self) -> Result<MethodArn, String> {
        if self.verb.is_some() || self.path.is_some() || self.stage.is_some() {
            return Err("`verb`, `path` and `stage` are in `method_arn`: leave them out".to_owned());
        }
        let text = self.method_arn.as_deref().ok_or("there is no `method_arn`")?;
        MethodArn::parse(text).map_err(|error| format!("`method_arn` is not a method ARN: {error}"))
    }

    fn has_token_of(&self, other: &Self) -> bool {
        let text = |raw: Option<&'a RawValue>| raw.map(RawValue::get);
        text(self.claims) == text(other.claims) && text(self.userinfo) == text(other.userinfo)
    }

    /// Moves what the request carries into `context`; `now` is its time unless it says one.
    fn fill(&mut self, context: &mut RequestContext, now: i64) -> Result<(), String> {
        context.time = Some(match self.now.take() {
            None => now,
            Some(text) => {
                let time: Result<Timestamp, _> = text.parse();
                time.map(Timestamp::as_second).map_err(|_| format!("`now` is no time: `{text}`"))?
            }
        });
        context.headers = self.headers.take().unwrap_or_default().0;
        context.query = self.query.take().unwrap_or_default().0;
        context.ip = self.ip;
        context.stage = self.stage.as_deref().map(str::to_owned);
        Ok(())
    }
}

/// What is wrong with a line's JSON; its place in the line, which is always the first of its text, as a column.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = match text.rsplit_once(" at line 1 column ") {
        Some((what, column)) => format!("{what} at column {column}"),
        None => text,
    };
    format!("the line is not a request: {text}")
}

/// What answers the lines of a batch.
#[derive(Debug)]
pub(crate) struct Lines<'p, F> {
    /// The policy.
    pub(crate) policy: &'p Policy,
    /// Whose tokens the claims are of.
    pub(crate) issuers: &'p IssuerChoice,
    /// The time of a request that says none, in seconds since 1970-01-01 UTC.
    pub(crate) now: i64,
    /// Writes the answer to one request, without a line end.
    pub(crate) answer: F,
}

impl<F> Answers for Lines<'_, F>
where
    F: Fn(&Caller<'_>, &Line<'_>, &RequestContext, &mut Vec<u8>) -> Result<(), String>,
{
    fn answer(&self, chunk: &Chunk) -> Answered {
        let mut answered = Answered { read: chunk.read, ..Answered::default() };
        let mut lines = chunk.lines().map(|(number, line)| (number, Line::parse(line)));
        let mut next = lines.next();
        while let Some((number, line)) = next.take() {
            let line = line.and_then(|line| Ok((self.token(&line)?, line)));
            match line {
                Err(error) => {
                    answered.add_error(&error, number);
                    next = lines.next();
                }
                Ok((token, line)) => {
                    next = self.answer_run(token.as_ref(), (number, line), &mut lines, &mut answered);
                }
            }
        }
        answered
    }
}

/// A line that was read, and its number.
type Numbered<'a> = (u64, Result<Line<'a>, String>);

impl<F> Lines<'_, F>
where
    F: Fn(&Caller<'_>, &Line<'_>, &RequestContext, &mut Vec<u8>) -> Result<(), String>,
{
    /// Answers a line and those behind it with the same token, and gives back the first one with another.
    fn answer_run<'a>(
        &self,
        token: Option<&Token>,
        (mut number, mut line): (u64, Line<'a>),
        lines: &mut impl Iterator<Item = Numbered<'a>>,
        answered: &mut Answered,
    ) -> Option<Numbered<'a>> {
        let caller = self.policy.caller(token);
        let mut context = RequestContext::default();
        loop {
            let start = answered.text.len();
            let answer = line
                .fill(&mut context, self.now)
                .and_then(|()| (self.answer)(&caller, &line, &context, &mut answered.text));
            match answer {
                Ok(()) => answered.text.push(b'\n'),
                Err(error) => {
                    answered.text.truncate(start);
                    answered.add_error(&error, number);
                }
            }
            match lines.next() {
                Some((behind, Ok(next))) if next.has_token_of(&line) => (number, line) = (behind, next),
                other => return other,
            }
        }
    }

    fn token(&self, line: &Line<'_>) -> Result<Option<Token>, String> {
        let Some(claims) = line.claims else {
            return match line.userinfo {
                None => Ok(None),
                Some(_) => Err("there is `userinfo`, and no `claims`".to_owned()),
            };
        };
        let claims = object(claims, "claims")?;
        let token = Token::new(self.issuers.of(&claims)?, claims);
        Ok(Some(match line.userinfo {
            None => token,
            Some(userinfo) => token.with_userinfo(object(userinfo, "userinfo")?),
        }))
    }
}

fn object(raw: &RawValue, name: &str) -> Result<Object, String> {
    serde_json::from_str(raw.get()).map_err(|_| format!("`{name}` is not a JSON object"))
}

impl Answered {
    fn add_error(&mut self, error: &str, number: u64) {
        self.bad += 1;
        // Writing to memory cannot fail.
        let _ = writeln!(self.text, r#"{{"error":{},"line":{number}}}"#, serde_json::Value::from(error));
    }
}
