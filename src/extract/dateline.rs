//! The place line a report begins with: "MINSK, June 9 (Agency) – …".

use std::sync::LazyLock;

use regex::Regex;

/// The dateline at the start of a text: place in capitals, perhaps a date and an agency, and a dash.
pub(super) fn of(text: &str) -> Option<String> {
    static LINE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?P<line>\p{Lu}[\p{Lu}.'’-]+(?:[ -]\p{Lu}[\p{Lu}.'’-]+){0,3}(?:,\s[^–—()]{1,40}?)?)\s*(?P<agency>\([^()]{1,40}\))?\s*[./]?\s*(?:[–—]|--|\s-\s)\s*\S").expect("the built-in pattern is a valid expression")
    });
    let found = LINE.captures(text)?;
    let line = found.name("line")?.as_str().trim();
    let agency = found.name("agency").map(|agency| format!(" {}", agency.as_str())).unwrap_or_default();
    (line.chars().filter(|c| c.is_alphabetic()).count() >= 3).then(|| format!("{line}{agency}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datelines_are_told_from_sentences() {
        let rows = [
            ("MINSK, June 9 (Agency) – The plant opens.", Some("MINSK, June 9 (Agency)")),
            ("LAKESIDE — The bridge opens.", Some("LAKESIDE")),
            ("МИНСК, 9 июня. /Агентство/. Завод", None),
            ("МИНСК, 9 июня – Завод открыт.", Some("МИНСК, 9 июня")),
            ("The plant – a new one – opens.", None),
            ("A – B", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(of(text).as_deref(), wanted, "{text}");
        }
    }
}
