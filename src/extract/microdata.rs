//! Microdata, RDFa and microformats: fields named by attributes of visible elements.

use crate::dom::{Node, Page};
use crate::model::{Category, Person};

use super::scene::{Partial, Scene, plain};
use super::{byline, hints};

/// Reads what the attributes say.
pub(super) fn read(scene: &Scene) -> Partial {
    let page = scene.page;
    let mut said = Partial::default();
    let mut people: Vec<Person> = Vec::new();
    let (mut terms, mut tags) = (Vec::new(), Vec::new());
    for node in page.inside(page.root()) {
        if let Some(term) = tag(page, node) {
            tags.push(term);
        }
        let Some(property) = property(page, node) else { continue };
        if inside_comment(page, node) {
            continue;
        }
        for name in property.split_whitespace().take(6) {
            match name.rsplit([':', '/', '#']).next().unwrap_or(name) {
                "headline" => said.title = said.title.or_else(|| value(page, node)),
                "alternativeHeadline" | "description" => said.summary = said.summary.or_else(|| value(page, node)),
                "author" | "creator" => push_people(scene, node, &mut people),
                "datePublished" | "dateCreated" | "published"
                    if scene.page.name(node) != "meta" || name.contains("date") =>
                {
                    said.published = said.published.or_else(|| moment(scene, node));
                }
                "dateModified" | "modified" => said.updated = said.updated.or_else(|| moment(scene, node)),
                "articleSection" | "keywords" => {
                    terms.extend(value(page, node).iter().flat_map(|list| list.split([',', ';'])).filter_map(plain));
                }
                "isAccessibleForFree" => {
                    let free = value(page, node).map(|word| !word.eq_ignore_ascii_case("false"));
                    said.paywalled = said.paywalled.or(free.map(|free| !free));
                }
                "inLanguage" => said.language = said.language.or_else(|| value(page, node)),
                _ => {}
            }
        }
    }
    said.authors = people;
    // What links call the subjects counts where nothing else does.
    said.categories =
        super::open_graph::unique(if terms.is_empty() { tags } else { terms }).into_iter().collect::<Vec<Category>>();
    said
}

/// The subject a link names: `rel=tag`, outside of what stands beside the article.
fn tag(page: &Page, node: Node) -> Option<String> {
    let is_tag = page.name(node) == "a"
        && page.attribute(node, "rel").is_some_and(|rel| rel.split_whitespace().any(|word| word == "tag"));
    if !is_tag {
        return None;
    }
    let beside = page.ancestors(node).any(|above| {
        matches!(page.name(above), "aside" | "nav" | "h1" | "h2" | "h3") || hints::beside(&hints::names(page, above))
    });
    plain(&page.line(node)).filter(|_| !beside)
}

fn property(page: &Page, node: Node) -> Option<&str> {
    page.filled(node, "itemprop").or_else(|| {
        // RDFa uses `property` too, and so does Open Graph in `meta`: that is another rung.
        (page.name(node) != "meta").then(|| page.filled(node, "property"))?
    })
}

fn inside_comment(page: &Page, node: Node) -> bool {
    page.ancestors(node).any(|above| {
        page.attribute(above, "itemprop") == Some("comment")
            || matches!(page.name(above), "li" | "div" | "article" | "section")
                && hints::comments(&hints::names(page, above))
            || page
                .attribute(above, "itemtype")
                .is_some_and(|kind| kind.ends_with("/Comment") || kind.ends_with("/UserComments"))
    })
}

/// The value of a property: its attribute where it has one, else its text.
fn value(page: &Page, node: Node) -> Option<String> {
    let attribute = ["content", "datetime"].iter().find_map(|name| page.filled(node, name));
    attribute.and_then(plain).or_else(|| plain(&page.line(node)))
}

fn moment(scene: &Scene, node: Node) -> Option<crate::date::page::Moment> {
    let page = scene.page;
    let inner = page.named(node, "time").next().unwrap_or(node);
    ["content", "datetime"]
        .iter()
        .filter_map(|name| page.filled(inner, name).or_else(|| page.filled(node, name)))
        .find_map(|text| scene.moment(text))
        .or_else(|| scene.moment(&page.line(node)))
}

fn push_people(scene: &Scene, node: Node, into: &mut Vec<Person>) {
    let page = scene.page;
    // A person has a name of its own inside; more than one means more than one person.
    let named: Vec<Node> = page
        .inside(node)
        .skip(1)
        .filter(|inner| property(page, *inner).is_some_and(|p| p.split_whitespace().any(|name| name == "name")))
        .collect();
    let parts = if named.is_empty() { vec![node] } else { named };
    for part in parts.into_iter().take(10) {
        let Some(text) = value(page, part) else { continue };
        let url = page
            .filled(part, "href")
            .or_else(|| page.filled(node, "href"))
            .and_then(|address| scene.web(address))
            .map(String::from);
        for name in byline::names(&text) {
            if !into.iter().any(|known| known.name.as_deref() == Some(&name)) && into.len() < 20 {
                into.push(Person { name: Some(name), email: None, url: url.clone() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_name_the_subjects_where_nothing_else_does() {
        let terms = |body: &str| -> Vec<String> {
            let page = Page::parse(body);
            let scene = Scene { page: &page, base: None, url: None, zone: &jiff::tz::TimeZone::UTC, language: None };
            read(&scene).categories.into_iter().map(|category| category.term).collect()
        };
        let links = "<p>In <a rel='category tag'>Energy</a><a rel=tag>Rivers</a><a rel=nofollow>x</a></p>";
        assert_eq!(terms(links), ["Energy", "Rivers"]);
        assert_eq!(terms(&format!("<aside>{links}</aside>")), [""; 0]);
        assert_eq!(terms(&format!("<meta itemprop=keywords content='Plants'>{links}")), ["Plants"]);
    }
}
