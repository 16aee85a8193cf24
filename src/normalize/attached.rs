//! Media RSS: what a feed attaches to an entry becomes its pictures and enclosures.

use crate::model::{Enclosure, Entry, Field, Figure, Media, Rung};

/// Endings of pictures, for media whose type is not given.
const PICTURES: [&str; 6] = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"];

/// Gives an entry without pictures those of its Media RSS, captions and credits kept, and its sound and film as enclosures.
/// Of a group, whose objects are the same thing in several forms, one is taken.
pub(super) fn take(entry: &mut Entry) {
    let media = std::mem::take(&mut entry.media);
    let pictures: Vec<&Media> = best_of_each(media.iter().filter(|media| is_picture(media) && !media.thumbnail));
    if entry.figures.is_empty() {
        let figures = pictures.iter().map(|picture| Figure {
            url: Some(picture.url.clone()),
            caption: picture.caption.clone(),
            credit: picture.credit.clone(),
            ..Figure::default()
        });
        entry.figures.extend(figures);
        note(entry, Field::Figures, !entry.figures.is_empty());
    }
    if entry.image.is_none() {
        let main = pictures.first().copied().or_else(|| media.iter().find(|media| is_picture(media)));
        entry.image = main.map(|picture| picture.url.clone());
        note(entry, Field::Image, entry.image.is_some());
    }
    for played in best_of_each(media.iter().filter(|media| is_played(media))) {
        let facts = played.facts.as_deref();
        let duration_seconds = facts.and_then(|facts| facts.duration_seconds);
        let length_bytes = facts.and_then(|facts| facts.length_bytes);
        // A feed that has an enclosure often says more of it in Media RSS.
        if let Some(known) = entry.enclosures.iter_mut().find(|enclosure| enclosure.url == played.url) {
            known.duration_seconds = known.duration_seconds.or(duration_seconds);
            known.length_bytes =
                known.length_bytes.filter(|length| *length > 0).or(length_bytes).or(known.length_bytes);
            continue;
        }
        entry.enclosures.push(Enclosure {
            url: played.url.clone(),
            media_type: played.media_type.clone().filter(|kind| kind.contains('/')),
            length_bytes,
            title: facts.and_then(|facts| facts.title.clone()),
            duration_seconds,
        });
    }
}

/// The objects in their order, of each group only the one to take: its default, else the largest picture or the first film.
fn best_of_each<'m>(objects: impl Iterator<Item = &'m Media>) -> Vec<&'m Media> {
    let mut best: Vec<&Media> = Vec::new();
    for object in objects {
        let group = group(object);
        match best.iter_mut().find(|held| group.is_some() && self::group(held) == group) {
            Some(held) if rank(object) > rank(held) => *held = object,
            Some(_) => {}
            None => best.push(object),
        }
    }
    best
}

fn group(media: &Media) -> Option<u32> {
    media.facts.as_deref().and_then(|facts| facts.group)
}

/// What speaks for one form of a thing before another.
fn rank(media: &Media) -> (bool, bool, u64) {
    let Some(facts) = media.facts.as_deref() else { return (false, true, 0) };
    let is_whole = facts.expression.as_deref().is_none_or(|expression| expression == "full");
    let pixels = u64::from(facts.width.unwrap_or_default()) * u64::from(facts.height.unwrap_or(1));
    // A larger film is no better for everybody.
    (facts.is_default, is_whole, if is_picture(media) { pixels } else { 0 })
}

fn note(entry: &mut Entry, field: Field, found: bool) {
    if found {
        entry.provenance.insert(field, Rung::Feed);
    }
}

fn is_picture(media: &Media) -> bool {
    if let Some(kind) = media.media_type.as_deref() {
        return kind.starts_with("image");
    }
    let path = media.url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    media.thumbnail || PICTURES.iter().any(|ending| path.ends_with(ending))
}

