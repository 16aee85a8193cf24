//! Addresses: resolving them, cleaning them for publication, folding them for comparison.
//!
//! Two forms on purpose. [`canonical`] is published: the same resource with what only counts visitors taken out. [`fold`] is
//! never published: a key under which trivial variants of one address (scheme, `www.`, trailing slash, order of
//! parameters) meet.

use url::Url;

/// Parameters that say how a visitor came, not what is shown. Names ending in `*` are prefixes.
const TRACKING: &[&str] = &[
    "utm_*",
    "mtm_*",
    "pk_*",
    "piwik_*",
    "hsa_*",
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "wbraid",
    "gbraid",
    "msclkid",
    "yclid",
    "ysclid",
    "twclid",
    "igshid",
    "mc_cid",
    "mc_eid",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "vero_id",
    "oly_enc_id",
    "oly_anon_id",
    "wickedid",
    "xtor",
    "s_cid",
    "cmpid",
    "ncid",
    "at_medium",
    "at_campaign",
    "ocid",
    "wt_mc",
    "wt_zmc",
    "__twitter_impression",
];

/// The address `reference` means on a page at `base`; only `http`, `https` and what a reader may open are kept.
///
/// Spaces and line breaks inside are removed or encoded as browsers do. `None` when it cannot be resolved or names a scheme
/// that must not reach a reader (`javascript:`, `data:`, `file:` …).
#[must_use]
pub fn resolve(base: Option<&Url>, reference: &str) -> Option<Url> {
    let reference = reference.trim();
    if reference.is_empty() {
        return None;
    }
    let url = match base {
        Some(base) => base.join(reference).ok()?,
        None => Url::parse(reference).ok()?,
    };
    matches!(url.scheme(), "http" | "https" | "mailto" | "tel" | "ftp" | "magnet").then_some(url)
}

/// Like [`resolve`], but only addresses of web pages.
#[must_use]
pub fn resolve_web(base: Option<&Url>, reference: &str) -> Option<Url> {
    resolve(base, reference).filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
}

/// The address to publish: tracking parameters and fragment taken out, credentials dropped.
///
/// A fragment that carries a route (`#!…`, `#/…`) stays.
#[must_use]
pub fn canonical(url: &Url) -> Url {
    let mut clean = url.clone();
    // Both fail only for addresses without a host, which have no credentials.
    let _ = clean.set_username("");
    let _ = clean.set_password(None);
    if !clean.fragment().is_some_and(|fragment| fragment.starts_with(['!', '/'])) {
        clean.set_fragment(None);
    }
    if let Some(query) = url.query() {
        let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
        clean.set_query((!kept.is_empty()).then(|| kept.join("&")).as_deref());
    }
    clean
}

/// Whether a parameter, `key=value` or the key alone, tells only who sent the reader here.
pub(crate) fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKING.iter().any(|known| match known.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == *known,
    })
}

/// A key under which trivial variants of one address meet: no scheme, no `www.`, no trailing slash, no directory index,
/// parameters in order of name.
#[must_use]
pub fn fold(url: &Url) -> String {
    let clean = canonical(url);
    let host = clean.host_str().unwrap_or_default();
    let mut key = host.strip_prefix("www.").unwrap_or(host).to_owned();
    if let Some(port) = clean.port() {
        key.push(':');
        key.push_str(&port.to_string());
    }
    let path = clean.path();
    let path =
        ["/index.html", "/index.htm", "/index.php"].iter().find_map(|index| path.strip_suffix(index)).unwrap_or(path);
    key.push_str(path.trim_end_matches('/'));
    if let Some(query) = clean.query() {
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.sort_unstable();
        key.push('?');
        key.push_str(&pairs.join("&"));
    }
    if let Some(fragment) = clean.fragment() {
        key.push('#');
        key.push_str(fragment);
    }
    key
}

/// Whether an address is that of a whole site, not of a page in it.
#[must_use]
pub fn is_front(url: &Url) -> bool {
    url.query().is_none()
        && url.fragment().is_none_or(|fragment| !fragment.starts_with(['!', '/']))
        && matches!(url.path(), "" | "/" | "/index.html" | "/index.htm" | "/index.php")
}

