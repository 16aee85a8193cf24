//! The names in a byline, without "By", job titles, dates and employers.

use std::sync::LazyLock;

use regex::Regex;

use super::scene::fold;

/// A pattern of bylines.
pub(super) fn regex(pattern: &str) -> Regex {
    // Boundaries of ASCII words keep the fast matcher on text that is not ASCII; words of other scripts stand without them.
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the built-in byline patterns are valid expressions")
}

static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^\W*(?:(?:show |view |see |read )(?:all |more )?(?:articles|posts|stories|post) (?:by|of|from)|(?:interview|reportage|gastbeitrag|kommentar|analyse)(?: von)?:|vom|(?:written|posted|published|reported|compiled|story|text|words|article|report(?:ing)?|authored|submitted|created|contributed|escrito|publicado|geschrieben|verfasst|veröffentlicht|publié|écrit|rédigé|scritto|pubblicato|napisał[a]?)\s*(?:by|von|por|par|da|:)|by|von|par|por|di|da|door|av|af|autor(?:in|en|ka)?|author|authors|auteur|autore|tekst|texte|text|redaktion|redakteur|from|автор|авторы|текст|аўтар|źródło|foto und text|(?:view |see )?(?:all )?posts by|more (?:by|from)|(?:zeige )?alle beiträge von|gespeichert von|beitrag ?von|eingestellt von|erstellt von|ein beitrag von|ein artikel von|words by|article by|by:)\s*[:\-–|]?\s+|^\W*(?:author|autor(?:in|en)?|auteur(?:\(s\))?|authors|autore|автор|авторы|text|текст|by)\s*:\s*",
    )
});
static STOP: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\s*(?:[|·•–—⋅∙●»]|\s-\s|\bon\b\s|\bfor\b\s|\bfrom\b\s|\bin\b\s|\bat\b\s|\bam\b\s|\bvia\b\s|\bis\b\s|\bposted\b|\bpublished\b|\bupdated\b|\bzuletzt\b|\d{1,2}[./:]\s?\d|\d{4}|[(\[<{]|@|https?:|\bwww\.|\bfollow\b|\bview\b|\bread more\b|\bemail\b|\blast updated\b|\bstand\b|\bon behalf of\b|\b(?:medically |expert |fact[ -])?(?:reviewed|checked|edited|updated|photos?|photography|illustrations?|pictures?) by\b|\bpubliziert\b|\bveröffentlicht\b|\bcontributor[s]?\b$|\bleft a\b|\bcomments?\b).*$",
    )
});
static SPLIT: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\s*(?:[;,&]|\s[/+]\s|/|\s(?:and|und|et|y|e|и|і|та|och|og|en|i|with|mit)\s)\s*"));
/// Nobody in particular.
static NOBODY: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(?:(?:the|our|by|guest|site|senior|contributing|special|web|blog|news)\s)?(?:staff|admin|administrator|editors?|editorial|editorial (?:team|staff|board)|redaktion|redacción|redação|rédaction|la rédaction|redazione|redakcja|team|newsroom|news service|webmaster|user|guest|anonymous|unknown|null|undefined|none|default|author|authors|publisher|writers?|reporter|correspondent|contributors?|press release|pressemitteilung|редакция|админ|администратор|super user|wp[ -]?admin|root|test|ops|staff (?:writer|reporter)s?)$",
    )
});
/// A desk or team of a house, called by its name.
static DESK: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(?:\p{Lu}[\w'’.&-]*\s){1,4}(?:staff|editors|team|editorial (?:team|staff|board)|staff (?:report|writer)s?|redaktion|newsroom)$|^news desk$|^web desk$",
    )
});
/// Letters after a name.
static LETTERS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:Ph\.?\s?D\.?|Psy\.?D\.?|Ed\.?D\.?|M\.?D\.?|D\.?O\.?|J\.?D\.?|M\.?Sc\.?|B\.?Sc\.?|M\.?Ed\.?|Pharm\.?D\.?|Dr\.?P\.?H\.?|LL\.?[BM]\.?|[A-Z]{2,6}(?:-[A-Z]{1,4})?[®™]?|Esq\.?)$",
    )
});
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(?:full bio|bio|learn (?:more )?about.*|view .*|read .*|see .*|about .*|last|publiziert|mehr .*|updated?|min|minutes?|share|photo|image|all posts|website|homepage|more|written by|words by|article by|posted by|chief .*|.* architect)$",
    )
});
/// What somebody does.
static JOB: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:editor|reporter|correspondent|writer|journalist|columnist|producer|staff|director|manager|contributor|specialist|analyst|architect|professor|lecturer|author|photographer|intern|fellow|consultant|strategist|founder|co-founder|ceo|cto|cfo|mba|media|inc\.?|llc|ltd|gmbh|dr\. med|president|chair|officer|head of|lead|engineer|developer|marketing|redakteur(?:in)?|journalistin|chefredakteur(?:in)?|rédact(?:eur|rice)|journaliste|periodista|copywriter|expert|expertin|experte)\b|корреспондент|редактор|обозреватель",
    )
});
/// A company by its legal form.
static COMPANY: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^[^,]*(?:\b(?:GmbH|Inc|LLC|Ltd|mbH|KG|Verlag)\b|\be\.\s?V\.)"));
/// A house: an author where it stands first, and who somebody works for after a name.
static HOUSE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:associated press|reuters|afp|dpa|apa|ansa|efe|bbc|cnn|npr|ard|zdf|ndr|wdr|swr|mdr|rbb|news|magazine|university|institute|network|association|foundation|newsroom)\b",
    )
});

