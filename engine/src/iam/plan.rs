//! The policy for every token of one kind: all that remains is to fill in its own strings.

use std::sync::Arc;

use crate::caller::Caller;
use crate::iam::arn::MethodArn;
use crate::iam::document::{
    Condition, CurrentTime, IamEffect, PolicyDocument, Resources, Statement, text_of,
};
use crate::iam::group::Budgets;
use crate::iam::holes::{Holes, MARK};
use crate::iam::inexact::{Inexact, Obstacle};
use crate::iam::lower::{Form, Lowered, lower};
use crate::iam::parts::{MAX_PATTERNS, Parts};
use crate::iam::residual::Partial;
use crate::iam::template::{Template, end_mark};
use crate::iam::vocabulary::Vocabulary;
use crate::program::AuthorizerSettings;
use crate::request::RequestContext;

/// What every malformed path that can be asked for matches, below the stage, and no other: gateways and
/// backends disagree about these, and a wildcard would let them through. `?` keeps the root apart from a slash
/// at the end. Two kinds have no guard: an ARN with a raw control character is [none](super::ArnError), and API
/// Gateway refuses an ARN long before a path is too long.
pub(crate) const MALFORMED: [&str; 14] = [
    "/*//*", "/*/?*/", "/*/./*", "/*/../*", "/*/.", "/*/..", "/*%2f*", "/*%2F*", "/*%5c*", "/*%5C*",
    "/*%2e*", "/*%2E*", "/*%00*", "/*\\*",
];

/// The most characters of a resource in an authorizer's policy.
pub(crate) const MAX_RESOURCE_CHARS: usize = 512;

/// The answer for the whole API, but for the strings of the token.
#[derive(Debug)]
pub(crate) struct Plan {
    outcome: Result<Template, Inexact>,
    vocabulary: Arc<Vocabulary>,
    longest: Longest,
    /// How long the stage's ARN is, in characters.
    stage_chars: usize,
    has_stand_ins: bool,
    /// The work that went into it, in moves of automata and comparisons of alternatives.
    work: usize,
}

/// The longest resource below the stage: its own characters, and how many holes one has at most.
#[derive(Debug, Default, Clone, Copy)]
struct Longest {
    chars: usize,
    holes: usize,
}

impl Plan {
    /// The plan for tokens whose strings are those of the holes, or for all of this kind where these are
    /// stand-ins.
    pub(crate) fn new(caller: &Caller<'_>, arn: &MethodArn, holes: &Holes<'_>, form: Form) -> Self {
        let stage = RequestContext { stage: Some(arn.stage().to_owned()), ..RequestContext::default() };
        let partial = Partial { caller, stage: &stage, holes };
        // Two texts for each clause, as a guess.
        let clauses = caller.policy.program.index.clauses_for(&caller.facts).take(MAX_PATTERNS).count();
        let mut vocabulary = Vocabulary::with_capacity(2 * clauses);
        let parts = Parts::of(&partial, &mut vocabulary);
        let mut compared = 0;
        if let Ok(parts) = &parts {
            vocabulary.note_parts(parts);
            compared = parts.iter().count().pow(2);
        }
        let budgets = Budgets::default();
        let lowered = parts.and_then(|parts| lower(&partial, arn, parts, form, &budgets));
        let mut longest = Longest::default();
        let outcome = lowered.and_then(|lowered| {
            longest = Longest::of(&lowered, holes.has_stand_ins());
            Self::template(caller, arn, holes, lowered, longest)
        });
        Self {
            outcome,
            vocabulary: Arc::new(vocabulary),
            longest,
            stage_chars: arn.stage_prefix().chars().count(),
            has_stand_ins: holes.has_stand_ins(),
            work: compared + budgets.spent(),
        }
    }

    /// A plan for any stage as it is for this one.
    pub(crate) fn at(&self, stage_prefix: &str) -> Self {
        Self {
            outcome: self.outcome.as_ref().map(|template| template.at(stage_prefix)).map_err(Clone::clone),
            vocabulary: Arc::clone(&self.vocabulary),
            stage_chars: stage_prefix.chars().count(),
            ..*self
        }
    }

    /// Whether what the plan says of stand-ins is true of these strings.
    /// `declared` is what the declared routes name.
    pub(crate) fn is_right_for(&self, holes: &Holes<'_>, declared: &Vocabulary) -> bool {
        let most = holes.texts().iter().map(|text| text.chars().count()).max().unwrap_or_default();
        self.stage_chars + self.longest.chars + self.longest.holes * most <= MAX_RESOURCE_CHARS
            && self.vocabulary.is_fresh(holes)
            && declared.is_fresh(holes)
    }

    /// The document for a token of this kind.
    pub(crate) fn fill(
        &self,
        holes: &Holes<'_>,
        end: Option<&CurrentTime>,
    ) -> Result<Option<PolicyDocument>, Inexact> {
        match &self.outcome {
            Ok(template) => Ok(template.fill(holes, end).map(PolicyDocument::of_text)),
            Err(inexact) if self.has_stand_ins => Err(Inexact {
                example: inexact.example.as_ref().map(|example| holes.put_into(example)),
                ..inexact.clone()
            }),
            Err(inexact) => Err(inexact.clone()),
        }
    }

