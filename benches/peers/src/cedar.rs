//! Cedar, in the fastest form found: paths as a hierarchy of entities, whose owner the host sets from the route.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use policy_engine::Verb;

use crate::Peer;
use crate::claims::Claims;
use crate::workload::{Asked, Workload};

const USERS: &str = r#"
permit(principal is User, action in [Action::"GET",Action::"PUT",Action::"DELETE"], resource is Path) when {resource has owner && resource.owner == principal};
permit(principal in Group::"apiAdmins", action in [Action::"GET",Action::"POST",Action::"PUT",Action::"DELETE"], resource in Path::"/users");
permit(principal is User, action == Action::"GET", resource == Path::"/profile") when {principal.scopes.contains("get:profile")};
forbid(principal, action == Action::"DELETE", resource) unless {principal has email_verified && principal.email_verified};
"#;

const RECORDS: &str = r#"
permit(principal is User, action in [Action::"GET",Action::"DELETE"], resource is Path) when {resource has owner && resource.owner == principal};
permit(principal is User, action == Action::"GET", resource == Path::"/profile") when {principal.scopes.contains("get:profile")};
permit(principal, action == Action::"GET", resource == Path::"/status");
"#;

/// What a path is to the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paths {
    /// An entity below its ancestors; below these, the second segment is the owner.
    Owned(&'static [&'static str]),
    /// An entity that knows its own text.
    Text,
}

/// A set of policies, and the names that requests are made of.
pub struct Cedar {
    policies: PolicySet,
    authorizer: Authorizer,
    actions: [EntityUid; Verb::ALL.len()],
    user: EntityTypeName,
    group: EntityTypeName,
    path: EntityTypeName,
    paths: Paths,
    groups_claim: &'static str,
}

/// A request and the entities that it is about.
pub struct Input {
    request: Request,
    entities: Entities,
}

impl Cedar {
    /// The rules of a workload.
    pub fn new(workload: Workload) -> Self {
        let claim = workload.groups_claim();
        match workload {
            Workload::Users => Self::of(USERS, Paths::Owned(&["users"]), claim),
            Workload::Many(count) => Self::of(&many(count), Paths::Text, claim),
        }
    }

    /// The rules whose whole-API policy has 14 resources.
    pub fn records() -> Self {
        let kinds = &["users", "albums", "notes", "drafts", "keys", "feeds"];
        Self::of(RECORDS, Paths::Owned(kinds), Workload::Users.groups_claim())
    }

    fn of(text: &str, paths: Paths, groups_claim: &'static str) -> Self {
        let name = |name: &str| name.parse::<EntityTypeName>().expect("a type's name");
        let action = name("Action");
        Self {
            policies: load(text),
            authorizer: Authorizer::new(),
            actions: Verb::ALL.map(|verb| uid(&action, verb.name())),
            user: name("User"),
            group: name("Group"),
            path: name("Path"),
            paths,
            groups_claim,
        }
    }

    /// The entity of a token's user, and its name.
    pub fn user(&self, claims: &Claims<'_>) -> (EntityUid, Entity) {
        let user = uid(&self.user, claims.sub.as_deref().unwrap_or_default());
        let mut attributes = HashMap::new();
        // What the many rules never ask for is not handed over.
        if self.paths != Paths::Text {
            let scopes = claims.scope.as_deref().unwrap_or_default().split(' ');
            let scopes = scopes.map(|scope| RestrictedExpression::new_string(scope.to_owned()));
            attributes.insert("scopes".to_owned(), RestrictedExpression::new_set(scopes));
            let verified = RestrictedExpression::new_bool(claims.email_verified);
            attributes.insert("email_verified".to_owned(), verified);
        }
        let groups = claims.groups.iter().map(|group| uid(&self.group, &group.0)).collect();
        (user.clone(), Entity::new(user, attributes, groups).expect("the attributes are values"))
    }

    /// The entity of a path, and its name.
    pub fn path(&self, path: &str) -> (EntityUid, Entity) {
        let name = uid(&self.path, path);
        let mut attributes = HashMap::new();
        let mut parents = HashSet::new();
        match self.paths {
            Paths::Text => {
                attributes.insert("path".to_owned(), RestrictedExpression::new_string(path.to_owned()));
            }
            Paths::Owned(kinds) => {
                let mut segments = path.split('/').skip(1);
                let owned = segments.next().is_some_and(|first| kinds.contains(&first));
                if let Some(owner) = segments.next().filter(|_| owned) {
                    let owner = RestrictedExpression::new_entity_uid(uid(&self.user, owner));
                    attributes.insert("owner".to_owned(), owner);
                }
                let ancestors = path.match_indices('/').skip(1);
                parents.extend(ancestors.map(|(end, _)| uid(&self.path, &path[..end])));
            }
        }
        (name.clone(), Entity::new(name, attributes, parents).expect("the attributes are values"))
    }

    /// A request, of a user and about a path.
    pub fn request(&self, user: EntityUid, verb: Verb, path: EntityUid) -> Request {
        let action = self.actions[verb as usize].clone();
        Request::new(user, action, path, Context::empty(), None).expect("there is no schema to break")
    }

    /// Whether a request is allowed.
    pub fn allows(&self, request: &Request, entities: &Entities) -> bool {
        let response = self.authorizer.is_authorized(request, &self.policies, entities);
        response.decision() == Decision::Allow
    }

    fn input(&self, claims: &Claims<'_>, verb: Verb, path: &str) -> Input {
        let (user, user_entity) = self.user(claims);
        let (path, path_entity) = self.path(path);
        let entities = Entities::from_entities([user_entity, path_entity], None);
        Input {
            request: self.request(user, verb, path),
            entities: entities.expect("no entity stands twice or below itself"),
        }
    }
}

/// The many rules' text.
pub fn many(count: usize) -> String {
    let rule = |number| {
        format!(
            "permit(principal in Group::\"g{}\", action == Action::\"GET\", resource) \
             when {{resource.path like \"/svc{number}/items/*\"}};\n",
            number % 100
        )
    };
    (0..count).map(rule).collect()
}

/// Policies from their text.
pub fn load(text: &str) -> PolicySet {
    text.parse().expect("the policies are Cedar")
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

impl Peer for Cedar {
    type Input<'a> = Input;

    fn prepare<'a>(&'a self, asked: &'a Asked) -> Input {
        self.input(&Claims::of(&asked.token, self.groups_claim), asked.verb, &asked.path)
    }

    fn decide(&self, input: &Input) -> bool {
        self.allows(&input.request, &input.entities)
    }

    fn decide_text(&self, asked: &Asked) -> bool {
        self.decide(&self.input(&Claims::parse(&asked.text), asked.verb, &asked.path))
    }
}
