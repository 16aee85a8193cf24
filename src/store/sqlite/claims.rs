//! Handing out work and taking it back.
//!
//! A lease that ran out is marked free (`until` null) but keeps its number until somebody else claims, so that whoever
//! finishes late, but first, is still heard.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::rows::{self, SELECT_DOCUMENT, SELECT_PAGE};
use super::sql::{failed, get, micros, numbers, query};
use super::{Sqlite, push, sql, states};
use crate::model::{Digest, SourceId};
use crate::plan::{DocumentState, PendingPage};
use crate::store::{Claim, ClaimRequest, Due, Error, Work};

const ACTION: &str = "claim what is due";

/// The condition that nobody holds the source `s`.
pub(super) const FREE: &str = "s.removed = 0 AND s.paused = 0 \
     AND NOT EXISTS (SELECT 1 FROM leases WHERE leases.source = s.number AND until IS NOT NULL)";

/// Selects sources that nobody holds and that fulfil `condition`, the longest due first.
pub(super) fn free(condition: &str) -> String {
    format!(
        "SELECT s.number, s.id, s.due_at, {} FROM sources AS s CROSS {} WHERE {FREE} AND {condition} \
         ORDER BY s.due_at, s.id LIMIT $2",
        states::COLUMNS,
        states::JOIN
    )
}

/// One piece of work that may be claimed.
struct Candidate {
    due: i64,
    source: SourceId,
    number: i64,
    work: Work,
}

impl Candidate {
    /// The longest due first; then by name, a source before its pages.
    fn order(&self) -> (i64, &SourceId, Option<&str>) {
        let key = match &self.work {
            Work::Source { .. } => None,
            Work::Page(page) => Some(page.key.as_str()),
        };
        (self.due, &self.source, key)
    }
}

impl Sqlite {
    pub(super) async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, Error> {
        let mut transaction = self.write(ACTION).await?;
        expire(&mut transaction, micros(request.now)).await?;
        let mut candidates = due_sources(&mut transaction, request).await?;
        let pushed = pushed_sources(&mut transaction, request).await?;
        if !pushed.is_empty() {
            let numbers: HashSet<i64> = pushed.iter().map(|candidate| candidate.number).collect();
            candidates.retain(|candidate| !numbers.contains(&candidate.number));
            candidates.extend(pushed);
        }
        candidates.extend(due_pages(&mut transaction, request).await?);
        candidates.retain(|candidate| request.due.allows(&candidate.source));
        candidates.sort_by(|a, b| a.order().cmp(&b.order()));
        candidates.truncate(request.limit);
        if candidates.is_empty() {
            transaction.commit().await.map_err(failed(ACTION))?;
            return Ok(Vec::new());
        }
        let first = next_leases(&mut transaction, candidates.len()).await?;
        lease(&mut transaction, &candidates, first, request).await?;
        let mut documents = documents(&mut transaction, &candidates).await?;
        transaction.commit().await.map_err(failed(ACTION))?;
        self.remember(candidates.iter().map(|candidate| (candidate.source.clone(), candidate.number)));
        let claim = |(candidate, lease): (Candidate, i64)| {
            let mut work = candidate.work;
            if let Work::Source { documents: own, .. } = &mut work {
                *own = documents.remove(&candidate.number).unwrap_or_default();
            }
            Claim { source: candidate.source, lease, work }
        };
        Ok(candidates.into_iter().zip(first..).map(claim).collect())
    }

    pub(super) async fn give_back(&self, claims: &[Claim]) -> Result<(), Error> {
        const ACTION: &str = "give leases back";
        let mut transaction = self.write(ACTION).await?;
        for claim in claims {
            end_lease(&mut transaction, claim).await.map_err(failed(ACTION))?;
        }
        transaction.commit().await.map_err(failed(ACTION))
    }

    pub(super) async fn take_back_all(&self) -> Result<(), Error> {
        const ACTION: &str = "end all leases";
        let mut transaction = self.write(ACTION).await?;
        for end in ["DELETE FROM leases", "UPDATE pending SET lease = NULL, lease_until = NULL WHERE lease IS NOT NULL"]
        {
            sqlx::query(end).execute(&mut *transaction).await.map_err(failed(ACTION))?;
        }
        transaction.commit().await.map_err(failed(ACTION))
    }
}

