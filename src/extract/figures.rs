//! Pictures with what is written under them: caption, place and credit.

use std::sync::LazyLock;

use regex::Regex;

use crate::dom::{Marks, Node, Page, squash};
use crate::model::Figure;

use super::hints;
use super::scene::Scene;

const MAX_FIGURES: usize = 60;

static CREDIT_NAMES: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"[ -](?:credits?|copyright|photographer|photo-?by|copy|byline|quelle|source|autor|author)[ -]")
});
static CAPTION_NAMES: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[ -](?:captions?|caption-text|wp-caption-text|figcaption|bildunterschrift|image-?text|legend|description)[ -]",
    )
});
static PLACE_NAMES: LazyLock<Regex> = LazyLock::new(|| regex(r"[ -](?:place|location|ort)[ -]"));
/// A credit at the end of a caption: "(Photo: N. N.)", "Photo: N. N.", "© N. N.".
static CREDIT: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:^|[\s.(\[|/–—-])[(\[]?\s*(?:(?:file )?(?:photos?|pictures?|images?|pics?|credits?|fotos?|bild(?:er)?|photo credit|image credit|crédits?(?: photo)?|фото|снимок|foto di|fotograf)(?:\s+(?:by|courtesy(?: of)?|via|credit))?\s*[:：/©]|(?:photo|image|foto|picture) (?:by|courtesy(?: of)?|via)\s|courtesy(?: of)?\s*:?\s|©|\(c\)|&copy;)\s*(?P<credit>[^()\[\]]{2,120}?)\s*[)\]]?\.?$",
    )
});
/// A credit in brackets at the end: "(AP Photo/N. N.)", "(Reuters)".
static BRACKETS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[(\[](?P<credit>[^()\[\]]*(?:Photo|Images|Reuters|REUTERS|AFP|AP|EPA|dpa|Getty|Shutterstock|ТАСС|РИА|БЕЛТА|БелТА|BelTA|Pool|Press)[^()\[\]]*)[)\]]\.?$",
    )
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the built-in figure patterns are valid expressions")
}

/// The figures among these nodes, in reading order.
pub(super) fn find(scene: &Scene, nodes: impl Iterator<Item = Node>, marks: &Marks) -> Vec<Figure> {
    let page = scene.page;
    let mut found: Vec<Figure> = Vec::new();
    for image in nodes.filter(|node| page.name(*node) == "img" && !marks.dropped(*node)) {
        let Some(url) = scene.picture(image).map(String::from) else { continue };
        if found.len() >= MAX_FIGURES || found.iter().any(|figure| figure.url.as_deref() == Some(&url)) {
            continue;
        }
        let named = frame(page, image).map(|frame| caption(page, frame));
        let mut figure = named.or_else(|| boxed(scene, image)).unwrap_or_default();
        figure.url = Some(url);
        figure.alternative = page.filled(image, "alt").map(squash).filter(|text| Some(text) != figure.caption.as_ref());
        found.push(figure);
    }
    found
}

/// Frames that are no `figure` elements: one picture and a little text under it, in a box named for pictures.
pub(super) fn frames(scene: &Scene, root: Node, marks: &Marks) -> Vec<(Node, Figure)> {
    let page = scene.page;
    let mut found: Vec<(Node, Figure)> = Vec::new();
    let mut end = 0;
    for node in page.inside(root).skip(1) {
        if node.index() < end
            || marks.dropped(node)
            || !matches!(page.name(node), "div" | "span" | "td" | "dl" | "center" | "section")
        {
            continue;
        }
        let Some((image, url)) = only_picture(scene, node) else { continue };
        let Some(mut figure) = framed(page, node) else { continue };
        figure.url = Some(url);
        figure.alternative = page.filled(image, "alt").map(squash).filter(|text| Some(text) != figure.caption.as_ref());
        end = page.end(node);
        found.push((node, figure));
    }
    found
}

