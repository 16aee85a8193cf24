//! Histories of a source, and what must come of them.

use jiff::{SignedDuration, Timestamp};

use crate::model::{Alias, Article, Content, Digest, Draft, Episode, Field, SourceId, Transcript};

use super::*;

fn source() -> SourceId {
    "press".parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NOW: &str = "2026-03-10T12:00:00Z";

/// A draft called `name`, published at `published`.
pub(crate) fn draft(name: &str, published: Option<&str>) -> Draft {
    let link: url::Url = format!("https://press.example/{name}").parse().unwrap();
    let text =
        "The works began on Monday with forty people and one crane at the old quay behind the market. ".repeat(3);
    Draft {
        aliases: vec![Alias::Guid(name.to_owned()), Alias::Url(crate::address::fold(&link))],
        guid: name.to_owned(),
        said: Digest::of(name.as_bytes()),
        content: Content {
            title: Some(format!("Title of {name}")),
            body: format!("<p>{text}</p>"),
            text,
            published: published.map(at),
            ..Content::new(link)
        },
    }
}

fn circumstances<'a>(
    source: &'a SourceId,
    first_reading: bool,
    newest: Option<&str>,
    entries: usize,
) -> Circumstances<'a> {
    Circumstances { source, first_reading, newest: newest.map(at), entries, first: 10, now: at(NOW) }
}

fn held(name: &str) -> Article {
    new_article(&source(), draft(name, Some("2026-03-01T00:00:00Z")), at("2026-03-01T01:00:00Z"), Some(at(NOW))).article
}

fn changed(article: &Article, change: impl FnOnce(&mut Content)) -> Edit {
    let mut draft = draft(&article.guid, Some("2026-03-01T00:00:00Z"));
    change(&mut draft.content);
    let arrivals = vec![Arrival::Changed(Box::new(draft), Box::new(article.clone()))];
    let (mut changes, _) = plan(arrivals, &circumstances(&article.source, false, None, 1));
    changes.edited.remove(0)
}

#[test]
fn first_reading_announces_the_newest_ten_at_their_own_date() {
    let source = source();
    let arrivals: Vec<Arrival> = (1..=15)
        .map(|day| Arrival::New(Box::new(draft(&format!("a{day:02}"), Some(&format!("2026-02-{day:02}T08:00:00Z"))))))
        .collect();
    let (changes, summary) = plan(arrivals, &circumstances(&source, true, None, 15));
    assert_eq!((summary.announced, summary.silent), (10, 5));
    for new in &changes.new {
        let article = &new.article;
        let wanted = (article.guid.as_str() > "a05").then_some(article.content.published).flatten();
        assert_eq!(article.announced_at, wanted, "{}", article.guid);
    }
}

#[test]
fn later_arrivals_are_announced_now_newest_on_top() {
    let source = source();
    let arrivals = ["2026-03-10T11:00:00Z", "2026-03-10T10:00:00Z"]
        .map(|date| Arrival::New(Box::new(draft(&date[11..13], Some(date)))));
    let (changes, _) = plan(arrivals.into(), &circumstances(&source, false, Some("2026-03-10T09:00:00Z"), 30));
    let announced: Vec<_> = changes.new.iter().map(|new| new.article.announced_at.unwrap()).collect();
    assert!(announced[0] > announced[1]);
    assert!(announced[0].duration_since(at(NOW)) < SignedDuration::from_millis(1));
}

#[test]
fn a_single_late_arrival_is_announced_and_an_archive_is_not() {
    let source = source();
    let late = |count: usize| {
        let old = |n| Arrival::New(Box::new(draft(&format!("old{n}"), Some("2020-01-01T00:00:00Z"))));
        let (_, summary) =
            plan((0..count).map(old).collect(), &circumstances(&source, false, Some("2026-03-09T00:00:00Z"), 10));
        (summary.announced, summary.silent, summary.redesign)
    };
    assert_eq!(late(1), (1, 0, false));
    assert_eq!(late(5), (5, 0, false));
    assert_eq!(late(6), (0, 6, true));
}

