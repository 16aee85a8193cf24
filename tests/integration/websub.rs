//! WebSub from both sides: hubs elsewhere tell us of news, our own hub tells others.

use std::net::SocketAddr;

use courant::signature;

use crate::support::documents::{rss, stories, title};
use crate::support::{Answer, House, Reply, Running, World, ask, free_address, send, until};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// A daemon that is reached at the address its feeds name.
struct Daemon {
    running: Running,
    public: SocketAddr,
}

impl Daemon {
    fn start(house: &mut House) -> Self {
        let (public, admin) = (free_address(), free_address());
        house.set("COURANT_LISTEN", &public);
        house.set("COURANT_BASE_URL", &format!("http://{public}/feeds/"));
        house.set("COURANT_ADMIN_LISTEN", &admin);
        let daemon = Self { running: house.start(&["run"]), public };
        until("readiness", || (ask(admin, "GET", "/readyz", &[]).ok()?.status == 200).then_some(()));
        daemon
    }

    fn get(&self, path: &str) -> Reply {
        ask(self.public, "GET", path, &[]).expect("an answer")
    }

    fn post(&self, path: &str, headers: &[String], body: &[u8]) -> Reply {
        send(self.public, "POST", path, headers, body).expect("an answer")
    }

    /// Waits until the published feed says this.
    fn wait_for(&self, text: &str) {
        until(text, || self.get("/feeds/all.rss").text().contains(text).then_some(()));
    }
}

/// A feed that names a hub of this world.
fn with_hub(world: &World, items: &[String]) -> String {
    let link = format!(
        "<channel><link xmlns=\"http://www.w3.org/2005/Atom\" rel=\"hub\" href=\"{0}/hub\"/>\
         <link xmlns=\"http://www.w3.org/2005/Atom\" rel=\"self\" href=\"{0}/feed.rss\"/>",
        world.origin()
    );
    rss(items).replacen("<channel>", &link, 1)
}

fn path_of(address: &str) -> String {
    url::Url::parse(address).expect("an address").path().to_owned()
}

