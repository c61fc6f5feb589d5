//! A part of a policy as a policy of its own: some of its clauses, and what they need.

use std::collections::{BTreeMap, BTreeSet};

use policy_engine::condition::{Atom, AtomId, ConditionBuilder, Node, NodeId, Operand, SelectorId};
use policy_engine::iam::{Inexact, MethodArn, Mode};
use policy_engine::text::ParamValues;
use policy_engine::{Clause, Issuer, Policy, ProgramParts, RequestContext, Rule, RuleId, Token};

/// Some clauses of a policy, ready to be asked.
pub(super) struct Slice {
    policy: Policy,
    /// Which rules of the whole policy these are.
    rules: Vec<RuleId>,
    values: ParamValues,
}

/// What of the whole policy is taken.
pub(super) struct Cut<'p> {
    pub(super) parts: &'p ProgramParts,
    pub(super) values: &'p ParamValues,
    pub(super) clauses: &'p [usize],
    pub(super) routes: &'p [usize],
}

impl Slice {
    /// `None` where the parameters' values do not fit.
    pub(super) fn new(cut: &Cut<'_>) -> Option<Self> {
        let clauses: Vec<&Clause> = cut.clauses.iter().filter_map(|at| cut.parts.clauses.get(*at)).collect();
        let kept: BTreeSet<RuleId> = clauses.iter().map(|clause| clause.rule).collect();
        let numbers: BTreeMap<RuleId, RuleId> = kept.iter().copied().zip((0u32..).map(RuleId)).collect();
        let mut copy =
            Copy { parts: cut.parts, builder: ConditionBuilder::default(), nodes: BTreeMap::new() };
        let clauses = clauses.into_iter().filter_map(|clause| {
            let rule = *numbers.get(&clause.rule)?;
            let condition = copy.node(clause.condition)?;
            Some(Clause { rule, condition, ..clause.clone() })
        });
        let clauses = clauses.collect();
        let issuers = cut.parts.issuers.iter().map(|issuer| copy.issuer(issuer)).collect();
        let rules = kept.iter().filter_map(|id| cut.parts.rules.get(id.0 as usize));
        let rules = rules.map(|rule| Rule { id: String::new(), because: None, ..rule.clone() });
        let routes = cut.routes.iter().filter_map(|at| cut.parts.routes.get(*at).cloned());
        let parts = ProgramParts {
            params: cut.parts.params.clone(),
            issuers,
            rules: rules.collect(),
            clauses,
            routes: routes.collect(),
            conditions: copy.builder.finish(),
            principal: Operand::Stage,
            authorizer: cut.parts.authorizer.clone(),
            ..ProgramParts::empty()
        };
        let policy = Policy::bind(parts.into_program(), cut.values.clone()).ok()?;
        Some(Self { policy, rules: kept.into_iter().collect(), values: cut.values.clone() })
    }

    pub(super) const fn parts(&self) -> &ProgramParts {
        self.policy.program().parts()
    }

    /// The rule of the whole policy that is this one here.
    pub(super) fn rule(&self, id: RuleId) -> Option<RuleId> {
        self.rules.get(id.0 as usize).copied()
    }

    /// Whether the token has a policy for the whole API once the slice is so changed.
    pub(super) fn is_mended(&self, who: &Who, arns: &Arns, change: impl FnOnce(&mut ProgramParts)) -> bool {
        let mut parts = self.parts().clone();
        change(&mut parts);
        let changed = Policy::bind(parts.into_program(), self.values.clone());
        changed.is_ok_and(|policy| inexact(&policy, who, arns).is_none())
    }

    /// Why there is no policy for the whole API, where there is none.
    pub(super) fn inexact(&self, who: &Who, arns: &Arns) -> Option<Inexact> {
        inexact(&self.policy, who, arns)
    }
}

/// A token, or none, on a stage of the API.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Who {
    pub(super) token: Option<Token>,
    /// Index of the stage's name.
    pub(super) stage: usize,
}

