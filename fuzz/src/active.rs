//! What must not be left in HTML that is published: scripts, handlers, foreign frames, addresses that run.

use courant::dom::Page;
use url::Url;

/// Elements that run, load or submit something, or change what stands around them.
const ACTIVE: &[&str] = &[
    "applet", "base", "button", "embed", "foreignobject", "form", "frame", "frameset", "input", "isindex", "link", "math",
    "meta", "noembed", "noscript", "object", "param", "plaintext", "portal", "script", "select", "style", "svg", "template",
    "textarea", "xmp",
];

/// Attributes whose value is an address.
const ADDRESSES: &[&str] = &[
    "action", "background", "cite", "data", "dynsrc", "formaction", "href", "longdesc", "lowsrc", "ping", "poster", "src",
    "xlink:href",
];

/// Schemes that an address in a body may have.
const SCHEMES: &[&str] = &["http", "https", "mailto", "tel", "ftp", "magnet"];

/// Panics where a sanitized fragment holds anything active, read as a browser reads it.
pub fn check(html: &str) {
    let page = Page::parse(&format!("<!doctype html><body>{html}"));
    for node in page.inside(page.root()).filter(|node| page.is_element(*node)) {
        let name = page.name(node);
        assert!(!ACTIVE.contains(&name.to_ascii_lowercase().as_str()), "<{name}> in {html}");
        for (attribute, value) in page.attributes(node) {
            assert!(!attribute.starts_with("on"), "{attribute} in {html}");
            assert!(!matches!(attribute, "style" | "srcdoc" | "id" | "name"), "{attribute} in {html}");
            if ADDRESSES.contains(&attribute) {
                check_address(value, html);
            }
            if attribute == "srcset" {
                value.split(", ").filter_map(|part| part.split_whitespace().next()).for_each(|one| check_address(one, html));
            }
        }
    }
}

/// Panics where a whole page of ours holds a script or a handler.
pub fn check_page(html: &str) {
    let page = Page::parse(html);
    for node in page.inside(page.root()).filter(|node| page.is_element(*node)) {
        let name = page.name(node);
        assert!(!matches!(name, "script" | "object" | "embed" | "svg" | "math" | "base"), "<{name}> in {html}");
        for (attribute, value) in page.attributes(node) {
            assert!(!attribute.starts_with("on"), "{attribute} in {html}");
            let runs = value.trim_start().to_ascii_lowercase().starts_with("javascript:");
            assert!(!(runs && ADDRESSES.contains(&attribute)), "{attribute}={value} in {html}");
        }
    }
}

fn check_address(value: &str, html: &str) {
    let url = Url::parse(value.trim()).unwrap_or_else(|error| panic!("`{value}` ({error}) in {html}"));
    assert!(SCHEMES.contains(&url.scheme()), "`{value}` in {html}");
}
