//! Manners: turns, pauses, robots.txt, redirects, and staying out of private networks.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time;
use url::Url;

use super::server::*;
use crate::fetch::*;

#[tokio::test]
async fn redirects_are_followed_and_permanent_ones_reported() {
    let server = Server::fixed([
        ("/a", moved("301 Moved Permanently", "/b")),
        ("/b", moved("308 Permanent Redirect", "/c?x=1#top")),
        ("/c?x=1", answer("200 OK", "", b"<rss/>")),
        ("/t", moved("302 Found", "/c?x=1")),
        ("/loop", moved("302 Found", "/pool")),
        ("/pool", moved("302 Found", "/loop")),
        ("/1", moved("302 Found", "/2")),
        ("/2", moved("302 Found", "/3")),
        ("/3", moved("302 Found", "/4")),
        ("/4", moved("302 Found", "/5")),
        ("/5", moved("302 Found", "/6")),
        ("/6", moved("302 Found", "/c?x=1")),
        ("/nowhere", answer("302 Found", "", b"")),
        ("/ftp", moved("302 Found", "ftp://files.example/x")),
    ])
    .await;
    let client = client();
    let permanent = fetched(feed(&client, server.url("/a")).await);
    assert_eq!(permanent.permanent, Some(server.url("/c?x=1")));
    assert_eq!(permanent.document.url, Some(server.url("/c?x=1")));
    assert_eq!(fetched(feed(&client, server.url("/t")).await).permanent, None);
    let rows =
        [("/loop", RedirectProblem::Loop), ("/1", RedirectProblem::TooMany), ("/nowhere", RedirectProblem::Unreadable)];
    for (path, wanted) in rows {
        let failure = failed(feed(&client, server.url(path)).await);
        assert!(matches!(failure, Failure::Redirect { problem, .. } if problem == wanted), "{path}: {failure:?}");
    }
    assert!(matches!(failed(feed(&client, server.url("/ftp")).await), Failure::Scheme { .. }));
    assert_eq!(fetched(feed(&client, server.url("/2")).await).document.body, "<rss/>", "five are followed");
}

#[tokio::test]
async fn secrets_do_not_follow_to_another_origin() {
    let other = Server::fixed([("/feed", answer("200 OK", "", b"<rss/>"))]).await;
    let target = other.url("/feed").to_string();
    let server = Server::start(move |path, mut stream| {
        let answer = if path == "/a" { moved("302 Found", "/b") } else { moved("302 Found", &target) };
        Box::pin(async move { stream.write_all(&answer).await.unwrap() })
    })
    .await;
    let headers = source_headers([("X-Api-Key", "hush"), ("Accept", "text/x-own")], Some("session=hush")).unwrap();
    let request = Request::new(Kind::Feed, server.url("/a")).with_headers(headers);
    fetched(client().get(&request, now()).await);
    assert!(server.heads().iter().all(|head| head.contains("hush") && head.contains("text/x-own")));
    assert_eq!(server.heads().len(), 2);
    assert!(server.heads().iter().all(|head| head.contains("\r\ncookie: session=hush\r\n")));
    assert!(!other.heads().concat().contains("hush"));
    assert!(!other.heads().concat().to_ascii_lowercase().contains("referer"));
}

#[tokio::test]
async fn private_addresses_are_refused_by_number_by_name_and_after_a_redirect() {
    let server = Server::fixed([
        ("/lit", moved("302 Found", "http://169.254.169.254/latest/")),
        ("/name", moved("302 Found", "http://inside.example/")),
        ("/feed", answer("200 OK", "", b"<rss/>")),
    ])
    .await;
    let resolver = names([("inside.example", &["10.0.0.1", "::1"]), ("both.example", &["10.0.0.1", "127.0.0.1"])]);
    let open = Client::with_resolver(&open_settings(), Arc::clone(&resolver) as Arc<dyn Resolve>).unwrap();
    let closed = Client::with_resolver(&Settings::default(), resolver).unwrap();
    let port = server.address.port();
    let rows = [
        (&closed, server.url("/feed")),
        (&closed, Url::parse(&format!("http://both.example:{port}/feed")).unwrap()),
        (&open, server.url("/lit")),
        (&open, server.url("/name")),
        (&open, Url::parse("http://inside.example/").unwrap()),
    ];
    for (client, url) in rows {
        let failure = failed(feed(client, url.clone()).await);
        assert!(matches!(failure, Failure::Blocked { .. }), "{url}: {failure:?}");
        assert!(failure.report().contains("fetch.allow_networks"), "{}", failure.report());
    }
    assert_eq!(server.heads().len(), 2, "the closed client asked nothing");
    let both = Url::parse(&format!("http://both.example:{port}/feed")).unwrap();
    assert_eq!(fetched(feed(&open, both).await).document.body, "<rss/>", "the open one of two addresses is used");
}