#[test]
fn a_redesigned_listing_without_dates_is_no_news() {
    let source = source();
    let dated = |n| Arrival::New(Box::new(draft(&format!("d{n}"), Some("2020-01-01T00:00:00Z"))));
    let undated = |n| {
        let entry = crate::model::Entry::default();
        let url: url::Url = format!("https://press.example/u{n}").parse().unwrap();
        Arrival::Waiting(Box::new(waiting(&Alias::Guid(format!("u{n}")), url, entry, None, at(NOW), at(NOW))))
    };
    // The pages of the first few were read and have dates; the rest waits for its pages.
    let arrivals: Vec<Arrival> = (0..12).map(dated).chain((0..18).map(undated)).collect();
    let (changes, summary) = plan(arrivals, &circumstances(&source, false, Some("2026-03-09T00:00:00Z"), 30));
    assert!(summary.redesign && summary.announced == 0);
    assert!(changes.pending.iter().all(|page| page.announce == Announce::Silent));
    // What is new by its date makes those below it news.
    let fresh = |n| Arrival::New(Box::new(draft(&format!("f{n}"), Some("2026-03-10T00:00:00Z"))));
    let arrivals: Vec<Arrival> = (0..12).map(fresh).chain((0..18).map(undated)).collect();
    let (changes, summary) = plan(arrivals, &circumstances(&source, false, Some("2026-03-09T00:00:00Z"), 30));
    assert!(!summary.redesign && changes.pending.iter().all(|page| page.announce == Announce::Now));
}

#[test]
fn an_edit_in_earnest_moves_updated_and_never_announces_again() {
    let before = held("x");
    let edit = changed(&before, |content| content.title = Some("Another headline".to_owned()));
    assert_eq!(edit.article.content.updated, Some(at(NOW)));
    assert_eq!(edit.article.announced_at, before.announced_at);
    assert_eq!(edit.article.revision, 2);
    let revision = edit.revision.unwrap();
    assert_eq!((revision.revision, revision.changed, revision.before), (1, vec![Field::Title], before.content));
}

#[test]
fn a_few_words_make_a_revision_and_leave_updated_alone() {
    let edit = changed(&held("x"), |content| content.text = content.text.replacen("forty", "fifty", 1));
    assert_eq!(edit.revision.unwrap().changed, vec![Field::Body]);
    assert_eq!(edit.article.content.updated, None);
}

type Change = Box<dyn FnOnce(&mut Content)>;

#[test]
fn whitespace_counters_and_bumped_dates_make_no_revision() {
    let mut before = held("x");
    before.content.text.push_str("\n12 comments");
    let text = before.content.text.clone();
    let rows: Vec<(&str, Change)> = vec![
        (
            "whitespace",
            Box::new({
                let text = text.clone();
                move |content| content.text = text.replace(' ', "  ")
            }),
        ),
        (
            "counter",
            Box::new({
                let text = text.clone();
                move |content| content.text = text.replace("12 comments", "340 comments")
            }),
        ),
        (
            "date",
            Box::new({
                let text = text.clone();
                move |content| {
                    content.text = text;
                    content.published = Some(at("2026-03-10T11:59:00Z"));
                }
            }),
        ),
        (
            "updated",
            Box::new(move |content| {
                content.text = text;
                content.updated = Some(at("2026-03-10T11:59:00Z"));
            }),
        ),
    ];
    for (name, change) in rows {
        let edit = changed(&before, change);
        assert_eq!(edit.revision, None, "{name}");
        assert_eq!(edit.article.content, before.content, "{name}");
    }
}

#[test]
fn a_corrected_link_is_an_edit_and_a_new_query_is_not() {
    let mut before = held("x");
    before.content.body =
        "<p><a href=\"https://a.example/one\">works</a><img src=\"https://a.example/p.jpg?w=1\"></p>".to_owned();
    let with = |from: &str, to: &str| {
        let body = before.content.body.replace(from, to);
        changed(&before, move |content| content.body = body)
    };
    let edit = with("/one", "/two");
    assert_eq!(edit.revision.unwrap().changed, vec![Field::Body]);
    assert_eq!(edit.article.content.updated, None);
    assert!(edit.article.content.body.contains("/two"));
    assert_eq!(with("w=1", "w=2").revision, None);
}

#[test]
fn a_transcript_that_comes_later_is_an_edit_but_no_news() {
    let before = held("x");
    let transcripts = vec![Transcript { url: "https://a.example/7.vtt".to_owned(), ..Transcript::default() }];
    let episode = Some(Box::new(Episode { transcripts, ..Episode::default() }));
    let edit = changed(&before, |content| content.episode.clone_from(&episode));
    assert_eq!(edit.revision.unwrap().changed, vec![Field::Image]);
    assert_eq!((edit.article.content.episode, edit.article.content.updated), (episode, None));
}

#[test]
fn another_comment_is_no_edit() {
    assert_eq!(changed(&held("x"), |content| content.comment_count = Some(7)).revision, None);
}

