//! `courant takedown`: withdraws an article, which leaves the feeds and their archives; readers that understand tombstones
//! take it away too. It stays in the store with the reason.

use std::path::Path;

use anyhow::anyhow;

use crate::app::{self, App, system_clock};
use crate::emit;
use crate::model::{Article, ArticleId, Format, Revision};
use crate::plan::Edit;
use crate::store::{self, Store};

use super::{Common, Exit, Failure, out};

/// Arguments of `takedown`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The article: its address, its id in the feeds, or its guid.
    article: String,
    /// Why, for the history of the article; not published.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Put an article that was withdrawn back.
    #[arg(long, conflicts_with = "reason")]
    undo: bool,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    common.start_logs("error")?;
    let settings = common.settings()?;
    if !app::store_exists(&settings.store) {
        return Err(Failure::usage(anyhow!("the store is not there, so there is no article in it")));
    }
    super::runtime()?.block_on(async {
        let store = store::open(&settings.store).await?;
        let done = withdraw(store.as_ref(), arguments, settings.output.as_deref()).await;
        store.close().await;
        let article = done?;
        let title = article.content.title.as_deref().unwrap_or(article.content.link.as_str());
        let what = if arguments.undo { "is back" } else { "is withdrawn" };
        let app = match App::build(&settings, system_clock(), None).await {
            Ok(app) => app,
            Err(app::Error::Locked(_)) => {
                out::line(&format!("“{title}” {what}; the run that is at work shows it in the feeds within seconds"))?;
                return Ok(Exit::Done);
            }
            Err(error) => return Err(error.into()),
        };
        let rendered = app.render().await;
        app.close().await;
        let rendered = rendered?;
        rendered.log();
        out::line(&format!("“{title}” {what}; {} files were written", rendered.written.len()))?;
        Ok(if rendered.failed.is_empty() { Exit::Done } else { Exit::Storage })
    })
}

async fn withdraw(store: &dyn Store, arguments: &Arguments, output: Option<&Path>) -> Result<Article, Failure> {
    let name = arguments.article.trim();
    let article = find(store, name).await?;
    if article.withdrawn_at.is_some() != arguments.undo {
        let state = if arguments.undo { "is not withdrawn" } else { "is withdrawn already" };
        return Err(Failure::usage(anyhow!("`{name}` {state}")));
    }
    let now = jiff::Timestamp::now();
    let reason = arguments.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let cause = if arguments.undo { Edit::RESTORED.to_owned() } else { format!("withdrawn{reason}") };
    let revision = Revision {
        revision: article.revision,
        replaced_at: now,
        cause,
        changed: Vec::new(),
        before: article.content.clone(),
    };
    let next = Article { revision: article.revision + 1, withdrawn_at: (!arguments.undo).then_some(now), ..article };
    let edit = Edit { article: next.clone(), revision: Some(revision), aliases: Vec::new() };
    if arguments.undo {
        // Archives are made again where they are missing. First, for a run at work looks as soon as the article is back.
        for (feed, number) in store.archives_of(next.id).await? {
            for format in Format::FEEDS {
                let place = output.map(|folder| folder.join(emit::archive_path(&feed, number, format)));
                if let Some(place) = place.filter(|place| place.exists()) {
                    std::fs::remove_file(&place)?;
                }
            }
        }
    }
    store.amend(&[edit]).await?;
    Ok(next)
}

/// The one article of this name.
async fn find(store: &dyn Store, name: &str) -> Result<Article, Failure> {
    let ids: Vec<ArticleId> = store.named(name).await?;
    let mut found = Vec::new();
    for id in ids {
        found.extend(store.article(id).await?);
    }
    match found.len() {
        0 => Err(Failure::usage(anyhow!(
            "there is no article `{name}`: give its address or its id as a feed has them, whole"
        ))),
        1 => Ok(found.remove(0)),
        count => {
            let listed: Vec<String> =
                found.iter().map(|article| format!("  {} of `{}`", article.published_id, article.source)).collect();
            Err(Failure::usage(anyhow!(
                "{count} articles are called `{name}`; name one by its id:\n{}",
                listed.join("\n")
            )))
        }
    }
}
