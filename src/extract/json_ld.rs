//! JSON-LD: what the page says about itself in `script type=application/ld+json` (schema.org).
//!
//! Read are objects of article types anywhere in the document: bare, in arrays, in `@graph`, or under `mainEntity`. Broken
//! JSON is repaired where the fault is known: comments around it, line breaks inside strings, commas before a bracket.

use serde_json::{Map, Value};

use crate::model::{Category, Person};

use super::byline;
use super::scene::{Partial, Scene, fold, plain};

const MAX_OBJECTS: usize = 2_000;
const MAX_SCRIPT_BYTES: usize = 2 << 20;

type Object = Map<String, Value>;

/// Reads what the page's JSON-LD says.
pub(super) fn read(scene: &Scene) -> Partial {
    let documents = documents(scene);
    let mut objects = Vec::new();
    for document in &documents {
        collect(document, 0, &mut objects);
    }
    let site = objects.iter().find(|object| is_type(object, &["WebSite"])).and_then(|object| text(object, "name"));
    let Some(article) = choose(scene, &objects) else {
        return Partial { site, ..Partial::default() };
    };
    let publisher = article.get("publisher").and_then(Value::as_object).and_then(|object| text(object, "name"));
    let others = || same_thing(article, &objects, scene);
    Partial {
        title: text(article, "headline").or_else(|| text(article, "name")),
        summary: text(article, "description"),
        authors: people(article, &objects, scene),
        published: moment(scene, article, &["datePublished", "dateCreated", "uploadDate"])
            .or_else(|| others().find_map(|other| moment(scene, other, &["datePublished"]))),
        updated: moment(scene, article, &["dateModified"])
            .or_else(|| others().find_map(|other| moment(scene, other, &["dateModified"]))),
        language: article.get("inLanguage").and_then(language),
        categories: categories(article),
        canonical: canonical(article).and_then(|address| scene.web(&address)).map(String::from),
        image: article
            .get("image")
            .and_then(|value| image(value, &objects, 0))
            .and_then(|address| scene.web(&address))
            .map(String::from),
        site: publisher.or(site),
        paywalled: article.get("isAccessibleForFree").and_then(truth).map(|free| !free),
        ..Partial::default()
    }
}

fn documents(scene: &Scene) -> Vec<Value> {
    let page = scene.page;
    page.named(page.root(), "script")
        .filter(|node| page.attribute(*node, "type").is_some_and(|kind| kind.to_ascii_lowercase().contains("ld+json")))
        .filter_map(|node| page.children(node).next().and_then(|inner| page.characters(inner)))
        .filter(|source| source.len() <= MAX_SCRIPT_BYTES)
        .take(50)
        .filter_map(parse)
        .collect()
}

fn parse(source: &str) -> Option<Value> {
    serde_json::from_str(source).or_else(|_| serde_json::from_str(&repair(source))).ok()
}

/// The same JSON without the faults that generators make.
fn repair(source: &str) -> String {
    let mut source = source.trim();
    for (open, close) in [("<!--", "-->"), ("//<![CDATA[", "//]]>"), ("/*<![CDATA[*/", "/*]]>*/"), ("<![CDATA[", "]]>")]
    {
        source = source.strip_prefix(open).unwrap_or(source).trim();
        source = source.strip_suffix(close).unwrap_or(source).trim();
    }
    let source = source.trim_end_matches(';');
    let source = if source.contains("&quot;") && !source.contains('"') {
        source.replace("&quot;", "\"")
    } else {
        source.to_owned()
    };
    let mut out = String::with_capacity(source.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in source.chars() {
        if in_string {
            match c {
                _ if escaped => {
                    // An escape JSON does not know stands for the character itself.
                    if !matches!(c, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') {
                        out.pop();
                    }
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => in_string = false,
                c if c.is_control() => {
                    out.push(' ');
                    continue;
                }
                _ => {}
            }
        } else {
            match c {
                '"' => in_string = true,
                '}' | ']' => {
                    let kept = out.trim_end().trim_end_matches(',').len();
                    out.truncate(kept);
                }
                _ => {}
            }
        }
        out.push(c);
    }
    out
}

fn collect<'a>(value: &'a Value, depth: usize, into: &mut Vec<&'a Object>) {
    if depth > 12 || into.len() > MAX_OBJECTS {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth + 1, into)),
        Value::Object(object) => {
            into.push(object);
            object.values().for_each(|inner| collect(inner, depth + 1, into));
        }
        _ => {}
    }
}

