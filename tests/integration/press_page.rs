//! A press page without a feed, through everything: listing, article pages, store, published feeds.

use courant::model::{Article, Named};

use crate::support::{ALL, Answer, House, Press, SteppedClock, World};

const SITE: &str = include_str!("../fixtures/pages/press/site.toml");
const LIST: &str = include_str!("../fixtures/pages/press/list.html");
const BRIDGE: &[u8] = include_bytes!("../fixtures/pages/press/bridge.html");
const SCHOOL: &[u8] = include_bytes!("../fixtures/pages/press/school.html");
/// In windows-1251, as nothing but its `meta` element says.
const MOST: &[u8] = include_bytes!("../fixtures/pages/press/most.html");

fn world() -> (World, House) {
    let world = World::start();
    world.put("/en/", Answer::page(LIST));
    // The second and last page: two that were on the first already.
    world.put("/en/?page=2", Answer::page(LIST.replace("class=\"next\"", "class=\"last\"")));
    for (path, page) in [
        ("/en/bridge.html", BRIDGE),
        ("/en/bridge.html?utm_source=list", BRIDGE),
        ("/en/school.html", SCHOOL),
        ("/en/most.html", MOST),
    ] {
        world.put(path, Answer::new("text/html", page));
    }
    let house = House::new(ALL);
    house.write("sites/press-office.toml", SITE.replace("https://press.example.org", &world.origin()));
    (world, house)
}

fn find<'a>(articles: &'a [Article], start: &str) -> &'a Article {
    let is_it = |article: &&Article| article.content.title.as_deref().is_some_and(|title| title.starts_with(start));
    articles.iter().find(is_it).unwrap_or_else(|| panic!("`{start}…` is not in {articles:#?}"))
}

#[tokio::test]
async fn a_press_page_becomes_articles_with_every_field() {
    let (world, house) = world();
    let origin = world.origin();
    let clock = SteppedClock::at("2023-06-14T08:00:00Z");
    let press = Press::open(&house, &clock).await;
    press.due().await;
    let articles = press.articles().await;
    assert_eq!(articles.len(), 3, "{articles:#?}");
    assert!(articles.iter().all(|article| !article.content.partial && article.revision == 1));

    let bridge = &find(&articles, "Opening of the bridge").content;
    assert_eq!(bridge.title.as_deref(), Some("Opening of the bridge over the Silver"));
    assert_eq!(bridge.link.as_str(), format!("{origin}/en/bridge.html"));
    assert_eq!(
        bridge.published.map(|moment| moment.to_string()).as_deref(),
        Some("2023-06-13T13:29:00Z"),
        "Minsk is at +03:00"
    );
    let lead = "The new bridge joins both banks of the town again. The Mayor of Lakeside, Ann Lee, said so as she opened it on June 12th.";
    assert_eq!(bridge.lead.as_deref(), Some(lead));
    assert_eq!(bridge.language.as_deref(), Some("en"));
    for said in [lead, "closed for two winters", "Here it stands.", "four firms built the bridge"] {
        assert!(bridge.text.contains(said), "`{said}` is not in {}", bridge.text);
    }
    for other in [
        "Posted",
        "Photo",
        "first guests",
        "Based on",
        "Valley News",
        "Print",
        "Send to a friend",
        "Home",
        "Legal notice",
    ] {
        assert!(!bridge.text.contains(other), "`{other}` is in {}", bridge.text);
    }
    let [figure] = &bridge.figures[..] else { panic!("one figure: {:?}", bridge.figures) };
    assert_eq!(figure.url.as_deref(), Some(format!("{origin}/i/bridge.jpg").as_str()));
    assert_eq!(figure.caption.as_deref(), Some("The first guests on the bridge."));
    assert_eq!(figure.place.as_deref(), Some("Lakeside"));
    assert_eq!(figure.credit.as_deref(), Some("Lakeside Photo Club"));
    assert_eq!(figure.alternative.as_deref(), Some("The bridge"));
    let [line] = &bridge.attributions[..] else { panic!("one line: {:?}", bridge.attributions) };
    let named = |name: &str, url: &str| Named { name: name.to_owned(), url: Some(url.to_owned()) };
    let names = [
        named("Valley News Agency", "https://agency.example.org/"),
        named("The Daily Lake", "https://daily.example.org/"),
    ];
    assert_eq!(line.names, names);

    let school = &find(&articles, "Working visit").content;
    assert_eq!(
        school.published.map(|moment| moment.to_string()).as_deref(),
        Some("2023-06-05T06:05:30Z"),
        "5 June, not 6 May"
    );
    assert!(school.attributions.iter().all(|line| line.names.is_empty()), "{:?}", school.attributions);
    assert!(school.text.contains("boat for the summer races") && !school.text.contains("Based on"), "{}", school.text);

    let most = &find(&articles, "Открытие моста").content;
    assert_eq!(most.title.as_deref(), Some("Открытие моста через Серебрянку"));
    assert_eq!((most.language.as_deref(), most.published.is_some()), (Some("ru"), true));
    assert!(most.text.contains("Мэр") || most.text.contains("мост"), "{}", most.text);
    assert!(!most.text.contains('\u{fffd}') && !most.text.contains("По материалам"), "{}", most.text);
    assert_eq!(most.attributions[0].names[0].url.as_deref(), Some("https://agency.example.org/ru/"));
    assert_eq!(most.figures[0].url.as_deref(), Some(format!("{origin}/i/most.jpg").as_str()));
    press.close().await;
}

#[tokio::test]
async fn the_published_feed_of_a_press_page_tells_all_of_it() {
    let (world, house) = world();
    let clock = SteppedClock::at("2023-06-14T08:00:00Z");
    let press = Press::open(&house, &clock).await;
    press.due().await;
    let feed = house.feed("all");
    let bridge = &feed["items"][0];
    assert_eq!(bridge["title"], "Opening of the bridge over the Silver", "the newest first");
    assert_eq!(bridge["date_published"], "2023-06-13T13:29:00Z");
    assert_eq!(bridge["_courant"]["figures"][0]["credit"], "Lakeside Photo Club");
    assert_eq!(bridge["_courant"]["attributions"][0]["names"][1]["name"], "The Daily Lake");
    assert_eq!(bridge["_courant"]["source"]["title"], "Press office of the town of Lakeside");
    assert_eq!(bridge["_courant"]["provenance"]["published"], "rule");
    let body = bridge["content_html"].as_str().expect("a body");
    assert!(body.contains("/i/bridge.jpg") && !body.contains("blank.gif"), "{body}");
    assert!(!body.contains("<script") && !body.contains("Send to a friend"), "{body}");

    // Nothing is asked or told twice.
    world.forget();
    clock.step(jiff::Span::new().hours(3));
    press.all().await;
    assert_eq!(world.paths(), ["/en/"], "a list that begins as it did goes on as it did");
    assert_eq!(house.feed("all"), feed);
    press.close().await;
}
