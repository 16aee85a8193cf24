//! What a podcast says of its episodes goes all the way: from its feed through the store into ours.

use courant::model::{Document, Entry, EpisodeKind};
use courant::parse;
use jiff::ToSpan;

use crate::support::{Answer, House, Press, SteppedClock, World};

/// A podcast with one episode, as hosts of podcasts write it; `more` ends the item.
fn show(more: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' \
         xmlns:podcast='https://podcastindex.org/namespace/1.0' xmlns:georss='http://www.georss.org/georss'><channel>\
         <title>Tides</title><link>https://tides.example.org/</link><description>About the sea</description>\
         <itunes:explicit>false</itunes:explicit><item><title>7. The quay</title><guid isPermaLink='false'>tides-7</guid>\
         <link>https://tides.example.org/7</link><pubDate>Wed, 20 May 2026 10:00:00 GMT</pubDate>\
         <description>Who built the quay, and why it still stands.</description>\
         <enclosure url='https://tides.example.org/7.mp3' length='900' type='audio/mpeg'/>\
         <itunes:title>The quay</itunes:title><itunes:duration>01:02:03</itunes:duration><itunes:episode>7</itunes:episode>\
         <itunes:season>2</itunes:season><itunes:episodeType>full</itunes:episodeType><itunes:explicit>no</itunes:explicit>\
         <itunes:image href='/7.jpg'/><podcast:chapters url='/7.json' type='application/json+chapters'/>\
         <podcast:person role='host' href='https://ada.example.org/'>Ada Berg</podcast:person>\
         <podcast:soundbite startTime='73.5' duration='60'>Why it stands</podcast:soundbite>\
         <podcast:value type='lightning' method='keysend'><podcast:valueRecipient name='Ada' split='100'/></podcast:value>\
         <georss:point>53.9 27.57</georss:point>{more}</item></channel></rss>"
    )
}

fn published(house: &House, file: &str) -> Entry {
    let document = Document { url: None, content_type: None, body: house.read(&format!("public/{file}")).into() };
    parse::feed(&document).expect("a feed").entries.remove(0)
}

#[tokio::test]
async fn an_episode_leaves_as_it_came_and_learns_its_transcript_later() {
    let world = World::start();
    let house = House::reading(&[("tides", format!("{}/feed.rss", world.origin()))]);
    let clock = SteppedClock::at("2026-06-01T12:00:00Z");
    let press = Press::open(&house, &clock).await;
    world.put("/feed.rss", Answer::feed(show("")));
    press.all().await;
    let first = press.articles().await.remove(0);
    for file in ["all.rss", "all.atom"] {
        let entry = published(&house, file);
        let episode = entry.episode.unwrap_or_else(|| panic!("no episode in {file}"));
        assert_eq!(
            (episode.number, episode.season, episode.kind),
            (Some(7), Some(2), Some(EpisodeKind::Full)),
            "{file}"
        );
        assert_eq!((episode.duration_seconds, episode.explicit), (Some(3723), Some(false)), "{file}");
        assert_eq!(episode.image, Some(format!("{}/7.jpg", world.origin())), "{file}");
        assert_eq!(episode.chapters.map(|file| file.url), Some(format!("{}/7.json", world.origin())), "{file}");
        assert_eq!((episode.persons[0].name.as_str(), episode.soundbites.len()), ("Ada Berg", 1), "{file}");
        assert_eq!(episode.more[0].children[0].attributes["name"], "Ada", "{file}");
        assert_eq!(entry.place.and_then(|place| place.point).map(|point| point.latitude), Some(53.9), "{file}");
        assert_eq!(entry.enclosures[0].url, "https://tides.example.org/7.mp3", "{file}");
    }
    assert_eq!(house.feed("all")["items"][0]["attachments"][0]["duration_in_seconds"], 3723);

    world.put("/feed.rss", Answer::feed(show("<podcast:transcript url='/7.vtt' type='text/vtt'/>")));
    clock.step(2.hours());
    press.all().await;
    let second = press.articles().await.remove(0);
    assert_eq!((second.id, second.announced_at, second.revision), (first.id, first.announced_at, 2));
    assert_eq!(second.content.updated, first.content.updated, "a transcript is no news");
    let episode = published(&house, "all.rss").episode.expect("an episode");
    assert_eq!(episode.transcripts.len(), 1);
    press.close().await;
}