#[test]
fn a_number_inside_a_sentence_is_an_edit() {
    let mut before = held("x");
    before.content.text = "Fourteen boats left.\nThe storm took 12 lives.".to_owned();
    let edit = changed(&before, |content| content.text = "Fourteen boats left.\nThe storm took 14 lives.".to_owned());
    assert!(edit.revision.is_some());
}

#[test]
fn a_page_that_fails_later_takes_nothing_away() {
    let before = held("x");
    let edit = changed(&before, |content| {
        content.partial = true;
        content.text = "The works began".to_owned();
        content.body = "<p>The works began</p>".to_owned();
    });
    assert_eq!(edit.article.content.body, before.content.body);
    assert!(!edit.article.content.partial);
}

fn page() -> PendingPage {
    let url = "https://press.example/x".parse().unwrap();
    waiting(&Alias::Guid("x".into()), url, crate::model::Entry::default(), None, at(NOW), at(NOW))
}

#[test]
fn a_failing_page_is_tried_three_times_then_published_partial_and_asked_for_daily() {
    let (source, mut page, mut now) = (source(), page(), at(NOW));
    let mut partial = draft("x", None);
    partial.content.text = String::new();
    partial.content.partial = true;
    for wait in [10 * 60, 60 * 60] {
        let changes = after_failure(page, partial.clone(), "404".into(), &source, now);
        assert!(changes.new.is_empty());
        page = changes.pending[0].clone();
        assert_eq!(page.due.duration_since(now), SignedDuration::from_secs(wait));
        now = page.due;
    }
    let changes = after_failure(page, partial.clone(), "404".into(), &source, now);
    assert!(changes.new[0].article.content.partial);
    let page = changes.pending[0].clone();
    assert_eq!(page.article, Some(changes.new[0].article.id));
    assert_eq!(page.due.duration_since(now), AFTER);

    let article = changes.new[0].article.clone();
    let done = completed(&page, draft("x", None), Some(article.clone()), &source, now);
    assert_eq!(done.settled, vec!["guid:x".to_owned()]);
    let edit = &done.edited[0];
    assert!(!edit.article.content.partial && edit.revision.is_some());
    assert_eq!((edit.article.content.updated, edit.article.announced_at), (None, article.announced_at));
}

#[test]
fn entries_seen_together_keep_their_order_though_their_pages_come_one_by_one() {
    let source = source();
    let arrivals = ["newer", "older"].map(|name| {
        let mut waits = page();
        waits.key = format!("guid:{name}");
        Arrival::Waiting(Box::new(waits))
    });
    let (changes, _) = plan(arrivals.into(), &circumstances(&source, false, Some("2026-03-09T00:00:00Z"), 2));
    let minute = |number| at(NOW) + SignedDuration::from_mins(number);
    let announced = |page: &PendingPage, now| {
        let done = completed(page, draft("x", None), None, &source, now);
        done.new[0].article.announced_at.unwrap()
    };
    let (newer, older) = (&changes.pending[0], &changes.pending[1]);
    assert!(announced(newer, minute(1)) > announced(older, minute(2)));
    assert_eq!(announced(older, minute(300)), minute(300), "what comes late is shown where readers look");
}

const AFTER: SignedDuration = SignedDuration::from_hours(24);

#[test]
fn an_entry_that_can_stand_alone_waits_an_hour_at_most() {
    let (source, mut page, mut now) = (source(), page(), at(NOW));
    loop {
        let changes = after_failure(page, draft("x", None), "timeout".into(), &source, now);
        if !changes.new.is_empty() {
            break;
        }
        page = changes.pending[0].clone();
        now = page.due;
    }
    assert!(now.duration_since(at(NOW)) <= SignedDuration::from_mins(60), "{now}");
}

#[test]
fn a_host_that_rests_keeps_nobody_waiting_longer_than_a_page_that_fails() {
    let (source, partial, now) = (source(), draft("x", None), at(NOW));
    let tomorrow = now + SignedDuration::from_hours(24);
    let waiting = put_off(page(), tomorrow, now);
    assert_eq!(waiting.due.duration_since(now), SignedDuration::from_hours(1));
    let early = postponed(waiting.clone(), partial.clone(), tomorrow, &source, now + SignedDuration::from_mins(30));
    assert!(early.new.is_empty());
    assert_eq!(early.pending[0].due, waiting.due);
    let late = postponed(waiting.clone(), partial.clone(), tomorrow, &source, waiting.due);
    assert_eq!(late.new[0].article.announced_at, Some(waiting.due));
    assert_eq!((late.pending[0].article, late.pending[0].due), (Some(late.new[0].article.id), tomorrow));
    // A rest that is over is no reason to be handed out again at once.
    let over = postponed(waiting.clone(), partial, now, &source, now);
    assert!(over.pending[0].due > now);
}

