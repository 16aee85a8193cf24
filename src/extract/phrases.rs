//! Lists of expressions that lines are tried against, each of them only where the line can begin so.
//!
//! Nearly every line of a page is tried against some thirty expressions and matches none. All of them are tied to the start
//! of the line, so the first letters say which can match at all: mostly none.

use std::collections::HashMap;

use regex::Regex;

/// Letters of a start that are compared.
const LETTERS: usize = 3;

/// Expressions by how what they match begins.
pub(super) struct Phrases {
    expressions: Vec<Regex>,
    /// Places in `expressions` by start.
    by_start: HashMap<String, Vec<usize>>,
    /// Those of which no start is known.
    anyhow: Vec<usize>,
}

impl Phrases {
    /// Compiles expressions that begin with `^`. Boundaries of ASCII words keep them fast on text that is not ASCII.
    pub(super) fn new(patterns: &[&str]) -> Self {
        let mut phrases = Self { expressions: Vec::new(), by_start: HashMap::new(), anyhow: Vec::new() };
        for (at, pattern) in patterns.iter().enumerate() {
            let compiled = Regex::new(&pattern.replace(r"\b", r"(?-u:\b)"));
            phrases.expressions.push(compiled.expect("the built-in phrases are valid expressions"));
            match starts(pattern.trim_start_matches("(?i)").trim_start_matches('^')) {
                Some(known) => known.into_iter().for_each(|start| phrases.by_start.entry(start).or_default().push(at)),
                None => phrases.anyhow.push(at),
            }
        }
        phrases
    }

    /// Whether any of them matches `text`, whose [`start`] is given.
    pub(super) fn begins(&self, text: &str, start: &str) -> bool {
        let matches = |at: &usize| self.expressions[*at].is_match(text);
        let cuts = start.char_indices().map(|(at, c)| at + c.len_utf8());
        cuts.filter_map(|end| self.by_start.get(&start[..end])).any(|known| known.iter().any(matches))
            || self.anyhow.iter().any(matches)
    }
}

/// The first letters of a text in the form starts are compared in: lower case, any digit a `0`.
pub(super) fn start(text: &str) -> String {
    let letters = text.trim_start_matches('(').chars().flat_map(char::to_lowercase).take(LETTERS);
    letters.map(|c| if c.is_numeric() { '0' } else { c }).collect()
}

/// How texts begin that an expression matches; `None` where that cannot be told.
fn starts(pattern: &str) -> Option<Vec<String>> {
    let pattern = ["\\(?", "\\("].iter().find_map(|open| pattern.strip_prefix(open)).unwrap_or(pattern);
    if let Some(inner) = pattern.strip_prefix("(?:").or_else(|| pattern.strip_prefix("(?i:")) {
        let (alternatives, rest) = group(inner)?;
        let mut found = Vec::new();
        for alternative in alternatives {
            found.extend(starts(alternative)?);
        }
        if let Some(rest) = rest.strip_prefix('?') {
            found.extend(starts(["\\s*", "\\s+"].iter().find_map(|gap| rest.strip_prefix(gap)).unwrap_or(rest))?);
        }
        return Some(found);
    }
    if pattern.starts_with("\\d") {
        return Some(vec!["0".to_owned()]);
    }
    let letters = |c: &char| c.is_alphabetic() || matches!(c, '@' | '©' | ' ');
    let mut start: String = pattern.chars().take_while(letters).collect();
    // A letter that may be missing, or stands for several, says nothing.
    if pattern[start.len()..].starts_with(['?', '*', '{']) {
        start.pop();
    }
    let start: String = start.to_lowercase().chars().take(LETTERS).collect();
    (!start.is_empty()).then(|| vec![start])
}

/// The alternatives of a group, given what follows its opening, and what follows the group.
fn group(inner: &str) -> Option<(Vec<&str>, &str)> {
    let (mut depth, mut escaped, mut class, mut begin) = (0_u32, false, false, 0);
    let mut alternatives = Vec::new();
    for (at, c) in inner.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match c {
            '\\' => escaped = true,
            ']' => class = false,
            _ if class => {}
            '[' => class = true,
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            '|' if depth == 0 => {
                alternatives.push(&inner[begin..at]);
                begin = at + 1;
            }
            ')' => {
                alternatives.push(&inner[begin..at]);
                return Some((alternatives, &inner[at + 1..]));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_read_off_the_expression() {
        let rows: [(&str, Option<&[&str]>); 8] = [
            ("(?:share|tweet this)$", Some(&["sha", "twe"])),
            ("(?:see|watch)?\\s*(?:also|x)\\b", Some(&["see", "wat", "als", "x"])),
            ("\\(?(?:photos?|©)", Some(&["pho", "©"])),
            ("(?:ad|ads?|e-?mail|don['’]t)", Some(&["ad", "ad", "e", "don"])),
            ("\\d+ min", Some(&["0"])),
            ("(?:\\p{L}+ )?x", None),
            ("[a-z]+@", None),
            ("(?:in (?:this|that) (?:one|two)|b)$", Some(&["in ", "b"])),
        ];
        for (pattern, wanted) in rows {
            let found = starts(pattern);
            assert_eq!(
                found.as_deref().map(|found| found.iter().map(String::as_str).collect()),
                wanted.map(<[&str]>::to_vec),
                "{pattern}"
            );
        }
    }

    #[test]
    fn a_line_is_tried_where_it_can_match() {
        let phrases = Phrases::new(&["(?i)^(?:see|read)?\\s*(?:also|more)\\b", "(?i)^\\(?(?:photos?|bild):", "^.*@x$"]);
        for (text, wanted) in [
            ("Read more", true),
            ("also", true),
            ("(PHOTO: N", true),
            ("Photo N", false),
            ("a@x", true),
            ("Reading", false),
        ] {
            assert_eq!(phrases.begins(text, &start(text)), wanted, "{text}");
        }
    }
}
