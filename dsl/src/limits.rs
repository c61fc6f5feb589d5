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

/// The most files of a policy: those taken in with `use`, keys, and tests' tokens.
pub const MAX_FILES: usize = 1_000;

/// How many files may take one another in, one inside the other.
pub const MAX_USE_DEPTH: usize = 64;

/// The most bytes of all of a policy's files together.
pub const MAX_TOTAL_BYTES: usize = 64 * 1024 * 1024;

/// The most rules of a policy.
pub const MAX_RULES: usize = 100_000;

/// The most paths of all rules together.
pub const MAX_RULE_PATHS: usize = 500_000;

/// The most declared routes.
pub const MAX_ROUTES: usize = 100_000;

/// The most parameters.
pub const MAX_PARAMS: usize = 1_000;

/// The most issuers.
pub const MAX_ISSUERS: usize = 100;

/// The most entries of the context. API Gateway's own limit is on the bytes of the whole answer.
pub const MAX_CONTEXT_ENTRIES: usize = 200;

/// The most tests and operators of one condition, every `let` written out.
pub const MAX_CONDITION_NODES: usize = 10_000;

/// How deep a condition may be, every `let` written out.
pub const MAX_CONDITION_DEPTH: usize = 256;

/// The most tests and operators of all rules together, every `let` written out, once for each path.
pub const MAX_POLICY_NODES: usize = 4_000_000;

/// How many unknown names are compared with all the known ones.
pub const MAX_SUGGESTIONS: usize = 100;

/// How deep the objects and lists of an API description may be nested in one another.
pub const MAX_API_DEPTH: usize = 100;

/// The most values of an API description.
pub const MAX_API_VALUES: usize = 1_000_000;

/// How many references may lead from one path of an API description to what it stands for.
pub const MAX_API_REFERENCES: usize = 16;
