//! Which rung's word is taken for each field.

use crate::date::page::Moment;
use crate::model::{Entry, Field, Person, Rung, Text};

use super::byline;
use super::scene::{Partial, fold};
use super::{Extraction, Said};

/// Joins what the rungs say, the most trusted first, into one entry. A title that is shown on the page is taken before one
/// that only the head names; `body` and `plain` are the article's markup and text.
pub(super) fn settle(partials: &[(Rung, Partial)], body: (Rung, String), plain: &str) -> Extraction {
    let (body_rung, body) = body;
    let mut extraction = Extraction { said: said(partials, body_rung, plain), ..Extraction::default() };
    let entry = &mut extraction.entry;
    let by_rule =
        |take: fn(&Partial) -> bool| partials.iter().find(|(rung, partial)| *rung == Rung::Rule && take(partial));

    // The headline was chosen among what all rungs say; a rule's word stands above it.
    let title = by_rule(|partial| partial.title.is_some())
        .or_else(|| partials.iter().rev().find(|(_, partial)| partial.title.is_some()))
        .map(|(rung, partial)| (*rung, partial.title.clone()));
    if let Some((rung, Some(title))) = title {
        let agreed = partials.iter().find(|(_, partial)| partial.title.as_deref().map(fold) == Some(fold(&title)));
        entry.provenance.insert(Field::Title, agreed.map_or(rung, |(rung, _)| *rung));
        entry.title = Some(Text::plain(title));
    }
    take(partials, entry, Field::Lead, |partial| partial.lead.clone(), |entry, lead| entry.lead = Some(lead));
    if let Some(summary) = partials.iter().find_map(|(_, partial)| partial.summary.clone()) {
        entry.summary = Some(Text::plain(summary));
    }
    if let Some((rung, authors)) = authors(partials) {
        entry.authors = authors;
        entry.provenance.insert(Field::Authors, rung);
    }
    if let Some((rung, moment)) = published(partials) {
        entry.published = Some(moment.at);
        entry.provenance.insert(Field::Published, rung);
    }
    take(
        partials,
        entry,
        Field::Updated,
        |partial| partial.updated,
        |entry, moment: Moment| entry.updated = Some(moment.at),
    );
    // Where a page shows one date and calls it the update, the article was there by then: better than none. A stamp that
    // only machines see says when the page was saved last.
    let shown = || {
        let readers = partials.iter().filter(|(rung, _)| *rung != Rung::OpenGraph);
        readers.into_iter().find_map(|(rung, partial)| Some((*rung, partial.updated?)))
    };
    if entry.published.is_none()
        && let Some((rung, moment)) = shown()
    {
        entry.published = Some(moment.at);
        entry.provenance.insert(Field::Published, rung);
    }
    take(
        partials,
        entry,
        Field::Dateline,
        |partial| partial.dateline.clone(),
        |entry, line| entry.dateline = Some(line),
    );
    take(
        partials,
        entry,
        Field::Categories,
        |partial| non_empty(&partial.categories),
        |entry, terms| entry.categories = terms,
    );
    take_canonical(partials, entry);
    entry.site = partials.iter().find_map(|(_, partial)| partial.site.clone());
    entry.paywalled = partials.iter().find_map(|(_, partial)| partial.paywalled);
    take(partials, entry, Field::Image, |partial| partial.image.clone(), |entry, image| entry.image = Some(image));
    take(
        partials,
        entry,
        Field::Figures,
        |partial| non_empty(&partial.figures),
        |entry, figures| entry.figures = figures,
    );
    take(
        partials,
        entry,
        Field::Attributions,
        |partial| non_empty(&partial.attributions),
        |entry, lines| entry.attributions = lines,
    );
    // The language was found in the text with all others heard.
    let language = by_rule(|partial| partial.language.is_some())
        .or_else(|| partials.iter().rev().find(|(_, partial)| partial.language.is_some()));
    if let Some((rung, partial)) = language {
        entry.language.clone_from(&partial.language);
        entry.provenance.insert(Field::Language, *rung);
    }
    if !body.is_empty() {
        entry.content = Some(Text::html(body));
        entry.provenance.insert(Field::Body, body_rung);
    }
    extraction
}

/// Whether the rungs that speak for themselves name an author who is not the house.
pub(super) fn names_authors(partials: &[(Rung, Partial)]) -> bool {
    partials.iter().any(|(_, partial)| partial.authors.iter().any(|person| !is_house(person, partials)))
}