fn types(object: &Object) -> Vec<&str> {
    match object.get("@type") {
        Some(Value::String(one)) => vec![one.rsplit(['/', ':', '#']).next().unwrap_or(one)],
        Some(Value::Array(many)) => {
            many.iter().filter_map(Value::as_str).map(|one| one.rsplit(['/', ':', '#']).next().unwrap_or(one)).collect()
        }
        _ => Vec::new(),
    }
}

fn is_type(object: &Object, wanted: &[&str]) -> bool {
    types(object).iter().any(|kind| wanted.contains(kind))
}

/// The object that describes the article of the page: the best by type, then by agreement with the page's address.
fn choose<'a>(scene: &Scene, objects: &[&'a Object]) -> Option<&'a Object> {
    let page_key = scene.url.as_ref().map(crate::address::fold);
    objects
        .iter()
        .enumerate()
        .filter_map(|(at, object)| {
            let kind = types(object).into_iter().map(rank).max().unwrap_or(0);
            if kind == 0 {
                return None;
            }
            let same_page = page_key.is_some()
                && canonical(object).and_then(|address| scene.web(&address)).map(|url| crate::address::fold(&url))
                    == page_key;
            let dated = object.contains_key("datePublished");
            Some(((kind, same_page, dated, usize::MAX - at), *object))
        })
        .max_by_key(|(score, _)| *score)
        .map(|(_, object)| object)
}

fn rank(kind: &str) -> u8 {
    match kind {
        "WebPage"
        | "ItemPage"
        | "AboutPage"
        | "FAQPage"
        | "MedicalWebPage"
        | "CollectionPage"
        | "CreativeWork"
        | "VideoObject"
        | "Product"
        | "Event"
        | "Question"
        | "QAPage"
        | "SoftwareApplication" => 1,
        "Review" | "CriticReview" | "Recipe" | "HowTo" | "Course" | "PodcastEpisode" | "Podcast" => 2,
        kind if kind.ends_with("Article")
            || kind.ends_with("Posting") && kind != "JobPosting"
            || matches!(kind, "Report" | "Chapter" | "Blog" | "ClaimReview") =>
        {
            3
        }
        _ => 0,
    }
}

fn text(object: &Object, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) => plain(text),
        Value::Array(many) => many.iter().find_map(Value::as_str).and_then(plain),
        Value::Object(inner) => inner.get("@value").and_then(Value::as_str).and_then(plain),
        _ => None,
    }
}

/// A boolean, written as one or as a word.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(word) => match word.rsplit('/').next().unwrap_or(word).trim().to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn moment(scene: &Scene, object: &Object, keys: &[&str]) -> Option<crate::date::page::Moment> {
    keys.iter().find_map(|key| text(object, key).and_then(|written| scene.moment(&written)))
}

fn language(value: &Value) -> Option<String> {
    match value {
        Value::String(tag) => Some(tag.clone()),
        Value::Object(object) => text(object, "alternateName").or_else(|| text(object, "name")),
        Value::Array(many) => many.first().and_then(language),
        _ => None,
    }
}

fn canonical(object: &Object) -> Option<String> {
    let id = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(inner) => {
            inner.get("@id").or_else(|| inner.get("url")).and_then(Value::as_str).map(str::to_owned)
        }
        _ => None,
    };
    ["url", "mainEntityOfPage", "@id"]
        .iter()
        .find_map(|key| object.get(*key).and_then(id))
        .filter(|address| address.starts_with("http"))
}

