//! Who the entries of a document are: by their names, and by what they say where names fail or lie.
//!
//! Names are asked for first, all at once. What no name leads to is compared with what the source told before, once the page
//! behind it was read; both by the rules of [`plan`].

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::address;
use crate::model::{Alias, Article, ArticleId, Draft, Entry, SourceId};
use crate::normalize::{self, Identity};
use crate::plan::{self, Arrival, Circle, Face, Held, Lookup, Sketch};
use crate::store;

use super::Pipeline;

/// Articles of the source that entries without a known name are compared with at most.
const MOST_SKETCHES: usize = 2_000;

/// So many nameless entries at once, and half of the document, are a source that gave everything other names.
const RENAMED: usize = 3;

/// How far the date of an entry may be off the date of its article.
const AROUND: SignedDuration = SignedDuration::from_hours(26);

/// An entry that is new, or says something else than it did.
pub(super) struct Recognized<'a> {
    pub(super) entry: &'a Entry,
    pub(super) base: Option<&'a Url>,
    pub(super) identity: Identity,
    /// What is held of it.
    pub(super) held: Option<Box<Article>>,
}

/// What else is known when the entries of a document are.
#[derive(Debug, Default)]
pub(super) struct Company {
    /// How many articles of the source are held.
    pub(super) articles: u64,
    /// The newest date among them.
    pub(super) newest: Option<Timestamp>,
    /// Entries of the document.
    pub(super) entries: usize,
    /// The articles that are in the document.
    present: HashSet<ArticleId>,
    /// Entries that are known under another guid than theirs, and entries that have a guid.
    strange_guids: usize,
    guids: usize,
}

impl Company {
    /// Whether the guids of the document are not those of last time: made anew with every document, they tell nothing.
    pub(super) fn has_other_guids(&self) -> bool {
        self.strange_guids >= 2 && self.strange_guids * 2 >= self.guids
    }
}

