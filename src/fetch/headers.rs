//! What the head of an answer says: validators, when to ask again, how the body is packed. Pure; `now` is given.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reqwest::header::{
    AGE, CACHE_CONTROL, CONTENT_TYPE, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, LAST_MODIFIED, RETRY_AFTER,
};

use crate::model::{CacheHints, Validators};

/// The validators of an answer, byte for byte. One that is not text is left out: it could not be sent back as it came.
pub(super) fn validators(headers: &HeaderMap) -> Validators {
    Validators { etag: text(headers, &ETAG), last_modified: text(headers, &LAST_MODIFIED) }
}

/// The `Content-Type` as sent; bytes beyond ASCII are replaced.
pub(super) fn content_type(headers: &HeaderMap) -> Option<String> {
    headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// When the server would like to be asked again (RFC 9111 §4.2.1, RFC 9110 §10.2.3).
pub(super) fn hints(headers: &HeaderMap, now: Timestamp) -> CacheHints {
    CacheHints {
        retry_after: text(headers, &RETRY_AFTER).and_then(|value| retry_after(&value, sent(headers).unwrap_or(now))),
        max_age: max_age(headers).or_else(|| expires(headers, now)),
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = std::str::from_utf8(headers.get(name)?.as_bytes()).ok()?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// `Retry-After` in either form: seconds, or a date by the clock that says `now`. A date in the past means now.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Some(seconds) = seconds(value) {
        return Some(seconds);
    }
    http_date(value).map(|date| since(now, date))
}

/// `max-age` less the time the answer already spent in caches. `no-cache` and `no-store` mean already stale, whatever else is
/// said; so does a `max-age` that is no number (RFC 9111 §4.2.1). `s-maxage` is for caches that many share: who sets it
/// empties those when there is news.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL);
    let mut fresh = None;
    for directive in values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            // With a value, `no-cache` is about single headers.
            "no-cache" if value.is_empty() => return Some(Duration::ZERO),
            "no-store" => return Some(Duration::ZERO),
            "max-age" => {
                fresh = fresh.or_else(|| Some(seconds(value.trim().trim_matches('"')).unwrap_or_default()));
            }
            _ => {}
        }
    }
    fresh.map(|fresh| fresh.saturating_sub(age(headers)))
}

/// The time an answer already spent in caches.
fn age(headers: &HeaderMap) -> Duration {
    text(headers, &AGE).and_then(|value| seconds(value.trim())).unwrap_or_default()
}

/// When the answer was sent, by the server's own clock: ours may be wrong, and only the difference counts.
fn sent(headers: &HeaderMap) -> Option<Timestamp> {
    text(headers, &DATE).and_then(|value| http_date(&value))
}

/// `Expires` less `Date`, by the server's own clock where it tells it, less `Age`. What is not a date ("0") means already stale.
fn expires(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let expires = text(headers, &EXPIRES)?;
    let Some(expires) = http_date(&expires) else { return Some(Duration::ZERO) };
    Some(since(sent(headers).unwrap_or(now), expires).saturating_sub(age(headers)))
}

/// Delta-seconds (RFC 9111 §1.2.2); more digits than fit mean "very long", not an error.
fn seconds(value: &str) -> Option<Duration> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX)).min(u64::from(u32::MAX))))
}

fn since(start: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(start)).unwrap_or(Duration::ZERO)
}