fn image(value: &Value, objects: &[&Object], depth: usize) -> Option<String> {
    if depth > 4 {
        return None;
    }
    match value {
        Value::String(address) => Some(address.clone()),
        Value::Array(many) => many.iter().find_map(|one| image(one, objects, depth + 1)),
        Value::Object(object) => object
            .get("url")
            .or_else(|| object.get("contentUrl"))
            .and_then(|inner| image(inner, objects, depth + 1))
            .or_else(|| {
                referred(object, objects).and_then(|other| {
                    other
                        .get("url")
                        .or_else(|| other.get("contentUrl"))
                        .and_then(|inner| image(inner, objects, depth + 1))
                })
            }),
        _ => None,
    }
}

/// The full object behind a bare `{"@id": …}`.
fn referred<'a>(object: &Object, objects: &[&'a Object]) -> Option<&'a Object> {
    let id = object.get("@id")?;
    objects.iter().copied().find(|other| other.get("@id") == Some(id) && other.len() > object.len())
}

fn people(article: &Object, objects: &[&Object], scene: &Scene) -> Vec<Person> {
    let mut found: Vec<Person> = Vec::new();
    for key in ["author", "creator"] {
        if let Some(value) = article.get(key) {
            push_people(value, objects, scene, 0, &mut found);
        }
        if !found.is_empty() {
            break;
        }
    }
    // Some generators give the author to the page, or to another form of the article.
    if found.is_empty() {
        for other in same_thing(article, objects, scene) {
            if let Some(value) = other.get("author").or_else(|| other.get("creator")) {
                push_people(value, objects, scene, 0, &mut found);
            }
            if !found.is_empty() {
                break;
            }
        }
    }
    // The publisher as its own author says nothing.
    let publisher = article
        .get("publisher")
        .and_then(Value::as_object)
        .and_then(|object| text(object, "name"))
        .map(|name| fold(&name));
    if found.len() > 1 || publisher.is_some() {
        found.retain(|person| person.name.as_deref().map(fold) != publisher || publisher.is_none());
    }
    found
}

/// The page, and other forms of the article: some generators give half of the fields to each.
fn same_thing<'a>(
    article: &'a Object,
    objects: &'a [&'a Object],
    scene: &'a Scene,
) -> impl Iterator<Item = &'a Object> + 'a {
    objects.iter().copied().filter(move |other| {
        let kinds = types(other);
        let is_page = kinds.contains(&"WebPage");
        (is_page || kinds.into_iter().any(|kind| rank(kind) == 3))
            && is_same_page(other, article, scene).unwrap_or(is_page)
    })
}

/// Whether two objects are about one page, where the first says which it is about.
fn is_same_page(one: &Object, other: &Object, scene: &Scene) -> Option<bool> {
    let key = |object: &Object| {
        canonical(object).and_then(|address| scene.web(&address)).map(|url| crate::address::fold(&url))
    };
    let one = key(one)?;
    let page = || scene.url.as_ref().map(crate::address::fold);
    Some(Some(&one) == key(other).as_ref() || Some(one) == page())
}

fn push_people(value: &Value, objects: &[&Object], scene: &Scene, depth: usize, into: &mut Vec<Person>) {
    if depth > 4 || into.len() > 30 {
        return;
    }
    let mut add = |name: &str, url: Option<String>| {
        for name in byline::names(name) {
            if !into.iter().any(|known| known.name.as_deref().map(fold) == Some(fold(&name))) {
                into.push(Person { name: Some(name), email: None, url: url.clone() });
            }
        }
    };
    match value {
        Value::String(name) => {
            if let Some(name) = plain(name) {
                add(&name, None);
            }
        }
        Value::Array(many) => many.iter().for_each(|one| push_people(one, objects, scene, depth + 1, into)),
        Value::Object(object) => {
            let object = if object.contains_key("name") { object } else { referred(object, objects).unwrap_or(object) };
            let url =
                object.get("url").and_then(Value::as_str).and_then(|address| scene.web(address)).map(String::from);
            match object.get("name") {
                Some(Value::Array(many)) => {
                    many.iter().filter_map(Value::as_str).filter_map(plain).for_each(|name| add(&name, None));
                }
                Some(_) => {
                    if let Some(name) = text(object, "name") {
                        add(&name, url);
                    }
                }
                None => {
                    let parts = ["givenName", "familyName"].map(|key| text(object, key).unwrap_or_default());
                    add(parts.join(" ").trim(), url);
                }
            }
        }
        _ => {}
    }
}

