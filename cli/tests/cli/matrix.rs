//! `policyctl matrix`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::support::{Folder, run_at_home};

const POLICY: &str = r#"issuer main { url "https://i.example" groups token.groups }
api {
    GET POST  /users
    GET PUT   /users/{id}
    GET       /t/{tenant}/{rest+}
}
let admin = group "admins"
allow GET PUT   /users/{id}  when path.id == token.sub          as own
allow GET PUT   /users/**    when admin                         as records
allow GET       /users       when admin                         as list
deny  PUT       /users/root                                     as protected
allow GET       /t/{t}/**    when path.t in token.tenants       as tenant
public GET      /t/{t}/**    when path.t == "open"              as open
"#;

fn folder(tests: &str) -> Folder {
    let folder = Folder::new();
    folder.write("p.policy", format!("{POLICY}{tests}"));
    folder
}

const TESTS: &str = r#"
test "people" { token { "sub": "ana", "tenants": ["x", "y"] } allow GET /users/ana }
test "the same again" { token { "sub": "ana", "tenants": ["x", "y"] } deny GET /users/ben }
test "administrators" { token { "sub": "root", "groups": ["admins"] } allow GET /users }
test "nobody" { anonymous deny GET /users }
"#;

#[test]
fn people_read_a_table() {
    folder(TESTS).run(&["matrix", "p.policy"]).ends(0).prints(
        "                           people    administrators  nobody
GET   /users               -         yes 1           -
POST  /users               -         -               -
GET   /users/{id}          own 2     yes 2,3         -
PUT   /users/{id}          own 2     some 3          -
PUT   /users/root          no 4      no 4            no 4
GET   /t/{tenant}/{rest+}  some 5,6  some 6          some 6

1  list (p.policy:10)
2  own (p.policy:8)
3  records (p.policy:9)
4  protected (p.policy:11)
5  tenant (p.policy:12)
6  open (p.policy:13)

yes   allowed, by the rules with these numbers
own   allowed only where `{id}` is `token.sub`
no    denied by the rules with these numbers
-     allowed by no rule
some  allowed for some values in the path:
      administrators, PUT /users/{id}: /users/other, and not /users/root
      people, GET /t/{tenant}/{rest+}: /t/x/rest, /t/open/rest, and not /t/other/rest
      administrators, GET /t/{tenant}/{rest+}: /t/open/rest, and not /t/other/rest
      nobody, GET /t/{tenant}/{rest+}: /t/open/rest, and not /t/other/rest
",
    );
}

#[test]
fn programs_read_each_request() {
    let matrix = folder(TESTS).run(&["matrix", "p.policy", "--format", "json"]).ends(0).json();
    assert_eq!(matrix["version"], 1);
    assert_eq!(
        matrix["personas"][0],
        json!({ "name": "people", "tests": ["people", "the same again"],
                "claims": { "sub": "ana", "tenants": ["x", "y"] }, "issuer": "main", "hostile_claim": null })
    );
    assert_eq!(
        (&matrix["personas"][2]["name"], &matrix["personas"][2]["claims"]),
        (&json!("nobody"), &Value::Null)
    );
    let routes = matrix["routes"].as_array().unwrap();
    let named: Vec<_> =
        routes.iter().map(|row| format!("{} {} {}", row["verb"], row["path"], row["declared"])).collect();
    assert_eq!(
        named,
        [
            r#""GET" "/users" true"#,
            r#""POST" "/users" true"#,
            r#""GET" "/users/{id}" true"#,
            r#""PUT" "/users/{id}" true"#,
            r#""PUT" "/users/root" false"#,
            r#""GET" "/t/{tenant}/{rest+}" true"#,
        ]
    );
    let value = |value: &str, is: &str, with: Option<&str>| json!({ "parameter": "id", "value": value, "is": is, "with": with });
    assert_eq!(
        routes[2]["cells"][0],
        json!({ "persona": "people", "access": "own", "rules": ["own"], "requests": [
            { "path": "/users/ana", "values": [value("ana", "own", Some("token.sub"))],
              "decision": "allow", "reason": "rule", "rules": ["own"] },
            { "path": "/users/other", "values": [value("other", "foreign", None)],
              "decision": "deny", "reason": "default", "rules": [] },
        ] })
    );
    assert_eq!(
        (&routes[4]["cells"][1]["access"], &routes[4]["cells"][1]["rules"]),
        (&json!("no"), &json!(["protected"]))
    );
    let paths: Vec<_> = routes[5]["cells"][0]["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|asked| asked["path"].clone())
        .collect();
    assert_eq!(paths, ["/t/x/rest", "/t/open/rest", "/t/other/rest"]);
}

#[test]
fn personas_are_given() {
    let folder = folder(TESTS);
    folder.write("admin.json", r#"{"groups": ["admins"]}"#);
    let with = |format: &'static str| {
        let claims = r#"{"sub": "a/b"}"#;
        let args = [
            "matrix",
            "p.policy",
            "--claims",
            claims,
            "--claims",
            "admin.json",
            "--anonymous",
            "--format",
            format,
        ];
        folder.run(&args).ends(0)
    };
    let matrix = with("json").json();
    let names: Vec<_> =
        matrix["personas"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["a/b", "admin.json", "anonymous"]);
    assert_eq!(matrix["personas"][0]["hostile_claim"], "token.sub");
    let run = with("human");
    assert!(run.out.contains("a/b  "), "{}", run.out);
    assert!(run.out.contains("a/b         `token.sub` is hostile: everything is denied"), "{}", run.out);

    folder.run(&["build", "p.policy", "-o", "p.bundle"]).ends(0);
    folder.run(&["matrix", "p.bundle"]).ends(2).says("nobody to show").says("--claims FILE|JSON");
    folder.run(&["matrix", "p.bundle", "--anonymous"]).ends(0);
    folder
        .run(&["matrix", "p.policy", "--param", "x=y", "--anonymous"])
        .ends(2)
        .says("the policy has no param `x`");
}

#[test]
fn without_an_api_the_rules_say_which_routes_there_are() {
    let folder = Folder::new();
    folder.write(
        "p.policy",
        "public ANY /files/report-[0-9]*.{pdf,txt} when request.header.x == \"1\" as files\n\
         deny GET /files/{name} when path.name == token.sub as mine\n\
         public GET /files/* as all\n\
         test \"t\" { token { \"sub\": \"ana\" } header x \"1\" deny GET /files/ana }\n",
    );
    let run = folder.run(&["matrix", "p.policy"]).ends(0);
    let table: Vec<_> = run.out.lines().take(5).collect();
    assert_eq!(
        table,
        [
            "                                     t",
            "GET  /files/report-[0-9]*.{pdf,txt}  yes 1,2",
            "HEAD POST PUT PATCH DELETE OPTIONS  /files/report-[0-9]*.{pdf,txt}",
            "                                     yes 1",
            "GET  /files/{name}                   some 2",
        ]
    );
    assert!(run.out.contains("t, GET /files/{name}: /files/other, and not /files/ana"), "{}", run.out);
    let json = folder.run(&["matrix", "p.policy", "--format", "json"]).ends(0).json();
    let first = &json["routes"][0]["cells"][0]["requests"][0];
    assert_eq!(first["path"], "/files/report-0x.pdf");
}

#[test]
fn a_test_has_params_of_its_own_and_the_rest_of_its_request() {
    let folder = Folder::new();
    folder.write(
        "p.policy",
        "param team\nissuer i { url \"https://i.example\" groups token.groups }\n\
         allow GET /a when group team and request.query.q == \"1\" as r\n\
         test \"x\" { param team = \"x\" token { \"groups\": [\"x\"] } query q \"1\" allow GET /a }\n\
         test \"y\" { param team = \"y\" token { \"groups\": [\"x\"] } query q \"1\" deny GET /a }\n\
         test \"z\" { param team = \"x\" token { \"groups\": [\"x\"] } deny GET /a }\n",
    );
    let access = |more: &[&str]| -> Vec<Value> {
        let args: Vec<_> = ["matrix", "p.policy", "--format", "json"].iter().chain(more).copied().collect();
        let json = folder.run(&args).ends(0).json();
        json["routes"][0]["cells"].as_array().unwrap().iter().map(|cell| cell["access"].clone()).collect()
    };
    assert_eq!(access(&[]), ["yes", "no", "no"]);
    assert_eq!(access(&["--query", "q=1"]), ["yes", "no", "yes"]);
    assert_eq!(access(&["--query", "q=2"]), ["no", "no", "no"]);
}

#[test]
fn the_table_fits_a_terminal() {
    let folder = Folder::new();
    let mut text =
        "allow GET /a/quite/long/route/for/one/table/{with}/{parameters} when path.with == token.sub as r\n\
                    allow GET /a when token.sub == \"p7\" as s\n"
            .to_owned();
    for number in 0..30 {
        let line =
            format!("\"persona number {number}\" {{ token {{ \"sub\": \"p{number}\" }} deny GET /b }}");
        writeln!(text, "test {line}").unwrap();
    }
    folder.write("p.policy", text);
    let run = folder.run(&["matrix", "p.policy"]).ends(0);
    assert!(run.out.lines().all(|line| line.chars().count() <= 80), "{}", run.out);
    assert!(run.out.contains("\nAD  persona number 29\n"), "{}", run.out);
    assert!(
        run.out.contains("\nGET  /a/quite/long/route/for/one/table/{with}/{parameters}\n"),
        "{}",
        run.out
    );
    let home = run_at_home(&["matrix", "policies/users.policy"]).ends(0);
    assert!(home.out.contains("GET PUT DELETE  /users/{userid}  own 2"), "{}", home.out);
    assert!(home.out.contains("own   allowed only where `{userid}` is `token.sub`\n"), "{}", home.out);
}
