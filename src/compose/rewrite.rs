//! How articles look in a feed: titles, how much of the body, a last line that names the source.
//!
//! Only what is published is rewritten. Ids, links and dates stay, and so does what the store holds; rules and duplicates go
//! by the article as its source told it.

use jiff::Timestamp;
use regex::Regex;
use serde::Deserialize;

use super::filter::{Filter, Subject};
use super::recipe::Error;
use super::rule::{Fault, Rule, Tagged, last_line};
use crate::dom;
use crate::excerpt;
use crate::model::FeedEntry;

/// A longer title, in bytes, is not what was meant: the replacement is left out then.
const LONGEST_TITLE: usize = 2_000;
/// What stands for the name of the source.
const SOURCE: &str = "{source}";

/// One replacement in titles.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rewrite {
    /// Regular expression; everything it finds is replaced.
    pub title: String,
    /// What takes its place; `$1` and `${name}` are what its groups found. Default: nothing.
    #[serde(default)]
    pub with: String,
    /// Only in articles that this rule fits.
    #[serde(default)]
    pub when: Option<Rule>,
}

/// How much of an article is in a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// All there is.
    Full,
    /// The summary in place of the body.
    Summary,
    /// Neither: title and link. An article without a title keeps its summary.
    None,
}

/// What is done to every entry, read without fault.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    steps: Vec<Step>,
    prefix: Option<String>,
    body: Option<Body>,
    footer: Option<String>,
}

#[derive(Debug, Clone)]
struct Step {
    title: Regex,
    with: String,
    when: Option<Filter>,
}

impl Shape {
    /// Reads the settings; `texts` are `title_prefix` and `footer`.
    pub(super) fn read(
        place: &str,
        rewrite: &[Rewrite],
        body: Option<Body>,
        (prefix, footer): (Option<&str>, Option<&str>),
        tagged: Tagged,
        errors: &mut Vec<Error>,
    ) -> Self {
        let mut steps = Vec::with_capacity(rewrite.len());
        for (index, rewrite) in rewrite.iter().enumerate() {
            match step(rewrite, tagged) {
                Ok(step) => steps.push(step),
                Err(faults) => errors.extend(faults.into_iter().map(|fault| fault.of(place, "rewrite", index))),
            }
        }
        let mut wrong = |key, reason| errors.push(Error::Key { place: place.to_owned(), key, reason });
        if let Some(unknown) = prefix.and_then(unknown_name) {
            wrong("title_prefix", format!("`{unknown}` stands for nothing: write `{SOURCE}`"));
        }
        match footer {
            Some(text) if unknown_name(text).is_some() => {
                let unknown = unknown_name(text).unwrap_or_default();
                wrong("footer", format!("`{unknown}` stands for nothing: write `{SOURCE}`"));
            }
            Some(text) if !text.is_empty() && !text.contains(SOURCE) => {
                wrong("footer", format!("it names no source: write `{SOURCE}` where its name and link belong"));
            }
            _ => {}
        }
        Self { steps, prefix: prefix.map(str::to_owned), body, footer: footer.map(str::to_owned) }
    }

    /// This, where `earlier` holds for every feed: its replacements come first, what is said here beats what it says.
    pub(super) fn after(self, earlier: &Self) -> Self {
        Self {
            steps: [earlier.steps.clone(), self.steps].concat(),
            prefix: self.prefix.or_else(|| earlier.prefix.clone()),
            body: self.body.or(earlier.body),
            footer: self.footer.or_else(|| earlier.footer.clone()),
        }
    }

    /// Rewrites title and body.
    pub(super) fn rewrite(&self, entry: &mut FeedEntry, now: Timestamp) {
        let titled = entry.article.content.title.as_deref().map(|title| self.title(title, entry, now));
        let content = &mut entry.article.content;
        content.title = titled;
        match self.body {
            None | Some(Body::Full) => {}
            Some(Body::None) if content.title.is_some() => {
                content.body.clear();
                content.text.clear();
                (content.summary, content.lead) = (None, None);
            }
            Some(Body::None | Body::Summary) => {
                content.text = excerpt::summary(content).unwrap_or_default();
                content.body = paragraph(&content.text);
            }
        }
    }

    fn title(&self, title: &str, entry: &FeedEntry, now: Timestamp) -> String {
        let subject = Subject::new(&entry.article, now);
        let mut title = title.to_owned();
        for step in self.steps.iter().filter(|step| step.when.as_ref().is_none_or(|when| when.fits(&subject))) {
            let replaced = step.title.replace_all(&title, step.with.as_str());
            let replaced = dom::squash(&replaced);
            // A title that is all gone says less than one that is too long.
            if !replaced.is_empty() && replaced.len() <= LONGEST_TITLE.max(title.len()) {
                title = replaced;
            }
        }
        let prefix = self.prefix.as_deref().unwrap_or_default().replace(SOURCE, name(entry));
        if title.starts_with(&prefix) { title } else { prefix + &title }
    }

