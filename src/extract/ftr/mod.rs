//! Site rules as Full-Text RSS and its relatives write them, carried over to the `[article]` table of a site file.
//!
//! One directive a line, `name: value`, `#` begins a comment (<https://help.fivefilters.org/full-text-rss/site-patterns.html>).
//! What finds something is `XPath` 1.0; what CSS says exactly as well is carried over (`xpath`), everything else is named with
//! its line. Nothing is guessed: a rule that nearly fits takes the wrong text from some page, and nobody is told.

mod xpath;

use std::fmt::Write as _;

/// Lines read at most; the longest files there are have some 200.
const MOST_LINES: usize = 5_000;

/// What a file of site rules says, carried over as far as CSS can say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Headline: alternatives in order.
    pub title: Vec<String>,
    /// Text: alternatives in order.
    pub body: Vec<String>,
    /// Authors: alternatives in order.
    pub authors: Vec<String>,
    /// Date: alternatives in order.
    pub published: Vec<String>,
    /// Address of the next page: alternatives in order.
    pub next: Vec<String>,
    /// What is left out of the text.
    pub drop: Vec<String>,
    /// Pages to try the rules on.
    pub tests: Vec<String>,
    /// What was not carried over.
    pub left_out: Vec<LeftOut>,
}

/// A directive that was not carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its line, from 1.
    pub line: usize,
    /// What stands there.
    pub text: String,
    /// Why.
    pub reason: String,
}

/// The directives that say where something is, and those that are known to say something else.
const FINDING: [&str; 8] =
    ["title", "body", "author", "date", "strip", "strip_id_or_class", "strip_image_src", "next_page_link"];
const OTHER: [&str; 9] = [
    "test_url",
    "test_contains",
    "single_page_link",
    "prune",
    "tidy",
    "autodetect_on_failure",
    "parser",
    "find_string",
    "replace_string",
];

/// Whether a text is a file of such rules: most of its lines that are no comments are directives, one of them known.
#[must_use]
pub fn is_rules(text: &str) -> bool {
    let lines: Vec<&str> = directives(text).map(|(_, line)| line).take(50).collect();
    let named = lines.iter().filter(|line| line.split_once(':').is_some_and(|(name, _)| is_name(name.trim()))).count();
    let known = |line: &&str| {
        let name = line.split_once(':').map(|(name, _)| name.trim()).unwrap_or_default();
        FINDING.contains(&name) || OTHER.contains(&name)
    };
    named * 2 > lines.len() && lines.iter().any(known)
}

