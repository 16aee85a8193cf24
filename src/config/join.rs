//! Sites and sources joined into subscriptions, feeds into recipes; what names something that is not there is a problem.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::compose::{self, Everywhere, Recipe, Selector};
use crate::extract::site_rules::Rules;
use crate::model::SourceId;
use crate::pipeline::{Subscription, Subscriptions};
use crate::plan::{health, timing};
use crate::source::{self, KindName, Source, SourceKind, sitemap};
use crate::units::{self, limits};

use super::access::{Asked, Secrets};
use super::sections::{At, Problem, suggest};
use super::site::{Listed, Site};

/// How many of the newest entries are announced on the first reading, unless a source says otherwise.
const FIRST: usize = 10;

/// Where a problem is reported.
struct Place<'a> {
    file: &'a Path,
    line: Option<usize>,
    problems: &'a mut Vec<Problem>,
    remarks: &'a mut Vec<Problem>,
}

impl Place<'_> {
    fn report(&mut self, message: String) {
        self.problems.push(self.problem(message));
    }

    fn remark(&mut self, message: String) {
        self.remarks.push(self.problem(message));
    }

    fn problem(&self, message: String) -> Problem {
        Problem { file: Some(self.file.to_owned()), line: self.line, message }
    }
}

/// Joins sites and sources, one source after the other: as they are read they take far more memory than as they are held.
pub(super) struct Joiner<'a> {
    sites: BTreeMap<SourceId, Site>,
    joined: Subscriptions,
    retention: limits::Settings,
    secrets: &'a Secrets<'a>,
    /// What is wrong.
    pub(super) problems: Vec<Problem>,
    /// What works and should be otherwise.
    remarks: Vec<Problem>,
}

impl<'a> Joiner<'a> {
    /// Begins with the sites.
    pub(super) fn new(
        sites: Vec<Site>,
        retention: limits::Settings,
        secrets: &'a Secrets<'a>,
        mut problems: Vec<Problem>,
    ) -> Self {
        let mut by_id: BTreeMap<SourceId, Site> = BTreeMap::new();
        for site in sites {
            if let Some(other) = by_id.get(&site.head.id) {
                let message = format!("`site.id`: `{}` is the id of {} too", site.head.id, other.file.display());
                problems.push(Problem { file: Some(site.file.clone()), line: None, message });
                continue;
            }
            by_id.insert(site.head.id.clone(), site);
        }
        Self { sites: by_id, joined: Subscriptions::new(), retention, secrets, problems, remarks: Vec::new() }
    }

    /// The sites.
    pub(super) fn sites(&self) -> impl Iterator<Item = &Site> + Clone {
        self.sites.values()
    }

    /// What was joined so far.
    pub(super) fn joined(&self) -> &Subscriptions {
        &self.joined
    }

    /// Adds the source of a file.
    pub(super) fn add(&mut self, file: &Path, At { value, line }: At<source::Settings>) {
        let mut place = Place { file, line, problems: &mut self.problems, remarks: &mut self.remarks };
        if self.joined.contains_key(&value.id) {
            place.report(format!("`source`: the id `{}` is given twice", value.id));
            return;
        }
        let id = value.id.clone();
        let value = source::Settings {
            retention: value.retention.within(of_site_of(&value, &self.sites)).within(self.retention),
            ..value
        };
        if let Some(subscription) = subscription(value, &self.sites, self.secrets, &mut place) {
            self.joined.insert(id, Arc::new(subscription));
        }
    }

    /// Adds the sites that no source was about. Gives the subscriptions, the problems and the remarks.
    pub(super) fn finish(mut self) -> (Subscriptions, Vec<Problem>, Vec<Problem>) {
        for (id, site) in &self.sites {
            let Some(listed) = site.listed.clone().filter(|_| !self.joined.contains_key(id)) else { continue };
            let settings = source::Settings {
                retention: site.retention.within(self.retention),
                ..source::Settings::of_site(id.clone())
            };
            let mut place =
                Place { file: &site.file, line: None, problems: &mut self.problems, remarks: &mut self.remarks };
            if let Some(subscription) = of_site(settings, site, listed, self.secrets, &mut place) {
                self.joined.insert(id.clone(), Arc::new(subscription));
            }
        }
        (self.joined, self.problems, self.remarks)
    }
}

/// What the file of a site says about its own source.
fn of_site_of(settings: &source::Settings, sites: &BTreeMap<SourceId, Site>) -> limits::Settings {
    sites.get(&settings.id).map(|site| site.retention).unwrap_or_default()
}

