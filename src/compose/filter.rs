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
use crate::model::{Article, Category, Depth, Glance, Hint, Needle, Person, SourceId};

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

    /// What an article that fits must say.
    pub(super) fn hint(&self) -> Hint {
        Hint::all(self.0.iter().map(Test::hint))
    }

    /// How much of an article it asks for.
    pub(super) fn depth(&self) -> Depth {
        self.0.iter().map(Test::depth).fold(Depth::default(), Depth::or)
    }
}

impl Test {
    pub(super) fn reads_text(&self) -> bool {
        self.depth().text
    }

    fn depth(&self) -> Depth {
        let of = |filters: &[Filter]| filters.iter().map(Filter::depth).fold(Depth::default(), Depth::or);
        match self {
            Self::Any(_) | Self::All(_) | Self::Text(_) | Self::MinWords(_) | Self::MaxWords(_) => {
                Depth { text: true, ..Depth::default() }
            }
            Self::Category(_) | Self::Author(_) | Self::Language(_) | Self::HasImage(_) => {
                Depth { details: true, ..Depth::default() }
            }
            Self::Url(_) | Self::Age(_) => Depth { head: true, ..Depth::default() },
            Self::Title(_) | Self::Source(_) => Depth::default(),
            Self::AnyOf(filters) | Self::AllOf(filters) => of(filters),
            Self::Not(filter) => filter.depth(),
        }
    }

    fn hint(&self) -> Hint {
        let phrases = |phrases: &[String]| phrases.iter().map(|phrase| occurs(phrase)).collect::<Vec<_>>();
        match self {
            Self::Any(any) => Hint::any(phrases(any)),
            Self::All(all) => Hint::all(phrases(all)),
            Self::AnyOf(filters) => Hint::any(filters.iter().map(Filter::hint)),
            Self::AllOf(filters) => Hint::all(filters.iter().map(Filter::hint)),
            _ => Hint::Anything,
        }
    }

    fn fits(&self, subject: &Subject) -> bool {
        match self {
            Self::Any(phrases) => phrases.iter().any(|phrase| subject.says(phrase)),
            Self::All(phrases) => phrases.iter().all(|phrase| subject.says(phrase)),
            Self::Title(regex) => subject.title.is_some_and(|title| regex.is_match(title)),
            Self::Text(regex) => regex.is_match(subject.text),
            Self::Url(regex) => regex.is_match(subject.link),
            Self::Category(wanted) => subject.categories.iter().any(|category| {
                is_in(wanted, &category.term) || category.label.as_deref().is_some_and(|label| is_in(wanted, label))
            }),
            Self::Author(wanted) => {
                subject.authors.iter().any(|author| author.name.as_deref().is_some_and(|name| is_in(wanted, name)))
            }
            Self::Language(wanted) => subject.language.is_some_and(|tag| speaks(wanted, tag)),
            Self::Source(wanted) => wanted.contains(subject.source),
            Self::Age(age) => subject.now.duration_since(subject.moment) <= age.0,
            Self::MinWords(least) => likeness::words(subject.text).take(*least).count() == *least,
            Self::MaxWords(most) => likeness::words(subject.text).nth(*most).is_none(),
            Self::AnyOf(filters) => filters.iter().any(|filter| filter.fits(subject)),
            Self::AllOf(filters) => filters.iter().all(|filter| filter.fits(subject)),
            Self::HasImage(wanted) => subject.has_image == *wanted,
            Self::Not(filter) => !filter.fits(subject),
        }
    }
}

/// What occurs where a folded phrase does: its longest word of ASCII letters, which [`fold`] finds in no other form but that of
/// [`Needle`].
fn occurs(phrase: &str) -> Hint {
    let words = phrase.split(' ').filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    words.max_by_key(|word| word.len()).and_then(Needle::new).map_or(Hint::Anything, Hint::Word)
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

/// An article while rules ask about it.
pub struct Subject<'a> {
    source: &'a SourceId,
    title: Option<&'a str>,
    text: &'a str,
    link: &'a str,
    categories: &'a [Category],
    authors: &'a [Person],
    language: Option<&'a str>,
    has_image: bool,
    /// Its own date, else when it was announced, else when it was seen.
    moment: Timestamp,
    now: Timestamp,
    /// The folded words of title and text, made when the first rule asks for words.
    words: OnceCell<String>,
}

impl<'a> Subject<'a> {
    /// The article as of `now`.
    #[must_use]
    pub fn new(article: &'a Article, now: Timestamp) -> Self {
        let content = &article.content;
        Self {
            source: &article.source,
            title: content.title.as_deref(),
            text: &content.text,
            link: content.link.as_str(),
            categories: &content.categories,
            authors: &content.authors,
            language: content.language.as_deref(),
            has_image: content.has_image(),
            moment: content.published.or(article.announced_at).unwrap_or(article.first_seen),
            now,
            words: OnceCell::new(),
        }
    }

    /// The article as of `now`, of which as much was read as the rules ask for.
    #[must_use]
    pub fn at_a_glance(glance: &'a Glance, now: Timestamp) -> Self {
        Self {
            source: &glance.source,
            title: glance.title.as_deref(),
            text: &glance.text,
            link: &glance.link,
            categories: &glance.categories,
            authors: &glance.authors,
            language: glance.language.as_deref(),
            has_image: glance.has_image,
            moment: glance.published.unwrap_or(glance.announced_at),
            now,
            words: OnceCell::new(),
        }
    }

    /// Whether title or text has the folded phrase as whole words.
    fn says(&self, phrase: &str) -> bool {
        // The line break keeps a phrase from being found half in the title and half in the text.
        let words = self.words.get_or_init(|| format!("{}\n{}", fold(self.title.unwrap_or_default()), fold(self.text)));
        words.contains(phrase)
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