/// Ends the lease of a claim; `None` when it was lost before, else the number of its source.
pub(super) async fn end_lease(connection: &mut SqliteConnection, claim: &Claim) -> Result<Option<i64>, sqlx::Error> {
    let row = match &claim.work {
        Work::Source { .. } => {
            sqlx::query(
                "DELETE FROM leases WHERE source = (SELECT number FROM sources WHERE id = $1) AND lease = $2 \
                 RETURNING source",
            )
            .bind(claim.source.as_str().to_owned())
            .bind(claim.lease)
            .fetch_optional(connection)
            .await?
        }
        Work::Page(page) => {
            sqlx::query(
                "UPDATE pending SET lease = NULL, lease_until = NULL WHERE lease = $2 AND digest = $3 \
                 AND source = (SELECT number FROM sources WHERE id = $1) RETURNING source",
            )
            .bind(claim.source.as_str().to_owned())
            .bind(claim.lease)
            .bind(Digest::of(page.key.as_bytes()).as_bytes().to_vec())
            .fetch_optional(connection)
            .await?
        }
    };
    row.map(|row| sqlx::Row::try_get(&row, 0)).transpose()
}

/// Marks leases that ran out as free.
async fn expire(connection: &mut SqliteConnection, now: i64) -> Result<(), Error> {
    for text in [
        "UPDATE leases SET until = NULL WHERE until <= $1",
        "UPDATE pending SET lease_until = NULL WHERE lease_until <= $1",
    ] {
        sqlx::query(text).bind(now).execute(&mut *connection).await.map_err(failed(ACTION))?;
    }
    Ok(())
}

fn most(request: &ClaimRequest) -> i64 {
    i64::try_from(request.limit).unwrap_or(i64::MAX)
}

async fn due_sources(connection: &mut SqliteConnection, request: &ClaimRequest) -> Result<Vec<Candidate>, Error> {
    const ASKED: &str = "s.gone = 0 AND (s.not_before IS NULL OR s.not_before <= $1) AND (s.attempted_at IS NULL OR s.attempted_at < $3)";
    // What a round has asked already is due later than what it has not, so the walk by `due_at` ends early.
    let condition = match &request.due {
        Due::ByTime => "s.due_at <= $1".to_owned(),
        Due::All { .. } => ASKED.to_owned(),
        Due::Only { .. } => format!("{ASKED} AND s.id = $4"),
    };
    let mut bound = query(free(&condition)).bind(micros(request.now)).bind(most(request));
    match &request.due {
        Due::ByTime => {}
        Due::All { round } => bound = bound.bind(micros(*round)),
        Due::Only { round, source } => bound = bound.bind(micros(*round)).bind(source.as_str().to_owned()),
    }
    let rows = bound.fetch_all(connection).await.map_err(failed(ACTION))?;
    rows.iter().map(source_candidate).collect()
}

fn source_candidate(row: &SqliteRow) -> Result<Candidate, Error> {
    let source = rows::source(get(row, 1, "source")?)?;
    let what = format!("source `{source}`");
    Ok(Candidate {
        number: get(row, 0, &what)?,
        due: get(row, 2, &what)?,
        work: Work::Source { state: Box::new(states::read(row, 3, &what)?), documents: Vec::new(), pushed: None },
        source,
    })
}

/// Sources with something in their inbox: before everything else, whatever their time.
async fn pushed_sources(connection: &mut SqliteConnection, request: &ClaimRequest) -> Result<Vec<Candidate>, Error> {
    let waiting = push::waiting(connection, request.limit).await?;
    let candidate = |waiting: push::Waiting| {
        let source = rows::source(&waiting.source)?;
        let work = Work::Source { state: waiting.state, documents: Vec::new(), pushed: Some(Box::new(waiting.pushed)) };
        Ok(Candidate { number: waiting.number, due: i64::MIN, work, source })
    };
    waiting.into_iter().map(candidate).collect()
}

