//! Which articles a feed takes: rules of `keep` and `drop`.
//!
//! The keys of one rule must all fit, one rule of a list is enough, `not` inverts what is in it. A [`Rule`] is what the
//! settings say; a [`Filter`] is the same, ready to be asked.

use std::cell::OnceCell;

use jiff::Timestamp;
use regex::Regex;
use serde::Deserialize;

use super::units::Age;
use crate::likeness;
use crate::model::{Article, SourceId};

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

/// A rule that was read without fault.
#[derive(Debug, Clone)]
pub struct Filter(Vec<Test>);

/// Why a rule cannot be read: the key (`not.title` inside `not`) and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key at fault; empty for a rule that says nothing.
    pub key: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

#[derive(Debug, Clone)]
enum Test {
    /// Folded phrases, see [`fold`].
    Any(Vec<String>),
    All(Vec<String>),
    Title(Regex),
    Text(Regex),
    Url(Regex),
    /// Lower case.
    Category(Vec<String>),
    Author(Vec<String>),
    Language(Vec<String>),
    Source(Vec<SourceId>),
    Age(Age),
    MinWords(usize),
    HasImage(bool),
    Not(Filter),
}

impl Filter {
    /// Reads a rule.
    ///
    /// # Errors
    /// Every fault of the rule.
    pub fn new(rule: &Rule) -> Result<Self, Vec<Fault>> {
        Reader::default().read(rule)
    }

    /// Whether the article fits.
    #[must_use]
    pub fn fits(&self, subject: &Subject) -> bool {
        self.0.iter().all(|test| test.fits(subject))
    }
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

impl Test {
    fn reads_text(&self) -> bool {
        match self {
            Self::Any(_) | Self::All(_) | Self::Text(_) | Self::MinWords(_) => true,
            Self::Not(filter) => filter.0.iter().any(Self::reads_text),
            _ => false,
        }
    }

    fn fits(&self, subject: &Subject) -> bool {
        let content = &subject.article.content;
        match self {
            Self::Any(phrases) => phrases.iter().any(|phrase| subject.says(phrase)),
            Self::All(phrases) => phrases.iter().all(|phrase| subject.says(phrase)),
            Self::Title(regex) => content.title.as_deref().is_some_and(|title| regex.is_match(title)),
            Self::Text(regex) => regex.is_match(&content.text),
            Self::Url(regex) => regex.is_match(content.link.as_str()),
            Self::Category(wanted) => content.categories.iter().any(|category| {
                is_in(wanted, &category.term) || category.label.as_deref().is_some_and(|label| is_in(wanted, label))
            }),
            Self::Author(wanted) => {
                content.authors.iter().any(|author| author.name.as_deref().is_some_and(|name| is_in(wanted, name)))
            }
            Self::Language(wanted) => content.language.as_deref().is_some_and(|tag| speaks(wanted, tag)),
            Self::Source(wanted) => wanted.contains(&subject.article.source),
            Self::Age(age) => subject.now.duration_since(subject.moment()) <= age.0,
            Self::MinWords(least) => likeness::words(&content.text).take(*least).count() == *least,
            Self::HasImage(wanted) => has_image(subject.article) == *wanted,
            Self::Not(filter) => !filter.fits(subject),
        }
    }
}

fn is_in(wanted: &[String], value: &str) -> bool {
    let value = value.trim().to_lowercase();
    wanted.contains(&value)
}

/// Basic filtering of RFC 4647 §3.3.1: a range fits the tags it begins, at a hyphen.
fn speaks(wanted: &[String], tag: &str) -> bool {
    let tag = tag.to_lowercase();
    wanted
        .iter()
        .any(|range| tag.strip_prefix(range.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')))
}

fn has_image(article: &Article) -> bool {
    let content = &article.content;
    let is_image = |media_type: &Option<String>| media_type.as_deref().is_some_and(|kind| kind.starts_with("image/"));
    content.image.is_some()
        || content.figures.iter().any(|figure| figure.url.is_some())
        || content.enclosures.iter().any(|enclosure| is_image(&enclosure.media_type))
}

/// An article while rules ask about it.
pub struct Subject<'a> {
    article: &'a Article,
    now: Timestamp,
    /// The folded words of title and text, made when the first rule asks for words.
    words: OnceCell<String>,
}

impl<'a> Subject<'a> {
    /// The article as of `now`.
    #[must_use]
    pub fn new(article: &'a Article, now: Timestamp) -> Self {
        Self { article, now, words: OnceCell::new() }
    }

    /// Whether title or text has the folded phrase as whole words.
    fn says(&self, phrase: &str) -> bool {
        let words = self.words.get_or_init(|| {
            let content = &self.article.content;
            // The line break keeps a phrase from being found half in the title and half in the text.
            format!("{}\n{}", fold(content.title.as_deref().unwrap_or_default()), fold(&content.text))
        });
        words.contains(phrase)
    }

    fn moment(&self) -> Timestamp {
        self.article.content.published.or(self.article.announced_at).unwrap_or(self.article.first_seen)
    }
}

/// The words of a text in lower case, each between two single spaces, so that whole words are found as substrings. Characters
/// of scripts without spaces are words of their own, as in [`likeness::words`]; whole texts are folded for each feed, so
/// this makes no string per word.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 2);
    folded.push(' ');
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            folded.push(c.to_ascii_lowercase());
        } else if c.is_ascii() || !c.is_alphanumeric() {
            end_word(&mut folded);
        } else if likeness::is_unspaced(c) {
            end_word(&mut folded);
            folded.push(c);
            folded.push(' ');
        } else {
            folded.extend(c.to_lowercase());
        }
    }
    end_word(&mut folded);
    folded
}

