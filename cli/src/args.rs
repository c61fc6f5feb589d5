//! What can be asked on the command line.

mod lint;
mod project;
mod request;
mod test;
pub(crate) mod value;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use policy_engine::{Algorithm, Verb};

pub(crate) use lint::LintArgs;
pub(crate) use project::{CompletionsArgs, InitArgs, ManArgs};
pub(crate) use request::{ParamArgs, RequestArgs, TokenArgs, WhoArgs};
pub(crate) use test::{MatrixArgs, MatrixRequestArgs, TestArgs, TestFormat};

/// Who may call which route of an API behind AWS API Gateway: one text that is checked, tested, simulated
/// and compiled for a Lambda authorizer.
#[derive(Debug, Parser)]
#[command(name = "policyctl", version, max_term_width = 100, after_help = EXIT_STATUS)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_STATUS: &str = "\
Results go to standard output, diagnostics to standard error. `-` is standard input wherever a file is
taken. Exit status: 0 fine, 1 findings or an unmet expectation, 2 wrong usage, 3 unreadable or invalid
input. A deny is not a failure.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(CheckArgs),
    Fmt(FmtArgs),
    Simulate(Box<SimulateArgs>),
    Iam(Box<IamArgs>),
    Test(TestArgs),
    Matrix(Box<MatrixArgs>),
    Build(BuildArgs),
    Package(PackageArgs),
    Inspect(InspectArgs),
    #[command(subcommand)]
    Token(TokenCommand),
    Init(InitArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// For people, or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people.
    Human,
    /// One JSON object.
    Json,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// Text for people
    Human,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands, which GitHub shows beside the changed lines
    Github,
}

/// Parse and check policies
///
/// Every problem of every file is reported in one run. Exit status 1 when there are errors, or warnings
/// with --deny-warnings.
///
/// The nearest `policyctl.toml` beside or above a policy says which warnings are errors or left out: under
/// `[lints]`, lines such as `never_holds = "error"`, `"warning"` or `"off"`. --deny, --warn and --allow, with a
/// warning's code or name, count more than the file.
///
/// With --fix, wrong spellings that leave no doubt are written as they are meant, in the files named and in
/// those that they use; a policy without errors is left as it is. Standard input is written to standard output.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  policyctl check policies
  policyctl check users.policy --format json --deny-warnings
  policyctl check policies --deny never_holds --allow W0407
  policyctl check policies --fix --dry-run
  policyctl check - --fix < users.policy
  policyctl check policies --format sarif > policies.sarif")]
pub(crate) struct CheckArgs {
    /// Policy files, or folders that are searched for `*.policy`
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<String>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    pub(crate) format: CheckFormat,
    /// Exit with 1 for warnings, too
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    #[command(flatten)]
    pub(crate) lints: LintArgs,
    /// Hold the policies against what deploys their API: a template of AWS SAM, CloudFormation or Serverless
    /// Framework, YAML or JSON; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) template: Vec<String>,
    /// Mend what is certain, and report what remains
    #[arg(long)]
    pub(crate) fix: bool,
    /// Write nothing, show what --fix would change; exit with 1 if that is anything
    #[arg(long, requires = "fix")]
    pub(crate) dry_run: bool,
}

/// Lay out policies the one way
///
/// Rewrites files that are not laid out so, and prints their names; a file with syntax errors is left as it
/// is. Comments stay, and the meaning does. What is read from standard input goes to standard output.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  policyctl fmt policies
  policyctl fmt --check policies
  policyctl fmt - < users.policy")]
pub(crate) struct FmtArgs {
    /// Policy files, or folders that are searched for `*.policy`
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<String>,
    /// Change nothing, print what would change as a diff, and exit with 1 if there is anything
    #[arg(long)]
    pub(crate) check: bool,
}

/// Decide one request, and explain the decision
///
/// The token is given by one of --claims, --token, --mint and --anonymous.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  policyctl simulate users.policy GET /users/ana --claims '{\"sub\": \"ana\"}'
  policyctl simulate users.policy GET /users/ana --mint '{\"sub\": \"ana\"}' --iam
  policyctl simulate users.policy GET /users --token token.jwt --param client_id=c
  policyctl simulate policy.bundle --event event.json
  policyctl simulate users.policy --batch requests.jsonl > decisions.jsonl

