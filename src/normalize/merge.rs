//! An entry and the page behind it, made one.

use crate::model::{Entry, Field, Rung, Text, TextKind};

use super::seam;

/// Completes `said`, what a feed or listing gave, by `page`, what its page gave. A rule of the site file wins; otherwise the
/// text comes from the page, and facts (date, authors) from a feed before a page, from a page before a listing.
#[must_use]
pub fn merge(said: &Entry, page: Entry, from_listing: bool) -> Entry {
    let ruled = |field: Field| page.provenance.get(&field) == Some(&Rung::Rule);
    let page_first = |field: Field| from_listing || ruled(field);
    let mut provenance = page.provenance.clone();
    let mut choose = |field: Field, has_said: bool, has_page: bool| {
        let takes_page = has_page && (!has_said || page_first(field));
        if !takes_page && has_said {
            provenance.insert(field, Rung::Feed);
        }
        takes_page
    };
    let title = choose(Field::Title, said.title.is_some(), page.title.is_some());
    let published = choose(Field::Published, said.published.is_some(), page.published.is_some());
    let updated = choose(Field::Updated, said.updated.is_some(), page.updated.is_some());
    let authors = choose(Field::Authors, !said.authors.is_empty(), !page.authors.is_empty());
    let has_body = page.content.is_some();
    if !has_body && said.content.is_some() {
        provenance.insert(Field::Body, Rung::Feed);
    }
    let mut categories = said.categories.clone();
    for category in page.categories {
        if !categories.iter().any(|held| held.term.eq_ignore_ascii_case(&category.term)) {
            categories.push(category);
        }
    }
    Entry {
        guid: said.guid.clone(),
        link: page.link.or_else(|| said.link.clone()),
        title: if title { page.title } else { said.title.clone() },
        summary: said.summary.clone().or(page.summary),
        content: page.content.or_else(|| said.content.clone()),
        base: said.base.clone().filter(|_| !has_body),
        lead: page.lead.or_else(|| said.lead.clone()),
        published: if published { page.published } else { said.published },
        updated: if updated { page.updated } else { said.updated },
        authors: if authors { page.authors } else { said.authors.clone() },
        contributors: if said.contributors.is_empty() { page.contributors } else { said.contributors.clone() },
        language: page.language.or_else(|| said.language.clone()),
        categories,
        enclosures: if said.enclosures.is_empty() { page.enclosures } else { said.enclosures.clone() },
        media: if said.media.is_empty() { page.media } else { said.media.clone() },
        figures: if page.figures.is_empty() { said.figures.clone() } else { page.figures },
        image: page.image.or_else(|| said.image.clone()),
        attributions: page.attributions,
        dateline: page.dateline,
        comments: said.comments.clone().or(page.comments),
        origin: said.origin.clone().or(page.origin),
        original_link: said.original_link.clone(),
        episode: said.episode.clone().or(page.episode),
        place: said.place.clone().or(page.place),
        license: said.license.clone().or(page.license),
        rights: said.rights.clone().or(page.rights),
        comment_count: said.comment_count.or(page.comment_count),
        comments_feed: said.comments_feed.clone().or(page.comments_feed),
        in_reply_to: said.in_reply_to.clone().or(page.in_reply_to),
        site: page.site.or_else(|| said.site.clone()),
        paywalled: page.paywalled.or(said.paywalled),
        provenance,
    }
}

/// Joins a further part of a multi-page article to what came before. What every page repeats (headline, lead, a picture at
/// the top, the last paragraph of the page before, a note at the bottom) is in the article once. `false` when the part says
/// nothing new, so that the article ends here.
#[must_use]
pub fn append(entry: &mut Entry, part: Entry) -> bool {
    let Some(more) = part.content else { return false };
    let (before, more) = (entry.content.take().map(markup).unwrap_or_default(), markup(more));
    let new = seam::new_blocks(&before, &more);
    let is_new = !new.is_empty();
    entry.content = Some(Text::html(format!("{before}{new}")));
    if is_new {
        extend_new(&mut entry.figures, part.figures, |a, b| a.url == b.url && (a.url.is_some() || a == b));
        extend_new(&mut entry.enclosures, part.enclosures, |a, b| a.url == b.url);
        extend_new(&mut entry.attributions, part.attributions, |a, b| a == b);
    }
    is_new
}

/// The text as markup.
fn markup(text: Text) -> String {
    match text.kind {
        TextKind::Html => text.value,
        TextKind::Plain => super::html(&text, None).html,
    }
}

fn extend_new<T>(held: &mut Vec<T>, more: Vec<T>, same: impl Fn(&T, &T) -> bool) {
    for item in more {
        if !held.iter().any(|known| same(known, &item)) {
            held.push(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Person, Provenance, Text};

    fn at(text: &str) -> Option<jiff::Timestamp> {
        text.parse().ok()
    }

    fn said() -> Entry {
        let title = Some(Text::plain("Short"));
        Entry { guid: Some("7".into()), title, published: at("2026-01-01T00:00:00Z"), ..Entry::default() }
    }

    fn page(rung: Rung) -> Entry {
        let provenance = Provenance::from([(Field::Title, rung), (Field::Published, rung), (Field::Body, rung)]);
        Entry {
            title: Some(Text::plain("The whole headline")),
            published: at("2026-01-01T10:00:00Z"),
            content: Some(Text::html("<p>Body</p>")),
            authors: vec![Person::named("Ada Berg")],
            provenance,
            ..Entry::default()
        }
    }

    #[test]
    fn a_feeds_facts_stand_unless_a_rule_says_otherwise() {
        let merged = merge(&said(), page(Rung::Heuristic), false);
        assert_eq!((merged.title, merged.published), (said().title, said().published));
        assert_eq!(merged.provenance[&Field::Title], Rung::Feed);
        assert_eq!(merged.provenance[&Field::Body], Rung::Heuristic);
        assert_eq!(merged.authors, [Person::named("Ada Berg")]);
        assert_eq!(merged.guid.as_deref(), Some("7"));

        let merged = merge(&said(), page(Rung::Rule), false);
        assert_eq!((merged.title, merged.published), (page(Rung::Rule).title, page(Rung::Rule).published));
    }

    #[test]
    fn a_pages_facts_outrank_its_listing() {
        let merged = merge(&said(), page(Rung::Heuristic), true);
        assert_eq!(merged.title, page(Rung::Heuristic).title);
        assert_eq!(merged.published, at("2026-01-01T10:00:00Z"));
    }
}
