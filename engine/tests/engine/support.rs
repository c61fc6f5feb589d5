//! Programs put together by hand: this crate knows no grammar.

use policy_engine::condition::{
    Atom, Comparison, ConditionBuilder, IssuerId, Literal, NodeId, Operand, Root, Selector, SelectorId,
};
use policy_engine::pattern::{PathPattern, Segment, Tail};
use policy_engine::text::{Param, ParamValues, Text};
use policy_engine::{
    Algorithm, Clause, Effect, Issuer, KeySource, Policy, Program, ProgramParts, Route, Rule, RuleId, Token,
    Verb, VerbSet,
};
use serde_json::{Map, Value, json};

pub(crate) struct Draft {
    pub(crate) conditions: ConditionBuilder,
    pub(crate) parts: ProgramParts,
}

impl Draft {
    pub(crate) fn new() -> Self {
        let mut conditions = ConditionBuilder::default();
        let mut parts = ProgramParts::empty();
        parts.files = vec!["test.policy".to_owned()];
        parts.principal = Operand::Claim(claim(&mut conditions, "sub"));
        parts.issuers = vec![issuer(&mut conditions)];
        Self { conditions, parts }
    }

    pub(crate) fn claim(&mut self, name: &str) -> SelectorId {
        claim(&mut self.conditions, name)
    }

    pub(crate) fn group(&mut self, group: &str) -> NodeId {
        let item = Operand::Literal(Literal::Text(group.into()));
        self.conditions.atom(Atom::Member { item, list: Operand::Groups })
    }

    /// `path.NAME == token.CLAIM`, for a path that binds NAME.
    pub(crate) fn owner(&mut self, path: &str, name: &str, claim: &str) -> NodeId {
        let part = pattern(path).binding(name).unwrap();
        let claim = self.claim(claim);
        self.conditions.atom(Atom::Compare(Operand::Path(part), Comparison::Equal, Operand::Claim(claim)))
    }

    pub(crate) fn always(&mut self) -> NodeId {
        self.conditions.constant(true)
    }

    pub(crate) fn rule(&mut self, effect: Effect, verbs: &str, path: &str, condition: NodeId) -> RuleId {
        let rule = RuleId(u32::try_from(self.parts.rules.len()).unwrap());
        let line = rule.0 + 1;
        self.parts.rules.push(Rule { id: format!("rule{line}"), effect, because: None, file: 0, line });
        self.parts.clauses.push(Clause { rule, verbs: verb_set(verbs), pattern: pattern(path), condition });
        rule
    }

    pub(crate) fn route(&mut self, verbs: &str, path: &str) {
        self.parts.routes.push(Route { verbs: verb_set(verbs), pattern: pattern(path) });
    }

    pub(crate) fn program(self) -> Program {
        let mut parts = self.parts;
        parts.conditions = self.conditions.finish();
        parts.into_program()
    }

    pub(crate) fn policy(self) -> Policy {
        let values = ParamValues::new(&self.parts.params, |_| None);
        Policy::bind(self.program(), values).unwrap()
    }
}

fn claim(conditions: &mut ConditionBuilder, name: &str) -> SelectorId {
    conditions.selector(Selector { root: Root::Token, names: vec![name.to_owned()] })
}

fn issuer(conditions: &mut ConditionBuilder) -> Issuer {
    Issuer {
        name: "main".to_owned(),
        url: Text::Template(vec![policy_engine::text::Part::Param(policy_engine::text::ParamId(0))]),
        keys: KeySource::Discovery,
        audiences: vec!["app".into()],
        algorithms: vec![Algorithm::RS256],
        token_use: None,
        token_type: None,
        groups: Some(claim(conditions, "groups")),
        scopes: vec![claim(conditions, "scope")],
        leeway: 0,
        max_lifetime: None,
        userinfo: None,
    }
}

pub(crate) fn param(name: &str, default: Option<&str>) -> Param {
    Param { name: name.to_owned(), default: default.map(str::to_owned) }
}

pub(crate) fn pattern(path: &str) -> PathPattern {
    let mut pattern = PathPattern { segments: Vec::new(), tail: Tail::None };
    for segment in path.split('/').skip(1).filter(|segment| !segment.is_empty()) {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match (segment, name) {
            ("**", _) => pattern.tail = Tail::Below(None),
            ("*", _) => pattern.segments.push(Segment::Any(None)),
            (_, Some(name)) => match name.strip_suffix('+') {
                Some(rest) => pattern.tail = Tail::Below(Some(rest.to_owned())),
                None => pattern.segments.push(Segment::Any(Some(name.to_owned()))),
            },
            _ if segment.contains(['*', '?', '[', '{']) => {
                pattern.segments.push(Segment::Glob(segment.to_owned()));
            }
            _ => pattern.segments.push(Segment::Literal(segment.to_owned())),
        }
    }
    pattern
}

pub(crate) fn verb_set(verbs: &str) -> VerbSet {
    if verbs == "ANY" {
        return VerbSet::ANY;
    }
    verbs.split(' ').map(|verb| Verb::parse(verb).unwrap()).collect()
}

pub(crate) fn token(claims: Value) -> Token {
    let Value::Object(claims) = claims else { panic!("claims are an object: {claims}") };
    Token::new(IssuerId(0), claims)
}

pub(crate) fn ana() -> Token {
    token(json!({"sub": "ana"}))
}

pub(crate) fn no_claims() -> Token {
    Token::new(IssuerId(0), Map::new())
}
