//! A server on loopback that answers by hand, and shorthands for asking it.

use std::collections::HashMap;
use std::future::Future;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::fetch::*;

pub(super) type Served = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A server on loopback. Every request's head is kept; the handler answers by hand.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves each request with `handler(path, stream)`; the stream closes after one answer.
    pub(super) async fn start(handler: impl Fn(String, TcpStream) -> Served + Send + Sync + 'static) -> Self {
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
    pub(super) async fn fixed(answers: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Self {
        let answers: HashMap<_, _> = answers.into_iter().collect();
        Self::start(move |path, mut stream| {
            let answer = answers.get(path.as_str()).cloned().unwrap_or_else(|| answer("404 Not Found", "", b"no"));
            Box::pin(async move {
                let _ = stream.write_all(&answer).await;
            })
        })
        .await
    }

    pub(super) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

pub(super) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len())
            .into_bytes();
    answer.extend_from_slice(body);
    answer
}

pub(super) fn moved(status: &str, location: &str) -> Vec<u8> {
    answer(status, &format!("Location: {location}\r\n"), b"")
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    ::brotli::CompressorWriter::new(&mut packed, 4096, 5, 22).write_all(bytes).unwrap();
    packed
}

pub(super) fn open_settings() -> Settings {
    Settings {
        allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
        page_spacing: Duration::ZERO,
        contact: Some("https://news.example.org/about-us".to_owned()),
        ..Settings::default()
    }
}

pub(super) fn client() -> Client {
    Client::new(&open_settings()).unwrap()
}

pub(super) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(super) async fn feed(client: &Client, url: Url) -> Answer {
    client.get(&Request::new(Kind::Feed, url), now()).await
}

pub(super) async fn page(client: &Client, url: Url) -> Answer {
    client.get(&Request::new(Kind::Page, url), now()).await
}

#[track_caller]
pub(super) fn fetched(answer: Answer) -> Fetched {
    match answer {
        Answer::Fetched(fetched) => *fetched,
        other => panic!("expected a body, not {other:?}"),
    }
}

#[track_caller]
pub(super) fn failed(answer: Answer) -> Failure {
    match answer {
        Answer::Failed(failure) => failure,
        other => panic!("expected a failure, not {other:?}"),
    }
}

/// Resolves names from a table.
pub(super) struct Names(HashMap<&'static str, Vec<IpAddr>>);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.get(name.as_str()).cloned();
        Box::pin(async move {
            let found = found.ok_or_else(|| std::io::Error::other("no such name"))?;
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

pub(super) fn names<const N: usize>(rows: [(&'static str, &[&str]); N]) -> Arc<Names> {
    let rows = rows.into_iter().map(|(name, ips)| (name, ips.iter().map(|ip| ip.parse().unwrap()).collect()));
    Arc::new(Names(rows.collect()))
}