impl Pipeline {
    /// The entries that are new or changed, in the order of the document.
    pub(super) async fn recognize<'a>(
        &self,
        source: &SourceId,
        identified: Vec<(&'a Entry, Option<&'a Url>, Identity)>,
    ) -> Result<(Vec<Recognized<'a>>, Company), store::Error> {
        let lookups: Vec<Lookup> = identified.iter().map(|(_, _, identity)| lookup(identity)).collect();
        let known = self.store.known(source, &lookups).await?;
        let mut company = Company {
            articles: known.articles,
            newest: known.newest,
            entries: identified.len(),
            guids: identified.iter().filter(|(_, _, identity)| has_guid(identity)).count(),
            ..Company::default()
        };
        company.present = known.entries.iter().filter_map(same).collect();
        let (mut found, mut others) = (Vec::new(), Vec::new());
        for (index, ((entry, base, identity), held)) in identified.into_iter().zip(known.entries).enumerate() {
            let mut articles = match held {
                Held::Same(_) | Held::Pending(_) => continue,
                Held::Unknown => Vec::new(),
                Held::Changed(article) => vec![*article],
                Held::Contested(articles) => articles,
            };
            let mut one = Recognized { entry, base, identity, held: None };
            if articles.is_empty() {
                found.push((index, one));
                continue;
            }
            let article = if articles.len() > 1 {
                articles.swap_remove(plan::best(&articles, &Face::of_entry(entry)))
            } else {
                articles.remove(0)
            };
            let (guid, link) = shared_names(&one.identity, &article);
            let is_other =
                !(guid && link) && plan::is_other(&Face::of(&article.content), &Face::of_entry(entry), guid, link);
            if is_other {
                one.identity = normalize::renamed(one.identity, entry, guid, link);
                others.push((index, one));
            } else if company.present.insert(article.id) {
                company.strange_guids += usize::from(has_guid(&one.identity) && !guid);
                one.held = Some(Box::new(article));
                found.push((index, one));
            }
        }
        self.recognize_others(source, others, &mut found, &mut company).await?;
        found.sort_by_key(|(index, _)| *index);
        Ok((found.into_iter().map(|(_, one)| one).collect(), company))
    }

    /// Entries that are others than their names say, asked for by the names that are left to them.
    async fn recognize_others<'a>(
        &self,
        source: &SourceId,
        others: Vec<(usize, Recognized<'a>)>,
        found: &mut Vec<(usize, Recognized<'a>)>,
        company: &mut Company,
    ) -> Result<(), store::Error> {
        if others.is_empty() {
            return Ok(());
        }
        let lookups: Vec<Lookup> = others.iter().map(|(_, one)| lookup(&one.identity)).collect();
        let known = self.store.known(source, &lookups).await?;
        company.present.extend(known.entries.iter().filter_map(same));
        for ((index, mut one), held) in others.into_iter().zip(known.entries) {
            one.held = match held {
                Held::Same(_) | Held::Pending(_) => continue,
                Held::Unknown => None,
                Held::Changed(article) => Some(article),
                Held::Contested(mut articles) => {
                    Some(Box::new(articles.swap_remove(plan::best(&articles, &Face::of_entry(one.entry)))))
                }
            };
            if one.held.as_ref().is_none_or(|article| company.present.insert(article.id)) {
                found.push((index, one));
            }
        }
        Ok(())
    }

    /// Finds among new arrivals those that are held under other names, and joins those that are one. `grown` are the first
    /// names of those whose page gave them one more.
    pub(super) async fn reunite(
        &self,
        source: &SourceId,
        arrivals: Vec<Arrival>,
        grown: &HashSet<Alias>,
        company: &mut Company,
    ) -> Result<Vec<Arrival>, store::Error> {
        let mut arrivals = self.by_page(source, join_twins(arrivals), grown, company).await?;
        let is_new = |arrival: &Arrival| matches!(arrival, Arrival::New(_) | Arrival::Waiting(_));
        let nameless = arrivals.iter().filter(|arrival| is_new(arrival)).count();
        let renamed = nameless >= RENAMED && nameless * 2 >= company.entries;
        let faces: Vec<Option<Face>> = arrivals.iter().map(face).collect();
        if company.articles == 0 || faces.iter().all(Option::is_none) {
            return Ok(arrivals);
        }
        let sketches = self.sketches(source, &faces, renamed).await?;
        for (index, face) in faces.iter().enumerate() {
            let Some(face) = face else { continue };
            let Some(held) = self.find(face, &sketches, renamed, company).await? else { continue };
            let is_present = !company.present.insert(held.id);
            let Arrival::New(draft) = &mut arrivals[index] else { continue };
            if is_present {
                // Told twice in one document: the first telling stands, and is found by the names of both.
                let said = held.said;
                let twin = Draft { said, content: held.content.clone(), ..(**draft).clone() };
                arrivals[index] = Arrival::Changed(Box::new(twin), held);
            } else {
                company.strange_guids += 1;
                arrivals[index] = Arrival::Changed(draft.clone(), held);
            }
        }
        Ok(arrivals)
    }

    /// New arrivals whose page names an address that is known.
    async fn by_page(
        &self,
        source: &SourceId,
        mut arrivals: Vec<Arrival>,
        grown: &HashSet<Alias>,
        company: &mut Company,
    ) -> Result<Vec<Arrival>, store::Error> {
        let grown: Vec<usize> = (0..arrivals.len())
            .filter(|index| matches!(&arrivals[*index], Arrival::New(draft) if grown.contains(&draft.aliases[0])))
            .filter(|_| company.articles > 0)
            .collect();
        let drafts = grown.iter().filter_map(|index| match &arrivals[*index] {
            Arrival::New(draft) => Some(Lookup { aliases: draft.aliases.clone(), said: draft.said }),
            _ => None,
        });
        let lookups: Vec<Lookup> = drafts.collect();
        if lookups.is_empty() {
            return Ok(arrivals);
        }
        let known = self.store.known(source, &lookups).await?;
        for (index, held) in grown.into_iter().zip(known.entries) {
            let Some(held) = self.held_of(held).await? else { continue };
            let Arrival::New(draft) = &mut arrivals[index] else { continue };
            if !plan::is_same_page(&Face::of(&held.content), &Face::of(&draft.content)) {
                let shared = Alias::Url(address::fold(&held.content.link));
                let own = draft.aliases[0].clone();
                draft.aliases.retain(|alias| *alias == own || *alias != shared);
            } else if company.present.insert(held.id) {
                arrivals[index] = Arrival::Changed(draft.clone(), held);
            }
        }
        Ok(arrivals)
    }

    /// The article that the page of an entry that waited turns out to be.
    pub(super) async fn known_by_page(
        &self,
        source: &SourceId,
        draft: &Draft,
    ) -> Result<Option<Article>, store::Error> {
        let lookup = Lookup { aliases: draft.aliases.clone(), said: draft.said };
        let mut known = self.store.known(source, &[lookup]).await?;
        let face = Face::of(&draft.content);
        if let Some(held) = self.held_of(known.entries.remove(0)).await? {
            let is_same =
                |held: &Article| held.guid == draft.guid || plan::is_same_page(&Face::of(&held.content), &face);
            return Ok(Some(*held).filter(is_same));
        }
        if known.articles == 0 {
            return Ok(None);
        }
        let faces = [Some(face)];
        let sketches = self.sketches(source, &faces, false).await?;
        let mut company = Company::default();
        company.present.extend(sketches.iter().map(|sketch| sketch.id));
        let [Some(face)] = faces else { return Ok(None) };
        Ok(self.find(&face, &sketches, false, &company).await?.map(|held| *held))
    }

    async fn held_of(&self, held: Held) -> Result<Option<Box<Article>>, store::Error> {
        Ok(match held {
            Held::Unknown | Held::Pending(_) => None,
            Held::Same(id) => self.store.article(id).await?.map(Box::new),
            Held::Changed(article) => Some(article),
            Held::Contested(mut articles) => Some(Box::new(articles.remove(0))),
        })
    }

    /// What the source told around the dates of these; all that it told last where dates are missing or may be made up.
    async fn sketches(
        &self,
        source: &SourceId,
        faces: &[Option<Face>],
        renamed: bool,
    ) -> Result<Vec<Sketch>, store::Error> {
        let faces = || faces.iter().flatten();
        let dates: Vec<Timestamp> = faces().filter_map(|face| face.published).collect();
        let (mut from, mut to) = (Timestamp::MIN, Timestamp::MAX);
        if dates.len() == faces().count() && !renamed {
            from = dates.iter().min().and_then(|date| date.checked_sub(AROUND).ok()).unwrap_or(from);
            to = dates.iter().max().and_then(|date| date.checked_add(AROUND).ok()).unwrap_or(to);
        }
        self.store.sketches(source, from, to, MOST_SKETCHES).await
    }

    /// The article that looks like this.
    async fn find(
        &self,
        face: &Face,
        sketches: &[Sketch],
        renamed: bool,
        company: &Company,
    ) -> Result<Option<Box<Article>>, store::Error> {
        // The telling ones first: the same title, then the same moment.
        let mut likely: Vec<&Sketch> = sketches.iter().filter(|sketch| sketch.may_be(face)).collect();
        likely.sort_by_key(|sketch| (company.present.contains(&sketch.id), sketch.published != face.published));
        for sketch in likely.into_iter().take(MOST_LIKELY) {
            let Some(held) = self.store.article(sketch.id).await? else { continue };
            let circle = match (company.present.contains(&held.id), renamed) {
                (true, _) => Circle::Together,
                (false, true) => Circle::Renamed,
                (false, false) => Circle::Alone,
            };
            if plan::resemble(&Face::of(&held.content), face, circle) {
                return Ok(Some(Box::new(held)));
            }
        }
        Ok(None)
    }
}