    /// The last line of an entry, as markup.
    pub(super) fn footer(&self, entry: &FeedEntry) -> Option<String> {
        let text = self.footer.as_deref().filter(|text| !text.is_empty())?;
        let href = dom::escape(entry.article.content.link.as_str());
        let link = format!("<a href=\"{href}\">{}</a>", dom::escape(name(entry)));
        Some(format!("<p>{}</p>", dom::escape(text).replace(SOURCE, &link)))
    }

    /// Puts the last line under an entry.
    pub(super) fn sign(&self, entry: &mut FeedEntry) {
        let Some(footer) = self.footer(entry) else { return };
        let content = &mut entry.article.content;
        if content.body.is_empty() {
            content.body = paragraph(&content.text);
        }
        content.body.push_str(&footer);
    }
}

/// The name of an entry's source as readers know it.
fn name(entry: &FeedEntry) -> &str {
    entry.origin.title.as_deref().filter(|title| !title.is_empty()).unwrap_or(entry.article.source.as_str())
}

/// A text as a paragraph; nothing of nothing.
pub(super) fn paragraph(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<p>{}</p>", dom::escape(text)) }
}

fn step(rewrite: &Rewrite, tagged: Tagged) -> Result<Step, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut fault = |key: &str, reason: String| faults.push(Fault { key: key.to_owned(), reason });
    let title = Regex::new(&rewrite.title).map_err(|error| {
        fault("title", format!("`{}` is not a regular expression: {}", rewrite.title, last_line(&error)));
    });
    if rewrite.title.is_empty() {
        fault("title", "it is empty and would be found everywhere".to_owned());
    }
    if let Some(group) = title.as_ref().ok().and_then(|title| unknown_group(title, &rewrite.with)) {
        let reason =
            format!("`title` has no group `{group}`: write `${{1}}` for its first one, `$$` for a dollar sign");
        fault("with", reason);
    }
    let when = rewrite.when.as_ref().map(|rule| Filter::new(rule, tagged)).transpose();
    let when = when.map_err(|inner| faults.extend(inner.into_iter().map(|fault| fault.inside("when"))));
    match (title, when) {
        (Ok(title), Ok(when)) if faults.is_empty() => Ok(Step { title, with: rewrite.with.clone(), when }),
        _ => Err(faults),
    }
}

/// The first group that a replacement names and the expression lacks: `$1st` is a group `1st`.
fn unknown_group(title: &Regex, with: &str) -> Option<String> {
    let references = Regex::new(r"\$(?:(\$)|\{([^}]*)\}|(\w+))").expect("a valid expression");
    references.captures_iter(with).filter(|found| found.get(1).is_none()).find_map(|found| {
        let group = found.get(2).or_else(|| found.get(3))?.as_str();
        let is_known = match group.parse::<usize>() {
            Ok(number) => number < title.captures_len(),
            Err(_) => title.capture_names().flatten().any(|name| name == group),
        };
        (!is_known).then(|| group.to_owned())
    })
}

