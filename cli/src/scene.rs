//! Who asks what: a policy with its params, a token or none, and the rest of a request.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use policy_authorizer::dev::{self, DevKey};
use policy_authorizer::event::{Event, Wanted};
use policy_authorizer::response::Form;
use policy_authorizer::sufficient::{EventAnswer, Insufficient, Needs};
use policy_authorizer::token::{ClaimsRead, Refusal, strip_scheme};
use policy_dsl::RuleOrigin;
use policy_dsl::source::Sources;
use policy_engine::iam::MethodArn;
use policy_engine::{Algorithm, Policy, Program, RequestContext, Scheme, Token};

use crate::args::{ParamArgs, RequestArgs, TokenArgs, WhoArgs};
use crate::exit::Failure;
use crate::input;
use crate::issuer;
use crate::load::{self, Loaded};
use crate::mint;
use crate::params;
use crate::render::note;
use crate::verify::{self, GivenKeys};

/// Everything that a decision needs, but the verb and the path.
#[derive(Debug)]
pub(crate) struct Scene {
    /// The policy.
    pub(crate) policy: Policy,
    /// Where its rules come from; unknown for a bundle.
    pub(crate) origins: Vec<RuleOrigin>,
    /// The texts that it was made of; none for a bundle.
    pub(crate) sources: Sources,
    /// Who asks.
    pub(crate) who: Who,
    /// The rest of the request.
    pub(crate) context: RequestContext,
    /// The request's method, where an event was given.
    pub(crate) method_arn: Option<MethodArn>,
    /// The answer, where an event was given and its token is not refused.
    pub(crate) answered: Option<EventAnswer>,
    /// What the authorizer's answer looks like: as the event's API has it, or a REST API.
    pub(crate) form: Form,
}

/// Who asks.
#[derive(Debug)]
pub(crate) enum Who {
    /// Somebody whose claims can be believed.
    Known(Token),
    /// Nobody known.
    Anonymous,
    /// Somebody whose token is not accepted, and why.
    Refused(Refusal),
}

impl Who {
    /// The token, if there is one to believe.
    pub(crate) const fn token(&self) -> Option<&Token> {
        match self {
            Self::Known(token) => Some(token),
            Self::Anonymous | Self::Refused(_) => None,
        }
    }
}

/// The options that a scene is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) policy: &'a str,
    pub(crate) who: &'a WhoArgs,
    pub(crate) token: &'a TokenArgs,
    pub(crate) request: &'a RequestArgs,
    pub(crate) params: &'a ParamArgs,
}

