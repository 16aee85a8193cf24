//! Two forms of an article, shown field by field for people: what goes, what comes.

use std::fmt::Write as _;

use crate::model::{Content, Field, Figure};
use crate::pipeline::Difference;

use super::out::{Paint, paint};

/// Lines shown of one field at most.
const LINES: usize = 12;

/// Characters shown of one line at most.
const CHARACTERS: usize = 160;

/// Characters shown before the first that differs.
const LEAD_IN: usize = 30;

/// Pairs of lines compared at most; beyond that, what lies between the common beginning and end is shown whole.
const COMPARISONS: usize = 250_000;

/// The difference as lines: the article, then its fields.
pub(super) fn show(difference: &Difference, colour: bool) -> String {
    let (before, after) = (&difference.before, &difference.after);
    let title = before.content.title.as_deref().unwrap_or("(no title)");
    let mut shown = paint(&format!("{}  {}", before.content.link, short(title, 0)), Paint::Bold, colour);
    shown.push('\n');
    if difference.fields.is_empty() {
        shown.push_str("  markup only: no word, link or picture differs\n");
        return shown;
    }
    for field in &difference.fields {
        let _ = writeln!(shown, "  {}", name(*field));
        field_lines(&mut shown, &lines(&before.content, *field), &lines(&after.content, *field), colour);
    }
    if before.content.updated != after.content.updated {
        shown.push_str("  updated\n");
        let moment =
            |content: &Content| content.updated.map(|moment| moment.to_string()).into_iter().collect::<Vec<_>>();
        field_lines(&mut shown, &moment(&before.content), &moment(&after.content), colour);
    }
    shown
}

fn field_lines(shown: &mut String, before: &[String], after: &[String], colour: bool) {
    let steps = steps(before, after);
    // One line in place of one: only what is around the difference matters.
    let from = match &steps[..] {
        [Step::Gone(a), Step::Come(b)] => first_difference(a, b),
        _ => 0,
    };
    for step in steps.iter().take(LINES) {
        let (sign, text, colour_of) = match step {
            Step::Gone(text) => ('-', text, Paint::Bad),
            Step::Come(text) => ('+', text, Paint::Good),
        };
        let _ = writeln!(shown, "    {}", paint(&format!("{sign} {}", short(text, from)), colour_of, colour));
    }
    if steps.len() > LINES {
        let _ = writeln!(shown, "    … and {} more lines", steps.len() - LINES);
    }
}

/// The beginning of a line, or what is around its character `from` where that is further on.
fn short(line: &str, from: usize) -> String {
    let skipped = if from > CHARACTERS / 2 { from - LEAD_IN } else { 0 };
    let mut characters = line.chars().skip(skipped).map(|c| if c.is_control() { ' ' } else { c });
    let mut shown = if skipped > 0 { "…".to_owned() } else { String::new() };
    shown.extend(characters.by_ref().take(CHARACTERS));
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

fn first_difference(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

/// One line of a difference.
#[derive(Debug, PartialEq, Eq)]
enum Step<'a> {
    Gone(&'a str),
    Come(&'a str),
}

/// What leads from one list of lines to the other, in order.
fn steps<'a>(before: &'a [String], after: &'a [String]) -> Vec<Step<'a>> {
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[head..], &after[head..]);
    let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[..before.len() - tail], &after[..after.len() - tail]);
    if before.len().saturating_mul(after.len()) > COMPARISONS {
        let gone = before.iter().map(|line| Step::Gone(line));
        return gone.chain(after.iter().map(|line| Step::Come(line))).collect();
    }
    // Longest common subsequence, from the end: `longest[a][b]` is that of what is left.
    let mut longest = vec![vec![0_usize; after.len() + 1]; before.len() + 1];
    for a in (0..before.len()).rev() {
        for b in (0..after.len()).rev() {
            longest[a][b] = if before[a] == after[b] {
                longest[a + 1][b + 1] + 1
            } else {
                longest[a + 1][b].max(longest[a][b + 1])
            };
        }
    }
    let (mut a, mut b, mut steps) = (0, 0, Vec::new());
    while a < before.len() || b < after.len() {
        if a < before.len() && b < after.len() && before[a] == after[b] {
            (a, b) = (a + 1, b + 1);
        } else if a < before.len() && (b == after.len() || longest[a + 1][b] >= longest[a][b + 1]) {
            steps.push(Step::Gone(&before[a]));
            a += 1;
        } else {
            steps.push(Step::Come(&after[b]));
            b += 1;
        }
    }
    steps
}

fn name(field: Field) -> &'static str {
    match field {
        Field::Title => "title",
        Field::Lead => "lead",
        Field::Body => "body",
        Field::Authors => "authors",
        Field::Published => "published",
        Field::Updated => "updated",
        Field::Language => "language",
        Field::Dateline => "dateline",
        Field::Categories => "categories",
        Field::Canonical => "link",
        Field::Image => "image and attachments",
        Field::Figures => "figures",
        Field::Attributions => "attributions",
    }
}

