//! Where a picture really is: lazy loading hides it in other attributes, in `source` elements and in `noscript`.

use super::{Node, Page};

/// Attributes that hold the address of a picture that is loaded later, the best first.
const LAZY: [&str; 12] = [
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-lazy",
    "data-original-src",
    "data-full-src",
    "data-hi-res-src",
    "data-large_image",
    "data-echo",
    "data-image",
    "data-url",
    "data-srcset-fallback",
];
const SETS: [&str; 4] = ["data-srcset", "data-lazy-srcset", "srcset", "data-original-set"];

impl Page {
    /// The address of the picture an `img` shows, as written; `None` for placeholders, spacers and counters.
    #[must_use]
    pub fn picture(&self, image: Node) -> Option<String> {
        if is_speck(self, image) {
            return None;
        }
        let lazy = LAZY.iter().filter_map(|key| self.filled(image, key)).find(|value| looks_like_address(value));
        let plain = self.filled(image, "src").filter(|value| !is_placeholder(value));
        let set = || SETS.iter().find_map(|key| self.filled(image, key).and_then(widest));
        let around =
            || self.parent(image).filter(|above| self.name(*above) == "picture").and_then(|above| sources(self, above));
        lazy.or(plain).map(str::to_owned).or_else(set).or_else(around)
    }
}

fn sources(page: &Page, picture: Node) -> Option<String> {
    page.named(picture, "source")
        .find_map(|source| SETS.iter().find_map(|key| page.filled(source, key).and_then(widest)))
}

/// The widest picture of a `srcset`.
fn widest(set: &str) -> Option<String> {
    let mut best: Option<(f64, &str)> = None;
    // Addresses may hold commas: candidates are parted by a comma and white space.
    for candidate in set.split(", ").flat_map(|part| part.split(",\n")).take(40) {
        let mut words = candidate.split_whitespace();
        let Some(address) = words.next().map(|word| word.trim_matches(',')) else { continue };
        let size =
            words.next().and_then(|size| size.trim_end_matches(['w', 'x', 'h']).parse::<f64>().ok()).unwrap_or(1.0);
        if !is_placeholder(address) && best.is_none_or(|(known, _)| size > known) {
            best = Some((size, address));
        }
    }
    best.map(|(_, address)| address.to_owned())
}

fn looks_like_address(value: &str) -> bool {
    !value.starts_with(['{', '[', '#'])
        && !value.starts_with("data:")
        && value.contains(['/', '.'])
        && !value.contains(char::is_whitespace)
}

fn is_placeholder(address: &str) -> bool {
    let lower = address.to_lowercase();
    lower.starts_with("data:")
        || lower.starts_with("about:")
        || [
            "placeholder",
            "spacer.",
            "/blank.",
            "transparent.",
            "1x1",
            "pixel.",
            "/loading.",
            "lazy_load",
            "grey-placeholder",
            "/lazy.",
        ]
        .iter()
        .any(|word| lower.contains(word))
}

/// Whether the picture is too small to show anything: a counter or a spacer.
fn is_speck(page: &Page, image: Node) -> bool {
    ["width", "height"].iter().any(|side| {
        page.filled(image, side)
            .and_then(|value| value.trim_end_matches("px").parse::<f64>().ok())
            .is_some_and(|size| size <= 3.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lazy_pictures_are_made_real() {
        let rows = [
            ("<img src='/a.jpg'>", Some("/a.jpg")),
            ("<img src='data:image/gif;base64,R0' data-src='/b.jpg'>", Some("/b.jpg")),
            ("<img src='/spacer.gif' srcset='/s.jpg 320w, /l.jpg 1024w'>", Some("/l.jpg")),
            ("<picture><source srcset='/p.webp 2x'><img src='data:,'></picture>", Some("/p.webp")),
            ("<img src='/count.gif' width=1 height=1>", None),
            ("<img>", None),
        ];
        for (markup, wanted) in rows {
            let page = Page::parse(markup);
            let image = page.named(page.root(), "img").next().expect("an image");
            assert_eq!(page.picture(image).as_deref(), wanted, "{markup}");
        }
    }
}
