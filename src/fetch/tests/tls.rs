//! Secure connections: certificates are checked, what is wrong is told exactly, and HTTP/2 is spoken.
//!
//! The certificates in `tls/` are for `secure.example`, signed by authorities made for these tests; they hold until 2120.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::server::*;
use crate::fetch::*;

const AUTHORITY: &[u8] = include_bytes!("tls/authority.pem");
const ROOT: &[u8] = include_bytes!("tls/root.pem");
const INTERMEDIATE: &[u8] = include_bytes!("tls/intermediate.pem");
const CLIENT: &[u8] = include_bytes!("tls/client.pem");
const BELOW_KEY: &[u8] = include_bytes!("tls/below-key.pem");
const BELOW: &[u8] = include_bytes!("tls/below.pem");

/// What a server is like.
#[derive(Default, Clone, Copy)]
struct Server {
    chain: &'static [&'static [u8]],
    key: Option<&'static [u8]>,
    wants_certificate: bool,
    http2: bool,
}

/// What it was asked.
#[derive(Default)]
struct Asked {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

impl Server {
    fn config(self) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = self.chain.iter().map(|pem| CertificateDer::from_pem_slice(pem).unwrap()).collect();
        let key = PrivateKeyDer::from_pem_slice(self.key.unwrap_or(BELOW_KEY)).unwrap();
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
        let builder = if self.wants_certificate {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(ROOT).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_single_cert(chain, key).unwrap();
        if self.http2 {
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        config
    }

    /// Serves one feed to everybody who accepts the certificate. Gives the port.
    async fn start(self) -> (u16, Arc<Asked>) {
        let acceptor = TlsAcceptor::from(Arc::new(self.config()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::<Asked>::default();
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, kept) = (acceptor.clone(), Arc::clone(&kept));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    kept.connections.fetch_add(1, Ordering::SeqCst);
                    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                        let mut connection = h2::server::handshake(stream).await.unwrap();
                        while let Some(Ok((request, mut respond))) = connection.accept().await {
                            kept.requests.lock().unwrap().push(format!(
                                "{:?} {:?}",
                                request.version(),
                                request.headers()
                            ));
                            let mut body = respond.send_response(axum::http::Response::default(), false).unwrap();
                            body.send_data("<rss/>".into(), true).unwrap();
                        }
                        return;
                    }
                    let mut head = vec![0; 4096];
                    let length = stream.read(&mut head).await.unwrap_or(0);
                    kept.requests.lock().unwrap().push(String::from_utf8_lossy(&head[..length]).into_owned());
                    let _ = stream.write_all(&answer("200 OK", "", b"<rss/>")).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        (port, asked)
    }
}

fn client() -> Client {
    let rows: [(&'static str, &[&str]); 2] = [("secure.example", &["127.0.0.1"]), ("other.example", &["127.0.0.1"])];
    Client::with_resolver(&open_settings(), names(rows)).unwrap()
}

fn trusting(pem: &[u8]) -> Access {
    let mut access = Access::default();
    access.trust(pem, "ca.pem").unwrap();
    access
}

fn url(host: &str, port: u16) -> Url {
    Url::parse(&format!("https://{host}:{port}/feed")).unwrap()
}

async fn ask(client: &Client, url: Url, access: Access) -> Answer {
    client.get(&Request::new(Kind::Feed, url).with_access(Some(Arc::new(access)), true), now()).await
}

#[track_caller]
fn problem(answer: Answer) -> TlsProblem {
    match failed(answer) {
        Failure::Tls { problem, .. } => problem,
        other => panic!("expected a TLS failure, not {other:?}"),
    }
}

#[tokio::test]
async fn certificates_are_checked_and_named_authorities_trusted() {
    let server = Server {
        chain: &[include_bytes!("tls/server.pem")],
        key: Some(include_bytes!("tls/server-key.pem")),
        ..Server::default()
    };
    let (port, _) = server.start().await;
    let client = client();
    let stranger = failed(feed(&client, url("secure.example", port)).await);
    let wanted = "without the one of `Test authority`";
    assert!(stranger.report().contains(wanted) && stranger.report().contains("`authorities`"), "{}", stranger.report());
    let secure = fetched(ask(&client, url("secure.example", port), trusting(AUTHORITY)).await);
    assert_eq!(secure.document.body, "<rss/>");
    assert!(failed(feed(&client, url("secure.example", port)).await).kind() == "tls", "others do not trust it");
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told() {
    const EXPIRED: &[u8] = include_bytes!("tls/expired.pem");
    const FUTURE: &[u8] = include_bytes!("tls/future.pem");
    const SELF_SIGNED: &[u8] = include_bytes!("tls/self-signed.pem");
    let intermediate = "Test intermediate (Press Office, BY)".to_owned();
    let root = "Test root (Press Office, BY)".to_owned();
    let expired = TlsProblem::Expired("2021-06-01T00:00:00Z".parse().unwrap());
    let early = TlsProblem::NotYetValid("2119-01-01T00:00:00Z".parse().unwrap());
    let misnamed = TlsProblem::OtherName(vec!["secure.example".to_owned()]);
    type Row<'a> = (&'static [&'static [u8]], &'a str, &'a [u8], TlsProblem, &'a str);
    let rows: [Row; 6] = [
        (
            &[BELOW],
            "secure.example",
            ROOT,
            TlsProblem::NoIntermediate(intermediate),
            "without the one of `Test intermediate",
        ),
        (
            &[BELOW, INTERMEDIATE],
            "secure.example",
            AUTHORITY,
            TlsProblem::UnknownAuthority(root),
            "leads to `Test root",
        ),
        (&[SELF_SIGNED], "secure.example", ROOT, TlsProblem::SelfSigned, "signed by nobody but itself"),
        (&[EXPIRED, INTERMEDIATE], "secure.example", ROOT, expired, "expired on 2021-06-01"),
        (&[FUTURE, INTERMEDIATE], "secure.example", ROOT, early, "only from 2119-01-01 on"),
        (&[BELOW, INTERMEDIATE], "other.example", ROOT, misnamed, "is for `secure.example`"),
    ];
    for (chain, host, trusted, wanted, said) in rows {
        let (port, _) = Server { chain, ..Server::default() }.start().await;
        let failure = failed(ask(&client(), url(host, port), trusting(trusted)).await);
        let report = failure.report();
        assert!(matches!(&failure, Failure::Tls { problem, .. } if *problem == wanted), "{failure:?}");
        assert!(report.contains(said) && report.contains(&format!("`{host}")), "{report}");
        assert!(!report.contains("InvalidCertificate") && !report.contains("invalid peer"), "{report}");
    }
    let (port, _) = Server { chain: &[BELOW], ..Server::default() }.start().await;
    fetched(ask(&client(), url("secure.example", port), trusting(INTERMEDIATE)).await);
}

#[tokio::test]
async fn a_certificate_of_ours_is_shown_where_it_is_asked_for() {
    let (port, _) =
        Server { chain: &[BELOW, INTERMEDIATE], wants_certificate: true, ..Server::default() }.start().await;
    let client = client();
    let without = ask(&client, url("secure.example", port), trusting(ROOT)).await;
    assert_eq!(problem(without), TlsProblem::WantsCertificate);
    let mut access = trusting(ROOT);
    access.show(CLIENT, "client.pem").unwrap();
    fetched(ask(&client, url("secure.example", port), access.clone()).await);
    let abroad = Request::new(Kind::Feed, url("secure.example", port)).with_access(Some(Arc::new(access)), false);
    assert_eq!(problem(client.get(&abroad, now()).await), TlsProblem::WantsCertificate);
}

#[tokio::test]
async fn http_2_is_spoken_where_the_server_can_and_one_connection_serves_many() {
    let (port, asked) = Server { chain: &[BELOW, INTERMEDIATE], http2: true, ..Server::default() }.start().await;
    let client = client();
    for _ in 0..3 {
        fetched(ask(&client, url("secure.example", port), trusting(ROOT)).await);
    }
    {
        let requests = asked.requests.lock().unwrap();
        assert!(requests.len() == 3 && requests.iter().all(|request| request.starts_with("HTTP/2.0")), "{requests:?}");
        assert!(requests.iter().all(|request| request.contains("courant/") || request.contains("Courant/")));
    }
    assert_eq!(asked.connections.load(Ordering::SeqCst), 1);

    fetched(ask(&client, url("secure.example", port), Access { http1: true, ..trusting(ROOT) }).await);
    let last = asked.requests.lock().unwrap().pop().unwrap();
    assert!(last.starts_with("GET /feed HTTP/1.1"), "{last}");
}