fn subscription(
    settings: source::Settings,
    sites: &BTreeMap<SourceId, Site>,
    secrets: &Secrets,
    place: &mut Place,
) -> Option<Subscription> {
    if let Some(site) = sites.get(&settings.id) {
        if settings.url.is_some() || settings.kind.is_some() || settings.site.is_some() || settings.sitemap.is_some() {
            place.report(format!(
                "`source`: `{}` is a site ({}): `url`, `kind`, `site` and `sitemap` belong there",
                settings.id,
                site.file.display()
            ));
            return None;
        }
        let Some(listed) = site.listed.clone() else {
            place.report(format!(
                "`source`: the site `{}` has neither `[list]`, `[feed]` nor `[sitemap]`: give one, or another id and `url` here",
                settings.id
            ));
            return None;
        };
        return of_site(settings, site, listed, secrets, place);
    }
    let Some(url) = settings.url.clone() else {
        place.report(format!("`source`: `{}` has no `url`, and there is no site file of this id", settings.id));
        return None;
    };
    if !matches!(url.scheme(), "http" | "https") {
        place.report(format!("`source`: `{url}` of `{}` is not an http(s) address", settings.id));
        return None;
    }
    let borrowed = match &settings.site {
        None => None,
        Some(id) => {
            let found = sites.values().find(|site| site.head.id.as_str() == id);
            if found.is_none() {
                let hint = suggest(id, sites.keys().map(SourceId::as_str));
                place.report(format!("`source`: there is no site `{id}`{hint}"));
            }
            found
        }
    };
    let kind_name = settings.kind.unwrap_or(KindName::Feed);
    if settings.sitemap.is_some() && kind_name != KindName::Sitemap {
        place.report(format!("`source`: `sitemap` of `{}` needs `kind = \"sitemap\"`", settings.id));
        return None;
    }
    let kind = match kind_name {
        KindName::Feed => SourceKind::Feed { url },
        KindName::Page => SourceKind::Page { urls: vec![url], rules: Box::default() },
        KindName::Sitemap => {
            let wanted = settings.sitemap.clone().unwrap_or_default();
            if !wanted.url.0.is_empty() {
                place.report(format!(
                    "`source`: `url` of `{}` says where the sitemap is: leave `sitemap.url` out",
                    settings.id
                ));
            }
            match sitemap::Rules::compile(&wanted) {
                Ok(rules) => SourceKind::Sitemap { urls: vec![url], rules: Box::new(rules) },
                Err(problems) => {
                    for problem in problems {
                        place.report(format!("`source`: {problem}"));
                    }
                    return None;
                }
            }
        }
    };
    let zone = borrowed.map(|site| site.zone.clone());
    let asked = Asked::read(&settings, secrets);
    build(settings, asked, kind, borrowed, zone, timing::Settings::default(), health::Settings::default(), place)
}

fn of_site(
    settings: source::Settings,
    site: &Site,
    listed: Listed,
    secrets: &Secrets,
    place: &mut Place,
) -> Option<Subscription> {
    let kind = match listed {
        Listed::Pages { urls, rules } => SourceKind::Page { urls, rules },
        Listed::Feed(url) => SourceKind::Feed { url },
        Listed::Sitemap { urls, rules } => SourceKind::Sitemap { urls, rules },
    };
    // A site whose feed lists the articles is there for their pages.
    let settings = source::Settings { full_text: settings.full_text.or(Some(true)), ..settings };
    let asked = Asked::read(&settings, secrets);
    build(settings, asked, kind, Some(site), Some(site.zone.clone()), site.timing.clone(), site.health.clone(), place)
}

#[expect(clippy::too_many_arguments, reason = "each is a part of what is joined here")]
fn build(
    settings: source::Settings,
    asked: Asked,
    kind: SourceKind,
    site: Option<&Site>,
    zone: Option<TimeZone>,
    base: timing::Settings,
    health: health::Settings,
    place: &mut Place,
) -> Option<Subscription> {
    let before = place.problems.len();
    let own_zone = settings.timezone.as_ref().and_then(|name| {
        let zone = TimeZone::get(name).ok();
        if zone.is_none() {
            place.report(format!("`timezone`: `{name}` is no time zone: write one like `Europe/Minsk`"));
        }
        zone
    });
    let zone = own_zone.or(zone).unwrap_or(TimeZone::UTC);
    let every = settings.every.as_deref().map(units::parse_duration).transpose().unwrap_or_else(|error| {
        place.report(format!("`every`: {error}"));
        None
    });
    // One of the two here replaces either there.
    let wish = if every.is_some() || settings.cron.is_some() {
        (every, settings.cron.clone())
    } else {
        (base.every, base.cron)
    };
    let timing = timing::Settings { every: wish.0, cron: wish.1, insist: settings.insist.unwrap_or(base.insist) };
    let timing = timing::Timing::new(&timing, &zone).map_err(|error| place.report(format!("`source`: {error}"))).ok();
    asked.problems.into_iter().for_each(|problem| place.report(problem));
    let id = &settings.id;
    asked.remarks.into_iter().for_each(|remark| place.remark(format!("source `{id}`: {remark}")));
    if settings.insist == Some(true) && place.problems.len() == before && wish_is_empty(&settings, site) {
        place.report("`insist` says that `every` or `cron` beats the server, but neither is given".to_owned());
    }
    let head = site.map(|site| &site.head).filter(|head| head.id == settings.id);
    let mut tags = head.map(|head| head.tags.clone()).unwrap_or_default();
    tags.extend(settings.tags);
    let of_site = site.map(|site| site.head.id.clone());
    let retention = settings.retention.limits();
    let source = Source {
        id: settings.id,
        name: settings.name.or_else(|| head.and_then(|head| head.name.clone())),
        home: settings.home.or_else(|| head.and_then(|head| head.home.clone())),
        tags,
        language: settings.language.or_else(|| site.and_then(|site| site.head.language.clone())),
        zone,
        full_text: settings.full_text.unwrap_or(!matches!(kind, SourceKind::Feed { .. }) || site.is_some()),
        rules: site.map_or_else(Rules::default, |site| site.rules.clone()),
        first: settings.first.unwrap_or(FIRST),
        kind,
    };
    let (headers, access) = (asked.headers, asked.access.map(Arc::new));
    (place.problems.len() == before)
        .then(|| Some(Subscription { source, site: of_site, timing: timing?, health, headers, access, retention }))?
}

