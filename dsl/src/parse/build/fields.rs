//! Blocks of fields: `issuer` and `authorizer`.

use super::{Builder, is_separator};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::grammar::{Pair, Rule};
use crate::source::Span;
use crate::suggest::{did_you_mean, nearest};
use crate::syntax::{Name, Plain, Spanned, Text, TextPart};

/// A field as it is written.
pub(super) struct Field<'t> {
    pub(super) name: Name,
    pub(super) values: Vec<Pair<'t>>,
}

impl Builder {
    /// The fields of a block, and whether each has a name that the block knows and is there once.
    pub(super) fn fields<'t>(
        &mut self,
        block: &str,
        known: &[&str],
        pairs: impl Iterator<Item = Pair<'t>>,
    ) -> (Vec<Field<'t>>, bool) {
        let mut fields: Vec<Field<'t>> = Vec::new();
        let mut is_whole = true;
        for pair in pairs {
            let Some(mut field) = self.field(pair) else {
                is_whole = false;
                continue;
            };
            if !known.contains(&field.name.node.as_str()) {
                self.unknown_field(block, known, &field.name);
                is_whole = false;
                continue;
            }
            is_whole &= self.cut_swallowed(block, known, &mut field);
            if let Some(first) = fields.iter().find(|first| first.name.node == field.name.node) {
                let diagnostic =
                    Diagnostic::new(Code::Repeated, format!("`{}` is given twice", field.name.node))
                        .at(field.name.span)
                        .related("first here", first.name.span)
                        .help("keep one of them");
                self.report(diagnostic);
                is_whole = false;
                continue;
            }
            fields.push(field);
        }
        (fields, is_whole)
    }

    fn field<'t>(&mut self, pair: Pair<'t>) -> Option<Field<'t>> {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.next()?);
        let mut values = Vec::new();
        for value in inner {
            if is_separator(value.as_rule()) {
                self.separator(&value, "a field's name and its values are separated by spaces");
            } else {
                values.push(value);
            }
        }
        Some(Field { name, values })
    }

    fn unknown_field(&mut self, block: &str, known: &[&str], name: &Name) {
        let word = name.node.as_str();
        let diagnostic =
            Diagnostic::new(Code::UnknownField, format!("`{block}` has no field `{word}`")).at(name.span);
        self.report(match nearest(word, known.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).suggest(name.span, near),
            None => diagnostic.help(format!("its fields are {}", quoted_list(known))),
        });
    }

    /// Reports the misspelt name of a field that has been read as a value of the field before it, and takes
    /// it and its values from there; `false` where there is one.
    fn cut_swallowed(&mut self, block: &str, known: &[&str], field: &mut Field<'_>) -> bool {
        let last = field.values.len().saturating_sub(1);
        let is_field = |value: &Pair<'_>| {
            value.as_rule() == Rule::bare && nearest(value.as_str(), known.iter().copied()).is_some()
        };
        let swallowed = field.values.iter().take(last).skip(1).position(is_field).map(|at| at + 1);
        let Some((at, value)) = swallowed.and_then(|at| Some((at, field.values.get(at)?))) else {
            return true;
        };
        let name = self.name(value);
        self.unknown_field(block, known, &name);
        field.values.truncate(at);
        false
    }

    /// Says what a field's value has to be.
    pub(super) fn bad_value(&mut self, field: &Name, span: Span, expected: &str) {
        let message = format!("`{}` takes {expected}", field.node);
        self.report(Diagnostic::new(Code::BadFieldValue, message).at(span));
    }

    /// The only value of a field.
    pub(super) fn only<'t>(&mut self, field: &Field<'t>, expected: &str) -> Option<Pair<'t>> {
        match field.values.as_slice() {
            [value] => Some(value.clone()),
            [] => {
                self.bad_value(&field.name, field.name.span, expected);
                None
            }
            [_, second, ..] => {
                let span = self.span(second);
                let message = format!("`{}` takes {expected}, and nothing more", field.name.node);
                self.report(Diagnostic::new(Code::BadFieldValue, message).at(span));
                None
            }
        }
    }

    /// The values of a field that takes one or more, those in a list included.
    pub(super) fn several<'t>(&mut self, field: &Field<'t>, expected: &str) -> Option<Vec<Pair<'t>>> {
        let mut values = Vec::new();
        for value in &field.values {
            if value.as_rule() == Rule::list {
                let items = value.clone().into_inner().filter(|inner| inner.as_rule() == Rule::value);
                values.extend(items.filter_map(|item| item.into_inner().next()));
            } else {
                values.push(value.clone());
            }
        }
        if values.is_empty() {
            self.bad_value(&field.name, field.name.span, expected);
            return None;
        }
        Some(values)
    }

    /// A string, or the name of a param.
    pub(super) fn text_value(&mut self, field: &Name, pair: &Pair<'_>) -> Option<Text> {
        let span = self.span(pair);
        match pair.as_rule() {
            Rule::string => self.text(pair),
            Rule::bare | Rule::name if !crate::parse::grammar::is_reserved(pair.as_str()) => {
                Some(Text { parts: vec![TextPart::Param(self.name(pair))], span })
            }
            _ => {
                self.bad_value(field, span, "a string, or the name of a param");
                None
            }
        }
    }

    /// The only value, a string or the name of a param.
    pub(super) fn only_text(&mut self, field: &Field<'_>) -> Option<Text> {
        let value = self.only(field, "a string, or the name of a param")?;
        self.text_value(&field.name, &value)
    }

    /// The only value, a string without parameters.
    pub(super) fn only_plain(&mut self, field: &Field<'_>) -> Option<Plain> {
        let value = self.only(field, "a string")?;
        if value.as_rule() == Rule::string {
            return self.plain(&value);
        }
        let span = self.span(&value);
        self.bad_value(&field.name, span, "a string");
        None
    }

    /// The only value, a whole number that the type holds.
    pub(super) fn only_count<T: TryFrom<i64>>(
        &mut self,
        field: &Field<'_>,
        unit: &str,
    ) -> Option<Spanned<T>> {
        let expected = format!("a whole number of {unit}");
        let value = self.only(field, &expected)?;
        let span = self.span(&value);
        if value.as_rule() != Rule::number {
            self.bad_value(&field.name, span, &expected);
            return None;
        }
        let policy_engine::condition::Number::Integer(number) = self.number(&value)? else {
            self.bad_value(&field.name, span, &expected);
            return None;
        };
        let Ok(count) = T::try_from(number) else {
            self.bad_value(&field.name, span, &format!("{expected}, and `{number}` is out of range"));
            return None;
        };
        Some(Spanned::new(count, span))
    }

    /// The only value, one of some words.
    pub(super) fn only_word<T: Copy>(
        &mut self,
        field: &Field<'_>,
        words: &[(&str, T)],
    ) -> Option<Spanned<T>> {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let expected = match names.as_slice() {
            [first, second] => format!("`{first}` or `{second}`"),
            _ => format!("one of {}", quoted_list(&names)),
        };
        let value = self.only(field, &expected)?;
        let span = self.span(&value);
        let written = value.as_str();
        if let Some((_, meant)) = words.iter().find(|(word, _)| *word == written) {
            return Some(Spanned::new(*meant, span));
        }
        let message = format!("`{}` takes {expected}", field.name.node);
        let unquoted = written.trim_matches(['"', '\'']);
        let help = match unquoted {
            "true" if names.contains(&"yes") => Some("write `yes`".to_owned()),
            "false" if names.contains(&"no") => Some("write `no`".to_owned()),
            _ if names.contains(&unquoted) => Some(format!("write `{unquoted}` without quotes")),
            _ if unquoted.starts_with(|c: char| c.is_ascii_digit()) => None,
            _ => did_you_mean(unquoted, names),
        };
        self.report(Diagnostic::new(Code::BadFieldValue, message).at(span).maybe_help(help));
        None
    }
}

/// `a`, `b` and `c`, each in backquotes.
pub(super) fn quoted_list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
