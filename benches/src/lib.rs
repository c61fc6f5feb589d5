//! What the benchmarks work on: policies as text, compiled as the command line does it.

pub mod corpus;
pub mod events;
pub mod floor;

use policy_dsl::source::MemoryFiles;
use policy_engine::condition::IssuerId;
use policy_engine::text::ParamValues;
use policy_engine::{Policy, Program, Token};
use serde_json::Value;

/// The Users rules: people keep their own record, administrators keep all, a scope opens the profile, and
/// nothing is deleted without a verified e-mail address.
pub const USERS: &str = r#"
issuer main {
    url       "https://issuer.example.com/"
    audience  "app"
    groups    token."cognito:groups"
}
allow GET PUT DELETE       /users/{userid}  /users/{userid}/**  when path.userid == token.sub
allow GET POST             /users                               when group "apiAdmins"
allow GET PUT DELETE POST  /users/**                            when group "apiAdmins"
allow GET                  /profile                             when scope "get:profile"
deny  DELETE               /users/**                            unless token.email_verified
"#;

/// Six kinds of records that people read and delete, each their own, a scope and a public route: 14 resources for a
/// person with the scope.
pub const RECORDS: &str = r#"
issuer main { url "https://issuer.example.com/" audience "app" }
let own = path.id == token.sub
allow GET DELETE  /users/{id} /albums/{id} /notes/{id} /drafts/{id} /keys/{id} /feeds/{id}  when own
allow GET         /profile                                                                  when scope "get:profile"
public GET        /status
"#;

/// Rule `i` allows `GET /svc{i}/items/*` for the group `g{i mod 100}`.
pub fn many_rules(count: usize) -> String {
    let issuer = r#"issuer main { url "https://issuer.example.com/" audience "app" groups token.groups }"#;
    let rule = |number| format!("allow GET /svc{number}/items/*  when group \"g{}\"", number % 100);
    let lines: Vec<String> = std::iter::once(issuer.to_owned()).chain((0..count).map(rule)).collect();
    lines.join("\n")
}

/// Rule `i` allows `GET /svc{i}` for the group `g{i mod 100}`: each group's rules fit into one policy.
pub fn many_routes(count: usize) -> String {
    many_rules(count).replace("/items/*", "")
}

/// Rule `i` allows `GET` on the declared route `/svc{i}/items/{item}` for the group `g{i mod 400}`.
pub fn many_declared(count: usize) -> String {
    let routes: Vec<String> =
        (0..count).map(|number| format!("    GET  /svc{number}/items/{{item}}")).collect();
    let head = r#"issuer main { url "https://issuer.example.com/" audience "app" groups token.groups }"#;
    let rule = |number| format!("allow GET /svc{number}/items/{{item}}  when group \"g{}\"", number % 400);
    let rules: Vec<String> = (0..count).map(rule).collect();
    format!("{head}\napi {{\n{}\n}}\n{}\n", routes.join("\n"), rules.join("\n"))
}

/// The same rules as people write them: a declared route, an id, a reason and a condition on the owner each.
pub fn rich_rules(count: usize) -> String {
    let head = r#"param team = "g7"
issuer main {
    url       "https://issuer.example.com/"
    audience  "app"
    groups    token.groups
}
let staff = group team
"#;
    let route = |number| format!("    GET PUT  /svc{number}/items/{{item}}");
    let rule = |number| {
        format!(
            "## Items of service {number}.\nallow GET PUT  /svc{number}/items/{{item}}  when path.item == token.sub or \
             staff and group \"g{}\"  unless token.suspended == true  as items_{number}  because \"theirs\"",
            number % 100
        )
    };
    let routes: Vec<String> = (0..count).map(route).collect();
    let rules: Vec<String> = (0..count).map(rule).collect();
    format!("{head}api {{\n{}\n}}\n{}\n", routes.join("\n"), rules.join("\n"))
}

/// The compiled program of a policy's text; an error shows its first diagnostic.
pub fn program(text: &str) -> Result<Program, String> {
    compile("bench.policy", &MemoryFiles::default().with("bench.policy", text))
}

fn compile(main: &str, files: &MemoryFiles) -> Result<Program, String> {
    let compilation = policy_dsl::compile(main, files);
    let first = compilation.diagnostics.first().map(|diagnostic| diagnostic.message.clone());
    compilation.policy.map(|policy| policy.program).ok_or_else(|| first.unwrap_or_default())
}

/// The policy of a text without parameters.
pub fn policy(text: &str) -> Result<Policy, String> {
    let program = program(text)?;
    let values = ParamValues::new(&program.parts().params, |_| None);
    Policy::bind(program, values).map_err(|error| error.to_string())
}

/// A token of the first issuer.
pub fn token(claims: &Value) -> Token {
    Token::new(IssuerId(0), claims.as_object().cloned().unwrap_or_default())
}
