//! The way of one request through its redirects: each hop counted, compared with those before, and cut off from secrets
//! when it leaves the origin.

use reqwest::header::{HeaderMap, HeaderValue};
use url::Url;

use super::failure::RedirectProblem;
use super::{Failure, Request};
use crate::address;

/// Where a request has got to.
#[derive(Debug)]
pub(super) struct Trail {
    /// Where it goes next.
    pub(super) url: Url,
    /// The source's headers, empty once the origin was left.
    pub(super) headers: HeaderMap,
    /// Whether it is still at the origin it is meant for.
    pub(super) is_home: bool,
    /// Where the permanent redirects that the chain began with lead.
    pub(super) permanent: Option<Url>,
    seen: Vec<Url>,
    is_permanent: bool,
}

impl Trail {
    pub(super) fn new(request: &Request) -> Self {
        let mut url = request.url.clone();
        url.set_fragment(None);
        Self {
            url,
            headers: request.headers.clone(),
            is_home: request.is_home,
            permanent: None,
            seen: Vec::new(),
            is_permanent: true,
        }
    }

    /// Redirects followed so far.
    pub(super) fn hops(&self) -> usize {
        self.seen.len()
    }

    /// Follows one redirect, at most `limit` in all.
    pub(super) fn follow(&mut self, status: u16, location: Option<&HeaderValue>, limit: usize) -> Result<(), Failure> {
        let fail = |problem| Failure::Redirect { url: address::redact(&self.url), problem };
        let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let next = location.and_then(|location| self.url.join(location.trim()).ok());
        let mut next = next.filter(Url::has_host).ok_or_else(|| fail(RedirectProblem::Unreadable))?;
        next.set_fragment(None);
        if next == self.url || self.seen.contains(&next) {
            return Err(fail(RedirectProblem::Loop));
        }
        if self.seen.len() >= limit {
            return Err(fail(RedirectProblem::TooMany));
        }
        if !keeps_secrets(&self.url, &next) {
            self.headers.clear();
            self.is_home = false;
            // Nor does a stranger choose whom we sign in as.
            let _ = next.set_username("");
            let _ = next.set_password(None);
        }
        self.is_permanent &= matches!(status, 301 | 308);
        if self.is_permanent {
            self.permanent = Some(next.clone());
        }
        self.seen.push(std::mem::replace(&mut self.url, next));
        Ok(())
    }
}

/// Whether what is meant for `from` may be told to `to`: the same origin, or the same host by its secure port.
#[must_use]
pub fn keeps_secrets(from: &Url, to: &Url) -> bool {
    let is_upgrade = from.scheme() == "http"
        && to.scheme() == "https"
        && from.host() == to.host()
        && from.port().is_none()
        && to.port().is_none();
    from.origin() == to.origin() || is_upgrade
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::{Kind, source_headers};

    fn trail(url: &str) -> Trail {
        let headers = source_headers([("authorization", "secret")], None).unwrap();
        Trail::new(&Request::new(Kind::Feed, Url::parse(url).unwrap()).with_headers(headers))
    }

    fn to(location: &str) -> HeaderValue {
        HeaderValue::from_bytes(location.as_bytes()).unwrap()
    }

    #[test]
    fn permanent_moves_are_known_until_the_first_passing_one() {
        type Row = (&'static [(u16, &'static str)], Option<&'static str>);
        let rows: [Row; 5] = [
            (&[], None),
            (&[(301, "/b"), (308, "/c")], Some("https://a.example/c")),
            (&[(301, "/b"), (302, "/c"), (301, "/d")], Some("https://a.example/b")),
            (&[(307, "/b"), (301, "/c")], None),
            (&[(301, "https://b.example/x#top")], Some("https://b.example/x")),
        ];
        for (hops, wanted) in rows {
            let mut trail = trail("https://a.example/a");
            for (status, location) in hops {
                trail.follow(*status, Some(&to(location)), 5).unwrap();
            }
            assert_eq!(trail.permanent.as_ref().map(Url::as_str), wanted, "{hops:?}");
        }
    }

    #[test]
    fn secrets_stay_with_their_origin() {
        let rows = [
            ("https://a.example/a", "/b", true),
            ("https://a.example/a", "https://a.example:443/b", true),
            ("http://a.example/a", "https://a.example/a", true),
            ("https://a.example/a", "http://a.example/a", false),
            ("https://a.example/a", "https://b.example/a", false),
            ("https://a.example/a", "https://a.example:8443/a", false),
            ("https://a.example/a", "https://www.a.example/a", false),
        ];
        for (from, location, kept) in rows {
            let mut trail = trail(from);
            trail.follow(302, Some(&to(location)), 5).unwrap();
            assert_eq!(!trail.headers.is_empty(), kept, "{from} → {location}");
        }
        let mut back = trail("https://a.example/a");
        back.follow(302, Some(&to("https://b.example/")), 5).unwrap();
        back.follow(302, Some(&to("https://x:y@a.example/b")), 5).unwrap();
        assert_eq!(back.url.as_str(), "https://a.example/b");
        assert!(back.headers.is_empty(), "once lost, they do not come back");
    }

    #[test]
    fn circles_crowds_and_nonsense_end() {
        let problem = |trail: &mut Trail, location: Option<&str>| match trail.follow(302, location.map(to).as_ref(), 2)
        {
            Err(Failure::Redirect { problem, .. }) => Some(problem),
            _ => None,
        };
        let mut trail = trail("https://a.example/a");
        assert_eq!(problem(&mut trail, Some("#top")), Some(RedirectProblem::Loop));
        assert_eq!(problem(&mut trail, None), Some(RedirectProblem::Unreadable));
        assert_eq!(problem(&mut trail, Some("https://")), Some(RedirectProblem::Unreadable));
        assert_eq!(problem(&mut trail, Some("mailto:x@a.example")), Some(RedirectProblem::Unreadable));
        assert_eq!(problem(&mut trail, Some(" /é ")), None);
        assert_eq!(trail.url.as_str(), "https://a.example/%C3%A9");
        assert_eq!(problem(&mut trail, Some("/a")), Some(RedirectProblem::Loop));
        assert_eq!(problem(&mut trail, Some("/c")), None);
        assert_eq!(problem(&mut trail, Some("/d")), Some(RedirectProblem::TooMany));
    }
}
