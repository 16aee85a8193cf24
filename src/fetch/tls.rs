//! Secure connections: whom we trust, how we show ourselves, and what exactly is wrong when a certificate is refused.
//!
//! Trusted are the authorities of this machine; one without any (a bare container) uses the ones we carry. A source may name
//! more. Nothing is ever trusted in spite of a fault: the fault is told with what would mend it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, PeerIncompatible,
    RootCertStore, SignatureScheme,
};

use super::certificate::Names;

/// Names of a certificate that are told at most.
const MAX_NAMES: usize = 5;

/// What is wrong with a secure connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsProblem {
    /// The certificate's time is over.
    Expired(Timestamp),
    /// Its time has not come.
    NotYetValid(Timestamp),
    /// It is for other names.
    OtherName(Vec<String>),
    /// The server sends its own certificate and not the one of whoever signed it.
    NoIntermediate(String),
    /// Nobody known vouches for it.
    UnknownAuthority(String),
    /// It is signed by nobody but itself.
    SelfSigned,
    /// It was taken back.
    Revoked,
    /// What answers does not speak TLS.
    NotSecure,
    /// Only outdated forms of TLS are spoken.
    Outdated,
    /// The server wants to see a certificate of ours.
    WantsCertificate,
    /// Something else.
    Other,
}

impl fmt::Display for TlsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAME_IT: &str =
            "get that certificate from its owner's site, check it, and name its file as `authorities` of the source";
        match self {
            Self::Expired(at) => {
                let day = at.strftime("%Y-%m-%d");
                write!(
                    f,
                    "its certificate expired on {day}: its operator must renew it, unless the clock of this machine is wrong"
                )
            }
            Self::NotYetValid(at) => {
                write!(
                    f,
                    "its certificate holds only from {} on: is the clock of this machine right?",
                    at.strftime("%Y-%m-%d")
                )
            }
            Self::OtherName(names) if names.is_empty() => {
                f.write_str("its certificate is for no name at all: use another address of the site")
            }
            Self::OtherName(names) => {
                let shown: Vec<String> = names.iter().take(MAX_NAMES).map(|name| format!("`{name}`")).collect();
                let more = if names.len() > MAX_NAMES { " and others" } else { "" };
                write!(
                    f,
                    "its certificate is for {}{more}: use an address of the site with such a name",
                    shown.join(", ")
                )
            }
            Self::NoIntermediate(signer) => write!(
                f,
                "it sends its own certificate without the one of `{signer}`, which signed it: its operator must add that \
                 one; until then {NAME_IT}"
            ),
            Self::UnknownAuthority(authority) => write!(
                f,
                "its certificate leads to `{authority}`, which this machine does not trust: if that is the right authority \
                 (a national or private one), {NAME_IT}"
            ),
            Self::SelfSigned => {
                write!(f, "its certificate is signed by nobody but itself: if it is the right one, {NAME_IT}")
            }
            Self::Revoked => f.write_str("its certificate was revoked: its operator must replace it"),
            Self::NotSecure => f.write_str(
                "what answers does not speak TLS: is the address meant to begin with http:, or is the port wrong?",
            ),
            Self::Outdated => {
                f.write_str("it speaks only outdated forms of TLS, older than 1.2: its operator must renew it")
            }
            Self::WantsCertificate => {
                f.write_str("it wants to see a certificate of ours: name its file as `certificate` of the source")
            }
            Self::Other => f.write_str("the connection failed"),
        }
    }
}

impl TlsProblem {
    pub(super) fn of(error: &Error) -> Self {
        let moment = |time: &UnixTime| {
            let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
            Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
        };
        match error {
            Error::InvalidCertificate(fault) => match fault {
                CertificateError::ExpiredContext { not_after, .. } => Self::Expired(moment(not_after)),
                CertificateError::NotValidYetContext { not_before, .. } => Self::NotYetValid(moment(not_before)),
                CertificateError::NotValidForNameContext { presented, .. } => {
                    Self::OtherName(presented.iter().map(|name| plain_name(name)).collect())
                }
                CertificateError::Revoked => Self::Revoked,
                CertificateError::Other(OtherError(other)) => {
                    other.downcast_ref::<Untrusted>().map_or(Self::Other, |untrusted| untrusted.0.clone())
                }
                _ => Self::Other,
            },
            Error::InvalidMessage(_) => Self::NotSecure,
            Error::AlertReceived(AlertDescription::CertificateRequired) => Self::WantsCertificate,
            Error::AlertReceived(AlertDescription::ProtocolVersion)
            | Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => Self::Outdated,
            _ => Self::Other,
        }
    }
}

