//! The client against a server written here: what goes over the wire, and what every way of going wrong is called.

use std::collections::HashMap;
use std::future::Future;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time;
use url::Url;

use super::*;
use crate::model::Validators;

type Served = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A server on loopback. Every request's head is kept; the handler answers by hand.
struct Server {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves each request with `handler(path, stream)`; the stream closes after one answer.
    async fn start(handler: impl Fn(String, TcpStream) -> Served + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        let handler = Arc::new(handler);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (kept, handler) = (Arc::clone(&kept), Arc::clone(&handler));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let head = String::from_utf8(head).unwrap();
                    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                    kept.lock().unwrap().push(head);
                    handler(path, stream).await;
                });
            }
        });
        Self { address, heads }
    }

    /// Answers every path with a fixed text, `404` where there is none.
    async fn fixed(answers: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Self {
        let answers: HashMap<_, _> = answers.into_iter().collect();
        Self::start(move |path, mut stream| {
            let answer = answers.get(path.as_str()).cloned().unwrap_or_else(|| answer("404 Not Found", "", b"no"));
            Box::pin(async move {
                let _ = stream.write_all(&answer).await;
            })
        })
        .await
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len())
            .into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn moved(status: &str, location: &str) -> Vec<u8> {
    answer(status, &format!("Location: {location}\r\n"), b"")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    ::brotli::CompressorWriter::new(&mut packed, 4096, 5, 22).write_all(bytes).unwrap();
    packed
}

fn open_settings() -> Settings {
    Settings {
        allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
        page_spacing: Duration::ZERO,
        contact: Some("https://news.example.org/about-us".to_owned()),
        ..Settings::default()
    }
}

fn client() -> Client {
    Client::new(&open_settings()).unwrap()
}

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

async fn feed(client: &Client, url: Url) -> Answer {
    client.get(&Request::new(Kind::Feed, url), now()).await
}

async fn page(client: &Client, url: Url) -> Answer {
    client.get(&Request::new(Kind::Page, url), now()).await
}

#[track_caller]
fn fetched(answer: Answer) -> Fetched {
    match answer {
        Answer::Fetched(fetched) => *fetched,
        other => panic!("expected a body, not {other:?}"),
    }
}

#[track_caller]
fn failed(answer: Answer) -> Failure {
    match answer {
        Answer::Failed(failure) => failure,
        other => panic!("expected a failure, not {other:?}"),
    }
}

/// Resolves names from a table.
struct Names(HashMap<&'static str, Vec<IpAddr>>);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.get(name.as_str()).cloned();
        Box::pin(async move {
            let found = found.ok_or_else(|| std::io::Error::other("no such name"))?;
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

fn names<const N: usize>(rows: [(&'static str, &[&str]); N]) -> Arc<Names> {
    let rows = rows.into_iter().map(|(name, ips)| (name, ips.iter().map(|ip| ip.parse().unwrap()).collect()));
    Arc::new(Names(rows.collect()))
}

#[tokio::test]
async fn a_request_says_who_asks_and_nothing_else() {
    let server = Server::fixed([("/feed", answer("200 OK", "Set-Cookie: a=b\r\n", b"<rss/>"))]).await;
    let client = client();
    fetched(feed(&client, server.url("/feed")).await);
    fetched(feed(&client, server.url("/feed")).await);
    let heads = server.heads();
    assert_eq!(heads.len(), 2);
    for head in heads {
        let lower = head.to_ascii_lowercase();
        assert!(head.starts_with("GET /feed HTTP/1.1\r\n"), "{head}");
        assert!(lower.contains("\r\nuser-agent: courant/0.1 (+https://news.example.org/about-us)\r\n"), "{head}");
        assert!(lower.contains("\r\naccept-encoding: gzip, br\r\n"), "{head}");
        assert!(lower.contains("\r\naccept: application/atom+xml"), "{head}");
        for absent in ["cookie", "referer", "mozilla", "if-none-match", "if-modified-since", "accept-language"] {
            assert!(!lower.contains(absent), "{absent} in {head}");
        }
    }
}

#[tokio::test]
async fn validators_go_back_byte_for_byte_as_a_pair() {
    let (etag, date) = ("W/\"5f-'x' \"\"", "Sun, 1 Mar 2026 9:00:00 +0100");
    let headers = format!("ETag: {etag}\r\nLast-Modified: {date}\r\nCache-Control: max-age=60\r\n");
    let server = Server::start(move |path, mut stream| {
        let answer = match path.as_str() {
            "/first" => answer("200 OK", &headers, b"<rss/>"),
            "/bare" => answer("200 OK", "", b"<rss/>"),
            _ => answer("304 Not Modified", "Cache-Control: max-age=90\r\n", b""),
        };
        Box::pin(async move { stream.write_all(&answer).await.unwrap() })
    })
    .await;
    let client = client();
    let first = fetched(feed(&client, server.url("/first")).await);
    assert_eq!(first.validators, Validators { etag: Some(etag.to_owned()), last_modified: Some(date.to_owned()) });
    assert_eq!(first.hints.max_age, Some(Duration::from_mins(1)));

    let again = Request::new(Kind::Feed, server.url("/unchanged")).since(Some(first.validators.clone()));
    let Answer::NotModified { hints, permanent: None } = client.get(&again, now()).await else { panic!("304") };
    assert_eq!(hints.max_age, Some(Duration::from_secs(90)));
    let head = server.heads().pop().unwrap();
    let lines: Vec<_> = head.lines().filter(|line| line.to_ascii_lowercase().starts_with("if-")).collect();
    assert!(lines.iter().any(|line| line.ends_with(&format!(": {etag}"))), "{lines:?}");
    assert!(lines.iter().any(|line| line.ends_with(&format!(": {date}"))), "{lines:?}");
    assert_eq!(lines.len(), 2);

    let bare = Request::new(Kind::Feed, server.url("/bare")).since(Some(first.validators));
    assert!(fetched(client.get(&bare, now()).await).validators.is_empty(), "a 200 without validators clears them");
    let unasked = failed(feed(&client, server.url("/unchanged")).await);
    assert!(matches!(unasked, Failure::Unasked304 { .. }), "{unasked:?}");
}

#[tokio::test]
async fn packed_bodies_are_unpacked_and_counted() {
    let text = "<item>новость</item>".repeat(2_000).into_bytes();
    let server = Server::fixed([
        ("/gzip", answer("200 OK", "Content-Encoding: gzip\r\nContent-Type: text/xml\r\n", &gzip(&text))),
        ("/br", answer("200 OK", "Content-Encoding: br\r\n", &brotli(&text))),
        ("/plain", answer("200 OK", "", &text)),
        ("/map.xml.gz", answer("200 OK", "Content-Type: application/gzip\r\n", &gzip(&text))),
    ])
    .await;
    let client = client();
    for path in ["/gzip", "/br", "/plain", "/map.xml.gz"] {
        let fetched = fetched(feed(&client, server.url(path)).await);
        assert!(fetched.document.body == text, "{path}");
        assert_eq!(fetched.sent_bytes < text.len() as u64, path != "/plain", "{path}");
        assert_eq!(fetched.document.url, Some(server.url(path)));
    }
}

#[tokio::test]
async fn bodies_end_at_the_cap_packed_or_not() {
    let bomb = gzip(&vec![b' '; 50_000_000]);
    let declared = b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n".to_vec();
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let server = Server::start(move |path, mut stream| {
        let (bomb, declared, counted) = (bomb.clone(), declared.clone(), Arc::clone(&counted));
        Box::pin(async move {
            match path.as_str() {
                "/bomb" => {
                    let _ = stream.write_all(&answer("200 OK", "Content-Encoding: gzip\r\n", &bomb)).await;
                }
                "/declared" => {
                    let _ = stream.write_all(&declared).await;
                    time::sleep(Duration::from_mins(1)).await;
                }
                _ => {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
                    let piece = vec![b'x'; 100_000];
                    for _ in 0..500 {
                        if stream.write_all(&piece).await.is_err() {
                            break;
                        }
                        counted.fetch_add(piece.len(), Ordering::Relaxed);
                    }
                }
            }
        })
    })
    .await;
    let client = Client::new(&Settings { max_bytes: 1_000_000, ..open_settings() }).unwrap();
    for path in ["/bomb", "/declared", "/endless"] {
        let failure = failed(feed(&client, server.url(path)).await);
        assert!(matches!(failure, Failure::TooLarge { limit: 1_000_000, .. }), "{path}: {failure:?}");
        assert!(failure.report().contains("1 MB; see `fetch.max_bytes`"), "{}", failure.report());
    }
    assert!(sent.load(Ordering::Relaxed) < 20_000_000, "the rest of the body is not waited for");
}

#[tokio::test]
async fn every_wait_ends() {
    let server = Server::start(|path, mut stream| {
        Box::pin(async move {
            match path.as_str() {
                "/drip" => {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await;
                    while stream.write_all(b"x").await.is_ok() {
                        time::sleep(Duration::from_millis(20)).await;
                    }
                }
                "/stall" => {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await;
                    let _ = stream.write_all(&vec![b'x'; 90_000]).await;
                    time::sleep(Duration::from_mins(1)).await;
                }
                _ => time::sleep(Duration::from_mins(1)).await,
            }
        })
    })
    .await;
    let settings = Settings {
        timeout: Duration::from_millis(900),
        first_byte_timeout: Duration::from_millis(200),
        min_rate: 10_000,
        ..open_settings()
    };
    let client = Client::new(&settings).unwrap();
    let rows = [("/drip", "too-slow"), ("/stall", "timeout"), ("/hang", "timeout")];
    for (path, kind) in rows {
        let failure = failed(feed(&client, server.url(path)).await);
        assert_eq!(failure.kind(), kind, "{path}: {failure:?}");
    }
    let hang = failed(feed(&client, server.url("/hang")).await);
    assert!(matches!(hang, Failure::Timeout { phase: Phase::FirstByte, .. }), "{hang:?}");
    let stall = failed(feed(&client, server.url("/stall")).await);
    assert!(matches!(stall, Failure::Timeout { phase: Phase::Whole, .. }), "{stall:?}");
}

#[tokio::test]
async fn broken_answers_are_told_apart() {
    let server = Server::fixed([
        ("/cut", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nonly this".to_vec()),
        (
            "/chunk",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n9\r\nhal"
                .to_vec(),
        ),
        ("/badgzip", answer("200 OK", "Content-Encoding: gzip\r\n", b"\x1f\x8b\x08\x00garbage that is no gzip")),
        ("/cutgzip", answer("200 OK", "Content-Encoding: gzip\r\n", gzip(&[b'x'; 5_000]).get(..30).unwrap())),
        ("/zstd", answer("200 OK", "Content-Encoding: zstd\r\n", b"x")),
        ("/nonsense", b"SSH-2.0-OpenSSH_9\r\n\r\n".to_vec()),
        ("/nothing", Vec::new()),
        ("/forbidden", answer("403 Forbidden", "", b"no")),
        ("/empty", answer("204 No Content", "", b"")),
        ("/picture", answer("200 OK", "Content-Type: image/png\r\n", b"x")),
    ])
    .await;
    let client = client();
    let rows = [
        ("/cut", "truncated"),
        ("/chunk", "truncated"),
        ("/badgzip", "damaged"),
        ("/cutgzip", "damaged"),
        ("/zstd", "coding"),
        ("/nonsense", "broken"),
        ("/nothing", "broken"),
        ("/forbidden", "status"),
        ("/empty", "status"),
    ];
    for (path, kind) in rows {
        let failure = failed(feed(&client, server.url(path)).await);
        assert_eq!(failure.kind(), kind, "{path}: {}", failure.report());
        assert!(failure.report().contains("127.0.0.1"), "{}", failure.report());
    }
    let cut = failed(feed(&client, server.url("/cut")).await);
    assert!(matches!(cut, Failure::Truncated { received: 9, .. }), "{cut:?}");
    let picture = failed(client.get(&Request::new(Kind::Listing, server.url("/picture")), now()).await);
    assert!(matches!(picture, Failure::NotAPage { .. }), "{picture:?}");
    assert!(matches!(failed(feed(&client, server.url("/forbidden")).await).status(), Some(403)));
}

#[tokio::test]
async fn gone_is_an_answer_of_its_own() {
    let server = Server::fixed([("/feed", answer("410 Gone", "", b"")), ("/old", moved("301 Moved", "/feed"))]).await;
    assert!(matches!(feed(&client(), server.url("/feed")).await, Answer::Gone));
    assert!(matches!(feed(&client(), server.url("/old")).await, Answer::Gone));
}

#[tokio::test]
async fn nobody_there_and_nobody_of_that_name_are_told_apart() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = Client::with_resolver(&open_settings(), names([])).unwrap();
    let refused = failed(feed(&client, Url::parse(&format!("http://{free}/feed")).unwrap()).await);
    assert!(matches!(refused, Failure::Refused { .. }), "{refused:?}");
    let unknown = failed(feed(&client, Url::parse("http://nobody.example/feed").unwrap()).await);
    assert!(matches!(unknown, Failure::Dns { .. }), "{unknown:?}");
    assert!(unknown.report().contains("`nobody.example:80`"), "{}", unknown.report());
}

#[tokio::test]
async fn plain_answers_on_a_secure_port_fail_as_insecure() {
    let server = Server::fixed([]).await;
    let stubborn = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = stubborn.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = stubborn.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let failure = failed(feed(&client(), Url::parse(&format!("https://{address}/")).unwrap()).await);
    assert!(matches!(failure, Failure::Tls { .. }), "{failure:?}");
    drop(server);
}

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
    let headers = source_headers([("X-Api-Key", "hush"), ("Accept", "text/x-own")]).unwrap();
    let request = Request::new(Kind::Feed, server.url("/a")).with_headers(headers);
    fetched(client().get(&request, now()).await);
    assert!(server.heads().iter().all(|head| head.contains("hush") && head.contains("text/x-own")));
    assert_eq!(server.heads().len(), 2);
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

    let remembered = client.remembered(&slow.url("/"), now());
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
    restarted.remember(&server.url("/"), &client.remembered(&server.url("/"), now()), now());
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
async fn a_proxy_is_used_only_when_it_is_named() {
    let proxy = Server::fixed([("http://far.example/feed", answer("200 OK", "", b"<rss/>"))]).await;
    let settings = Settings { proxy: Some(proxy.url("/")), ..Settings::default() };
    let client = Client::with_resolver(&settings, names([])).unwrap();
    fetched(feed(&client, Url::parse("http://far.example/feed").unwrap()).await);
    assert!(matches!(failed(feed(&client, Url::parse("http://10.0.0.1/").unwrap()).await), Failure::Blocked { .. }));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let wrong = [
        Settings { contact: Some("someone".to_owned()), ..Settings::default() },
        Settings { contact: Some("javascript:alert(1)".to_owned()), ..Settings::default() },
        Settings { proxy: Some(Url::parse("socks5://127.0.0.1").unwrap()), ..Settings::default() },
        Settings { concurrency: 0, ..Settings::default() },
        Settings { timeout: Duration::ZERO, ..Settings::default() },
    ];
    for settings in wrong {
        assert!(Client::new(&settings).is_err(), "{settings:?}");
    }
    assert!(matches!(client().with_authorities(b"not a certificate", "ca.pem"), Err(Error::Certificate(_))));
}
