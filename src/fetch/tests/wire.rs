//! What goes over the wire: requests, bodies, and every way of going wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time;
use url::Url;

use super::server::*;
use crate::fetch::*;
use crate::model::Validators;

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
        assert!(lower.contains("\r\naccept-encoding: gzip, br, zstd\r\n"), "{head}");
        assert!(lower.contains("\r\naccept: application/atom+xml"), "{head}");
        assert!(lower.contains("\r\nconnection: close\r\n"), "nobody waits for the connection: {head}");
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
async fn links_of_the_head_come_with_the_document() {
    let links = "Link: <https://hub.example/>; rel=hub\r\nLink: </feed>; rel=\"self\"\r\n";
    let server =
        Server::fixed([("/feed", answer("200 OK", links, b"<rss/>")), ("/old", moved("302 Found", "/feed"))]).await;
    let links = fetched(feed(&client(), server.url("/old")).await).links;
    let hub = Url::parse("https://hub.example/").unwrap();
    assert_eq!(links, [("hub".to_owned(), hub), ("self".to_owned(), server.url("/feed"))]);
}

#[tokio::test]
async fn packed_bodies_are_unpacked_and_counted() {
    let text = "<item>новость</item>".repeat(2_000).into_bytes();
    let server = Server::fixed([
        ("/gzip", answer("200 OK", "Content-Encoding: gzip\r\nContent-Type: text/xml\r\n", &gzip(&text))),
        ("/br", answer("200 OK", "Content-Encoding: br\r\n", &brotli(&text))),
        ("/zstd", answer("200 OK", "Content-Encoding: zstd\r\n", &zstd::bulk::compress(&text, 3).unwrap())),
        ("/plain", answer("200 OK", "", &text)),
        ("/map.xml.gz", answer("200 OK", "Content-Type: application/gzip\r\n", &gzip(&text))),
    ])
    .await;
    let client = client();
    for path in ["/gzip", "/br", "/zstd", "/plain", "/map.xml.gz"] {
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
                "/slow-head" => {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
                    while stream.write_all(b"X-Filler: x\r\n").await.is_ok() {
                        time::sleep(Duration::from_millis(20)).await;
                    }
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
    let rows = [("/drip", "too-slow"), ("/stall", "timeout"), ("/slow-head", "timeout"), ("/hang", "timeout")];
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
        ("/compress", answer("200 OK", "Content-Encoding: compress\r\n", b"x")),
        ("/nonsense", b"SSH-2.0-OpenSSH_9\r\n\r\n".to_vec()),
        ("/nothing", Vec::new()),
        ("/long-head", answer("200 OK", &"X-Filler: x\r\n".repeat(1_000), b"x")),
        ("/long-line", answer("200 OK", &format!("X-Filler: {}\r\n", "x".repeat(3_000_000)), b"x")),
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
        ("/compress", "coding"),
        ("/nonsense", "broken"),
        ("/nothing", "broken"),
        ("/long-head", "broken"),
        ("/long-line", "broken"),
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
    assert!(unknown.report().contains("`nobody.example`"), "{}", unknown.report());
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
async fn a_proxy_is_used_only_when_it_is_named() {
    let proxy = Server::fixed([("http://far.example/feed", answer("200 OK", "", b"<rss/>"))]).await;
    let settings = Settings { proxy: Some(String::from(proxy.url("/")).try_into().unwrap()), ..Settings::default() };
    let client = Client::with_resolver(&settings, names([])).unwrap();
    fetched(feed(&client, Url::parse("http://far.example/feed").unwrap()).await);
    assert!(matches!(failed(feed(&client, Url::parse("http://10.0.0.1/").unwrap()).await), Failure::Blocked { .. }));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let wrong = [
        Settings { contact: Some("someone".to_owned()), ..Settings::default() },
        Settings { contact: Some("javascript:alert(1)".to_owned()), ..Settings::default() },
        Settings { concurrency: 0, ..Settings::default() },
        Settings { timeout: Duration::ZERO, ..Settings::default() },
    ];
    for settings in wrong {
        assert!(Client::new(&settings).is_err(), "{settings:?}");
    }
    assert!(Proxy::try_from("socks5://127.0.0.1".to_owned()).is_err());
}

#[tokio::test]
async fn credentials_of_an_address_are_sent_but_not_handed_on() {
    let server =
        Server::fixed([("/feed", answer("200 OK", "", b"<rss/>")), ("/gone", answer("404 Not Found", "", b""))]).await;
    let mut url = server.url("/feed");
    url.set_username("reader").unwrap();
    url.set_password(Some("hush")).unwrap();
    let fetched = fetched(feed(&client(), url.clone()).await);
    assert!(server.heads().concat().to_ascii_lowercase().contains("\r\nauthorization: basic "));
    assert_eq!(fetched.document.url, Some(server.url("/feed")));
    url.set_path("/gone");
    let failure = failed(feed(&client(), url).await);
    assert!(!failure.report().contains("hush") && !format!("{failure:?}").contains("hush"), "{failure:?}");
}

#[tokio::test]
async fn a_large_body_waits_while_others_take_the_memory_and_small_ones_do_not() {
    let large = vec![b' '; 9_900_000];
    let medium = answer("200 OK", "Content-Encoding: gzip\r\n", &gzip(&large[..1_000_000]));
    let answers = [("/large", answer("200 OK", "", &large)), ("/medium", medium)];
    let (server, client) = (Server::fixed(answers).await, client());
    let first = fetched(feed(&client, server.url("/large")).await);
    assert_eq!(first.document.body.len(), large.len());
    let mut waiting = tokio::spawn({
        let (client, url) = (client.clone(), server.url("/medium"));
        async move { feed(&client, url).await }
    });
    assert!(time::timeout(Duration::from_millis(300), &mut waiting).await.is_err(), "there is no room for it");
    let beside =
        Server::fixed([("/small", answer("200 OK", "", b"a")), ("/medium", answer("200 OK", "", &large[..1_000_000]))])
            .await;
    fetched(feed(&client, beside.url("/small")).await);
    let further = Request::new(Kind::Feed, beside.url("/medium")).further(true);
    fetched(client.get(&further, now()).await);
    drop(first);
    assert_eq!(fetched(waiting.await.unwrap()).document.body.len(), 1_000_000);
}
