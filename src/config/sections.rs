//! A settings file taken apart section by section, so that every problem is found at once, each with its line.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// Unknown keys removed from one section at most before it is given up.
const MOST_UNKNOWN: usize = 20;

/// Something wrong with the settings: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file; `None` for the environment and the command line.
    pub file: Option<PathBuf>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{}:{line}: ", file.display())?,
            (Some(file), None) => write!(f, "{}: ", file.display())?,
            _ => {}
        }
        f.write_str(&self.message)
    }
}

/// A value with the line it begins at.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) line: Option<usize>,
}

/// Texts up to this size are taken apart at once; longer ones piece by piece, for a text takes twenty times its size then.
const PIECE_BYTES: usize = 16 * 1024;

/// Reads a file that holds `[[key]]` tables, however many.
pub(super) fn read_tables<T: DeserializeOwned>(file: &Path, text: &str, key: &str) -> (Vec<At<T>>, Vec<Problem>) {
    let mut tables = Vec::new();
    let problems = each_table(file, text, key, &mut |table| tables.push(table));
    (tables, problems)
}

/// The same, handing over one table after the other; gives the problems.
pub(super) fn each_table<T: DeserializeOwned>(
    file: &Path,
    text: &str,
    key: &str,
    take: &mut dyn FnMut(At<T>),
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut at = 0;
    for (lines_before, piece) in pieces(text, &format!("[[{key}]]"), PIECE_BYTES) {
        let mut sections = Sections::parse(file, piece);
        let is_sound = sections.problems.is_empty();
        if !is_sound {
            // A value of several lines may hold what looks like a table. What was read so far was whole; as one text, the rest
            // is what it seems.
            sections = Sections::parse(file, &text[at..]);
        }
        at += piece.len();
        sections.start_after(lines_before);
        sections.take_each(key).into_iter().for_each(&mut *take);
        problems.extend(sections.finish(&[key]));
        if !is_sound {
            break;
        }
    }
    problems
}

/// Cuts a text before lines that are `header`, into pieces little longer than `size`, each with how many lines are before it.
fn pieces<'i>(text: &'i str, header: &str, size: usize) -> Vec<(usize, &'i str)> {
    let mut pieces = Vec::new();
    let (mut begin, mut begin_line, mut at) = (0, 0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if at - begin >= size && line.trim_end() == header {
            pieces.push((begin_line, &text[begin..at]));
            (begin, begin_line) = (at, number);
        }
        at += line.len();
    }
    pieces.push((begin_line, &text[begin..]));
    pieces
}

/// A file being taken apart.
pub(super) struct Sections<'i> {
    file: &'i Path,
    /// Where each line ends: a file of 20,000 sources is not counted through for each of them.
    line_ends: Vec<usize>,
    /// Lines of the file before the text.
    lines_before: usize,
    table: DeTable<'i>,
    pub(super) problems: Vec<Problem>,
}

impl<'i> Sections<'i> {
    pub(super) fn parse(file: &'i Path, text: &'i str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let line_ends = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
        let mut sections = Self { file, line_ends, lines_before: 0, table: table.into_inner(), problems: Vec::new() };
        for error in errors {
            sections.report(error.message().to_owned(), error.span().map(|span| span.start));
        }
        sections
    }

    /// Counts so many lines before the text, for problems that were found already too.
    fn start_after(&mut self, lines: usize) {
        self.lines_before = lines;
        for line in self.problems.iter_mut().filter_map(|problem| problem.line.as_mut()) {
            *line += lines;
        }
    }

    /// Puts a value from the environment in place of the file's. Dots in `key` lead into tables.
    pub(super) fn put(&mut self, key: &'i str, value: DeValue<'i>) {
        let value = Spanned::new(0..0, value);
        match key.split_once('.') {
            None => {
                self.table.insert(Spanned::new(0..0, Cow::Borrowed(key)), value);
            }
            Some((section, key)) => {
                let empty = || Spanned::new(0..0, DeValue::Table(DeTable::new()));
                let entry = self.table.entry(Spanned::new(0..0, Cow::Borrowed(section))).or_insert_with(empty);
                if let DeValue::Table(table) = entry.get_mut() {
                    table.insert(Spanned::new(0..0, Cow::Borrowed(key)), value);
                }
            }
        }
    }

    /// Reads and removes one section or key; `None` when it is absent or wrong.
    pub(super) fn take<T: DeserializeOwned>(&mut self, key: &str) -> Option<At<T>> {
        let value = self.table.remove(key)?;
        self.read(key, value)
    }

