//! The claims that the rules read, borrowed from their text: what a program written for these rules parses.

use std::borrow::Cow;

use policy_engine::Token;
use serde::Deserialize;
use serde_json::Value;

/// The claims that the rules read.
#[derive(Debug, Default, Deserialize)]
pub struct Claims<'a> {
    /// The user.
    #[serde(borrow, default)]
    pub sub: Option<Cow<'a, str>>,
    /// The user's groups.
    #[serde(borrow, default, rename = "cognito:groups", alias = "groups")]
    pub groups: Vec<Text<'a>>,
    /// The scopes, separated by spaces.
    #[serde(borrow, default)]
    pub scope: Option<Cow<'a, str>>,
    /// Whether the e-mail address is verified.
    #[serde(default)]
    pub email_verified: bool,
}

/// A string that is borrowed where it has no escapes.
#[derive(Debug, Deserialize)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl<'a> Claims<'a> {
    /// From a token's text.
    pub fn parse(text: &'a str) -> Self {
        serde_json::from_str(text).expect("the claims are as they should be")
    }

    /// From parsed claims.
    pub fn of(token: &'a Token, groups: &str) -> Self {
        let claims = token.claims();
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(Cow::Borrowed);
        let listed = claims.get(groups).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Self {
            sub: text("sub"),
            groups: listed.iter().filter_map(Value::as_str).map(|group| Text(group.into())).collect(),
            scope: text("scope"),
            email_verified: claims.get("email_verified") == Some(&Value::Bool(true)),
        }
    }
}