fn categories(article: &Object) -> Vec<Category> {
    let mut terms: Vec<String> = Vec::new();
    for key in ["articleSection", "keywords"] {
        match article.get(key) {
            Some(Value::String(list)) => terms.extend(list.split([',', ';']).filter_map(plain)),
            Some(Value::Array(many)) => {
                terms.extend(
                    many.iter().filter_map(|one| one.as_str().or_else(|| one.get("name")?.as_str())).filter_map(plain),
                );
            }
            _ => {}
        }
    }
    super::open_graph::unique(terms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom::Page;
    use jiff::tz::TimeZone;

    fn read_of(script: &str) -> Partial {
        let page = Page::parse(&format!("<script type='application/ld+json'>{script}</script>"));
        read(&Scene { page: &page, base: None, url: None, zone: &TimeZone::UTC, language: None })
    }

    #[test]
    fn articles_are_found_wherever_they_stand() {
        let article = r#"{"@type":"NewsArticle","headline":"A plant opens","author":{"@type":"Person","name":"Ann Lee"},"datePublished":"2023-06-13T16:29:00+03:00"}"#;
        for script in [
            article.to_owned(),
            format!("[{article}]"),
            format!(r#"{{"@graph":[{{"@type":"WebPage","name":"x"}},{article}]}}"#),
            format!(r#"{{"@type":"WebPage","mainEntity":{article}}}"#),
            format!("<!-- {article} -->"),
            article.replace("}}", "},}").replace("\"headline\"", "\n\"headline\"").replace("A plant", "A\nplant"),
        ] {
            let said = read_of(&script);
            assert_eq!(said.title.as_deref(), Some("A plant opens"), "{script}");
            assert_eq!(said.authors, [Person::named("Ann Lee")], "{script}");
            assert_eq!(said.published.map(|m| m.at.to_string()).as_deref(), Some("2023-06-13T13:29:00Z"));
        }
    }

    #[test]
    fn authors_are_resolved_told_apart_and_not_the_publisher() {
        let said = read_of(
            r##"{"@graph":[{"@type":"Article","headline":"x","author":[{"@id":"#p"},{"name":"By Bo Ek and Cy Dal"},"The Gazette"],"publisher":{"name":"The Gazette"}},
            {"@type":"Person","@id":"#p","name":"Ann Lee"}]}"##,
        );
        let names: Vec<_> = said.authors.iter().filter_map(|person| person.name.as_deref()).collect();
        assert_eq!(names, ["Ann Lee", "Bo Ek", "Cy Dal"]);
    }

    #[test]
    fn an_author_may_be_given_in_parts_or_to_the_page() {
        for script in [
            r#"{"@type":"Article","headline":"x","author":{"@type":"Person","givenName":"Ann","familyName":"Lee"}}"#,
            r#"{"@graph":[{"@type":"Article","headline":"x"},{"@type":"WebPage","author":{"name":"Ann Lee"}}]}"#,
        ] {
            assert_eq!(read_of(script).authors, [Person::named("Ann Lee")], "{script}");
        }
    }

    #[test]
    fn a_text_for_subscribers_says_so() {
        for (value, wanted) in [("true", Some(false)), ("false", Some(true)), ("\"False\"", Some(true)), ("3", None)] {
            let said = read_of(&format!(r#"{{"@type":"NewsArticle","headline":"x","isAccessibleForFree":{value}}}"#));
            assert_eq!(said.paywalled, wanted, "{value}");
        }
    }
}
