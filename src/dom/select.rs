//! CSS selectors: compiled once, with errors a person can act on.

use scraper::ElementRef;
use thiserror::Error;

use super::{Node, Page};

/// A compiled CSS selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector(scraper::Selector);

/// Why a selector cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{selector}` is not a CSS selector: {reason}")]
pub struct SelectorError {
    /// The selector as written.
    pub selector: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Selector {
    /// Compiles a selector, or a list of them separated by commas.
    pub fn compile(selector: &str) -> Result<Self, SelectorError> {
        let wrong = |reason: String| SelectorError { selector: selector.to_owned(), reason };
        if selector.trim().is_empty() {
            return Err(wrong("it is empty".to_owned()));
        }
        scraper::Selector::parse(selector.trim()).map(Self).map_err(|error| wrong(reason(&error)))
    }
}

fn reason(error: &scraper::error::SelectorErrorKind) -> String {
    use scraper::error::SelectorErrorKind as Kind;
    match error {
        Kind::UnexpectedToken => "a character is not allowed where it stands".to_owned(),
        Kind::EndOfLine => "it ends too early".to_owned(),
        Kind::UnexpectedSelectorParseError(kind) => {
            let told = format!("{kind:?}");
            format!("part of it is not understood ({})", told.split(['(', '{']).next().unwrap_or(&told).trim())
        }
        other => other.to_string().to_lowercase().trim_end_matches('.').to_owned(),
    }
}

impl Page {
    /// The elements below `scope` that match, in reading order; `scope` itself is not one of them. `:scope` is `scope`.
    #[must_use]
    pub fn select(&self, selector: &Selector, scope: Node) -> Vec<Node> {
        let around = self.element_ref(scope);
        if around.is_none() {
            let numbers = self.numbers();
            return self.html.select(&selector.0).filter_map(|e| numbers.get(&e.id()).copied().map(Node)).collect();
        }
        self.inside(scope)
            .skip(1)
            .filter(|node| self.element_ref(*node).is_some_and(|e| selector.0.matches_with_scope(&e, around)))
            .collect()
    }

    /// Whether the element matches.
    #[must_use]
    pub fn matches(&self, selector: &Selector, node: Node) -> bool {
        self.element_ref(node).is_some_and(|element| selector.0.matches(&element))
    }

    /// The markup inside an element as the parser understood it; nothing is cleaned.
    #[must_use]
    pub fn inner_html(&self, node: Node) -> String {
        self.element_ref(node).map(|element| element.inner_html()).unwrap_or_default()
    }

    fn element_ref(&self, node: Node) -> Option<ElementRef<'_>> {
        self.html.tree.get(self.slots[node.index()].id).and_then(ElementRef::wrap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selection_is_scoped_and_in_reading_order() {
        let page = Page::parse("<div class=x><a>1</a><p><a>2</a></p></div><a>3</a>");
        let [scope] = page.select(&Selector::compile("div.x").unwrap(), page.root())[..] else { panic!("one div") };
        let found = |css: &str, scope| page.select(&Selector::compile(css).unwrap(), scope).len();
        assert_eq!(found("a", scope), 2);
        assert_eq!(found(":scope > a", scope), 1);
        assert_eq!(found("a", page.root()), 3);
    }

    #[test]
    fn a_wrong_selector_is_named_with_its_reason() {
        for wrong in ["", "div..x", "a[", "p::nonsense", ":unknown(x)"] {
            let error = Selector::compile(wrong).expect_err(wrong);
            assert!(error.to_string().starts_with(&format!("`{wrong}` is not a CSS selector: ")), "{error}");
        }
    }
}
