//! Keeping a feed under its limit of bytes.
//!
//! Sizes are estimated from above, per format, without writing: what is markup in one format is escaped in another.

use super::rewrite::{self, Shape};
use crate::excerpt;
use crate::model::{ArticleId, Category, Content, FeedEntry};

/// Element names, ids, dates and namespaces of one entry; the head of a feed takes the same twice.
const ENTRY_FRAME: usize = 1_200;
/// Names around one figure, enclosure, attribution, author or category.
const PART_FRAME: usize = 200;

/// What [`fit`] did.
#[derive(Debug, Default)]
pub(super) struct Fitted {
    /// Entries left out, in order.
    pub(super) left_out: Vec<ArticleId>,
    /// Entries whose body was cut to their summary.
    pub(super) shortened: Vec<ArticleId>,
}

/// Brings entries under `limit` bytes in every format: shortens from the end of the feed, then leaves out from the end. The
/// first entry always stays. Room is left for what `shape` signs each entry with.
pub(super) fn fit(entries: &mut Vec<FeedEntry>, limit: u64, shape: &Shape) -> Fitted {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let estimate = |entry: &FeedEntry| estimate(entry) + shape.footer(entry).map_or(0, |footer| escaped(&footer));
    let mut fitted = Fitted::default();
    let mut sizes: Vec<usize> = entries.iter().map(estimate).collect();
    let mut total = 2 * ENTRY_FRAME + sizes.iter().sum::<usize>();
    for (entry, size) in entries.iter_mut().zip(&mut sizes).rev() {
        if total <= limit {
            break;
        }
        if shorten(entry) {
            total -= *size;
            *size = estimate(entry);
            total += *size;
            fitted.shortened.push(entry.article.id);
        }
    }
    while total > limit && entries.len() > 1 {
        let (Some(entry), Some(size)) = (entries.pop(), sizes.pop()) else { break };
        total -= size;
        fitted.left_out.push(entry.article.id);
        fitted.shortened.retain(|id| *id != entry.article.id);
    }
    fitted
}

/// Puts the summary in place of the body. `false` when that would not make it shorter.
fn shorten(entry: &mut FeedEntry) -> bool {
    let content = &mut entry.article.content;
    let summary = excerpt::summary(content).unwrap_or_default();
    let body = rewrite::paragraph(&summary);
    if body.len() >= content.body.len() {
        return false;
    }
    content.body = body;
    content.text = summary;
    true
}

/// The bytes of an entry in its largest format, from above.
fn estimate(entry: &FeedEntry) -> usize {
    let article = &entry.article;
    let content = &article.content;
    let optional = |text: &Option<String>| text.as_deref().map_or(0, escaped);
    // The summary is in every format beside the body, a lead in JSON once more.
    let opening = excerpt::summary(content).as_deref().map_or(0, escaped) + optional(&content.lead);
    let names = optional(&content.title) + optional(&content.dateline) + optional(&content.comments);
    let addresses = 3 * content.link.as_str().len() + escaped(&article.guid) + 2 * escaped(&article.published_id);
    let origin = &entry.origin;
    let origins = [origin, content.origin.as_ref().unwrap_or(origin)]
        .iter()
        .map(|origin| {
            optional(&origin.id) + optional(&origin.title) + optional(&origin.feed_url) + optional(&origin.home)
        })
        .sum::<usize>();
    let also = entry.also.iter().map(|telling| {
        let origin = &telling.origin;
        let names = 2 * optional(&origin.title) + optional(&origin.feed_url) + optional(&origin.home);
        PART_FRAME + names + 2 * optional(&telling.title) + 2 * escaped(telling.link.as_str())
    });
    let parts = also.sum::<usize>() + figures(entry) + people_and_subjects(entry) + facts(content);
    ENTRY_FRAME + body(entry) + opening + names + addresses + origins + parts
}

fn body(entry: &FeedEntry) -> usize {
    let content = &entry.article.content;
    if content.body.is_empty() { escaped(&content.text) } else { escaped(&content.body) }
}

fn figures(entry: &FeedEntry) -> usize {
    let content = &entry.article.content;
    let optional = |text: &Option<String>| text.as_deref().map_or(0, escaped);
    let figures = content.figures.iter().map(|figure| {
        let words = optional(&figure.caption) + optional(&figure.place) + optional(&figure.credit);
        PART_FRAME + optional(&figure.url) + words + optional(&figure.alternative)
    });
    let enclosures = content.enclosures.iter().map(|enclosure| {
        PART_FRAME + 2 * escaped(&enclosure.url) + optional(&enclosure.media_type) + optional(&enclosure.title)
    });
    PART_FRAME + 2 * optional(&content.image) + figures.sum::<usize>() + enclosures.sum::<usize>()
}

