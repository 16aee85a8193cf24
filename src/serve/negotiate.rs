//! Which representation a request gets, or whether it has it already (RFC 9110 §12.5.3, §13.1).

use axum::http::header::{ACCEPT_ENCODING, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

use super::Resource;
use super::representation::Representation;

/// The smallest representation the request accepts.
pub(super) fn choose<'a>(resource: &'a Resource, headers: &HeaderMap) -> &'a Representation {
    let offers = resource.representations();
    let accepted = |offer: &&Representation| offer.coding.is_none_or(|coding| accepts(headers, coding));
    offers.iter().find(accepted).unwrap_or_else(|| offers.last().expect("the plain bytes are always there"))
}

/// Whether `Accept-Encoding` allows a coding: named, or covered by `*`, with a weight above zero.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let mut any = false;
    for value in headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()) {
        for offer in value.split(',') {
            let mut parts = offer.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.parse::<f32>().ok());
            let allowed = weight.unwrap_or(1.0) > 0.0;
            if name.eq_ignore_ascii_case(coding) {
                return allowed;
            }
            any |= name == "*" && allowed;
        }
    }
    any
}

/// Whether the request holds this representation already. `If-None-Match` decides alone when it is there
/// (RFC 9110 §13.1.3).
pub(super) fn is_held(headers: &HeaderMap, etag: &HeaderValue, modified: Timestamp) -> bool {
    if let Some(given) = headers.get(IF_NONE_MATCH) {
        // As readers send it back: nothing to take apart.
        if given == etag {
            return true;
        }
        let texts = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        return texts.flat_map(|text| text.split(',')).map(str::trim).any(|given| {
            // Weak comparison, as the section demands.
            given == "*" || etag == given.strip_prefix("W/").unwrap_or(given)
        });
    }
    let since = headers.get(IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
    since.and_then(http_date).is_some_and(|since| modified.as_second() <= since.as_second())
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

/// A moment as an HTTP date (RFC 9110 §5.6.7).
pub(super) fn to_http_date(moment: Timestamp) -> String {
    moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: axum::http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn codings_are_taken_only_where_they_are_accepted() {
        let rows = [
            ("gzip, br", true, true),
            ("gzip;q=0, br", false, true),
            ("*", true, true),
            ("*;q=0", false, false),
            ("identity", false, false),
            ("GZIP; q=0.5", true, false),
        ];
        for (value, gzip, br) in rows {
            let headers = headers(ACCEPT_ENCODING, value);
            assert_eq!((accepts(&headers, "gzip"), accepts(&headers, "br")), (gzip, br), "{value}");
        }
    }

    #[test]
    fn if_none_match_outranks_if_modified_since() {
        let modified: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let date = to_http_date(modified);
        assert_eq!(date, "Fri, 02 Jan 2026 03:04:05 GMT");
        assert!(is_held(&headers(IF_NONE_MATCH, "\"x\", W/\"a\""), &HeaderValue::from_static("\"a\""), modified));
        assert!(is_held(&headers(IF_MODIFIED_SINCE, &date), &HeaderValue::from_static("\"a\""), modified));
        assert!(!is_held(
            &headers(IF_MODIFIED_SINCE, "Fri, 02 Jan 2026 03:04:04 GMT"),
            &HeaderValue::from_static("\"a\""),
            modified
        ));
        let mut both = headers(IF_NONE_MATCH, "\"other\"");
        both.insert(IF_MODIFIED_SINCE, date.parse().unwrap());
        assert!(!is_held(&both, &HeaderValue::from_static("\"a\""), modified));
    }
}
