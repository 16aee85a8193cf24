//! The rules of `keep` and `drop` as the settings say them, and what can be wrong with them.

use regex::Regex;
use serde::Deserialize;

use super::filter::{Filter, Test, fold};
use super::units::Age;
use crate::model::SourceId;

/// One rule as written. Every key that is there must fit; a rule without keys is refused, it would fit everything.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// One of these words or phrases occurs in title or text, as whole words in any case.
    pub any: Option<Vec<String>>,
    /// All of these words or phrases occur in title or text, as whole words in any case.
    pub all: Option<Vec<String>>,
    /// Regular expression found in the title.
    pub title: Option<String>,
    /// Regular expression found in the text.
    pub text: Option<String>,
    /// Regular expression found in the address.
    pub url: Option<String>,
    /// In one of these categories, whole and in any case.
    pub category: Option<Vec<String>>,
    /// By one of these authors, whole and in any case.
    pub author: Option<Vec<String>>,
    /// In one of these languages; `en` takes `en-GB` too.
    pub language: Option<Vec<String>>,
    /// From one of these sources.
    pub source: Option<Vec<SourceId>>,
    /// At most this old: published, or announced where no date is known.
    pub age: Option<Age>,
    /// At least so many words of text.
    pub min_words: Option<usize>,
    /// Whether there is a picture.
    pub has_image: Option<bool>,
    /// What must not fit.
    pub not: Option<Box<Rule>>,
}

/// Why a rule cannot be read: the key (`not.title` inside `not`) and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key at fault; empty for a rule that says nothing.
    pub key: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// Makes a filter of a rule, or says everything that is wrong with it.
pub(super) fn read(rule: &Rule) -> Result<Filter, Vec<Fault>> {
    Reader::default().read(rule)
}

#[derive(Default)]
struct Reader {
    tests: Vec<Test>,
    faults: Vec<Fault>,
}

impl Reader {
    fn read(mut self, rule: &Rule) -> Result<Filter, Vec<Fault>> {
        self.phrases("any", rule.any.as_ref(), Test::Any);
        self.phrases("all", rule.all.as_ref(), Test::All);
        self.expression("title", rule.title.as_deref(), Test::Title);
        self.expression("text", rule.text.as_deref(), Test::Text);
        self.expression("url", rule.url.as_deref(), Test::Url);
        self.list("category", rule.category.as_ref(), Test::Category);
        self.list("author", rule.author.as_ref(), Test::Author);
        self.list("language", rule.language.as_ref(), Test::Language);
        match &rule.source {
            Some(sources) if sources.is_empty() => self.fault("source", EMPTY_LIST),
            Some(sources) => self.tests.push(Test::Source(sources.clone())),
            None => {}
        }
        self.tests.extend(rule.age.map(Test::Age));
        self.tests.extend(rule.min_words.map(Test::MinWords));
        self.tests.extend(rule.has_image.map(Test::HasImage));
        match rule.not.as_deref().map(Filter::new) {
            Some(Ok(filter)) => self.tests.push(Test::Not(filter)),
            Some(Err(faults)) => self.faults.extend(faults.into_iter().map(|fault| fault.inside("not"))),
            None => {}
        }
        if self.tests.is_empty() && self.faults.is_empty() {
            self.fault("", "the rule says nothing and would fit every article");
        }
        // All must fit, in whatever order: what reads the whole text is asked last.
        self.tests.sort_by_key(Test::reads_text);
        if self.faults.is_empty() { Ok(Filter(self.tests)) } else { Err(self.faults) }
    }

    fn phrases(&mut self, key: &str, phrases: Option<&Vec<String>>, test: fn(Vec<String>) -> Test) {
        let Some(phrases) = phrases else { return };
        let folded: Vec<String> = phrases.iter().map(|phrase| fold(phrase)).collect();
        if folded.is_empty() {
            self.fault(key, EMPTY_LIST);
        } else if let Some(at) = folded.iter().position(|phrase| phrase.trim().is_empty()) {
            self.fault(key, &format!("`{}` has no word in it", phrases[at]));
        } else {
            self.tests.push(test(folded));
        }
    }

    fn expression(&mut self, key: &str, expression: Option<&str>, test: fn(Regex) -> Test) {
        let Some(expression) = expression else { return };
        match Regex::new(expression) {
            Ok(regex) => self.tests.push(test(regex)),
            Err(error) => {
                self.fault(key, &format!("`{expression}` is not a regular expression: {}", last_line(&error)));
            }
        }
    }

    fn list(&mut self, key: &str, values: Option<&Vec<String>>, test: fn(Vec<String>) -> Test) {
        let Some(values) = values else { return };
        if values.is_empty() {
            self.fault(key, EMPTY_LIST);
        } else {
            self.tests.push(test(values.iter().map(|value| value.trim().to_lowercase()).collect()));
        }
    }

    fn fault(&mut self, key: &str, reason: &str) {
        self.faults.push(Fault { key: key.to_owned(), reason: reason.to_owned() });
    }
}

const EMPTY_LIST: &str = "the list is empty: name something or leave the key out";

/// The regex crate draws a picture over several lines; the last says what is wrong.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default().trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

impl Fault {
    fn inside(self, outer: &str) -> Self {
        let key = if self.key.is_empty() { outer.to_owned() } else { format!("{outer}.{}", self.key) };
        Self { key, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_cannot_be_read_names_key_and_reason() {
        let rows = [
            ("title = '('", "title", "unclosed group"),
            ("text = '[z-a]'", "text", "invalid character class range"),
            ("any = []", "any", "empty"),
            ("all = ['…']", "all", "no word"),
            ("source = []", "source", "empty"),
            ("language = []", "language", "empty"),
            ("", "", "says nothing"),
            ("not = {}", "not", "says nothing"),
            ("not = { not = { url = '*' } }", "not.not.url", "repetition"),
        ];
        for (text, key, reason) in rows {
            let faults = Filter::new(&toml::from_str(text).expect(text)).expect_err(text);
            assert_eq!(faults.len(), 1, "{text}");
            assert_eq!(faults[0].key, key, "{text}");
            assert!(faults[0].reason.contains(reason), "{text}: {}", faults[0].reason);
        }
    }
}