/// A name as the verifier tells it, `DnsName("a.example")`, without its kind.
fn plain_name(name: &str) -> String {
    name.split('"').nth(1).unwrap_or(name).chars().filter(|letter| !letter.is_control()).take(100).collect()
}

/// A certificate nobody known vouches for, with what was sent.
#[derive(Debug)]
struct Untrusted(TlsProblem);

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Untrusted {}

/// What we trust, and how we show ourselves.
#[derive(Debug, Default)]
pub(super) struct Trust<'a> {
    /// Authorities beyond those of the machine.
    pub(super) authorities: Vec<CertificateDer<'static>>,
    /// A certificate of ours with its key, as PEM.
    pub(super) identity: Option<&'a [u8]>,
    /// Whether HTTP/2 is left out.
    pub(super) http1: bool,
}

impl Trust<'_> {
    /// The settings of TLS connections.
    pub(super) fn config(self) -> Result<ClientConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        // Reading the authorities of the machine takes longer than a hundred requests: it waits until one is secure.
        let inner = OnceLock::new();
        if !self.authorities.is_empty() {
            let _ = inner.set(Ok(verifier(self.authorities, &provider)?));
        }
        let verifier = Explaining { provider: Arc::clone(&provider), inner };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match self.identity {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let (chain, key) = identity(pem).ok_or_else(|| Error::General("not PEM".to_owned()))?;
                builder.with_client_auth_cert(chain, key)?
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if self.http1 {
            config.alpn_protocols.remove(0);
        }
        Ok(config)
    }
}

/// The certificates in a PEM text; `None` when there is none, or one cannot be trusted as an authority.
pub(super) fn authorities(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    let mut roots = RootCertStore::empty();
    found.iter().try_for_each(|certificate| roots.add(certificate.clone())).ok()?;
    (!found.is_empty()).then_some(found)
}

/// A certificate, those that lead to its authority, and its key.
pub(super) fn identity(pem: &[u8]) -> Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    let key = PrivateKeyDer::from_pem_slice(pem).ok()?;
    (!chain.is_empty()).then_some((chain, key))
}

fn verifier(
    more: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let has_more = !more.is_empty();
    let own = rustls_platform_verifier::Verifier::new_with_extra_roots(more, Arc::clone(provider));
    match own {
        Ok(own) => Ok(Arc::new(own)),
        Err(error) if has_more => Err(error),
        // A machine without any authorities of its own (a bare container) uses the ones we carry.
        Err(_) => {
            let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            let carried = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
            Ok(carried.map_err(|error| Error::Other(OtherError(Arc::new(error))))?)
        }
    }
}

/// Verifies like `inner`, and says more when nobody known vouches for a certificate.
#[derive(Debug)]
struct Explaining {
    provider: Arc<CryptoProvider>,
    /// Made when it is first asked.
    inner: OnceLock<Result<Arc<dyn ServerCertVerifier>, Error>>,
}

impl Explaining {
    fn inner(&self) -> Result<&dyn ServerCertVerifier, Error> {
        let inner = self.inner.get_or_init(|| verifier(Vec::new(), &self.provider));
        inner.as_ref().map(AsRef::as_ref).map_err(Clone::clone)
    }
}

impl ServerCertVerifier for Explaining {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.inner()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match error {
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => untrusted(end_entity, intermediates),
            error => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner()?.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner()?.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let own = || self.provider.signature_verification_algorithms.supported_schemes();
        self.inner().map_or_else(|_| own(), ServerCertVerifier::supported_verify_schemes)
    }
}

/// Tells by what was sent what is missing.
fn untrusted(end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Error {
    let last = intermediates.last().unwrap_or(end_entity);
    let problem = match (Names::read(last), intermediates.is_empty()) {
        (None, _) => return Error::InvalidCertificate(CertificateError::UnknownIssuer),
        (Some(names), true) if names.is_self_signed => TlsProblem::SelfSigned,
        (Some(names), true) => TlsProblem::NoIntermediate(names.issuer),
        (Some(names), false) => TlsProblem::UnknownAuthority(names.issuer),
    };
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Untrusted(problem)))))
}
