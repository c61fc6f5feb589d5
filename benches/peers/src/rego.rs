//! Rego on regorus, compiled for its virtual machine; the path is handed over as an array.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;

use policy_engine::{Token, Verb};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};

use crate::Peer;
use crate::workload::{Asked, Workload};

const ENTRY: &str = "data.api.allow";

const USERS: &str = r#"package api
default allow := false
allow if { permitted; not denied }
permitted if { input.method in {"GET","PUT","DELETE"}; input.path[0]=="users"; input.path[1]==input.claims.sub }
permitted if { input.method in {"GET","POST","PUT","DELETE"}; input.path[0]=="users"; "apiAdmins" in input.claims["cognito:groups"] }
permitted if { input.method=="GET"; input.path==["profile"]; "get:profile" in split(input.claims.scope," ") }
denied if { input.method=="DELETE"; not input.claims.email_verified==true }
"#;

const KEYED: &str = r#"package api
default allow := false
allow if { count(input.path) == 3; some group in input.groups; data.routes[input.method][input.path[0]][input.path[1]][group] }
"#;

/// More rules than this are not tried: from some 2,000 on the compiler refuses them.
pub const MAX_RULES: usize = 1_000;

/// A compiled module.
pub struct Rego {
    vm: RefCell<RegoVM>,
    names: Names,
    /// The whole claims, or their groups only.
    whole: bool,
}

struct Names {
    method: Value,
    path: Value,
    claims: Value,
    groups: Value,
    verbs: [Value; Verb::ALL.len()],
}

impl Rego {
    /// The rules of a workload, as rules.
    pub fn new(workload: Workload) -> Self {
        match workload {
            Workload::Users => Self::of(USERS, None, true),
            Workload::Many(count) => Self::of(&many(count), None, false),
        }
        .expect("the module compiles")
    }

    /// Whether that many rules can be had as rules.
    pub fn compiles(count: usize) -> bool {
        Self::of(&many(count), None, false).is_ok()
    }

    /// The many rules as data, keyed by hand, with one rule that looks them up.
    pub fn keyed(count: usize) -> Self {
        let routes = (0..count).map(|number| {
            let group = object([(format!("g{}", number % 100), Value::from(true))]);
            (format!("svc{number}"), object([("items".to_owned(), group)]))
        });
        let routes = object([("GET".to_owned(), object(routes))]);
        let data = object([("routes".to_owned(), routes)]);
        Self::of(KEYED, Some(data), false).expect("the module compiles")
    }

    fn of(text: &str, data: Option<Value>, whole: bool) -> Result<Self, String> {
        let mut engine = Engine::new();
        engine.add_policy("api.rego".to_owned(), text.to_owned()).map_err(|error| error.to_string())?;
        let entry: Rc<str> = ENTRY.into();
        let compiled = engine.compile_with_entrypoint(&entry).map_err(|error| error.to_string())?;
        let program =
            Compiler::compile_from_policy(&compiled, &[ENTRY]).map_err(|error| error.to_string())?;
        let mut vm = RegoVM::new();
        vm.load_program(program);
        if let Some(data) = data {
            vm.set_data(data).map_err(|error| error.to_string())?;
        }
        vm.set_max_instructions(usize::MAX);
        Ok(Self { vm: RefCell::new(vm), names: Names::new(), whole })
    }

    fn input(&self, claims: Value, verb: Verb, path: &str) -> Value {
        let names = &self.names;
        let segments: Vec<Value> = path.split('/').skip(1).map(Value::from).collect();
        let who = if self.whole { &names.claims } else { &names.groups };
        Value::from(BTreeMap::from([
            (names.method.clone(), names.verbs[verb as usize].clone()),
            (names.path.clone(), Value::from(segments)),
            (who.clone(), claims),
        ]))
    }
}

impl Names {
    fn new() -> Self {
        Self {
            method: "method".into(),
            path: "path".into(),
            claims: "claims".into(),
            groups: "groups".into(),
            verbs: Verb::ALL.map(|verb| verb.name().into()),
        }
    }
}

/// The many rules' text.
fn many(count: usize) -> String {
    let mut text = "package api\ndefault allow := false\n".to_owned();
    for number in 0..count {
        let group = number % 100;
        writeln!(
            text,
            r#"allow if {{ "g{group}" in input.groups; input.method=="GET"; input.path=["svc{number}","items",_] }}"#
        )
        .expect("a string takes all");
    }
    text
}

fn object(pairs: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::from(pairs.into_iter().map(|(key, value)| (Value::from(key), value)).collect::<BTreeMap<_, _>>())
}

fn convert(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Bool(bool) => (*bool).into(),
        serde_json::Value::Array(items) => items.iter().map(convert).collect::<Vec<_>>().into(),
        other => other.clone().into(),
    }
}

fn claims(token: &Token) -> Value {
    let pairs = token.claims().iter().map(|(name, value)| (Value::from(name.as_str()), convert(value)));
    Value::from(pairs.collect::<BTreeMap<_, _>>())
}

impl Peer for Rego {
    type Input<'a> = Value;

    fn prepare<'a>(&'a self, asked: &'a Asked) -> Value {
        let claims = if self.whole {
            claims(&asked.token)
        } else {
            asked.token.claims().get("groups").map_or_else(Value::new_array, convert)
        };
        self.input(claims, asked.verb, &asked.path)
    }

    fn decide(&self, input: &Value) -> bool {
        let mut vm = self.vm.borrow_mut();
        vm.set_input(input.clone());
        vm.execute().expect("the program ends") == Value::from(true)
    }

    fn decide_text(&self, asked: &Asked) -> bool {
        let claims = Value::from_json_str(&asked.text).expect("the claims are JSON");
        let claims = if self.whole { claims } else { claims["groups"].clone() };
        self.decide(&self.input(claims, asked.verb, &asked.path))
    }
}
