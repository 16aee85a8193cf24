//! Episodes and places: names on one line, addresses made absolute, what leads nowhere left out.

use url::Url;

use super::absolute;
use crate::dom::squash;
use crate::model::{Chapter, Element, Episode, Participant, Place, Transcript};

/// The episode with addresses that can be published; `None` when nothing is left.
pub(super) fn episode(mut episode: Box<Episode>, base: Option<&Url>) -> Option<Box<Episode>> {
    let web = |address: Option<String>| address.and_then(|address| absolute(&address, base));
    episode.image = web(episode.image.take());
    let Episode { title, subtitle, number_shown, season_name, .. } = &mut *episode;
    [title, subtitle, number_shown, season_name].into_iter().for_each(tidy);
    episode.transcripts.retain_mut(|Transcript { url, .. }| match absolute(url, base) {
        Some(address) => {
            *url = address;
            true
        }
        None => false,
    });
    episode.chapters = episode.chapters.and_then(|mut file| {
        file.url = absolute(&file.url, base)?;
        Some(file)
    });
    for Chapter { title, link, image, .. } in &mut episode.marks {
        tidy(title);
        (*link, *image) = (web(link.take()), web(image.take()));
    }
    for Participant { name, link, image, .. } in &mut episode.persons {
        *name = squash(name);
        (*link, *image) = (web(link.take()), web(image.take()));
    }
    episode.persons.retain(|person| !person.name.is_empty());
    episode.soundbites.iter_mut().for_each(|bite| tidy(&mut bite.title));
    episode.more.retain(is_harmless);
    (*episode != Episode::default()).then_some(episode)
}

/// The place with its name on one line.
pub(super) fn place(mut place: Box<Place>) -> Option<Box<Place>> {
    tidy(&mut place.name);
    (*place != Place::default()).then_some(place)
}

fn tidy(text: &mut Option<String>) {
    *text = text.as_deref().map(squash).filter(|text| !text.is_empty());
}

/// Whether no address in it runs a program in a reader that opens it.
fn is_harmless(element: &Element) -> bool {
    const RUNNING: [&str; 7] = ["javascript", "vbscript", "data", "file", "blob", "filesystem", "view-source"];
    // Read as readers read it: leading control characters, and tabs and line ends anywhere, do not count.
    let runs = |text: &String| Url::parse(text).is_ok_and(|url| RUNNING.contains(&url.scheme()));
    !element.attributes.values().any(runs) && element.children.iter().all(is_harmless)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ChaptersFile;

    #[test]
    fn addresses_are_absolute_and_of_the_web() {
        let base = Url::parse("https://a.example/show/feed.xml").unwrap();
        let transcript = |url: &str| Transcript { url: url.to_owned(), ..Transcript::default() };
        let element = |url: &str| Element {
            name: "podcast:txt".to_owned(),
            attributes: [("url".to_owned(), url.to_owned())].into(),
            ..Element::default()
        };
        let given = Episode {
            image: Some("cover.jpg".to_owned()),
            subtitle: Some(" High\n  water ".to_owned()),
            transcripts: vec![transcript("7.vtt"), transcript("javascript:alert(1)")],
            chapters: Some(ChaptersFile { url: "/7.json".to_owned(), media_type: None }),
            persons: vec![Participant {
                name: "A".to_owned(),
                link: Some("data:x".to_owned()),
                ..Participant::default()
            }],
            more: vec![element("https://b.example/"), element(" JavaScript:alert(1)"), element("\u{1}java\nscript:x")],
            ..Episode::default()
        };
        let made = episode(Box::new(given), Some(&base)).expect("an episode");
        assert_eq!(made.subtitle.as_deref(), Some("High water"));
        assert_eq!(made.image.as_deref(), Some("https://a.example/show/cover.jpg"));
        assert_eq!(made.transcripts, [transcript("https://a.example/show/7.vtt")]);
        assert_eq!(made.chapters.expect("a file").url, "https://a.example/7.json");
        assert_eq!((made.persons[0].link.as_deref(), made.more.len()), (None, 1));
        let nowhere = Episode { image: Some("data:image/png".to_owned()), ..Episode::default() };
        assert_eq!(episode(Box::new(nowhere), Some(&base)), None);
    }
}