impl Given<'_> {
    /// Reads all that was given.
    pub(crate) fn scene(self) -> Result<Scene, Failure> {
        self.check()?;
        let Loaded { program, origins, sources, .. } = load::program(self.policy)?;
        let policy = self.bind(program)?;
        let now = self.token.now.unwrap_or_else(present);
        let event_bytes = self.event_bytes()?;
        let event = self.event(event_bytes.as_deref(), &policy, now)?;
        let form = event.as_ref().map_or(Form::Rest, |event| Form::of(event.shape, policy.settings()));
        let credentials = event.as_ref().map(|event| event.credentials.as_slice()).unwrap_or_default();
        let who = self.who(&policy, credentials, now)?;
        note_missing_userinfo(&policy, &who);
        let answered = event.as_ref().map(|event| self.answered(&policy, &who, event)).transpose()?.flatten();
        let (context, method_arn) = match event {
            Some(event) => (event.context, Some(event.method_arn)),
            None => (self.context(now), None),
        };
        Ok(Scene { policy, origins, sources, who, context, method_arn, answered, form })
    }

    /// The policy, with its params filled in.
    fn bind(self, program: Program) -> Result<Policy, Failure> {
        if self.who.mint.is_none() {
            return params::bind(program, self.params);
        }
        let (policy, made_up) = params::bind_for_development(program, self.params)?;
        for (name, value) in made_up {
            note(&format!("note: the param `{name}` has no value; for this token, `{value}` is made up"));
        }
        Ok(policy)
    }

    fn check(self) -> Result<(), Failure> {
        let WhoArgs { claims, token, mint, anonymous } = self.who;
        let nobody = claims.is_none() && token.is_none() && mint.is_none() && !anonymous;
        if nobody && self.request.event.is_none() {
            return Err(Failure::usage("nothing says who asks").help(
                "give one of `--claims FILE|JSON` (taken as verified), `--token FILE|JWT` (verified), \
                 `--mint FILE|JSON` (made on the spot, then verified) and `--anonymous`",
            ));
        }
        let given = [Some(self.policy), claims.as_deref(), token.as_deref(), mint.as_deref()];
        let more = [&self.token.jwks, &self.token.userinfo, &self.request.event];
        input::check_stdin(given.into_iter().chain(more.into_iter().map(|given| given.as_deref())))
    }

    /// The bytes of the event, if one was given.
    fn event_bytes(self) -> Result<Option<Vec<u8>>, Failure> {
        self.request.event.as_ref().map(|path| input::bytes(path)).transpose()
    }

    fn event<'b>(
        self,
        bytes: Option<&'b [u8]>,
        policy: &Policy,
        now: i64,
    ) -> Result<Option<Event<'b>>, Failure> {
        let (Some(path), Some(bytes)) = (&self.request.event, bytes) else { return Ok(None) };
        let event = Event::parse(bytes, &Wanted::by(policy), now);
        let event =
            event.map_err(|fault| Failure::invalid(format!("{} is unusable: {fault}", input::name(path))))?;
        Needs::of(policy).check(&event).map_err(|lacking| insufficient(path, &lacking))?;
        Ok(Some(event))
    }

    /// What the authorizer answers to the event, unless it refuses the token.
    fn answered(self, policy: &Policy, who: &Who, event: &Event<'_>) -> Result<Option<EventAnswer>, Failure> {
        if matches!(who, Who::Refused(_)) {
            return Ok(None);
        }
        let answered = Needs::of(policy).answer(policy, who.token(), event);
        let path = self.request.event.as_deref().unwrap_or_default();
        answered.map(Some).map_err(|lacking| insufficient(path, &lacking))
    }

    fn context(self, now: i64) -> RequestContext {
        let RequestArgs { headers, query, ip, stage, event: _ } = self.request;
        RequestContext {
            headers: headers.clone(),
            query: query.clone(),
            ip: *ip,
            time: Some(now),
            stage: stage.clone(),
        }
    }

    fn who(self, policy: &Policy, credentials: &[Cow<'_, str>], now: i64) -> Result<Who, Failure> {
        if let Some(claims) = &self.who.claims {
            return self.claimed(policy, claims);
        }
        if let Some(claims) = &self.who.mint {
            return self.minted(policy, claims, now);
        }
        if let Some(token) = &self.who.token {
            return self.verified(policy, &token_text(token)?, now);
        }
        if self.who.anonymous {
            return Ok(Who::Anonymous);
        }
        let credentials = match credentials {
            [] => return Ok(Who::Anonymous),
            [one] => one,
            _ => return Ok(Who::Refused(Refusal::SeveralTokens)),
        };
        match strip_scheme(credentials, policy.settings().scheme) {
            Ok(None) => Ok(Who::Anonymous),
            Ok(Some(text)) => self.verified(policy, text, now),
            Err(refusal) => Ok(Who::Refused(refusal)),
        }
    }

    fn claimed(self, policy: &Policy, claims: &str) -> Result<Who, Failure> {
        let claims = input::object(claims, "claims")?;
        let issuer = issuer::of_one(policy, self.token.issuer.as_deref(), &claims)?;
        if policy.issuer_count() == 0 {
            note("note: the policy names no issuer, so the authorizer would accept no token");
        }
        let token = verify::with_userinfo(Token::new(issuer, claims), self.userinfo()?);
        Ok(known(policy, token))
    }

    fn verified(self, policy: &Policy, text: &str, now: i64) -> Result<Who, Failure> {
        let keys = GivenKeys::read(self.token.jwks.as_deref())?;
        let userinfo = self.userinfo()?;
        let token = if userinfo.is_some() {
            verify::verify(&verify::issuers_alone(policy)?, text, &keys, now)?
        } else {
            verify::verify(policy, text, &keys, now)?
        };
        Ok(match token {
            Ok(token) => known(policy, verify::with_userinfo(token, userinfo)),
            Err(refusal) => Who::Refused(refusal),
        })
    }

    /// Makes a token with a key of its own, and verifies it with that key.
    fn minted(self, policy: &Policy, claims: &str, now: i64) -> Result<Who, Failure> {
        let mut claims = input::object(claims, "claims")?;
        let config = issuer::config(policy, self.token.issuer.as_deref(), &claims)?;
        let algorithm = config.algorithms.first().copied().unwrap_or(Algorithm::RS256);
        let key = DevKey::generate(algorithm).map_err(mint::failed)?;
        mint::fill(&mut claims, Some(&config), now, None);
        let text = mint::sign(&key, claims, Some(&config))?;
        let keys = GivenKeys::Jwks(dev::jwks([&key]).to_string().into_bytes());
        note(&format!(
            "note: a token of `{}` is made with a fresh {} key, and verified with it",
            config.name,
            algorithm.name()
        ));
        // The issuer does not know this token, so its userinfo endpoint is not asked.
        let token = verify::verify(&verify::issuers_alone(policy)?, &text, &keys, now)?;
        let userinfo = self.userinfo()?;
        Ok(match token {
            Ok(token) => known(policy, verify::with_userinfo(token, userinfo)),
            Err(refusal) => Who::Refused(refusal),
        })
    }

    fn userinfo(self) -> Result<Option<input::Object>, Failure> {
        self.token.userinfo.as_deref().map(|given| input::object(given, "userinfo")).transpose()
    }
}

