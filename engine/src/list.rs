//! Lists of a bundle whose items are read when somebody looks at them: of ten thousand rules, a request needs a few.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer, ser};

use crate::skim::Skim;

/// The items that are read together.
const CHUNK: usize = 16;

/// A list that is used like a [`Vec`]. One that came out of a bundle is still in the bundle's form.
pub struct List<T> {
    /// All there are, unless they are stored.
    items: Vec<T>,
    stored: Option<Stored<T>>,
}

/// The bundle's form, every item of which was looked over.
struct Stored<T> {
    bytes: Bytes,
    /// Where each chunk ends.
    ends: Vec<u32>,
    length: usize,
    chunks: Box<[OnceLock<Vec<T>>]>,
    whole: OnceLock<Vec<T>>,
    files: Arc<[String]>,
}

/// What a [`List`] can hold.
pub(crate) trait Item: DeserializeOwned {
    /// What is kept of an item that is not read yet.
    type Head;

    /// Looks an item over as it is stored: reads exactly what reading it would, and keeps no more than its head.
    fn skim(skim: &mut Skim<'_>) -> Option<Self::Head>;

    /// Puts in what is not stored; the names of the policy's files are given.
    fn complete(&mut self, files: &[String]);
}

impl<T> List<T> {
    /// How many items there are.
    pub fn len(&self) -> usize {
        self.stored.as_ref().map_or(self.items.len(), |stored| stored.length)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[allow(private_bounds, reason = "a policy's lists are of rules and of clauses")]
impl<T: Item> List<T> {
    /// The item of that index. Only its neighbours are read with it.
    pub fn get(&self, index: usize) -> Option<&T> {
        match &self.stored {
            None => self.items.get(index),
            Some(stored) => stored.chunk(index / CHUNK)?.get(index % CHUNK),
        }
    }

    /// Reads the list that is next, of the policy's files, and looks every item over, so that none is missing later.
    /// What is read is part of the whole, which is kept. `keep` is given the items' heads.
    pub(crate) fn take(
        skim: &mut Skim<'_>,
        whole: &Bytes,
        files: &Arc<[String]>,
        keep: impl FnMut(T::Head) -> Option<()>,
    ) -> Option<Self> {
        let length = skim.number()? as usize;
        let (count, mut numbers) = skim.numbers()?;
        if count != length.div_ceil(CHUNK) {
            return None;
        }
        let ends: Vec<u32> = std::iter::from_fn(|| numbers.number()).collect();
        let bytes = whole.slice_ref(skim.bytes()?);
        let chunks = ends.iter().map(|_| OnceLock::new()).collect();
        let stored = Stored { bytes, ends, length, chunks, whole: OnceLock::new(), files: Arc::clone(files) };
        (stored.ends.len() == count && stored.is_sound(keep))
            .then_some(Self { items: Vec::new(), stored: Some(stored) })
    }
}

impl<T: Item> Stored<T> {
    fn chunk(&self, number: usize) -> Option<&Vec<T>> {
        Some(self.chunks.get(number)?.get_or_init(|| self.read(number)))
    }

    fn items(&self) -> Vec<T> {
        (0..self.ends.len()).flat_map(|number| self.read(number)).collect()
    }

    fn read(&self, number: usize) -> Vec<T> {
        let mut rest = self.bytes_of(number).unwrap_or_default();
        let items = std::iter::from_fn(|| {
            let (mut item, behind): (T, _) = postcard::take_from_bytes(rest).ok()?;
            rest = behind;
            item.complete(&self.files);
            Some(item)
        });
        items.take(CHUNK).collect()
    }

    fn bytes_of(&self, number: usize) -> Option<&[u8]> {
        let start = number.checked_sub(1).map_or(Some(&0), |before| self.ends.get(before))?;
        self.bytes.get(*start as usize..*self.ends.get(number)? as usize)
    }

    /// Whether each chunk holds the items that it should, and nothing else.
    fn is_sound(&self, mut keep: impl FnMut(T::Head) -> Option<()>) -> bool {
        let covers = self.ends.last().map_or(0, |end| *end as usize) == self.bytes.len();
        covers && (0..self.ends.len()).all(|number| self.is_chunk_sound(number, &mut keep).is_some())
    }

    fn is_chunk_sound(&self, number: usize, keep: &mut impl FnMut(T::Head) -> Option<()>) -> Option<()> {
        let mut skim = Skim::new(self.bytes_of(number)?);
        for _ in number * CHUNK..self.length.min((number + 1) * CHUNK) {
            keep(T::skim(&mut skim)?)?;
        }
        (skim.left() == 0).then_some(())
    }
}

impl<T: Item> Deref for List<T> {
    type Target = Vec<T>;

    /// All items are read.
    fn deref(&self) -> &Vec<T> {
        match &self.stored {
            None => &self.items,
            Some(stored) => stored.whole.get_or_init(|| stored.items()),
        }
    }
}

impl<T: Item> DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        if let Some(stored) = self.stored.take() {
            self.items = stored.items();
        }
        &mut self.items
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, stored: None }
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

impl<'a, T: Item> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T: Item> IntoIterator for &'a mut List<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<T: Item + Clone> Clone for List<T> {
    fn clone(&self) -> Self {
        Vec::clone(self).into()
    }
}

impl<T: Item + PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Item + Eq> Eq for List<T> {}

impl<T: Item + fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A list as it stands in a bundle: its length, where each chunk ends, and the chunks.
#[derive(Serialize)]
struct Wire<'a> {
    length: u32,
    ends: Vec<u32>,
    bytes: Chunks<'a>,
}

impl<T: Item + Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for chunk in self.chunks(CHUNK) {
            for item in chunk {
                bytes = postcard::to_extend(item, bytes).map_err(ser::Error::custom)?;
            }
            ends.push(u32::try_from(bytes.len()).map_err(ser::Error::custom)?);
        }
        let length = u32::try_from(self.len()).map_err(ser::Error::custom)?;
        Wire { length, ends, bytes: Chunks(&bytes) }.serialize(serializer)
    }
}

struct Chunks<'a>(&'a [u8]);

impl Serialize for Chunks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}
