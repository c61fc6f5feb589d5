//! The log: one JSON object a line.
//!
//! Nothing that could be replayed is ever handed to it: no token, no part of one, no header.

mod sampling;

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

pub use sampling::Sampling;

/// The longest line, in bytes; of a longer one only the message is written.
const MAX_LINE_BYTES: usize = 16 * 1024;
/// The longest text from outside that a line repeats, in characters.
const MAX_QUOTED_CHARS: usize = 128;

/// How much a line matters, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Somebody has to act.
    Error,
    /// Somebody should look.
    Warn,
    /// What happened: one line a decision.
    Info,
    /// What is only of use when looking for a fault.
    Debug,
}

impl Level {
    /// The level of that name, in any case; `Some(None)` for `off`.
    ///
    /// ```
    /// use policy_authorizer::log::Level;
    ///
    /// assert_eq!(Level::parse("warn"), Some(Some(Level::Warn)));
    /// assert_eq!(Level::parse("off"), Some(None));
    /// assert_eq!(Level::parse("loud"), None);
    /// ```
    pub fn parse(name: &str) -> Option<Option<Self>> {
        match name.to_ascii_lowercase().as_str() {
            "off" => Some(None),
            "error" | "fatal" => Some(Some(Self::Error)),
            "warn" => Some(Some(Self::Warn)),
            "info" => Some(Some(Self::Info)),
            "debug" | "trace" => Some(Some(Self::Debug)),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
        }
    }
}

/// Where the lines go, and which of them.
pub struct Log {
    level: Option<Level>,
    clock: fn() -> SystemTime,
    sink: Mutex<Box<dyn Write + Send>>,
}

#[derive(Serialize)]
struct Line<'a, F> {
    /// As RFC 3339. Without it, Lambda's own filter takes every line for one of the level INFO (Lambda's developer
    /// guide, "Log-level filtering").
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    level: &'static str,
    message: &'a str,
    #[serde(flatten)]
    fields: F,
}

#[derive(Serialize)]
struct NoFields {}

impl Log {
    /// Writes lines of that level and graver ones to `sink`; none where `level` is none.
    pub fn new(level: Option<Level>, sink: impl Write + Send + 'static) -> Self {
        Self { level, clock: SystemTime::now, sink: Mutex::new(Box::new(sink)) }
    }

    /// Writes to standard error, which Lambda hands to `CloudWatch` line by line.
    pub fn to_stderr(level: Option<Level>) -> Self {
        Self::new(level, std::io::stderr())
    }

    /// Writes nothing.
    pub fn off() -> Self {
        Self::new(None, std::io::sink())
    }

    /// Whether lines of that level are written.
    pub fn is_on(&self, level: Level) -> bool {
        self.level.is_some_and(|most| level <= most)
    }

    /// Writes a line. `fields` is a struct or a map; its members stand beside `level` and `message`.
    ///
    /// A line that cannot be written is lost: there is no better place to say so.
    pub fn write(&self, level: Level, message: &str, fields: impl Serialize) {
        if !self.is_on(level) {
            return;
        }
        let mut line = self.encode(level, message, fields).unwrap_or_default();
        if line.is_empty() || line.len() > MAX_LINE_BYTES {
            line = self.encode(level, message, NoFields {}).unwrap_or_default();
        }
        write_line(&self.sink, line);
    }

    fn encode(&self, level: Level, message: &str, fields: impl Serialize) -> Option<Vec<u8>> {
        let since = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default();
        let milliseconds = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let timestamp = Timestamp::from_millisecond(milliseconds).ok().map(|time| time.to_string());
        serde_json::to_vec(&Line { timestamp, level: level.name(), message, fields }).ok()
    }
}

/// Writes a line in one piece, so that lines of several threads do not mix. One that cannot be written is lost.
pub(crate) fn write_line(sink: &Mutex<Box<dyn Write + Send>>, mut line: Vec<u8>) {
    line.push(b'\n');
    let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = sink.write_all(&line).and_then(|()| sink.flush());
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("level", &self.level).finish_non_exhaustive()
    }
}

/// A short text from outside as it may stand in a message: cut, escaped and in backquotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted(String);

impl Quoted {
    /// Cuts and escapes it.
    pub fn new(text: &str) -> Self {
        Self(clip(text))
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

/// The text without control characters, and not longer than a line of a log should repeat.
pub(crate) fn clip(text: &str) -> String {
    // What nearly every text is: as it may stand.
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) && !matches!(byte, b'"' | b'\'' | b'\\');
    if text.len() <= MAX_QUOTED_CHARS && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(MAX_QUOTED_CHARS).flat_map(char::escape_debug).collect();
    if text.chars().nth(MAX_QUOTED_CHARS).is_some() {
        out.push('…');
    }
    out
}

/// Serialises what `Display` says.
pub(crate) fn as_text<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use super::*;

    /// A log whose lines can be read back.
    #[derive(Clone, Default)]
    pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Memory {
        pub(crate) fn log(&self) -> Log {
            self.log_of(Some(Level::Debug))
        }

        fn log_of(&self, level: Option<Level>) -> Log {
            let clock = || std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_800_000_000_120);
            Log { clock, ..Log::new(level, self.clone()) }
        }

        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_json_object() {
        let memory = Memory::default();
        memory.log().write(Level::Info, "a \"b\"\nc", serde_json::json!({ "n": 1 }));
        assert_eq!(
            memory.text(),
            "{\"timestamp\":\"2027-01-15T08:00:00.12Z\",\"level\":\"INFO\",\"message\":\"a \\\"b\\\"\\nc\",\"n\":1}\n"
        );
    }

    #[test]
    fn lines_beyond_the_level_are_left_out() {
        let memory = Memory::default();
        let log = memory.log_of(Some(Level::Warn));
        log.write(Level::Info, "no", NoFields {});
        log.write(Level::Warn, "yes", NoFields {});
        memory.log_of(None).write(Level::Error, "no", NoFields {});
        assert_eq!(memory.text().lines().count(), 1);
        assert!(memory.text().ends_with("\"level\":\"WARN\",\"message\":\"yes\"}\n"));
    }

    #[test]
    fn an_endless_line_is_cut_to_its_message() {
        let memory = Memory::default();
        memory.log().write(Level::Info, "short", serde_json::json!({ "text": "x".repeat(MAX_LINE_BYTES) }));
        assert!(memory.text().ends_with("\"level\":\"INFO\",\"message\":\"short\"}\n"), "{}", memory.text());
    }

    #[test]
    fn quoted_text_is_cut_and_escaped() {
        assert_eq!(Quoted::new("a\n\u{1b}[31m").to_string(), "`a\\n\\u{1b}[31m`");
        assert_eq!(Quoted::new(&"x".repeat(500)).to_string().chars().count(), MAX_QUOTED_CHARS + 3);
    }
}
