//! Rules for a listing, drafted from what is found in it without any.
//!
//! A draft is only given where reading by it finds the same as reading without: it was tried. What says where an item stands
//! are names and classes that people gave; positions and classes made up by a program change with the next build of a site.

mod selectors;

use crate::dom::field::{Field, FieldRule};
use crate::dom::{Node, Selector};
use crate::model::{Document, Entry};

use super::listing::{self, ListRules, Listing, Rules};
use super::repeating::{self, Found};
use super::{Context, Scene};

/// Items that a field is tried on.
const SAMPLE: usize = 60;
/// Date formats that are tried where a date is not read without.
const FORMATS: [&str; 6] = ["%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y"];

/// What can be said about the list of a page.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The list as it is found without rules.
    pub listing: Listing,
    /// Rules that find the same; `None` where there are none that would last. They name no address.
    pub rules: Option<ListRules>,
    /// What the rules leave out, and why there are none.
    pub notes: Vec<String>,
}

/// Drafts rules for a listing page.
#[must_use]
pub fn draft(document: &Document, context: &Context) -> Draft {
    let scene = Scene::of(document, context);
    let listing = listing::find(document, context);
    let mut items = repeating::found(&scene);
    items.truncate(SAMPLE);
    let mut notes = Vec::new();
    let rules = rules(&scene, &items, &mut notes).and_then(|rules| {
        let compiled = Rules::compile(&rules).ok()?;
        let by_rules = listing::read(document, &compiled, context);
        let same = are_same(&listing.entries, &by_rules.entries);
        if !same {
            notes.push("no selectors were found that give the same list: it is found without rules".to_owned());
        }
        same.then_some(rules)
    });
    Draft { listing, rules, notes }
}

/// Whether two readings give the same articles with the same headlines and dates.
fn are_same(found: &[Entry], by_rules: &[Entry]) -> bool {
    let told =
        |entry: &Entry| (entry.link.clone(), entry.title.as_ref().map(|title| title.value.clone()), entry.published);
    found.len() == by_rules.len() && found.iter().zip(by_rules).all(|(a, b)| told(a) == told(b))
}

fn rules(scene: &Scene, items: &[Found], notes: &mut Vec<String>) -> Option<ListRules> {
    if items.len() < 2 {
        return None;
    }
    let scopes: Vec<Node> = items.iter().map(|item| item.scope).collect();
    let Some(item) = selectors::of_items(&scene.page, &scopes) else {
        notes.push(
            "the items of the list have no names or classes that would last: it is found without rules".to_owned(),
        );
        return None;
    };
    let drafter = Drafter { scene, items };
    let link = drafter.link();
    let title = drafter.title();
    let published = drafter.published();
    let summary = drafter.summary();
    let image = drafter.image();
    for (name, rule, has) in [
        ("published", &published, items.iter().any(|item| item.published.is_some())),
        ("summary", &summary, items.iter().any(|item| item.summary.is_some())),
        ("image", &image, items.iter().any(|item| item.image.is_some())),
    ] {
        if has && rule.is_none() {
            notes.push(format!("no selector was found for `{name}`"));
        }
    }
    Some(ListRules { item: Some(item), link, title, published, summary, image, ..ListRules::default() })
}

struct Drafter<'a> {
    scene: &'a Scene<'a>,
    items: &'a [Found],
}

