//! An event as the Lambda runtime hands it over.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// An event's JSON text, not looked at yet.
///
/// Reading one never fails: the runtime would answer a text that is no JSON with a message of its own, and
/// that would not be `Unauthorized`.
#[derive(Debug, Clone, Default)]
pub struct RawEvent(Option<Box<RawValue>>);

impl RawEvent {
    /// The text; empty where it was no JSON.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_deref().map_or(&[], |text| text.get().as_bytes())
    }
}

impl<'de> Deserialize<'de> for RawEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Box::<RawValue>::deserialize(deserializer).ok()))
    }
}
