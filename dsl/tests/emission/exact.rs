//! Whether a document allows exactly what the rules do, decided for every path at once.
//!
//! What is compared are sets of `VERB/path`, of any valid UTF-8 without control characters, which cannot stand
//! in a request line. Where routes are declared, a well-formed path beside them is never asked for, nor is a verb
//! that no route can have, and these may be allowed or not; a malformed path is always denied.

use policy_engine::iam::Mode;
use policy_engine::{RequestContext, Token};

use super::language::{Language, TooLarge};
use crate::iam::{Document, has_expired, hides_address};
use crate::random::{Asked, Case, Question};
use crate::reference::{NotRegular, Regular, known_verbs, malformed};
use crate::{arn, emitted};

/// What came of one (policy, token) pair.
pub(crate) enum Verdict {
    Same(Mode),
    /// How they differ.
    Differs(String),
    /// The automata grew too large, or the rules are not regular.
    Undecided(&'static str),
}

/// Decides the pair, for the request at hand or for the whole API, in each of these contexts.
pub(crate) fn decide(case: &Case, question: &Question, prefix: &str, contexts: &[RequestContext]) -> Verdict {
    let (document, json, emission) = emitted(case, question, prefix);
    let pair = Pair { case, question, prefix, document: &document };
    let mut asked: Vec<(Regular, Regular)> = Vec::new();
    let own = [question.context.clone()];
    let (whole_api, contexts) = (emission.mode == Mode::WholeApi, contexts.iter().chain(&own));
    let contexts = contexts.filter(|context| !(whole_api && hides_address(&case.policy, context)));
    for context in contexts.filter(|context| whole_api || **context == question.context) {
        let difference = if whole_api { pair.whole_api(context, &mut asked) } else { pair.at_hand(context) };
        match difference {
            Ok(None) => {}
            Ok(Some(text)) => return Verdict::Differs(format!("{text}\nin {context:?}\n{json:#}")),
            Err(Undecided::TooLarge) => return Verdict::Undecided("automata too large"),
            Err(Undecided::NotRegular) => return Verdict::Undecided("no regular language"),
        }
    }
    Verdict::Same(emission.mode)
}

enum Undecided {
    TooLarge,
    NotRegular,
}

impl From<TooLarge> for Undecided {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

impl From<NotRegular> for Undecided {
    fn from(_: NotRegular) -> Self {
        Self::NotRegular
    }
}

struct Pair<'a> {
    case: &'a Case,
    question: &'a Question,
    prefix: &'a str,
    document: &'a Document,
}

impl Pair<'_> {
    /// `done` are the questions that were answered already: most contexts make no difference.
    fn whole_api(
        &self,
        context: &RequestContext,
        done: &mut Vec<(Regular, Regular)>,
    ) -> Result<Option<String>, Undecided> {
        let rules = allowed(self.case, self.question.token.as_ref(), context)?;
        let document = self.document.allowed(self.prefix, context);
        let both = (rules, document);
        if done.contains(&both) {
            return Ok(None);
        }
        let found = difference(&self.case.reference.declared(), &both.0, &both.1)?;
        done.push(both);
        if found.is_some() || !self.case.policy.settings().resource_policy {
            return Ok(found);
        }
        let said = Regular::Any(vec![
            self.document.allowed(self.prefix, context),
            self.document.denied(self.prefix, context),
        ]);
        let silent = example(&Regular::Not(Box::new(said)))?;
        Ok(silent
            .map(|text| format!("`{text}` is neither allowed nor denied, and the API has a resource policy")))
    }

    /// It is just that request that is allowed; or nothing, where it is denied or IAM cannot say it.
    fn at_hand(&self, context: &RequestContext) -> Result<Option<String>, Undecided> {
        let Question { token, asked: Asked { verb, path }, .. } = self.question;
        let decision = self.case.reference.decide(token.as_ref(), *verb, path, context);
        let can_be_said = !path.contains(['*', '?'])
            && !path.contains("${")
            && arn(self.prefix, &self.question.asked).chars().count() <= 512;
        let is_allowed =
            decision.allowed && can_be_said && !has_expired(&self.case.policy, token.as_ref(), context);
        let rules = if is_allowed { Regular::text(&format!("{verb}{path}")) } else { Regular::nothing() };
        difference(&Regular::everything(), &rules, &self.document.allowed(self.prefix, context))
            .map_err(Undecided::from)
    }
}

/// Whether the question's token may do anything.
pub(crate) fn allows_something(case: &Case, question: &Question) -> bool {
    let rules = case.reference.allowed(question.token.as_ref(), &question.context);
    rules.ok().and_then(|rules| Language::of(&rules).ok()).is_some_and(|rules| !rules.is_empty())
}

/// What is to be allowed, as the reference reads the rules.
fn allowed(case: &Case, token: Option<&Token>, context: &RequestContext) -> Result<Regular, NotRegular> {
    if has_expired(&case.policy, token, context) {
        return Ok(Regular::nothing());
    }
    case.reference.allowed(token, context)
}

/// A string of one of the two that is not in the other, among those that count.
fn difference(declared: &Regular, rules: &Regular, document: &Regular) -> Result<Option<String>, TooLarge> {
    let (within, without) = (Language::of(rules)?, Language::of(document)?);
    let missing = within.product(&without, |rules, document| rules && !document)?;
    if !missing.is_empty()
        && let Some(text) = example_of(&missing, &[declared])?
    {
        return Ok(Some(format!("`{text}` is not allowed, and the rules allow it")));
    }
    let surplus = without.product(&within, |document, rules| document && !rules)?;
    if surplus.is_empty() {
        return Ok(None);
    }
    let malformed = Regular::All(vec![malformed(), known_verbs()]);
    let counts = Regular::Any(vec![malformed, declared.clone()]);
    let text = example_of(&surplus, &[&counts])?;
    Ok(text.map(|text| format!("`{text}` is allowed, and the rules deny it")))
}

fn example(regular: &Regular) -> Result<Option<String>, TooLarge> {
    let language = Language::of(regular)?;
    if language.is_empty() { Ok(None) } else { example_of(&language, &[]) }
}

/// One of the shortest strings that are in all of these and could come to be asked for.
fn example_of(language: &Language, within: &[&Regular]) -> Result<Option<String>, TooLarge> {
    let mut all = language.product(&*Language::of(&text())?, |a, b| a && b)?;
    for one in within {
        all = all.product(&*Language::of(one)?, |a, b| a && b)?;
    }
    Ok(all.example().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Valid UTF-8 (RFC 3629, section 4) with a slash in it, control characters aside.
fn text() -> Regular {
    let characters = [
        r"[\x20-\x7E]",
        r"[\xC2-\xDF][\x80-\xBF]",
        r"\xE0[\xA0-\xBF][\x80-\xBF]",
        r"[\xE1-\xEC\xEE\xEF][\x80-\xBF]{2}",
        r"\xED[\x80-\x9F][\x80-\xBF]",
        r"\xF0[\x90-\xBF][\x80-\xBF]{2}",
        r"[\xF1-\xF3][\x80-\xBF]{3}",
        r"\xF4[\x80-\x8F][\x80-\xBF]{2}",
    ];
    let all = Regular::Matching(format!("(?:{})*", characters.join("|")));
    Regular::All(vec![all, Regular::Matching("[^/]*/.*".to_owned())])
}
