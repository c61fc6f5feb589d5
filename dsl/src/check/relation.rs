//! What stands between two values.

use policy_engine::condition::{Comparison, Literal};
use policy_engine::glob;
use policy_engine::text::Text;

use super::model::{Atom, Condition, Operand};
use super::value::{Term, TermKind, Type};
use super::{Checked, Checker, Reported};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::{Operator, Relation, Spanned};

impl Checker<'_> {
    pub(super) fn relation(&mut self, relation: &Relation) -> Checked<Condition> {
        let (left, right) = (self.value(&relation.left), self.value(&relation.right));
        let (left, right) = (left?, right?);
        let operator = relation.operator;
        match operator.node {
            Operator::Equal => self.compare(left, operator, Comparison::Equal, right),
            Operator::NotEqual => {
                self.compare(left, operator, Comparison::Equal, right).map(Condition::negated)
            }
            Operator::Less => self.compare(left, operator, Comparison::Less, right),
            Operator::LessOrEqual => self.compare(left, operator, Comparison::LessOrEqual, right),
            Operator::Greater => self.compare(left, operator, Comparison::Greater, right),
            Operator::GreaterOrEqual => self.compare(left, operator, Comparison::GreaterOrEqual, right),
            Operator::In => self.member(&left, right),
            Operator::Contains => self.member(&right, left),
            Operator::Like => self.like(left, &right),
        }
    }

    fn compare(
        &mut self,
        left: Term,
        operator: Spanned<Operator>,
        comparison: Comparison,
        right: Term,
    ) -> Checked<Condition> {
        match (left.kind_of(), right.kind_of()) {
            (Type::Address, _) => return self.compare_address(&left, operator, &right),
            (_, Type::Address) => return self.compare_address(&right, operator, &left),
            (Type::List, _) | (_, Type::List) => {
                return Err(self.report_list_compared(&left, operator, &right));
            }
            (a, b) if !(agree(a, b) || is_moment(&left, &right) || is_moment(&right, &left)) => {
                return Err(self.report_disagreement(&left, operator, &right));
            }
            (a, b) if comparison != Comparison::Equal && (a == Type::Boolean || b == Type::Boolean) => {
                let message = format!("`{}` does not compare booleans", operator.node.as_str());
                let diagnostic = Diagnostic::new(Code::NeverAgree, message).at(operator.span);
                return Err(self.report(diagnostic.help("use `==` or `!=`")));
            }
            _ => {}
        }
        let (meets_time, right_meets_time) = (right.kind_of() == Type::Time, left.kind_of() == Type::Time);
        let (left, right) = (self.operand(left, meets_time), self.operand(right, right_meets_time));
        Ok(Condition::Atom(Atom::Compare(left?, comparison, right?)))
    }

    /// The operand; the policy's own string is a point in time where it meets one.
    fn operand(&mut self, term: Term, meets_time: bool) -> Checked<Operand> {
        match term.kind {
            TermKind::Operand(Operand::Literal(Literal::Text(text))) if meets_time => {
                if let Text::Fixed(fixed) = &text
                    && fixed.parse::<jiff::Timestamp>().is_err()
                {
                    let message = format!("{} is not a point in time", self.quoted(term.span));
                    let help = "write it as in RFC 3339: `\"2026-01-01T00:00:00Z\"`";
                    return Err(self.report(Diagnostic::new(Code::BadTime, message).at(term.span).help(help)));
                }
                Ok(Operand::Literal(Literal::Instant(text)))
            }
            TermKind::Operand(operand) => Ok(operand),
            TermKind::Address | TermKind::List(_) => Err(Reported),
        }
    }

    fn report_disagreement(&mut self, left: &Term, operator: Spanned<Operator>, right: &Term) -> Reported {
        let always = if operator.node == Operator::NotEqual { "always" } else { "never" };
        let message = format!(
            "{} is {} and {} {}: `{}` {always} holds",
            self.quoted(left.span),
            left.kind_of().described(),
            self.quoted(right.span),
            right.kind_of().described(),
            operator.node.as_str(),
        );
        let help = match (left.kind_of(), right.kind_of()) {
            (Type::Time, _) | (_, Type::Time) => Some(
                "compare a time with a string such as `\"2026-01-01T00:00:00Z\"`, or with a number or claim in seconds"
                    .to_owned(),
            ),
            _ => self.in_quotes(left, right).or_else(|| self.in_quotes(right, left)),
        };
        let span = left.span.to(right.span);
        self.report(Diagnostic::new(Code::NeverAgree, message).at(span).maybe_help(help))
    }

    /// What to write for a number or boolean that meets a string.
    fn in_quotes(&self, string: &Term, other: &Term) -> Option<String> {
        let is_bare = matches!(other.constant(), Some(Literal::Number(_) | Literal::Bool(_)));
        (string.kind_of() == Type::String && is_bare)
            .then(|| format!("write `\"{}\"`", self.sources.slice(other.span)))
    }

    fn report_list_compared(&mut self, left: &Term, operator: Spanned<Operator>, right: &Term) -> Reported {
        let message = format!("a list is not compared with `{}`", operator.node.as_str());
        let help =
            "`x in […]` asks for one value among several, `token.list contains x` for one in a claim's list";
        let span = left.span.to(right.span);
        self.report(Diagnostic::new(Code::NeverAgree, message).at(span).help(help))
    }

    /// `item in list`, or `list contains item`
    fn member(&mut self, item: &Term, list: Term) -> Checked<Condition> {
        match (item.kind_of(), list.kind_of()) {
            (Type::Address, _) => self.address_in(&list),
            (Type::List, _) => {
                let message = format!("{} is a list, and none of a list's items", self.quoted(item.span));
                let help = "ask for each of its items: `\"a\" in token.x or \"b\" in token.x`";
                Err(self.report(Diagnostic::new(Code::NeverAgree, message).at(item.span).help(help)))
            }
            (Type::Time, _) => {
                let message = "a time is not looked for in a list";
                let help = "compare it with `<`, `<=`, `>` or `>=`";
                Err(self.report(Diagnostic::new(Code::NeverAgree, message).at(item.span).help(help)))
            }
            (_, Type::List | Type::Claim) => match (&item.kind, list.kind) {
                (TermKind::Operand(operand), TermKind::List(items)) => self.one_of(operand, item, items),
                (TermKind::Operand(operand), TermKind::Operand(list)) => {
                    Ok(Condition::Atom(Atom::Member { item: operand.clone(), list }))
                }
                _ => Err(Reported),
            },
            (_, found) => Err(self.report_no_list(&list, found)),
        }
    }

    fn report_no_list(&mut self, list: &Term, found: Type) -> Reported {
        let text = self.quoted(list.span);
        let message = format!("{text} is {}, and no list", found.described());
        let help = match list.constant() {
            Some(Literal::Text(_)) => {
                format!(
                    "write `[{}]`; a part of a string is found with `like \"*…*\"`",
                    text.trim_matches('`')
                )
            }
            Some(_) => format!("write `[{}]`", text.trim_matches('`')),
            None => "a list is `[…]` or a claim; a part of a string is found with `like \"*…*\"`".to_owned(),
        };
        self.report(Diagnostic::new(Code::NotAList, message).at(list.span).help(help))
    }

    /// Membership in a written list: its constants at once, what is only known at run time one by one.
    fn one_of(&mut self, operand: &Operand, item: &Term, items: Vec<Term>) -> Checked<Condition> {
        let (mut constants, mut alternatives, mut sound) = (Vec::new(), Vec::new(), Ok(()));
        for candidate in items {
            if let Err(reported) = self.check_item(item, &candidate) {
                sound = Err(reported);
                continue;
            }
            match candidate.kind {
                TermKind::Operand(Operand::Literal(literal)) => constants.push(literal),
                TermKind::Operand(other) => {
                    let atom = Atom::Compare(operand.clone(), Comparison::Equal, other);
                    alternatives.push(Condition::Atom(atom));
                }
                TermKind::Address | TermKind::List(_) => {}
            }
        }
        if !constants.is_empty() {
            let list = Operand::Literal(Literal::List(constants));
            alternatives.insert(0, Condition::Atom(Atom::Member { item: operand.clone(), list }));
        }
        sound.map(|()| Condition::Any(alternatives))
    }

    fn check_item(&mut self, item: &Term, candidate: &Term) -> Checked<()> {
        let (wanted, found) = (item.kind_of(), candidate.kind_of());
        if !matches!(found, Type::List | Type::Address | Type::Time) && agree(wanted, found) {
            return Ok(());
        }
        let (message, help) = if found == Type::List {
            ("a list holds no lists".to_owned(), Some("write its items into the outer list".to_owned()))
        } else {
            let (item_text, candidate_text) = (self.quoted(item.span), self.quoted(candidate.span));
            let (wanted, found) = (wanted.described(), found.described());
            let message =
                format!("{item_text} is {wanted}, and {candidate_text} {found}: they are never equal");
            (message, self.in_quotes(item, candidate))
        };
        Err(self.report(Diagnostic::new(Code::NeverAgree, message).at(candidate.span).maybe_help(help)))
    }

    fn like(&mut self, subject: Term, pattern: &Term) -> Checked<Condition> {
        let subject = self.expect_globbed(subject);
        let Some(text) = pattern.text() else {
            let found = pattern.kind_of().described();
            let message =
                format!("a glob is a string of the policy, and {} is {found}", self.quoted(pattern.span));
            let help = "write it in quotes: `like \"*@example.com\"`";
            return Err(self.report(Diagnostic::new(Code::NotAString, message).at(pattern.span).help(help)));
        };
        if let Text::Fixed(fixed) = text
            && let Err(error) = glob::matcher(fixed)
        {
            let message = format!("{} is not a glob: {error}", self.quoted(pattern.span));
            return Err(self.report(Diagnostic::new(Code::BadGlob, message).at(pattern.span)));
        }
        Ok(Condition::Atom(Atom::Like(subject?, text.clone())))
    }

    fn expect_globbed(&mut self, subject: Term) -> Checked<Operand> {
        let found = subject.kind_of();
        match subject.kind {
            TermKind::Operand(operand) if matches!(found, Type::String | Type::Claim) => Ok(operand),
            _ => {
                let message = format!(
                    "{} is {}, and a glob matches strings",
                    self.quoted(subject.span),
                    found.described()
                );
                let help =
                    (found == Type::Address).then_some("write a block: `request.ip in \"10.0.0.0/8\"`");
                Err(self.report(Diagnostic::new(Code::NeverAgree, message).at(subject.span).maybe_help(help)))
            }
        }
    }
}

/// Whether values of these types can be equal.
fn agree(a: Type, b: Type) -> bool {
    match (a, b) {
        (Type::Claim, _) | (_, Type::Claim) | (Type::Time, Type::Number) | (Type::Number, Type::Time) => true,
        _ => a == b,
    }
}

/// Whether one is a time and the other a string of the policy, which is then a point in time.
fn is_moment(time: &Term, text: &Term) -> bool {
    time.kind_of() == Type::Time && text.text().is_some()
}
