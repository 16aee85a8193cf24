//! Secure connections: certificates are checked, and an authority the operator names is trusted.
//!
//! The certificates in `tls/` are for `secure.example`, signed by an authority made for this test; they hold until 2120.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use url::Url;

use super::server::*;
use crate::fetch::*;

const AUTHORITY: &[u8] = include_bytes!("tls/authority.pem");

/// Serves one feed to everybody who accepts the certificate of `secure.example`. Returns the port.
fn serve() -> u16 {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server-key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), Ok(mut session)) = (stream, ServerConnection::new(Arc::clone(&config))) else {
                return;
            };
            let mut secure = Stream::new(&mut session, &mut stream);
            let mut head = [0; 2048];
            if secure.read(&mut head).is_ok() {
                let _ = secure.write_all(&answer("200 OK", "", b"<rss/>"));
                session.send_close_notify();
                let _ = session.complete_io(&mut stream);
            }
        }
    });
    port
}

#[tokio::test]
async fn certificates_are_checked_and_named_authorities_trusted() {
    let port = serve();
    let resolver = names([("secure.example", &["127.0.0.1"]), ("other.example", &["127.0.0.1"])]);
    let client = Client::with_resolver(&open_settings(), resolver).unwrap();
    let url = |host: &str| Url::parse(&format!("https://{host}:{port}/feed")).unwrap();

    let stranger = failed(feed(&client, url("secure.example")).await);
    assert!(matches!(stranger, Failure::Tls { .. }), "{stranger:?}");
    assert!(stranger.report().contains("as `ca`"), "{}", stranger.report());
    assert!(stranger.report().contains("UnknownIssuer"), "{}", stranger.report());

    let trusting = client.with_authorities(AUTHORITY, "ca.pem").unwrap();
    assert_eq!(fetched(feed(&trusting, url("secure.example")).await).document.body, "<rss/>");
    let misnamed = failed(feed(&trusting, url("other.example")).await);
    assert!(matches!(misnamed, Failure::Tls { .. }), "{misnamed:?}");
}