fn is_played(media: &Media) -> bool {
    media.media_type.as_deref().is_some_and(|kind| kind.starts_with("audio") || kind.starts_with("video"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MediaFacts;

    fn media(url: &str, kind: Option<&str>, thumbnail: bool) -> Media {
        let caption = Some("The quay".to_owned());
        let credit = Some("A. Vos".to_owned());
        Media { url: url.to_owned(), media_type: kind.map(str::to_owned), caption, credit, thumbnail, facts: None }
    }

    #[test]
    fn attached_pictures_become_figures_and_films_enclosures() {
        let mut entry = Entry {
            media: vec![
                media("https://a.example/small.jpg", None, true),
                media("https://a.example/large.jpg?w=9", None, false),
                media("https://a.example/film.mp4", Some("video/mp4"), false),
                media("https://a.example/page", None, false),
            ],
            ..Entry::default()
        };
        take(&mut entry);
        let [figure] = entry.figures.as_slice() else { panic!("one picture is a figure: {:?}", entry.figures) };
        assert_eq!(figure.url.as_deref(), Some("https://a.example/large.jpg?w=9"));
        assert_eq!((figure.caption.as_deref(), figure.credit.as_deref()), (Some("The quay"), Some("A. Vos")));
        assert_eq!(entry.image.as_deref(), Some("https://a.example/large.jpg?w=9"));
        let urls: Vec<&str> = entry.enclosures.iter().map(|enclosure| enclosure.url.as_str()).collect();
        assert_eq!(urls, ["https://a.example/film.mp4"]);
        assert_eq!(entry.provenance[&Field::Figures], Rung::Feed);
    }

    #[test]
    fn of_several_forms_of_one_thing_one_is_taken() {
        let form = |url: &str, kind: &str, group: Option<u32>, width: u32, is_default: bool| {
            let facts = MediaFacts { group, width: Some(width), height: Some(10), is_default, ..MediaFacts::default() };
            Media { facts: Some(Box::new(facts)), ..media(url, Some(kind), false) }
        };
        let taken = |media: Vec<Media>| {
            let mut entry = Entry { media, ..Entry::default() };
            take(&mut entry);
            let figures = entry.figures.into_iter().filter_map(|figure| figure.url);
            figures.chain(entry.enclosures.into_iter().map(|enclosure| enclosure.url)).collect::<Vec<_>>().join(" ")
        };
        let rows = [
            (vec![form("s", "image/png", Some(1), 10, false), form("l", "image/png", Some(1), 90, false)], "l"),
            (vec![form("s", "image/png", Some(1), 10, true), form("l", "image/png", Some(1), 90, false)], "s"),
            (vec![form("s", "image/png", Some(1), 10, false), form("l", "image/png", Some(2), 90, false)], "s l"),
            (vec![form("s", "image/png", None, 10, false), form("l", "image/png", None, 90, false)], "s l"),
            (vec![form("s", "video/mp4", Some(1), 10, false), form("l", "video/mp4", Some(1), 90, false)], "s"),
            (vec![form("p", "image/png", Some(1), 10, false), form("f", "video/mp4", Some(1), 90, false)], "p f"),
        ];
        for (media, wanted) in rows {
            assert_eq!(taken(media), wanted);
        }
    }

    #[test]
    fn an_enclosure_learns_what_media_rss_says_of_it() {
        let url = "https://a.example/film.mp4";
        let facts = MediaFacts { duration_seconds: Some(63), length_bytes: Some(9), ..MediaFacts::default() };
        let mut entry = Entry {
            enclosures: vec![Enclosure { url: url.to_owned(), length_bytes: Some(0), ..Enclosure::default() }],
            media: vec![Media { facts: Some(Box::new(facts)), ..media(url, Some("video/mp4"), false) }],
            ..Entry::default()
        };
        take(&mut entry);
        let [enclosure] = entry.enclosures.as_slice() else { panic!("one film: {:?}", entry.enclosures) };
        assert_eq!((enclosure.duration_seconds, enclosure.length_bytes), (Some(63), Some(9)));
    }

    #[test]
    fn what_the_page_gave_stands() {
        let own = Figure { url: Some("https://a.example/own.jpg".to_owned()), ..Figure::default() };
        let mut entry = Entry {
            figures: vec![own.clone()],
            image: own.url.clone(),
            media: vec![media("https://a.example/large.jpg", None, false)],
            ..Entry::default()
        };
        take(&mut entry);
        assert_eq!((entry.figures, entry.image), (vec![own.clone()], own.url));
    }
}
