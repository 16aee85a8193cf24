//! What is written of episodes, places and licenses can be read again, and only stands where it is.

use crate::emit::samples::{feed, poor, rich};
use crate::emit::{Format, write};
use crate::model::{
    Article, Chapter, ChaptersFile, Content, Document, Element, Enclosure, Entry, Episode, EpisodeKind, Participant,
    Place, Point, Shape, ShapeKind, Soundbite, Transcript,
};
use crate::parse;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn element(name: &str, attributes: &[(&str, &str)], text: &str, children: Vec<Element>) -> Element {
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Element { name: name.to_owned(), attributes, text: some(text), children }
}

fn episode() -> Episode {
    let recipients = [("A & \"B\"", "90"), ("C", "10")]
        .map(|(name, split)| element("podcast:valueRecipient", &[("name", name), ("split", split)], "", Vec::new()));
    Episode {
        title: some("The tide & the <quay>"),
        subtitle: some("High water"),
        number: Some(7),
        number_shown: some("Ch. 7"),
        season: Some(2),
        season_name: some("North"),
        kind: Some(EpisodeKind::Full),
        duration_seconds: Some(3723),
        explicit: Some(false),
        blocked: true,
        image: some("https://a.example/7.jpg?a=1&b=2"),
        transcripts: vec![Transcript {
            url: "https://a.example/7.vtt".to_owned(),
            media_type: some("text/vtt"),
            language: some("en"),
            rel: some("captions"),
        }],
        chapters: Some(ChaptersFile {
            url: "https://a.example/7.json".to_owned(),
            media_type: some("application/json+chapters"),
        }),
        marks: vec![
            Chapter { title: some("Intro"), ..Chapter::default() },
            Chapter {
                start_seconds: 3673.25,
                title: some("A & B"),
                link: some("https://a.example/b?c&d"),
                image: some("https://a.example/b.jpg"),
            },
        ],
        persons: vec![Participant {
            name: "Ada Berg".to_owned(),
            role: some("guest"),
            group: some("cast"),
            image: some("https://a.example/ada.jpg"),
            link: some("https://ada.example/"),
        }],
        soundbites: vec![Soundbite { start_seconds: 73.5, duration_seconds: 60.0, title: some("Why") }],
        more: vec![
            element("podcast:txt", &[("purpose", "verify")], "S6lpp & co", Vec::new()),
            element("podcast:value", &[("type", "lightning")], "", recipients.into()),
        ],
    }
}

fn place() -> Place {
    let point = |latitude, longitude| Point { latitude, longitude };
    let shape = Shape { kind: ShapeKind::Polygon, points: vec![point(1.0, 2.0), point(3.5, 2.0), point(1.0, -2.5)] };
    Place { name: some("The quay"), point: Some(point(2.25, -0.25)), shape: Some(shape) }
}

fn told() -> Article {
    let mut article = poor();
    article.content = Content {
        episode: Some(Box::new(episode())),
        place: Some(Box::new(place())),
        license: some("https://creativecommons.example/by/4.0/?a&b"),
        comment_count: Some(12),
        comments_feed: some("https://a.example/7/comments?a&b"),
        in_reply_to: some("tag:a.example,2026:6"),
        enclosures: vec![Enclosure {
            url: "https://a.example/7.mp3".to_owned(),
            media_type: some("audio/mpeg"),
            ..Enclosure::default()
        }],
        ..article.content
    };
    article
}

fn text(article: Article, format: Format) -> String {
    String::from_utf8(write(&feed(vec![article]), format)).expect("UTF-8")
}

fn read(article: Article, format: Format) -> Entry {
    let document = Document { url: None, content_type: None, body: text(article, format).into() };
    let mut reading = parse::feed(&document).expect("a feed");
    assert_eq!(reading.problems, [""; 0]);
    reading.entries.remove(0)
}

#[test]
fn what_is_written_is_read_again() {
    for format in [Format::Rss, Format::Atom] {
        let (entry, wanted) = (read(told(), format), told().content);
        assert_eq!(entry.episode, wanted.episode, "{}", format.name());
        assert_eq!(entry.place, wanted.place, "{}", format.name());
        assert_eq!(entry.license, wanted.license, "{}", format.name());
        assert_eq!((entry.comment_count, entry.comments_feed), (wanted.comment_count, wanted.comments_feed));
        assert_eq!(entry.in_reply_to, wanted.in_reply_to, "{}", format.name());
    }
}

#[test]
fn json_feed_has_it_in_the_extension_and_the_length_at_the_file() {
    let json: serde_json::Value = serde_json::from_str(&text(told(), Format::Json)).expect("JSON");
    let item = &json["items"][0];
    assert_eq!(item["attachments"][0]["duration_in_seconds"], 3723);
    let ours = &item["_courant"];
    assert_eq!(ours["episode"]["transcripts"][0]["type"], "text/vtt");
    assert_eq!(ours["place"]["point"]["latitude"], 2.25);
    assert_eq!((&ours["comment_count"], &ours["license"]), (&12.into(), &told().content.license.into()));
    let back: Episode = serde_json::from_value(ours["episode"].clone()).expect("an episode");
    assert_eq!(back, episode());
}

#[test]
fn an_article_without_it_is_written_as_if_nobody_could_have_it() {
    for article in [rich(), poor()] {
        for format in Format::ALL {
            let text = text(article.clone(), format);
            for name in
                ["itunes", "podcast", "georss", "slash", "thr", "wfw", "psc", "creativeCommons", "license", "episode"]
            {
                assert!(!text.contains(name), "{name} in {text}");
            }
        }
    }
}

#[test]
fn readers_of_another_make_find_the_episode() {
    let text = text(told(), Format::Rss);
    let channel = rss::Channel::read_from(text.as_bytes()).expect("well-formed RSS");
    let itunes = channel.items[0].itunes_ext.as_ref().expect("an episode");
    assert_eq!((itunes.duration.as_deref(), itunes.episode.as_deref()), (Some("3723"), Some("7")));
    assert_eq!(
        (itunes.explicit.as_deref(), itunes.image.as_deref()),
        (Some("false"), Some("https://a.example/7.jpg?a=1&b=2"))
    );
    for format in Format::FEEDS {
        let bytes = write(&feed(vec![told()]), format);
        assert!(feed_rs::parser::parse(bytes.as_slice()).is_ok(), "{}", format.name());
    }
}

#[test]
fn what_cannot_be_declared_is_left_out() {
    let mut article = told();
    let inside = vec![element("who:knows", &[], "x", Vec::new()), element("podcast:integrity", &[], "", Vec::new())];
    let more = vec![
        element("who:knows", &[], "x", Vec::new()),
        element("podcast:alternateEnclosure", &[("type", "audio/opus")], "", inside),
    ];
    article.content.episode = Some(Box::new(Episode { more, ..Episode::default() }));
    for format in [Format::Rss, Format::Atom] {
        let text = text(article.clone(), format);
        assert!(!text.contains("who:") && text.contains("<podcast:integrity/>"), "{text}");
    }
}

#[test]
fn control_characters_break_no_feed() {
    let mut article = told();
    let content = &mut article.content;
    let episode = content.episode.as_mut().expect("an episode");
    episode.title = some("a\u{8}b\u{0}");
    episode.persons[0].name = "\u{b}Ada".to_owned();
    episode.more[0].text = some("\u{1}");
    content.license = some("\u{c}");
    for format in [Format::Rss, Format::Atom] {
        let entry = read(article.clone(), format);
        assert_eq!(entry.episode.and_then(|episode| episode.title).as_deref(), Some("ab"), "{}", format.name());
        assert_eq!(entry.license, None);
    }
}
