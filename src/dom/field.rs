//! A field of a page as a site file says where to find it: CSS, an attribute, what stands around the value.
//!
//! A rule is a string (`"h1"`, `"a @href"`, alternatives parted by ` | `) or a table with more to say. An alternative that
//! is an attribute alone (`img @data-src | @src`) is of the same element as the alternative before it; in the first place it
//! is of the scope itself.

use std::fmt;

use regex::Regex;
use serde::de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use thiserror::Error;

use super::{Marks, Node, Page, Selector, SelectorError, squash};

/// A rule as written in a site file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldRule {
    /// CSS with an optional attribute, and alternatives.
    pub select: Option<String>,
    /// The value is what follows this text.
    pub after: Option<String>,
    /// The value is what precedes this text.
    pub before: Option<String>,
    /// The value is what the named group of this expression matches (else its first group, else the whole match).
    pub matching: Option<String>,
    /// How a date is written, in the manner of `strftime`.
    pub format: Option<String>,
    /// The zone of a date that names none.
    pub timezone: Option<String>,
    /// The language of month names.
    pub locale: Option<String>,
    /// Whether what was found is taken out of the body.
    pub remove: bool,
    /// Joins the values of all elements that match, with this between them.
    pub join: Option<String>,
    /// The value where nothing is found.
    pub default: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "field")]
struct Table {
    select: Option<String>,
    after: Option<String>,
    before: Option<String>,
    matching: Option<String>,
    format: Option<String>,
    timezone: Option<String>,
    locale: Option<String>,
    #[serde(default)]
    remove: bool,
    join: Option<String>,
    default: Option<String>,
}

impl<'de> Deserialize<'de> for FieldRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringOrTable;
        impl<'de> Visitor<'de> for StringOrTable {
            type Value = FieldRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a selector, or a table { select, after, before, matching, format, timezone, locale, remove, join, default }")
            }

            fn visit_str<E>(self, select: &str) -> Result<FieldRule, E> {
                Ok(FieldRule { select: Some(select.to_owned()), ..FieldRule::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldRule, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(FieldRule {
                    select: table.select,
                    after: table.after,
                    before: table.before,
                    matching: table.matching,
                    format: table.format,
                    timezone: table.timezone,
                    locale: table.locale,
                    remove: table.remove,
                    join: table.join,
                    default: table.default,
                })
            }
        }
        deserializer.deserialize_any(StringOrTable)
    }
}

/// A string or a list of strings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringOrList;
        impl<'de> Visitor<'de> for StringOrList {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E>(self, one: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![one.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
                let mut many = Vec::new();
                while let Some(one) = list.next_element()? {
                    many.push(one);
                }
                Ok(OneOrMany(many))
            }
        }
        deserializer.deserialize_any(StringOrList)
    }
}

/// A rule that cannot be used: the path of its key, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{key}`: {reason}")]
pub struct RuleError {
    /// Where it stands: `list.published.format`, `article[1].title`.
    pub key: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Why a rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FieldError {
    /// The selector.
    #[error(transparent)]
    Selector(#[from] SelectorError),
    /// The expression.
    #[error("`{0}` is not a regular expression: {1}")]
    Expression(String, String),
    /// Neither a place to look nor a default.
    #[error("a field needs `select` or `default`")]
    Empty,
}

/// A compiled rule.
#[derive(Debug, Clone)]
pub struct Field {
    alternatives: Vec<Alternative>,
    after: Option<String>,
    before: Option<String>,
    matching: Option<Regex>,
    join: Option<String>,
    default: Option<String>,
    /// Whether what was found is taken out of the body.
    pub remove: bool,
}

#[derive(Debug, Clone)]
struct Alternative {
    selector: Option<Selector>,
    attribute: Option<String>,
}

/// One value and the element it was found at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The element; `None` for a default.
    pub node: Option<Node>,
    /// The value, on one line.
    pub value: String,
}

/// Compiles an expression of a site file, bounded in size; it runs in time linear to the text.
pub fn expression(pattern: &str) -> Result<Regex, FieldError> {
    regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().map_err(|error| {
        let told = error.to_string();
        let reason = told.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        FieldError::Expression(pattern.to_owned(), reason)
    })
}

impl Field {
    /// Compiles a rule.
    pub fn compile(rule: &FieldRule) -> Result<Self, FieldError> {
        if rule.select.is_none() && rule.default.is_none() {
            return Err(FieldError::Empty);
        }
        Ok(Self {
            alternatives: rule.select.as_deref().map(alternatives).transpose()?.unwrap_or_default(),
            after: rule.after.clone(),
            before: rule.before.clone(),
            matching: rule.matching.as_deref().map(expression).transpose()?,
            join: rule.join.clone(),
            default: rule.default.clone(),
            remove: rule.remove,
        })
    }

    /// Every value below `scope`, from the first alternative that has any; the default if none has.
    #[must_use]
    pub fn values(&self, page: &Page, scope: Node) -> Vec<Found> {
        let found = self
            .alternatives
            .iter()
            .map(|alternative| self.found(page, scope, alternative))
            .find(|found| !found.is_empty());
        match (found, &self.default) {
            (Some(found), _) => found,
            (None, Some(default)) => vec![Found { node: None, value: default.clone() }],
            (None, None) => Vec::new(),
        }
    }

    /// The first value below `scope`, or all of them joined where the rule says so.
    #[must_use]
    pub fn value(&self, page: &Page, scope: Node) -> Option<Found> {
        let mut found = self.values(page, scope);
        if let Some(join) = &self.join {
            let value = found.iter().map(|found| found.value.as_str()).collect::<Vec<_>>().join(join);
            return found.first().map(|first| Found { node: first.node, value });
        }
        (!found.is_empty()).then(|| found.swap_remove(0))
    }

