//! Smaller cases: each of them with one thing less.

use policy_engine::{RequestContext, Token};

use super::draft::{Cond, Draft, Piece, RuleDraft};

/// Policies with a statement, or a part of one, less.
pub(crate) fn smaller_policies(draft: &Draft) -> Vec<Draft> {
    let mut smaller = Vec::new();
    if draft.split.is_some() {
        smaller.push(Draft { split: None, ..draft.clone() });
    }
    for at in 0..draft.pieces.len() {
        let mut without = draft.clone();
        without.pieces.remove(at);
        without.split = without.split.map(|split| if at < split { split - 1 } else { split });
        smaller.push(without);
    }
    for (at, piece) in draft.pieces.iter().enumerate() {
        let pieces = match piece {
            Piece::Fixed(_) => Vec::new(),
            Piece::Let(name, condition) => {
                smaller_conditions(condition).into_iter().map(|c| Piece::Let(name.clone(), c)).collect()
            }
            Piece::Rule(rule) => smaller_rules(rule).into_iter().map(Piece::Rule).collect(),
            Piece::Api(routes) => (0..routes.len())
                .filter(|_| routes.len() > 1)
                .map(|route| {
                    let mut routes = routes.clone();
                    routes.remove(route);
                    Piece::Api(routes)
                })
                .collect(),
        };
        for piece in pieces {
            let mut changed = draft.clone();
            changed.pieces[at] = piece;
            smaller.push(changed);
        }
    }
    smaller
}

fn smaller_rules(rule: &RuleDraft) -> Vec<RuleDraft> {
    let mut smaller = Vec::new();
    for (when, unless) in [(None, rule.unless.clone()), (rule.when.clone(), None)] {
        if (&when, &unless) != (&rule.when, &rule.unless) {
            smaller.push(RuleDraft { when, unless, ..rule.clone() });
        }
    }
    for when in rule.when.iter().flat_map(smaller_conditions) {
        smaller.push(RuleDraft { when: Some(when), ..rule.clone() });
    }
    for unless in rule.unless.iter().flat_map(smaller_conditions) {
        smaller.push(RuleDraft { unless: Some(unless), ..rule.clone() });
    }
    for at in (0..rule.paths.len()).filter(|_| rule.paths.len() > 1) {
        let mut without = rule.clone();
        without.paths.remove(at);
        smaller.push(without);
    }
    for at in (0..rule.verbs.len()).filter(|_| rule.verbs.len() > 1) {
        let mut without = rule.clone();
        without.verbs.remove(at);
        smaller.push(without);
    }
    smaller
}

fn smaller_conditions(condition: &Cond) -> Vec<Cond> {
    match condition {
        Cond::Atom(_) => Vec::new(),
        Cond::Not(inner) => {
            let deeper = smaller_conditions(inner).into_iter().map(|inner| Cond::Not(Box::new(inner)));
            std::iter::once((**inner).clone()).chain(deeper).collect()
        }
        Cond::All(parts) => smaller_lists(parts, Cond::All),
        Cond::Any(parts) => smaller_lists(parts, Cond::Any),
    }
}

fn smaller_lists(parts: &[Cond], join: fn(Vec<Cond>) -> Cond) -> Vec<Cond> {
    let mut smaller: Vec<Cond> = parts.to_vec();
    for at in 0..parts.len() {
        if parts.len() > 2 {
            let mut without = parts.to_vec();
            without.remove(at);
            smaller.push(join(without));
        }
        for part in smaller_conditions(&parts[at]) {
            let mut changed = parts.to_vec();
            changed[at] = part;
            smaller.push(join(changed));
        }
    }
    smaller
}

/// Tokens with a claim less; no token at all is another case, not a smaller one.
pub(crate) fn smaller_tokens(token: &Token) -> Vec<Token> {
    let mut smaller = Vec::new();
    let rebuilt = |claims, userinfo: Option<_>| {
        let token = Token::new(token.issuer(), claims);
        match userinfo {
            Some(userinfo) => token.with_userinfo(userinfo),
            None => token,
        }
    };
    if token.userinfo().is_some() {
        smaller.push(rebuilt(token.claims().clone(), None));
    }
    for name in token.claims().keys() {
        let mut claims = token.claims().clone();
        claims.remove(name);
        smaller.push(rebuilt(claims, token.userinfo().cloned()));
    }
    smaller
}

/// Contexts with a part less.
pub(crate) fn smaller_contexts(context: &RequestContext) -> Vec<RequestContext> {
    let mut smaller = Vec::new();
    for at in 0..context.headers.len() {
        let mut without = context.clone();
        without.headers.remove(at);
        smaller.push(without);
    }
    for at in 0..context.query.len() {
        let mut without = context.clone();
        without.query.remove(at);
        smaller.push(without);
    }
    let less = [
        RequestContext { ip: None, ..context.clone() },
        RequestContext { time: None, ..context.clone() },
        RequestContext { stage: None, ..context.clone() },
    ];
    smaller.extend(less.into_iter().filter(|less| less != context));
    smaller
}
