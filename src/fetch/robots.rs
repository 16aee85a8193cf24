//! robots.txt: which pages a site asks robots to leave alone.
//!
//! Follows RFC 9309: groups, the longest matching rule, `*` and `$`; `Crawl-delay` beside it, because sites still write it.
//! Pure; asking for the file and remembering it is the client's part. It binds us for pages we find ourselves, never for
//! addresses a person named.

use std::fmt;
use std::time::Duration;

use url::Url;

/// Where it lies.
pub const PATH: &str = "/robots.txt";

/// Our name in a `User-agent` line.
pub const NAME: &str = "courant";

/// What is read of a file: RFC 9309 §2.5 asks for at least 500 KiB.
pub const MAX_BYTES: u64 = 512 * 1024;

/// Redirects followed for it at least (RFC 9309 §2.3.1.2).
pub const REDIRECTS: usize = 5;

/// Rules beyond this are not read.
const MAX_RULES: usize = 5_000;

/// Nor rules once so many bytes of them are held: a site that has more to say to us is not worth its memory.
const MAX_HELD_BYTES: usize = 128 * 1024;

/// Rules longer than this are not read.
const MAX_PATTERN_BYTES: usize = 2_048;

/// Sitemaps beyond this are not read.
const MAX_SITEMAPS: usize = 50;

/// A longer `Crawl-delay` is cut: a page a minute is slow enough for anybody.
const MAX_DELAY: Duration = Duration::from_mins(1);

/// The rules of one site for us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Robots {
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
    sitemaps: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    pattern: String,
    allow: bool,
}

/// The lines of one group, while it is read.
#[derive(Default)]
struct Group {
    rules: Vec<Rule>,
    held_bytes: usize,
    crawl_delay: Option<Duration>,
}

/// Whom the group that is being read is for.
#[derive(Clone, Copy, Default)]
struct Audience {
    us: bool,
    all: bool,
}

impl Robots {
    /// Reads a robots.txt. Never fails: what is not a rule is passed over, and no rule means everything is allowed.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut ours = Group::default();
        let mut everybodys = Group::default();
        let mut named = false;
        let mut audience = Audience::default();
        let mut in_rules = true;
        let mut sitemaps = Vec::new();
        for line in text.trim_start_matches('\u{feff}').split(['\n', '\r']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "user-agent" => {
                    if in_rules {
                        audience = Audience::default();
                        in_rules = false;
                    }
                    audience.us |= is_our_name(value);
                    audience.all |= value == "*";
                    named |= audience.us;
                }
                "sitemap" if sitemaps.len() < MAX_SITEMAPS && value.len() <= MAX_PATTERN_BYTES => {
                    sitemaps.push(value.to_owned());
                }
                key @ ("allow" | "disallow" | "crawl-delay") => {
                    in_rules = true;
                    if audience.us {
                        ours.add(key, value);
                    }
                    if audience.all {
                        everybodys.add(key, value);
                    }
                }
                _ => {}
            }
        }
        let group = if named { ours } else { everybodys };
        Self { rules: group.rules, crawl_delay: group.crawl_delay, sitemaps }
    }

    /// Whether the page at `url` may be asked for. The longest rule that matches decides, and of two as long, the kinder.
    #[must_use]
    pub fn allowed(&self, url: &Url) -> bool {
        let mut target = url.path().to_owned();
        if target == PATH {
            return true;
        }
        if let Some(query) = url.query() {
            target.push('?');
            target.push_str(query);
        }
        let target = fold_percent(&target);
        let strongest = self
            .rules
            .iter()
            .filter(|rule| matches(rule.pattern.as_bytes(), target.as_bytes()))
            .max_by_key(|rule| (rule.pattern.len(), rule.allow));
        strongest.is_none_or(|rule| rule.allow)
    }

    /// The rest the site asks for between two requests, at most a minute.
    #[must_use]
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// Addresses of sitemaps, as written.
    #[must_use]
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }
}

/// The file as it would have to be written for us alone: what is kept of it, however long it was.
impl fmt::Display for Robots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sitemaps.iter().try_for_each(|sitemap| writeln!(f, "Sitemap: {sitemap}"))?;
        if self.rules.is_empty() && self.crawl_delay.is_none() {
            return Ok(());
        }
        writeln!(f, "User-agent: {NAME}")?;
        for rule in &self.rules {
            writeln!(f, "{}: {}", if rule.allow { "Allow" } else { "Disallow" }, rule.pattern)?;
        }
        self.crawl_delay.map_or(Ok(()), |delay| writeln!(f, "Crawl-delay: {}", delay.as_secs_f64()))
    }
}

