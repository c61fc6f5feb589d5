//! A glob as states of which several hold at a time: each byte of a text is looked at once, whatever the glob.

use super::pieces::{ByteSet, Piece};

#[derive(Debug, Clone)]
enum State {
    Byte(u8),
    Any,
    Class(Box<ByteSet>),
    /// Goes on at each of these.
    Split(Vec<usize>),
}

/// The states; the one behind the last of them is the end. Each leads to the next, unless it is split.
#[derive(Debug, Clone)]
pub(super) struct States(Vec<State>);

/// Those that hold, each once.
struct Holding {
    list: Vec<usize>,
    is_listed: Vec<bool>,
}

impl States {
    pub(super) fn new(pieces: &[Piece]) -> Self {
        let mut states = Self(Vec::new());
        states.push(pieces);
        states
    }

    fn push(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Byte(byte) => self.0.push(State::Byte(*byte)),
                Piece::Any => self.0.push(State::Any),
                Piece::Class(set) => self.0.push(State::Class(set.clone())),
                Piece::Star => {
                    let at = self.0.len();
                    self.0.extend([State::Split(vec![at + 1, at + 3]), State::Any, State::Split(vec![at])]);
                }
                Piece::Either(alternatives) => self.push_alternatives(alternatives),
            }
        }
    }

    fn push_alternatives(&mut self, alternatives: &[Vec<Piece>]) {
        let fork = self.0.len();
        self.0.push(State::Split(Vec::new()));
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        for pieces in alternatives {
            starts.push(self.0.len());
            self.push(pieces);
            ends.push(self.0.len());
            self.0.push(State::Split(Vec::new()));
        }
        let behind = self.0.len();
        self.lead(fork, starts);
        for end in ends {
            self.lead(end, vec![behind]);
        }
    }

    fn lead(&mut self, from: usize, to: Vec<usize>) {
        if let Some(state) = self.0.get_mut(from) {
            *state = State::Split(to);
        }
    }

    /// Whether the whole text matches.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let none = || Holding { list: Vec::new(), is_listed: vec![false; self.0.len() + 1] };
        let (mut now, mut next) = (none(), none());
        self.hold(0, &mut now);
        for byte in text {
            for at in std::mem::take(&mut now.list) {
                let moves = match self.0.get(at) {
                    Some(State::Byte(expected)) => expected == byte,
                    Some(State::Any) => true,
                    Some(State::Class(set)) => set.contains(*byte),
                    Some(State::Split(_)) | None => false,
                };
                if moves {
                    self.hold(at + 1, &mut next);
                }
            }
            now.is_listed.fill(false);
            std::mem::swap(&mut now, &mut next);
            if now.list.is_empty() {
                return false;
            }
        }
        now.is_listed.last() == Some(&true)
    }

    /// Lists the state, and all that it leads to without a byte.
    fn hold(&self, at: usize, holding: &mut Holding) {
        let mut waiting = vec![at];
        while let Some(at) = waiting.pop() {
            let Some(is_listed) = holding.is_listed.get_mut(at) else { continue };
            if std::mem::replace(is_listed, true) {
                continue;
            }
            match self.0.get(at) {
                Some(State::Split(to)) => waiting.extend(to),
                _ => holding.list.push(at),
            }
        }
    }
}
