//! Rows whose cells stand in columns.

use super::doc::Doc;
use super::page::Page;
use super::{INDENT, MAX_WIDTH};

/// What a row is one of; only rows of one kind share a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rule,
    Invariant,
    Route,
    Expectation,
    Field,
    Entry,
}

/// A row of a table, or, where it is too long for one line, a paragraph.
#[derive(Debug)]
pub(super) struct Row<'t> {
    /// What it is one of.
    pub(super) kind: Kind,
    /// Its cells, from left to right.
    pub(super) cells: Vec<Cell<'t>>,
}

/// A cell of a row. It stands in the column of its place among the row's cells.
#[derive(Debug)]
pub(super) struct Cell<'t> {
    /// What is in it.
    pub(super) role: Role,
    /// Its parts.
    pub(super) parts: Vec<Doc<'t>>,
}

/// What is in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// What the row starts with: an effect, a decision, the name of a field, the key of an entry.
    Lead,
    Verbs,
    Paths,
    /// `when`, `unless`
    Conditions,
    /// `as`, `because`, `by`
    Tail,
    /// Of a field.
    Values,
    /// Of an entry, behind its `=`.
    Entry,
}

/// How a cell is written in a row that is too long for one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Breaking {
    /// On the line that the row starts on.
    Stays,
    /// There, too, where it fits, else each part on a line.
    Wraps,
    /// Each part on a line.
    Breaks,
}

impl Role {
    /// The spaces before such a cell.
    const fn before(self) -> usize {
        match self {
            Self::Lead => 0,
            Self::Verbs | Self::Entry => 1,
            Self::Paths | Self::Conditions | Self::Tail | Self::Values => 2,
        }
    }

    /// The spaces between its parts.
    const fn between(self) -> usize {
        match self {
            Self::Lead | Self::Verbs | Self::Entry | Self::Values => 1,
            Self::Paths | Self::Conditions | Self::Tail => 2,
        }
    }

    /// How much further in than its row such a cell is, where it is broken.
    const fn indent(self) -> usize {
        match self {
            Self::Lead | Self::Entry => 0,
            Self::Verbs | Self::Paths | Self::Conditions | Self::Tail | Self::Values => INDENT,
        }
    }

    const fn breaking(self) -> Breaking {
        match self {
            Self::Lead | Self::Verbs | Self::Entry => Breaking::Stays,
            Self::Paths | Self::Values => Breaking::Wraps,
            Self::Conditions | Self::Tail => Breaking::Breaks,
        }
    }
}

impl<'t> Cell<'t> {
    fn width(&self) -> Option<usize> {
        let parts: usize = self.parts.iter().map(Doc::width).sum::<Option<usize>>()?;
        Some(parts + self.role.between() * self.parts.len().saturating_sub(1))
    }

    fn flat(self, gap: usize) -> Doc<'t> {
        Doc::Many(vec![Doc::Space(gap), Doc::joined(self.parts, self.role.between())])
    }

    fn broken(self, gap: usize) -> Doc<'t> {
        match self.role.breaking() {
            Breaking::Stays => self.flat(gap),
            Breaking::Wraps => Doc::group(vec![self.each_on_a_line(gap)]),
            Breaking::Breaks => self.each_on_a_line(gap),
        }
    }

    fn each_on_a_line(self, gap: usize) -> Doc<'t> {
        let spaces = std::iter::once(gap).chain(std::iter::repeat(self.role.between()));
        let lines = spaces.zip(self.parts).flat_map(|(spaces, part)| [Doc::Line(spaces), part]);
        Doc::Many(lines.collect())
    }
}

/// A row with what is known of it before anything is printed.
struct Measured<'t> {
    row: Row<'t>,
    /// The cells' widths on one line, where they can be on one.
    widths: Vec<Option<usize>>,
    /// Whether the row can be on one line.
    fits: bool,
}

impl<'t> Measured<'t> {
    fn new(row: Row<'t>, indent: usize) -> Self {
        let widths: Vec<_> = row.cells.iter().map(Cell::width).collect();
        let total: Option<usize> = widths.iter().copied().sum();
        let gaps: usize = row.cells.iter().skip(1).map(|cell| cell.role.before()).sum();
        let fits = total.is_some_and(|total| indent + gaps + total <= MAX_WIDTH);
        Self { row, widths, fits }
    }