#[tokio::test]
async fn a_host_that_asks_to_slow_down_rests_and_others_do_not() {
    let slow = Server::fixed([
        ("/feed", answer("429 Too Many Requests", "Retry-After: 3600\r\n", b"")),
        ("/other", answer("200 OK", "", b"<rss/>")),
    ])
    .await;
    let busy = Server::fixed([
        ("/feed", answer("503 Service Unavailable", "Retry-After: Sun, 01 Mar 2026 14:00:00 GMT\r\n", b"")),
        ("/broken", answer("503 Service Unavailable", "", b"")),
    ])
    .await;
    let fine = Server::fixed([("/feed", answer("200 OK", "", b"<rss/>"))]).await;
    let client = client();
    let failure = failed(feed(&client, slow.url("/feed")).await);
    assert_eq!((failure.status(), failure.retry_after()), (Some(429), Some(Duration::from_hours(1))));
    let put_off = failed(feed(&client, slow.url("/other")).await);
    assert!(put_off.postponed().is_some(), "{put_off:?}");
    assert_eq!(slow.heads().len(), 1, "nothing was sent");
    assert_eq!(failed(feed(&client, busy.url("/broken")).await).status(), Some(503));
    let until_date = failed(feed(&client, busy.url("/feed")).await).retry_after().unwrap();
    assert!(until_date.abs_diff(Duration::from_hours(2)) < Duration::from_secs(10), "{until_date:?}");
    assert!(failed(feed(&client, busy.url("/feed")).await).postponed().is_some());
    fetched(feed(&client, fine.url("/feed")).await);

    let remembered = client.remembered(&slow.url("/"));
    let restarted = self::client();
    restarted.remember(&slow.url("/"), &remembered, now());
    assert!(failed(feed(&restarted, slow.url("/other")).await).postponed().is_some(), "it outlives a restart");
}

