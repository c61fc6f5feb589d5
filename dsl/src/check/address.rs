//! `request.ip`, and what it is compared with.

use std::net::IpAddr;

use policy_engine::address::is_block;
use policy_engine::text::Text;

use super::model::{Atom, Condition};
use super::value::{Term, TermKind};
use super::{Checked, Checker};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::{Operator, Spanned};

const EXAMPLE: &str = "write it as `request.ip in \"10.0.0.0/8\"` or `request.ip == \"10.0.0.1\"`";

impl Checker<'_> {
    /// `request.ip == "10.0.0.1"`, and `!=`, which the caller negates.
    pub(super) fn compare_address(
        &mut self,
        address: &Term,
        operator: Spanned<Operator>,
        other: &Term,
    ) -> Checked<Condition> {
        if !matches!(operator.node, Operator::Equal | Operator::NotEqual) {
            let message = format!("`{}` does not compare addresses", operator.node.as_str());
            return Err(
                self.report(Diagnostic::new(Code::NeverAgree, message).at(operator.span).help(EXAMPLE))
            );
        }
        let text = self.expect_address_text(address, other)?;
        if let Text::Fixed(fixed) = &text
            && fixed.parse::<IpAddr>().is_err()
        {
            let quoted = self.quoted(other.span);
            let help = if is_block(fixed) {
                format!("write `request.ip in {}` for a block", quoted.trim_matches('`'))
            } else {
                help(fixed).to_owned()
            };
            let message = format!("{quoted} is not an address");
            return Err(self.report(Diagnostic::new(Code::BadAddress, message).at(other.span).help(help)));
        }
        Ok(Condition::Atom(Atom::AddressIn(text)))
    }

    /// `request.ip in "10.0.0.0/8"`, `request.ip in ["10.0.0.0/8", "10.0.0.1"]`
    pub(super) fn address_in(&mut self, blocks: &Term) -> Checked<Condition> {
        let TermKind::List(items) = &blocks.kind else {
            return self.block(blocks);
        };
        let items: Vec<Checked<Condition>> = items.iter().map(|item| self.block(item)).collect();
        items.into_iter().collect::<Checked<_>>().map(Condition::Any)
    }

    fn block(&mut self, block: &Term) -> Checked<Condition> {
        let text = self.expect_address_text(block, block)?;
        if let Text::Fixed(fixed) = &text
            && !is_block(fixed)
        {
            let message =
                format!("{} is neither an address nor a block of addresses", self.quoted(block.span));
            let diagnostic = Diagnostic::new(Code::BadAddress, message).at(block.span);
            return Err(self.report(diagnostic.help(help(fixed))));
        }
        Ok(Condition::Atom(Atom::AddressIn(text)))
    }

    fn expect_address_text(&mut self, address: &Term, other: &Term) -> Checked<Text> {
        if let Some(text) = other.text() {
            return Ok(text.clone());
        }
        let message = format!(
            "an address is only compared with strings and params, and {} is {}",
            self.quoted(other.span),
            other.kind_of().described()
        );
        let span = if address.span == other.span { other.span } else { enclosing(address, other) };
        Err(self.report(Diagnostic::new(Code::NeverAgree, message).at(span).help(EXAMPLE)))
    }
}

/// What to write in place of what is no block.
fn help(text: &str) -> &'static str {
    let address = text.split('/').next().unwrap_or_default();
    let mut numbers = address.rsplit(':').next().unwrap_or_default().split('.');
    if address.contains('.') && numbers.any(|number| number.len() > 1 && number.starts_with('0')) {
        return "write its numbers without leading zeros: `010` is 8 to some readers, and 10 to others";
    }
    EXAMPLE
}

fn enclosing(a: &Term, b: &Term) -> Span {
    if a.span.start <= b.span.start { a.span.to(b.span) } else { b.span.to(a.span) }
}
