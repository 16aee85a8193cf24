//! The rules of `keep` and `drop` as the settings say them, and what can be wrong with them.

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::filter::{Filter, Test, fold};
use super::settings::Selector;
use super::units::Age;
use crate::model::SourceId;

/// One rule as written. Every key that is there must fit; a rule without keys is refused, it would fit everything.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
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
    /// From a source with one of these tags.
    pub tag: Option<Vec<String>>,
    /// At most this old: published, or announced where no date is known.
    pub age: Option<Age>,
    /// At least so many words of text.
    pub min_words: Option<usize>,
    /// At most so many words of text.
    pub max_words: Option<usize>,
    /// Whether there is a picture.
    pub has_image: Option<bool>,
    /// One of these rules fits.
    pub any_of: Option<Vec<Rule>>,
    /// All of these rules fit.
    pub all_of: Option<Vec<Rule>>,
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

/// The sources that have a tag.
pub(super) type Tagged<'a> = &'a dyn Fn(&str) -> Vec<SourceId>;

/// Makes a filter of a rule, or says everything that is wrong with it.
pub(super) fn read(rule: &Rule, tagged: Tagged) -> Result<Filter, Vec<Fault>> {
    Reader { tagged, tests: Vec::new(), faults: Vec::new() }.read(rule)
}

impl Rule {
    /// The sources and tags that it names, however deep.
    pub(super) fn name_sources(&self, named: &mut Vec<Selector>) {
        named.extend(self.source.iter().flatten().cloned().map(Selector::Source));
        named.extend(self.tag.iter().flatten().cloned().map(Selector::Tag));
        let inner = self.any_of.iter().chain(&self.all_of).flatten().chain(self.not.as_deref());
        inner.for_each(|rule| rule.name_sources(named));
    }
}

struct Reader<'a> {
    tagged: Tagged<'a>,
    tests: Vec<Test>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
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
        match &rule.tag {
            Some(tags) if tags.is_empty() => self.fault("tag", EMPTY_LIST),
            Some(tags) => self.tests.push(Test::Source(tags.iter().flat_map(|tag| (self.tagged)(tag)).collect())),
            None => {}
        }
        self.tests.extend(rule.age.map(Test::Age));
        self.tests.extend(rule.min_words.map(Test::MinWords));
        self.tests.extend(rule.max_words.map(Test::MaxWords));
        if let (Some(least), Some(most)) = (rule.min_words, rule.max_words)
            && least > most
        {
            self.fault("max_words", "it is less than `min_words`, so nothing fits");
        }
        self.tests.extend(rule.has_image.map(Test::HasImage));
        self.rules("any_of", rule.any_of.as_deref(), Test::AnyOf);
        self.rules("all_of", rule.all_of.as_deref(), Test::AllOf);
        match rule.not.as_deref().map(|rule| read(rule, self.tagged)) {
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

    fn rules(&mut self, key: &str, rules: Option<&[Rule]>, test: fn(Vec<Filter>) -> Test) {
        let Some(rules) = rules else { return };
        if rules.is_empty() {
            self.fault(key, EMPTY_LIST);
        }
        let mut filters = Vec::with_capacity(rules.len());
        for (index, rule) in rules.iter().enumerate() {
            match read(rule, self.tagged) {
                Ok(filter) => filters.push(filter),
                Err(faults) => {
                    let place = format!("{key}[{}]", index + 1);
                    self.faults.extend(faults.into_iter().map(|fault| fault.inside(&place)));
                }
            }
        }
        self.tests.push(test(filters));
    }

    fn fault(&mut self, key: &str, reason: &str) {
        self.faults.push(Fault { key: key.to_owned(), reason: reason.to_owned() });
    }
}

const EMPTY_LIST: &str = "the list is empty: name something or leave the key out";

/// The regex crate draws a picture over several lines; the last says what is wrong.
pub(super) fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default().trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

impl Fault {
    pub(super) fn inside(self, outer: &str) -> Self {
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
            ("tag = []", "tag", "empty"),
            ("any_of = []", "any_of", "empty"),
            ("all_of = [{ any = ['a'] }, { any_of = [{ url = '(' }] }]", "all_of[2].any_of[1].url", "unclosed group"),
            ("any_of = [{}]", "any_of[1]", "says nothing"),
            ("min_words = 9\nmax_words = 3", "max_words", "nothing fits"),
            ("not = { not = { url = '*' } }", "not.not.url", "repetition"),
        ];
        for (text, key, reason) in rows {
            let faults = read(&toml::from_str(text).expect(text), &|_| Vec::new()).expect_err(text);
            assert_eq!(faults.len(), 1, "{text}");
            assert_eq!(faults[0].key, key, "{text}");
            assert!(faults[0].reason.contains(reason), "{text}: {}", faults[0].reason);
        }
    }
}
