//! A program as it stands in a bundle: without what follows from the rest.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::index::Packed;
use crate::program::{Program, ProgramParts, Rule};

#[derive(Deserialize)]
struct Stored {
    parts: ProgramParts,
    index: Packed,
}

#[derive(Serialize)]
struct StoredRef<'a> {
    parts: &'a ProgramParts,
    index: Packed,
}

impl Serialize for Program {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = self.parts.clone();
        let rules = parts.rules.iter().map(|rule| Rule { id: String::new(), ..rule.clone() });
        let rules = rules.zip(&self.parts.rules).map(|(without_id, rule)| {
            let follows = default_id(&self.parts.files, rule) == rule.id;
            if follows { without_id } else { rule.clone() }
        });
        parts.rules = rules.collect();
        let index = Packed::build(&parts.clauses, &parts.conditions);
        StoredRef { parts: &parts, index }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Program {
    /// Refuses an index that is none.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { mut parts, index } = Stored::deserialize(deserializer)?;
        let ProgramParts { files, rules, .. } = &mut parts;
        for rule in rules.iter_mut().filter(|rule| rule.id.is_empty()) {
            rule.id = default_id(files, rule);
        }
        let index = index.unpack().map_err(|_| serde::de::Error::custom("the index is none"))?;
        Ok(Self { parts, index })
    }
}

/// What a rule is called that has no id of its own: its file and line.
fn default_id(files: &[String], rule: &Rule) -> String {
    format!("{}:{}", files.get(rule.file as usize).map_or("", String::as_str), rule.line)
}
