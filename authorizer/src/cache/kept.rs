//! What is remembered of tokens, within its bounds.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use foldhash::HashMap;

use super::Verified;
use crate::response::KeptAnswer;
use crate::token::{Content, MAX_TOKEN_BYTES};

/// What the texts of all of them may have together, in bytes, for each token that can be remembered.
pub(super) const MEAN_TEXT_BYTES: usize = 2 * 1024;
/// What the texts may have together, in bytes, of the tokens whose content is remembered too, and of their answers. In
/// memory, the contents are several times as large.
pub(super) const MAX_CONTENT_BYTES: usize = 512 * 1024;

/// The tokens, and how much they are.
#[derive(Default)]
pub(super) struct Kept {
    /// One for each tail.
    pub(super) tokens: HashMap<Tail, Known>,
    /// In the order in which they came: the first makes room.
    pub(super) order: VecDeque<Tail>,
    pub(super) text_bytes: usize,
    /// The tokens whose contents are remembered, by the contents' numbers: the longest ago first.
    pub(super) contents: BTreeMap<u64, Tail>,
    pub(super) content_bytes: usize,
    /// The number of the content that was remembered last.
    last: u64,
}

/// The last bytes of a token's text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Tail(u128);

/// A token that is remembered.
pub(super) struct Known {
    pub(super) text: Box<str>,
    pub(super) verified: Verified,
}

impl Kept {
    /// What is known of the very token.
    pub(super) fn known(&mut self, token: &str) -> Option<&mut Verified> {
        let known = self.tokens.get_mut(&Tail::of(token))?;
        (*known.text == *token).then_some(&mut known.verified)
    }

    pub(super) fn keep(&mut self, token: &str, verified: Verified, capacity: usize) {
        if let Some(known) = self.known(token) {
            // A new key made it: the content is what it was, and with it the answer.
            (known.key, known.expires) = (verified.key, verified.expires);
            return;
        }
        let tail = Tail::of(token);
        match self.tokens.insert(tail, Known { text: token.into(), verified }) {
            // Its place among the others is taken too.
            Some(other) => self.count_out(&other),
            None => self.order.push_back(tail),
        }
        self.text_bytes += token.len();
        let most_bytes = max_text_bytes(capacity);
        while (self.order.len() > capacity || self.text_bytes > most_bytes)
            && let Some(first) = self.order.pop_front()
        {
            if let Some(removed) = self.tokens.remove(&first) {
                self.count_out(&removed);
            }
        }
    }

    fn count_out(&mut self, Known { text, verified }: &Known) {
        self.text_bytes -= text.len();
        self.contents.remove(&verified.number);
        self.content_bytes -= verified.content_bytes;
    }

    pub(super) fn keep_content(&mut self, token: &str, content: &Arc<Content>) {
        let number = self.last + 1;
        let Some(known) = self.known(token).filter(|known| known.content.is_none()) else { return };
        (known.content, known.number) = (Some(Arc::clone(content)), number);
        known.content_bytes = token.len();
        self.last = number;
        self.content_bytes += token.len();
        self.contents.insert(number, Tail::of(token));
        self.make_room();
    }

    pub(super) fn keep_answer(&mut self, token: &str, answer: KeptAnswer) {
        let size = answer.size();
        let Some(known) = self.known(token) else { return };
        if known.content.is_some() && known.answer.is_none() {
            known.content_bytes += size;
            known.answer = Some(Arc::new(answer));
            self.content_bytes += size;
            self.make_room();
        }
    }

    /// Forgets contents until the others have room.
    fn make_room(&mut self) {
        while self.content_bytes > MAX_CONTENT_BYTES
            && let Some((_, first)) = self.contents.pop_first()
        {
            self.content_bytes -=
                self.tokens.get_mut(&first).map_or(0, |known| known.verified.forget_content());
        }
    }
}

impl Tail {
    fn of(token: &str) -> Self {
        let bytes = token.as_bytes();
        let mut short = [0; 16];
        let tail = bytes.last_chunk().unwrap_or_else(|| {
            short.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            &short
        });
        Self(u128::from_le_bytes(*tail))
    }
}

/// What the texts may have together, where so many tokens are remembered: one is, however long.
fn max_text_bytes(capacity: usize) -> usize {
    (capacity * MEAN_TEXT_BYTES).max(MAX_TOKEN_BYTES)
}
