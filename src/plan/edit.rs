//! What an entry that changed does to its article.
//!
//! An edit makes a revision and never announces again. `updated` moves only for changes that a reader would call one; what
//! churns by itself (whitespace, counters, bumped dates) makes no revision at all.

use jiff::Timestamp;

use crate::address;
use crate::likeness;
use crate::model::{Article, Content, Draft, Enclosure, Episode, Field, Revision, Rung};

use super::Edit;

/// The share of words beyond which the text has changed in earnest.
const IN_EARNEST: f64 = 0.05;

/// Endings by which feeds show that they cut a text.
const CUT_MARKS: [&str; 4] = ["[…]", "[...]", "…", "..."];

/// A beginning of fewer words may be that of another text.
const FEW_WORDS: usize = 8;

/// The cause of edits that other rules make to a page that is kept.
const RULES: &str = "rules";

/// The edit that reading its kept page again makes to `held`; `None` where it comes to the same. The law is that of every
/// edit, but for two things: the date is taken as it is read now, for the page did not move it; and what no reader would
/// notice (markup) is replaced without a revision, for the page does not churn.
#[must_use]
pub fn renormalized(held: Article, draft: Draft, now: Timestamp) -> Option<Edit> {
    let before = held.content.clone();
    let edit = edit(held, draft, RULES, now);
    (edit.revision.is_some() || edit.article.content != before).then_some(edit)
}

/// The edit that `draft` makes to `held`. `cause` is put down in the revision: `refresh`, `page`, `rules`.
#[must_use]
pub(super) fn edit(held: Article, draft: Draft, cause: &str, now: Timestamp) -> Edit {
    let mut content = draft.content;
    // A feed that told the beginning and now tells all is no news either.
    let tells_rest = cause != RULES && shows_cut(&held.content.text) && is_cut_from(&held.content.text, &content.text);
    let completes = held.content.partial && !content.partial;
    // The first date stands: what moves a date without telling news is a bump. A listing knows it but roughly.
    content.published = if completes || cause == RULES {
        content.published.or(held.content.published)
    } else {
        held.content.published.or(content.published)
    };
    if content.partial && !held.content.partial {
        keep_page(&mut content, &held.content);
    }
    if address::fold(&content.link) == address::fold(&held.content.link) {
        // Variants of one address, as two servers behind one name give them, are no edit; the safer one is kept.
        let safer = content.link.scheme() == "https" && held.content.link.scheme() == "http";
        content.link = if safer { content.link } else { held.content.link.clone() };
    }
    let link = content.link.clone();
    let changed = changed_fields(&held.content, &content);
    let is_rest = |field: &Field| matches!(field, Field::Body | Field::Lead | Field::Image | Field::Figures);
    let is_completed = completes || tells_rest && changed.iter().all(is_rest);
    let in_earnest = !is_completed
        && changed.iter().any(|field| match field {
            Field::Title | Field::Lead => true,
            Field::Body => likeness::difference(&held.content.text, &content.text) > IN_EARNEST,
            _ => false,
        });
    let said_updated = content.updated.filter(|moment| *moment <= now && Some(*moment) > held.content.updated);
    content.updated = if in_earnest { Some(said_updated.unwrap_or(now)) } else { held.content.updated };

    if changed.is_empty() && !completes {
        // Nothing a reader would notice: the article stays as it is, byte for byte.
        let content = if cause == RULES { content } else { Content { link, ..held.content } };
        let article = Article { said: draft.said, content, ..held };
        return Edit { article, revision: None, aliases: draft.aliases };
    }
    let revision = Revision {
        revision: held.revision,
        replaced_at: now,
        cause: cause.to_owned(),
        changed,
        before: held.content.clone(),
    };
    let article = Article { revision: held.revision + 1, said: draft.said, content, ..held };
    Edit { article, revision: Some(revision), aliases: draft.aliases }
}

