//! IAM policy documents, written as API Gateway reads them: fields that are not there are left out.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

/// A policy document, as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument(String);

/// What a [`PolicyDocument`] says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    statement: Vec<Statement>,
}

/// One statement, on `execute-api:Invoke`. What some Allow is about and no Deny is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Allow or Deny.
    pub effect: IamEffect,
    /// Always `execute-api:Invoke`.
    pub action: String,
    /// What it is about.
    #[serde(flatten)]
    pub resources: Resources,
    /// When it holds; always, where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "IAM's own words")]
pub enum IamEffect {
    Allow,
    Deny,
}

/// What a statement is about: ARNs in which `*` is any characters and `?` is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resources {
    /// Those.
    #[serde(rename = "Resource")]
    These(Vec<String>),
    /// All but those.
    #[serde(rename = "NotResource")]
    AllBut(Vec<String>),
}

/// What must hold of a request besides its resource: all of it, together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Condition {
    /// The request comes before that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_less_than: Option<CurrentTime>,
    /// It comes at that time or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_greater_than_equals: Option<CurrentTime>,
    /// The caller's address lies in one of these blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<SourceIp>,
    /// It lies in one of these blocks, or is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address_if_exists: Option<SourceIp>,
    /// It lies in none of these, or is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_ip_address: Option<SourceIp>,
    /// Whether it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null: Option<IsNull>,
}

/// A value of the condition key `aws:CurrentTime`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CurrentTime {
    /// A time as RFC 3339.
    #[serde(rename = "aws:CurrentTime")]
    pub time: String,
}

/// Values of the condition key `aws:SourceIp`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceIp {
    /// Blocks of addresses, such as `10.0.0.0/8`.
    #[serde(rename = "aws:SourceIp")]
    pub blocks: Vec<String>,
}

/// Which condition keys a request must not have, or must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsNull {
    /// `"false"`: the caller's address is known.
    #[serde(rename = "aws:SourceIp")]
    pub source_ip: String,
}

impl PolicyDocument {
    /// The document as JSON text.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// The length of the document as JSON text, in bytes.
    pub const fn size(&self) -> usize {
        self.0.len()
    }

    /// What it says, statement by statement.
    pub fn statements(&self) -> Vec<Statement> {
        serde_json::from_str::<Content>(&self.0).map(|content| content.statement).unwrap_or_default()
    }

    /// `json` is what [`text_of`] wrote.
    pub(crate) const fn of_text(json: String) -> Self {
        Self(json)
    }
}

/// A document of these statements, as JSON text. Their resources are written from the verb on, behind the ARN of a
/// stage.
pub(crate) fn text_of(stage: &str, statements: &[Statement]) -> String {
    let texts = statements.iter().flat_map(|statement| match &statement.resources {
        Resources::These(list) | Resources::AllBut(list) => list,
    });
    let length: usize = texts.map(|text| stage.len() + text.len() + 4).sum();
    let mut escaped = String::with_capacity(stage.len());
    push_escaped(&mut escaped, stage);
    let mut out = String::with_capacity(64 + 256 * statements.len() + length);
    out.push_str(r#"{"Version":"2012-10-17","Statement":["#);
    for (number, statement) in statements.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        statement.write(&escaped, &mut out);
    }
    out.push_str("]}");
    out
}

/// What `serde_json` calls a text that is JSON already: its `RawValue` serialises itself under this name.
const RAW: &str = "$serde_json::private::RawValue";

/// For `serde_json`. A `RawValue` would read the text through once more, which is a good part of an answer's time.
impl Serialize for PolicyDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut raw = serializer.serialize_struct(RAW, 1)?;
        raw.serialize_field(RAW, &self.0)?;
        raw.end()
    }
}

impl Statement {
    /// A statement without a condition.
    pub(crate) fn new(effect: IamEffect, resources: Resources) -> Self {
        Self { effect, action: "execute-api:Invoke".to_owned(), resources, condition: None }
    }