fn wish_is_empty(settings: &source::Settings, site: Option<&Site>) -> bool {
    let of_site = site.is_some_and(|site| site.timing.every.is_some() || site.timing.cron.is_some());
    settings.every.is_none() && settings.cron.is_none() && !of_site
}

/// Checks the feeds and reads their rules, those of `[rules]` too. Where `unknown_is_fine`, what names no source is noted
/// there.
pub(super) fn recipes(
    file: &Path,
    rules: Option<At<compose::Rules>>,
    feeds: Vec<At<compose::Settings>>,
    subscriptions: &Subscriptions,
    mut unknown_is_fine: Option<&mut Vec<String>>,
    problems: &mut Vec<Problem>,
) -> Vec<Recipe> {
    let tagged = |tag: &str| {
        let sources = subscriptions.values().map(|subscription| &subscription.source);
        sources.filter(|source| source.tags.iter().any(|of| of == tag)).map(|source| source.id.clone()).collect()
    };
    let mut everywhere = Everywhere::default();
    if let Some(At { value, line }) = rules {
        let mut place = Place { file, line, problems, remarks: &mut Vec::new() };
        for message in value.named().iter().filter_map(|selector| unknown(selector, subscriptions)) {
            match &mut unknown_is_fine {
                Some(notes) => notes.push(format!("`rules`: a rule {message}; a list may bring it")),
                None => place.report(format!("`rules`: a rule {message}")),
            }
        }
        match Everywhere::new(value, &tagged) {
            Ok(read) => everywhere = read,
            Err(errors) => errors.iter().for_each(|error| place.report(format!("`rules`: {error}"))),
        }
    }
    let mut recipes: Vec<Recipe> = Vec::new();
    for At { value, line } in feeds {
        let mut place = Place { file, line, problems, remarks: &mut Vec::new() };
        if recipes.iter().any(|recipe| recipe.settings().id == value.id) {
            place.report(format!("`feed`: the id `{}` is given twice", value.id));
            continue;
        }
        for selector in &value.named() {
            let Some(message) = unknown(selector, subscriptions) else { continue };
            match &mut unknown_is_fine {
                Some(notes) => notes.push(format!("`feed`: `{}` {message}; a list may bring it", value.id)),
                None => place.report(format!("`feed`: `{}` {message}", value.id)),
            }
        }
        match Recipe::within(value, &everywhere, &tagged) {
            Ok(recipe) => recipes.push(recipe),
            Err(errors) => errors.iter().for_each(|error| place.report(format!("`feed`: {error}"))),
        }
    }
    recipes
}

/// What a selector names that is not there.
fn unknown(selector: &Selector, subscriptions: &Subscriptions) -> Option<String> {
    match selector {
        Selector::All => None,
        Selector::Source(id) if subscriptions.contains_key(id) => None,
        Selector::Source(id) => {
            let hint = suggest(id.as_str(), subscriptions.keys().map(SourceId::as_str));
            Some(format!("takes `{id}`, which is no source{hint}"))
        }
        Selector::Tag(tag) => {
            let mut tags = subscriptions.values().flat_map(|subscription| &subscription.source.tags);
            if tags.any(|known| known == tag) {
                return None;
            }
            let mut known: Vec<&str> =
                subscriptions.values().flat_map(|subscription| &subscription.source.tags).map(String::as_str).collect();
            known.sort_unstable();
            known.dedup();
            Some(format!("takes `tag:{tag}`, which no source has{}", suggest(tag, known.into_iter())))
        }
    }
}
