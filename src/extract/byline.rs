//! Who wrote it: names taken out of bylines, without "By", job titles, dates and the name of the staff.

use std::sync::LazyLock;

use regex::Regex;

use crate::dom::{Node, Page};
use crate::model::Person;

use super::hints;
use super::scene::{Scene, fold};

fn regex(pattern: &str) -> Regex {
    // Boundaries of ASCII words keep the fast matcher on text that is not ASCII; words of other scripts stand without them.
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the built-in byline patterns are valid expressions")
}

static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^\W*(?:(?:written|posted|published|reported|reviewed|edited|compiled|story|text|words|article|report|authored|submitted|created|contributed|escrito|publicado|geschrieben|verfasst|veröffentlicht|publié|écrit|rédigé|scritto|pubblicato|napisał[a]?)\s*(?:by|von|por|par|da|:)|by|von|par|por|di|da|door|av|af|autor(?:in|en|ka)?|author|authors|auteur|autore|tekst|texte|text|redaktion|redakteur|from|автор|авторы|текст|аўтар|źródło|foto und text|(?:view |see )?(?:all )?posts by|more (?:by|from)|(?:zeige )?alle beiträge von|gespeichert von|beitrag ?von|eingestellt von|erstellt von|ein beitrag von|ein artikel von)\s*[:\-–|]?\s+|^\W*(?:author|autor(?:in|en)?|auteur|autore|автор|авторы|text|текст|by)\s*:\s*",
    )
});
static STOP: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\s*(?:[|·•–—]|\s-\s|\bon\b\s|\bfor\b\s|\bfrom\b\s|\bin\b\s|\bat\b\s|\bam\b\s|\bvia\b\s|\bis\b\s|\bposted\b|\bpublished\b|\bupdated\b|\bzuletzt\b|\d{1,2}[./:]\d|\d{4}|[(\[<{]|@|https?:|\bwww\.|\bfollow\b|\bview\b|\bread more\b|\bemail\b|\blast updated\b|\bpubliziert\b|\bveröffentlicht\b|\bcontributor[s]?\b$|\bleft a\b|\bcomments?\b).*$",
    )
});
static SPLIT: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\s*(?:[;,/&+]|\s(?:and|und|et|y|e|и|і|та|och|og|en|i|with|mit)\s)\s*"));
static NOBODY: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(?:the )?(?:[\w'’. -]{0,30}\s)?(?:staff|admin|administrator|editors?|editorial|editorial (?:team|staff|board)|redaktion|redacción|redação|rédaction|la rédaction|redazione|redakcja|team|news desk|newsroom|news service|web desk|webmaster|user|guest|anonymous|unknown|null|undefined|none|default|author|authors|writer|reporter|correspondent|contributors?|press release|pressemitteilung|редакция|админ|администратор|super user|wp[ -]?admin|root|test)$",
    )
});
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(?:full bio|bio|learn (?:more )?about.*|view .*|read .*|see .*|about .*|last|publiziert|mehr .*|updated?|min|minutes?|share|photo|image|all posts|website|homepage|more)$",
    )
});
static JOB: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:editor|reporter|correspondent|writer|journalist|columnist|producer|staff|director|manager|contributor|specialist|analyst|professor|lecturer|author|photographer|intern|fellow|consultant|strategist|founder|co-founder|ceo|cto|cfo|phd|ph\.d\.?|m\.?d\.?|mba|msc|dr\. med|rn|rdn?|cfp|cpa|jr|sr|president|chair|officer|head of|lead|engineer|developer|marketing|redakteur(?:in)?|journalistin|chefredakteur(?:in)?|rédact(?:eur|rice)|journaliste|periodista|associated press|reuters|afp|dpa|news|media|magazine|inc\.?|llc|ltd|gmbh|university|copywriter|expert|expertin|experte)\b|корреспондент|редактор|обозреватель",
    )
});