    /// The widths of the cells that others stand behind.
    fn aligned(&self) -> impl Iterator<Item = (usize, usize)> {
        let is_in_table = |role: Role| self.fits || role.breaking() == Breaking::Stays;
        let cells = self.row.cells.iter().zip(&self.widths).take(self.row.cells.len().saturating_sub(1));
        cells.map_while(move |(cell, width)| width.filter(|_| is_in_table(cell.role))).enumerate()
    }
}

/// Prints rows of one kind that follow one another: one at a time, so that comments can go between them.
pub(super) struct Table<'t> {
    rows: std::vec::IntoIter<Measured<'t>>,
    /// Where each column starts, from the indentation on.
    starts: Vec<usize>,
    indent: usize,
}

impl<'t> Table<'t> {
    /// A table of those rows, so far in.
    pub(super) fn new(rows: Vec<Row<'t>>, indent: usize) -> Self {
        let rows: Vec<_> = rows.into_iter().map(|row| Measured::new(row, indent)).collect();
        let starts = starts(&rows);
        Self { rows: rows.into_iter(), starts, indent }
    }

    /// Prints the next row.
    pub(super) fn print_next(&mut self, page: &mut Page<'t>) {
        let Some(Measured { row, widths, fits }) = self.rows.next() else { return };
        let widths = row.cells.iter().zip(widths);
        let sizes: Vec<_> = widths.map(|(cell, width)| cell.role.before() + width.unwrap_or(0)).collect();
        let mut rest: usize = sizes.iter().sum();
        let cells = row.cells.into_iter().zip(sizes).zip(&self.starts).enumerate();
        for (column, ((cell, size), start)) in cells {
            let before = cell.role.before();
            let slack = (self.indent + start).saturating_sub(page.column(self.indent) + before);
            // No line gets too long for the sake of a column.
            let is_aligned = !fits || page.column(self.indent) + slack + rest <= MAX_WIDTH;
            let gap = if is_aligned { before + slack } else { before };
            rest = rest.saturating_sub(size);
            let indent = self.indent + if column == 0 { 0 } else { cell.role.indent() };
            let doc = if fits { cell.flat(gap) } else { cell.broken(gap) };
            page.print(&doc, indent, fits);
        }
    }
}

/// Where each column starts.
fn starts(rows: &[Measured<'_>]) -> Vec<usize> {
    let cells = || rows.iter().flat_map(|measured| measured.row.cells.iter().enumerate());
    let columns = cells().map(|(column, _)| column + 1).max().unwrap_or(0);
    let mut widths = vec![Vec::new(); columns];
    for (column, width) in rows.iter().flat_map(Measured::aligned) {
        if let Some(widths) = widths.get_mut(column) {
            widths.push(width);
        }
    }
    let mut gaps = vec![0; columns];
    for (column, cell) in cells().filter(|(column, _)| *column > 0) {
        if let Some(gap) = gaps.get_mut(column) {
            *gap = cell.role.before();
        }
    }
    let mut end = 0;
    let columns = gaps.into_iter().zip(widths);
    columns
        .map(|(gap, widths)| {
            let start = end + gap;
            end = start + column_width(widths);
            start
        })
        .collect()
}

/// Cells are a column together up to a multiple of this width.
const STEP: usize = 32;

/// How wide a column is whose cells have those widths: as wide as the widest of them, those left out that are far
/// wider than most. What follows such a cell stands right behind it, instead of far away from all others.
pub(super) fn column_width(mut widths: Vec<usize>) -> usize {
    if widths.is_empty() {
        return 0;
    }
    let middle = (widths.len() - 1) / 2;
    let median = *widths.select_nth_unstable(middle).1;
    let limit = median.max(1).next_multiple_of(STEP);
    if limit > 4 * STEP {
        return 0;
    }
    widths.into_iter().filter(|width| *width <= limit).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::column_width;

    #[test]
    fn a_column_is_as_wide_as_most_of_its_cells_need() {
        for (widths, expected) in [
            (vec![], 0),
            (vec![7], 7),
            (vec![6, 9, 32], 32),
            (vec![6, 9, 37], 9),
            (vec![6, 37, 41], 41),
            (vec![37, 41, 65], 41),
            (vec![200, 300], 0),
        ] {
            assert_eq!(column_width(widths.clone()), expected, "{widths:?}");
        }
    }
}
