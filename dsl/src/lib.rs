//! The rules language: its text is parsed into a [syntax tree](syntax), checked, and lowered to an engine
//! program. [`compile()`] goes the whole way.

mod check;
pub mod codes;
pub mod compile;
pub mod config;
pub mod diagnostic;
mod document;
pub mod fix;
pub mod format;
pub mod limits;
pub mod lint;
mod load;
mod lower;
mod openapi;
mod parse;
pub mod prove;
pub mod render;
pub mod source;
pub mod suggest;
pub mod syntax;
mod template;

pub use compile::{
    Compilation, CompiledPolicy, Expectation, RuleOrigin, TestCase, compile, diagnose, lint,
    lint_with_templates,
};
pub use parse::{parse, parse_in_batches};
