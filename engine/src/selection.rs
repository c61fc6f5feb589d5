//! The claims that a policy reads, found in a token: by the policy's names, or by the token's own where these are
//! fewer.

use foldhash::HashMap;
use serde_json::{Map, Value as Json};
use smallvec::SmallVec;

use crate::condition::{Root, Selector, SelectorId};
use crate::request::Token;

/// To look a name up in a token costs so much more than to come by one.
const LOOK_UP: usize = 4;

/// The claims that are there, and not null, sorted by their selectors.
pub(crate) type Selected<'a> = Vec<(SelectorId, &'a Json)>;

/// Which selectors start with a name.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    token: HashMap<Box<str>, SmallVec<[SelectorId; 1]>>,
    userinfo: HashMap<Box<str>, SmallVec<[SelectorId; 1]>>,
}

impl Selection {
    pub(crate) fn new(selectors: &[Selector]) -> Self {
        let mut selection = Self::default();
        for (number, selector) in (0u32..).zip(selectors) {
            let names = match selector.root {
                Root::Token => &mut selection.token,
                Root::Userinfo => &mut selection.userinfo,
            };
            if let Some(first) = selector.names.first() {
                names.entry(first.as_str().into()).or_default().push(SelectorId(number));
            }
        }
        selection
    }

    /// `selectors` are those that the selection was made of.
    pub(crate) fn select<'a>(&self, selectors: &[Selector], token: &'a Token) -> Selected<'a> {
        if selectors.len() * LOOK_UP <= token.claims().len() {
            let numbered = (0u32..).zip(selectors);
            return numbered
                .filter_map(|(number, selector)| Some((SelectorId(number), looked_up(selector, token)?)))
                .collect();
        }
        let mut selected = Selected::new();
        let userinfo = token.userinfo().map(|answer| (&self.userinfo, answer));
        for (names, claims) in std::iter::once((&self.token, token.claims())).chain(userinfo) {
            for (name, value) in claims {
                for id in names.get(name.as_str()).into_iter().flatten() {
                    let selector = selectors.get(id.0 as usize);
                    let found = selector.and_then(|selector| below(selector, value));
                    selected.extend(found.map(|value| (*id, value)));
                }
            }
        }
        selected.sort_unstable_by_key(|(id, _)| *id);
        selected
    }
}

/// What the selector reads in the token.
pub(crate) fn looked_up<'a>(selector: &Selector, token: &'a Token) -> Option<&'a Json> {
    let root: &Map<String, Json> = match selector.root {
        Root::Token => token.claims(),
        Root::Userinfo => token.userinfo()?,
    };
    below(selector, root.get(selector.names.first()?)?)
}

/// What the selector reads in the value of its first name.
fn below<'a>(selector: &Selector, first: &'a Json) -> Option<&'a Json> {
    let mut value = first;
    for name in selector.names.iter().skip(1) {
        value = value.as_object()?.get(name)?;
    }
    (!value.is_null()).then_some(value)
}
