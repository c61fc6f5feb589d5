//! Policies of 10 to 100,000 rules, drawn from a seed: the same shape, count and seed give the same text.

use policy_dsl::limits::{MAX_FILE_BYTES, MAX_STATEMENTS};
use policy_dsl::source::MemoryFiles;
use policy_engine::text::ParamValues;
use policy_engine::{Policy, Program};
use serde_json::{Value, json};

/// The seed of the figures that are published.
pub const SEED: u64 = 6;

/// How many groups the rules of a shape share, save where each rule has its own.
const SHARED_GROUPS: usize = 100;

/// How many segments stand before a deep path's last one.
const DEPTH: usize = 11;

const ISSUER: &str =
    r#"issuer main { url "https://issuer.example.com/" audience "app" groups token.groups }"#;
const MAIN: &str = "main.policy";

/// How the rules of a corpus resemble one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `/svc{i}/items/*` for the group `g{i mod 100}`: workload N of the comparison with the peers.
    DistinctPrefixes,
    /// One prefix for all, another last segment for each; 100 groups.
    SharedPrefix,
    /// One path for all, another group for each.
    SharedPath,
    /// A path and three groups of its own for each rule; the token is in 50 groups.
    ManyGroups,
    /// Twelve segments, of which the first eleven come from few words; 100 groups.
    DeepPaths,
    /// `*`, `{id}`, `**` and `{rest+}` before, between and behind the literals; 100 groups.
    Wildcards,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::DistinctPrefixes,
        Self::SharedPrefix,
        Self::SharedPath,
        Self::ManyGroups,
        Self::DeepPaths,
        Self::Wildcards,
    ];

    /// Its name in a benchmark's.
    pub fn name(self) -> &'static str {
        match self {
            Self::DistinctPrefixes => "distinct prefixes",
            Self::SharedPrefix => "shared prefix",
            Self::SharedPath => "shared path",
            Self::ManyGroups => "many groups",
            Self::DeepPaths => "deep paths",
            Self::Wildcards => "wildcards",
        }
    }
}

/// A caller and the path that is asked for, with `GET`.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The claims of the token.
    pub claims: Value,
    /// The path.
    pub path: String,
}

/// A policy, who is let through by its last rule alone, and who by none.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// The policy's files, the main one first: more than one where the language's limits on a file ask for it.
    pub files: Vec<(String, String)>,
    /// What only the last rule allows.
    pub last: Probe,
    /// What no rule allows, though it is as near to the rules as the shape lets it be.
    pub none: Probe,
}

impl Corpus {
    /// That many rules of a shape, at least one and at most the language's 100,000.
    pub fn new(shape: Shape, count: usize, seed: u64) -> Self {
        let mut generator = Generator { shape, random: Random(seed) };
        let rules: Vec<Rule> = (0..count.max(1)).map(|number| generator.rule(number)).collect();
        let (last, none) = generator.probes(&rules);
        Self { files: files(&rules), last, none }
    }

    /// The text, where it is one file: below 100,000 rules.
    pub fn text(&self) -> &str {
        self.files.first().map_or("", |(_, text)| text)
    }

    /// The compiled program; an error shows its first diagnostic.
    pub fn program(&self) -> Result<Program, String> {
        let with = |all: MemoryFiles, (name, text): &(String, String)| all.with(name, text.as_str());
        crate::compile(MAIN, &self.files.iter().fold(MemoryFiles::default(), with))
    }

    /// The policy, which has no parameters.
    pub fn policy(&self) -> Result<Policy, String> {
        let program = self.program()?;
        let values = ParamValues::new(&program.parts().params, |_| None);
        Policy::bind(program, values).map_err(|error| error.to_string())
    }
}

struct Rule {
    pattern: String,
    /// A path that the pattern matches.
    path: String,
    groups: Vec<String>,
}

impl Rule {
    fn write(&self, text: &mut String) {
        text.push_str("allow GET ");
        text.push_str(&self.pattern);
        let mut keyword = "  when ";
        for group in &self.groups {
            for part in [keyword, "group \"", group, "\""] {
                text.push_str(part);
            }
            keyword = " or ";
        }
        text.push('\n');
    }
}

/// One file where the rules fit into it, else a main file that takes in others.
fn files(rules: &[Rule]) -> Vec<(String, String)> {
    let mut parts = vec![String::new()];
    let mut statements = 0;
    for rule in rules {
        let mut line = String::new();
        rule.write(&mut line);
        let length = parts.last().map_or(0, String::len);
        // The issuer stands before the rules where there is one file only.
        if statements + 1 == MAX_STATEMENTS || length + line.len() + ISSUER.len() >= MAX_FILE_BYTES {
            parts.push(String::new());
            statements = 0;
        }
        statements += 1;
        if let Some(part) = parts.last_mut() {
            part.push_str(&line);
        }
    }
    if let [only] = parts.as_slice() {
        return vec![(MAIN.to_owned(), format!("{ISSUER}\n{only}"))];
    }
    let names: Vec<String> = (1..=parts.len()).map(|number| format!("rules{number}.policy")).collect();
    let uses: Vec<String> = names.iter().map(|name| format!("use \"{name}\"\n")).collect();
    let main = (MAIN.to_owned(), format!("{ISSUER}\n{}", uses.concat()));
    std::iter::once(main).chain(names.into_iter().zip(parts)).collect()
}

struct Generator {
    shape: Shape,
    random: Random,
}

