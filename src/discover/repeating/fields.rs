//! What an item says: headline, date, summary, picture.

use jiff::Timestamp;

use crate::address;
use crate::date::page as dates;
use crate::dom::{Node, Page};

use super::super::Scene;
use super::common::{Common, image_of};
use super::links::Link;
use super::segments::{self, Segment};
use super::spans::Span;
use super::survey::weight;
use super::{Found, words};

/// Weight a summary has at least.
const SHORTEST_SUMMARY: u32 = 36;
/// Weight of the shortest summary that is a sentence.
const SHORTEST_SENTENCE: u32 = 16;
/// Links of an item that are looked at.
const MAX_OWN: usize = 200;
/// Characters a line with a date has at most.
const LONGEST_DATE: usize = 60;

/// Reads one item.
pub(super) fn read(scene: &Scene, link: &Link, span: Span, common: &Common) -> Found {
    let page = &scene.page;
    let own = own_links(scene, link, span);
    let reader = Reader { scene, page, link, span, common, own };
    let title = reader.title();
    let title_node = title.as_ref().map_or(link.node, |(node, _)| *node);
    let published = reader.published(title_node);
    let summary = reader.summary(title_node, title.as_ref().map(|(_, text)| text.as_str()));
    let image = reader.image();
    Found { url: link.url.clone(), link: link.node, scope: span.scope, title, published, summary, image }
}

/// The links of an item to its article, the one it was found by first.
fn own_links(scene: &Scene, link: &Link, span: Span) -> Vec<Node> {
    let page = &scene.page;
    let leads_there = |node: &Node| {
        let url = page.filled(*node, "href").and_then(|href| scene.web(href));
        url.is_some_and(|url| address::fold(&url) == link.key)
    };
    let nodes = (span.from..span.to).map(|index| page.at(index));
    let others = nodes.filter(|node| page.name(*node) == "a" && *node != link.node).take(MAX_OWN).filter(leads_there);
    std::iter::once(link.node).chain(others).collect()
}

struct Reader<'a> {
    scene: &'a Scene<'a>,
    page: &'a Page,
    link: &'a Link,
    span: Span,
    common: &'a Common,
    /// The links of the item to its article.
    own: Vec<Node>,
}