/// Who wrote it: the most trusted rung's word; where that is the house itself, a person that another rung names.
fn authors(partials: &[(Rung, Partial)]) -> Option<(Rung, Vec<Person>)> {
    let said = || partials.iter().filter(|(_, partial)| !partial.authors.is_empty());
    let personal = |partial: &Partial| !partial.authors.iter().all(|person| is_house(person, partials));
    let (rung, partial) =
        said().find(|(rung, partial)| *rung == Rung::Rule || personal(partial)).or_else(|| said().next())?;
    let mut authors = partial.authors.clone();
    // "Ann" in the head is the "Ann Lee" of the byline.
    if let [only] = &mut authors[..]
        && let Some(first) = only.name.clone().filter(|name| !name.contains(' '))
    {
        let fuller = said()
            .flat_map(|(_, partial)| &partial.authors)
            .filter_map(|person| person.name.as_ref())
            .find(|name| name.split_once(' ').is_some_and(|(given, _)| fold(given) == fold(&first)));
        only.name = Some(fuller.cloned().unwrap_or(first));
    }
    Some((*rung, authors))
}

/// Whether it is the site or its staff rather than a person.
fn is_house(person: &Person, partials: &[(Rung, Partial)]) -> bool {
    let Some(name) = person.name.as_deref() else { return false };
    let folded = fold(name);
    let site = |site: &String| {
        let site = fold(site);
        let the = |name: &str| name.strip_prefix("the").unwrap_or(name).to_owned();
        !folded.is_empty() && the(&site) == the(&folded)
    };
    byline::is_collective(name) || partials.iter().filter_map(|(_, partial)| partial.site.as_ref()).any(site)
}

/// When it was published: the most trusted rung's word, unless two others know better.
fn published(partials: &[(Rung, Partial)]) -> Option<(Rung, Moment)> {
    let said = || partials.iter().filter_map(|(rung, partial)| Some((*rung, partial.published?)));
    let (first_rung, first) = said().next()?;
    if first_rung == Rung::Rule {
        return Some((first_rung, first));
    }
    let others = || said().skip(1).filter(|(_, moment)| !moment.agrees(first));
    // A template that gives the day of some other thing, or of the last change: two others that agree outvote it.
    let outvoted = others().find(|(rung, moment)| {
        others().any(|(other, said)| other != *rung && said.agrees(*moment))
            && said().all(|(_, said)| !said.agrees(first) || said == first)
    });
    // One stamp for both is that of the last change where the page shows an earlier day.
    let resaved = || {
        let updated = partials.iter().find(|(rung, _)| *rung == first_rung).and_then(|(_, partial)| partial.updated);
        (first.timed && updated == Some(first))
            .then(|| others().find(|(rung, moment)| *rung == Rung::Heuristic && moment.at < first.at))
            .flatten()
    };
    // A day alone is made exact by who knows the hour of that day.
    let exact = || {
        let day = |moment: Moment| moment.at.as_second().div_euclid(86_400);
        (!first.timed)
            .then(|| said().find(|(_, moment)| moment.timed && moment.agrees(first) && day(*moment) == day(first)))
            .flatten()
    };
    outvoted.or_else(resaved).or_else(exact).or(Some((first_rung, first)))
}

fn take<T>(
    partials: &[(Rung, Partial)],
    entry: &mut Entry,
    field: Field,
    get: impl Fn(&Partial) -> Option<T>,
    set: impl FnOnce(&mut Entry, T),
) {
    if let Some((rung, value)) = partials.iter().find_map(|(rung, partial)| get(partial).map(|value| (*rung, value))) {
        set(entry, value);
        entry.provenance.insert(field, rung);
    }
}

/// The canonical address: what `link rel=canonical` says is meant for this, before JSON-LD.
fn take_canonical(partials: &[(Rung, Partial)], entry: &mut Entry) {
    let order = [Rung::Rule, Rung::OpenGraph, Rung::JsonLd, Rung::Microdata, Rung::Heuristic];
    let found = order.iter().find_map(|wanted| {
        let (rung, partial) = partials.iter().find(|(rung, partial)| rung == wanted && partial.canonical.is_some())?;
        Some((*rung, partial.canonical.clone()?))
    });
    if let Some((rung, link)) = found {
        entry.link = Some(link);
        entry.provenance.insert(Field::Canonical, rung);
    }
}

fn non_empty<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

