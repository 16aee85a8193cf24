//! Media RSS: what a feed attaches to an entry becomes its pictures and enclosures.

use crate::model::{Enclosure, Entry, Field, Figure, Media, Rung};

/// Endings of pictures, for media whose type is not given.
const PICTURES: [&str; 6] = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"];

/// Gives an entry without pictures those of its Media RSS, captions and credits kept, and its sound and film as enclosures.
pub(super) fn take(entry: &mut Entry) {
    let media = std::mem::take(&mut entry.media);
    let pictures = || media.iter().filter(|media| is_picture(media));
    if entry.figures.is_empty() {
        let figures = pictures().filter(|picture| !picture.thumbnail).map(|picture| Figure {
            url: Some(picture.url.clone()),
            caption: picture.caption.clone(),
            credit: picture.credit.clone(),
            ..Figure::default()
        });
        entry.figures.extend(figures);
        note(entry, Field::Figures, !entry.figures.is_empty());
    }
    if entry.image.is_none() {
        let largest = pictures().find(|picture| !picture.thumbnail).or_else(|| pictures().next());
        entry.image = largest.map(|picture| picture.url.clone());
        note(entry, Field::Image, entry.image.is_some());
    }
    for played in media.iter().filter(|media| is_played(media)) {
        if !entry.enclosures.iter().any(|enclosure| enclosure.url == played.url) {
            let media_type = played.media_type.clone().filter(|kind| kind.contains('/'));
            entry.enclosures.push(Enclosure { url: played.url.clone(), media_type, ..Enclosure::default() });
        }
    }
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

    fn media(url: &str, kind: Option<&str>, thumbnail: bool) -> Media {
        let caption = Some("The quay".to_owned());
        let credit = Some("A. Vos".to_owned());
        Media { url: url.to_owned(), media_type: kind.map(str::to_owned), caption, credit, thumbnail }
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
