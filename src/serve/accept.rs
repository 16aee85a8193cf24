//! Which format a reader wants that asks for a feed by its bare name (RFC 9110 §12.5.1).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

use crate::model::Format;

/// What a feed is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A format of feeds.
    Format(Format),
    /// Its page for people.
    Page,
}

impl Wanted {
    /// The media types it goes by, its own first.
    fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::Format(Format::Rss) => &["application/rss+xml", "application/xml", "text/xml"],
            Self::Format(Format::Atom) => &["application/atom+xml", "application/xml", "text/xml"],
            Self::Format(Format::Json) => &["application/feed+json", "application/json"],
            Self::Format(Format::Ndjson) => &["application/x-ndjson"],
            Self::Page => &["text/html", "application/xhtml+xml"],
        }
    }
}

/// What of a feed's formats, and its page, the request likes best. Where it likes several as well: what it names before what
/// it covers by `*`; then RSS, the feed's first format, its others, the page. A request that likes nothing we have, or does not
/// say, gets what is first.
pub(super) fn choose(formats: &[Format], headers: &HeaderMap) -> Wanted {
    let mut formats: Vec<Format> = formats.to_vec();
    formats.sort_by_key(|format| *format != Format::Rss);
    let mut best: Option<(Liking, Wanted)> = None;
    let offers = formats.iter().map(|format| Wanted::Format(*format)).chain([Wanted::Page]);
    for offer in offers {
        let liking = liking(offer, headers);
        if best.as_ref().is_none_or(|(most, _)| liking > *most) {
            best = Some((liking, offer));
        }
    }
    best.map_or(Wanted::Page, |(_, offer)| offer)
}

/// Weight in thousandths, then how closely it was named.
type Liking = (u16, u8);

fn liking(offer: Wanted, headers: &HeaderMap) -> Liking {
    let mut named: Option<Liking> = None;
    let mut covered: Option<Liking> = None;
    for value in headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
        for range in value.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let weight = parts.find_map(weight).unwrap_or(1000);
            let types = offer.media_types();
            let kind = name.strip_suffix("/*");
            if let Some(place) = types.iter().position(|own| own.eq_ignore_ascii_case(name)) {
                // The type of its own says more than one that it goes by as well.
                let close = if place == 0 { 3 } else { 2 };
                if named.is_none_or(|(_, as_close)| as_close < close) {
                    named = Some((weight, close));
                }
            } else if name == "*/*" {
                covered = covered.or(Some((weight, 0)));
            } else if kind.is_some_and(|kind| types[0].split('/').next().is_some_and(|own| own == kind)) {
                covered = Some((weight, 1));
            }
        }
    }
    named.or(covered).map_or((0, 0), |(weight, close)| if weight == 0 { (0, 0) } else { (weight, close) })
}

/// `q=0.8` in thousandths.
fn weight(parameter: &str) -> Option<u16> {
    let text = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if whole.parse::<u16>().ok()? > 0 {
        return Some(1000);
    }
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_get_the_format_they_like_best() {
        let (rss, atom, json) =
            (Wanted::Format(Format::Rss), Wanted::Format(Format::Atom), Wanted::Format(Format::Json));
        let rows = [
            ("", rss),
            ("*/*", rss),
            ("application/atom+xml", atom),
            ("application/atom+xml, */*", atom),
            ("application/rss+xml;q=0.5, application/atom+xml;q=0.9", atom),
            ("application/rss+xml;q=0, */*", atom),
            ("application/xml", rss),
            ("text/xml;q=0.9, application/atom+xml;q=0.3", rss),
            ("application/json", json),
            ("application/feed+json, application/json;q=0.9, */*;q=0.1", json),
            ("APPLICATION/FEED+JSON", json),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", Wanted::Page),
            ("text/*", Wanted::Page),
            ("image/png", rss),
            ("application/rss+xml;q=nonsense", rss),
            ("application/atom+xml;version=1;q=0.001, image/png", atom),
        ];
        for (accept, wanted) in rows {
            let mut headers = HeaderMap::new();
            if !accept.is_empty() {
                headers.insert(ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(choose(&Format::FEEDS, &headers), wanted, "{accept}");
        }
        let headers = HeaderMap::new();
        assert_eq!(choose(&[Format::Json, Format::Atom], &headers), json, "without RSS the first");
        assert_eq!(choose(&[Format::Json, Format::Rss], &headers), rss);
    }
}
