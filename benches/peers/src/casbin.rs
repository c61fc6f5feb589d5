//! Casbin: the form that its documentation has, one without regular expressions, and its cache.

use std::cell::RefCell;

use casbin::rhai::{Array, Dynamic, Map};
use casbin::{CachedEnforcer, CoreApi, DefaultModel, Enforcer, MgmtApi};
use policy_engine::Verb;

use crate::Peer;
use crate::claims::Claims;
use crate::workload::{Asked, Workload};

/// Patterns and alternatives are regular expressions; the owner comes out of the path with one too.
const DOCUMENTED: &str = r#"
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = (p.sub in r.sub.roles || p.sub=="owner" && keyGet2(r.obj,p.obj,"userid")==r.sub.id) && regexMatch(r.act,p.act) && keyMatch2(r.obj,p.obj)
"#;

/// One verb a policy, compared first; prefixes in place of patterns; the host makes the owner a role.
const TUNED: &str = r#"
[request_definition]
r = roles, obj, act
[policy_definition]
p = sub, obj, act, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.act == p.act && keyMatch(r.obj,p.obj) && p.sub in r.roles
"#;

/// Which way it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As the documentation has it.
    Documented,
    /// Without regular expressions.
    Tuned,
}

/// An enforcer.
pub struct Casbin {
    enforcer: Enforcer,
    form: Form,
    workload: Workload,
}

/// The tuned form behind Casbin's cache of answers.
pub struct Cached {
    enforcer: RefCell<CachedEnforcer>,
    workload: Workload,
}

impl Casbin {
    /// The rules of a workload.
    pub fn new(workload: Workload, form: Form) -> Self {
        let enforcer = run(async {
            let mut enforcer = Enforcer::new(model(form).await, ()).await.expect("the model is whole");
            enforcer.add_policies(policies(workload, form)).await.expect("no policy stands twice");
            enforcer
        });
        Self { enforcer, form, workload }
    }
}

impl Cached {
    /// The rules of a workload.
    pub fn new(workload: Workload) -> Self {
        let enforcer = run(async {
            let model = model(Form::Tuned).await;
            let mut enforcer = CachedEnforcer::new(model, ()).await.expect("the model is whole");
            enforcer.add_policies(policies(workload, Form::Tuned)).await.expect("no policy stands twice");
            enforcer
        });
        Self { enforcer: RefCell::new(enforcer), workload }
    }
}

async fn model(form: Form) -> DefaultModel {
    let text = match form {
        Form::Documented => DOCUMENTED,
        Form::Tuned => TUNED,
    };
    DefaultModel::from_str(text).await.expect("the model can be read")
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn policies(workload: Workload, form: Form) -> Vec<Vec<String>> {
    let rows: Vec<(String, String, &str, &str)> = match (workload, form) {
        (Workload::Many(count), _) => (0..count)
            .map(|number| (format!("g{}", number % 100), format!("/svc{number}/items/*"), "GET", "allow"))
            .collect(),
        (Workload::Users, Form::Documented) => [
            ("owner", "/users/:userid", "^(GET|PUT|DELETE)$", "allow"),
            ("owner", "/users/:userid/*", "^(GET|PUT|DELETE)$", "allow"),
            ("apiAdmins", "/users", "^(GET|POST)$", "allow"),
            ("apiAdmins", "/users/*", "^(GET|POST|PUT|DELETE)$", "allow"),
            ("get:profile", "/profile", "^GET$", "allow"),
            ("unverified", "/users/*", "^DELETE$", "deny"),
        ]
        .map(|(sub, obj, act, eft)| (sub.to_owned(), obj.to_owned(), act, eft))
        .into(),
        (Workload::Users, Form::Tuned) => tuned_users(),
    };
    rows.into_iter().map(|(sub, obj, act, eft)| vec![sub, obj, act.to_owned(), eft.to_owned()]).collect()
}

fn tuned_users() -> Vec<(String, String, &'static str, &'static str)> {
    [
        ("owner", "/users/*", ["GET", "PUT", "DELETE"].as_slice(), "allow"),
        ("apiAdmins", "/users", ["GET", "POST"].as_slice(), "allow"),
        ("apiAdmins", "/users/*", ["GET", "POST", "PUT", "DELETE"].as_slice(), "allow"),
        ("get:profile", "/profile", ["GET"].as_slice(), "allow"),
        ("unverified", "/users/*", ["DELETE"].as_slice(), "deny"),
    ]
    .into_iter()
    .flat_map(|(sub, obj, verbs, eft)| {
        verbs.iter().map(move |act| (sub.to_owned(), obj.to_owned(), *act, eft))
    })
    .collect()
}

/// The arguments of `enforce`. Roles are the groups, the scopes, and what the rules have names for.
fn arguments(form: Form, workload: Workload, claims: &Claims<'_>, verb: Verb, path: &str) -> Vec<Dynamic> {
    let mut roles: Array = claims.groups.iter().map(|group| (*group.0).into()).collect();
    let id = claims.sub.as_deref().unwrap_or_default();
    if workload == Workload::Users {
        let scopes = claims.scope.as_deref().unwrap_or_default();
        roles.extend(scopes.split(' ').map(|scope| Dynamic::from(scope.to_owned())));
        if !claims.email_verified {
            roles.push("unverified".into());
        }
        let mut below = path.strip_prefix("/users/").into_iter().flat_map(|rest| rest.split('/'));
        if form == Form::Tuned && below.next() == Some(id) {
            roles.push("owner".into());
        }
    }
    let sub = match form {
        Form::Tuned => Dynamic::from_array(roles),
        Form::Documented => Map::from_iter([("roles".into(), roles.into()), ("id".into(), id.into())]).into(),
    };
    vec![sub, path.into(), verb.name().into()]
}

impl Peer for Casbin {
    type Input<'a> = Vec<Dynamic>;

    fn prepare<'a>(&'a self, asked: &'a Asked) -> Vec<Dynamic> {
        let claims = Claims::of(&asked.token, self.workload.groups_claim());
        arguments(self.form, self.workload, &claims, asked.verb, &asked.path)
    }

    fn decide(&self, input: &Vec<Dynamic>) -> bool {
        self.enforcer.enforce(input.clone()).expect("the matcher ends")
    }

    fn decide_text(&self, asked: &Asked) -> bool {
        let claims = Claims::parse(&asked.text);
        self.decide(&arguments(self.form, self.workload, &claims, asked.verb, &asked.path))
    }
}

impl Peer for Cached {
    type Input<'a> = Vec<Dynamic>;

    fn prepare<'a>(&'a self, asked: &'a Asked) -> Vec<Dynamic> {
        let claims = Claims::of(&asked.token, self.workload.groups_claim());
        arguments(Form::Tuned, self.workload, &claims, asked.verb, &asked.path)
    }

    fn decide(&self, input: &Vec<Dynamic>) -> bool {
        self.enforcer.borrow_mut().enforce_mut(input.clone()).expect("the matcher ends")
    }

    fn decide_text(&self, asked: &Asked) -> bool {
        let claims = Claims::parse(&asked.text);
        self.decide(&arguments(Form::Tuned, self.workload, &claims, asked.verb, &asked.path))
    }
}