/// Articles that are looked at whole for one entry.
const MOST_LIKELY: usize = 20;

/// Joins new arrivals that are one article: their pages name one address, or they say the same at the same moment.
fn join_twins(mut arrivals: Vec<Arrival>) -> Vec<Arrival> {
    let faces: Vec<Option<Face>> = arrivals.iter().map(face).collect();
    disown(&mut arrivals, &faces);
    let mut joined: Vec<Arrival> = Vec::with_capacity(arrivals.len());
    let mut by_name: HashMap<Alias, usize> = HashMap::new();
    let mut by_moment: HashMap<(String, Timestamp), (usize, usize)> = HashMap::new();
    for (index, (mut arrival, face)) in arrivals.into_iter().zip(&faces).enumerate() {
        if let (Arrival::New(draft), Some(face)) = (&mut arrival, face) {
            let moment = face.published.map(|published| (face.title.clone(), published));
            let alike = moment.as_ref().and_then(|moment| by_moment.get(moment)).filter(|(_, other)| {
                let other = faces[*other].as_ref();
                other.is_some_and(|other| plan::resemble(other, face, Circle::Together))
            });
            let named = draft.aliases.iter().find_map(|alias| by_name.get(alias));
            let twin = named.or(alike.map(|(at, _)| at)).copied();
            if let Some(Arrival::New(first)) = twin.and_then(|at| joined.get_mut(at)) {
                first.aliases.append(&mut draft.aliases);
                continue;
            }
            by_name.extend(draft.aliases.iter().map(|alias| (alias.clone(), joined.len())));
            if let Some(moment) = moment {
                by_moment.entry(moment).or_insert((joined.len(), index));
            }
        }
        joined.push(arrival);
    }
    joined
}