impl Group {
    fn add(&mut self, key: &str, value: &str) {
        if key == "crawl-delay" {
            let seconds = value.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
            self.crawl_delay = seconds.map(|s| Duration::from_secs_f64(s.min(MAX_DELAY.as_secs_f64())));
            return;
        }
        // An empty value names no path (RFC 9309 §2.2.2): `Disallow:` alone allows everything.
        let is_full = self.rules.len() >= MAX_RULES || self.held_bytes >= MAX_HELD_BYTES;
        if value.is_empty() || value.len() > MAX_PATTERN_BYTES || is_full {
            return;
        }
        let pattern = fold_percent(value);
        self.held_bytes += pattern.len();
        self.rules.push(Rule { pattern, allow: key == "allow" });
    }
}

/// Whether a `User-agent` value is our name; whatever follows the name (`/0.1`, `(+…)`) is no part of it.
fn is_our_name(value: &str) -> bool {
    let end = value.find(|c: char| !(c.is_ascii_alphabetic() || c == '_' || c == '-')).unwrap_or(value.len());
    value.get(..end).is_some_and(|name| name.eq_ignore_ascii_case(NAME))
}

/// One spelling for a path: unreserved characters plain, everything else that needs it as `%XX` (RFC 9309 §2.2.2).
fn fold_percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut folded = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%').then(|| hex_pair(bytes.get(at + 1..at + 3)?)).flatten();
        let value = escaped.unwrap_or(byte);
        let is_unreserved = value.is_ascii_alphanumeric() || matches!(value, b'-' | b'.' | b'_' | b'~');
        if is_unreserved || (escaped.is_none() && byte.is_ascii_graphic()) {
            folded.push(char::from(value));
        } else {
            let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase();
            folded.extend(['%', digit(value >> 4), digit(value & 0x0f)]);
        }
        at += if escaped.is_some() { 3 } else { 1 };
    }
    folded
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (high, low) = (digit(*pair.first()?)?, digit(*pair.get(1)?)?);
    u8::try_from(high * 16 + low).ok()
}

