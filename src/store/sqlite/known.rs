//! What is held of the entries that came in: one question, and two more where pages wait or entries changed.

use std::collections::{HashMap, HashSet};

use sqlx::sqlite::SqliteRow;

use super::Sqlite;
use super::rows::{self, SELECT_ARTICLE, SELECT_PAGE};
use super::sql::{corrupt, failed, get, padded, parameters, query, sixteen, some_moment};
use crate::model::{Article, ArticleId, Digest, SourceId};
use crate::plan::PendingPage;
use crate::store::{Error, Held, Known, Lookup};

const ACTION: &str = "look up what is known";

/// An alias key as the store finds it: short, and the same length whatever strangers write into a guid.
type Key = [u8; 16];

/// Articles by alias, with what their entries said.
type Articles = HashMap<Key, (ArticleId, Digest)>;

/// What aliases lead to.
struct Found {
    articles: Articles,
    pages: HashMap<Key, PendingPage>,
}

impl Sqlite {
    pub(super) async fn look_up(&self, source: &SourceId, lookups: &[Lookup]) -> Result<Known, Error> {
        let keys: Vec<Vec<Key>> = lookups
            .iter()
            .map(|lookup| lookup.aliases.iter().map(|alias| *Digest::of(alias.key().as_bytes()).as_bytes()).collect())
            .collect();
        let mut distinct: Vec<Key> = keys.iter().flatten().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();

        // Several statements, no transaction: should a page be finished in between, its entry may look new, and inserting an
        // article that is held changes nothing.
        let (facts, articles) = self.facts(source, &distinct).await?;
        let Some(facts) = facts else {
            let entries = lookups.iter().map(|_| Held::Unknown).collect();
            return Ok(Known { entries, articles: 0, newest: None });
        };
        let pages = if facts.pages { self.pages_of(facts.number, &distinct).await? } else { HashMap::new() };
        let found = Found { articles, pages };
        let decided: Vec<Decision> =
            keys.iter().zip(lookups).map(|(keys, lookup)| found.decide(keys, lookup)).collect();
        let changed: HashSet<ArticleId> = decided.iter().filter_map(Decision::changed).collect();
        let changed = self.whole(&changed).await?;

        self.remember([(source.clone(), facts.number)]);
        let entries = decided.into_iter().map(|decision| decision.held(&changed)).collect();
        Ok(Known { entries, articles: facts.articles.unsigned_abs(), newest: facts.newest })
    }
}

enum Decision {
    Unknown,
    Pending(Box<PendingPage>),
    Same(ArticleId),
    Changed(ArticleId),
}

impl Found {
    fn decide(&self, keys: &[Key], lookup: &Lookup) -> Decision {
        for key in keys {
            if let Some((id, said)) = self.articles.get(key) {
                return if *said == lookup.said { Decision::Same(*id) } else { Decision::Changed(*id) };
            }
            if let Some(page) = self.pages.get(key) {
                return Decision::Pending(Box::new(page.clone()));
            }
        }
        Decision::Unknown
    }
}

impl Decision {
    fn changed(&self) -> Option<ArticleId> {
        if let Self::Changed(id) = self { Some(*id) } else { None }
    }

    fn held(self, changed: &HashMap<ArticleId, Article>) -> Held {
        match self {
            Self::Unknown => Held::Unknown,
            Self::Pending(page) => Held::Pending(page),
            Self::Same(id) => Held::Same(id),
            Self::Changed(id) => {
                // What was dropped is known and stays as it is.
                changed.get(&id).map_or(Held::Same(id), |article| Held::Changed(Box::new(article.clone())))
            }
        }
    }
}

struct Facts {
    number: i64,
    articles: i64,
    newest: Option<jiff::Timestamp>,
    pages: bool,
}

impl Sqlite {
    /// The facts of a source, and the articles that go by these names, asked for together.
    async fn facts(&self, source: &SourceId, keys: &[Key]) -> Result<(Option<Facts>, Articles), Error> {
        let (mut facts, mut articles) = (None, HashMap::new());
        let mut runs: Vec<Vec<Key>> = padded(keys).collect();
        if runs.is_empty() {
            runs.push(Vec::new());
        }
        for run in runs {
            // One row, whatever is found: each row that travels wakes two threads, which costs more than the search.
            let text = format!(
                "SELECT number, articles, \
                 (SELECT dated FROM articles WHERE source = number ORDER BY dated DESC LIMIT 1), \
                 EXISTS (SELECT 1 FROM pending WHERE source = number), \
                 (SELECT string_agg(hex(n.digest) || hex(n.article) || hex(a.said), '') FROM aliases AS n \
                 JOIN articles AS a ON a.id = n.article WHERE n.source = number AND n.digest IN ({})) \
                 FROM sources WHERE id = ?",
                parameters(run.len())
            );
            let bound = run.iter().fold(query(text), |query, key| query.bind(key.to_vec()));
            let bound = bound.bind(source.as_str().to_owned());
            let row = bound.fetch_optional(&self.readers).await.map_err(failed(ACTION))?;
            let Some(row) = row else { break };
            facts = Some(read_facts(&row)?);
            read_articles(get::<Option<&str>>(&row, 4, "alias")?.unwrap_or_default(), &mut articles)?;
        }
        Ok((facts, articles))
    }

    async fn pages_of(&self, number: i64, keys: &[Key]) -> Result<HashMap<Key, PendingPage>, Error> {
        let mut found = HashMap::new();
        for run in padded(keys) {
            let text = format!("{SELECT_PAGE} WHERE p.source = ? AND p.digest IN ({})", parameters(run.len()));
            let bound = run.iter().fold(query(text).bind(number), |query, key| query.bind(key.to_vec()));
            for row in bound.fetch_all(&self.readers).await.map_err(failed(ACTION))? {
                let page = rows::page(&row)?;
                found.insert(*Digest::of(page.key.as_bytes()).as_bytes(), page);
            }
        }
        Ok(found)
    }

    /// Whole articles by id.
    async fn whole(&self, ids: &HashSet<ArticleId>) -> Result<HashMap<ArticleId, Article>, Error> {
        let ids: Vec<ArticleId> = ids.iter().copied().collect();
        let mut articles = HashMap::new();
        for run in padded(&ids) {
            let text = format!("{SELECT_ARTICLE} WHERE a.dropped_at IS NULL AND a.id IN ({})", parameters(run.len()));
            let bound = run.iter().fold(query(text), |query, id| query.bind(id.as_bytes().to_vec()));
            for row in bound.fetch_all(&self.readers).await.map_err(failed(ACTION))? {
                let article = rows::article(&row)?;
                articles.insert(article.id, article);
            }
        }
        Ok(articles)
    }
}

fn read_facts(row: &SqliteRow) -> Result<Facts, Error> {
    Ok(Facts {
        number: get(row, 0, "source")?,
        articles: get(row, 1, "source")?,
        newest: some_moment(get(row, 2, "source")?, "source")?,
        pages: get(row, 3, "source")?,
    })
}

/// Reads 96 hexadecimal digits an alias: its key, its article, what the article's entry said.
fn read_articles(text: &str, articles: &mut Articles) -> Result<(), Error> {
    for digits in text.as_bytes().chunks(96) {
        let mut bytes = [0; 48];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|cause| corrupt("alias", cause))?;
            *byte = u8::from_str_radix(pair, 16).map_err(|cause| corrupt("alias", cause))?;
        }
        let part = |n: usize| sixteen(&bytes[n * 16..][..16], "alias");
        articles.insert(part(0)?, (ArticleId::from_bytes(part(1)?), Digest::from_bytes(part(2)?)));
    }
    Ok(())
}