/// A field as lines.
fn lines(content: &Content, field: Field) -> Vec<String> {
    let one = |text: Option<String>| text.into_iter().collect();
    match field {
        Field::Title => one(content.title.clone()),
        Field::Lead => one(content.lead.clone()),
        Field::Body => {
            let words = content.text.lines().map(str::to_owned);
            words.chain(content.targets().map(|target| format!("→ {target}"))).collect()
        }
        Field::Authors => {
            let name = |author: &crate::model::Person| author.name.clone().or_else(|| author.email.clone());
            content.authors.iter().filter_map(name).collect()
        }
        Field::Published => one(content.published.map(|moment| moment.to_string())),
        Field::Updated => one(content.updated.map(|moment| moment.to_string())),
        Field::Language => one(content.language.clone()),
        Field::Dateline => one(content.dateline.clone()),
        Field::Categories => content.categories.iter().map(|category| category.term.clone()).collect(),
        Field::Canonical => one(Some(content.link.to_string())),
        Field::Image => {
            content.image.clone().into_iter().chain(content.enclosures.iter().map(|file| file.url.clone())).collect()
        }
        Field::Figures => content.figures.iter().map(figure).collect(),
        Field::Attributions => content.attributions.iter().map(|line| line.text.clone()).collect(),
    }
}

fn figure(figure: &Figure) -> String {
    let parts = [&figure.url, &figure.caption, &figure.place, &figure.credit];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(text: &str) -> Vec<String> {
        text.split_terminator(' ').map(str::to_owned).collect()
    }

    #[test]
    fn lines_that_stay_are_not_shown() {
        let rows = [
            ("a b c", "a x c", "-b +x"),
            ("a b c d", "b d e", "-a -c +e"),
            ("", "a", "+a"),
            ("a", "", "-a"),
            ("a b", "a b", ""),
            ("a a b", "a b b", "-a +b"),
        ];
        for (before, after, wanted) in rows {
            let (before, after) = (lines_of(before), lines_of(after));
            let show = |step: Step| match step {
                Step::Gone(line) => format!("-{line}"),
                Step::Come(line) => format!("+{line}"),
            };
            let shown: Vec<String> = steps(&before, &after).into_iter().map(show).collect();
            assert_eq!(shown.join(" "), wanted, "{before:?} to {after:?}");
        }
    }

    #[test]
    fn a_long_line_is_shown_where_it_differs() {
        let (a, b) = (format!("{} old end", "word ".repeat(60)), format!("{} new end", "word ".repeat(60)));
        let mut shown = String::new();
        field_lines(&mut shown, std::slice::from_ref(&a), std::slice::from_ref(&b), false);
        assert!(shown.contains("- …") && shown.contains("old end") && shown.contains("new end"), "{shown}");
        assert!(shown.chars().count() < 400, "{shown}");
    }

    #[test]
    fn a_field_rewritten_whole_is_cut_short() {
        let (a, b): (Vec<_>, Vec<_>) = (0..1_000).map(|n| (format!("a{n}"), format!("b{n}"))).unzip();
        let mut shown = String::new();
        field_lines(&mut shown, &a, &b, false);
        assert_eq!(shown.lines().count(), LINES + 1);
        assert!(shown.ends_with("… and 1988 more lines\n"), "{shown}");
    }
}
