//! What goes beside the IAM policy into the authorizer's response: principal, context, usage key.

use serde_json::Value as Json;

use crate::caller::{Caller, RequestScene};
use crate::condition::{Node, NodeId, Number};
use crate::index::follows_from_token;
use crate::path::RequestPath;
use crate::policy::{BindError, Policy};
use crate::program::{ContextValue, ProgramParts};
use crate::request::RequestContext;
use crate::test::{Arg, Scene};
use crate::text::Text;
use crate::value::Value;

/// The principal where there is no token.
pub const ANONYMOUS: &str = "anonymous";
/// The principal where there is a token without the claim that the policy names.
pub const UNKNOWN_PRINCIPAL: &str = "unknown";

/// The policy's `principal`, `usage_key` and `context`, with the parameters filled in.
#[derive(Debug)]
pub(crate) struct Outputs {
    principal: Arg,
    usage_key: Option<Arg>,
    context: Vec<(String, Output)>,
}

#[derive(Debug)]
enum Output {
    Scalar(Arg),
    Condition(NodeId),
    Json(Arg),
}

impl Outputs {
    pub(crate) fn bind(
        parts: &ProgramParts,
        text: &impl Fn(&Text) -> Result<String, BindError>,
    ) -> Result<Self, BindError> {
        let context = parts.context.iter().map(|entry| {
            let output = match &entry.value {
                ContextValue::Operand(operand) => Output::Scalar(Arg::bind(operand, text)?),
                ContextValue::Condition(node) => Output::Condition(*node),
                ContextValue::Json(operand) => Output::Json(Arg::bind(operand, text)?),
            };
            Ok((entry.key.clone(), output))
        });
        Ok(Self {
            principal: Arg::bind(&parts.principal, text)?,
            usage_key: parts.usage_key.as_ref().map(|key| Arg::bind(key, text)).transpose()?,
            context: context.collect::<Result<_, BindError>>()?,
        })
    }
}

impl Policy {
    /// Whether principal, usage key and context follow from the token alone, whatever is requested, when and by whom.
    pub fn outputs_follow_from_token(&self) -> bool {
        let parts = self.parts();
        let tells = |value: &ContextValue| match value {
            ContextValue::Operand(operand) | ContextValue::Json(operand) => follows_from_token(operand),
            ContextValue::Condition(node) => self.condition_follows_from_token(*node),
        };
        std::iter::once(&parts.principal).chain(&parts.usage_key).all(follows_from_token)
            && parts.context.iter().all(|entry| tells(&entry.value))
    }

    fn condition_follows_from_token(&self, node: NodeId) -> bool {
        match self.parts().conditions.node(node) {
            None => false,
            Some(Node::Constant(_)) => true,
            Some(Node::Atom(atom)) => self.is_token_only(*atom),
            Some(Node::Not(child)) => self.condition_follows_from_token(*child),
            Some(Node::All(children) | Node::Any(children)) => {
                children.iter().all(|child| self.condition_follows_from_token(*child))
            }
        }
    }

    /// Whether the response repeats a header or a query parameter, or depends on one.
    pub fn tells_fields(&self) -> bool {
        let Outputs { principal, usage_key, context } = &self.outputs;
        let args =
            std::iter::once(principal).chain(usage_key).chain(context.iter().filter_map(|(_, output)| {
                match output {
                    Output::Scalar(arg) | Output::Json(arg) => Some(arg),
                    // What a condition reads is among what the policy's conditions read.
                    Output::Condition(_) => None,
                }
            }));
        args.into_iter().any(Arg::is_field)
    }
}

impl Caller<'_> {
    /// The response's principal: [`ANONYMOUS`] where there is no token, [`UNKNOWN_PRINCIPAL`] where the
    /// policy's claim is missing or neither a string, a number nor a boolean.
    pub fn principal(&self, context: &RequestContext) -> String {
        if self.token().is_none() {
            return ANONYMOUS.to_owned();
        }
        let principal = self.scalar(&self.policy.outputs.principal, context);
        principal.map_or_else(|| UNKNOWN_PRINCIPAL.to_owned(), plain_text)
    }

    /// The response's usage identifier key, if the policy names one and it has a value.
    pub fn usage_key(&self, context: &RequestContext) -> Option<String> {
        let key = self.policy.outputs.usage_key.as_ref()?;
        self.scalar(key, context).map(plain_text)
    }

    /// What the backend gets: strings, numbers and booleans. An entry without a value, or whose value is an
    /// array or an object, is left out.
    pub fn context(&self, context: &RequestContext) -> Vec<(String, Json)> {
        let entries = self.policy.outputs.context.iter();
        entries
            .filter_map(|(key, output)| {
                let value = match output {
                    Output::Scalar(arg) => self.scalar(arg, context)?,
                    Output::Condition(node) => Json::Bool(self.holds_without_path(*node, context)),
                    Output::Json(arg) => Json::String(self.json(arg, context)?.to_string()),
                };
                Some((key.clone(), value))
            })
            .collect()
    }

    fn holds_without_path(&self, node: NodeId, context: &RequestContext) -> bool {
        // No condition of a context reads the path: the checker refuses it.
        RequestPath::parse("/").is_ok_and(|root| self.holds(node, Some((&root, context))))
    }

    fn scalar(&self, arg: &Arg, context: &RequestContext) -> Option<Json> {
        let value = self.json(arg, context)?;
        matches!(value, Json::String(_) | Json::Number(_) | Json::Bool(_)).then_some(value)
    }

    fn json(&self, arg: &Arg, context: &RequestContext) -> Option<Json> {
        to_json(arg, &RequestScene { known: &self.known, path: None, context })
    }
}

fn plain_text(value: Json) -> String {
    match value {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

fn to_json(arg: &Arg, scene: &RequestScene<'_>) -> Option<Json> {
    match arg {
        Arg::List(items) => Some(items.iter().filter_map(|item| to_json(item, scene)).collect()),
        Arg::Groups => scene.issuer().map(|_| Json::from(scene.groups().to_vec())),
        Arg::Scopes => scene.issuer().map(|_| Json::from(scene.scopes().to_vec())),
        _ => Some(match arg.value(scene)? {
            Value::Bool(value) => Json::Bool(value),
            Value::Number(Number::Integer(value)) => Json::from(value),
            Value::Number(Number::Float(value)) => Json::from(value),
            Value::Large(value) => Json::from(value),
            Value::Text(text) | Value::PathPart(text) => Json::from(text),
            Value::Array(items) => Json::Array(items.to_vec()),
            Value::Object(object) => Json::Object(object.clone()),
        }),
    }
}
