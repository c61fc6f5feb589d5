//! IAM policy documents, written as API Gateway reads them: fields that are not there are left out.

use serde::Serialize;

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    /// The version of IAM's policy language.
    pub version: &'static str,
    /// The statements: what some Allow matches and no Deny does is allowed.
    pub statement: Vec<Statement>,
}

/// One statement, on `execute-api:Invoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Allow or Deny.
    pub effect: IamEffect,
    /// Always `execute-api:Invoke`.
    pub action: &'static str,
    /// What it is about.
    #[serde(flatten)]
    pub resources: Resources,
    /// When it holds; always, where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "IAM's own words")]
pub enum IamEffect {
    Allow,
    Deny,
}

/// What a statement is about: ARNs in which `*` is any characters and `?` is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Resources {
    /// Those.
    #[serde(rename = "Resource")]
    These(Vec<String>),
    /// All but those.
    #[serde(rename = "NotResource")]
    AllBut(Vec<String>),
}

/// A condition on the time of the request, as RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Condition {
    /// Before that time.
    #[serde(rename = "DateLessThan")]
    Before(CurrentTime),
    /// At that time or after.
    #[serde(rename = "DateGreaterThanEquals")]
    From(CurrentTime),
}

/// A value of the condition key `aws:CurrentTime`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CurrentTime {
    /// A time as RFC 3339.
    #[serde(rename = "aws:CurrentTime")]
    pub time: String,
}

impl PolicyDocument {
    /// A document of these statements.
    pub const fn new(statement: Vec<Statement>) -> Self {
        Self { version: "2012-10-17", statement }
    }

    /// The length of the document as JSON text, in bytes.
    pub fn size(&self) -> usize {
        // Nothing in a document refuses to be serialised.
        serde_json::to_vec(self).map_or(usize::MAX, |bytes| bytes.len())
    }
}

impl Statement {
    /// A statement without a condition.
    pub const fn new(effect: IamEffect, resources: Resources) -> Self {
        Self { effect, action: "execute-api:Invoke", resources, condition: None }
    }
}