impl Reader<'_> {
    fn nodes(&self) -> impl Iterator<Item = Node> + '_ {
        (self.span.from..self.span.to).map(|index| self.page.at(index))
    }

    fn is_date(&self, text: &str) -> bool {
        is_date(self.scene, text)
    }

    /// Whether a text may be a headline.
    fn says(&self, text: &str) -> bool {
        weight(text) >= 5 && !self.common.is_common(text) && !self.is_date(text)
    }

    fn title(&self) -> Option<(Node, String)> {
        let page = self.page;
        let own = &self.own;
        let headings: Vec<Node> = self.nodes().filter(|node| is_heading(page, *node)).collect();
        let linked = headings.iter().find_map(|heading| {
            let inside = own
                .iter()
                .filter(|link| page.contains(*heading, **link))
                .max_by_key(|link| weight(&page.line(**link)))?;
            let (text, whole) = (page.line(*inside), page.line(*heading));
            if self.says(&text) { Some((*inside, text)) } else { self.says(&whole).then_some((*heading, whole)) }
        });
        let bare = || {
            let free = headings.iter().filter(|heading| self.is_unlinked(**heading));
            free.map(|heading| (*heading, page.line(*heading))).find(|(_, text)| self.says(text))
        };
        let headed = linked.or_else(bare);
        headed
            .or_else(|| own.iter().find_map(|link| self.within_link(*link)))
            .or_else(|| self.named_title())
            .or_else(|| self.first_line())
            .or_else(|| own.iter().find_map(|link| self.told(*link)))
            .or_else(|| Some((self.link.node, self.link.text.clone())).filter(|(_, text)| !text.is_empty()))
    }

    /// Whether no link leads from a heading to somewhere else.
    fn is_unlinked(&self, heading: Node) -> bool {
        let page = self.page;
        let own = &self.own;
        page.contains(self.link.node, heading)
            || page.named(heading, "a").all(|link| own.contains(&link) || page.filled(link, "href").is_none())
    }

    /// The headline a link says: all of it, or where it holds a whole card, the part that is one.
    fn within_link(&self, link: Node) -> Option<(Node, String)> {
        let page = self.page;
        let parts = segments::read(page, link.index(), page.end(link), |_| false);
        if let [only] = &parts[..] {
            return self.says(&only.text).then(|| (link, only.text.clone()));
        }
        let saying: Vec<&Segment> = parts.iter().filter(|part| self.says(&part.text)).collect();
        let named = saying.iter().find(|part| is_titled(page, part.holder, link));
        let long = || saying.iter().find(|part| part.weight >= 16).or(saying.first());
        named.or_else(long).map(|part| (part.holder, part.text.clone()))
    }

    /// What a class calls a title.
    fn named_title(&self) -> Option<(Node, String)> {
        let page = self.page;
        let named = self.nodes().filter(|node| {
            page.is_element(*node)
                && *node != self.span.scope
                && has_title_class(page, *node)
                && self.is_unlinked(*node)
        });
        named.map(|node| (node, page.line(node))).find(|(_, text)| self.says(text) && weight(text) < 300)
    }

    /// The first line of the item that is no date and no label.
    fn first_line(&self) -> Option<(Node, String)> {
        let parts = segments::read(self.page, self.span.from, self.span.to, |_| false);
        let line = parts.into_iter().find(|part| part.weight >= 16 && part.linked == 0 && self.says(&part.text))?;
        let mut text = line.text;
        if weight(&text) > 200 {
            text = text.split_inclusive(['.', '!', '?', '。']).next().unwrap_or(&text).trim().to_owned();
        }
        Some((line.holder, text))
    }

    /// What a link says for those who do not see.
    fn told(&self, link: Node) -> Option<(Node, String)> {
        let page = self.page;
        let own = ["title", "aria-label"].iter().filter_map(|key| page.filled(link, key));
        let pictures = page.named(link, "img").filter_map(|image| page.filled(image, "alt"));
        own.chain(pictures).find(|text| self.says(text)).map(|text| (link, text.to_owned()))
    }

    fn published(&self, title: Node) -> Option<(Option<Node>, Timestamp)> {
        let (scene, page) = (self.scene, self.page);
        let language = scene.language.as_deref();
        let machine = |node: Node| {
            let value = match page.name(node) {
                "time" => page.filled(node, "datetime"),
                _ if page.filled(node, "itemprop").is_some_and(|name| name.contains("datePublished")) => {
                    page.filled(node, "content").or_else(|| page.filled(node, "datetime"))
                }
                _ => ["data-date", "data-published", "data-time", "data-timestamp", "data-datetime", "datetime"]
                    .iter()
                    .find_map(|key| page.filled(node, key)),
            }?;
            dates::read(value, scene.zone, language).map(|moment| (Some(node), moment.at))
        };
        let shown = |node: Node| {
            if page.contains(node, title) || page.contains(title, node) && title != self.link.node {
                return None;
            }
            let text = match page.characters(node) {
                Some(text) => text.trim().to_owned(),
                None if page.is_element(node) && page.end(node) - node.index() < 40 => page.line(node),
                None => return None,
            };
            if text.chars().count() >= LONGEST_DATE || text.len() < 6 {
                return None;
            }
            let place = if page.is_element(node) { Some(node) } else { page.parent(node) };
            dates::read_in_order(&text, self.common.order, scene.zone, language).map(|moment| (place, moment.at))
        };
        // "3 hours ago" has the moment in its title.
        let told = |node: Node| {
            let title = page
                .filled(node, "title")
                .filter(|_| matches!(page.name(node), "abbr" | "span" | "time" | "small" | "div"))?;
            (title.len() < LONGEST_DATE)
                .then(|| dates::read(title, scene.zone, language))?
                .map(|moment| (Some(node), moment.at))
        };
        self.nodes()
            .find_map(machine)
            .or_else(|| self.nodes().find_map(shown))
            .or_else(|| self.nodes().find_map(told))
            .or_else(|| dates::in_address(self.link.url.path(), scene.zone).map(|moment| (None, moment.at)))
    }

    /// The longest piece of text that is neither headline nor date.
    fn summary(&self, title_node: Node, title: Option<&str>) -> Option<(Node, String)> {
        let page = self.page;
        let own = &self.own;
        let is_card = |node: Node| page.contains(node, title_node) && node != title_node;
        let leave_out = |node: Node| {
            node == title_node
                || own.contains(&node) && !is_card(node) && self.is_invitation(node, title)
                || page.name(node) == "a" && self.common.is_common(&page.line(node))
        };
        let parts = segments::read(page, self.span.from, self.span.to, leave_out);
        let is_whole_linked = page.contains(self.link.node, title_node) && self.link.node != title_node;
        parts
            .into_iter()
            .filter(|part| {
                part.weight >= SHORTEST_SUMMARY || part.weight >= SHORTEST_SENTENCE && is_sentence(&part.text)
            })
            .filter(|part| Some(part.text.as_str()) != title)
            .filter(|part| {
                is_whole_linked
                    || part.linked * 10 < part.weight * 6
                    || own.iter().any(|own| page.contains(*own, part.start))
            })
            .filter(|part| !is_details(&part.text) && !self.is_listed(part.start))
            .filter(|part| !self.common.is_common(&part.text) && !self.is_date(&part.text))
            .max_by_key(|part| part.weight)
            .map(|part| (part.holder, part.text))
    }

    /// Whether a text is one of several points inside the item.
    fn is_listed(&self, node: Node) -> bool {
        let around = self.page.ancestors(node).take_while(|above| *above > self.span.scope);
        around.take(8).any(|above| self.page.name(above) == "li")
    }

    /// Whether a link to the article only says that it is one: "Read more", or the headline again.
    fn is_invitation(&self, link: Node, title: Option<&str>) -> bool {
        let text = self.page.line(link);
        let is_named = || {
            self.page
                .filled(link, "class")
                .is_some_and(|class| words::tokens(class).iter().any(|token| token == "more" || token == "readmore"))
        };
        weight(&text) < 60
            || self.common.is_common(&text)
            || title.is_some_and(|title| text.contains(title))
            || is_named()
    }

    fn image(&self) -> Option<(Node, url::Url)> {
        let page = self.page;
        let own = &self.own;
        // The face of an author leads to the author.
        let is_of_another = |node: Node| {
            let around = page.ancestors(node).take_while(|above| above.index() >= self.span.from);
            around
                .take(6)
                .any(|above| page.name(above) == "a" && page.filled(above, "href").is_some() && !own.contains(&above))
        };
        self.nodes().find_map(|node| {
            let image = image_of(page, node).filter(|image| !self.common.images.contains(image))?;
            let is_icon = ["width", "height"].iter().all(|side| {
                page.filled(node, side)
                    .and_then(|size| size.trim_end_matches("px").parse::<f64>().ok())
                    .is_some_and(|size| size <= 40.0)
            });
            if is_icon || is_of_another(node) {
                return None;
            }
            self.scene.web(&image).map(|url| (node, url))
        })
    }
}

