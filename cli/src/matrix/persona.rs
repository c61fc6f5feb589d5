//! Who asks: the callers of a policy's tests, or those that are given.

use policy_dsl::TestCase;
use policy_engine::{Policy, Program, RequestContext, Token};

use crate::args::{Format, MatrixArgs, MatrixRequestArgs, ParamArgs};
use crate::exit::Failure;
use crate::load::{self, Loaded};
use crate::params::{self, More};
use crate::{input, issuer};

/// Somebody, or nobody known, with the rest of their requests.
#[derive(Debug)]
pub(crate) struct Persona {
    pub(crate) name: String,
    /// The tests whose caller it is.
    pub(crate) tests: Vec<String>,
    pub(crate) token: Option<Token>,
    pub(crate) context: RequestContext,
    /// Index of the policy with the params of its test.
    policy: usize,
}

/// Every persona, and the policy as each of them meets it.
#[derive(Debug)]
pub(crate) struct Personas {
    program: Program,
    /// With the params that tests set; the first with none of them.
    policies: Vec<(Vec<(String, String)>, Policy)>,
    all: Vec<Persona>,
}

impl Personas {
    /// Reads the policy, and who was given.
    pub(crate) fn read(args: &MatrixArgs) -> Result<Self, Failure> {
        let given = args.claims.iter().map(|claims| Some(claims.as_str()));
        input::check_stdin(std::iter::once(Some(args.policy.as_str())).chain(given))?;
        let Loaded { program, tests, .. } = load::program(&args.policy)?;
        params::check_names(&program.parts().params, &args.params)?;
        let mut personas = Self { program, policies: Vec::new(), all: Vec::new() };
        if args.claims.is_empty() && !args.anonymous {
            for test in &tests {
                personas.add_test(test, args)?;
            }
        } else {
            personas.add_given(args)?;
        }
        if personas.all.is_empty() {
            let what = "nobody to show: there is no test in the policy whose caller it could be";
            return Err(Failure::usage(what).help("give `--claims FILE|JSON` or `--anonymous`"));
        }
        Ok(personas)
    }

    /// The callers of the policy's tests.
    pub(crate) fn of_tests(policy: &str, params: &ParamArgs) -> Result<Self, Failure> {
        let params = ParamArgs { given: params.given.clone() };
        Self::read(&MatrixArgs {
            policy: policy.to_owned(),
            claims: Vec::new(),
            anonymous: false,
            issuer: None,
            format: Format::Human,
            request: MatrixRequestArgs::default(),
            params,
        })
    }

    /// The program that all of them meet.
    pub(crate) const fn program(&self) -> &Program {
        &self.program
    }

    /// Each with the policy that it meets.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Policy, &Persona)> {
        self.all.iter().filter_map(|persona| Some((&self.policies.get(persona.policy)?.1, persona)))
    }

    fn add_test(&mut self, test: &TestCase, args: &MatrixArgs) -> Result<(), Failure> {
        let policy = self.bind(&test.params, &args.params)?;
        let context = context(test.context.clone(), &args.request);
        let same = self
            .all
            .iter_mut()
            .find(|known| known.policy == policy && known.token == test.token && known.context == context);
        if let Some(known) = same {
            known.tests.push(test.name.clone());
            return Ok(());
        }
        let (name, token) = (test.name.clone(), test.token.clone());
        self.all.push(Persona { name, tests: vec![test.name.clone()], token, context, policy });
        Ok(())
    }

    fn add_given(&mut self, args: &MatrixArgs) -> Result<(), Failure> {
        let policy = self.bind(&[], &args.params)?;
        let mut tokens = Vec::new();
        for given in &args.claims {
            let claims = input::object(given, "claims")?;
            let Some((_, bound)) = self.policies.get(policy) else { continue };
            let issuer = issuer::of_one(bound, args.issuer.as_deref(), &claims)?;
            let name = claims.get("sub").and_then(serde_json::Value::as_str).map(str::to_owned);
            let is_file = !given.trim_start().starts_with('{') && given != input::STDIN;
            let name = if is_file { Some(given.clone()) } else { name };
            let name = name.unwrap_or_else(|| format!("claims {}", tokens.len() + 1));
            tokens.push((name, Some(Token::new(issuer, claims))));
        }
        if args.anonymous {
            tokens.push(("anonymous".to_owned(), None));
        }
        for (name, token) in tokens {
            let context = context(RequestContext::default(), &args.request);
            self.all.push(Persona { name, tests: Vec::new(), token, context, policy });
        }
        Ok(())
    }

    /// The policy with those params; bound once.
    fn bind(&mut self, first: &[(String, String)], given: &ParamArgs) -> Result<usize, Failure> {
        if let Some(known) = self.policies.iter().position(|(params, _)| params == first) {
            return Ok(known);
        }
        let more = More { first, ..More::default() };
        let policy = params::bind_with(self.program.clone(), given, &more)?;
        self.policies.push((first.to_vec(), policy));
        Ok(self.policies.len() - 1)
    }
}

/// The rest of a request: what is given goes before what a test says.
fn context(own: RequestContext, given: &MatrixRequestArgs) -> RequestContext {
    let MatrixRequestArgs { headers, query, ip, stage, now } = given;
    let join = |own: Vec<_>, given: &[_]| own.into_iter().chain(given.iter().cloned()).collect();
    RequestContext {
        headers: join(own.headers, headers),
        query: join(own.query, query),
        ip: ip.or(own.ip),
        time: now.or(own.time),
        stage: stage.clone().or(own.stage),
    }
}
