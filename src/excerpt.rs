//! The opening of an article, for places that hold a few lines: descriptions, pages, shortened feeds.
//!
//! Never adds a word: what is cut ends in `…`.

use crate::model::Content;

/// Characters of an opening that had to be cut from the text: three or four lines on a page.
const OPENING_CHARACTERS: usize = 300;

/// What sums the article up in plain text: its summary, else its lead, else the first words of its text. `None` when it
/// says nothing.
#[must_use]
pub fn summary(content: &Content) -> Option<String> {
    let given = [&content.summary, &content.lead].into_iter().flatten().find(|text| !text.trim().is_empty());
    let summary = given.map_or_else(|| first(&content.text, OPENING_CHARACTERS), |text| text.trim().to_owned());
    (!summary.is_empty()).then_some(summary)
}

/// The first words of `text` on one line, at most `limit` characters with the `…` that marks a cut.
///
/// Cuts between words; inside one only where that would leave out more than a third (scripts without spaces).
#[must_use]
pub fn first(text: &str, limit: usize) -> String {
    let mut opening = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let gap = usize::from(length > 0);
        let room = limit.saturating_sub(length + gap);
        let word_length = word.chars().take(room + 1).count();
        if word_length > room {
            return cut(opening, gap, word, limit);
        }
        if gap > 0 {
            opening.push(' ');
        }
        opening.push_str(word);
        length += gap + word_length;
    }
    opening
}

/// Ends an opening that has no room for `next`.
fn cut(mut opening: String, gap: usize, next: &str, limit: usize) -> String {
    let length = opening.chars().count();
    let room = limit.saturating_sub(length + gap + 1);
    if length * 3 < limit * 2 && room > 0 {
        if gap > 0 {
            opening.push(' ');
        }
        opening.extend(next.chars().take(room));
    } else {
        while opening.chars().count() >= limit && opening.pop().is_some() {}
    }
    let kept = opening.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '–' | '—' | '-'));
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_are_cut_between_words_and_marked() {
        let rows = [
            ("", 10, ""),
            ("short", 10, "short"),
            (" two \n words ", 10, "two words"),
            ("exactly 10", 10, "exactly 10"),
            ("the plant, opened today", 12, "the plant…"),
            ("東京で会議が開かれました", 6, "東京で会議…"),
            ("会議 東京で会議が開かれました", 6, "会議 東京…"),
        ];
        for (text, limit, wanted) in rows {
            assert_eq!(first(text, limit), wanted, "{text}");
            assert!(first(text, limit).chars().count() <= limit);
        }
    }
}