/// A page that could not be fetched this time takes nothing away: what it gave before stays, beside what the feed or listing
/// says now.
fn keep_page(content: &mut Content, held: &Content) {
    let from_feed = |field| held.provenance.get(&field).is_none_or(|rung| *rung == Rung::Feed);
    let said = std::mem::replace(content, held.clone());
    if from_feed(Field::Title) && said.title.is_some() {
        content.title = said.title;
    }
    content.summary = said.summary.or(content.summary.take());
    (content.published, content.updated) = (said.published, said.updated);
    if from_feed(Field::Authors) && !said.authors.is_empty() {
        content.authors = said.authors;
    }
    if !said.contributors.is_empty() {
        content.contributors = said.contributors;
    }
    if !said.enclosures.is_empty() {
        content.enclosures = said.enclosures;
    }
    content.episode = said.episode.or(content.episode.take());
    content.place = said.place.or(content.place.take());
    content.rights = said.rights.or(content.rights.take());
    content.license = said.license.or(content.license.take());
    content.comment_count = said.comment_count.or(content.comment_count);
    content.comments_feed = said.comments_feed.or(content.comments_feed.take());
    content.in_reply_to = said.in_reply_to.or(content.in_reply_to.take());
    content.partial = false;
}

/// What a feed tells that cut its texts, with the text it told before.
pub(super) fn with_text_of(mut draft: Draft, held: &Content) -> Draft {
    let content = &mut draft.content;
    content.body.clone_from(&held.body);
    content.text.clone_from(&held.text);
    content.figures.clone_from(&held.figures);
    content.summary = content.summary.take().or_else(|| held.summary.clone());
    content.image = content.image.take().or_else(|| held.image.clone());
    content.language.clone_from(&held.language);
    draft
}

fn changed_fields(before: &Content, after: &Content) -> Vec<Field> {
    let differs = [
        (Field::Title, !same_words(before.title.as_deref(), after.title.as_deref())),
        (Field::Lead, lead_differs(before, after)),
        (Field::Body, text_differs(&before.text, &after.text) || !before.targets().eq(after.targets())),
        (Field::Authors, before.authors != after.authors || before.contributors != after.contributors),
        (Field::Published, before.published != after.published),
        (Field::Language, before.language != after.language),
        (Field::Dateline, before.dateline != after.dateline || before.place != after.place),
        (Field::Categories, before.categories != after.categories),
        (Field::Canonical, address::fold(&before.link) != address::fold(&after.link)),
        (Field::Image, before.image != after.image || attached(before) != attached(after)),
        (Field::Figures, before.figures != after.figures),
        (
            Field::Attributions,
            before.attributions != after.attributions
                || before.license != after.license
                || before.rights != after.rights,
        ),
    ];
    differs.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect()
}

/// The summary stands where there is no lead, so that a change in it is one in what readers see.
fn lead_differs(before: &Content, after: &Content) -> bool {
    match (&before.lead, &after.lead) {
        (None, None) => {
            let summary = |content: &Content| content.summary.clone().unwrap_or_default();
            text_differs(&summary(before), &summary(after))
        }
        (before, after) => !same_words(before.as_deref(), after.as_deref()),
    }
}

/// What is attached: files, and what belongs to them.
fn attached(content: &Content) -> (&[Enclosure], Option<&Episode>) {
    (&content.enclosures, content.episode.as_deref())
}

fn same_words(before: Option<&str>, after: Option<&str>) -> bool {
    let squash = |text: Option<&str>| text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    squash(before) == squash(after)
}

/// Whether two texts differ by more than whitespace and counters.
fn text_differs(before: &str, after: &str) -> bool {
    let blocks = |text: &str| {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(likeness::without_count).collect::<Vec<_>>()
    };
    blocks(before) != blocks(after)
}

/// Whether `short` is the beginning of `long`, broken off: a feed that tells less than it told, not an edit.
pub(super) fn is_cut_from(short: &str, long: &str) -> bool {
    let bare = short.trim_end();
    let bare = CUT_MARKS.iter().find_map(|mark| bare.strip_suffix(mark)).unwrap_or(bare);
    let words: Vec<String> = likeness::words(bare).collect();
    let (all, mut long) = (words.len(), likeness::words(long));
    // The last word may be broken off itself.
    let kept = words.iter().zip(&mut long).take_while(|(word, other)| *word == other).count();
    all >= FEW_WORDS && kept + 1 >= all && long.count() >= all / 4
}

/// Whether a text shows by its ending that it was cut.
pub(super) fn shows_cut(text: &str) -> bool {
    CUT_MARKS.iter().any(|mark| text.trim_end().ends_with(mark))
}
