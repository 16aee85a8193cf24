//! Which addresses may be asked: public ones, and the private networks the operator names.
//!
//! A feed or a redirect can name any address, and a name can resolve to any address. Without a guard a stranger could make
//! us ask the router, a cloud metadata service or our own admin page. So literal addresses are checked before a request
//! ([`Guard::vet_url`]), at every redirect, and names are resolved by `GuardedResolver`, which hands on vetted addresses
//! only: what was checked is what is connected to, and there is no moment in between to rebind a name.
//!
//! Follows the IANA special-purpose registries (RFC 6890 and its updates). With a proxy it is the proxy that resolves names
//! and is trusted to; beforehand literal addresses are checked as ever, names of private networks refused, and what a name
//! leads to is looked up here too where it can be.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde::{Deserialize, Serialize};
use tokio::time;
use url::{Host, Url};

use super::Failure;

/// A network in CIDR notation, e.g. `10.0.0.0/8` or `fd00::/8`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Why a text is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a network: write an address and a prefix length, e.g. `10.0.0.0/8` or `fd00::/8`")]
pub struct NetworkError(String);

impl Network {
    /// Whether `address` lies in the network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => same_prefix_v4(network, address, self.prefix),
            (IpAddr::V6(network), IpAddr::V6(address)) => same_prefix_v6(network, address, self.prefix),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.to_owned());
        let (address, prefix) = text.trim().split_once('/').map_or((text.trim(), None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |prefix| prefix.parse().map_err(|_| wrong()))?;
        if prefix <= longest { Ok(Self { address, prefix }) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;
    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn same_prefix_v4(a: Ipv4Addr, b: Ipv4Addr, prefix: u8) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    (a.to_bits() ^ b.to_bits()) & mask == 0
}

fn same_prefix_v6(a: Ipv6Addr, b: Ipv6Addr, prefix: u8) -> bool {
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
    (a.to_bits() ^ b.to_bits()) & mask == 0
}

/// An address that may not be asked, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {class}; name its network in `fetch.allow_networks` to reach it")]
pub struct Blocked {
    /// The address.
    pub address: IpAddr,
    /// What kind of address it is, with its article: `a private address`.
    pub class: &'static str,
}

/// The rule: public addresses, and the networks that are allowed.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Arc<[Network]>,
}

impl Guard {
    /// A guard that also lets `allowed` through.
    #[must_use]
    pub fn new(allowed: &[Network]) -> Self {
        Self { allowed: allowed.into() }
    }

    /// Whether `address` may be asked.
    pub fn vet(&self, address: IpAddr) -> Result<(), Blocked> {
        let address = address.to_canonical();
        if self.allowed.iter().any(|network| network.contains(address)) {
            return Ok(());
        }
        match class(address) {
            Some(class) => Err(Blocked { address, class }),
            None => Ok(()),
        }
    }

    /// Whether `url` may be asked as far as its text tells: a web address, and no literal address that is closed to us.
    /// (`url` reads every odd spelling of an IPv4 address, so `0x7f.1` arrives here as `127.0.0.1`.)
    pub fn vet_url(&self, url: &Url) -> Result<(), Failure> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failure::Scheme { scheme: url.scheme().to_owned() });
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(Failure::Scheme { scheme: url.scheme().to_owned() }),
        };
        self.vet(address).map_err(|blocked| Failure::Blocked { host: address.to_string(), blocked })
    }

    /// Whether the name in `url` may be given to a proxy, which looks it up by itself: no name of private networks, and none
    /// that leads into one as far as `resolver` knows. A name that is not known here is left to the proxy.
    pub(super) async fn vet_behind_proxy(
        &self,
        url: &Url,
        resolver: &dyn Resolve,
        patience: Duration,
    ) -> Result<(), Failure> {
        let Some(Host::Domain(domain)) = url.host() else { return Ok(()) };
        if is_local_name(domain) {
            return Err(Failure::LocalName { host: domain.to_owned() });
        }
        let Ok(name) = Name::from_str(domain) else { return Ok(()) };
        let Ok(Ok(found)) = time::timeout(patience, resolver.resolve(name)).await else { return Ok(()) };
        for address in found {
            self.vet(address.ip()).map_err(|blocked| Failure::Blocked { host: domain.to_owned(), blocked })?;
        }
        Ok(())
    }
}