/// The address to show to the world where it may carry secrets, as that of a source may: credentials, tracking and telling
/// parameters taken out.
#[must_use]
pub fn without_secrets(url: &Url) -> Url {
    let mut clean = canonical(url);
    if let Some(query) = clean.query().map(str::to_owned) {
        let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
        let kept: Vec<&str> = query.split('&').filter(|pair| !is_secret(&name(pair))).collect();
        clean.set_query((!kept.is_empty()).then(|| kept.join("&")).as_deref());
    }
    clean
}

/// The address with credentials and the values of telling parameters hidden, for logs.
#[must_use]
pub fn redact(url: &Url) -> String {
    let mut shown = url.clone();
    if !shown.username().is_empty() || shown.password().is_some() {
        let _ = shown.set_username("***");
        let _ = shown.set_password(None);
    }
    let Some(query) = url.query() else { return shown.to_string() };
    let hidden: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}=***"),
            _ => pair.to_owned(),
        })
        .collect();
    shown.set_query(Some(&hidden.join("&")));
    shown.to_string()
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "key", "secret", "password", "passwd", "auth", "sig"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a valid address")
    }

    #[test]
    fn canonical_drops_what_counts_visitors_and_keeps_the_rest() {
        let rows = [
            ("https://a.example/x?utm_source=rss&id=7&fbclid=9#top", "https://a.example/x?id=7"),
            ("https://a.example/x?utm_source=rss", "https://a.example/x"),
            ("https://a.example/x?b=2&a=1", "https://a.example/x?b=2&a=1"),
            ("https://a.example/#!/news/5", "https://a.example/#!/news/5"),
            ("https://user:pw@a.example/x", "https://a.example/x"),
            ("HTTP://A.Example:80/x", "http://a.example/x"),
        ];
        for (given, wanted) in rows {
            assert_eq!(canonical(&url(given)).as_str(), wanted);
        }
    }

    #[test]
    fn fold_joins_variants_and_keeps_different_pages_apart() {
        let same = [
            "http://www.a.example/x/",
            "https://a.example/x",
            "https://a.example/x/index.html",
            "https://a.example/x?utm_medium=m",
        ];
        for variant in same {
            assert_eq!(fold(&url(variant)), "a.example/x", "{variant}");
        }
        assert_eq!(fold(&url("https://a.example/?b=2&a=1")), fold(&url("https://a.example/?a=1&b=2")));
        assert_ne!(fold(&url("https://a.example/?p=1")), fold(&url("https://a.example/?p=2")));
        assert_ne!(fold(&url("https://a.example/X")), fold(&url("https://a.example/x")));
        assert_ne!(fold(&url("https://a.example:8443/x")), fold(&url("https://a.example/x")));
    }

    #[test]
    fn resolve_refuses_addresses_that_run_code_or_open_files() {
        let base = url("https://a.example/news/");
        assert_eq!(resolve(Some(&base), " ../x.html ").map(String::from).as_deref(), Some("https://a.example/x.html"));
        for wrong in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "", "http://"] {
            assert_eq!(resolve(Some(&base), wrong), None, "{wrong}");
        }
        assert_eq!(resolve(None, "/relative"), None);
        assert_eq!(resolve_web(Some(&base), "mailto:a@b.example"), None);
    }

    #[test]
    fn published_addresses_carry_no_secrets() {
        let rows = [
            ("https://u:p@a.example/f?api_key=1&page=2", "https://a.example/f?page=2"),
            ("https://a.example/f?token=x", "https://a.example/f"),
            ("https://a.example/f?p=7", "https://a.example/f?p=7"),
        ];
        for (given, wanted) in rows {
            assert_eq!(without_secrets(&url(given)).as_str(), wanted);
        }
    }

    #[test]
    fn redact_hides_credentials_and_keys() {
        assert_eq!(
            redact(&url("https://u:p@a.example/f?api_key=1&page=2")),
            "https://***@a.example/f?api_key=***&page=2"
        );
    }
}
