//! What Allow and Deny over IAM's patterns can say at all: by trying every pattern of a family, with automata.
//! No cleverness, and far too slow for an authorizer; it shows what a lowering misses.

use std::collections::{BTreeSet, HashSet};

use policy_engine::Verb;

use super::language::{Language, TooLarge};
use crate::random::{Case, Question};
use crate::reference::{Named, Regular, escaped, malformed};

/// With more patterns than this the question is left open.
const MAX_PATTERNS: usize = 6_000;

/// Whether what the question's token is allowed can be said; `None` where that is not known.
pub(crate) fn can_be_said(case: &Case, question: &Question) -> Option<bool> {
    let (token, context) = (question.token.as_ref(), &question.context);
    let rules = Language::of(&case.reference.allowed(token, context).ok()?).ok()?;
    let declared = Language::of(&case.reference.declared()).ok()?;
    let patterns = patterns(&case.reference.named(token, context))?;
    let mut seen = HashSet::new();
    for verb in Verb::ALL {
        let (own, routes) = (rules.behind(verb.name()).ok()?, declared.behind(verb.name()).ok()?);
        if !own.is_empty()
            && seen.insert((own.clone(), routes.clone()))
            && !paths_can_be_said(&own, &routes, &patterns).ok()?
        {
            return Some(false);
        }
    }
    Some(true)
}

/// For one verb. A pattern may deny where it matches nothing allowed, and allow where all it matches is allowed,
/// denied, or never asked for; what is allowed can be said where the patterns that may allow match all of it.
fn paths_can_be_said(own: &Language, routes: &Language, patterns: &[String]) -> Result<bool, TooLarge> {
    let malformed = Language::of(&malformed())?.behind("GET")?;
    let wanted = own.product(routes, |own, routes| own && routes)?;
    let mut denied = (*Language::of(&Regular::nothing())?).clone();
    let mut all = Vec::new();
    for pattern in patterns {
        let language = Language::of(&Regular::Matching(pattern.clone()))?;
        if !language.meets(&wanted) && !language.is_within(&denied) {
            denied = denied.product(&language, |a, b| a || b)?;
        }
        all.push(language);
    }
    // What is malformed has guards of its own; what is beside the routes nobody asks for.
    let harmless = wanted.product(routes, |wanted, routes| wanted || !routes)?;
    let harmless = harmless.product(&denied, |a, b| a || b)?.product(&malformed, |a, b| a || b)?;
    let mut said = (*Language::of(&Regular::nothing())?).clone();
    for language in all {
        if language.is_within(&harmless) && !language.is_within(&said) {
            said = said.product(&language, |a, b| a || b)?;
        }
    }
    Ok(wanted.is_within(&said))
}

/// Sequences of stars, texts and globs, up to one longer than the deepest text, with and without everything
/// below. A star may stand for several segments, so what is named further down may follow it earlier.
fn patterns(named: &Named) -> Option<Vec<String>> {
    let depth = named.keys().max().map_or(1, |last| last + 2);
    let mut all = vec!["/".to_owned(), "/..*".to_owned()];
    let mut sequences = vec![String::new()];
    for at in 0..=depth {
        let texts = named.range(at..).flat_map(|(_, texts)| texts);
        let mut pieces: BTreeSet<String> = texts.flat_map(|text| written(text)).collect();
        pieces.insert(".*".to_owned());
        let longer =
            |start: &String| pieces.iter().map(|piece| format!("{start}/{piece}")).collect::<Vec<_>>();
        sequences = sequences.iter().flat_map(longer).collect();
        all.extend(sequences.iter().cloned());
        all.extend(sequences.iter().filter(|one| !one.ends_with(".*")).map(|one| format!("{one}/.*")));
        if all.len() > MAX_PATTERNS {
            return None;
        }
    }
    // Widest first: what is within another is soon left out.
    all.sort_by_key(|pattern| std::cmp::Reverse(pattern.matches(".*").count()));
    Some(all)
}

/// The text, or the glob, as IAM can write it: stars and alternatives.
fn written(text: &str) -> Vec<String> {
    if let Some((before, rest)) = text.split_once('{')
        && let Some((inside, after)) = rest.split_once('}')
    {
        return inside.split(',').flat_map(|one| written(&format!("{before}{one}{after}"))).collect();
    }
    if text.is_empty() || text.contains(['?', '[', ']', '\\', '$']) {
        return Vec::new();
    }
    let parts: Vec<String> = text.split('*').map(|part| escaped(part.as_bytes())).collect();
    vec![parts.join(".*")]
}
