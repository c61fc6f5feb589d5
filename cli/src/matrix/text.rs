//! A matrix as a table that fits a terminal.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Access, Cell, Matrix, Row};
use crate::explain::printable;
use crate::render::Paint;
use crate::render::human::count;

/// The table is no wider, in characters.
const WIDTH: usize = 80;
/// A longer route stands on a line of its own.
const WIDEST_ROUTE: usize = 44;
/// With longer names, the personas are called by letters.
const WIDEST_NAME: usize = 16;
/// As many cells that need explaining are explained.
const MAX_EXPLAINED: usize = 20;

/// The table, and what its signs mean.
pub(crate) fn table(matrix: &Matrix, paint: Paint) -> String {
    let table = Table::new(matrix);
    let mut out = String::new();
    for block in table.blocks() {
        table.write_block(&mut out, block, paint);
        out.push('\n');
    }
    table.write_legend(&mut out);
    out
}

struct Table<'a> {
    matrix: &'a Matrix,
    headers: Vec<String>,
    by_letter: bool,
    /// Rows whose cells are the same, with their verbs joined.
    rows: Vec<(String, Vec<String>)>,
    /// The rules that cells name by number, from 1.
    rules: Vec<&'a str>,
    label: usize,
    widths: Vec<usize>,
}

impl<'a> Table<'a> {
    fn new(matrix: &'a Matrix) -> Self {
        let rules = rules(matrix);
        let rows = rows(matrix, &rules);
        let label = rows.iter().map(|(label, _)| width(label)).filter(|width| *width <= WIDEST_ROUTE).max();
        let label = label.unwrap_or(WIDEST_ROUTE / 2);
        let cell_widths = |column: usize| {
            rows.iter().filter_map(move |(_, cells)| cells.get(column)).map(|cell| width(cell))
        };
        let widths_with = |headers: &[String]| -> Vec<usize> {
            let columns = headers.iter().enumerate();
            columns.map(|(column, header)| cell_widths(column).fold(width(header), usize::max)).collect()
        };
        let names: Vec<_> = matrix.personas.iter().map(|persona| printable(&persona.name)).collect();
        let mut widths = widths_with(&names);
        let total = widths.iter().fold(label, |sum, width| sum + 2 + width);
        let by_letter = total > WIDTH || names.iter().any(|name| width(name) > WIDEST_NAME);
        let headers = if by_letter { (0..names.len()).map(letters).collect() } else { names };
        if by_letter {
            widths = widths_with(&headers);
        }
        Self { matrix, headers, by_letter, rows, rules, label, widths }
    }

    /// Columns that fit beside the routes, as ranges.
    fn blocks(&self) -> Vec<std::ops::Range<usize>> {
        let mut blocks = Vec::new();
        let (mut start, mut used) = (0, self.label);
        for (column, width) in self.widths.iter().enumerate() {
            if column > start && used + 2 + width > WIDTH {
                blocks.push(start..column);
                (start, used) = (column, self.label);
            }
            used += 2 + width;
        }
        blocks.push(start..self.widths.len());
        blocks
    }