fn insufficient(path: &str, lacking: &Insufficient) -> Failure {
    let message = format!("a condition reads what {} does not carry: {lacking}", input::name(path));
    Failure::invalid(message).help("the authorizer answers it with `Unauthorized`")
}

/// Whose claims these are, unless one that the policy reads is kept elsewhere.
fn known(policy: &Policy, token: Token) -> Who {
    match ClaimsRead::of(policy).check(token.claims()) {
        Ok(()) => Who::Known(token),
        Err(refusal) => Who::Refused(refusal),
    }
}

fn note_missing_userinfo(policy: &Policy, who: &Who) {
    let lacking = who.token().is_some_and(|token| token.userinfo().is_none());
    if lacking && policy.reads_userinfo() {
        note("note: the policy reads `userinfo`, and there is none; give it with `--userinfo FILE|JSON`");
    }
}

/// The token on the command line, or in a file; what stands before it in a header may stand there, too.
pub(crate) fn token_text(given: &str) -> Result<String, Failure> {
    let is_token = |text: &str| text.split('.').count() == 3;
    let looks_signed = given.starts_with("eyJ") && is_token(given);
    let is_file = given == input::STDIN || std::path::Path::new(given).exists();
    let text = if looks_signed || (!is_file && is_token(given)) {
        given.to_owned()
    } else if is_file {
        input::text(given)?
    } else {
        return Err(Failure::invalid(format!("`{}` is neither a file nor a token", beginning(given))));
    };
    let stripped = strip_scheme(text.trim(), Scheme::Any).ok().flatten().map(str::to_owned);
    Ok(stripped.unwrap_or_else(|| text.trim().to_owned()))
}

/// As much as tells one argument from another: it may be most of a token.
fn beginning(text: &str) -> String {
    const SHOWN: usize = 40;
    let cut = text.chars().take(SHOWN).collect::<String>();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

/// The present time, in seconds since 1970-01-01 UTC.
pub(crate) fn present() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