/// What is written in a box named for pictures.
fn framed(page: &Page, node: Node) -> Option<Figure> {
    let text = page.line(node);
    if text.is_empty() || text.chars().count() > 350 || page.named(node, "a").count() > 2 || !is_frame(page, node) {
        return None;
    }
    let figure = caption(page, node);
    let says_nothing = figure.caption.is_none() && figure.credit.is_none() && figure.place.is_none();
    Some(if says_nothing { split_caption(&text) } else { figure })
}

/// What is written beside a picture in the box around the two.
fn boxed(scene: &Scene, image: Node) -> Option<Figure> {
    let page = scene.page;
    let around = page.ancestors(image).take(3).take_while(|above| only_picture(scene, *above).is_some());
    around
        .filter(|above| matches!(page.name(*above), "div" | "span" | "td" | "dl" | "center" | "section"))
        .find_map(|above| framed(page, above))
}

/// The one picture in an element that holds no other and no text of its own kind.
fn only_picture(scene: &Scene, node: Node) -> Option<(Node, String)> {
    let page = scene.page;
    if page.end(node) - node.index() > 60 {
        return None;
    }
    let mut images = page.named(node, "img").filter_map(|image| Some((image, String::from(scene.picture(image)?))));
    let one = images.next()?;
    let other = page.inside(node).any(|inner| {
        matches!(
            page.name(inner),
            "h1" | "h2" | "h3" | "h4" | "figure" | "ul" | "ol" | "blockquote" | "iframe" | "video"
        )
    });
    (images.all(|(_, url)| url == one.1) && !other).then_some(one)
}

fn is_frame(page: &Page, node: Node) -> bool {
    static FRAME: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"[ -](?:photos?|pictures?|pics?|images?|img|figures?|captions?|wp-caption|thumb|bild|foto|fotos|illustration|media)[ -]",
        )
    });
    let captioned = page.inside(node).skip(1).any(|inner| {
        page.is_element(inner) && page.name(inner) != "img" && CAPTION_NAMES.is_match(&hints::names(page, inner))
    });
    captioned
        || page
            .inside(node)
            .filter(|inner| page.is_element(*inner) && page.name(*inner) != "img")
            .any(|inner| FRAME.is_match(&hints::names(page, inner)))
}

/// The element that holds the picture together with its caption.
fn frame(page: &Page, image: Node) -> Option<Node> {
    page.ancestors(image).take(6).find(|above| {
        page.name(*above) == "figure" || {
            let names = hints::names(page, *above);
            names.contains(" caption ")
                || names.contains("-caption ")
                || names.contains(" figure ")
                || names.contains("image-container")
        }
    })
}

/// What is written in a figure, told apart.
fn caption(page: &Page, frame: Node) -> Figure {
    let inner: Vec<(Node, String)> = page
        .inside(frame)
        .skip(1)
        .filter(|node| page.is_element(*node))
        .map(|node| (node, hints::names(page, node)))
        .collect();
    let text_of = |wanted: &dyn Fn(Node, &str) -> bool| {
        inner
            .iter()
            .find(|(node, names)| wanted(*node, names))
            .map(|(node, _)| (*node, page.line(*node)))
            .filter(|(_, text)| !text.is_empty())
    };
    let credit = text_of(&|node, names| CREDIT_NAMES.is_match(names) && page.name(node) != "img");
    let place = text_of(&|_, names| PLACE_NAMES.is_match(names));
    let written = text_of(&|node, _| page.name(node) == "figcaption")
        .or_else(|| text_of(&|node, names| CAPTION_NAMES.is_match(names) && page.name(node) != "img"));
    let mut marks = Marks::none(page);
    for (node, _) in credit.iter().chain(place.iter()) {
        marks.drop(page, *node);
    }
    let rest = written.map(|(node, _)| squash(&page.text_without(node, &marks))).unwrap_or_default();
    let mut figure = split_caption(&rest);
    if let Some((_, credit)) = credit {
        figure.credit = Some(bare_credit(&credit)).filter(|credit| !credit.is_empty()).or(figure.credit);
    }
    figure.place =
        place.map(|(_, place)| place.trim_matches([',', '.', ' ']).to_owned()).filter(|place| !place.is_empty());
    figure
}