impl Generator {
    fn rule(&mut self, number: usize) -> Rule {
        let shared = vec![format!("g{}", number % SHARED_GROUPS)];
        match self.shape {
            Shape::DistinctPrefixes => Rule {
                pattern: format!("/svc{number}/items/*"),
                path: format!("/svc{number}/items/1"),
                groups: shared,
            },
            Shape::SharedPrefix => {
                let path = format!("/api/v1/tenants/services/{}", self.word(number));
                Rule { pattern: path.clone(), path, groups: shared }
            }
            Shape::SharedPath => Rule {
                pattern: "/items/{item}".to_owned(),
                path: "/items/1".to_owned(),
                groups: vec![self.word(number)],
            },
            Shape::ManyGroups => {
                let name = self.word(number);
                Rule {
                    pattern: format!("/{name}/items/*"),
                    path: format!("/{name}/items/1"),
                    groups: ["owners", "editors", "readers"].map(|role| format!("{name}-{role}")).to_vec(),
                }
            }
            Shape::DeepPaths => {
                let path = format!("{}/{}", self.deep(), self.word(number));
                Rule { pattern: path.clone(), path, groups: shared }
            }
            Shape::Wildcards => self.wildcard(number, shared),
        }
    }

    /// The last rule's form does not depend on the seed: it starts with a wildcard.
    fn wildcard(&mut self, number: usize, groups: Vec<String>) -> Rule {
        let (tenant, name) = (self.random.below(1_000), self.word(number));
        let (pattern, path) = match number % 5 {
            0 => (format!("/t{tenant}/{name}/{{id}}"), format!("/t{tenant}/{name}/1")),
            1 => (format!("/t{tenant}/*/{name}"), format!("/t{tenant}/x/{name}")),
            2 => (format!("/t{tenant}/{name}/**"), format!("/t{tenant}/{name}/x/y")),
            3 => (format!("/{{any}}/*/{name}/{{rest+}}"), format!("/a/b/{name}/c/d")),
            _ => (format!("/*/{name}/*"), format!("/a/{name}/b")),
        };
        Rule { pattern, path, groups }
    }

    /// Who the last rule allows, and who no rule does.
    fn probes(&mut self, rules: &[Rule]) -> (Probe, Probe) {
        let Some(rule) = rules.last() else { return (Probe::nowhere(), Probe::nowhere()) };
        let Some(own) = rule.groups.last() else { return (Probe::nowhere(), Probe::nowhere()) };
        let probe =
            |groups: Value, path: &str| Probe { claims: json!({"groups": groups}), path: path.to_owned() };
        let mine = |path: &str| probe(json!([own]), path);
        let none = match self.shape {
            Shape::DistinctPrefixes => mine("/other/items/1"),
            Shape::SharedPrefix => mine("/api/v1/tenants/services/other"),
            Shape::SharedPath => probe(json!(["other"]), "/items/1"),
            Shape::ManyGroups => return self.crowd(rules, rule),
            Shape::DeepPaths => mine(&format!("{}/other", self.deep())),
            Shape::Wildcards => mine("/t1/other/b/c"),
        };
        (mine(&rule.path), none)
    }

    /// A token in 50 groups of the rules, with the last rule's among them and without.
    fn crowd(&mut self, rules: &[Rule], last: &Rule) -> (Probe, Probe) {
        let others = rules.len().saturating_sub(1);
        let mut groups: Vec<&str> = Vec::new();
        for _ in 0..49 {
            let drawn = rules.get(self.random.below(others.max(1))).filter(|_| others > 0);
            groups.extend(drawn.and_then(|rule| rule.groups.first()).map(String::as_str));
        }
        let without = json!({"groups": groups});
        groups.extend(last.groups.last().map(String::as_str));
        let probe = |claims: Value| Probe { claims, path: last.path.clone() };
        (probe(json!({"groups": groups})), probe(without))
    }

    /// Eleven segments out of eight words.
    fn deep(&mut self) -> String {
        const WORDS: [&str; 8] = ["eu", "us", "team", "unit", "zone", "area", "item", "part"];
        (0..DEPTH).fold(String::new(), |path, _| {
            let word = WORDS.get(self.random.below(WORDS.len())).copied().unwrap_or_default();
            path + "/" + word
        })
    }

    /// A name that no other number has.
    fn word(&mut self, number: usize) -> String {
        format!("{:04x}-{number}", self.random.below(0x1_0000))
    }
}

impl Probe {
    fn nowhere() -> Self {
        Self { claims: json!({}), path: "/".to_owned() }
    }
}

/// `SplitMix64`: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below the bound, which is far below 2^32: the bias does not matter here.
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use policy_engine::{Request, RequestContext, Verb};

    use super::*;

    #[test]
    fn the_last_rule_alone_allows_and_the_other_probe_is_denied() {
        for shape in Shape::ALL {
            for count in [1, 10, 1_000] {
                let corpus = Corpus::new(shape, count, SEED);
                let policy = corpus.policy().unwrap();
                assert_eq!(policy.program().parts().rules.len(), count);
                let allowed = |probe: &Probe| {
                    let token = crate::token(&probe.claims);
                    let context = RequestContext::default();
                    let request = Request { verb: Verb::Get, path: &probe.path, context: &context };
                    policy.caller(Some(&token)).decide(&request).allowed
                };
                assert!(allowed(&corpus.last), "{} {count}", shape.name());
                assert!(!allowed(&corpus.none), "{} {count}", shape.name());
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_text() {
        for shape in Shape::ALL {
            let text = |seed| Corpus::new(shape, 100, seed).text().to_owned();
            assert_eq!(text(1), text(1));
            assert_eq!(text(1) == text(2), shape == Shape::DistinctPrefixes, "{}", shape.name());
        }
    }

    #[test]
    fn what_does_not_fit_into_a_file_is_taken_in_from_others() {
        let corpus = Corpus::new(Shape::DistinctPrefixes, 100_000, SEED);
        assert_eq!(corpus.files.len(), 3);
        assert_eq!(corpus.program().unwrap().parts().rules.len(), 100_000);
    }
}