impl Drafter<'_> {
    /// The first of the candidates that fits best, if it fits `least` of 100 items; two together where one is not enough.
    fn best(
        &self,
        candidates: Vec<String>,
        least: usize,
        fits: impl Fn(&FieldRule, &Found) -> bool,
    ) -> Option<FieldRule> {
        let rule = |select: String| FieldRule { select: Some(select), ..FieldRule::default() };
        let count = |rule: &FieldRule| self.items.iter().filter(|item| fits(rule, item)).count();
        let mut best: Option<(usize, FieldRule)> = None;
        for candidate in candidates.iter().take(60) {
            let rule = rule(candidate.clone());
            let count = count(&rule);
            if count == self.items.len() {
                return Some(rule);
            }
            if best.as_ref().is_none_or(|(most, _)| count > *most) {
                best = Some((count, rule));
            }
        }
        let (mut most, mut chosen) = best?;
        let first = chosen.select.clone().unwrap_or_default();
        for candidate in candidates.into_iter().take(20).filter(|candidate| *candidate != first) {
            let both = rule(format!("{first} | {candidate}"));
            let count = count(&both);
            if count > most {
                (most, chosen) = (count, both);
            }
        }
        (most * 100 >= self.items.len() * least).then_some(chosen)
    }

    /// Selectors for the places a field was found at, the steadiest first.
    fn places(&self, place: impl Fn(&Found) -> Option<Node>, ending: &str) -> Vec<String> {
        let mut all: Vec<(u32, String)> = Vec::new();
        let step = self.items.len().div_ceil(5).max(1);
        for item in self.items.iter().step_by(step) {
            let Some(node) = place(item) else { continue };
            for (rank, selector) in selectors::within(&self.scene.page, item.scope, node) {
                let candidate =
                    if ending.is_empty() { selector } else { format!("{selector} {ending}").trim().to_owned() };
                if !candidate.is_empty() && !all.iter().any(|(_, known)| *known == candidate) {
                    all.push((rank, candidate));
                }
            }
        }
        // Of two that are as steady, the one that fits fewer places says more.
        let count = |selector: &str| {
            let css = selector.split(" @").next().unwrap_or_default();
            let Ok(css) = Selector::compile(css) else { return 0 };
            self.items.iter().take(6).map(|item| self.scene.page.select(&css, item.scope).len()).sum::<usize>()
        };
        all.sort_by_cached_key(|(rank, selector)| (*rank, count(selector)));
        all.into_iter().map(|(_, selector)| selector).collect()
    }

    fn value(&self, rule: &FieldRule, item: &Found) -> Option<String> {
        Field::compile(rule).ok()?.value(&self.scene.page, item.scope).map(|found| found.value)
    }

    fn link(&self) -> Option<FieldRule> {
        let places = self.places(|item| Some(item.link), "@href");
        self.best(places, 100, |rule, item| {
            self.value(rule, item).and_then(|href| self.scene.web(&href)).as_ref() == Some(&item.url)
        })
    }

    fn title(&self) -> Option<FieldRule> {
        let places = self.places(|item| item.title.as_ref().map(|(node, _)| *node), "");
        self.best(places, 100, |rule, item| {
            self.value(rule, item).as_deref() == item.title.as_ref().map(|(_, title)| title.as_str())
        })
    }

    fn published(&self) -> Option<FieldRule> {
        let page = &self.scene.page;
        let machine = |item: &Found| {
            let node = item.published.and_then(|(node, _)| node)?;
            page.filled(node, "datetime").is_some().then_some(node)
        };
        let shown = |item: &Found| item.published.and_then(|(node, _)| node);
        let mut places = self.places(machine, "@datetime");
        places.extend(self.places(shown, ""));
        places.extend(self.places(|item| item.published.map(|_| item.link), "@href"));
        let read = |rule: &FieldRule, item: &Found| {
            let reader = crate::date::format::Reader::compile(rule.format.as_deref(), None, None).ok()?;
            let value = self.value(rule, item)?;
            reader.read(&value, self.scene.zone, self.scene.language.as_deref()).map(|moment| moment.at)
        };
        let fits = |rule: &FieldRule, item: &Found| read(rule, item) == item.published.map(|(_, at)| at);
        let plain = self.best(places.clone(), 100, fits);
        plain.or_else(|| {
            FORMATS.iter().find_map(|format| {
                let with = |rule: &FieldRule| FieldRule { format: Some((*format).to_owned()), ..rule.clone() };
                self.best(places.clone(), 100, |rule, item| fits(&with(rule), item)).map(|rule| with(&rule))
            })
        })
    }

    fn summary(&self) -> Option<FieldRule> {
        let places = self.places(|item| item.summary.as_ref().map(|(node, _)| *node), "");
        self.best(places, 80, |rule, item| {
            self.value(rule, item).as_deref() == item.summary.as_ref().map(|(_, text)| text.as_str())
        })
    }

    fn image(&self) -> Option<FieldRule> {
        let places = self.places(|item| item.image.as_ref().map(|(node, _)| *node), "");
        self.best(places, 80, |rule, item| {
            let found = Field::compile(rule).ok().and_then(|field| field.picture(&self.scene.page, item.scope));
            found.and_then(|image| self.scene.web(&image)).as_ref() == item.image.as_ref().map(|(_, url)| url)
        })
    }
}

