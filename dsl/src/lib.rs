//! The rules language: its text is parsed into a [syntax tree](syntax), checked, and lowered to an engine
//! program.

pub mod codes;
pub mod diagnostic;
pub mod limits;
pub mod source;
pub mod syntax;
