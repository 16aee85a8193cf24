//! What is held of the entries that came in: one snapshot, and as few questions as the answer allows.

use std::collections::{HashMap, HashSet};

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::Sqlite;
use super::rows::{self, SELECT_ARTICLE, SELECT_PAGE};
use super::sql::{failed, get, padded, parameters, query, sixteen, some_moment};
use crate::model::{Article, ArticleId, Digest, SourceId};
use crate::plan::PendingPage;
use crate::store::{Error, Held, Known, Lookup};

const ACTION: &str = "look up what is known";

/// An alias key as the store finds it: short, and the same length whatever strangers write into a guid.
type Key = [u8; 16];

/// What one alias leads to.
#[derive(Default)]
struct Found {
    articles: HashMap<Key, (ArticleId, Digest)>,
    pages: HashMap<Key, PendingPage>,
}

impl Sqlite {
    pub(super) async fn look_up(&self, source: &SourceId, lookups: &[Lookup]) -> Result<Known, Error> {
        // Hashed before the file is touched: the transaction is as short as it can be.
        let keys: Vec<Vec<Key>> = lookups
            .iter()
            .map(|lookup| lookup.aliases.iter().map(|alias| *Digest::of(alias.key().as_bytes()).as_bytes()).collect())
            .collect();
        let mut distinct: Vec<Key> = keys.iter().flatten().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();

        let mut transaction = self.read(ACTION).await?;
        let Some(facts) = facts(&mut transaction, source).await? else {
            let entries = lookups.iter().map(|_| Held::Unknown).collect();
            return Ok(Known { entries, articles: 0, newest: None });
        };
        let mut found = Found::default();
        if facts.articles > 0 {
            found.articles = articles_of(&mut transaction, facts.number, &distinct).await?;
        }
        if facts.pages {
            found.pages = pages_of(&mut transaction, facts.number, &distinct).await?;
        }
        let decided: Vec<Decision> =
            keys.iter().zip(lookups).map(|(keys, lookup)| found.decide(keys, lookup)).collect();
        let changed: HashSet<ArticleId> = decided.iter().filter_map(Decision::changed).collect();
        let changed = whole(&mut transaction, &changed).await?;
        transaction.commit().await.map_err(failed(ACTION))?;

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
                changed.get(&id).map_or(Held::Unknown, |article| Held::Changed(Box::new(article.clone())))
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

async fn facts(connection: &mut SqliteConnection, source: &SourceId) -> Result<Option<Facts>, Error> {
    let row = sqlx::query(
        "SELECT number, articles, \
         (SELECT dated FROM articles WHERE source = number ORDER BY dated DESC LIMIT 1), \
         EXISTS (SELECT 1 FROM pending WHERE source = number) FROM sources WHERE id = $1",
    )
    .bind(source.as_str().to_owned())
    .fetch_optional(connection)
    .await
    .map_err(failed(ACTION))?;
    let facts = |row: SqliteRow| {
        Ok(Facts {
            number: get(&row, 0, "source")?,
            articles: get(&row, 1, "source")?,
            newest: some_moment(get(&row, 2, "source")?, "source")?,
            pages: get(&row, 3, "source")?,
        })
    };
    row.map(facts).transpose()
}

async fn articles_of(
    connection: &mut SqliteConnection,
    number: i64,
    keys: &[Key],
) -> Result<HashMap<Key, (ArticleId, Digest)>, Error> {
    let mut found = HashMap::new();
    for run in padded(keys) {
        let text = format!(
            "SELECT n.digest, n.article, a.said FROM aliases AS n JOIN articles AS a ON a.id = n.article \
             WHERE n.source = $1 AND n.digest IN ({})",
            parameters(2, run.len())
        );
        for row in fetch(connection, text, number, &run).await? {
            let id = ArticleId::from_bytes(sixteen(get(&row, 1, "alias")?, "alias")?);
            let said = Digest::from_bytes(sixteen(get(&row, 2, "alias")?, "alias")?);
            found.insert(sixteen(get(&row, 0, "alias")?, "alias")?, (id, said));
        }
    }
    Ok(found)
}

async fn pages_of(
    connection: &mut SqliteConnection,
    number: i64,
    keys: &[Key],
) -> Result<HashMap<Key, PendingPage>, Error> {
    let mut found = HashMap::new();
    for run in padded(keys) {
        let text = format!("{SELECT_PAGE} WHERE p.source = $1 AND p.digest IN ({})", parameters(2, run.len()));
        for row in fetch(connection, text, number, &run).await? {
            let page = rows::page(&row)?;
            found.insert(*Digest::of(page.key.as_bytes()).as_bytes(), page);
        }
    }
    Ok(found)
}

async fn fetch(
    connection: &mut SqliteConnection,
    text: String,
    number: i64,
    keys: &[Key],
) -> Result<Vec<SqliteRow>, Error> {
    let bound = keys.iter().fold(query(text).bind(number), |query, key| query.bind(key.to_vec()));
    bound.fetch_all(connection).await.map_err(failed(ACTION))
}

/// Whole articles by id.
async fn whole(
    connection: &mut SqliteConnection,
    ids: &HashSet<ArticleId>,
) -> Result<HashMap<ArticleId, Article>, Error> {
    let ids: Vec<ArticleId> = ids.iter().copied().collect();
    let mut articles = HashMap::new();
    for run in padded(&ids) {
        let text = format!("{SELECT_ARTICLE} WHERE a.id IN ({})", parameters(1, run.len()));
        let bound = run.iter().fold(query(text), |query, id| query.bind(id.as_bytes().to_vec()));
        for row in bound.fetch_all(&mut *connection).await.map_err(failed(ACTION))? {
            let article = rows::article(&row)?;
            articles.insert(article.id, article);
        }
    }
    Ok(articles)
}
