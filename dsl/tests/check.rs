//! What the checker says to policies that parse: the codes, their places, their help.

mod check {
    mod conditions;
    mod files;
    mod issuers;
    mod names;
    mod output;
    mod program;
    mod support;
    mod tests;
}
