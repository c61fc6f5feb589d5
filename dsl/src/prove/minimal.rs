//! Makes a conflict small: the fewest rules and claims for which there is still no policy for the whole API.

use policy_engine::{RuleId, Token};
use serde_json::{Map, Value as Json};

use super::slice::{Arns, Cut, Slice, Who};
use super::tokens::Tokens;

/// As much work is done to make one conflict small: one for each clause of a slice that is tried.
const MAX_WORK: usize = 8_192;

/// As many clauses are taken at once where a few of many are looked for.
pub(super) const MAX_GROWN: usize = 512;

/// The rules of the cut's clauses, in order.
pub(super) fn rule_ids(cut: &Cut<'_>) -> Vec<RuleId> {
    let mut ids: Vec<RuleId> =
        cut.clauses.iter().filter_map(|at| cut.parts.clauses.get(*at)).map(|clause| clause.rule).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The first clauses of the cut that are enough for a token to have no policy for the whole API: one that as
/// many of these as possible apply to.
pub(super) fn grown(cut: &Cut<'_>, arns: &Arns) -> Option<(Vec<usize>, Who)> {
    let mut count = 16;
    loop {
        let clauses = cut.clauses.get(..count.min(cut.clauses.len())).unwrap_or_default();
        let slice = Slice::new(&Cut { clauses, ..*cut })?;
        let mut callers = Tokens::full(slice.parts(), cut.values).into_iter();
        if let Some(who) = callers.find(|who| slice.inexact(who, arns).is_some()) {
            return Some((clauses.to_vec(), who));
        }
        if count >= cut.clauses.len() {
            return None;
        }
        count *= 2;
    }
}

/// Leaves out rules, many at first, as long as the token has no policy for the whole API. `spent` is the work
/// that is done for all conflicts.
pub(super) fn rules(cut: &Cut<'_>, who: &Who, arns: &Arns, spent: &mut usize) -> Option<(Slice, Vec<usize>)> {
    let mut kept = rule_ids(cut);
    let mut best = (Slice::new(cut)?, cut.clauses.to_vec());
    let mut work = 0;
    let mut size = kept.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        while at < kept.len() && kept.len() > 1 && work < MAX_WORK {
            let end = (at + size).min(kept.len());
            let fewer: Vec<RuleId> = kept
                .iter()
                .enumerate()
                .filter(|(index, _)| !(at..end).contains(index))
                .map(|(_, id)| *id)
                .collect();
            let clauses: Vec<usize> = clauses_of(cut, &fewer);
            work += clauses.len() + 1;
            let slice = Slice::new(&Cut { clauses: &clauses, ..*cut });
            match slice.filter(|slice| slice.inexact(who, arns).is_some()) {
                Some(slice) => {
                    kept = fewer;
                    best = (slice, clauses);
                }
                None => at += size,
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    *spent += work;
    best.0.inexact(who, arns).is_some().then_some(best)
}

fn clauses_of(cut: &Cut<'_>, rules: &[RuleId]) -> Vec<usize> {
    let is_kept = |at: &&usize| {
        cut.parts.clauses.get(**at).is_some_and(|clause| rules.binary_search(&clause.rule).is_ok())
    };
    cut.clauses.iter().filter(is_kept).copied().collect()
}

/// Leaves out claims and items of lists, as long as the token has no policy for the whole API.
pub(super) fn who(slice: &Slice, who: &Who, arns: &Arns) -> Who {
    let Some(token) = &who.token else { return who.clone() };
    let mut smallest = who.clone();
    let (mut claims, mut userinfo) = (token.claims().clone(), token.userinfo().cloned().unwrap_or_default());
    let (mut work, cost) = (0, slice.parts().clauses.len() + 1);
    let mut keeps = |claims: &Map<String, Json>, userinfo: &Map<String, Json>| {
        work += cost;
        if work > MAX_WORK {
            return false;
        }
        let token = Token::new(token.issuer(), claims.clone());
        let token = if userinfo.is_empty() { token } else { token.with_userinfo(userinfo.clone()) };
        let smaller = Who { token: Some(token), stage: who.stage };
        let still = slice.inexact(&smaller, arns).is_some();
        if still {
            smallest = smaller;
        }
        still
    };
    shrink(&mut claims, &mut |fewer| keeps(fewer, &userinfo));
    shrink(&mut userinfo, &mut |fewer| keeps(&claims, fewer));
    smallest
}

fn shrink(object: &mut Map<String, Json>, keeps: &mut dyn FnMut(&Map<String, Json>) -> bool) {
    let names: Vec<String> = object.keys().cloned().collect();
    for name in names {
        let mut fewer = object.clone();
        fewer.remove(&name);
        if keeps(&fewer) {
            *object = fewer;
            continue;
        }
        let mut at = 0;
        let mut size = object.get(&name).and_then(Json::as_array).map_or(0, |items| items.len().div_ceil(2));
        while size > 0 {
            let mut fewer = object.clone();
            let Some(items) = fewer.get_mut(&name).and_then(Json::as_array_mut) else { break };
            if at >= items.len() {
                at = 0;
                size = if size == 1 { 0 } else { size.div_ceil(2) };
                continue;
            }
            items.drain(at..(at + size).min(items.len()));
            if keeps(&fewer) {
                *object = fewer;
            } else {
                at += size;
            }
        }
    }
}