/// Ends of names that mean something else in each network (RFC 6761, RFC 6762, RFC 8375, and what is in use).
const LOCAL_ENDS: &[&str] =
    &["localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa"];

/// Whether a name means something in a private network only: a name without a dot, or with one of those ends.
fn is_local_name(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.');
    let ends = |end: &str| domain.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !domain.contains('.') || LOCAL_ENDS.iter().any(|end| ends(end))
}

/// Special IPv4 networks (RFC 6890, RFC 5736, RFC 5737, RFC 2544, RFC 6598, RFC 7526).
const SPECIAL_V4: &[(Ipv4Addr, u8, &str)] = &[
    (Ipv4Addr::UNSPECIFIED, 8, "an unspecified address"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "a private address"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "a carrier's shared address"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "a loopback address"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "a link-local address"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "a private address"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "a reserved address"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "a documentation address"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a reserved address"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "a private address"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "a benchmarking address"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "a documentation address"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "a documentation address"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "a multicast address"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "a reserved address"),
];

/// Special IPv6 networks by their first segments; whatever else is outside `2000::/3` is reserved.
const SPECIAL_V6: &[([u16; 3], u8, &str)] = &[
    ([0xfc00, 0, 0], 7, "a private address"),
    ([0xfe80, 0, 0], 10, "a link-local address"),
    ([0xfec0, 0, 0], 10, "a private address"),
    ([0xff00, 0, 0], 8, "a multicast address"),
    ([0x0064, 0xff9b, 1], 48, "a private translation address"),
    ([0x2001, 0, 0], 23, "a reserved address"),
    ([0x2001, 0xdb8, 0], 32, "a documentation address"),
    ([0x3fff, 0, 0], 20, "a documentation address"),
];

/// What is special about `address`; `None` for a public one.
fn class(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => class_v4(address),
        IpAddr::V6(address) => class_v6(address),
    }
}

fn class_v4(address: Ipv4Addr) -> Option<&'static str> {
    let row = SPECIAL_V4.iter().find(|(network, prefix, _)| same_prefix_v4(*network, address, *prefix))?;
    Some(row.2)
}

fn class_v6(address: Ipv6Addr) -> Option<&'static str> {
    if address.is_unspecified() {
        return Some("an unspecified address");
    }
    if address.is_loopback() {
        return Some("a loopback address");
    }
    if embedded(address).is_some_and(|inner| class_v4(inner).is_some()) {
        return Some("an address that leads to a closed IPv4 address");
    }
    let special = SPECIAL_V6
        .iter()
        .find(|([a, b, c], prefix, _)| same_prefix_v6(Ipv6Addr::new(*a, *b, *c, 0, 0, 0, 0, 0), address, *prefix));
    if let Some(row) = special {
        return Some(row.2);
    }
    let segments = address.segments();
    let is_public = segments[0] & 0xe000 == 0x2000 || is_nat64(segments);
    (!is_public).then_some("a reserved address")
}

/// The IPv4 address a packet to `address` ends at: NAT64 (RFC 6052), 6to4 (RFC 3056), ISATAP (RFC 5214).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let join = |high: u16, low: u16| Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    if is_nat64(segments) || (segments[4] & 0xfdff == 0 && segments[5] == 0x5efe) {
        return join(segments[6], segments[7]);
    }
    if segments[0] == 0x2002 {
        return join(segments[1], segments[2]);
    }
    None
}

fn is_nat64(segments: [u16; 8]) -> bool {
    segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0]
}