fn people_and_subjects(entry: &FeedEntry) -> usize {
    let content = &entry.article.content;
    let optional = |text: &Option<String>| text.as_deref().map_or(0, escaped);
    let authors = content
        .authors
        .iter()
        .map(|author| PART_FRAME + optional(&author.name) + optional(&author.email) + optional(&author.url));
    let category = |category: &Category| {
        PART_FRAME + escaped(&category.term) + optional(&category.scheme) + optional(&category.label)
    };
    let attributions = content.attributions.iter().map(|attribution| {
        let names =
            attribution.names.iter().map(|named| PART_FRAME + 2 * escaped(&named.name) + 2 * optional(&named.url));
        PART_FRAME + escaped(&attribution.text) + names.sum::<usize>()
    });
    authors.sum::<usize>() + content.categories.iter().map(category).sum::<usize>() + attributions.sum::<usize>()
}

/// What podcasts, places and licenses take: JSON has all of their names, and XML writes those of elements twice.
fn facts(content: &Content) -> usize {
    let optional = |text: &Option<String>| text.as_deref().map_or(0, |text| PART_FRAME + escaped(text));
    let json = |text: serde_json::Result<String>| text.map_or(0, |text| PART_FRAME + 2 * escaped(&text));
    let episode = content.episode.as_deref().map_or(0, |episode| json(serde_json::to_string(episode)));
    let place = content.place.as_deref().map_or(0, |place| json(serde_json::to_string(place)));
    let comments = optional(&content.comments_feed) + optional(&content.in_reply_to);
    episode + place + comments + optional(&content.license)
}

/// The bytes of `text` once escaped for XML or JSON, whichever needs more: `&quot;` takes six.
fn escaped(text: &str) -> usize {
    text.bytes()
        .map(|byte| match byte {
            b'"' | b'\'' | 0..=0x1f => 6,
            b'&' => 5,
            b'<' | b'>' => 4,
            b'\\' => 2,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::samples;
    use crate::model::{Episode, Transcript};

    fn entries(count: i64, body_bytes: usize) -> Vec<FeedEntry> {
        (1..=count)
            .map(|hour| {
                let mut article = samples::article("one", hour);
                article.content.body = format!("<p>{}</p>", "x".repeat(body_bytes));
                article.content.lead = Some("What it is & about.".to_owned());
                FeedEntry { origin: samples::origin(&article.source), article, also: Vec::new() }
            })
            .collect()
    }

    #[test]
    fn under_the_limit_nothing_is_touched() {
        let mut some = entries(3, 1000);
        let fitted = fit(&mut some, 500_000, &Shape::default());
        assert_eq!((fitted.left_out.len(), fitted.shortened.len()), (0, 0));
        assert_eq!(some, entries(3, 1000));
    }

    #[test]
    fn the_oldest_are_shortened_before_any_is_left_out() {
        let mut some = entries(10, 20_000);
        let fitted = fit(&mut some, 100_000, &Shape::default());
        assert_eq!(fitted.left_out, []);
        assert_eq!(some.len(), 10);
        let short: Vec<bool> = some.iter().map(|entry| entry.article.content.body.len() < 100).collect();
        assert!(short.is_sorted() && short[9] && !short[0], "{short:?}");
        assert_eq!(some[9].article.content.body, "<p>What it is &amp; about.</p>");
        assert_eq!(fitted.shortened.len(), short.iter().filter(|short| **short).count());
    }

    #[test]
    fn the_first_entry_stays_whatever_its_size() {
        let mut some = entries(10, 20_000);
        let fitted = fit(&mut some, 10, &Shape::default());
        assert_eq!((some.len(), fitted.left_out.len(), fitted.shortened.len()), (1, 9, 1));
        assert_eq!(some[0].article.content.link.path(), "/news/1");
    }

    #[test]
    fn an_episode_counts() {
        let plain = entries(1, 100).remove(0);
        let mut told = plain.clone();
        let transcripts = vec![Transcript { url: "https://a.example/7.vtt".to_owned(), ..Transcript::default() }; 50];
        told.article.content.episode = Some(Box::new(Episode { transcripts, ..Episode::default() }));
        let written =
            50 * "<podcast:transcript url=\"https://a.example/7.vtt\" type=\"text/plain\"></podcast:transcript>".len();
        assert!(estimate(&told) >= estimate(&plain) + written);
    }
}