/// The three forms of an HTTP date (RFC 9110 §5.6.7), all in GMT. The weekday is not needed and not trusted.
pub(super) fn http_date(value: &str) -> Option<Timestamp> {
    let value = value.trim();
    let rest = value.split_once(", ").map_or(value, |(_, rest)| rest);
    let rest = rest.strip_suffix(" GMT").or_else(|| rest.strip_suffix(" UTC")).unwrap_or(rest);
    let date = DateTime::strptime("%d %b %Y %H:%M:%S", rest)
        .or_else(|_| DateTime::strptime("%d-%b-%y %H:%M:%S", rest))
        .or_else(|_| DateTime::strptime("%d-%b-%Y %H:%M:%S", rest))
        .or_else(|_| {
            // asctime: `Sun Nov  6 08:49:37 1994`.
            let rest = rest.split_once(' ').map_or(rest, |(_, rest)| rest);
            DateTime::strptime("%b %e %H:%M:%S %Y", rest)
        });
    date.ok()?.to_zoned_datetime(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    const NOW: &str = "2026-03-01T12:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn head(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn all_forms_of_an_http_date_are_read() {
        let rows = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some("1994-11-06T08:49:37Z")),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some("1994-11-06T08:49:37Z")),
            ("Sun Nov  6 08:49:37 1994", Some("1994-11-06T08:49:37Z")),
            ("Mon, 06 Nov 1994 08:49:37 GMT", Some("1994-11-06T08:49:37Z")),
            ("Sun, 06-Nov-1994 08:49:37 GMT", Some("1994-11-06T08:49:37Z")),
            ("0", None),
            ("", None),
            ("soon", None),
            ("Sun, 31 Feb 1994 08:49:37 GMT", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(http_date(text).map(|date| date.to_string()).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        let rows = [
            ("120", Some(120)),
            (" 120 ", Some(120)),
            ("0", Some(0)),
            ("Sun, 01 Mar 2026 13:00:00 GMT", Some(3600)),
            ("Sun, 01 Mar 2026 11:00:00 GMT", Some(0)),
            ("99999999999999999999999", Some(u64::from(u32::MAX))),
            ("-5", None),
            ("later", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(retry_after(text, now()), wanted.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn freshness_is_max_age_less_age_else_expires_less_date() {
        type Row = (&'static [(&'static str, &'static str)], Option<u64>);
        let rows: [Row; 19] = [
            (&[("cache-control", "max-age=600")], Some(600)),
            (&[("cache-control", "max-age=600, max-age=60")], Some(600)),
            (&[("cache-control", "max-age=soon"), ("expires", "Sun, 01 Mar 2026 13:00:00 GMT")], Some(0)),
            (&[("cache-control", "no-cache, max-age=600")], Some(0)),
            (&[("cache-control", "max-age=600, no-store")], Some(0)),
            (&[("cache-control", "no-cache=\"set-cookie\", max-age=600")], Some(600)),
            (&[("cache-control", "no-cache"), ("expires", "Sun, 01 Mar 2026 13:00:00 GMT")], Some(0)),
            (&[("cache-control", "s-maxage=900, max-age=60")], Some(60)),
            (&[("expires", "Sun, 01 Mar 2026 13:00:00 GMT"), ("age", "600")], Some(3000)),
            (&[("cache-control", "public, Max-Age = \"600\", must-revalidate")], Some(600)),
            (&[("cache-control", "max-age=600"), ("age", "100")], Some(500)),
            (&[("cache-control", "max-age=600"), ("age", "900")], Some(0)),
            (&[("cache-control", "max-age=600"), ("expires", "Sun, 01 Mar 2026 13:00:00 GMT")], Some(600)),
            (&[("cache-control", "s-maxage=900")], None),
            (&[("expires", "Sun, 01 Mar 2026 13:00:00 GMT")], Some(3600)),
            (&[("expires", "Sun, 01 Mar 2026 13:00:00 GMT"), ("date", "Sun, 01 Mar 2026 12:59:00 GMT")], Some(60)),
            (&[("expires", "0")], Some(0)),
            (&[("cache-control", "no-cache")], Some(0)),
            (&[], None),
        ];
        for (lines, wanted) in rows {
            assert_eq!(hints(&head(lines), now()).max_age, wanted.map(Duration::from_secs), "{lines:?}");
        }
    }

    #[test]
    fn validators_are_kept_byte_for_byte() {
        let kept = validators(&head(&[("etag", "W/\"a b'\"\""), ("last-modified", "yesterday,  at noon")]));
        assert_eq!(kept.etag.as_deref(), Some("W/\"a b'\"\""));
        assert_eq!(kept.last_modified.as_deref(), Some("yesterday,  at noon"));
        assert!(validators(&head(&[("etag", "")])).is_empty());
        let mut odd = HeaderMap::new();
        odd.insert(ETAG, HeaderValue::from_bytes(b"\"\xff\"").unwrap());
        assert!(validators(&odd).is_empty());
        odd.insert(ETAG, HeaderValue::from_bytes("\"é\"".as_bytes()).unwrap());
        assert_eq!(validators(&odd).etag.as_deref(), Some("\"é\""));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[ -~]{0,40}", date in "[A-Z][a-z]{2},? [0-9 ]{1,3}[ -][A-Z][a-z]{2}[ -][0-9]{1,6} [0-9:]{1,9}( GMT)?") {
            for text in [text, date] {
                let _ = (http_date(&text), retry_after(&text, now()));
                let headers = ["cache-control", "age", "expires", "date", "retry-after"];
                let headers = headers.map(|name| (HeaderName::from_static(name), HeaderValue::from_str(&text).unwrap()));
                let _ = hints(&headers.into_iter().collect(), now());
            }
        }
    }
}