fn said(partials: &[(Rung, Partial)], body_rung: Rung, plain: &str) -> Vec<Said> {
    let mut said = Vec::new();
    for (rung, partial) in partials {
        let mut add = |field: Field, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                said.push(Said { field, rung: *rung, value });
            }
        };
        add(Field::Title, partial.title.clone());
        add(Field::Lead, partial.lead.clone());
        add(Field::Authors, Some(join(partial.authors.iter().map(person))));
        add(Field::Published, partial.published.map(moment));
        add(Field::Updated, partial.updated.map(moment));
        add(Field::Language, partial.language.clone());
        add(Field::Dateline, partial.dateline.clone());
        add(Field::Categories, Some(join(partial.categories.iter().map(|category| category.term.clone()))));
        add(Field::Canonical, partial.canonical.clone());
        add(Field::Image, partial.image.clone());
        add(
            Field::Figures,
            Some(join(
                partial
                    .figures
                    .iter()
                    .map(|figure| figure.url.clone().or_else(|| figure.caption.clone()).unwrap_or_default()),
            )),
        );
        add(Field::Attributions, Some(join(partial.attributions.iter().map(|line| line.text.clone()))));
    }
    if !plain.is_empty() {
        let words = plain.split_whitespace().count();
        let start: String = plain.chars().take(80).collect();
        said.push(Said {
            field: Field::Body,
            rung: body_rung,
            value: format!("{words} words: {}", start.replace('\n', " ")),
        });
    }
    said
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

fn person(person: &Person) -> String {
    person.name.clone().or_else(|| person.email.clone()).unwrap_or_default()
}

fn moment(moment: Moment) -> String {
    let text = moment.at.to_string();
    if moment.timed { text } else { text.split('T').next().unwrap_or(&text).to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Option<Moment> {
        crate::date::page::read(text, &jiff::tz::TimeZone::UTC, None)
    }

    fn dated(published: &str, updated: &str) -> Partial {
        Partial { published: moment(published), updated: moment(updated), ..Partial::default() }
    }

    fn by(names: &[&str], site: Option<&str>) -> Partial {
        let authors = names.iter().map(|name| Person::named(*name)).collect();
        Partial { authors, site: site.map(str::to_owned), ..Partial::default() }
    }

    #[test]
    fn two_rungs_that_agree_outvote_the_first() {
        let day = |partials: &[(Rung, Partial)]| {
            let (rung, moment) = published(partials)?;
            Some((rung, moment.at.strftime("%F").to_string()))
        };
        let first = (Rung::JsonLd, dated("2021-12-06T10:00:00Z", ""));
        let others = [(Rung::OpenGraph, dated("2022-12-15T09:00:00Z", "")), (Rung::Heuristic, dated("2022-12-15", ""))];
        let [open_graph, shown] = others.clone();
        let all = [first.clone(), open_graph, shown.clone()];
        assert_eq!(day(&all), Some((Rung::OpenGraph, "2022-12-15".to_owned())));
        assert_eq!(day(&[first, shown.clone()]), Some((Rung::JsonLd, "2021-12-06".to_owned())), "one is not enough");
        // One stamp for both dates is that of the last change.
        let resaved = (Rung::JsonLd, dated("2023-01-29T17:28:31Z", "2023-01-29T17:28:31Z"));
        assert_eq!(day(&[resaved, shown]), Some((Rung::Heuristic, "2022-12-15".to_owned())));
    }

    #[test]
    fn a_stamp_for_machines_is_no_publication() {
        let of =
            |rung| settle(&[(rung, dated("", "2023-06-13"))], (Rung::Heuristic, String::new()), "").entry.published;
        assert_eq!(of(Rung::OpenGraph), None);
        assert!(of(Rung::Heuristic).is_some());
    }

    #[test]
    fn a_person_is_named_before_the_house() {
        let names = |partials: &[(Rung, Partial)]| -> (Rung, Vec<String>) {
            let (rung, people) = authors(partials).expect("authors");
            (rung, people.into_iter().filter_map(|person| person.name).collect())
        };
        let house = (Rung::OpenGraph, by(&["Gazette"], Some("The Gazette")));
        let shown = (Rung::Heuristic, by(&["Ann Lee"], None));
        assert_eq!(names(&[house.clone(), shown.clone()]), (Rung::Heuristic, vec!["Ann Lee".to_owned()]));
        assert_eq!(names(std::slice::from_ref(&house)), (Rung::OpenGraph, vec!["Gazette".to_owned()]));
        let short = (Rung::JsonLd, by(&["Ann"], None));
        assert_eq!(names(&[short, shown]), (Rung::JsonLd, vec!["Ann Lee".to_owned()]));
    }
}
