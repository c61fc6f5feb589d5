//! From the checked model to the engine's program.

mod condition;
mod digest;

use policy_engine::condition::{NodeId, Operand, Root, Selector};
use policy_engine::{Clause, ContextEntry, ContextValue, Issuer, ProgramParts, Rule, RuleId};

use crate::check::model::{self, Model};
use crate::compile::{CompiledPolicy, RuleOrigin};
use crate::load::Unit;
use crate::source::Sources;
use condition::Lowering;

/// The same model gives the same program, bit for bit. Nothing where the model is not what the checker says
/// it is: a fault of this compiler.
pub(crate) fn lower(model: Model, unit: &Unit, sources: &Sources) -> Option<CompiledPolicy> {
    let mut lowering = Lowering::new(&model.lets);
    let issuers = model.issuers.into_iter().map(|issuer| lower_issuer(issuer, &mut lowering)).collect();
    let (rules, origins, clauses) = lower_rules(model.rules, &mut lowering);
    let principal = match &model.principal {
        Some(principal) => lowering.operand(principal, None),
        None => Operand::Claim(lowering.selector(subject())),
    };
    let usage_key = model.usage_key.as_ref().map(|key| lowering.operand(key, None));
    let context = model.context.into_iter().map(|entry| lower_entry(entry, &mut lowering)).collect();
    let (places, routes) = model.routes.into_iter().map(|declared| (declared.span, declared.route)).unzip();
    let parts = ProgramParts {
        source_digest: digest::digest(unit, sources),
        files: unit.files.iter().map(|file| file.name.clone()).collect(),
        params: model.params,
        issuers,
        rules: rules.into(),
        clauses: clauses.into(),
        routes,
        principal,
        context,
        usage_key,
        authorizer: model.authorizer,
        conditions: lowering.finish()?,
    };
    Some(CompiledPolicy { program: parts.into_program(), rules: origins, routes: places, tests: model.tests })
}

fn subject() -> Selector {
    Selector { root: Root::Token, names: vec!["sub".to_owned()] }
}

fn lower_issuer(issuer: model::Issuer, lowering: &mut Lowering<'_>) -> Issuer {
    Issuer {
        name: issuer.name,
        url: issuer.url,
        keys: issuer.keys,
        audiences: issuer.audiences,
        algorithms: issuer.algorithms,
        token_use: issuer.token_use,
        token_type: issuer.token_type,
        groups: issuer.groups.map(|claim| lowering.selector(claim)),
        scopes: issuer.scopes.into_iter().map(|claim| lowering.selector(claim)).collect(),
        leeway: issuer.leeway,
        max_lifetime: issuer.max_lifetime,
        userinfo: issuer.userinfo,
    }
}

fn lower_rules(
    written: Vec<model::Rule>,
    lowering: &mut Lowering<'_>,
) -> (Vec<Rule>, Vec<RuleOrigin>, Vec<Clause>) {
    let (mut rules, mut origins, mut clauses) = (Vec::new(), Vec::new(), Vec::new());
    for (index, rule) in (0..).zip(written) {
        // One condition for all paths, unless it reads them.
        let shared: Option<NodeId> =
            (!lowering.reads_path(&rule.condition)).then(|| lowering.condition(&rule.condition, None));
        for pattern in rule.patterns {
            let condition = shared.unwrap_or_else(|| lowering.condition(&rule.condition, Some(&pattern)));
            clauses.push(Clause { rule: RuleId(index), verbs: rule.verbs, pattern, condition });
        }
        rules.push(Rule {
            id: rule.id,
            effect: rule.effect,
            because: rule.because,
            file: u32::try_from(rule.file).unwrap_or(u32::MAX),
            line: u32::try_from(rule.line).unwrap_or(u32::MAX),
        });
        origins.push(RuleOrigin { span: rule.span, doc: rule.doc });
    }
    (rules, origins, clauses)
}

fn lower_entry(entry: model::ContextEntry, lowering: &mut Lowering<'_>) -> ContextEntry {
    let value = match &entry.value {
        model::ContextValue::Operand(operand) => ContextValue::Operand(lowering.operand(operand, None)),
        model::ContextValue::Condition(condition) => {
            ContextValue::Condition(lowering.condition(condition, None))
        }
        model::ContextValue::Json(operand) => ContextValue::Json(lowering.operand(operand, None)),
    };
    ContextEntry { key: entry.key, value }
}
