//! Values for parameters that have none before a policy is deployed.

use std::collections::BTreeSet;

use policy_engine::ProgramParts;
use policy_engine::condition::{Atom, Literal, Operand};
use policy_engine::text::{ParamId, ParamValues, Part, Text};

/// An address of no one (RFC 5737).
const ADDRESS: &str = "192.0.2.1";

const INSTANT: &str = "2026-01-01T00:00:00Z";

/// The defaults, and for the other parameters what their places take.
pub(super) fn values(parts: &ProgramParts) -> ParamValues {
    let (mut addresses, mut instants) = (BTreeSet::new(), BTreeSet::new());
    for atom in &parts.conditions.atoms {
        match atom {
            Atom::AddressIn(text) => addresses.extend(params(text)),
            Atom::Compare(left, _, right) => {
                for operand in [left, right] {
                    if let Operand::Literal(Literal::Instant(text)) = operand {
                        instants.extend(params(text));
                    }
                }
            }
            _ => {}
        }
    }
    ParamValues::new(&parts.params, |name| {
        let at = parts.params.iter().position(|param| param.name == name && param.default.is_none())?;
        let id = ParamId(u32::try_from(at).ok()?);
        Some(if addresses.contains(&id) {
            ADDRESS.to_owned()
        } else if instants.contains(&id) {
            INSTANT.to_owned()
        } else {
            // A word that no other value is likely to be.
            format!("{name}-value")
        })
    })
}

fn params(text: &Text) -> Vec<ParamId> {
    let Text::Template(parts) = text else { return Vec::new() };
    let ids = parts.iter().filter_map(|part| match part {
        Part::Param(id) => Some(*id),
        Part::Fixed(_) => None,
    });
    ids.collect()
}