    /// The work that went into it, in moves of automata and comparisons of alternatives.
    pub(crate) const fn work(&self) -> usize {
        self.work
    }

    /// A rough size in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.vocabulary.weight() + self.outcome.as_ref().map_or(256, Template::weight)
    }

    fn template(
        caller: &Caller<'_>,
        arn: &MethodArn,
        holes: &Holes<'_>,
        lowered: Lowered,
        longest: Longest,
    ) -> Result<Template, Inexact> {
        let settings = caller.policy.settings();
        let ends = settings.expire_with_token && caller.token().is_some();
        if holes.has_stand_ins() {
            let end = ends.then_some(End::Open);
            return Ok(Template::of(text_of(
                arn.stage_prefix(),
                &statements(settings, lowered, end.as_ref()),
            )));
        }
        if arn.stage_prefix().chars().count() + longest.chars > MAX_RESOURCE_CHARS {
            return Err(Obstacle::ResourceTooLong.into());
        }
        let end = match (ends, caller.expiry()) {
            (true, Some(end)) => Some(End::At(end)),
            // A token that never ends is not one that ends with its policy.
            (true, None) => return Ok(Template::fixed(text_of(arn.stage_prefix(), &nothing()))),
            (false, _) => None,
        };
        Ok(Template::fixed(text_of(arn.stage_prefix(), &statements(settings, lowered, end.as_ref()))))
    }
}

/// When the token ends.
pub(crate) enum End {
    /// For a template: to be filled in.
    Open,
    At(CurrentTime),
}

impl End {
    /// Whichever is earlier.
    fn or_before(&self, limit: Option<CurrentTime>) -> CurrentTime {
        match self {
            Self::Open => end_mark(limit),
            Self::At(end) => limit.map_or_else(|| end.clone(), |limit| limit.min(end.clone())),
        }
    }

    /// The condition, until then.
    fn ending(&self, condition: Option<Condition>) -> Condition {
        let mut condition = condition.unwrap_or_default();
        condition.date_less_than = Some(self.or_before(condition.date_less_than.take()));
        condition
    }
}

impl Longest {
    fn of(lowered: &Lowered, has_stand_ins: bool) -> Self {
        let texts = lowered.blocks.iter().flat_map(|block| block.allow.iter().chain(&block.deny));
        texts.fold(Self::default(), |longest, text| {
            let (chars, holes) = if has_stand_ins && text.contains(MARK) {
                let own = text.split(MARK).step_by(2);
                (own.map(|piece| piece.chars().count()).sum(), text.matches(MARK).count() / 2)
            } else {
                (text.chars().count(), 0)
            };
            Self { chars: longest.chars.max(chars), holes: longest.holes.max(holes) }
        })
    }
}

/// What the patterns say, as statements: first what is allowed. Resources are written from the verb on.
pub(crate) fn statements(
    settings: &AuthorizerSettings,
    lowered: Lowered,
    end: Option<&End>,
) -> Vec<Statement> {
    if lowered.blocks.iter().all(|block| block.allow.is_empty()) {
        return nothing();
    }
    let ending =
        |condition: Option<Condition>| end.map_or(condition.clone(), |end| Some(end.ending(condition)));
    let mut allowing = Vec::new();
    let mut denying = Vec::new();
    if let (true, Some(end)) = (settings.resource_policy, end) {
        let over = Condition { date_greater_than_equals: Some(end.or_before(None)), ..Condition::default() };
        denying.push(deny(Resources::These(vec![everything()])).when(Some(over)));
    }
    let mut guards: Vec<String> = Vec::new();
    if lowered.needs_guards {
        guards.extend(MALFORMED.iter().map(|guard| (*guard).to_owned()));
    }
    for block in lowered.blocks {
        let mut denied = block.deny;
        if block.condition.is_none() {
            denied.append(&mut guards);
        }
        if !block.allow.is_empty() {
            let allow = Statement::new(IamEffect::Allow, Resources::These(block.allow));
            allowing.push(allow.when(ending(block.condition.clone())));
        }
        if !denied.is_empty() {
            denying.push(deny(Resources::These(denied)).when(block.condition));
        }
    }
    if !guards.is_empty() {
        denying.push(deny(Resources::These(guards)));
    }
    if settings.resource_policy {
        denying.extend(lowered.allowed.into_iter().map(|(condition, texts)| {
            let rest = if texts.is_empty() {
                Resources::These(vec![everything()])
            } else {
                Resources::AllBut(texts)
            };
            deny(rest).when(condition)
        }));
    }
    allowing.append(&mut denying);
    allowing
}

fn deny(resources: Resources) -> Statement {
    Statement::new(IamEffect::Deny, resources)
}

/// The statement that denies every request to the API's stage.
pub(crate) fn nothing() -> Vec<Statement> {
    vec![deny(Resources::These(vec![everything()]))]
}

fn everything() -> String {
    "/*".to_owned()
}