fn is_name(name: &str) -> bool {
    let bare = name.split('(').next().unwrap_or_default();
    !bare.is_empty() && bare.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// Lines that say something, with their numbers.
fn directives(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.trim_start_matches('\u{feff}').lines().zip(1..).take(MOST_LINES);
    lines.map(|(line, number)| (number, line.trim())).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// Carries the rules over.
#[must_use]
pub fn read(text: &str) -> Imported {
    let mut imported = Imported::default();
    for (number, line) in directives(text) {
        if let Err(reason) = directive(line, &mut imported) {
            imported.left_out.push(LeftOut { line: number, text: line.to_owned(), reason });
        }
    }
    imported
}

fn directive(line: &str, imported: &mut Imported) -> Result<(), String> {
    let (name, value) = line.split_once(':').ok_or("it is no directive: there is no colon")?;
    let (name, value) = (name.trim(), value.trim());
    if value.is_empty() {
        return Err("it says nothing".to_owned());
    }
    match name {
        "title" => imported.title.push(field(value)?),
        "body" => imported.body.push(elements(value)?),
        "author" => imported.authors.push(field(value)?),
        "date" => imported.published.push(field(value)?),
        "strip" => imported.drop.push(elements(value)?),
        "next_page_link" => {
            let found = field(value)?;
            imported.next.push(if found.contains(" @") { found } else { format!("{found} @href") });
        }
        "strip_id_or_class" => {
            let value = xpath::quoted(value.trim_matches(['"', '\'']))?;
            imported.drop.push(format!("[class~={value}], [id={value}]"));
        }
        "strip_image_src" => {
            imported.drop.push(format!("img[src*={}]", xpath::quoted(value.trim_matches(['"', '\'']))?));
        }
        "test_url" => imported.tests.push(value.to_owned()),
        // How much of what is found is kept is decided by courant alone.
        "prune" | "tidy" | "autodetect_on_failure" | "parser" | "test_contains" => {
            return Err("it has no counterpart, and none is needed".to_owned());
        }
        "single_page_link" | "single_page_link_in_feed" => {
            return Err("a page that holds the whole article is not followed: `next` joins its pages".to_owned());
        }
        "find_string" | "replace_string" => return Err("markup is not rewritten before it is read".to_owned()),
        _ if name.starts_with("replace_string(") => return Err("markup is not rewritten before it is read".to_owned()),
        _ if name.starts_with("http_header(") => {
            return Err("headers belong to a `[[source]]`, and courant never says it is a browser".to_owned());
        }
        _ => return Err(format!("`{name}` is not known")),
    }
    Ok(())
}

/// A place whose value may be an attribute.
fn field(path: &str) -> Result<String, String> {
    let found = xpath::css(path)?;
    match found.attribute {
        None => Ok(found.selector),
        // What follows the attribute is read as an alternative, and a list of selectors has an attribute once.
        Some(name) => Ok(format!("{} @{name}", found.selector)),
    }
}

/// Elements, not values.
fn elements(path: &str) -> Result<String, String> {
    let found = xpath::css(path)?;
    if found.attribute.is_some() { Err("it finds an attribute, not elements".to_owned()) } else { Ok(found.selector) }
}

impl Imported {
    /// Whether nothing was carried over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields().iter().all(|(_, found)| found.is_empty()) && self.drop.is_empty()
    }

    fn fields(&self) -> [(&'static str, &[String]); 5] {
        [
            ("title", &self.title),
            ("body", &self.body),
            ("authors", &self.authors),
            ("published", &self.published),
            ("next", &self.next),
        ]
    }

    /// The site file for a host, which is its id too; what was not carried over stands in it as comments.
    #[must_use]
    pub fn site_file(&self, host: &str) -> String {
        let mut file =
            format!("# Carried over from rules for Full-Text RSS.\n\n[site]\nid = {}\n\n[article]\n", quoted(host));
        for (name, found) in self.fields().into_iter().filter(|(_, found)| !found.is_empty()) {
            let _ = writeln!(file, "{name} = {}", quoted(&found.join(" | ")));
        }
        if !self.drop.is_empty() {
            file.push_str("drop = [\n");
            for selector in &self.drop {
                let _ = writeln!(file, "  {},", quoted(selector));
            }
            file.push_str("]\n");
        }
        for LeftOut { line, text, reason } in &self.left_out {
            let _ = write!(file, "\n# Not carried over, line {line}: {}\n#   {}\n", one_line(text), one_line(reason));
        }
        for test in &self.tests {
            let _ = write!(file, "\n# A page to try it on: {}", one_line(test));
        }
        format!("{}\n", file.trim_end())
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::site_rules::{ArticleTables, Rules};

    const RULES: &str = "# Press office\n\ntitle: //h1[@class='head']\ntitle: //title\nbody: //div[contains(@class, 'text')]\n\
        body: //article/section[1]\nauthor: substring-after(//p, 'By ')\ndate: //time/@datetime\nstrip: //div[@id='share']\n\
        strip_id_or_class: related\nstrip_image_src: /pixel\nnext_page_link: //a[@rel='next']\nprune: no\n\
        single_page_link: //a[@class='print']\nhttp_header(User-Agent): Mozilla/5.0\ntest_url: https://press.example/a/1\n\
        strip: //p[text()='Share']\nnonsense\n";

    #[test]
    fn rules_are_carried_over_where_css_says_the_same_and_named_otherwise() {
        assert!(is_rules(RULES));
        let imported = read(RULES);
        assert_eq!(imported.title, ["h1[class=\"head\"]", "title"]);
        assert_eq!(imported.body, ["div[class*=\"text\"]", "article > section:nth-of-type(1)"]);
        assert_eq!(imported.published, ["time @datetime"]);
        assert_eq!(imported.next, ["a[rel=\"next\"] @href"]);
        assert_eq!(
            imported.drop,
            ["div[id=\"share\"]", "[class~=\"related\"], [id=\"related\"]", "img[src*=\"/pixel\"]"]
        );
        let left: Vec<usize> = imported.left_out.iter().map(|left| left.line).collect();
        assert_eq!(left, [7, 13, 14, 15, 17, 18]);
        let file = imported.site_file("press.example");
        let table: toml::Table = file.parse().expect("TOML");
        assert_eq!(table["site"]["id"].as_str(), Some("press.example"));
        let rules: ArticleTables = table["article"].clone().try_into().expect("an article table");
        Rules::compile(&rules).expect("rules that are understood");
        assert!(file.contains("# Not carried over, line 7: author: substring-after(//p, 'By ')"), "{file}");
    }

    #[test]
    fn other_files_are_not_taken_for_rules() {
        for text in
            ["", "<opml version='2.0'/>", "a: b\nc: d", "https://a.example/feed\nhttps://b.example/feed", "title"]
        {
            assert!(!is_rules(text), "{text}");
        }
    }
}