/// The rules as lines of a `[list]` table, the addresses left out.
#[must_use]
pub fn write(rules: &ListRules) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut out = String::new();
    if let Some(item) = &rules.item {
        out.push_str(&format!("item = {}\n", quoted(item)));
    }
    let fields = [
        ("link", &rules.link),
        ("title", &rules.title),
        ("published", &rules.published),
        ("summary", &rules.summary),
        ("image", &rules.image),
    ];
    for (name, rule) in fields {
        let Some(select) = rule.as_ref().and_then(|rule| rule.select.as_deref()) else { continue };
        match rule.as_ref().and_then(|rule| rule.format.as_deref()) {
            Some(format) => {
                out.push_str(&format!("{name} = {{ select = {}, format = {} }}\n", quoted(select), quoted(format)));
            }
            None => out.push_str(&format!("{name} = {}\n", quoted(select))),
        }
    }
    out
}

/// Whether a selector can be used.
fn is_valid(selector: &str) -> bool {
    Selector::compile(selector).is_ok()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn drafted(markup: &str) -> Draft {
        let document = Document {
            url: Url::parse("https://x.example/news/").ok(),
            content_type: None,
            body: markup.to_owned().into(),
        };
        draft(&document, &Context::default())
    }

    fn items(count: usize, item: impl Fn(usize) -> String) -> String {
        let items: String = (1..=count).map(item).collect();
        format!("<nav><a href=/about>About the town</a></nav><div class=list>{items}</div>")
    }

    #[test]
    fn a_draft_names_classes_that_people_gave() {
        let draft = drafted(&items(5, |n| {
            format!(
                "<div class='news css-1x{n}z'><span class=day>1{n}/06/2023</span><h3><a href=/n/10{n}>The bridge number {n} opens early</a></h3><p class=lead>It took the town {n} long years to build it.</p></div>"
            )
        }));
        let text = write(&draft.rules.expect("rules"));
        assert_eq!(
            text,
            "item = \"div.news\"\nlink = \"h3 > a @href\"\ntitle = \"h3 > a\"\npublished = { select = \"span.day\", format = \"%d/%m/%Y\" }\nsummary = \"p.lead\"\n"
        );
    }

    #[test]
    fn a_day_that_could_be_a_month_gets_a_format() {
        let draft = drafted(&items(4, |n| {
            format!(
                "<li class=item><i class=when>{:02}/06/2023</i> <a class=name href=/n/10{n}>The bridge number {n} opens early</a></li>",
                n * 5
            )
        }));
        let text = write(&draft.rules.expect("rules"));
        assert!(text.contains("format = \"%d/%m/%Y\""), "{text}");
    }

    #[test]
    fn no_rules_are_drafted_that_would_find_less() {
        let flat = drafted(&items(5, |n| {
            format!("<h3><a href=/n/10{n}>The bridge number {n} opens early</a></h3><i>1{n}.06.2023</i>")
        }));
        assert_eq!(flat.listing.entries.len(), 5);
        assert!(flat.rules.is_none() && !flat.notes.is_empty(), "{:?}", flat.rules);
        assert!(drafted("<p>nothing</p>").rules.is_none());
    }
}
