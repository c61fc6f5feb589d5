//! Who may do what: every route, tried for every persona.

pub(crate) mod persona;
mod routes;
pub(crate) mod text;
mod values;

use policy_engine::{Policy, Request};
use serde::Serialize;

use crate::explain::word;
use persona::{Persona, Personas};
use routes::Route;
use values::{Kind, Try};

/// Routes by personas. As JSON, it has the shape that `matrix --format json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Matrix {
    pub(crate) personas: Vec<PersonaShown>,
    pub(crate) routes: Vec<Row>,
    /// Where each rule stands: for people.
    #[serde(skip)]
    places: Vec<(String, String)>,
}

/// A persona, as it is named.
#[derive(Debug, Serialize)]
pub(crate) struct PersonaShown {
    name: String,
    /// The tests whose caller it is.
    tests: Vec<String>,
    /// `null` for nobody known.
    claims: Option<serde_json::Value>,
    issuer: Option<String>,
    /// The claim for which all is denied.
    hostile_claim: Option<String>,
}

/// A route, with a cell for each persona.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    verb: &'static str,
    path: String,
    /// Whether the `api` statement says so; otherwise it is a route that a rule sets apart.
    declared: bool,
    cells: Vec<Cell>,
}

/// What a persona may do on a route.
#[derive(Debug, Serialize)]
pub(crate) struct Cell {
    persona: String,
    access: Access,
    /// The rules that make it so: those that allow, or where nothing is allowed, those that deny.
    rules: Vec<String>,
    requests: Vec<Asked>,
}

/// Whether a route may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Access {
    /// With every value that was tried.
    Yes,
    /// Only with values that are the caller's own.
    Own,
    /// With some other choice of values.
    Some,
    /// With none.
    No,
}

/// One request that was tried.
#[derive(Debug, Serialize)]
struct Asked {
    #[serde(flatten)]
    tried: Try,
    decision: &'static str,
    reason: &'static str,
    rules: Vec<String>,
}

impl Matrix {
    /// Tries every route of the policy for every persona.
    pub(crate) fn new(personas: &Personas) -> Self {
        let parts = personas.program().parts();
        let routes = routes::routes(parts);
        let places = parts
            .rules
            .iter()
            .map(|rule| (rule.id.clone(), format!("{}:{}", personas.program().file_of(rule), rule.line)));
        Self {
            places: places.collect(),
            personas: personas.iter().map(|(policy, persona)| PersonaShown::new(policy, persona)).collect(),
            routes: routes
                .iter()
                .map(|route| Row {
                    verb: route.verb.name(),
                    path: route.pattern.to_string(),
                    declared: route.declared,
                    cells: personas
                        .iter()
                        .map(|(policy, persona)| Cell::new(policy, persona, route))
                        .collect(),
                })
                .collect(),
        }
    }
}

impl PersonaShown {
    fn new(policy: &Policy, persona: &Persona) -> Self {
        let token = persona.token.as_ref();
        let issuer = token
            .and_then(|token| policy.program().parts().issuers.get(token.issuer().0 as usize))
            .map(|issuer| issuer.name.clone());
        Self {
            name: persona.name.clone(),
            tests: persona.tests.clone(),
            claims: token.map(|token| token.claims().clone().into()),
            issuer,
            hostile_claim: policy.caller(token).hostile_claim(),
        }
    }
}

impl Cell {
    fn new(policy: &Policy, persona: &Persona, route: &Route) -> Self {
        let caller = policy.caller(persona.token.as_ref());
        let context = &persona.context;
        let mut asked = Vec::new();
        for tried in values::tries(&caller, route, context) {
            let request = Request { verb: route.verb, path: &tried.path, context };
            let decision = caller.decide(&request);
            let ids = decision.rules.iter().filter_map(|id| policy.rule(*id));
            asked.push(Asked {
                decision: word(decision.allowed),
                reason: decision.reason.name(),
                rules: ids.map(|rule| rule.id.clone()).collect(),
                tried,
            });
        }
        let access = access(&asked);
        let deciding = asked.iter().filter(|asked| access == Access::No || asked.is_allowed());
        let mut rules: Vec<String> = Vec::new();
        for id in deciding.flat_map(|asked| &asked.rules) {
            if !rules.contains(id) {
                rules.push(id.clone());
            }
        }
        Self { persona: persona.name.clone(), access, rules, requests: asked }
    }
}

impl Asked {
    fn is_allowed(&self) -> bool {
        self.decision == word(true)
    }

    fn has(&self, kind: Kind) -> bool {
        self.tried.values.iter().any(|value| value.kind == kind)
    }
}

fn access(asked: &[Asked]) -> Access {
    let allowed = || asked.iter().filter(|asked| asked.is_allowed());
    if allowed().next().is_none() {
        Access::No
    } else if allowed().count() == asked.len() {
        Access::Yes
    } else if allowed().all(|asked| asked.has(Kind::Own)) {
        Access::Own
    } else {
        Access::Some
    }
}