async fn due_pages(connection: &mut SqliteConnection, request: &ClaimRequest) -> Result<Vec<Candidate>, Error> {
    let of_one =
        if let Due::Only { .. } = request.due { "AND source = (SELECT number FROM sources WHERE id = $3)" } else { "" };
    // The first page in turn of each source none of whose pages is leased.
    let text = format!(
        "{SELECT_PAGE} JOIN (SELECT source, digest, ROW_NUMBER() OVER (PARTITION BY source ORDER BY due, key) AS turn \
         FROM pending WHERE lease_until IS NULL AND due <= $1 {of_one} AND NOT EXISTS (SELECT 1 FROM pending AS busy \
         WHERE busy.source = pending.source AND busy.lease_until IS NOT NULL)) AS queue \
         ON queue.source = p.source AND queue.digest = p.digest AND queue.turn = 1 \
         WHERE s.removed = 0 AND s.paused = 0 ORDER BY p.due, s.id, p.key LIMIT $2"
    );
    let mut bound = query(text).bind(micros(request.now)).bind(most(request));
    if let Due::Only { source, .. } = &request.due {
        bound = bound.bind(source.as_str().to_owned());
    }
    let rows = bound.fetch_all(connection).await.map_err(failed(ACTION))?;
    let candidate = |row| {
        let page: PendingPage = rows::page(row)?;
        let source = rows::source(get(row, 11, "pending page")?)?;
        Ok(Candidate {
            due: micros(page.due),
            number: get(row, 10, "pending page")?,
            source,
            work: Work::Page(Box::new(page)),
        })
    };
    rows.iter().map(candidate).collect()
}

/// Takes `count` lease numbers that nobody had; the first of them.
async fn next_leases(connection: &mut SqliteConnection, count: usize) -> Result<i64, Error> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let row = sqlx::query("UPDATE counters SET value = value + $1 WHERE name = 'lease' RETURNING value")
        .bind(count)
        .fetch_one(connection)
        .await
        .map_err(failed(ACTION))?;
    Ok(get::<i64>(&row, 0, "lease counter")? - count + 1)
}

/// Writes the leases: all sources in one statement, pages one by one, for they are few.
async fn lease(
    connection: &mut SqliteConnection,
    candidates: &[Candidate],
    first: i64,
    request: &ClaimRequest,
) -> Result<(), Error> {
    let until = request.now.saturating_add(request.lease).map_or(i64::MAX, micros);
    let mut sources = String::new();
    for (candidate, lease) in candidates.iter().zip(first..) {
        match &candidate.work {
            Work::Source { .. } => {
                let comma = if sources.is_empty() { "" } else { "," };
                let _ = write!(sources, "{comma}({},{lease},{until})", candidate.number);
            }
            Work::Page(page) => {
                sqlx::query("UPDATE pending SET lease = $3, lease_until = $4 WHERE source = $1 AND digest = $2")
                    .bind(candidate.number)
                    .bind(Digest::of(page.key.as_bytes()).as_bytes().to_vec())
                    .bind(lease)
                    .bind(until)
                    .execute(&mut *connection)
                    .await
                    .map_err(failed(ACTION))?;
            }
        }
    }
    if sources.is_empty() {
        return Ok(());
    }
    let text = format!(
        "INSERT INTO leases (source, lease, until) VALUES {sources} \
         ON CONFLICT (source) DO UPDATE SET lease = excluded.lease, until = excluded.until"
    );
    sql::query(text).persistent(false).execute(connection).await.map_err(failed(ACTION))?;
    Ok(())
}

/// The documents of the sources among the candidates, by number.
async fn documents(
    connection: &mut SqliteConnection,
    candidates: &[Candidate],
) -> Result<HashMap<i64, Vec<DocumentState>>, Error> {
    let sources = candidates.iter().filter(|candidate| matches!(candidate.work, Work::Source { .. }));
    let text = format!(
        "{SELECT_DOCUMENT} WHERE source IN ({}) ORDER BY url",
        numbers(sources.map(|candidate| candidate.number))
    );
    let rows = query(text).persistent(false).fetch_all(connection).await.map_err(failed(ACTION))?;
    let mut documents: HashMap<i64, Vec<DocumentState>> = HashMap::new();
    for row in &rows {
        documents.entry(get(row, 5, "document")?).or_default().push(rows::document(row)?);
    }
    Ok(documents)
}
