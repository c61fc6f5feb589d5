//! A program whose parameters have values: ready to answer.

use std::fmt;

use crate::caller::{Caller, Standing};
use crate::condition::{AtomId, IssuerId};
use crate::facts::FactTable;
use crate::iam::{Plans, Source, is_settled};
use crate::index::depends_on_token_only;
use crate::issuer::{IssuerConfig, resolve};
use crate::output::Outputs;
use crate::program::{AuthorizerSettings, Program, ProgramParts, Rule, RuleId};
use crate::request::Token;
use crate::selection::Selection;
use crate::test::{Globs, LazyGlob, Test};
use crate::text::{MissingParam, ParamValues};
use crate::{condition::Root, text::Text};

/// A policy that can be asked. It never changes, and can be shared.
#[derive(Debug)]
pub struct Policy {
    pub(crate) program: Program,
    pub(crate) tests: Vec<Test>,
    pub(crate) token_only: Vec<bool>,
    pub(crate) selection: Selection,
    pub(crate) facts: FactTable,
    pub(crate) path_globs: Vec<LazyGlob>,
    /// Those that whole-API policies ask about.
    pub(crate) globs: Globs,
    pub(crate) outputs: Outputs,
    /// The token's strings that meet the path.
    pub(crate) sources: Vec<Source>,
    /// Tests that the stage decides, together with the token.
    pub(crate) stage_tests: Vec<AtomId>,
    pub(crate) reads_stage: bool,
    pub(crate) plans: Plans,
    /// Those that needed parameters, in the order of the rules.
    reasons: Vec<(RuleId, String)>,
    pub(crate) values: ParamValues,
}

/// Parts of a request that a policy's conditions read. Where an event does not carry one, a condition on it
/// cannot be decided, and is not simply false.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestReads {
    /// Headers, or query parameters.
    pub fields: bool,
    /// The caller's address.
    pub address: bool,
}

/// Why a program cannot be used with these parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindError {
    /// A condition, or a reason, needs a parameter that has no value.
    Param(MissingParam),
    /// With the parameters filled in, this is no glob.
    Glob {
        /// The glob.
        pattern: String,
        /// What is wrong with it.
        error: String,
    },
    /// With the parameters filled in, this is no address and no block of addresses.
    Address(String),
    /// With the parameters filled in, this is no point in time.
    Instant(String),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Param(missing) => missing.fmt(f),
            Self::Glob { pattern, error } => write!(f, "`{pattern}` is not a glob: {error}"),
            Self::Address(text) => {
                write!(f, "`{text}` is neither an address nor a block such as `10.0.0.0/8`")
            }
            Self::Instant(text) => write!(f, "`{text}` is not a time such as `2026-01-01T00:00:00Z`"),
        }
    }
}

impl std::error::Error for BindError {}

impl From<MissingParam> for BindError {
    fn from(missing: MissingParam) -> Self {
        Self::Param(missing)
    }
}

impl Policy {
    /// Fills in the parameters. Those that only an issuer needs may be missing (see
    /// [`Policy::issuer_config`]).
    pub fn bind(program: Program, values: ParamValues) -> Result<Self, BindError> {
        let parts = program.parts();
        let text = |text: &Text| Ok(resolve(text, &parts.params, &values)?);
        let tests = parts
            .conditions
            .atoms
            .iter()
            .map(|atom| Test::bind(atom, &text))
            .collect::<Result<Vec<_>, BindError>>()?;
        let token_only: Vec<bool> = parts.conditions.atoms.iter().map(depends_on_token_only).collect();
        let mut reasons = Vec::with_capacity(program.templated.len());
        for id in &program.templated {
            let because = parts.rules.get(id.0 as usize).and_then(|rule| rule.because.as_ref());
            reasons.extend(because.map(&text).transpose()?.map(|because| (*id, because)));
        }
        let facts = FactTable::new(&tests, &token_only, parts);
        let outputs = Outputs::bind(parts, &text)?;
        let path_globs = program.index.globs().map(LazyGlob::new).collect();
        let sources = Source::all(&tests);
        let stage_tests = (0u32..).zip(&tests).zip(&token_only);
        let stage_tests = stage_tests.filter(|((_, test), token_only)| !**token_only && is_settled(test));
        let stage_tests = stage_tests.map(|((number, _), _)| AtomId(number)).collect();
        Ok(Self {
            selection: Selection::new(&program.parts().conditions.selectors),
            reads_stage: tests.iter().any(Test::reads_stage),
            program,
            sources,
            stage_tests,
            plans: Plans::default(),
            tests,
            token_only,
            facts,
            path_globs,
            globs: Globs::default(),
            outputs,
            reasons,
            values,
        })
    }

    /// The program.
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// How the authorizer is attached.
    pub const fn settings(&self) -> &AuthorizerSettings {
        &self.program.parts.authorizer
    }

    /// How many issuers the policy names; their ids count from 0.
    pub const fn issuer_count(&self) -> usize {
        self.program.parts.issuers.len()
    }

    /// What verifying the issuer's tokens needs, or the parameter that has no value.
    pub fn issuer_config(&self, id: IssuerId) -> Option<Result<IssuerConfig, MissingParam>> {
        let issuer = self.parts().issuers.get(id.0 as usize)?;
        Some(IssuerConfig::new(issuer, &self.parts().params, &self.values))
    }

    /// Whether anything in the policy reads the answer of a userinfo endpoint.
    pub fn reads_userinfo(&self) -> bool {
        self.parts().conditions.selectors.iter().any(|selector| selector.root == Root::Userinfo)
    }

    /// What of a request, beyond its verb, path, time and stage, some rule reads.
    pub fn reads(&self) -> RequestReads {
        let mut reads = RequestReads::default();
        for test in &self.tests {
            test.note_reads(&mut reads);
        }
        reads
    }

    /// The policy as it is for this token, or for a request without one.
    pub fn caller<'a>(&'a self, token: Option<&'a Token>) -> Caller<'a> {
        Caller::new(self, token)
    }

    /// The same for a token about which that is known: what [`Caller::standing`] said of this policy and this very token.
    pub fn caller_standing_as<'a>(&'a self, token: &'a Token, standing: &Standing) -> Caller<'a> {
        Caller::standing_as(self, token, standing)
    }

    /// The rule of that index.
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.parts().rules.get(id.0 as usize)
    }

    /// The rule's reason, with the parameters filled in.
    pub fn because(&self, id: RuleId) -> Option<&str> {
        match self.rule(id)?.because.as_ref()? {
            Text::Fixed(because) => Some(because),
            Text::Template(_) => {
                let at = self.reasons.binary_search_by_key(&id, |(rule, _)| *rule).ok()?;
                self.reasons.get(at).map(|(_, because)| because.as_str())
            }
        }
    }

    pub(crate) const fn parts(&self) -> &ProgramParts {
        &self.program.parts
    }

    pub(crate) fn is_token_only(&self, atom: AtomId) -> bool {
        self.token_only.get(atom.0 as usize).copied().unwrap_or(false)
    }

    pub(crate) fn test(&self, atom: AtomId) -> Option<&Test> {
        self.tests.get(atom.0 as usize)
    }
}