/// The names in a byline, each on its own; empty where it names nobody.
pub(super) fn names(byline: &str) -> Vec<String> {
    let byline = crate::dom::squash(byline);
    let is_address =
        !byline.contains(' ') && (byline.contains('@') || byline.contains(".com/") || byline.contains("www."));
    if byline.chars().count() > 300 || byline.contains("://") || is_address {
        return Vec::new();
    }
    let mut rest = byline.as_str();
    for _ in 0..2 {
        rest = PREFIX.find(rest).filter(|found| found.end() < rest.len()).map_or(rest, |found| &rest[found.end()..]);
    }
    let mut kept: Vec<String> = Vec::new();
    let rest = around_date(rest);
    let cut = STOP.find(rest).map_or(rest, |found| if found.start() < 2 { "" } else { &rest[..found.start()] });
    let whole = cut;
    // A company with its seat, "Lake Press GmbH, Lakeside, Germany", made the page; nobody in it wrote the article.
    if COMPANY.is_match(whole) {
        return kept;
    }
    let parts: Vec<&str> = if is_agencies(whole) { vec![whole] } else { SPLIT.split(whole).collect() };
    for (at, part) in parts.iter().enumerate() {
        let part =
            part.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | ')' | '’' | '\'' | '®' | '™'));
        let part = part.trim_end_matches(')');
        let part = PREFIX
            .find(part)
            .filter(|found| found.end() < part.len())
            .map_or(part, |found| &part[found.end()..])
            .trim();
        // "Ann Lee, MD, FACS": letters belong to the name before them.
        if LETTERS.is_match(part)
            && !HOUSE.is_match(part)
            && let Some(name) =
                kept.last_mut().filter(|name| name.contains(' ') && name.chars().any(char::is_lowercase))
        {
            name.push_str(", ");
            name.push_str(part);
            continue;
        }
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

/// A credit to agencies and houses, "AFP/The Gazette": it is written as one.
fn is_agencies(text: &str) -> bool {
    let Some((first, second)) = text.split_once('/') else { return false };
    let is_agency =
        |part: &str| (2..5).contains(&part.chars().count()) && (part.chars().all(char::is_uppercase) || part == "dpa");
    !first.ends_with(' ') && !second.contains([',', '/']) && (is_agency(first.trim()) || is_agency(second.trim()))
}

/// The part of a byline before a day and a month; after it where the date stands first.
fn around_date(text: &str) -> &str {
    // Bylines are on one line with single spaces.
    let words: Vec<(usize, &str)> = text
        .split(' ')
        .scan(0, |start, word| {
            let at = *start;
            *start += word.len() + 1;
            Some((at, word))
        })
        .take(40)
        .collect();
    let is_number = |at: usize| {
        words.get(at).is_some_and(|(_, word)| {
            let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
            !digits.is_empty() && digits.len() < 5 && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let is_month = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphabetic());
        word.chars().count() > 2 && crate::date::names::month(word, None).is_some()
    };
    let Some(month) = (0..words.len()).find(|at| {
        is_month(words[*at].1)
            && (is_number(at + 1)
                || *at > 0 && is_number(at - 1)
                || *at > 1 && words[at - 1].1 == "de" && is_number(at - 2))
    }) else {
        return text;
    };
    let mut first = month;
    while first > 0 && (is_number(first - 1) || words[first - 1].1 == "de" || is_weekday(words[first - 1].1)) {
        first -= 1;
    }
    if first > 0 {
        return &text[..words[first].0];
    }
    let mut after = month + 1;
    while is_number(after)
        || words
            .get(after)
            .is_some_and(|(_, word)| matches!(*word, "de" | "del") || !word.chars().any(char::is_alphabetic))
    {
        after += 1;
    }
    words.get(after).map_or("", |(at, _)| &text[*at..])
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 40] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
        "montag",
        "dienstag",
        "mittwoch",
        "donnerstag",
        "freitag",
        "samstag",
        "sonntag",
        "lundi",
        "mardi",
        "mercredi",
        "jeudi",
        "vendredi",
        "samedi",
        "dimanche",
        "lunes",
        "martes",
        "miércoles",
        "jueves",
        "viernes",
        "الجمعة",
        "mo",
        "di",
        "mi",
        "do",
        "fr",
        "sa",
    ];
    let word = word.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase();
    DAYS.contains(&word.as_str())
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
    if is_collective(part) {
        return at == 0 && DESK.is_match(part);
    }
    // Letters after no name.
    if at > 0 && words == 1 && letters <= 5 && !part.chars().any(char::is_lowercase) {
        return false;
    }
    // What follows a name after a comma may be a job; the first part is a name even if it is an office's.
    !(JOB.is_match(part) || at > 0 && HOUSE.is_match(part))
        || at == 0 && words > 1 && !part.chars().any(char::is_lowercase)
}