/// Whether `pattern`, with `*` for any run and a last `$` for the end, matches the beginning of `target`. Linear in time
/// for each `*`: only the last one is ever tried again.
fn matches(pattern: &[u8], target: &[u8]) -> bool {
    let (pattern, anchored) = pattern.strip_suffix(b"$").map_or((pattern, false), |pattern| (pattern, true));
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(p), target.get(t)) {
            (Some(b'*'), _) => {
                p += 1;
                retry = Some((p, t));
            }
            (Some(expected), Some(found)) if expected == found => {
                p += 1;
                t += 1;
            }
            (None, None) => return true,
            (None, Some(_)) if !anchored => return true,
            _ => {
                // Give the last `*` one more byte.
                let Some((after, from)) = retry else { return false };
                if from >= target.len() {
                    return false;
                }
                p = after;
                t = from + 1;
                retry = Some((after, t));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(robots: &str, path: &str) -> bool {
        Robots::parse(robots).allowed(&Url::parse("https://a.example/").unwrap().join(path).unwrap())
    }

    #[test]
    fn the_longest_rule_decides_and_ties_are_kind() {
        let robots = "User-agent: *\nDisallow: /news/\nAllow: /news/public\nDisallow: /x\nAllow: /x\n";
        let rows = [
            ("/", true),
            ("/news", true),
            ("/news/", false),
            ("/news/secret", false),
            ("/news/public/1", true),
            ("/x", true),
            ("/robots.txt", true),
        ];
        for (path, wanted) in rows {
            assert_eq!(allowed(robots, path), wanted, "{path}");
        }
        assert!(allowed("User-agent: *\nDisallow: /", "/robots.txt"));
    }

    #[test]
    fn wildcards_and_anchors_match() {
        let rows = [
            ("/*.pdf$", "/a/b.pdf", false),
            ("/*.pdf$", "/a/b.pdf?x=1", true),
            ("/*.pdf", "/a/b.pdf?x=1", false),
            ("/*?", "/a?b", false),
            ("/*?", "/a", true),
            ("/a*b*c", "/aXXbYYc", false),
            ("/a*b*c", "/aXXcYYb", true),
            ("/a*", "/a", false),
            ("/exact$", "/exact", false),
            ("/exact$", "/exactly", true),
            ("*/print/", "/news/print/5", false),
            ("/***************b$", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true),
            ("news", "/news", true),
        ];
        for (pattern, path, wanted) in rows {
            assert_eq!(allowed(&format!("User-agent: *\nDisallow: {pattern}"), path), wanted, "{pattern} on {path}");
        }
    }

    #[test]
    fn our_own_group_replaces_everybodys() {
        let robots = "user-agent: *\ndisallow: /\n\nUser-Agent: Other\nUser-agent: COURANT/0.1 # us\nDisallow: /private\n\n\
                      User-agent: courantbot\nDisallow: /\n\nUser-agent: Courant\nDisallow: /also\n";
        for (path, wanted) in [("/", true), ("/private", false), ("/also", false)] {
            assert_eq!(allowed(robots, path), wanted, "{path}");
        }
        assert!(allowed("User-agent: *\nDisallow: /\nUser-agent: courant\nDisallow:", "/x"));
        assert!(!allowed("User-agent: courant\nCrawl-delay: 2\nUser-agent: *\nUser-agent: courant\nDisallow: /", "/x"));
    }

    #[test]
    fn escapes_are_compared_by_what_they_mean() {
        let rows = [
            ("/новости", "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8"),
            ("/%d0%bd", "/%D0%BD"),
            ("/%7Euser", "/~user"),
            ("/a%2Fb", "/a%2fb"),
        ];
        for (pattern, path) in rows {
            assert!(!allowed(&format!("User-agent: *\nDisallow: {pattern}"), path), "{pattern} on {path}");
        }
        assert!(allowed("User-agent: *\nDisallow: /a%2Fb", "/a/b"));
    }

    #[test]
    fn what_is_not_a_rule_is_passed_over() {
        for text in
            ["", "<html><body>Not found: here</body></html>", "Disallow: /", "User-agent: *\nDisallow", "\u{feff}:"]
        {
            assert!(allowed(text, "/x"), "{text:?}");
        }
        assert!(!allowed("\u{feff}User-agent : *\r\rDisallow : /x # no\rFoo: bar", "/x"));
        let long = format!("User-agent: *\nDisallow: /{}\n", "a".repeat(MAX_PATTERN_BYTES));
        assert!(allowed(&long, &format!("/{}", "a".repeat(MAX_PATTERN_BYTES))));
    }

    #[test]
    fn what_is_kept_says_the_same_again() {
        let rows = [
            "",
            "Sitemap: /map.xml",
            "User-agent: other\nDisallow: /",
            "User-agent: *\nDisallow: /новости?*$\nAllow: /%7e\nCrawl-delay: 2.5\nSitemap: https://a.example/map.xml",
        ];
        for text in rows {
            let robots = Robots::parse(text);
            assert_eq!(Robots::parse(&robots.to_string()), robots, "{text}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let line = format!("Disallow: /{}\n", "a".repeat(1_000));
        let robots = Robots::parse(&format!("User-agent: *\n{}", line.repeat(1_000)));
        assert!(robots.to_string().len() < MAX_HELD_BYTES + 10_000);
        let robots = Robots::parse(&"Sitemap: /x\n".repeat(1_000));
        assert_eq!(robots.sitemaps().len(), MAX_SITEMAPS);
    }

    #[test]
    fn delay_and_sitemaps_are_told() {
        let delay = |text: &str| Robots::parse(&format!("User-agent: *\nCrawl-delay: {text}")).crawl_delay();
        assert_eq!(delay("2.5"), Some(Duration::from_millis(2500)));
        assert_eq!(delay("86400"), Some(MAX_DELAY));
        for wrong in ["-1", "NaN", "inf", "soon", ""] {
            assert_eq!(delay(wrong), None, "{wrong}");
        }
        let robots = Robots::parse("Sitemap: https://a.example/map.xml\nUser-agent: *\nSitemap: /b.xml\nDisallow: /x");
        assert_eq!(robots.sitemaps(), ["https://a.example/map.xml", "/b.xml"]);
        assert!(!robots.allowed(&Url::parse("https://a.example/x").unwrap()));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_is_kept_says_the_same(
            lines in proptest::collection::vec("(user-agent|allow|disallow|crawl-delay|sitemap|x) ?: ?[ -~é%*$]{0,12}", 0..12),
            path in "/[ -~é%]{0,20}",
        ) {
            let robots = Robots::parse(&lines.join("\n"));
            let again = Robots::parse(&robots.to_string());
            let mut url = Url::parse("https://a.example/").unwrap();
            url.set_path(&path);
            assert_eq!(robots.allowed(&url), again.allowed(&url));
        }
    }
}