/// The names in a byline, each on its own; empty where it names nobody.
pub(super) fn names(byline: &str) -> Vec<String> {
    let byline = crate::dom::squash(byline);
    if byline.chars().count() > 300 || byline.starts_with("http") || byline.contains("://") {
        return Vec::new();
    }
    let mut rest = byline.as_str();
    for _ in 0..2 {
        rest = PREFIX.find(rest).filter(|found| found.end() < rest.len()).map_or(rest, |found| &rest[found.end()..]);
    }
    let mut kept: Vec<String> = Vec::new();
    let rest = before_date(rest);
    let cut = STOP.find(rest).map_or(rest, |found| if found.start() < 2 { "" } else { &rest[..found.start()] });
    let whole = cut;
    let parts: Vec<&str> = SPLIT.split(whole).collect();
    for (at, part) in parts.iter().enumerate() {
        let part = part
            .trim_matches(|c: char| !c.is_alphanumeric() && c != '.' && c != ')' && c != '’' && c != '\'')
            .trim_end_matches(')');
        let part = PREFIX
            .find(part)
            .filter(|found| found.end() < part.len())
            .map_or(part, |found| &part[found.end()..])
            .trim();
        if is_name(part, at) && !kept.iter().any(|known| fold(known) == fold(part)) {
            kept.push(recase(part));
        }
    }
    // "Smith, John": two single words are one name turned round.
    if parts.len() == 2 && kept.len() == 2 && kept.iter().all(|name| !name.contains(' ')) && whole.contains(", ") {
        return vec![format!("{} {}", kept[1], kept[0])];
    }
    kept
}

/// The part of a byline before a day and a month.
fn before_date(text: &str) -> &str {
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"(?:\b\p{Lu}\p{L}{1,8},?\.?\s+)??(?:\b(\p{L}{3,12})\.?\s+\d{1,2}\b|\b\d{1,2}\.?\s+(\p{L}{3,12})\b)")
    });
    DAY.captures_iter(text)
        .find(|found| {
            found.get(1).or(found.get(2)).is_some_and(|word| crate::date::names::month(word.as_str(), None).is_some())
        })
        .and_then(|found| found.get(0))
        .map_or(text, |found| if found.start() < 3 { text } else { &text[..found.start()] })
}

fn is_name(part: &str, at: usize) -> bool {
    let words = part.split_whitespace().count();
    let letters = part.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 || words > 6 || part.chars().count() > 60 || part.chars().filter(char::is_ascii_digit).count() > 2 {
        return false;
    }
    if NOBODY.is_match(part) || WORDS.is_match(part) {
        return false;
    }
    // "Ann Lee, MD, FACS": letters after a name.
    if at > 0 && words == 1 && letters <= 5 && !part.chars().any(char::is_lowercase) {
        return false;
    }
    // What follows a name after a comma may be a job; the first part is a name even if it is an office's.
    !JOB.is_match(part) || at == 0 && words > 1 && !part.chars().any(char::is_lowercase)
}

/// A name shouted in capitals, in the usual case.
fn recase(name: &str) -> String {
    let letters = || name.chars().filter(|c| c.is_alphabetic());
    if letters().count() < 7 || name.split_whitespace().count() < 2 || letters().any(char::is_lowercase) {
        return name.to_owned();
    }
    let mut out = String::new();
    let mut start = true;
    for c in name.chars() {
        if start {
            out.push(c);
        } else {
            out.extend(c.to_lowercase());
        }
        start = !c.is_alphanumeric() && c != '\'' && c != '’';
    }
    out
}

