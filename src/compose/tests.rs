//! What a feed takes in, in what order, and what it says about the rest.

use super::samples::{article, now, origin};
use super::*;

fn recipe(more: &str) -> Recipe {
    let text = format!("id = 'official'\ntitle = 'Official news'\nsources = ['*']\n{more}");
    Recipe::new(toml::from_str(&text).expect(more)).expect(more)
}

fn composed(more: &str, articles: Vec<Article>) -> Composed {
    let base_url = "https://news.example.org/feeds/".parse().expect("valid");
    feed(&recipe(more), articles, &Surroundings { base_url: &base_url, origins: &origin, hubs: &[], now: now() })
}

fn paths(composed: &Composed) -> Vec<&str> {
    composed.feed.entries.iter().map(|entry| entry.article.content.link.path()).collect()
}

fn reasons(composed: &Composed) -> Vec<String> {
    composed.dropped.iter().map(|(_, reason)| reason.to_string()).collect()
}

#[test]
fn entries_come_by_announcement_newest_first() {
    let mut late = article("one", 100);
    late.announced_at = Some(now());
    let given = vec![article("one", 3), late, article("two", 1)];
    assert_eq!(paths(&composed("", given.clone())), ["/news/100", "/news/1", "/news/3"]);
    assert_eq!(paths(&composed("order = 'published'", given)), ["/news/1", "/news/3", "/news/100"]);
}

#[test]
fn equal_moments_keep_one_order_whatever_order_they_are_given_in() {
    let mut given: Vec<Article> = ["one", "two", "three"].iter().map(|source| article(source, 1)).collect();
    let forward = composed("", given.clone());
    given.reverse();
    assert_eq!(composed("", given).feed, forward.feed);
}

#[test]
fn a_feed_is_full_by_its_limit_of_items_whatever_its_bytes_leave_out() {
    let given = || vec![article("one", 1), article("one", 2), article("one", 3)];
    let rows = [
        ("limit = { items = 3 }", true),
        ("limit = { items = 4 }", false),
        ("limit = { items = 3, bytes = '1 B' }", true),
        ("limit = { items = 3 }\ndrop = [{ title = '2$' }]", false),
    ];
    for (more, wanted) in rows {
        assert_eq!(composed(more, given()).is_full, wanted, "{more}");
    }
}

#[test]
fn silent_and_withdrawn_articles_stay_out() {
    let (mut silent, mut withdrawn) = (article("one", 1), article("one", 2));
    silent.announced_at = None;
    withdrawn.withdrawn_at = Some(now());
    let composed = composed("", vec![silent, withdrawn, article("one", 3)]);
    assert_eq!(paths(&composed), ["/news/3"]);
    assert_eq!(reasons(&composed), ["it is held silently", "it was withdrawn"]);
}

#[test]
fn drop_wins_over_keep_and_each_says_why() {
    let rules = "keep = [{ any = ['news'] }, { source = ['two'] }]\ndrop = [{ title = 'x' }, { title = '2$' }]";
    let mut other = article("one", 4);
    other.content.title = Some("Other".to_owned());
    let composed = composed(rules, vec![article("one", 1), article("one", 2), other]);
    assert_eq!(paths(&composed), ["/news/1"]);
    assert_eq!(reasons(&composed), ["rule 2 of `drop` fits", "no rule of `keep` fits"]);
}

#[test]
fn limits_cut_the_oldest() {
    let given: Vec<Article> = (1..=5).map(|hour| article("one", hour)).collect();
    let by_items = composed("limit = { items = 2 }", given.clone());
    assert_eq!(paths(&by_items), ["/news/1", "/news/2"]);
    assert_eq!(reasons(&by_items), ["it is beyond `limit.items`"; 3]);
    let by_age = composed("limit = { age = '3h' }", given.clone());
    assert_eq!(paths(&by_age), ["/news/1", "/news/2", "/news/3"]);
    let by_bytes = composed("limit = { bytes = '6 kB' }", given);
    assert!((1..5).contains(&by_bytes.feed.entries.len()));
    assert!(reasons(&by_bytes).contains(&"it is beyond `limit.bytes`".to_owned()));
}

#[test]
fn no_source_has_more_than_its_quota_and_others_take_the_room() {
    let mut given: Vec<Article> = (1..=4).map(|hour| article("one", hour)).collect();
    given.extend([article("two", 9), article("two", 8)]);
    let composed = composed("limit = { per_source = 2, items = 3 }", given);
    assert_eq!(paths(&composed), ["/news/1", "/news/2", "/news/8"]);
    let (beyond, full) = ("it is beyond `limit.per_source`", "it is beyond `limit.items`");
    assert_eq!(reasons(&composed), [beyond, beyond, full]);
    assert!(composed.is_full && recipe("limit = { per_source = 2 }").is_selective());
}

#[test]
fn rules_for_every_feed_hold_beside_those_of_the_feed() {
    let rules = toml::from_str("keep = [{ source = ['one'] }]\ndrop = [{ title = '2$' }]").expect("valid");
    let everywhere = Everywhere::new(rules, &|_| Vec::new()).expect("valid");
    let text = "id = 'a'\ntitle = 'A'\nsources = ['*']\nkeep = [{ title = 'News' }]\ndrop = [{ title = '3$' }]";
    let recipe = Recipe::within(toml::from_str(text).expect("valid"), &everywhere, &|_| Vec::new()).expect("valid");
    let mut other = article("one", 5);
    other.content.title = Some("Other".to_owned());
    let rows = [
        (article("one", 1), None),
        (article("one", 2), Some("rule 1 of `drop` in `[rules]` fits")),
        (article("one", 3), Some("rule 1 of `drop` fits")),
        (article("two", 4), Some("no rule of `keep` in `[rules]` fits")),
        (other, Some("no rule of `keep` fits")),
    ];
    for (article, wanted) in rows {
        let reason = recipe.refusal(&article, now()).map(|reason| reason.to_string());
        assert_eq!(reason.as_deref(), wanted, "{:?}", article.content.title);
    }
    assert!(recipe.is_selective());
}