/// A caption with its credit taken off the end.
pub(super) fn split_caption(text: &str) -> Figure {
    static COUNTER: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"^[(\[]?\d{1,3}\s?(?:/|of|von|из|de|di|z)\s?\d{1,3}[)\]]?[:.|–-]?\s+(?P<rest>[^\d\p{Ll}])")
    });
    let text = text.trim();
    // "3/12": its place in a gallery.
    let counted = COUNTER.captures(text).and_then(|found| found.name("rest")).map_or(0, |rest| rest.start());
    let text = &text[counted..];
    let found = BRACKETS.captures(text).or_else(|| CREDIT.captures(text));
    let Some((whole, credit)) = found.as_ref().and_then(|found| Some((found.get(0)?, found.name("credit")?))) else {
        return Figure { caption: Some(text.to_owned()).filter(|text| !text.is_empty()), ..Figure::default() };
    };
    let before = text[..whole.start()].trim_end();
    // The full stop that ends the caption belongs to it.
    let before = if text[whole.start()..].starts_with('.') {
        format!("{before}.")
    } else {
        before.trim_end_matches(['|', '/', '–', '—', '-', '(', '[', ' ']).to_owned()
    };
    Figure {
        caption: Some(before).filter(|text| !text.is_empty()),
        credit: Some(bare_credit(credit.as_str())),
        ..Figure::default()
    }
}

fn bare_credit(text: &str) -> String {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)^[\s(\[]*(?:(?:photos?|pictures?|images?|credits?|fotos?|bild|photo credit|image credit|crédits?(?: photo)?|фото|quelle|source|copyright)(?:\s+(?:by|courtesy(?: of)?|via))?\s*[:：/©]|(?:photo|image) by\s|©|\(c\))\s*",
        )
    });
    LABEL.replace(text.trim(), "").trim_matches(['(', ')', '[', ']', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_taken_off_captions() {
        let rows = [
            ("Workers at the gate. Photo: Ann Lee", Some("Workers at the gate."), Some("Ann Lee")),
            ("Workers at the gate (Photo: Ann Lee)", Some("Workers at the gate"), Some("Ann Lee")),
            ("Workers at the gate © Agency", Some("Workers at the gate"), Some("Agency")),
            ("Рабочие у ворот. Фото: Агентство", Some("Рабочие у ворот."), Some("Агентство")),
            ("Workers at the gate (AP Photo/Ann Lee)", Some("Workers at the gate"), Some("AP Photo/Ann Lee")),
            ("3/12 Workers at the gate", Some("Workers at the gate"), None),
            ("3 of 12 gates were open", Some("3 of 12 gates were open"), None),
            ("Photo: Ann Lee", None, Some("Ann Lee")),
            ("Workers at the gate", Some("Workers at the gate"), None),
            ("", None, None),
        ];
        for (text, caption, credit) in rows {
            let figure = split_caption(text);
            assert_eq!((figure.caption.as_deref(), figure.credit.as_deref()), (caption, credit), "{text}");
        }
    }

    #[test]
    fn a_figure_keeps_place_credit_and_caption_apart() {
        let page = Page::parse(
            "<figure><img src=/a.jpg alt=gate><figcaption>At the gate. <span class=place>Minsk</span> <span class=credit>Photo: Ann Lee</span></figcaption></figure>",
        );
        let scene = Scene {
            page: &page,
            base: url::Url::parse("https://x.example/").ok(),
            url: None,
            zone: &jiff::tz::TimeZone::UTC,
            language: None,
        };
        let [figure] = &find(&scene, page.inside(page.root()), &Marks::none(&page))[..] else { panic!("one figure") };
        assert_eq!(figure.caption.as_deref(), Some("At the gate."));
        assert_eq!(figure.place.as_deref(), Some("Minsk"));
        assert_eq!(figure.credit.as_deref(), Some("Ann Lee"));
        assert_eq!(figure.alternative.as_deref(), Some("gate"));
    }
}