/// Takes from drafts the names that are another's: the address that their page gives them, while it is another article.
fn disown(arrivals: &mut [Arrival], faces: &[Option<Face>]) {
    let mut owners: HashMap<Alias, usize> = HashMap::new();
    for (index, arrival) in arrivals.iter().enumerate() {
        if let Arrival::New(draft) = arrival {
            owners.entry(draft.aliases[0].clone()).or_insert(index);
        }
    }
    for (index, arrival) in arrivals.iter_mut().enumerate() {
        let Arrival::New(draft) = arrival else { continue };
        let mut first = true;
        draft.aliases.retain(|alias| {
            if std::mem::take(&mut first) {
                return true;
            }
            let owner = *owners.entry(alias.clone()).or_insert(index);
            let (Some(one), Some(other)) = (&faces[owner], &faces[index]) else { return true };
            owner == index || plan::is_same_page(one, other)
        });
    }
}

fn face(arrival: &Arrival) -> Option<Face> {
    if let Arrival::New(draft) = arrival { Some(Face::of(&draft.content)) } else { None }
}

/// The names that are asked for: those it goes by, and the guid as another server behind the same name writes it.
fn lookup(identity: &Identity) -> Lookup {
    let mut aliases = identity.aliases.clone();
    if let Some(Alias::Guid(guid)) = identity.aliases.first() {
        let swapped = match guid.split_once("://") {
            Some(("http", rest)) => Some(format!("https://{rest}")),
            Some(("https", rest)) => Some(format!("http://{rest}")),
            _ => None,
        };
        aliases.extend(swapped.map(Alias::Guid));
    }
    Lookup { aliases, said: identity.said }
}

fn has_guid(identity: &Identity) -> bool {
    matches!(identity.aliases.first(), Some(Alias::Guid(_)))
}

fn same(held: &Held) -> Option<ArticleId> {
    if let Held::Same(id) = held { Some(*id) } else { None }
}

/// Whether the entry has the guid and the address of the article.
fn shared_names(identity: &Identity, article: &Article) -> (bool, bool) {
    let bare = |guid: &str| guid.trim_start_matches("https://").trim_start_matches("http://").to_owned();
    let guid = has_guid(identity) && bare(&identity.guid) == bare(&article.guid);
    let link = address::fold(&article.content.link);
    (guid, identity.aliases.iter().any(|alias| matches!(alias, Alias::Url(url) if *url == link)))
}