#[test]
fn a_page_that_must_not_be_asked_is_given_up_at_once() {
    let (source, partial) = (source(), draft("x", None));
    let changes = hopeless(page(), partial.clone(), &source, at(NOW));
    assert_eq!((changes.new.len(), changes.pending.len(), changes.settled), (1, 0, vec!["guid:x".to_owned()]));
    let published = PendingPage { article: Some(changes.new[0].article.id), ..page() };
    let changes = hopeless(published, partial, &source, at(NOW));
    assert_eq!((changes.new.len(), changes.pending.len(), changes.settled.len()), (0, 0, 1));
}

#[test]
fn an_edit_that_brings_the_page_ends_the_wait_for_it() {
    let mut partial = held("x");
    partial.content.partial = true;
    let arrivals = vec![Arrival::Changed(Box::new(draft("x", None)), Box::new(partial.clone()))];
    let (changes, _) = plan(arrivals, &circumstances(&partial.source, false, None, 1));
    assert!(changes.settled.contains(&"guid:x".to_owned()), "{:?}", changes.settled);
}

#[test]
fn a_page_gives_the_date_that_its_listing_gave_but_roughly() {
    let mut partial = held("x");
    partial.content.partial = true;
    let exact = draft("x", Some("2026-03-01T09:41:00Z"));
    let arrivals = vec![Arrival::Changed(Box::new(exact), Box::new(partial.clone()))];
    let (changes, _) = plan(arrivals, &circumstances(&partial.source, false, None, 1));
    let article = &changes.edited[0].article;
    assert_eq!(article.content.published, Some(at("2026-03-01T09:41:00Z")));
    assert_eq!(article.announced_at, partial.announced_at);
}

#[test]
fn a_thin_entry_takes_nothing_away_that_the_page_gave() {
    let mut before = held("x");
    before.content.authors = vec![crate::model::Person::named("Ada Berg")];
    before.content.image = Some("https://press.example/x.jpg".to_owned());
    before.content.dateline = Some("MINSK".to_owned());
    before.content.language = Some("en".to_owned());
    let edit = changed(&before, |content| {
        content.partial = true;
        content.body = String::new();
        content.text = String::new();
    });
    assert_eq!(edit.revision, None);
    assert_eq!(edit.article.content, before.content);
}

#[test]
fn guids_that_are_absolute_iris_are_published_as_they_are() {
    for guid in
        ["https://press.example/?p=7", "tag:press.example,2026:7", "urn:uuid:0b4f6a3e-0000-8000-8000-000000000000"]
    {
        assert_eq!(new_article(&source(), draft(guid, None), at(NOW), None).article.published_id, guid);
    }
    for guid in ["7", "press.example/7", "a b:c", "http:", "C:\\x", "7:8"] {
        let mut draft = draft("x", None);
        draft.guid = guid.to_owned();
        let published = new_article(&source(), draft, at(NOW), None).article.published_id;
        assert!(published.starts_with("urn:uuid:"), "{guid} → {published}");
    }
}

#[test]
fn a_kept_page_read_again_goes_by_the_law_of_every_edit() {
    let article = held("a");
    let again = |change: &dyn Fn(&mut Content)| {
        let mut draft = draft("a", Some("2026-03-01T00:00:00Z"));
        change(&mut draft.content);
        renormalized(article.clone(), draft, at(NOW))
    };
    assert_eq!(again(&|_| {}), None, "the same rules give the same article");

    let title = again(&|content| content.title = Some("Another title".to_owned())).expect("an edit");
    let revision = title.revision.expect("a revision");
    assert_eq!((revision.cause.as_str(), &revision.changed[..]), ("rules", &[Field::Title][..]));
    assert_eq!(title.article.content.updated, Some(at(NOW)));
    assert_eq!((title.article.id, title.article.announced_at), (article.id, article.announced_at));

    // The page did not move the date: the rules that read it were wrong.
    let date = again(&|content| content.published = Some(at("2026-02-28T00:00:00Z"))).expect("an edit");
    assert_eq!(date.article.content.published, Some(at("2026-02-28T00:00:00Z")));
    assert_eq!(date.article.content.updated, None);
    assert_eq!(again(&|content| content.published = None), None, "a date that is not found any more stays");

    let markup = again(&|content| content.body = content.body.replace("crane", "<em>crane</em>")).expect("an edit");
    assert_eq!((markup.revision, markup.article.revision), (None, 1));
    assert!(markup.article.content.body.contains("<em>crane</em>"));
}
