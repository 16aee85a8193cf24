//! Who wrote it, found by looking: `rel=author`, elements named for it, lines that begin with "By", names under a label, the
//! box about the author after the text, the state that scripts hold.

use std::sync::LazyLock;

use regex::Regex;

use crate::dom::{Node, Page};
use crate::model::Person;

use super::byline::{names, regex};
use super::hints;
use super::scene::{Scene, fold};

type Source<'a> = &'a dyn Fn(Node) -> bool;

/// The byline of the page, found by looking: `rel=author`, elements named for it, lines that begin with "By", links to the
/// pages of authors, a name under a label.
pub(super) fn find(scene: &Scene, top: &[Node]) -> Vec<Person> {
    let page = scene.page;
    let sources: [Source; 5] = [
        &|node| {
            page.attribute(node, "rel").is_some_and(|rel| rel.split_whitespace().any(|word| word == "author"))
                && page.name(node) == "a"
        },
        &|node| author_names(page, node),
        &|node| byline_names(page, node),
        &|node| is_short_line(page, node) && begins_byline(&page.line(node)),
        &|node| is_author_link(page, node),
    ];
    let found = sources.iter().find_map(|source| Some(people(scene, top, source)).filter(|people| !people.is_empty()));
    found.unwrap_or_else(|| labelled(scene, top))
}

/// Where nothing else names an author: the box about the author that stands after the text, else what scripts say.
pub(super) fn find_after(scene: &Scene, after: &[Node]) -> Vec<Person> {
    let page = scene.page;
    let sources: [Source; 2] = [&|node| author_names(page, node) && !is_foreign(page, node), &|node| {
        is_short_line(page, node) && begins_byline(&page.line(node)) && !is_foreign(page, node)
    }];
    let found =
        sources.iter().find_map(|source| Some(people(scene, after, source)).filter(|people| !people.is_empty()));
    let mut found = found.unwrap_or_else(|| in_scripts(scene));
    found.truncate(1);
    found
}

/// Whether it belongs to a comment or to the teaser of something else.
fn is_foreign(page: &Page, node: Node) -> bool {
    std::iter::once(node).chain(page.ancestors(node)).take(10).any(|above| {
        let names = hints::names(page, above);
        matches!(page.name(above), "nav" | "footer" | "blockquote") || hints::comments(&names) || hints::beside(&names)
    })
}

fn people(scene: &Scene, nodes: &[Node], source: Source) -> Vec<Person> {
    let page = scene.page;
    let mut people: Vec<Person> = Vec::new();
    let mut last_end = 0;
    for node in nodes.iter().copied().filter(|node| page.is_element(*node) && source(*node)) {
        if node.index() < last_end {
            continue;
        }
        let line = page.line(node);
        if line.chars().count() > 160 {
            continue;
        }
        last_end = page.end(node);
        push(scene, node, &line, &mut people);
        if !people.is_empty() && page.attribute(node, "rel").is_none() {
            break;
        }
    }
    people
}

fn push(scene: &Scene, node: Node, line: &str, people: &mut Vec<Person>) {
    let page = scene.page;
    let url = page
        .named(node, "a")
        .find_map(|link| page.filled(link, "href"))
        .and_then(|address| scene.web(address))
        .map(String::from);
    for name in names(line) {
        if people.len() < 8 && !people.iter().any(|known| known.name.as_deref().map(fold) == Some(fold(&name))) {
            people.push(Person { name: Some(name), email: None, url: url.clone() });
        }
    }
}

/// A link to the page of an author, with a name in it.
fn is_author_link(page: &Page, node: Node) -> bool {
    static PATH: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)/(?:authors?|autor(?:en|es)?|auteurs?|autori|writers?|contributors?|staff|byline|profil|redakteure?|journalists?|columnists?)/[^/?#]{3,}",
        )
    });
    page.name(node) == "a"
        && page.filled(node, "href").is_some_and(|href| PATH.is_match(href))
        && is_personal(&page.line(node))
        && !is_foreign(page, node)
}

/// Whether a text is written like the name of a person: two to four words, each with a capital.
fn is_personal(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let count = words.clone().count();
    (2..=4).contains(&count)
        && words.all(|word| {
            word.chars().next().is_some_and(char::is_uppercase)
                || matches!(word, "de" | "van" | "von" | "der" | "la" | "del" | "di" | "da" | "bin" | "al")
        })
        && !text.chars().any(|c| c.is_ascii_digit() || matches!(c, ':' | '!' | '?' | '|'))
}

/// The name after a label that stands alone: "Written by", then "Ann Lee" in an element of its own.
fn labelled(scene: &Scene, nodes: &[Node]) -> Vec<Person> {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)^(?:by|(?:written|posted|article|words|story|authored) by|authors?|author\(s\)|von|autor(?:in|en)?|text|par|auteur(?:\(s\)|s)?|rédaction|por|escrito por|di|autore|автор|текст)\s*:?$",
        )
    });
    let page = scene.page;
    for (at, node) in nodes.iter().enumerate() {
        let Some(label) = page.characters(*node).map(str::trim) else { continue };
        if label.len() > 24 || !LABEL.is_match(label) || is_foreign(page, *node) {
            continue;
        }
        let next = nodes
            .iter()
            .skip(at + 1)
            .take(16)
            .filter_map(|next| Some((*next, page.characters(*next)?.trim())))
            .find(|(_, text)| !text.is_empty());
        if let Some((next, name)) = next.filter(|(_, text)| is_personal(text)) {
            let mut people = Vec::new();
            push(scene, page.parent(next).unwrap_or(next), name, &mut people);
            if !people.is_empty() {
                return people;
            }
        }
    }
    Vec::new()
}