    fn write_block(&self, out: &mut String, block: std::ops::Range<usize>, paint: Paint) {
        let label = self.label;
        let columns = || self.widths.iter().copied().enumerate().skip(block.start).take(block.len());
        let mut line = format!("{:label$}", "");
        for (column, width) in columns() {
            // Writing to a string cannot fail.
            let _ = write!(line, "  {:width$}", self.headers.get(column).map_or("", String::as_str));
        }
        let _ = writeln!(out, "{}", line.trim_end());
        for (route, cells) in &self.rows {
            let mut line = if width(route) > label {
                let _ = writeln!(out, "{route}");
                format!("{:label$}", "")
            } else {
                format!("{route:label$}")
            };
            for (column, width) in columns() {
                let cell = cells.get(column).map_or("", String::as_str);
                let _ = write!(line, "  {}", painted(&format!("{cell:width$}"), paint));
            }
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }

    fn write_legend(&self, out: &mut String) {
        let headers = self.headers.iter().map(|header| width(header)).max().unwrap_or(0);
        for (header, persona) in self.headers.iter().zip(&self.matrix.personas) {
            if self.by_letter {
                let _ = writeln!(out, "{header:headers$}  {}", printable(&persona.name));
            }
            if let Some(claim) = &persona.hostile_claim {
                let header = if self.by_letter { "" } else { header.as_str() };
                let _ = writeln!(out, "{header:headers$}  `{claim}` is hostile: everything is denied");
            }
        }
        let numbers = self.rules.len().to_string().len();
        let places = |id: &str| self.matrix.places.iter().find(|(known, _)| known == id);
        for (number, id) in (1..).zip(&self.rules) {
            let place = places(id).map(|(_, place)| place).filter(|place| place != id);
            let place = place.map_or_else(String::new, |place| format!(" ({place})"));
            let _ = writeln!(out, "{number:>numbers$}  {id}{place}");
        }
        out.push('\n');
        self.write_signs(out);
    }

    /// What the words in the cells mean; those that there are.
    fn write_signs(&self, out: &mut String) {
        let cells = || self.matrix.routes.iter().flat_map(|row| &row.cells);
        let has = |access| cells().any(|cell| cell.access == access);
        if has(Access::Yes) {
            out.push_str("yes   allowed, by the rules with these numbers\n");
        }
        for own in own_values(self.matrix) {
            let _ = writeln!(out, "own   allowed only where {own}");
        }
        if cells().any(|cell| cell.access == Access::No && !cell.rules.is_empty()) {
            out.push_str("no    denied by the rules with these numbers\n");
        }
        if cells().any(|cell| cell.access == Access::No && cell.rules.is_empty()) {
            out.push_str("-     allowed by no rule\n");
        }
        if has(Access::Some) {
            out.push_str("some  allowed for some values in the path:\n");
        }
        let mixed: Vec<_> = mixed(self.matrix, &self.headers).collect();
        for line in mixed.iter().take(MAX_EXPLAINED) {
            let _ = writeln!(out, "      {line}");
        }
        let more = mixed.len().saturating_sub(MAX_EXPLAINED);
        if more > 0 {
            let _ = writeln!(out, "      and {} more; `--format json` has them all", count(more, "cell"));
        }
    }
}

/// The rules in the order in which the table names them.
fn rules(matrix: &Matrix) -> Vec<&str> {
    let mut rules: Vec<&str> = Vec::new();
    let cells = matrix.routes.iter().flat_map(|row| &row.cells);
    for id in cells.flat_map(|cell| &cell.rules) {
        if !rules.contains(&id.as_str()) {
            rules.push(id);
        }
    }
    rules
}

fn rows(matrix: &Matrix, rules: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut rows: Vec<(Vec<&str>, &Row, Vec<String>)> = Vec::new();
    for row in &matrix.routes {
        let cells: Vec<_> = row.cells.iter().map(|cell| cell_text(cell, rules)).collect();
        match rows.last_mut() {
            Some((verbs, last, known)) if last.path == row.path && *known == cells => verbs.push(row.verb),
            _ => rows.push((vec![row.verb], row, cells)),
        }
    }
    let all = policy_engine::Verb::ALL.len();
    let label = |verbs: &[&str], row: &Row| {
        let verbs = if verbs.len() == all { "ANY".to_owned() } else { verbs.join(" ") };
        (verbs, printable(&row.path))
    };
    let labels: Vec<_> = rows.iter().map(|(verbs, row, _)| label(verbs, row)).collect();
    let fits = |verbs: &String| width(verbs) <= WIDEST_ROUTE / 2;
    let verbs_width =
        labels.iter().map(|(verbs, _)| verbs).filter(|verbs| fits(verbs)).map(|verbs| width(verbs)).max();
    let verbs_width = verbs_width.unwrap_or(0);
    let labels = labels.into_iter().map(|(verbs, path)| format!("{verbs:verbs_width$}  {path}"));
    labels.zip(rows).map(|(label, (_, _, cells))| (label, cells)).collect()
}

fn cell_text(cell: &Cell, rules: &[&str]) -> String {
    let numbers: BTreeSet<usize> = cell
        .rules
        .iter()
        .filter_map(|id| rules.iter().position(|known| known == id))
        .map(|at| at + 1)
        .collect();
    let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    let word = match cell.access {
        Access::Yes => "yes",
        Access::Own => "own",
        Access::Some => "some",
        Access::No if numbers.is_empty() => return "-".to_owned(),
        Access::No => "no",
    };
    format!("{word} {}", numbers.join(","))
}

fn painted(cell: &str, paint: Paint) -> String {
    if cell.starts_with("yes") {
        paint.good(cell)
    } else if cell.starts_with("no") {
        paint.error(cell)
    } else if cell.starts_with('-') {
        paint.faint(cell)
    } else {
        paint.help(cell)
    }
}

/// What makes a value the caller's own, of the cells that say so.
fn own_values(matrix: &Matrix) -> BTreeSet<String> {
    let cells = matrix.routes.iter().flat_map(|row| &row.cells).filter(|cell| cell.access == Access::Own);
    let allowed = cells.flat_map(|cell| &cell.requests).filter(|asked| asked.is_allowed());
    let own = allowed.flat_map(|asked| &asked.tried.values).filter(|value| value.kind == super::Kind::Own);
    own.map(|value| format!("`{{{}}}` is `{}`", value.parameter, value.with.as_deref().unwrap_or_default()))
        .collect()
}

/// The cells that no word says all about.
fn mixed<'a>(matrix: &'a Matrix, headers: &'a [String]) -> impl Iterator<Item = String> + 'a {
    matrix.routes.iter().flat_map(move |row| {
        let cells = row.cells.iter().zip(headers).filter(|(cell, _)| cell.access == Access::Some);
        cells.map(move |(cell, header)| {
            let paths = |allowed: bool| {
                let asked = cell.requests.iter().filter(move |asked| asked.is_allowed() == allowed);
                asked.map(|asked| printable(&asked.tried.path)).collect::<Vec<_>>().join(", ")
            };
            format!("{header}, {} {}: {}, and not {}", row.verb, row.path, paths(true), paths(false))
        })
    })
}

/// `A` … `Z`, `AA` …
fn letters(mut number: usize) -> String {
    let mut out = String::new();
    loop {
        let letter = u8::try_from(number % 26).unwrap_or_default();
        out.insert(0, char::from(b'A' + letter));
        number /= 26;
        if number == 0 {
            return out;
        }
        number -= 1;
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}