#[tokio::test]
async fn one_request_at_a_time_goes_to_a_host_and_many_to_many() {
    let in_flight = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let mut servers = Vec::new();
    let mut most_of_one = Vec::new();
    for _ in 0..3 {
        let (in_flight, most, mine) = (Arc::clone(&in_flight), Arc::clone(&most), Arc::new(AtomicUsize::new(0)));
        let worst = Arc::new(AtomicUsize::new(0));
        most_of_one.push(Arc::clone(&worst));
        let handler = move |_: String, mut stream: TcpStream| -> Served {
            let (in_flight, most) = (Arc::clone(&in_flight), Arc::clone(&most));
            let (mine, worst) = (Arc::clone(&mine), Arc::clone(&worst));
            Box::pin(async move {
                most.fetch_max(in_flight.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                worst.fetch_max(mine.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                time::sleep(Duration::from_millis(50)).await;
                mine.fetch_sub(1, Ordering::SeqCst);
                in_flight.fetch_sub(1, Ordering::SeqCst);
                let _ = stream.write_all(&answer("200 OK", "", b"<rss/>")).await;
            })
        };
        servers.push(Server::start(handler).await);
    }
    let ask = async |concurrency: usize| {
        let client = Client::new(&Settings { concurrency, ..open_settings() }).unwrap();
        let requests = servers.iter().flat_map(|server| (0..4).map(|n| server.url(&format!("/{n}"))));
        let tasks: Vec<_> = requests
            .map(|url| {
                let client = client.clone();
                tokio::spawn(async move { feed(&client, url).await })
            })
            .collect();
        for task in tasks {
            fetched(task.await.unwrap());
        }
        assert!(most_of_one.iter().all(|worst| worst.load(Ordering::SeqCst) == 1));
        most.swap(0, Ordering::SeqCst)
    };
    assert_eq!(ask(64).await, 3, "one to each host at once");
    assert_eq!(ask(2).await, 2, "and no more than allowed in all");
    let closing = servers[0].heads().iter().filter(|head| head.contains("close")).count();
    assert!(closing < servers[0].heads().len(), "a connection is kept for those who wait");
}

#[tokio::test]
async fn pages_are_spaced_and_feeds_are_not() {
    let server = Server::fixed([("/x", answer("200 OK", "", b"x"))]).await;
    let client = Client::new(&Settings { page_spacing: Duration::from_millis(150), ..open_settings() }).unwrap();
    let begun = time::Instant::now();
    for _ in 0..3 {
        fetched(client.get(&Request::new(Kind::Listing, server.url("/x")), now()).await);
    }
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
    let begun = time::Instant::now();
    for _ in 0..3 {
        fetched(feed(&client, server.url("/x")).await);
    }
    assert!(begun.elapsed() < Duration::from_millis(300), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn robots_txt_is_asked_once_and_binds_pages_only() {
    let robots = b"User-agent: *\nDisallow: /\n\nUser-agent: Courant\nDisallow: /private\nCrawl-delay: 0.01\n";
    let server = Server::fixed([
        ("/robots.txt", answer("200 OK", "Content-Type: text/plain\r\n", robots)),
        ("/public", answer("200 OK", "", b"x")),
        ("/private", answer("200 OK", "", b"x")),
        ("/hop", moved("302 Found", "/private")),
    ])
    .await;
    let client = client();
    let many: Vec<_> = (0..5)
        .map(|_| {
            let (client, url) = (client.clone(), server.url("/public"));
            tokio::spawn(async move { page(&client, url).await })
        })
        .collect();
    for task in many {
        fetched(task.await.unwrap());
    }
    for path in ["/private", "/hop"] {
        let failure = failed(page(&client, server.url(path)).await);
        assert!(matches!(failure, Failure::Robots { .. }), "{path}: {failure:?}");
    }
    fetched(feed(&client, server.url("/private")).await);
    fetched(client.get(&Request::new(Kind::Listing, server.url("/private")), now()).await);
    let asked = server.heads().iter().filter(|head| head.starts_with("GET /robots.txt ")).count();
    assert_eq!(asked, 1);

    let restarted = self::client();
    restarted.remember(&server.url("/"), &client.remembered(&server.url("/")), now());
    fetched(page(&restarted, server.url("/public")).await);
    let asked = server.heads().iter().filter(|head| head.starts_with("GET /robots.txt ")).count();
    assert_eq!(asked, 1, "it outlives a restart");
}

#[tokio::test]
async fn a_missing_robots_txt_allows_and_a_broken_one_forbids() {
    let missing = Server::fixed([("/page", answer("200 OK", "", b"x"))]).await;
    fetched(page(&client(), missing.url("/page")).await);

    let broken = Server::fixed([
        ("/robots.txt", answer("500 Internal Server Error", "", b"")),
        ("/page", answer("200 OK", "", b"x")),
    ])
    .await;
    let client = client();
    for _ in 0..2 {
        let failure = failed(page(&client, broken.url("/page")).await);
        assert!(matches!(failure, Failure::RobotsUnknown { .. }), "{failure:?}");
    }
    assert_eq!(broken.heads().len(), 1, "it is not asked again at once");

    let mut long = b"User-agent: *\nDisallow: /page\n".to_vec();
    long.resize(3_000_000, b'#');
    let long = Server::fixed([("/robots.txt", answer("200 OK", "", &long))]).await;
    let failure = failed(page(&client, long.url("/page")).await);
    assert!(matches!(failure, Failure::Robots { .. }), "the beginning of a long one counts: {failure:?}");
}

#[tokio::test]
async fn a_request_that_is_given_up_frees_its_host() {
    let server = Server::start(|path, mut stream| {
        Box::pin(async move {
            if path == "/hang" {
                time::sleep(Duration::from_mins(1)).await;
            }
            let _ = stream.write_all(&answer("200 OK", "", b"<rss/>")).await;
        })
    })
    .await;
    let client = Client::new(&Settings { concurrency: 1, ..open_settings() }).unwrap();
    let hanging = tokio::spawn({
        let (client, url) = (client.clone(), server.url("/hang"));
        async move { feed(&client, url).await }
    });
    while server.heads().is_empty() {
        time::sleep(Duration::from_millis(5)).await;
    }
    hanging.abort();
    fetched(time::timeout(Duration::from_secs(5), feed(&client, server.url("/feed"))).await.unwrap());
}

#[tokio::test]
async fn the_name_of_this_machine_is_closed_until_its_network_is_allowed() {
    let server = Server::fixed([("/feed", answer("200 OK", "", b"<rss/>"))]).await;
    let url = Url::parse(&format!("http://localhost:{}/feed", server.address.port())).unwrap();
    let failure = failed(feed(&Client::new(&Settings::default()).unwrap(), url.clone()).await);
    assert!(matches!(failure, Failure::Blocked { .. }), "{failure:?}");
    assert_eq!(fetched(feed(&client(), url).await).document.body, "<rss/>");
}

#[tokio::test]
async fn robots_txt_is_asked_for_feeds_too_where_the_operator_wants_it() {
    let robots = b"User-agent: *\nDisallow: /private\n";
    let server = Server::fixed([
        ("/robots.txt", answer("200 OK", "", robots)),
        ("/feed", answer("200 OK", "", b"<rss/>")),
        ("/private", answer("200 OK", "", b"<rss/>")),
    ])
    .await;
    let all = Client::new(&Settings { robots: RobotsFor::All, ..open_settings() }).unwrap();
    fetched(feed(&all, server.url("/feed")).await);
    assert!(matches!(failed(feed(&all, server.url("/private")).await), Failure::Robots { .. }));
    let ask = async |client: &Client, robots: RobotsFor| {
        let access = Some(Arc::new(Access { robots: Some(robots), ..Access::default() }));
        client.get(&Request::new(Kind::Feed, server.url("/private")).with_access(access, true), now()).await
    };
    fetched(ask(&all, RobotsFor::Pages).await);
    assert!(matches!(failed(ask(&client(), RobotsFor::All).await), Failure::Robots { .. }));
}

#[tokio::test]
async fn an_empty_robots_txt_and_a_far_one_are_understood() {
    let empty =
        Server::fixed([("/robots.txt", answer("204 No Content", "", b"")), ("/page", answer("200 OK", "", b"x"))])
            .await;
    fetched(page(&client(), empty.url("/page")).await);
    let far = Server::fixed([
        ("/robots.txt", moved("301 Moved", "/1")),
        ("/1", moved("302 Found", "/2")),
        ("/2", moved("302 Found", "/3")),
        ("/3", moved("302 Found", "/4")),
        ("/4", moved("302 Found", "/5")),
        ("/5", answer("200 OK", "", b"User-agent: *\nDisallow: /page\n")),
    ])
    .await;
    let client = Client::new(&Settings { redirects: 1, ..open_settings() }).unwrap();
    assert!(
        matches!(failed(page(&client, far.url("/page")).await), Failure::Robots { .. }),
        "five redirects are followed"
    );
}

/// A name that leads somewhere else each time it is looked up.
struct Turning(AtomicUsize);

impl Resolve for Turning {
    fn resolve(&self, _: Name) -> Resolving {
        let turn = self.0.fetch_add(1, Ordering::SeqCst);
        let address: IpAddr = if turn == 0 { [127, 0, 0, 1].into() } else { [10, 0, 0, 1].into() };
        Box::pin(async move { Ok(Box::new(std::iter::once(SocketAddr::new(address, 0))) as Addrs) })
    }
}

#[tokio::test]
async fn a_name_that_turns_private_is_caught_where_it_is_looked_up() {
    let server = Server::fixed([("/feed", answer("200 OK", "", b"<rss/>"))]).await;
    let resolver = Arc::new(Turning(AtomicUsize::new(0)));
    let client = Client::with_resolver(&open_settings(), Arc::clone(&resolver) as Arc<dyn Resolve>).unwrap();
    let url = Url::parse(&format!("http://turning.example:{}/feed", server.address.port())).unwrap();
    fetched(feed(&client, url.clone()).await);
    assert_eq!(resolver.0.load(Ordering::SeqCst), 1, "what was vetted is what is connected to: no second look");
    assert!(matches!(failed(feed(&client, url).await), Failure::Blocked { .. }));
    assert_eq!(server.heads().len(), 1);
}

#[tokio::test]
async fn literal_addresses_never_reach_a_resolver() {
    let resolver = Arc::new(Turning(AtomicUsize::new(0)));
    let client = Client::with_resolver(&Settings::default(), Arc::clone(&resolver) as Arc<dyn Resolve>).unwrap();
    for url in ["http://127.1/", "http://[::1]/", "http://0x7f000001/", "http://169.254.169.254/"] {
        assert!(matches!(failed(feed(&client, Url::parse(url).unwrap()).await), Failure::Blocked { .. }), "{url}");
    }
    assert_eq!(resolver.0.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn behind_a_proxy_names_are_checked_all_the_same() {
    let proxy = Server::start(|_, mut stream| {
        Box::pin(async move {
            let _ = stream.write_all(&answer("200 OK", "", b"<rss/>")).await;
        })
    })
    .await;
    let settings = Settings { proxy: Some(String::from(proxy.url("/")).try_into().unwrap()), ..Settings::default() };
    let rows: [(&str, &[&str]); 2] =
        [("inside.example", &["93.184.215.14", "10.0.0.1"]), ("out.example", &["93.184.215.14"])];
    let client = Client::with_resolver(&settings, names(rows)).unwrap();
    let ask = async |url: &str| feed(&client, Url::parse(url).unwrap()).await;
    for url in
        ["http://10.0.0.1/", "http://inside.example/", "http://localhost/", "http://router/", "http://nas.local./"]
    {
        let failure = failed(ask(url).await);
        assert_eq!(failure.kind(), "blocked", "{url}: {failure:?}");
    }
    assert_eq!(proxy.heads().len(), 0);
    fetched(ask("http://out.example/feed").await);
    fetched(ask("http://known-to-the-proxy.example/feed").await);
    assert_eq!(proxy.heads().len(), 2);
}

#[tokio::test]
async fn a_source_may_take_another_way_and_other_limits() {
    let target = Server::fixed([("/feed", answer("200 OK", "", b"<rss>long</rss>"))]).await;
    let proxy = Server::fixed([]).await;
    let through: Proxy = String::from(proxy.url("/")).replace("://", "://me:hush@").try_into().unwrap();
    let settings = Settings { proxy: Some(through.clone()), ..open_settings() };
    let client = Client::new(&settings).unwrap();
    let ask = async |client: &Client, access: Access| {
        let request = Request::new(Kind::Feed, target.url("/feed"));
        client.get(&request.with_access(Some(Arc::new(access)), true), now()).await
    };
    fetched(ask(&client, Access { way: Some(Way::Direct), ..Access::default() }).await);
    assert_eq!(proxy.heads().len(), 0);
    let by_proxy = Access { way: Some(Way::Proxy(through)), ..Access::default() };
    let refused = failed(ask(&self::client(), by_proxy).await);
    assert_eq!(refused.status(), Some(404));
    let head = proxy.heads().concat().to_ascii_lowercase();
    assert!(head.contains("\r\nproxy-authorization: basic "), "{head}");
    assert!(!target.heads().concat().contains("roxy"), "what is for the proxy stays there");
    let narrow = Access { max_bytes: Some(5), ..Access::default() };
    assert!(matches!(failed(ask(&self::client(), narrow).await), Failure::TooLarge { limit: 5, .. }));
}
