//! Which articles a rule of `keep` or `drop` fits.
//!
//! The keys of one rule must all fit, one rule of a list is enough, `not` inverts what is in it. A [`Rule`](super::Rule) is
//! what the settings say; a [`Filter`] is the same, ready to be asked.

use std::cell::OnceCell;

use jiff::Timestamp;
use regex::Regex;

use super::rule::{self, Fault, Rule, Tagged};
use super::units::Age;
use crate::likeness;
use crate::model::{Article, SourceId};

/// A rule that was read without fault.
#[derive(Debug, Clone)]
pub struct Filter(pub(super) Vec<Test>);

#[derive(Debug, Clone)]
pub(super) enum Test {
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
    MaxWords(usize),
    HasImage(bool),
    AnyOf(Vec<Filter>),
    AllOf(Vec<Filter>),
    Not(Filter),
}

impl Filter {
    /// Reads a rule; `tagged` knows the sources that have a tag.
    ///
    /// # Errors
    /// Every fault of the rule.
    pub fn new(rule: &Rule, tagged: Tagged) -> Result<Self, Vec<Fault>> {
        rule::read(rule, tagged)
    }

    /// Whether the article fits.
    #[must_use]
    pub fn fits(&self, subject: &Subject) -> bool {
        self.0.iter().all(|test| test.fits(subject))
    }

    fn reads_text(&self) -> bool {
        self.0.iter().any(Test::reads_text)
    }
}

impl Test {
    pub(super) fn reads_text(&self) -> bool {
        match self {
            Self::Any(_) | Self::All(_) | Self::Text(_) | Self::MinWords(_) | Self::MaxWords(_) => true,
            Self::Not(filter) => filter.reads_text(),
            Self::AnyOf(filters) | Self::AllOf(filters) => filters.iter().any(Filter::reads_text),
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
            Self::MaxWords(most) => likeness::words(&content.text).nth(*most).is_none(),
            Self::AnyOf(filters) => filters.iter().any(|filter| filter.fits(subject)),
            Self::AllOf(filters) => filters.iter().all(|filter| filter.fits(subject)),
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
pub(super) fn speaks(wanted: &[String], tag: &str) -> bool {
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
pub(super) fn fold(text: &str) -> String {
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

    fn fits(text: &str, article: &Article) -> bool {
        let tagged = |tag: &str| if tag == "city" { vec!["one".parse().expect("valid")] } else { Vec::new() };
        Filter::new(&toml::from_str(text).expect(text), &tagged).expect(text).fits(&Subject::new(article, now()))
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
            ("tag = ['sea', 'city']", true),
            ("tag = ['sea']", false),
            ("max_words = 500", true),
            ("max_words = 5", false),
            ("any_of = [{ any = ['x'] }, { any = ['budget'] }]", true),
            ("any_of = [{ any = ['x'] }, { any = ['budget'], language = ['ru'] }]", false),
            ("all_of = [{ any = ['x', 'budget'] }, { any = ['minsk', 'y'] }]", true),
            ("all_of = [{ any = ['x', 'budget'] }, { not = { any = ['minsk'] } }]", false),
            ("source = ['one']\nany_of = [{ all_of = [{ any = ['bank'] }] }]", true),
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
}
