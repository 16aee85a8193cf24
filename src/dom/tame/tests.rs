//! What is tame, and what is left to a parser.

use super::super::is_block;
use super::samples::{TAME, WILD};
use super::*;

#[derive(Default)]
struct Heard(String);

impl Listener for Heard {
    fn open(&mut self, element: &'static Element, attributes: &[Attribute<'_>]) -> Option<()> {
        self.0.push_str(&format!("({}", element.name));
        for (name, value) in attributes {
            self.0.push_str(&format!(" {name}={value}"));
        }
        self.0.push_str(if element.is_void() { ")" } else { ":" });
        Some(())
    }

    fn close(&mut self, _: &'static Element) {
        self.0.push(')');
    }

    fn characters(&mut self, characters: &str) {
        self.0.push_str(characters);
    }
}

fn heard(markup: &str) -> Option<String> {
    let mut heard = Heard::default();
    read(markup, &mut heard).map(|()| heard.0)
}

#[test]
fn tame_markup_is_told_as_it_is_meant() {
    let rows = [
        ("<p>a<br/>b<p class='x'>c&eacute;", "(p:a(br)b)(p class=x:cé)"),
        ("<ul><li>a<li>b</ul>", "(ul:(li:a)(li:b))"),
        ("<a href=\"?a=1&b=2&amp;c\">x</a>", "(a href=?a=1&b=2&c:x)"),
        ("a<!-- b -->c &ngE;", "ac ≧̸"),
    ];
    for (markup, wanted) in rows {
        assert_eq!(heard(markup).as_deref(), Some(wanted), "{markup}");
    }
}

#[test]
fn what_a_parser_repairs_is_left_to_it() {
    for markup in TAME {
        assert!(heard(markup).is_some(), "{markup}");
    }
    for markup in WILD {
        assert_eq!(heard(markup), None, "{markup}");
    }
}

#[test]
fn what_is_beyond_the_bounds_is_left_to_a_parser() {
    let rows = [
        "x ".repeat(MAX_BYTES),
        "x".repeat(MAX_RUN_BYTES + 1),
        format!("<p title=\"{}\">a", "x".repeat(MAX_RUN_BYTES + 1)),
        "<div>".repeat(MAX_OPEN + 1),
        format!("<p{}>", (0..=MAX_ATTRIBUTES).map(|number| format!(" a{number}=\"\"")).collect::<String>()),
    ];
    for markup in rows {
        assert_eq!(heard(&markup), None, "{markup:.40}");
    }
}

#[test]
fn the_elements_are_those_of_html() {
    for (number, element) in ELEMENTS.iter().enumerate() {
        assert_eq!(element.is_block, is_block(element.name), "{}", element.name);
        assert!(ELEMENTS[..number].iter().all(|other| other.name != element.name), "{}", element.name);
    }
}