/// Whether a line is a row of particulars: "Category: News | Views: 30 | By: admin".
fn is_details(text: &str) -> bool {
    text.matches(['|', '·', '•']).count() >= 2
}

fn is_sentence(text: &str) -> bool {
    text.ends_with(['.', '!', '?', '…', '。', '！', '？', '।', '؟', ']'])
}

pub(super) fn is_heading(page: &Page, node: Node) -> bool {
    matches!(page.name(node), "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
        || page.attribute(node, "role") == Some("heading")
}

fn has_title_class(page: &Page, node: Node) -> bool {
    let is_named = page.filled(node, "itemprop").is_some_and(|name| matches!(name, "headline" | "name"));
    is_named
        || page.filled(node, "class").is_some_and(|class| {
            let tokens = words::tokens(class);
            tokens.iter().any(|token| {
                matches!(token.as_str(), "title" | "headline" | "heading" | "ttl" | "caption" | "titel" | "titre")
            })
        })
}

/// Whether an element or one around it up to the link is called a title.
fn is_titled(page: &Page, holder: Node, link: Node) -> bool {
    std::iter::once(holder)
        .chain(page.ancestors(holder))
        .take_while(|node| *node != link && page.contains(link, *node))
        .take(3)
        .any(|node| has_title_class(page, node))
}

/// Whether a text is a date and nothing else worth reading.
pub(super) fn is_date(scene: &Scene, text: &str) -> bool {
    let count = text.chars().count();
    if count > 40 || !text.chars().any(char::is_numeric) {
        return false;
    }
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    digits >= 3 && letters <= 3
        || dates::read_in_order(text, Some(dates::Order::DayFirst), scene.zone, scene.language.as_deref()).is_some()
            && letters < 24
}
