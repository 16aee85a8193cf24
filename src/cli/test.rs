//! `courant test`: what stored pages must give, checked offline.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use jiff::Timestamp;

use crate::config::{Expect, ExpectFigure, Problem, Site};
use crate::model::{Document, Entry, Figure};
use crate::{dom, extract};

use super::out::{self, Paint};
use super::{Common, Exit, Failure};

/// Arguments of `test`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The site, by its id or its file [default: every site].
    site: Option<String>,
}

/// One thing that is not as expected.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    what: String,
    expected: String,
    found: String,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let sites = sites(arguments, common)?;
    let colour = out::has_colour();
    let (mut passed, mut failed) = (0, 0);
    for site in &sites {
        for expect in &site.expect {
            let differences = check(site, expect)?;
            let (mark, paint) = if differences.is_empty() { ("ok  ", Paint::Good) } else { ("FAIL", Paint::Bad) };
            if differences.is_empty() {
                passed += 1;
            } else {
                failed += 1;
            }
            out::line(&format!("{}  {}  {}", out::paint(mark, paint, colour), site.head.id, expect.page.display()))?;
            for Difference { what, expected, found } in differences {
                out::line(&format!("      {}", out::paint(&what, Paint::Bold, colour)))?;
                out::line(&format!("        expected  {expected}"))?;
                out::line(&format!("        found     {found}"))?;
            }
        }
    }
    out::line(&format!("{passed} as expected, {failed} not, in {} sites", sites.len()))?;
    Ok(if failed > 0 { Exit::Failed } else { Exit::Done })
}

fn sites(arguments: &Arguments, common: &Common) -> Result<Vec<Site>, Failure> {
    let told = |problems: Vec<Problem>| {
        let listed: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::usage(anyhow::anyhow!("{}", listed.join("\n")))
    };
    if let Some(file) = arguments.site.as_deref().filter(|site| Path::new(site).is_file()) {
        return Ok(vec![Site::load(Path::new(file)).map_err(told)?]);
    }
    let settings = common.settings()?;
    let mut sites = crate::config::sites(&settings.sites).map_err(told)?;
    if let Some(id) = &arguments.site {
        sites.retain(|site| site.head.id.as_str() == id);
        if sites.is_empty() {
            return Err(Failure::usage(anyhow::anyhow!("there is no site `{id}` in {}", settings.sites.display())));
        }
    }
    Ok(sites)
}

fn check(site: &Site, expect: &Expect) -> Result<Vec<Difference>, Failure> {
    let path = site.file.parent().unwrap_or(Path::new(".")).join(&expect.page);
    let body = fs::read(&path).map_err(|error| {
        Failure::usage(anyhow::anyhow!("{}: cannot read the page `{}`: {error}", site.file.display(), path.display()))
    })?;
    let document = Document { url: expect.url.clone(), content_type: None, body: Bytes::from(body) };
    let context = extract::Context {
        url: None,
        zone: site.zone.clone(),
        language: site.head.language.clone(),
        rules: Some(&site.rules),
    };
    Ok(compare(expect, &extract::article(&document, &context).entry))
}

fn compare(expect: &Expect, entry: &Entry) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut tell = |what: &str, expected: Option<String>, found: Option<String>| {
        if let Some(expected) = expected.filter(|expected| Some(expected) != found.as_ref()) {
            differences.push(Difference {
                what: what.to_owned(),
                expected,
                found: found.unwrap_or_else(|| "nothing".to_owned()),
            });
        }
    };
    let moment = |date: &toml::value::Datetime| {
        date.to_string().parse::<Timestamp>().map_or_else(|_| date.to_string(), |at| at.to_string())
    };
    let html = entry.content.as_ref().map(|content| content.value.as_str()).unwrap_or_default();
    tell("title", expect.title.clone(), entry.title.as_ref().map(|title| title.value.clone()));
    tell("lead", expect.lead.clone(), entry.lead.clone());
    tell("published", expect.published.as_ref().map(moment), entry.published.map(|at| at.to_string()));
    tell("updated", expect.updated.as_ref().map(moment), entry.updated.map(|at| at.to_string()));
    tell("language", expect.language.clone(), entry.language.clone());
    tell("dateline", expect.dateline.clone(), entry.dateline.clone());
    let names: Vec<&str> = entry.authors.iter().filter_map(|person| person.name.as_deref()).collect();
    tell("authors", expect.authors.as_ref().map(|names| names.join("; ")), Some(names.join("; ")));
    let lines: Vec<&str> = entry.attributions.iter().map(|attribution| attribution.text.as_str()).collect();
    tell("attributions", expect.attributions.as_ref().map(|lines| lines.join("; ")), Some(lines.join("; ")));
    if let Some(figures) = &expect.figures {
        let shown = |figure: &Figure, wanted: &ExpectFigure| {
            let part = |name: &str, wanted: &Option<String>, found: &Option<String>| {
                wanted.as_ref().map(|_| format!("{name}: {}", found.as_deref().unwrap_or("nothing")))
            };
            let parts = [
                part("url", &wanted.url, &figure.url),
                part("caption", &wanted.caption, &figure.caption),
                part("place", &wanted.place, &figure.place),
                part("credit", &wanted.credit, &figure.credit),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        };
        let whole = |wanted: &ExpectFigure| Figure {
            url: wanted.url.clone(),
            caption: wanted.caption.clone(),
            place: wanted.place.clone(),
            credit: wanted.credit.clone(),
            alternative: None,
        };
        for (number, wanted) in figures.iter().enumerate() {
            let found = entry.figures.get(number).map(|figure| shown(figure, wanted));
            tell(&format!("figure {}", number + 1), Some(shown(&whole(wanted), wanted)), found);
        }
        tell("number of figures", Some(figures.len().to_string()), Some(entry.figures.len().to_string()));
    }
    let squash = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = squash(&dom::text(html));
    for wanted in expect.contains.iter().filter(|wanted| !text.contains(&squash(wanted))) {
        tell("text", Some(format!("with: {wanted}")), None);
    }
    for unwanted in expect.lacks.iter().filter(|unwanted| text.contains(&squash(unwanted))) {
        tell("text", Some(format!("without: {unwanted}")), Some("it is there".to_owned()));
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Text;

    #[test]
    fn differences_name_field_expectation_and_finding() {
        let expect: Expect = toml::from_str(
            "page = 'p.html'\ntitle = 'Right'\npublished = 2023-06-13T16:29:00+03:00\nlead = 'Wanted'\ncontains = ['one two']\nlacks = ['advert']\nfigures = [{ place = 'Here' }]",
        )
        .unwrap();
        let entry = Entry {
            title: Some(Text::plain("Wrong")),
            published: "2023-06-13T13:29:00Z".parse().ok(),
            content: Some(Text::html("<p>one <b>two</b></p><p>advert</p>")),
            ..Entry::default()
        };
        let found: Vec<String> = compare(&expect, &entry)
            .iter()
            .map(|difference| format!("{}: {} / {}", difference.what, difference.expected, difference.found))
            .collect();
        let wanted = [
            "title: Right / Wrong",
            "lead: Wanted / nothing",
            "figure 1: place: Here / nothing",
            "number of figures: 1 / 0",
            "text: without: advert / it is there",
        ];
        assert_eq!(found, wanted);
    }
}