A line of --batch is a request; all but `verb` and `path` may be left out. Each gets a line, in order:
  {\"claims\": {\"sub\": \"ana\"}, \"verb\": \"GET\", \"path\": \"/users/ana\", \"headers\": {}, \"query\": {},
   \"ip\": \"10.0.0.1\", \"stage\": \"prod\", \"now\": \"2026-01-01T00:00:00Z\", \"userinfo\": {}}
  {\"decision\": \"allow\", \"reason\": \"rule\", \"rules\": [\"own_record\"]}")]
pub(crate) struct SimulateArgs {
    /// A policy file, or a bundle
    #[arg(value_name = "POLICY")]
    pub(crate) policy: String,
    /// The request's verb, in capitals
    #[arg(
        value_name = "VERB",
        value_parser = value::verb,
        required_unless_present_any = ["batch", "event"],
        conflicts_with_all = ["batch", "event"]
    )]
    pub(crate) verb: Option<Verb>,
    /// The request's path as sent, without a query
    #[arg(
        value_name = "PATH",
        value_parser = value::path,
        required_unless_present_any = ["batch", "event"],
        conflicts_with_all = ["batch", "event"]
    )]
    pub(crate) path: Option<String>,
    /// Also print the IAM policy that the authorizer would return
    #[arg(long, conflicts_with = "batch")]
    pub(crate) iam: bool,
    /// The method that --iam is for; one of a made-up API unless given
    #[arg(long, value_name = "ARN", requires = "iam", conflicts_with_all = ["batch", "event"])]
    pub(crate) method_arn: Option<String>,
    /// Decide the requests of a file, one JSON object a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["who", "request"])]
    pub(crate) batch: Option<String>,
    /// How the decision is printed; --batch always answers in JSON
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) who: WhoArgs,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    #[command(flatten)]
    pub(crate) params: ParamArgs,
}

/// Print the authorizer's answer for a token, as one line of JSON
///
/// Standard error says whether the policy covers the whole API or only the request at hand, why, and how
/// large it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  policyctl iam users.policy --claims claims.json \\
      --method-arn arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana
  policyctl iam policy.bundle --event event.json --param client_id=c
  policyctl iam users.policy --batch requests.jsonl > answers.jsonl

A line of --batch is a request; all but `method_arn` may be left out. Each gets a line, in order:
  {\"claims\": {\"sub\": \"ana\"}, \"method_arn\": \"arn:aws:execute-api:…\", \"headers\": {}, \"query\": {},
   \"ip\": \"10.0.0.1\", \"now\": \"2026-01-01T00:00:00Z\", \"userinfo\": {}}")]
pub(crate) struct IamArgs {
    /// A policy file, or a bundle
    #[arg(value_name = "POLICY")]
    pub(crate) policy: String,
    /// The method that is called
    #[arg(
        long,
        value_name = "ARN",
        required_unless_present_any = ["batch", "event", "all"],
        conflicts_with_all = ["batch", "event"]
    )]
    pub(crate) method_arn: Option<String>,
    /// Answer the requests of a file, one JSON object a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["who", "request"])]
    pub(crate) batch: Option<String>,
    /// What the callers of the policy's tests get: one table of sizes
    #[arg(
        long,
        conflicts_with_all = ["batch", "method_arn", "who", "request", "issuer", "jwks", "userinfo", "now"]
    )]
    pub(crate) all: bool,
    /// `json`: the answer alone; `human`: what it says, by route; without it, both
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    #[command(flatten)]
    pub(crate) who: WhoArgs,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    #[command(flatten)]
    pub(crate) params: ParamArgs,
}

/// Compile a policy to a bundle for the authorizer
///
/// The same text, and the same keys, give the same bytes. A policy with errors is refused.
///
/// With --keys, the bundle carries public keys of an issuer. The authorizer uses them while it could not fetch any
/// yet, and never after --keys-until.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  policyctl build users.policy -o policy.bundle
  policyctl build users.policy -o policy.bundle --keys cognito=jwks.json --keys-until 2027-01-01T00:00:00Z")]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    pub(crate) bundle: BundleArgs,
    /// Where the bundle goes; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// What goes into a bundle.