/// Whom the scripts of a page name as its author, where they name one alone.
fn in_scripts(scene: &Scene) -> Vec<Person> {
    static KEY: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"["'](?:pagePost)?[aA]uthors?(?:_?[nN]ame)?["']\s*:\s*["']([^"'\\<>{}]{3,60})["']"#));
    let page = scene.page;
    let mut said = page
        .named(page.root(), "script")
        .flat_map(|script| page.children(script))
        .filter_map(|inner| page.characters(inner))
        .filter(|source| source.contains("uthor"))
        .flat_map(|source| KEY.captures_iter(source))
        .filter_map(|found| found.get(1))
        .map(|found| found.as_str().trim())
        .take(50);
    let Some(first) = said.next().filter(|first| is_personal(first)) else { return Vec::new() };
    if said.any(|other| other != first) {
        return Vec::new();
    }
    names(first).into_iter().map(Person::named).collect()
}

static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[ -](?:authors?-*(?:box-*)?name|byline-*name|author-*link|p-author|fn|contributor-*name|autor-*name|writer-*name|post-author-name|expert-*name|full-name)[ -]",
    )
});

fn author_names(page: &Page, node: Node) -> bool {
    // Most elements say nothing of the kind: a look at the attributes saves taking the names apart.
    let may = page.attributes(node).any(|(_, value)| {
        value.len() < 400
            && (value.contains("ame") || value.contains("uthor") || value.contains("utor") || value.contains("fn"))
    });
    may && NAMED.is_match(&hints::names(page, node))
}

static BYLINE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[ -](?:byline|by-line|authors?|autor|auteur|autore|post-author|entry-author|article-author|writer|submitted|posted-by|postedby|vcard|avtor)[ -]",
    )
});

static NOT_BYLINE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[ -](?:comment|comments|avatar|related|image|img|photo|bio|social|share|popular|sidebar|description|follow)[ -]",
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

    fn found(body: &str) -> Vec<String> {
        let page = Page::parse(body);
        let scene = Scene { page: &page, base: None, url: None, zone: &jiff::tz::TimeZone::UTC, language: None };
        let nodes: Vec<Node> = page.inside(page.root()).collect();
        find(&scene, &nodes).into_iter().filter_map(|person| person.name).collect()
    }

    #[test]
    fn authors_are_found_by_name_link_and_label() {
        let rows = [
            "<div class='authorName'>Ann Lee</div>",
            "<h4 class='elementor-author-box__name'>Ann Lee</h4>",
            "<p class='publish-date-author'>Dec. 19, 2025 &middot; Ann Lee</p>",
            "<p>Some words <a href='/author/ann-lee/'>Ann Lee</a></p>",
            "<h2>Article by</h2><div>Ann Lee</div>",
            "<p><strong>By</strong></p><div><p>Ann Lee</p></div>",
        ];
        for row in rows {
            assert_eq!(found(row), ["Ann Lee"], "{row}");
        }
        for row in [
            "<p>By</p><p>the river stands a plant.</p>",
            "<footer><a href='/author/ann-lee/'>Ann Lee</a></footer>",
            "<a href='/author/ann-lee/'>More stories</a>",
        ] {
            assert_eq!(found(row), [""; 0], "{row}");
        }
    }

    #[test]
    fn scripts_name_an_author_where_they_name_one_alone() {
        let said = |script: &str| {
            let page = Page::parse(&format!("<script>{script}</script>"));
            let scene = Scene { page: &page, base: None, url: None, zone: &jiff::tz::TimeZone::UTC, language: None };
            in_scripts(&scene).into_iter().filter_map(|person| person.name).collect::<Vec<_>>()
        };
        assert_eq!(said("dataLayer = [{'author': 'Ann Lee'}, {'author': 'Ann Lee'}]"), ["Ann Lee"]);
        assert_eq!(said("x = [{'author': 'Ann Lee'}, {'author': 'Bo Ek'}]"), [""; 0]);
        assert_eq!(said("x = {'author': 'annlee7'}"), [""; 0]);
    }

    #[test]
    fn the_box_after_the_text_names_the_author() {
        let after = |body: &str| {
            let page = Page::parse(body);
            let scene = Scene { page: &page, base: None, url: None, zone: &jiff::tz::TimeZone::UTC, language: None };
            let nodes: Vec<Node> = page.inside(page.root()).collect();
            find_after(&scene, &nodes).into_iter().filter_map(|person| person.name).collect::<Vec<_>>()
        };
        assert_eq!(after("<h3 class=author__name>Ann Lee</h3><p>writes of rivers.</p>"), ["Ann Lee"]);
        assert_eq!(after("<div class=comments><h3 class=author__name>Ann Lee</h3></div>"), [""; 0]);
        assert_eq!(after("<h3>Ann Lee</h3>"), [""; 0]);
    }
}