#[test]
fn a_feed_stays_under_its_limit_of_bytes_with_what_it_is_signed_with() {
    let given: Vec<Article> = (1..=20).map(|hour| article("one", hour)).collect();
    let footer = format!("footer = '{{source}} {}'", "x".repeat(2_000));
    let plain = composed("limit = { bytes = '60 kB' }", given.clone());
    let signed = composed(&format!("limit = {{ bytes = '60 kB' }}\n{footer}"), given);
    assert_eq!(plain.feed.entries.len(), 20);
    let bodies: usize = signed.feed.entries.iter().map(|entry| entry.article.content.body.len()).sum();
    assert!((10..20).contains(&signed.feed.entries.len()) && bodies < 60_000, "{} {bodies}", signed.feed.entries.len());
}

#[test]
fn duplicates_first_keeps_the_first_telling() {
    let (mut first, mut second) = (article("one", 5), article("two", 2));
    for article in [&mut first, &mut second] {
        article.content.title = Some("The plant opened its doors".to_owned());
    }
    let given = vec![second, first.clone()];
    assert_eq!(composed("", given.clone()).feed.entries.len(), 2);
    let composed = composed("duplicates = 'first'", given);
    assert_eq!(paths(&composed), ["/news/5"]);
    assert_eq!(reasons(&composed), [format!("it repeats article {}", first.id)]);
}

#[test]
fn duplicates_merge_names_every_other_telling() {
    let mut given = vec![article("three", 1), article("two", 2), article("one", 5), article("two", 7)];
    for article in &mut given[..3] {
        article.content.title = Some("The plant opened its doors".to_owned());
    }
    let composed = composed("duplicates = 'merge'", given);
    assert_eq!(paths(&composed), ["/news/5", "/news/7"]);
    assert_eq!(composed.dropped.len(), 2);
    let also = &composed.feed.entries[0].also;
    let tellings: Vec<(&str, &str)> = also.iter().map(|it| (it.source.as_str(), it.link.as_str())).collect();
    assert_eq!(tellings, [("two", "https://two.example/news/2"), ("three", "https://three.example/news/1")]);
    assert_eq!(also[0].origin, origin(&also[0].source));
    assert!(composed.feed.entries[1].also.is_empty());
}

#[test]
fn updated_is_the_newest_change_and_never_now() {
    assert_eq!(composed("", Vec::new()).feed.updated, Timestamp::UNIX_EPOCH);
    let mut edited = article("one", 50);
    edited.content.updated = Some("2026-03-10T10:30:00Z".parse().expect("valid"));
    let composed = composed("", vec![edited, article("one", 2)]);
    assert_eq!(composed.feed.updated.to_string(), "2026-03-10T10:30:00Z");
}

#[test]
fn language_is_the_one_all_entries_share() {
    let rows: [(&[Option<&str>], Option<&str>); 6] = [
        (&[], None),
        (&[Some("ru"), Some("ru")], Some("ru")),
        (&[Some("en-GB"), Some("en-GB")], Some("en-GB")),
        (&[Some("en-GB"), Some("en-US"), Some("en")], Some("en")),
        (&[Some("en"), Some("ru")], None),
        (&[Some("en"), None], None),
    ];
    for (tags, wanted) in rows {
        let articles = tags.iter().enumerate().map(|(index, tag)| {
            let mut article = article("one", i64::try_from(index).expect("small") + 1);
            article.content.language = tag.map(str::to_owned);
            article
        });
        let articles: Vec<Article> = articles.collect();
        assert_eq!(composed("", articles.clone()).feed.language.as_deref(), wanted, "{tags:?}");
        assert_eq!(composed("language = 'be'", articles).feed.language.as_deref(), Some("be"));
    }
}

#[test]
fn a_feed_cannot_take_the_address_of_something_else() {
    for (id, fine) in
        [("official", true), ("v2.0", true), ("official.rss", false), ("feeds.opml", false), ("media", false)]
    {
        let text = format!("id = '{id}'\ntitle = 'A'\nsources = ['*']");
        assert_eq!(Recipe::new(toml::from_str(&text).expect("valid")).is_ok(), fine, "{id}");
    }
}

#[test]
fn every_error_is_named_with_feed_list_number_and_key() {
    let text = "id = 'official'\ntitle = ' '\nsources = []\nformats = []\nlimit = { items = 0, per_source = 0 }\n\
                keep = [{ any = ['a'] }, { title = '(' }]\ndrop = [{}]";
    let errors = Recipe::new(toml::from_str(text).expect("valid")).expect_err("all wrong");
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let wanted = [
        "cannot use `title` of feed `official`",
        "cannot use `sources` of feed `official`",
        "cannot use `formats` of feed `official`",
        "cannot use `limit.items` of feed `official`",
        "cannot use `limit.per_source` of feed `official`",
        "cannot read rule 2 of `keep` in feed `official`, key `title`: `(` is not a regular expression",
        "cannot read rule 1 of `drop` in feed `official`: the rule says nothing",
    ];
    assert_eq!(texts.len(), wanted.len(), "{texts:#?}");
    for (text, wanted) in texts.iter().zip(wanted) {
        assert!(text.starts_with(wanted), "{text}");
    }
}
