//! The page that goes on with a list.

use url::Url;

use crate::address;

use super::super::Scene;

/// What links to the next page of a list say.
const WORDS: [&str; 26] = [
    "next",
    "next page",
    "older",
    "older posts",
    "older entries",
    "›",
    "»",
    "→",
    ">",
    ">>",
    "weiter",
    "nächste",
    "nächste seite",
    "suivant",
    "page suivante",
    "siguiente",
    "próxima",
    "successivo",
    "далее",
    "следующая",
    "след.",
    "вперед",
    "наступная",
    "下一页",
    "次へ",
    "التالي",
];

/// The page that goes on with the list.
pub(in crate::discover) fn next(scene: &Scene) -> Option<Url> {
    let page = &scene.page;
    page.inside(page.root())
        .filter(|node| matches!(page.name(*node), "a" | "link"))
        .find(|node| {
            let rel = page
                .attribute(*node, "rel")
                .is_some_and(|rel| rel.split_whitespace().any(|word| word.eq_ignore_ascii_case("next")));
            rel || page.name(*node) == "a" && {
                let line = page.line(*node).to_lowercase();
                let bare = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}');
                let worded = bare.trim_end_matches(|c: char| c.is_whitespace() || "›»→>".contains(c));
                WORDS.contains(&bare) || WORDS.contains(&worded)
            }
        })
        .and_then(|node| scene.web(page.filled(node, "href")?))
        .filter(|url| scene.url.as_ref().is_none_or(|own| address::fold(own) != address::fold(url)))
}
