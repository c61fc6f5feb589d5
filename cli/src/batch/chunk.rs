//! A file as chunks of whole lines.

use std::io::{self, Read};

/// How much is asked of the source at once, in bytes.
const READ_BYTES: usize = 256 * 1024;
/// The longest line, in bytes. Of a longer one, no more than a byte more is kept.
pub(crate) const MAX_LINE_BYTES: usize = 1024 * 1024;

/// Whole lines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Their text; the very last may lack its line end.
    pub(crate) text: Vec<u8>,
    /// The first one's number, counted from 1.
    pub(crate) first: u64,
    /// How many bytes of the source they are.
    pub(crate) read: u64,
}

impl Chunk {
    /// The lines, without their ends.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let text = self.text.strip_suffix(b"\n").unwrap_or(&self.text);
        (self.first..).zip(text.split(|byte| *byte == b'\n'))
    }
}

/// Takes a source apart. Whatever is there is handed on at once, so that somebody who waits for an answer
/// before asking again gets it.
#[derive(Debug)]
pub(crate) struct Chunks<R> {
    source: R,
    /// Read, and not yet a whole line.
    rest: Vec<u8>,
    /// Bytes read since the last chunk.
    read: u64,
    next: u64,
    ended: bool,
}

impl<R: Read> Chunks<R> {
    /// The source from its start.
    pub(crate) const fn new(source: R) -> Self {
        Self { source, rest: Vec::new(), read: 0, next: 1, ended: false }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let start = self.rest.len();
        self.rest.resize(start + READ_BYTES, 0);
        let result = loop {
            let space = self.rest.get_mut(start..).unwrap_or_default();
            match self.source.read(space) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let count = result.as_ref().map_or(0, |count| *count);
        self.rest.truncate(start + count);
        self.read += count as u64;
        result
    }

    fn chunk(&mut self, text: Vec<u8>) -> Chunk {
        let first = self.next;
        #[allow(
            clippy::naive_bytecount,
            reason = "the compiler makes vector code of it; a crate would gain little"
        )]
        let lines = text.iter().filter(|byte| **byte == b'\n').count();
        self.next += lines as u64;
        Chunk { text, first, read: std::mem::take(&mut self.read) }
    }
}

impl<R: Read> Iterator for Chunks<R> {
    type Item = io::Result<Chunk>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let start = self.rest.len();
            let count = match self.fill() {
                Ok(count) => count,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            };
            if count == 0 {
                self.ended = true;
                let last = std::mem::take(&mut self.rest);
                return (!last.is_empty()).then(|| Ok(self.chunk(last)));
            }
            let fresh = self.rest.get(start..).unwrap_or_default();
            if let Some(end) = fresh.iter().rposition(|byte| *byte == b'\n') {
                let rest = self.rest.split_off(start + end + 1);
                let text = std::mem::replace(&mut self.rest, rest);
                return Some(Ok(self.chunk(text)));
            }
            // Enough to see that the line is too long.
            self.rest.truncate(MAX_LINE_BYTES + 1);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one piece a call.
    struct Pieces(Vec<Vec<u8>>);

    impl Read for Pieces {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            space[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        }
    }

    fn lines(pieces: &[&str]) -> Vec<(u64, String)> {
        let chunks = Chunks::new(Pieces(pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect()));
        let chunks: Vec<_> = chunks.map(Result::unwrap).collect();
        let read: u64 = chunks.iter().map(|chunk| chunk.read).sum();
        assert_eq!(read, pieces.iter().map(|piece| piece.len() as u64).sum::<u64>());
        let text = |line: &[u8]| String::from_utf8(line.to_vec()).unwrap();
        chunks.iter().flat_map(|chunk| chunk.lines().map(|(number, line)| (number, text(line)))).collect()
    }

    fn numbered(lines: &[&str]) -> Vec<(u64, String)> {
        (1..).zip(lines.iter().map(|line| (*line).to_owned())).collect()
    }

    #[test]
    fn lines_are_whole_however_they_arrive() {
        for (pieces, expected) in [
            (&["a\nb\n"][..], &["a", "b"][..]),
            (&["a\nb"], &["a", "b"]),
            (&["a", "b\nc", "\n", "d"], &["ab", "c", "d"]),
            (&["\n\n", "\na"], &["", "", "", "a"]),
            (&["a\n", "\n"], &["a", ""]),
            (&[], &[]),
        ] {
            assert_eq!(lines(pieces), numbered(expected), "{pieces:?}");
        }
    }

    #[test]
    fn an_endless_line_does_not_fill_the_memory() {
        let piece = "x".repeat(READ_BYTES);
        let pieces: Vec<_> = std::iter::repeat_n(piece.as_str(), 9).chain(["y\nz"]).collect();
        let lines = lines(&pieces);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].1.len() > MAX_LINE_BYTES && lines[0].1.len() < MAX_LINE_BYTES + 4);
        assert_eq!(lines[1], (2, "z".to_owned()));
    }
}
