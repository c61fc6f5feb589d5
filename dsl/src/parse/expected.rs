//! What the grammar could have gone on with, in words for people.

use std::fmt;

use super::grammar::{Rule, STATEMENT_KEYWORDS};

/// The names of what could stand at a place; none twice.
pub(super) struct Expected(Vec<&'static str>);

/// More than this many are not put into one sentence.
const MAX_IN_SENTENCE: usize = 4;

const TEST_KEYWORDS: [&str; 12] = [
    "token",
    "anonymous",
    "issuer",
    "userinfo",
    "header",
    "query",
    "ip",
    "now",
    "stage",
    "param",
    "allow",
    "deny",
];

impl Expected {
    pub(super) fn new(rules: &[Rule]) -> Self {
        let mut labels: Vec<&'static str> = Vec::new();
        for label in rules.iter().filter_map(|rule| label(*rule)) {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        // A kind of value goes without saying where any value can stand.
        if labels.contains(&"a value") {
            labels.retain(|label| !matches!(*label, "`[`" | "a number" | "a string"));
        }
        // What may follow in any case comes last.
        labels.sort_by_key(|label| (*label == "a statement", !label.starts_with('`')));
        Self(labels)
    }

    pub(super) fn has(&self, label: &str) -> bool {
        self.0.contains(&label)
    }

    pub(super) fn is_only(&self, labels: &[&str]) -> bool {
        self.0 == labels
    }

    pub(super) fn is_short(&self) -> bool {
        self.0.len() <= MAX_IN_SENTENCE
    }

    /// The words that could stand here.
    pub(super) fn keywords(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|label| {
            let group: &[&'static str] = match *label {
                "a statement" => &STATEMENT_KEYWORDS,
                "a line of the test" => &TEST_KEYWORDS,
                "an operator" => &["in", "contains", "like"],
                "a condition" => &["not", "group", "scope", "issuer", "has", "token", "request", "path"],
                _ => &[],
            };
            let word = label.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
            group.iter().copied().chain(word)
        })
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => f.write_str("something else"),
            [only] => f.write_str(only),
            [first @ .., last] => write!(f, "{} or {last}", first.join(", ")),
        }
    }
}

/// What a rule of the grammar is called; `None` where it goes without saying, or is read only to be reported.
///
/// Exhaustive, so that a new rule cannot go without a name unseen.
#[allow(clippy::too_many_lines, reason = "a table")]
fn label(grammar_rule: Rule) -> Option<&'static str> {
    Some(match grammar_rule {
        Rule::kw_never => "`never`",
        Rule::kw_always => "`always`",
        Rule::kw_let => "`let`",
        Rule::kw_param => "`param`",
        Rule::kw_issuer => "`issuer`",
        Rule::kw_api => "`api`",
        Rule::kw_principal => "`principal`",
        Rule::kw_context => "`context`",
        Rule::kw_usage_key => "`usage_key`",
        Rule::kw_authorizer => "`authorizer`",
        Rule::kw_use => "`use`",
        Rule::kw_test => "`test`",
        Rule::kw_allow => "`allow`",
        Rule::when | Rule::kw_when => "`when`",
        Rule::unless | Rule::kw_unless => "`unless`",
        Rule::as_id | Rule::kw_as => "`as`",
        Rule::because | Rule::kw_because => "`because`",
        Rule::kw_token => "`token`",
        Rule::kw_anonymous => "`anonymous`",
        Rule::kw_userinfo => "`userinfo`",
        Rule::kw_header => "`header`",
        Rule::kw_query => "`query`",
        Rule::kw_ip => "`ip`",
        Rule::kw_now => "`now`",
        Rule::kw_stage => "`stage`",
        Rule::by_id | Rule::kw_by => "`by`",
        Rule::or_op => "`or`",
        Rule::and_op => "`and`",
        Rule::not_op => "`not`",
        Rule::kw_group => "`group`",
        Rule::kw_scope => "`scope`",
        Rule::kw_has => "`has`",
        Rule::json_of | Rule::kw_json => "`json`",

        Rule::open_brace | Rule::object => "`{`",
        Rule::close_brace => "`}`",
        Rule::open_paren => "`(`",
        Rule::close_paren => "`)`",
        Rule::open_bracket | Rule::list | Rule::array => "`[`",
        Rule::close_bracket => "`]`",
        Rule::equals => "`=`",
        Rule::colon => "`:`",
        Rule::item_comma => "`,`",

        Rule::file
        | Rule::statement
        | Rule::policy_rule
        | Rule::effect
        | Rule::invariant
        | Rule::let_statement
        | Rule::param
        | Rule::issuer
        | Rule::api
        | Rule::principal
        | Rule::context
        | Rule::usage_key
        | Rule::authorizer
        | Rule::use_statement
        | Rule::test => "a statement",
        Rule::verbs | Rule::verb => "a verb",
        Rule::paths | Rule::path_item | Rule::path | Rule::request_paths | Rule::request_path => "a path",
        Rule::route => "a route",
        Rule::entry | Rule::key => "a key",
        Rule::issuer_field | Rule::authorizer_field | Rule::field_name => "a field",
        Rule::test_item
        | Rule::test_token
        | Rule::test_anonymous
        | Rule::test_issuer
        | Rule::test_userinfo
        | Rule::test_header
        | Rule::test_query
        | Rule::test_ip
        | Rule::test_now
        | Rule::test_stage
        | Rule::test_param
        | Rule::expectation => "a line of the test",
        Rule::decision => "`allow` or `deny`",
        Rule::condition
        | Rule::conjunct
        | Rule::negation
        | Rule::atom
        | Rule::parens
        | Rule::group
        | Rule::scope
        | Rule::of_issuer
        | Rule::has
        | Rule::relation => "a condition",
        Rule::operator | Rule::symbol | Rule::kw_in | Rule::kw_contains | Rule::kw_like => "an operator",
        Rule::value
        | Rule::issuer_value
        | Rule::authorizer_value
        | Rule::bare
        | Rule::boolean
        | Rule::null
        | Rule::dotted => "a value",
        Rule::json => "a JSON value",
        Rule::pair => "a key in quotes",
        Rule::word | Rule::name | Rule::member => "a name",
        Rule::number => "a number",
        Rule::string => "a string",

        Rule::EOI
        | Rule::WHITESPACE
        | Rule::COMMENT
        | Rule::ident_start
        | Rule::ident_char
        | Rule::reserved
        | Rule::root_word
        | Rule::clause
        | Rule::rest_of_line
        | Rule::issuer_key
        | Rule::authorizer_key
        | Rule::escape
        | Rule::quoted_path
        | Rule::foreign_comma
        | Rule::foreign_semicolon
        | Rule::foreign_colon
        | Rule::foreign_equals
        | Rule::foreign_role
        | Rule::role_word
        | Rule::foreign_operator
        | Rule::foreign_equal
        | Rule::foreign_not_in => return None,
    })
}