#[derive(Debug, clap::Args)]
pub(crate) struct BundleArgs {
    /// A policy file
    #[arg(value_name = "POLICY")]
    pub(crate) policy: String,
    /// A JWKS of an issuer to start from; may be given for several issuers
    #[arg(long, value_name = "ISSUER=FILE", value_parser = value::issuer_file, requires = "keys_until")]
    pub(crate) keys: Vec<(String, String)>,
    /// When the authorizer stops using them, whether or not it could fetch any
    #[arg(long, value_name = "RFC3339", value_parser = value::now, requires = "keys")]
    pub(crate) keys_until: Option<i64>,
}

/// Make the deployment package of a Lambda authorizer
///
/// A zip file with the authorizer's binary as `bootstrap` and the policy as `policy.bundle`. The same inputs give the
/// same bytes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  policyctl package users.policy --bootstrap target/release/bootstrap -o authorizer.zip"
)]
pub(crate) struct PackageArgs {
    #[command(flatten)]
    pub(crate) bundle: BundleArgs,
    /// The authorizer's binary for Linux, x86-64 or arm64
    #[arg(long, value_name = "FILE")]
    pub(crate) bootstrap: String,
    /// Where the package goes; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// Show what is in a bundle
///
/// A policy file is compiled first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  policyctl inspect policy.bundle --format json")]
pub(crate) struct InspectArgs {
    /// A bundle, or a policy file
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: String,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Development keys and tokens
///
/// So that nothing else is needed to try a policy. The keys are not kept safe: never let a deployed policy
/// accept them.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    Keys(KeysArgs),
    Mint(MintArgs),
    Decode(DecodeArgs),
}

/// Make a development key pair
///
/// With --out, writes `private.pem` and `jwks.json` into the folder; else prints both as one JSON object.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  policyctl token keys --out dev-keys
  policyctl token keys --algorithm ES256")]
pub(crate) struct KeysArgs {
    /// What the key signs with: RS256, ES256, or another of RFC 7518
    #[arg(long, value_name = "NAME", default_value = "RS256", value_parser = value::algorithm)]
    pub(crate) algorithm: Algorithm,
    /// The folder for the two files; an existing private key is not overwritten
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// Sign a development token, and print it
///
/// `iat` and `exp` are filled in unless the claims have them; with --policy also `iss`, `aud` and
/// `token_use`, as the issuer there asks for them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  policyctl token mint '{\"sub\": \"ana\"}' --key dev-keys/private.pem --policy users.policy \\
      --param client_id=c
  policyctl token mint claims.json --key dev-keys/private.pem --expires-in 60")]
pub(crate) struct MintArgs {
    /// The claims: a JSON object, or a file that holds one
    #[arg(value_name = "FILE|JSON")]
    pub(crate) claims: String,
    /// The private key that signs: PEM, as `token keys` writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) key: String,
    /// The header's `kid`; the key's thumbprint unless given, as in `jwks.json`
    #[arg(long, value_name = "ID")]
    pub(crate) kid: Option<String>,
    /// How long the token lives, in seconds; an hour unless given, or as long as the issuer lets it
    #[arg(long, value_name = "SECONDS")]
    pub(crate) expires_in: Option<u32>,
    /// When it is issued; the present time unless given
    #[arg(long, value_name = "RFC3339", value_parser = value::now)]
    pub(crate) now: Option<i64>,
    /// The policy whose issuer the token is made for
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<String>,
    /// The name of that issuer, where the policy has several
    #[arg(long, value_name = "NAME", requires = "policy")]
    pub(crate) issuer: Option<String>,
    #[command(flatten)]
    pub(crate) params: ParamArgs,
}

/// Show what a token says, without verifying it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  policyctl token decode token.jwt\n  pbpaste | policyctl token decode -")]
pub(crate) struct DecodeArgs {
    /// The token, or a file that holds it
    #[arg(value_name = "FILE|JWT")]
    pub(crate) token: String,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}