    /// `stage` is escaped.
    fn write(&self, stage: &str, out: &mut String) {
        out.push_str(match self.effect {
            IamEffect::Allow => r#"{"Effect":"Allow","#,
            IamEffect::Deny => r#"{"Effect":"Deny","#,
        });
        out.push_str(r#""Action":"execute-api:Invoke","#);
        let (name, list) = match &self.resources {
            Resources::These(list) => (r#""Resource":["#, list),
            Resources::AllBut(list) => (r#""NotResource":["#, list),
        };
        out.push_str(name);
        for (number, text) in list.iter().enumerate() {
            out.push_str(if number > 0 { ",\"" } else { "\"" });
            out.push_str(stage);
            push_escaped(out, text);
            out.push('"');
        }
        out.push(']');
        if let Some(condition) = &self.condition {
            out.push_str(r#","Condition":"#);
            // Nothing in a condition refuses to be serialised; a text that is none would be refused by API Gateway.
            out.push_str(&serde_json::to_string(condition).unwrap_or_default());
        }
        out.push('}');
    }

    /// The statement under this condition. A request whose address is not known to IAM, as behind a VPC endpoint
    /// ("AWS global condition context keys", `aws:SourceIp`), is let through by no condition on it.
    pub(crate) fn when(self, condition: Option<Condition>) -> Self {
        let condition = condition.map(|condition| condition.failing_closed(self.effect));
        Self { condition, ..self }
    }
}

impl Condition {
    /// The same for every request with an address; without one, an Allow does not hold and a Deny does.
    fn failing_closed(mut self, effect: IamEffect) -> Self {
        match effect {
            IamEffect::Allow if self.not_ip_address.is_some() && self.ip_address.is_none() => {
                self.null = Some(IsNull { source_ip: "false".to_owned() });
            }
            IamEffect::Allow => {}
            IamEffect::Deny => self.ip_address_if_exists = self.ip_address.take(),
        }
        self
    }

    /// Adds that the request comes before that time, in seconds since 1970.
    pub(crate) fn before(&mut self, time: i64) {
        let time = CurrentTime::of(time);
        if self.date_less_than.as_ref().is_none_or(|known| time < *known) {
            self.date_less_than = Some(time);
        }
    }

    /// Adds that it comes at that time or after.
    pub(crate) fn from(&mut self, time: i64) {
        let time = CurrentTime::of(time);
        if self.date_greater_than_equals.as_ref().is_none_or(|known| time > *known) {
            self.date_greater_than_equals = Some(time);
        }
    }

    /// Adds that the address lies in this block. Only one can be asked for.
    pub(crate) fn inside(&mut self, block: &str) {
        self.ip_address = Some(SourceIp { blocks: vec![block.to_owned()] });
    }

    /// Adds that it does not lie in this one.
    pub(crate) fn outside(&mut self, block: &str) {
        self.not_ip_address.get_or_insert_default().blocks.push(block.to_owned());
    }
}

impl CurrentTime {
    /// A time in seconds since 1970; one that cannot be written is the first that can, so that nothing holds
    /// before it.
    pub(crate) fn of(seconds: i64) -> Self {
        Self { time: Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN).to_string() }
    }
}

/// Writes a text inside a JSON string (RFC 8259, section 7).
pub(crate) fn push_escaped(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= 0x20 && !matches!(byte, b'"' | b'\\')) {
        return out.push_str(text);
    }
    let quoted = serde_json::to_string(text).map_or(Cow::Borrowed("\"\""), Cow::Owned);
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    out.push_str(inside.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds the name that `serde_json` gives to JSON text: with another, the text would be a string in an object.
    #[test]
    fn a_document_is_written_as_it_stands() {
        let list = vec!["/GET/a\"b".to_owned(), "/GET/é".to_owned()];
        let text = text_of("arn:aws:s", &[Statement::new(IamEffect::Allow, Resources::These(list))]);
        let document = PolicyDocument::of_text(text.clone());
        assert_eq!(serde_json::to_string(&document).unwrap(), text);
        assert_eq!(serde_json::to_vec(&[&document]).unwrap(), format!("[{text}]").into_bytes());
        assert!(serde_json::to_string_pretty(&document).unwrap().contains(&text));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&document).unwrap(), value);
        assert_eq!(document.statements().len(), 1);
    }
}