fn end_word(folded: &mut String) {
    if !folded.ends_with(' ') {
        folded.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::samples::{self, now};
    use crate::model::{Category, Person};

    fn article() -> Article {
        let mut article = samples::article("one", 1);
        article.content.title = Some("Parliament votes on the BUDGET".to_owned());
        article.content.text =
            "Straße nach Minsk: Zentralbank.\nThe central bank agreed. 東京で会議が開かれた".to_owned();
        article.content.categories = vec![Category::term("Economy")];
        article.content.authors = vec![Person::named("Ann Writer")];
        article.content.language = Some("en-GB".to_owned());
        article
    }

    fn rule(text: &str) -> Rule {
        toml::from_str(text).expect(text)
    }

    fn fits(text: &str, article: &Article) -> bool {
        Filter::new(&rule(text)).expect(text).fits(&Subject::new(article, now()))
    }

    #[test]
    fn each_key_fits_what_it_says_and_nothing_else() {
        let rows = [
            ("any = ['budget', 'x']", true),
            ("any = ['budge']", false),
            ("any = ['Central Bank']", true),
            ("any = ['bank central']", false),
            ("any = ['budget straße']", false),
            ("any = ['会議']", true),
            ("any = ['bank']", true),
            ("all = ['budget', 'minsk']", true),
            ("all = ['budget', 'x']", false),
            ("title = '(?i)^parliament'", true),
            ("title = 'parliament'", false),
            ("text = 'agreed\\.'", true),
            ("text = 'Parliament'", false),
            ("url = '/news/\\d+$'", true),
            ("category = ['economy']", true),
            ("category = ['econ']", false),
            ("author = ['ann writer']", true),
            ("author = ['Ann']", false),
            ("language = ['EN']", true),
            ("language = ['e', 'ru']", false),
            ("source = ['one']", true),
            ("source = ['two']", false),
            ("age = '2h'", true),
            ("age = '30m'", false),
            ("min_words = 5", true),
            ("min_words = 500", false),
            ("has_image = false", true),
            ("has_image = true", false),
            ("not = { any = ['budget'] }", false),
            ("not = { any = ['x'] }", true),
            ("any = ['budget']\nlanguage = ['ru']", false),
            ("any = ['budget']\nnot = { language = ['ru'] }", true),
        ];
        for (text, wanted) in rows {
            assert_eq!(fits(text, &article()), wanted, "{text}");
        }
    }

    #[test]
    fn an_article_without_the_field_does_not_fit() {
        let mut bare = samples::article("one", 1);
        bare.content.title = None;
        bare.content.language = None;
        for text in ["title = ''", "language = ['en']", "author = ['x']", "category = ['x']"] {
            assert!(!fits(text, &bare), "{text}");
        }
    }

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
            let faults = Filter::new(&rule(text)).expect_err(text);
            assert_eq!(faults.len(), 1, "{text}");
            assert_eq!(faults[0].key, key, "{text}");
            assert!(faults[0].reason.contains(reason), "{text}: {}", faults[0].reason);
        }
    }
}
