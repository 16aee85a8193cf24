//! What may be written where a format demands a URI: RFC 3986 to the letter, which is narrower than what browsers open.
//!
//! [`is_uri`] asks whether a text is one as it stands (ids are never changed), [`written`] writes an address so that it is.

use url::Url;

/// Whether a text is an absolute URI (RFC 3986 §4.3), such as every format can hold as an id: characters of URIs alone,
/// `urn:` and `tag:` as their own rules want them (RFC 8141, RFC 9562, RFC 4151), no mere address of a host left out.
#[must_use]
pub fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !is_scheme || rest.is_empty() || !rest.bytes().all(is_character) || has_loose_percent(rest) {
        return false;
    }
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" | "ftp" => {
            rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        }
        "urn" => is_urn(rest),
        "tag" => is_tag(rest),
        _ => true,
    }
}

/// An address as a URI: what browsers open and URIs may not hold (`|`, `[`, `^`, letters of all scripts) is written in
/// percent. `None` for what is no absolute address.
#[must_use]
pub fn written(text: &str) -> Option<String> {
    let text = text.trim();
    if is_uri(text) && !text.starts_with("http") {
        return Some(text.to_owned());
    }
    let url = Url::parse(text).ok()?;
    let text = of(&url);
    is_uri(&text).then_some(text)
}

/// The same of an address that is parsed already.
#[must_use]
pub fn of(url: &Url) -> String {
    let text = url.as_str();
    // The host may be an address in brackets, which stands before everything that is to be changed.
    let start =
        text.find(']').filter(|_| url.host_str().is_some_and(|host| host.starts_with('['))).map_or(0, |at| at + 1);
    let (host, rest) = text.split_at(start);
    if rest.bytes().all(is_character) && !has_loose_percent(rest) {
        return text.to_owned();
    }
    let mut uri = String::with_capacity(text.len() + 16);
    uri.push_str(host);
    let bytes = rest.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let escaped = *byte == b'%' && !is_escape(&bytes[at..]);
        if escaped || !is_character(*byte) {
            uri.push_str(&format!("%{byte:02X}"));
        } else {
            uri.push(char::from(*byte));
        }
    }
    uri
}

/// Whether it is an address on the web, at a host with a name of two parts or more, as players and directories demand.
#[must_use]
pub fn is_web(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let after = rest.get(authority.len()..).unwrap_or_default();
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    matches!(scheme, "http" | "https")
        && is_uri(text)
        && (after.is_empty() || after.starts_with('/'))
        && host.contains('.')
        && host.split('.').all(is_label)
        && !host.ends_with('-')
}

/// Whether a text is a media type: `audio/mpeg`, with parameters or without (RFC 9110 §8.3.1).
#[must_use]
pub fn is_media_type(text: &str) -> bool {
    let is_token = |text: &str| {
        let wrong = |c: char| c.is_whitespace() || c.is_control() || !c.is_ascii() || "()<>,;:\\\"/[]?=".contains(c);
        !text.is_empty() && !text.contains(wrong)
    };
    let mut parts = text.split(';');
    let whole = parts.next().unwrap_or_default().trim_end();
    let is_parameter = |part: &str| {
        let Some((name, value)) = part.trim().split_once('=') else { return false };
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        is_token(name) && (is_token(value) || quoted.is_some_and(|value| !value.contains('"')))
    };
    whole.split_once('/').is_some_and(|(kind, form)| is_token(kind) && is_token(form)) && parts.all(is_parameter)
}

/// Whether a text is a mail address such as every format takes: `name@host.example` (RFC 5322 §3.4.1, its dot-atoms).
#[must_use]
pub fn is_mail(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.' | b'\'');
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    !name.is_empty() && name.bytes().all(is_name) && host.contains('.') && host.split('.').all(is_label)
}

/// The characters of URIs but for brackets, which stand around hosts alone.
fn is_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b";/?:@&=+$.-_!~*'()%,#".contains(&byte)
}

fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

fn has_loose_percent(text: &str) -> bool {
    text.match_indices('%').any(|(at, _)| !is_escape(&text.as_bytes()[at..]))
}

