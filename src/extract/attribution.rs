//! Lines that say whose material the article rests on: "Based on materials of …", "Источник: …".

use std::sync::LazyLock;

use regex::Regex;

use crate::dom::{Node, Page, squash};
use crate::model::{Attribution, Named};

use super::scene::Scene;

static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^[\s(\[*–—-]*(?:",
        // Phrases that need no colon.
        r"(?:(?:text\s+)?(?:is\s+)?based on (?:the )?materials? (?:of|from|by)|with materials? (?:of|from)|by materials? of|from materials of|material from|courtesy of the press service of|nach (?:materialien|material|informationen) von|d['’]après (?:les )?(?:documents|éléments) d[eu]|con (?:materiales|información) de|con material(?:e|i) di|по материалам|по информации|по сообщению|с использованием материалов|при использовании материалов|за матеріалами|за інформацією|паводле матэрыялаў|па матэрыялах|na podstawie materiałów)\b\s*:?",
        // Words that need one.
        r"|(?:sources?|quellen?|fuentes?|fontes?|fonti|źródł[oa]|zdroje?|kilde|källa|bron|kaynak|izvor|forrás|sursa|lähde|πηγή|источники?|джерел[оа]|крыніц[аы]|المصدر|المصادر|مصدر|منبع|ה?מקור|(?:消息|新闻|文章)?来源|(?:消息|新聞)?來源|出典|출처)\s*[:：]",
        r")\s*(?P<rest>.*)$"
    ))
    .expect("the built-in attribution pattern is a valid expression")
});

/// Words that part names and are none.
static BETWEEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\s*(?:[,;/|]|(?:^|\s)(?:and|und|et|y|e|и|і|й|та|ды|oraz|och|og|en)(?:\s|$))\s*")
        .expect("the built-in pattern is a valid expression")
});

/// The attribution in a line, if it is one. `links` are the links in it: text and address.
pub(super) fn of_line(line: &str, links: &[Named]) -> Option<Attribution> {
    let text = squash(line);
    if text.chars().count() > 240 {
        return None;
    }
    let rest = LINE.captures(&text)?.name("rest")?.as_str().to_owned();
    let names = if links.is_empty() { names(&rest) } else { links.to_vec() };
    Some(Attribution { text, names })
}

/// The names in what follows the phrase; whole addresses are names with a link.
pub(super) fn names(rest: &str) -> Vec<Named> {
    let rest = rest.trim_end_matches(['.', ')', ']', ' ']);
    BETWEEN
        .split(rest)
        .map(|part| unquoted(part.trim()))
        .filter(|part| part.chars().any(char::is_alphanumeric))
        .take(12)
        .map(|part| Named { name: part.to_owned(), url: None })
        .collect()
}

/// A name without the quotation marks around it; a mark inside keeps its partner.
fn unquoted(name: &str) -> &str {
    const PAIRS: [(char, char); 4] = [('"', '"'), ('“', '”'), ('«', '»'), ('„', '“')];
    let is_wrapped =
        |(open, close): &(char, char)| name.starts_with(*open) && name.ends_with(*close) && name.chars().count() > 2;
    let Some((open, close)) = PAIRS.iter().find(|pair| is_wrapped(pair)) else { return name };
    let inner = &name[open.len_utf8()..name.len() - close.len_utf8()];
    if inner.contains([*open, *close]) { name } else { inner.trim() }
}

/// The links inside a node, with their text.
pub(super) fn links(scene: &Scene, node: Node) -> Vec<Named> {
    let page: &Page = scene.page;
    page.named(node, "a")
        .filter_map(|link| {
            let name = page.line(link);
            let url = page.filled(link, "href").and_then(|address| scene.web(address)).map(String::from);
            (!name.is_empty()).then_some(Named { name, url })
        })
        .take(12)
        .collect()
}

/// The links around these pieces of a line, with their text.
pub(super) fn links_around(scene: &Scene, parts: &[Node]) -> Vec<Named> {
    let page = scene.page;
    let around = |part: &Node| page.ancestors(*part).take(4).find(|above| page.name(*above) == "a");
    let mut anchors: Vec<Node> = parts.iter().filter_map(around).collect();
    anchors.dedup();
    let named = anchors.into_iter().filter_map(|anchor| {
        let name = page.line(anchor);
        let url = page.filled(anchor, "href").and_then(|address| scene.web(address)).map(String::from);
        (!name.is_empty()).then_some(Named { name, url })
    });
    named.take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_name_their_sources_are_known_in_several_languages() {
        let rows: [(&str, &[&str]); 11] = [
            ("Based on materials of the Agency and Daily News", &["the Agency", "Daily News"]),
            ("Based on materials of and", &[]),
            ("Based on materials of\u{a0}and", &[]),
            ("По материалам агентства «Вести»", &["агентства «Вести»"]),
            ("Источник: «Вести», \"Новости\"", &["Вести", "Новости"]),
            ("Источник: Вести, Новости", &["Вести", "Новости"]),
            ("Source: Ministry of Works.", &["Ministry of Works"]),
            ("Quelle: Amt", &["Amt"]),
            ("За матеріалами пресслужби", &["пресслужби"]),
            ("المصدر: وكالة الأنباء", &["وكالة الأنباء"]),
            ("来源：海湾晚报", &["海湾晚报"]),
        ];
        for (line, wanted) in rows {
            let found = of_line(line, &[]).unwrap_or_else(|| panic!("{line} is an attribution"));
            let names: Vec<&str> = found.names.iter().map(|named| named.name.as_str()).collect();
            assert_eq!(names, wanted, "{line}");
        }
        for other in ["Sources say the plant opens", "The source of the river is high", ""] {
            assert_eq!(of_line(other, &[]), None, "{other}");
        }
    }
}
