//! `policyctl iam`.

use serde_json::json;

use super::support::Folder;

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana";

#[test]
fn the_answer_is_the_authorizers() {
    let folder = Folder::new();
    folder.write(
        "p.policy",
        "issuer main { url \"https://issuer.example\" }\n\
         allow GET /users/{id} when path.id == token.sub\n\
         context { admin = token.admin }\n\
         usage_key token.key\n",
    );
    let claims = r#"{"sub": "ana", "admin": true, "key": "k"}"#;
    let run = folder.run(&["iam", "p.policy", "--claims", claims, "--method-arn", ARN]).ends(0);
    assert_eq!(run.out.lines().count(), 1);
    let run = run.says("the policy covers the whole API").says("of 8,192 bytes");
    let expected = json!({
        "principalId": "ana",
        "policyDocument": { "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [ARN] }
        ]},
        "context": { "admin": true },
        "usageIdentifierKey": "k"
    });
    assert_eq!(run.json(), expected);
}

#[test]
fn an_answer_for_one_request_says_why() {
    let folder = Folder::new();
    let arn = ARN.replace("users/ana", "tenant");
    let args =
        ["iam", "p.policy", "--claims", r#"{"sub": "ana"}"#, "--header", "x-tenant: a", "--method-arn", &arn];
    let run = folder.run(&args).ends(0).says("only the request at hand").says("`tenant_page` (p.policy:14)");
    assert!(run.out.contains("GET/tenant"), "{}", run.out);
}

#[test]
fn the_rules_behind_each_statement_are_shown() {
    let folder = Folder::new();
    folder.write(
        "p.policy",
        "issuer main { url \"https://issuer.example\" groups token.groups }\n\
         allow GET PUT /users/{id} when path.id == token.sub as own\n\
         allow GET     /docs/{page} as docs\n\
         deny  GET     /docs/secret as secret\n\
         allow POST    /late when request.time < \"2030-01-01T00:00:00Z\"\n",
    );
    let args = ["iam", "p.policy", "--claims", r#"{"sub": "ana"}"#, "--method-arn", ARN];
    let listing = folder.run(&[&args[..], &["--format", "human"]].concat()).ends(0).out;
    for line in [
        "the policy covers the whole API; ",
        "  /docs/*\n    allow  GET  by `docs` (p.policy:3)\n",
        "  /docs/*/*\n    deny   GET  guard: a `*` of `docs` (p.policy:3) reaches it\n",
        "  /docs/secret\n    deny   GET  by `secret` (p.policy:4)\n",
        "  /late\n    allow  POST  by `p.policy:5`, before 2030-01-01T00:00:00Z\n",
        "  /users/ana\n    allow  GET PUT  by `own` (p.policy:2)\n",
        "  malformed paths\n    deny   14 resources\n",
    ] {
        assert!(listing.contains(line), "{line}\n{listing}");
    }
    // Without a format there is both; with `json` the answer and one line.
    let both = folder.run(&args).ends(0);
    assert_eq!(both.err, listing);
    let json = folder.run(&[&args[..], &["--format", "json"]].concat()).ends(0);
    assert_eq!((json.err.lines().count(), json.out), (1, both.out));
}

#[test]
fn the_sizes_of_all_personas_are_shown() {
    let folder = Folder::new();
    let text = format!("{}\ntest \"nobody\" {{ anonymous allow GET /health }}\n", super::support::POLICY);
    folder.write("p.policy", text);
    let run = folder.run(&["iam", "p.policy", "--all"]).ends(0);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines[0], "persona                       answer       resources    bytes  budget");
    assert!(
        lines[1].starts_with("people read their own record  one request  the rule `tenant_page`"),
        "{}",
        lines[1]
    );
    assert!(lines[2].starts_with("nobody                        whole API            1  "), "{}", lines[2]);
    let json = folder.run(&["iam", "p.policy", "--all", "--format", "json"]).ends(0).json();
    assert_eq!(json["version"], 1);
    assert_eq!(json["personas"][0]["mode"], "per_request");
    assert_eq!(json["personas"][0]["bytes"], json!(null));
    assert_eq!(json["personas"][1]["mode"], "whole_api");
    assert_eq!(json["personas"][1]["resources"], 1);
    assert_eq!(json["personas"][1]["tests"], json!(["nobody"]));
    folder.run(&["iam", "p.policy", "--all", "--method-arn", ARN]).ends(2);
}

#[test]
fn who_has_no_token_or_an_invalid_one_is_unauthorized() {
    let folder = Folder::new();
    let unauthorized = json!({ "errorType": "Unauthorized", "errorMessage": "Unauthorized" });
    let run = folder
        .run(&["iam", "p.policy", "--anonymous", "--method-arn", ARN])
        .ends(0)
        .says("there is no token");
    assert_eq!(run.json(), unauthorized);
    let args = ["iam", "p.policy", "--token", "a.b.c", "--method-arn", ARN, "--param", "pool=p"];
    let run = folder.run(&args).ends(0).says("`Unauthorized` (401)");
    assert_eq!(run.json(), unauthorized);

    let health = ARN.replace("users/ana", "health");
    let run = folder.run(&["iam", "p.policy", "--anonymous", "--method-arn", &health]).ends(0);
    assert_eq!(run.json()["principalId"], "anonymous");

    let text = format!("{}\nauthorizer {{ invalid_token 403 }}\n", super::support::POLICY);
    folder.write("p.policy", text);
    let run = folder.run(&args).ends(0).says("everything is denied (403)");
    assert_eq!(run.json()["policyDocument"]["Statement"][0]["Effect"], "Deny");
}

#[test]
fn wrong_usage_is_explained() {
    let folder = Folder::new();
    for (args, status, said) in [
        (&["--claims", "{}"][..], 2, "--method-arn"),
        (&["--method-arn", ARN], 2, "--anonymous"),
        (&["--anonymous", "--method-arn", "arn:x"], 3, "is not a method ARN"),
        (&["--anonymous", "--method-arn", ARN, "--stage", "dev"], 2, "the method's is `prod`"),
        (&["--anonymous", "--method-arn", ARN, "--batch", "x"], 2, "cannot be used with"),
    ] {
        let all: Vec<_> = ["iam", "p.policy"].iter().chain(args).copied().collect();
        folder.run(&all).ends(status).says(said).prints_nothing();
    }
}