/// The first `{…}` of a text that is not the source.
fn unknown_name(text: &str) -> Option<&str> {
    let begin = text.match_indices('{').map(|(at, _)| &text[at..]);
    let mut names = begin.filter_map(|rest| Some(&rest[..=rest.find('}')?]));
    names.find(|name| *name != SOURCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::samples::{self, now};
    use crate::compose::{Everywhere, Recipe};
    use crate::model::Article;

    fn recipe(more: &str, rules: &str) -> Recipe {
        let text = format!("id = 'official'\ntitle = 'Official news'\nsources = ['*']\n{more}");
        let everywhere = Everywhere::new(toml::from_str(rules).expect(rules), &|_| Vec::new()).expect(rules);
        Recipe::within(toml::from_str(&text).expect(more), &everywhere, &|_| Vec::new()).expect(more)
    }

    fn shaped(article: Article, more: &str, rules: &str) -> FeedEntry {
        let recipe = recipe(more, rules);
        let mut entry = FeedEntry { origin: samples::origin(&article.source), article, also: Vec::new() };
        recipe.shape().rewrite(&mut entry, now());
        recipe.shape().sign(&mut entry);
        entry
    }

    #[test]
    fn titles_are_rewritten_as_the_settings_say() {
        let rows = [
            ("", "", "WIRE: Bank  raises rates (updated)"),
            ("title_prefix = '{source}: '", "", "Source one: WIRE: Bank  raises rates (updated)"),
            ("title_prefix = 'WIRE'", "", "WIRE: Bank  raises rates (updated)"),
            ("rewrite = [{ title = '^WIRE: ' }, { title = '\\(.*\\)' }]", "", "Bank raises rates"),
            ("rewrite = [{ title = '^(\\w+): ', with = '[$1] ' }]", "", "[WIRE] Bank raises rates (updated)"),
            ("rewrite = [{ title = '.*' }]", "", "WIRE: Bank  raises rates (updated)"),
            (
                "rewrite = [{ title = 'x*', with = '123456789 123456789 123456789 123456789 123456789 123456789 123456789' }]",
                "",
                "WIRE: Bank  raises rates (updated)",
            ),
            (
                "rewrite = [{ title = '^WIRE', with = 'A', when = { source = ['two'] } }]",
                "",
                "WIRE: Bank  raises rates (updated)",
            ),
            (
                "rewrite = [{ title = 'Bank', with = 'Banks', when = { source = ['one'] } }]",
                "",
                "WIRE: Banks raises rates (updated)",
            ),
            ("rewrite = [{ title = 'A', with = 'B' }]", "rewrite = [{ title = '.+', with = 'A' }]", "B"),
            ("", "title_prefix = '{source}: '\nrewrite = [{ title = '.+', with = 'A' }]", "Source one: A"),
            ("title_prefix = ''", "title_prefix = '{source}: '\nrewrite = [{ title = '.+', with = 'A' }]", "A"),
        ];
        for (more, rules, wanted) in rows {
            let mut article = samples::article("one", 1);
            article.content.title = Some("WIRE: Bank  raises rates (updated)".to_owned());
            let entry = shaped(article, more, rules);
            assert_eq!(entry.article.content.title.as_deref(), Some(wanted), "{more} / {rules}");
        }
    }

    #[test]
    fn a_body_is_whole_a_summary_or_nothing_and_names_its_source_last() {
        let footer = "<p>From <a href=\"https://one.example/news/1\">Source one</a> &amp; co</p>";
        let signed = |body: &str| format!("{body}{footer}");
        let rows = [
            ("", "<p>Long <b>words</b>.</p>".to_owned(), "Long words.", Some("In short & sweet.")),
            ("body = 'full'", "<p>Long <b>words</b>.</p>".to_owned(), "Long words.", Some("In short & sweet.")),
            (
                "body = 'summary'",
                "<p>In short &amp; sweet.</p>".to_owned(),
                "In short & sweet.",
                Some("In short & sweet."),
            ),
            ("body = 'none'", String::new(), "", None),
            (
                "footer = 'From {source} & co'",
                signed("<p>Long <b>words</b>.</p>"),
                "Long words.",
                Some("In short & sweet."),
            ),
            ("body = 'none'\nfooter = 'From {source} & co'", signed(""), "", None),
        ];
        for (more, body, text, summary) in rows {
            let mut article = samples::article("one", 1);
            article.content.body = "<p>Long <b>words</b>.</p>".to_owned();
            article.content.text = "Long words.".to_owned();
            article.content.summary = Some("In short & sweet.".to_owned());
            let before = article.clone();
            let entry = shaped(article, more, "");
            let content = &entry.article.content;
            assert_eq!((&content.body, content.text.as_str()), (&body, text), "{more}");
            assert_eq!(content.summary.as_deref(), summary, "{more}");
            let names = |article: &Article| (article.id, article.guid.clone(), article.published_id.clone());
            assert_eq!(names(&entry.article), names(&before), "{more}");
            assert_eq!((content.published, &content.link), (before.content.published, &before.content.link));
        }
    }

    #[test]
    fn what_has_no_title_keeps_its_summary_and_a_bare_text_is_no_less_for_its_last_line() {
        let mut untitled = samples::article("one", 1);
        untitled.content.title = None;
        assert_eq!(
            shaped(untitled, "body = 'none'\ntitle_prefix = 'A'", "").article.content.body,
            "<p>Some words.</p>"
        );
        let mut bare = samples::article("one", 1);
        bare.content.body = String::new();
        let body = shaped(bare, "footer = '{source}'", "").article.content.body;
        assert!(body.starts_with("<p>Some words.</p><p><a "), "{body}");
    }

    #[test]
    fn what_cannot_be_followed_is_refused_with_key_and_reason() {
        let rows = [
            ("title_prefix = '{sorce}: '", "`title_prefix` of `[rules]`: `{sorce}`"),
            ("footer = 'From our partners'", "`footer` of `[rules]`: it names no source"),
            ("footer = '{source} {link}'", "`footer` of `[rules]`: `{link}`"),
            ("rewrite = [{ title = 'a' }, { title = '(' }]", "rule 2 of `rewrite` in `[rules]`, key `title`"),
            ("rewrite = [{ title = '' }]", "key `title`: it is empty"),
            ("rewrite = [{ title = '(a)', with = '$1st' }]", "key `with`: `title` has no group `1st`"),
            ("rewrite = [{ title = 'a', with = '$1' }]", "key `with`: `title` has no group `1`"),
            ("rewrite = [{ title = 'a', when = {} }]", "key `when`: the rule says nothing"),
            ("keep = [{ title = '(' }]", "rule 1 of `keep` in `[rules]`, key `title`"),
        ];
        for (text, wanted) in rows {
            let errors = Everywhere::new(toml::from_str(text).expect(text), &|_| Vec::new()).expect_err(text);
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            assert!(errors.len() == 1 && errors[0].contains(wanted), "{text}: {errors:?}");
        }
        let fine = "rewrite = [{ title = '(?<a>b)', with = '${a} $a $$5 ${1}' }]";
        assert!(Everywhere::new(toml::from_str(fine).expect(fine), &|_| Vec::new()).is_ok());
    }
}