/// The byline of the page, found by looking: `rel=author`, elements named for it, lines that begin with "By".
pub(super) fn find(scene: &Scene, top: &[Node]) -> Vec<Person> {
    let page = scene.page;
    let sources: [&dyn Fn(Node) -> bool; 4] = [
        &|node| {
            page.attribute(node, "rel").is_some_and(|rel| rel.split_whitespace().any(|word| word == "author"))
                && page.name(node) == "a"
        },
        &|node| author_names(page, node),
        &|node| byline_names(page, node),
        &|node| is_short_line(page, node) && begins_byline(&page.line(node)),
    ];
    for source in sources {
        let mut people: Vec<Person> = Vec::new();
        let mut last_end = 0;
        for node in top.iter().copied().filter(|node| source(*node)) {
            if node.index() < last_end {
                continue;
            }
            let line = page.line(node);
            if line.chars().count() > 160 {
                continue;
            }
            last_end = page.end(node);
            let url = page
                .named(node, "a")
                .find_map(|link| page.filled(link, "href"))
                .and_then(|address| scene.web(address))
                .map(String::from);
            for name in names(&line) {
                if people.len() < 8 && !people.iter().any(|known| known.name.as_deref().map(fold) == Some(fold(&name)))
                {
                    people.push(Person { name: Some(name), email: None, url: url.clone() });
                }
            }
            if !people.is_empty() && page.attribute(node, "rel").is_none() {
                break;
            }
        }
        if !people.is_empty() {
            return people;
        }
    }
    Vec::new()
}

static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[ -](?:author-?name|authors?-?name|byline-?name|author-?link|p-author|fn n|contributor-?name|autor-?name|writer-?name|post-author-name)[ -]",
    )
});

fn author_names(page: &Page, node: Node) -> bool {
    let names = hints::names(page, node);
    NAMED.is_match(&names)
}

static BYLINE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[ -](?:byline|by-line|authors?|autor|auteur|autore|post-author|entry-author|article-author|writer|submitted|posted-by|postedby|vcard|avtor)[ -]",
    )
});

static NOT_BYLINE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[ -](?:comment|comments|avatar|related|image|img|photo|bio|date|social|share|popular|sidebar|description|follow)[ -]",
    )
});

fn byline_names(page: &Page, node: Node) -> bool {
    let names = hints::names(page, node);
    BYLINE.is_match(&names) && !NOT_BYLINE.is_match(&names)
}

fn is_short_line(page: &Page, node: Node) -> bool {
    matches!(
        page.name(node),
        "p" | "div" | "span" | "address" | "li" | "h4" | "h5" | "h6" | "small" | "strong" | "b" | "em" | "i"
    ) && page.end(node) - node.index() < 12
}

fn begins_byline(line: &str) -> bool {
    static BEGINS: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"^(?:By|BY|by|Written by|Posted by|Von|VON|Par|Por|Author|Autor|Autorin|Auteur|Автор|Аўтар|Text|Текст)\s*:?\s+\p{Lu}[\p{L}.'’-]+(?:\s+(?:\p{Lu}[\p{L}.'’-]*|de|van|von|der|la|del|di|bin|al|and|und|et|y|&|,))*",
        )
    });
    line.chars().count() < 120 && BEGINS.find(line).is_some_and(|found| line.len() - found.end() < 70)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines_give_names_and_nothing_else() {
        let rows: [(&str, &[&str]); 16] = [
            ("By Ann Lee", &["Ann Lee"]),
            ("by Ann Lee and Bo Ek", &["Ann Lee", "Bo Ek"]),
            ("Written by: Ann Lee | June 13, 2023", &["Ann Lee"]),
            ("Von Anna Lehmann, Redakteurin", &["Anna Lehmann"]),
            ("ANN LEE-SMITH, Staff Writer", &["Ann Lee-Smith"]),
            ("Ann Lee, Bo Ek & Cy Dal", &["Ann Lee", "Bo Ek", "Cy Dal"]),
            ("Автор: Иван Петров", &["Иван Петров"]),
            ("Staff", &[]),
            ("The Gazette Staff", &[]),
            ("admin", &[]),
            ("https://social.example/annlee", &[]),
            ("Ann Lee, PhD", &["Ann Lee"]),
            ("Posted by Ann Lee on June 13", &["Ann Lee"]),
            ("Ann Lee (ann@news.example)", &["Ann Lee"]),
            ("Lee, Ann", &["Ann Lee"]),
            ("", &[]),
        ];
        for (given, wanted) in rows {
            let wanted: &[&str] = wanted;
            if given == "Lee, Ann" {
                assert_eq!(names(given), wanted, "{given}");
                continue;
            }
            assert_eq!(names(given), wanted, "{given}");
        }
    }
}