    /// Reads and removes a list of tables (`[[key]]`), or a single one (`[key]`).
    pub(super) fn take_each<T: DeserializeOwned>(&mut self, key: &str) -> Vec<At<T>> {
        let Some(value) = self.table.remove(key) else { return Vec::new() };
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(items) => items.into_iter().filter_map(|item| self.read(key, item)).collect(),
            other => self.read(key, Spanned::new(span, other)).into_iter().collect(),
        }
    }

    pub(super) fn file(&self) -> &Path {
        self.file
    }

    /// Reports what was not taken: nobody reads it. `known` are the keys there are.
    pub(super) fn finish(mut self, known: &[&str]) -> Vec<Problem> {
        let rest: Vec<(String, usize)> =
            self.table.iter().map(|(key, _)| (key.get_ref().to_string(), key.span().start)).collect();
        for (key, at) in rest {
            self.report(format!("unknown key `{key}`{}", suggest(&key, known.iter().copied())), Some(at));
        }
        self.problems
    }

    pub(super) fn report(&mut self, message: String, offset: Option<usize>) {
        let line = offset.map(|offset| self.line(offset));
        self.problems.push(Problem { file: Some(self.file.to_owned()), line, message });
    }

    pub(super) fn problem(&mut self, line: Option<usize>, message: impl Into<String>) {
        self.problems.push(Problem { file: Some(self.file.to_owned()), line, message: message.into() });
    }

    fn line(&self, offset: usize) -> usize {
        self.lines_before + self.line_ends.partition_point(|end| *end < offset) + 1
    }

    /// Reads a value; an unknown key is reported and taken out, so that what is behind it is looked at too.
    fn read<T: DeserializeOwned>(&mut self, key: &str, mut value: Spanned<DeValue<'i>>) -> Option<At<T>> {
        let from_file = value.span() != (0..0);
        let line = from_file.then(|| self.line(value.span().start));
        for _ in 0..MOST_UNKNOWN {
            let error = match T::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(read) => return Some(At { value: read, line }),
                Err(error) => error,
            };
            let offset =
                error.span().map(|span| span.start).filter(|_| from_file).or(from_file.then_some(value.span().start));
            let message = error.message().trim().to_owned();
            let Some((unknown, expected)) = unknown_field(&message) else {
                self.report(format!("`{key}`: {message}"), offset);
                return None;
            };
            let hint = suggest(unknown, expected.iter().copied());
            self.report(format!("`{key}`: unknown key `{unknown}`{hint}"), offset);
            let span = error.span()?;
            if !remove(value.get_mut(), span.start) {
                return None;
            }
        }
        None
    }
}

/// The field of serde's message about an unknown one, and those it expected.
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (unknown, rest) = rest.split_once('`')?;
    let expected = rest.split('`').skip(1).step_by(2).collect();
    Some((unknown, expected))
}

/// Removes the key that begins at an offset, wherever it is inside a value.
fn remove(value: &mut DeValue<'_>, offset: usize) -> bool {
    match value {
        DeValue::Table(table) => {
            let key =
                table.iter().find(|(key, _)| key.span().start == offset).map(|(key, _)| key.get_ref().to_string());
            if let Some(key) = key {
                return table.remove(key.as_str()).is_some();
            }
            table.iter_mut().any(|(_, value)| remove(value.get_mut(), offset))
        }
        DeValue::Array(items) => items.iter_mut().any(|item| remove(item.get_mut(), offset)),
        _ => false,
    }
}

/// What was probably meant, or what there is.
#[must_use]
pub fn suggest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let near = known.iter().map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate)).min();
    match near {
        Some((distance, candidate)) if distance <= 2.max(word.len() / 3) => format!(": did you mean `{candidate}`?"),
        _ if known.is_empty() => String::new(),
        _ => format!(": there are `{}`", known.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Source {
        id: String,
        #[serde(default, rename = "every")]
        _every: Option<String>,
    }

    fn messages(problems: &[Problem]) -> Vec<String> {
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_problem_is_found_with_its_line() {
        let text =
            "baseurl = 1\n[[source]]\nid = \"a\"\nevry = \"1h\"\nhue = 1\n[[source]]\nid = 7\n[[source]]\nid = \"c\"\n";
        let mut sections = Sections::parse(Path::new("x.toml"), text);
        let sources: Vec<At<Source>> = sections.take_each("source");
        let found = messages(&sections.finish(&["base_url", "store"]));
        assert_eq!(sources.iter().map(|source| source.value.id.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(sources[1].line, Some(8));
        assert!(
            found.contains(&"x.toml:4: `source`: unknown key `evry`: did you mean `every`?".to_owned()),
            "{found:?}"
        );
        assert!(found.iter().any(|message| message.starts_with("x.toml:5: `source`: unknown key `hue`")), "{found:?}");
        assert!(found.iter().any(|message| message.starts_with("x.toml:7: `source`: invalid type")), "{found:?}");
        assert!(found.contains(&"x.toml:1: unknown key `baseurl`: did you mean `base_url`?".to_owned()), "{found:?}");
    }

    #[test]
    fn a_long_file_is_read_piece_by_piece_with_its_lines() {
        let table = |number: usize| format!("[[source]]\nid = \"s{number:05}\"\n\n");
        let text: String = (0..10_000).map(table).collect();
        assert!(pieces(&text, "[[source]]", PIECE_BYTES).len() > 1);
        let (sources, problems) = read_tables::<Source>(Path::new("x.toml"), &text, "source");
        assert_eq!((sources.len(), problems), (10_000, Vec::new()));
        assert_eq!((sources[9_999].value.id.as_str(), sources[9_999].line), ("s09999", Some(29_998)));
        // What looks like a table within a value is none; nor does a mistake move to another line.
        let odd = text.replace("\"s05041\"", "\"\"\"\n[[source]]\n\"\"\"") + "evry = 1\n";
        let (sources, problems) = read_tables::<Source>(Path::new("x.toml"), &odd, "source");
        assert_eq!(sources.len(), 10_000);
        assert!(messages(&problems)[0].starts_with("x.toml:30003: `source`: unknown key `evry`"), "{problems:?}");
        let cut = pieces(&odd, "[[source]]", 1);
        assert_eq!(cut.len(), 10_001);
        assert_eq!(cut.iter().map(|(_, piece)| *piece).collect::<String>(), odd);
    }

    #[test]
    fn a_broken_file_names_the_line() {
        let sections = Sections::parse(Path::new("x.toml"), "a = 1\nb = = 2\n");
        assert!(messages(&sections.problems)[0].starts_with("x.toml:2: "), "{:?}", sections.problems);
    }
}
