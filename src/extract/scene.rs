//! What the rungs of the ladder look at, and what each of them says.

use jiff::tz::TimeZone;
use url::Url;

use crate::address;
use crate::date::page::Moment;
use crate::dom::{Node, Page};
use crate::model::{Attribution, Category, Figure, Person};

/// A page with what is known about it beforehand.
pub(super) struct Scene<'a> {
    /// The page.
    pub(super) page: &'a Page,
    /// Base of relative addresses: `base` element, else the page's own address, else the one it declares.
    pub(super) base: Option<Url>,
    /// The page's own address.
    pub(super) url: Option<Url>,
    /// For dates without one.
    pub(super) zone: &'a TimeZone,
    /// The language it is expected in.
    pub(super) language: Option<String>,
}

impl Scene<'_> {
    /// The absolute form of a web address on the page.
    pub(super) fn web(&self, reference: &str) -> Option<Url> {
        address::resolve_web(self.base.as_ref(), reference)
    }

    /// The address of the picture an `img` shows.
    pub(super) fn picture(&self, image: Node) -> Option<Url> {
        self.page.picture(image).and_then(|reference| self.web(&reference))
    }

    /// The moment a text for machines names.
    pub(super) fn moment(&self, text: &str) -> Option<Moment> {
        crate::date::page::read(text, self.zone, self.language.as_deref())
    }
}

/// What one rung says; empty where it says nothing.
#[derive(Debug, Default, Clone)]
pub(super) struct Partial {
    pub(super) title: Option<String>,
    pub(super) lead: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) authors: Vec<Person>,
    pub(super) published: Option<Moment>,
    pub(super) updated: Option<Moment>,
    pub(super) language: Option<String>,
    pub(super) dateline: Option<String>,
    pub(super) categories: Vec<Category>,
    pub(super) canonical: Option<String>,
    pub(super) image: Option<String>,
    pub(super) figures: Vec<Figure>,
    pub(super) attributions: Vec<Attribution>,
    /// Name of the site, to be taken off titles.
    pub(super) site: Option<String>,
    /// Whether the text is for subscribers.
    pub(super) paywalled: Option<bool>,
}

/// Text that may carry markup or references, as text on one line; `None` when nothing is left.
pub(super) fn plain(text: &str) -> Option<String> {
    let text =
        if text.contains(['<', '&']) { crate::dom::squash(&crate::dom::text(text)) } else { crate::dom::squash(text) };
    (!text.is_empty()).then_some(text)
}

/// Letters and digits only, in lower case: what two texts are compared by.
pub(super) fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