/// An ARN of a made-up API for each stage whose name counts.
pub(super) struct Arns(Vec<MethodArn>);

/// The stage, where no rule asks for it.
pub(super) const STAGE: &str = "prod";

impl Arns {
    pub(super) fn new(stages: &BTreeSet<String>) -> Self {
        let names =
            std::iter::once(STAGE).chain(stages.iter().map(String::as_str).filter(|name| *name != STAGE));
        let arn =
            |stage: &str| format!("arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/{stage}/GET/");
        Self(names.filter_map(|stage| MethodArn::parse(&arn(stage)).ok()).collect())
    }

    pub(super) fn stage(&self, index: usize) -> &str {
        self.0.get(index).map_or(STAGE, |arn| arn.stage())
    }

    pub(super) fn position(&self, stage: &str) -> Option<usize> {
        self.0.iter().position(|arn| arn.stage() == stage)
    }
}

/// Asks the authorizer's own emitter.
pub(super) fn inexact(policy: &Policy, who: &Who, arns: &Arns) -> Option<Inexact> {
    let arn = arns.0.get(who.stage)?;
    match policy.caller(who.token.as_ref()).emit(arn, &RequestContext::default()).mode {
        Mode::WholeApi => None,
        Mode::PerRequest(inexact) => Some(inexact),
    }
}

/// Copies conditions into a table of their own.
struct Copy<'p> {
    parts: &'p ProgramParts,
    builder: ConditionBuilder,
    nodes: BTreeMap<NodeId, NodeId>,
}

impl Copy<'_> {
    /// As deep as the checker lets conditions be.
    fn node(&mut self, id: NodeId) -> Option<NodeId> {
        if let Some(known) = self.nodes.get(&id) {
            return Some(*known);
        }
        let copied = match self.parts.conditions.node(id)? {
            Node::Constant(value) => self.builder.constant(*value),
            Node::Atom(atom) => self.atom(*atom)?,
            Node::Not(inner) => {
                let inner = self.node(*inner)?;
                self.builder.not(inner)
            }
            Node::All(children) => {
                let children = children.iter().map(|child| self.node(*child)).collect::<Option<_>>()?;
                self.builder.all(children)
            }
            Node::Any(children) => {
                let children = children.iter().map(|child| self.node(*child)).collect::<Option<_>>()?;
                self.builder.any(children)
            }
        };
        self.nodes.insert(id, copied);
        Some(copied)
    }

    fn atom(&mut self, id: AtomId) -> Option<NodeId> {
        let atom = match self.parts.conditions.atom(id)? {
            Atom::Compare(left, comparison, right) => {
                Atom::Compare(self.operand(left), *comparison, self.operand(right))
            }
            Atom::Member { item, list } => {
                Atom::Member { item: self.operand(item), list: self.operand(list) }
            }
            Atom::Like(subject, glob) => Atom::Like(self.operand(subject), glob.clone()),
            Atom::Present(claim) => Atom::Present(self.selector(*claim)?),
            Atom::True(claim) => Atom::True(self.selector(*claim)?),
            other @ (Atom::AddressIn(_) | Atom::Issuer(_)) => other.clone(),
        };
        Some(self.builder.atom(atom))
    }

    fn operand(&mut self, operand: &Operand) -> Operand {
        match operand {
            Operand::Claim(claim) => self.selector(*claim).map_or(Operand::Stage, Operand::Claim),
            other => other.clone(),
        }
    }

    fn selector(&mut self, id: SelectorId) -> Option<SelectorId> {
        let selector = self.parts.conditions.selector(id)?.clone();
        Some(self.builder.selector(selector))
    }

    fn issuer(&mut self, issuer: &Issuer) -> Issuer {
        Issuer {
            groups: issuer.groups.and_then(|claim| self.selector(claim)),
            scopes: issuer.scopes.iter().filter_map(|claim| self.selector(*claim)).collect(),
            ..issuer.clone()
        }
    }
}
