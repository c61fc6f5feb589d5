//! The options of what runs the tests of policies, and of what shows who may do what.

use std::net::IpAddr;

use clap::ValueEnum;

use super::{Format, ParamArgs, value};

/// How the results of tests are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// Text for people.
    Human,
    /// One JSON object.
    Json,
    /// What CI servers read as `junit.xml`.
    Junit,
}

/// Run the `test` statements of policies
///
/// Exit status 1 when an expectation is not met or the coverage is too small, 3 when a policy is invalid.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Coverage counts a part for each rule, met when it made a decision, and two for each test in its condition,
met when it was true and when it was false.

Examples:
  policyctl test policies
  policyctl test users.policy --param admin_group=ops --format json
  policyctl test policies --coverage --min-coverage 90
  policyctl test policies --format junit --coverage-out coverage.info > junit.xml")]
pub(crate) struct TestArgs {
    /// Policy files, or folders that are searched for `*.policy`
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<String>,
    /// How the results are printed
    #[arg(long, value_enum, default_value_t = TestFormat::Human)]
    pub(crate) format: TestFormat,
    /// Show beside the rules' text what no test has met
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Write the coverage to a file, as an lcov tracefile
    #[arg(long, value_name = "FILE")]
    pub(crate) coverage_out: Option<String>,
    /// Exit with 1 where less is met, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=100))]
    pub(crate) min_coverage: Option<u8>,
    #[command(flatten)]
    pub(crate) params: ParamArgs,
}

impl TestArgs {
    /// Whether anything that was asked needs the coverage.
    pub(crate) const fn wants_coverage(&self) -> bool {
        self.coverage || self.coverage_out.is_some() || self.min_coverage.is_some()
    }
}

/// Show who may do what: routes by personas
///
/// The personas are the callers of the policy's tests, or those that are given. The routes are those of the
/// `api` statement, and else of the rules. Where a rule compares a part of the path with the caller, the route
/// is tried with the caller's own value and with another one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  policyctl matrix users.policy
  policyctl matrix users.policy --claims '{\"sub\": \"ana\"}' --claims admin.json --anonymous
  policyctl matrix policy.bundle --claims claims.json --format json")]
pub(crate) struct MatrixArgs {
    /// A policy file, or a bundle
    #[arg(value_name = "POLICY")]
    pub(crate) policy: String,
    /// Claims that are taken as verified: a JSON object, or a file that holds one; several times for several
    /// personas
    #[arg(long, value_name = "FILE|JSON")]
    pub(crate) claims: Vec<String>,
    /// Also nobody known: a request without a token
    #[arg(long)]
    pub(crate) anonymous: bool,
    /// Whose tokens the claims are of, where the policy has several issuers
    #[arg(long, value_name = "NAME", requires = "claims")]
    pub(crate) issuer: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) request: MatrixRequestArgs,
    #[command(flatten)]
    pub(crate) params: ParamArgs,
}

/// The rest of every request; for the personas of tests it is what the test says, unless given here.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "The rest of the requests")]
pub(crate) struct MatrixRequestArgs {
    /// A header, such as 'X-Tenant: a'
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = value::header)]
    pub(crate) headers: Vec<(String, String)>,
    /// A query parameter, such as 'page=2'
    #[arg(long = "query", value_name = "NAME=VALUE", value_parser = value::query)]
    pub(crate) query: Vec<(String, String)>,
    /// The caller's address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) ip: Option<IpAddr>,
    /// The API's stage
    #[arg(long, value_name = "NAME")]
    pub(crate) stage: Option<String>,
    /// The time of the requests; unknown unless given
    #[arg(long, value_name = "RFC3339", value_parser = value::now)]
    pub(crate) now: Option<i64>,
}
