//! Every token of the policies' own tests has a policy for the whole API.

use std::collections::BTreeMap;
use std::path::Path;

use policy_dsl::source::{MemoryFiles, Sources};
use policy_engine::Policy;
use policy_engine::iam::Mode;
use policy_engine::text::ParamValues;
use policy_engine::{RequestContext, Verb};

use super::exact::{self, Verdict};
use crate::PREFIXES;
use crate::random::{Asked, Case, Draft, Question};
use crate::reference::Reference;

#[test]
fn every_persona_has_a_policy_for_the_whole_api() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the policies") {
        let path = entry.expect("a file").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        texts.insert(name, std::fs::read_to_string(&path).expect("a text"));
    }
    let policies: Vec<&String> = texts.keys().filter(|name| name.ends_with(".policy")).collect();
    assert!(policies.len() >= 5, "{policies:?}");
    let personas: usize = policies.into_iter().map(|name| personas(name, &texts)).sum();
    assert!(personas >= 25, "only {personas} personas");
}

/// How many there are.
fn personas(name: &str, texts: &BTreeMap<String, String>) -> usize {
    let files =
        texts.iter().fold(MemoryFiles::default(), |files, (name, text)| files.with(name, text.clone()));
    let compiled =
        policy_dsl::compile(name, &files).policy.unwrap_or_else(|| panic!("{name} does not compile"));
    let mut sources = Sources::default();
    let source = sources.add(name, texts[name].clone());
    let syntax = policy_dsl::parse(source, sources.text(source)).0;
    for test in &compiled.tests {
        let mut given: BTreeMap<String, String> = test.params.iter().cloned().collect();
        for param in compiled.program.parts().params.iter().filter(|param| param.default.is_none()) {
            given.entry(param.name.clone()).or_insert_with(|| "given".to_owned());
        }
        let values = ParamValues::new(&compiled.program.parts().params, |name| given.get(name).cloned());
        let case = Case {
            program: compiled.program.clone(),
            policy: Policy::bind(compiled.program.clone(), values).expect("parameters"),
            reference: Reference::new(&sources, std::slice::from_ref(&syntax), &given),
        };
        let context = RequestContext {
            stage: Some("prod".to_owned()),
            time: test.context.time.or(Some(1_767_225_600)),
            ..test.context.clone()
        };
        let asked = Asked { verb: Verb::Get, path: "/users/ana".to_owned() };
        let question = Question { draft: Draft::default(), token: test.token.clone(), asked, context };
        match exact::decide(&case, &question, PREFIXES[0], &[]) {
            Verdict::Same(Mode::WholeApi) => {}
            Verdict::Same(mode) => panic!("{name}, `{}`: {mode:?}", test.name),
            Verdict::Differs(difference) => panic!("{name}, `{}`: {difference}", test.name),
            Verdict::Undecided(why) => panic!("{name}, `{}`: {why}", test.name),
        }
    }
    compiled.tests.len()
}
