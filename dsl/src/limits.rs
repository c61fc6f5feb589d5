//! Bounds on what is read. Each has its own error; work is bounded by counts, never by time.

/// The longest file, in bytes.
pub const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;

/// The longest line, in bytes.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// The longest string as it is written, in bytes.
pub const MAX_STRING_BYTES: usize = 16 * 1024;

/// The most statements in a file.
pub const MAX_STATEMENTS: usize = 100_000;

/// How deep parentheses, brackets, braces and `not` may be nested in one another.
pub const MAX_DEPTH: usize = 64;

/// The most segments in a path.
pub const MAX_SEGMENTS: usize = 64;

/// The most syntax errors that are reported for a file.
pub const MAX_REPORTED: usize = 200;