/// Resolves names by `inner` and hands on the vetted addresses only.
pub(super) struct GuardedResolver {
    inner: Arc<dyn Resolve>,
    guard: Guard,
    /// The proxy the operator named, which may be anywhere.
    trusted: Option<String>,
}

impl GuardedResolver {
    pub(super) fn new(inner: Arc<dyn Resolve>, guard: Guard, trusted: Option<String>) -> Self {
        Self { inner, guard, trusted }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_trusted = self.trusted.as_deref() == Some(name.as_str());
        let guard = self.guard.clone();
        let resolving = self.inner.resolve(name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = resolving.await?.collect();
            if is_trusted {
                return Ok(Box::new(found.into_iter()) as Addrs);
            }
            let mut refused = None;
            let mut vetted = Vec::with_capacity(found.len());
            for address in found {
                match guard.vet(address.ip()) {
                    Ok(()) => vetted.push(address),
                    Err(blocked) => refused = Some(blocked),
                }
            }
            match refused {
                Some(blocked) if vetted.is_empty() => Err(blocked.into()),
                _ => Ok(Box::new(vetted.into_iter()) as Addrs),
            }
        })
    }
}

/// The resolver of the operating system.
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // Port 0: the connector puts in the port of the address.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vet(guard: &Guard, url: &str) -> Result<(), Failure> {
        guard.vet_url(&Url::parse(url).expect(url))
    }

    #[test]
    fn every_writing_of_a_closed_address_is_refused() {
        let guard = Guard::default();
        let rows = [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://017700000001/",
            "http://127.0.0.1./",
            "http://127.0.0.1:443/",
            "http://%31%32%37.0.0.1/",
            "http://127%2E0.0.1/",
            "http://127。0。0。1/",
            "http://127．0．0．1/",
            "http://127｡0｡0｡1/",
            "http://１２７.0.0.1/",
            "http://0x7F.0X0.0.1/",
            "http://0300.0250.1.1/",
            "http://192.168.257/",
            "http://0xA9FEA9FE/",
            "http://2852039166/",
            "http:\\\\127.0.0.1\\",
            "http:127.0.0.1/",
            "http:///127.0.0.1/",
            "  http://127.\t0.0.1/\n",
            "http://example.org@127.0.0.1/",
            "http://example.org:80@127.0.0.1/",
            "http://93.184.215.14%2F@127.0.0.1/",
            "http://10.0.0.1\\@example.org/",
            "http://10.0.0.1#@example.org/",
            "http://10.0.0.1?@example.org/",
            "http://[::ffff:0:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[0000:0000:0000:0000:0000:ffff:0a00:0001]/",
            "http://[::a00:1]/",
            "http://[64:ff9b::169.254.169.254]/",
            "http://[64:ff9b:1:a00::1]/",
            "http://[2002:a9fe:a9fe::]/",
            "http://[febf::1]/",
            "http://[fc00::1]/",
            "http://[ff0e::1]/",
            "http://[3fff::1]/",
            "http://[2001:2::1]/",
            "http://[2001:10::1]/",
            "http://100.127.255.255/",
            "http://198.19.255.255/",
            "http://192.88.99.1/",
            "http://239.255.255.250/",
            "http://①②⑦.0.0.1/",
            "http://0/",
            "http://0.0.0.0/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://172.31.255.255/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://100.64.0.1/",
            "http://192.0.0.8/",
            "http://192.0.2.7/",
            "http://198.18.0.1/",
            "http://198.51.100.1/",
            "http://203.0.113.1/",
            "http://224.0.0.1/",
            "http://240.0.0.1/",
            "http://255.255.255.255/",
            "http://[::]/",
            "http://[::1]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a00:1]/",
            "http://[::127.0.0.1]/",
            "http://[fe80::1]/",
            "http://[fec0::1]/",
            "http://[fd12:3456::1]/",
            "http://[ff02::1]/",
            "http://[64:ff9b::a00:1]/",
            "http://[64:ff9b:1::1]/",
            "http://[2002:7f00:1::]/",
            "http://[2002:c0a8:101::1]/",
            "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
            "http://[2001:db8::1]/",
            "http://[2600::5efe:10.0.0.1]/",
            "http://[100::1]/",
            "http://[5f00::1]/",
        ];
        for url in rows {
            assert!(matches!(vet(&guard, url), Err(Failure::Blocked { .. })), "{url}");
        }
    }

    #[test]
    fn what_is_no_host_is_no_address_at_all() {
        let rows = [
            "http://256.256.256.256/",
            "http://4294967296/",
            "http://127.0.0.1.2/",
            "http://0x7f.0.0.0x100/",
            "http://[fe80::1%25eth0]/",
            "http://[fe80::1%eth0]/",
            "http://[::1/",
            "http://[v1.fe80::a+en1]/",
            "http://exa mple.org/",
            "http://127.0.0.1%00.example.org/",
            "http://",
        ];
        for url in rows {
            assert!(Url::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn names_of_private_networks_are_known() {
        for name in
            ["localhost", "a.localhost", "localhost.", "router", "nas.local", "x.home.arpa", "wiki.corp", "a.internal."]
        {
            assert!(is_local_name(name), "{name}");
        }
        for name in ["example.org", "local.example", "mylocal.org", "example.org.", "localhost.example"] {
            assert!(!is_local_name(name), "{name}");
        }
    }

    #[test]
    fn public_addresses_and_names_pass() {
        let guard = Guard::default();
        let rows = [
            "http://93.184.215.14/",
            "https://172.32.0.1/",
            "https://100.128.0.1/",
            "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
            "https://[::ffff:93.184.215.14]/",
            "https://[64:ff9b::5db8:d70e]/",
            "https://[2002:5db8:d70e::1]/",
            "https://example.org/",
        ];
        for url in rows {
            assert!(vet(&guard, url).is_ok(), "{url}");
        }
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in ["ftp://example.org/", "file:///etc/passwd", "data:text/plain,x", "gopher://example.org/"] {
            assert!(matches!(vet(&Guard::default(), url), Err(Failure::Scheme { .. })), "{url}");
        }
    }

    #[test]
    fn allowed_networks_open_what_they_name_and_nothing_else() {
        let networks: Vec<Network> =
            ["127.0.0.0/8", "fd00::/8", "10.1.2.3"].iter().map(|text| text.parse().expect(text)).collect();
        let guard = Guard::new(&networks);
        for url in ["http://127.9.9.9/", "http://[fd00::1]/", "http://10.1.2.3/", "http://[::ffff:127.0.0.1]/"] {
            assert!(vet(&guard, url).is_ok(), "{url}");
        }
        for url in ["http://10.1.2.4/", "http://[::1]/", "http://[fe80::1]/", "http://[64:ff9b::7f00:1]/"] {
            assert!(vet(&guard, url).is_err(), "{url}");
        }
    }

    #[test]
    fn networks_are_read_and_written_back_or_refused() {
        for text in ["127.0.0.0/8", "::/0", "0.0.0.0/0", "fd00::/8", "10.0.0.1/32"] {
            assert_eq!(text.parse::<Network>().expect(text).to_string(), text);
        }
        for text in ["", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "10.0.0.0/x", "example.org", "10.0.0.0/"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        let everything: Network = "0.0.0.0/0".parse().unwrap();
        assert!(everything.contains("127.0.0.1".parse().unwrap()));
        assert!(!everything.contains("::1".parse().unwrap()));
    }

    #[test]
    fn the_message_says_what_to_do() {
        let error = vet(&Guard::default(), "http://10.0.0.1/").unwrap_err();
        let text = error.report();
        assert!(text.contains("10.0.0.1 is a private address"), "{text}");
        assert!(text.contains("fetch.allow_networks"), "{text}");
    }
}