#[test]
fn a_hub_tells_of_news_that_nobody_asked_for() {
    let world = World::start();
    world.put("/feed.rss", Answer::feed(with_hub(&world, &stories("gazette", 1..=2))));
    world.put("/hub", Answer::status(202));
    let mut house = House::reading(&[("gazette", format!("{}/feed.rss", world.origin()))]);
    let daemon = Daemon::start(&mut house);

    // The hub is asked, and asks back whether that is meant.
    world.wait_for("/hub");
    let asked = world.asked().into_iter().find(|asked| asked.path == "/hub").expect("just seen");
    let parameter = |name: &str| asked.parameter(name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!((asked.method.as_str(), parameter("hub.mode").as_str()), ("POST", "subscribe"));
    let topic = format!("{}/feed.rss", world.origin());
    assert_eq!(parameter("hub.topic"), topic);
    let callback = path_of(&parameter("hub.callback"));
    let secret = parameter("hub.secret");
    assert!(secret.len() >= 32, "{secret}");

    let question = |mode: &str, topic: &str| {
        format!("{callback}?hub.mode={mode}&hub.topic={topic}&hub.challenge=c4&hub.lease_seconds=864000")
    };
    assert_eq!(daemon.get(&question("subscribe", "https://other.example/")).status, 404, "another topic");
    assert_eq!(daemon.get(&question("unsubscribe", &topic)).status, 404, "we want to stay");
    let answer = daemon.get(&question("subscribe", &topic));
    assert_eq!((answer.status, answer.text().as_str()), (200, "c4"));

    // What it sends counts if it is signed; the source is not asked again for it.
    world.forget();
    let news = with_hub(&world, &stories("gazette", 3..=3));
    let headers =
        |signature: &str| vec!["Content-Type: application/rss+xml".to_owned(), format!("X-Hub-Signature: {signature}")];
    let forged = with_hub(&world, &stories("gazette", 9..=9));
    assert_eq!(
        daemon.post(&callback, &headers(&signature::sign("guess", forged.as_bytes())), forged.as_bytes()).status,
        202
    );
    let signed = headers(&signature::sign(&secret, news.as_bytes()));
    assert_eq!(daemon.post(&callback, &signed, news.as_bytes()).status, 202);
    daemon.wait_for(&title("gazette", 3));
    let feed = daemon.get("/feeds/all.rss").text();
    assert!(!feed.contains(&title("gazette", 9)), "an unsigned article was published");
    assert!(feed.contains(&title("gazette", 1)), "what the push left out has not gone");
    assert_eq!(world.count("/feed.rss"), 0, "the source was asked all the same");
    // The same again is nothing new.
    assert_eq!(daemon.post(&callback, &signed, news.as_bytes()).status, 202);
    assert_eq!(daemon.post("/feeds/websub/0000", &signed, news.as_bytes()).status, 410);
    drop(daemon.running);
    assert_eq!(house.titles("all").len(), 3);
}

#[test]
fn our_hub_asks_back_and_delivers_what_changed_with_a_signature() {
    let world = World::start();
    let feed = |numbers| {
        world.put("/feed.rss", Answer::feed(rss(&stories("gazette", numbers))));
    };
    feed(1..=1);
    world.put("/reader", Answer::challenge());
    world.put("/stranger", Answer::new("text/plain", "what?"));
    let mut house = House::new(&format!(
        "[websub]\nhub = true\n[[source]]\nid = \"gazette\"\nurl = \"{}/feed.rss\"\nevery = \"1s\"\n[[feed]]\nid = \"all\"\n\
         title = \"Everything\"\nsources = [\"*\"]\n",
        world.origin()
    ));
    let daemon = Daemon::start(&mut house);
    daemon.wait_for(&title("gazette", 1));
    let hub = format!("http://{}/feeds/hub", daemon.public);
    for (path, link) in [("all.rss", "rel=\"hub\""), ("all.atom", "rel=\"hub\""), ("all.json", "\"WebSub\"")] {
        let text = daemon.get(&format!("/feeds/{path}")).text();
        assert!(text.contains(&hub) && text.contains(link), "{path} names no hub:\n{text}");
    }

    let topic = format!("http://{}/feeds/all.atom", daemon.public);
    let subscribe = |mode: &str, callback: &str, topic: &str| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs([("hub.mode", mode), ("hub.callback", callback), ("hub.topic", topic), ("hub.secret", "s3")]);
        daemon.post("/feeds/hub", &[FORM.to_owned()], form.finish().as_bytes())
    };
    let reader = format!("{}/reader?id=1", world.origin());
    let refused = [
        ("sing", reader.as_str(), topic.as_str(), "hub.mode"),
        ("subscribe", reader.as_str(), "https://other.example/feed", "hub.topic"),
        ("subscribe", "http://10.0.0.1/x", topic.as_str(), "private"),
        ("subscribe", "file:///etc/passwd", topic.as_str(), "hub.callback"),
    ];
    for (mode, callback, topic, said) in refused {
        let answer = subscribe(mode, callback, topic);
        assert_eq!(answer.status, 400, "{mode} {callback} {topic}");
        assert!(answer.text().contains(said), "{}", answer.text());
    }
    assert_eq!(subscribe("subscribe", &format!("{}/stranger", world.origin()), &topic).status, 202);
    assert_eq!(subscribe("subscribe", &reader, &topic).status, 202);
    let asked_back = || world.asked().into_iter().find(|asked| asked.path.starts_with("/reader"));
    let asked_back = until("being asked back", asked_back);
    assert_eq!(asked_back.parameter("id").as_deref(), Some("1"), "the query of the callback is kept");
    assert_eq!(asked_back.parameter("hub.topic").as_deref(), Some(topic.as_str()));

    feed(1..=2);
    // The stranger confirmed nothing and is told nothing; the reader is told once.
    daemon.wait_for(&title("gazette", 2));
    let told = until("a delivery", || {
        world.asked().into_iter().find(|asked| asked.method == "POST" && asked.path.starts_with("/reader"))
    });
    let text = String::from_utf8(told.body.clone()).expect("a feed");
    assert!(text.contains(&title("gazette", 2)), "{text}");
    assert!(signature::is_valid("s3", &told.body, told.header("x-hub-signature").expect("signed")));
    assert!(told.header("content-type").expect("typed").starts_with("application/atom+xml"));
    let links = told.header("link").expect("linked");
    assert!(
        links.contains(&format!("<{hub}>; rel=\"hub\"")) && links.contains(&format!("<{topic}>; rel=\"self\"")),
        "{links}"
    );
    let posts = || world.asked().into_iter().filter(|asked| asked.method == "POST").count();
    assert_eq!(posts(), 1, "somebody else was told, or twice");

    // Who leaves is asked back as well, and told no more.
    world.forget();
    assert_eq!(subscribe("unsubscribe", &reader, &topic).status, 202);
    until("being asked back", || {
        world.asked().into_iter().find(|asked| asked.parameter("hub.mode").as_deref() == Some("unsubscribe"))
    });
    drop(daemon.running);
}