    /// The elements that match, whatever their text says.
    #[must_use]
    pub fn nodes(&self, page: &Page, scope: Node) -> Vec<Node> {
        self.alternatives
            .iter()
            .map(|alternative| match &alternative.selector {
                Some(selector) => page.select(selector, scope),
                None => vec![scope],
            })
            .find(|nodes| !nodes.is_empty())
            .unwrap_or_default()
    }

    /// The address of a picture, as written: the value, or what a matched `img` shows where no attribute is named.
    #[must_use]
    pub fn picture(&self, page: &Page, scope: Node) -> Option<String> {
        let shown = || {
            let nodes = self.nodes(page, scope);
            nodes
                .into_iter()
                .flat_map(|node| page.inside(node))
                .find_map(|node| (page.name(node) == "img").then(|| page.picture(node))?)
        };
        self.value(page, scope).map(|found| found.value).or_else(shown)
    }

    fn found(&self, page: &Page, scope: Node, alternative: &Alternative) -> Vec<Found> {
        let nodes = match &alternative.selector {
            Some(selector) => page.select(selector, scope),
            None => vec![scope],
        };
        nodes
            .into_iter()
            .filter_map(|node| {
                let raw = match &alternative.attribute {
                    Some(attribute) => page.filled(node, attribute).map(squash)?,
                    None => squash(&page.text_without(node, &Marks::none(page))),
                };
                let value = self.trim(&raw)?;
                (!value.is_empty()).then_some(Found { node: Some(node), value })
            })
            .collect()
    }

    /// The part of a text that is the value.
    fn trim(&self, text: &str) -> Option<String> {
        let mut rest = text;
        if let Some(after) = &self.after {
            rest = rest.split_once(after.as_str())?.1;
        }
        if let Some(before) = &self.before {
            rest = rest.split_once(before.as_str())?.0;
        }
        match &self.matching {
            Some(expression) => matched(expression, rest.trim()),
            None => Some(rest.trim().to_owned()),
        }
    }
}

/// What an expression takes out of a text: its named group, else its first group, else the whole match.
#[must_use]
pub fn matched(expression: &Regex, text: &str) -> Option<String> {
    let found = expression.captures(text)?;
    let named = expression.capture_names().flatten().find_map(|name| found.name(name));
    let value = named.or_else(|| found.get(1)).or_else(|| found.get(0))?;
    Some(value.as_str().trim().to_owned())
}

fn alternatives(select: &str) -> Result<Vec<Alternative>, FieldError> {
    let mut compiled: Vec<Alternative> = Vec::new();
    for part in select.split(" | ") {
        let part = part.trim();
        let (css, attribute) = match part.rfind('@') {
            Some(at) if at == 0 || part[..at].ends_with(char::is_whitespace) => {
                (part[..at].trim(), Some(part[at + 1..].trim()))
            }
            _ => (part, None),
        };
        let selector = match (css, compiled.last()) {
            ("", Some(previous)) => previous.selector.clone(),
            ("", None) if attribute.is_some() => None,
            (css, _) => Some(Selector::compile(css)?),
        };
        compiled.push(Alternative { selector, attribute: attribute.map(str::to_lowercase) });
    }
    Ok(compiled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(rule: &FieldRule, markup: &str) -> Option<String> {
        let page = Page::parse(markup);
        Field::compile(rule).expect("valid").value(&page, page.root()).map(|found| found.value)
    }

    fn select(select: &str) -> FieldRule {
        FieldRule { select: Some(select.to_owned()), ..FieldRule::default() }
    }

    #[test]
    fn every_part_of_a_rule_does_its_work() {
        let markup = "<h1> A  title </h1><div class=p>Posted: 13.06.2023 by Ann</div><img class=x src=/s.gif data-src=/a.jpg><b>1</b><b>2</b>";
        let rows = [
            (select("h1"), Some("A title")),
            (select("h2 | h1"), Some("A title")),
            (select("img @data-src | @src"), Some("/a.jpg")),
            (select("img @data-none | @src"), Some("/s.gif")),
            (
                FieldRule { after: Some("Posted:".into()), before: Some("by".into()), ..select(".p") },
                Some("13.06.2023"),
            ),
            (FieldRule { matching: Some("by (?<who>.+)$".into()), ..select(".p") }, Some("Ann")),
            (FieldRule { join: Some("+".into()), ..select("b") }, Some("1+2")),
            (FieldRule { default: Some("none".into()), ..select("h6") }, Some("none")),
            (FieldRule { after: Some("Edited:".into()), ..select(".p") }, None),
            (select("h6"), None),
        ];
        for (rule, wanted) in rows {
            assert_eq!(value(&rule, markup).as_deref(), wanted, "{rule:?}");
        }
    }

    #[test]
    fn wrong_rules_say_what_is_wrong() {
        let error = |rule: &FieldRule| Field::compile(rule).expect_err("wrong").to_string();
        assert!(error(&select("div..x")).contains("`div..x` is not a CSS selector"));
        assert!(
            error(&FieldRule { matching: Some("(".into()), ..select("a") })
                .starts_with("`(` is not a regular expression: ")
        );
        assert_eq!(error(&FieldRule::default()), "a field needs `select` or `default`");
        assert!(toml::from_str::<std::collections::HashMap<String, FieldRule>>("x = { selct = 'a' }").is_err());
    }
}