/// Whether it is several people without a name: a staff, a team, a desk.
pub(super) fn is_collective(name: &str) -> bool {
    static END: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)(?:^|\s|-)(?:staff|admin|editors?|editorial|team|desk|redaktion|redacción|redakcja|staff (?:report|writer)s?)$",
        )
    });
    END.is_match(name)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines_give_names_and_nothing_else() {
        let rows: [(&str, &[&str]); 41] = [
            ("By Ann Lee", &["Ann Lee"]),
            ("by Ann Lee and Bo Ek", &["Ann Lee", "Bo Ek"]),
            ("Written by: Ann Lee | June 13, 2023", &["Ann Lee"]),
            ("Von Anna Lehmann, Redakteurin", &["Anna Lehmann"]),
            ("ANN LEE-SMITH, Staff Writer", &["Ann Lee-Smith"]),
            ("Ann Lee, Bo Ek & Cy Dal", &["Ann Lee", "Bo Ek", "Cy Dal"]),
            ("Автор: Иван Петров", &["Иван Петров"]),
            ("Auteur(s) : Anne Petit", &["Anne Petit"]),
            ("Interview: Anna Lehmann", &["Anna Lehmann"]),
            ("Show all articles of Ann Lee", &["Ann Lee"]),
            ("Staff", &[]),
            ("Staff Writer", &[]),
            ("Guest Author", &[]),
            ("admin", &[]),
            ("Written by", &[]),
            ("Chief Architect", &[]),
            ("https://social.example/annlee", &[]),
            ("ann.lee@news.example", &[]),
            ("Written by Ann Lee Reviewed by Bo Ek", &["Ann Lee"]),
            ("Reviewed by Bo Ek", &[]),
            // A team or house that has a name is who wrote it.
            ("The Gazette Staff", &["The Gazette Staff"]),
            ("By Gazette Editorial Team", &["Gazette Editorial Team"]),
            ("Lake News", &["Lake News"]),
            ("AFP/The Gazette", &["AFP/The Gazette"]),
            ("Lake Press GmbH, Lakeside, Germany", &[]),
            // Letters after a name are part of it; who somebody works for is not.
            ("Ann Lee, PhD", &["Ann Lee, PhD"]),
            ("Ann Lee, MS, RD and Bo Ek, Ph.D.", &["Ann Lee, MS, RD", "Bo Ek, Ph.D."]),
            ("Ann Lee, CEPF®", &["Ann Lee, CEPF®"]),
            ("Ann Lee, AFP", &["Ann Lee"]),
            ("Ann Lee, Lake University", &["Ann Lee"]),
            ("Bo Ek Jr.", &["Bo Ek Jr."]),
            // Dates on either side.
            ("Posted by Ann Lee on June 13", &["Ann Lee"]),
            ("Ann Gonzalez May 16, 2025", &["Ann Gonzalez"]),
            ("Anna Lehmann 26. Januar 2015", &["Anna Lehmann"]),
            ("Anna Lehmann Fr, 5. Januar 2018", &["Anna Lehmann"]),
            ("Dec. 19, 2025 · Ann Lee on behalf of the team", &["Ann Lee"]),
            ("6 de mayo de 2022", &[]),
            ("Ann Lee ⋅ Senior Analyst", &["Ann Lee"]),
            ("Ann Lee (ann@news.example)", &["Ann Lee"]),
            ("Lee, Ann", &["Ann Lee"]),
            ("", &[]),
        ];
        for (given, wanted) in rows {
            assert_eq!(names(given), wanted, "{given}");
        }
    }
}