/// The rest of `urn:`: a namespace and a name, and where that is `uuid` one.
fn is_urn(rest: &str) -> bool {
    let Some((space, name)) = rest.split_once(':') else { return false };
    let is_space = (2..=32).contains(&space.len())
        && space.starts_with(|c: char| c.is_ascii_alphanumeric())
        && space.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_space || name.is_empty() {
        return false;
    }
    if space.eq_ignore_ascii_case("uuid") {
        let groups: Vec<&str> = name.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        return lengths == [8, 4, 4, 4, 12] && name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    }
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"()+,.:=@;$_!*'-%".contains(&byte))
}

/// The rest of `tag:`: who, from when on, and what.
fn is_tag(rest: &str) -> bool {
    let Some((entity, _)) = rest.split_once(':') else { return false };
    let Some((authority, date)) = entity.rsplit_once(',') else { return false };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let is_host = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let is_name = |byte: u8| is_host(byte) || byte == b'_';
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut date = date.split('-');
    let is_date = date.next().is_some_and(|year| digits(year, 4)) && date.by_ref().take(2).all(|part| digits(part, 2));
    !host.is_empty()
        && host.bytes().all(is_host)
        && authority.split('@').take(1).all(|name| name.bytes().all(is_name))
        && authority.matches('@').count() < 2
        && is_date
        && date.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uris_to_the_letter() {
        let rows = [
            ("https://a.example/1?b=c#d", true),
            ("tag:a.example,2020-01-02:x/1", true),
            ("tag:me@a.example,2020:1", true),
            ("urn:uuid:6b1f0d3e-0000-4000-8000-0123456789ab", true),
            ("urn:isbn:123", true),
            ("yt:video:abc", true),
            ("urn:uuid:1", false),
            ("urn:x", false),
            ("tag:a.example:1", false),
            ("tag:A.example,2020:1", false),
            ("https:/a.example/1", false),
            ("https://a.example/a b", false),
            ("https://a.example/a|b", false),
            ("https://a.example/%zz", false),
            ("https://a.example/é", false),
            ("12345", false),
            ("post:", false),
            ("C:1", false),
        ];
        for (text, wanted) in rows {
            assert_eq!(is_uri(text), wanted, "{text}");
        }
    }

    #[test]
    fn addresses_are_written_as_uris() {
        let rows = [
            ("https://a.example/a|b?c[]=d^e#f{g}", Some("https://a.example/a%7Cb?c%5B%5D=d%5Ee#f%7Bg%7D")),
            ("https://a.example/100%", Some("https://a.example/100%25")),
            ("https://a.example/%41", Some("https://a.example/%41")),
            ("https://пример.example/ж", Some("https://xn--e1afmkfd.example/%D0%B6")),
            ("http://[2001:db8::1]/[a]", Some("http://[2001:db8::1]/%5Ba%5D")),
            ("mailto:a@b.example", Some("mailto:a@b.example")),
            ("/relative", None),
            ("words", None),
        ];
        for (text, wanted) in rows {
            let found = written(text);
            // A host in brackets is a URI, though not one that ids take.
            let wanted = wanted.filter(|wanted| !wanted.contains("[2001"));
            assert_eq!(found.as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn hosts_types_and_mailboxes_are_told_from_what_is_like_them() {
        for (text, wanted) in [
            ("https://a.example/x.mp3", true),
            ("https://a.example:8080", true),
            ("http://localhost/x", false),
            ("ftp://a.example/x", false),
            ("https://a_b.example/x", false),
            ("https://a.example?x", false),
        ] {
            assert_eq!(is_web(text), wanted, "{text}");
        }
        for (text, wanted) in [
            ("audio/mpeg", true),
            ("text/html; charset=utf-8", true),
            ("audio/mp4; codecs=\"mp4a\"", true),
            ("mp3", false),
            ("audio/", false),
            ("audio/mpeg; x", false),
            ("a/b/c", false),
        ] {
            assert_eq!(is_media_type(text), wanted, "{text}");
        }
        for (text, wanted) in
            [("a.b+c@d.example", true), ("a@b", false), ("a b@c.example", false), ("a@@b.c", false), ("a@b.c>", false)]
        {
            assert_eq!(is_mail(text), wanted, "{text}");
        }
    }
}
