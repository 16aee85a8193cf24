//! A feed as it would be published, with all that is not in it: for a look before it goes live.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::compose::{Composed, Reason, Recipe, Surroundings};
use crate::model::{ArticleId, Glance, Origin, SourceId};
use crate::store;

use super::Renderer;
use super::render::origin;

/// What a feed would be.
#[derive(Debug)]
pub struct Preview {
    /// The feed, and what limits and duplicates left out.
    pub composed: Composed,
    /// What was left out, each with the reason, the newest first; of the rules first.
    pub left_out: Vec<(ArticleId, Reason)>,
    /// Every article that was looked at.
    pub seen: HashMap<ArticleId, Brief>,
    /// Whether those are all that its sources have: else older ones would change nothing.
    pub is_whole: bool,
    /// The sources it takes.
    pub sources: Vec<SourceId>,
}

/// An article in short, as its source told it.
#[derive(Debug, Clone)]
pub struct Brief {
    /// Its source.
    pub source: SourceId,
    /// What readers know that as.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// Where it is.
    pub link: String,
    /// Its own date.
    pub published: Option<Timestamp>,
    /// When it took its place in the output.
    pub announced_at: Option<Timestamp>,
}

impl Renderer {
    /// Makes a feed and publishes nothing: reads the store alone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn preview(&self, recipe: &Recipe) -> Result<Preview, store::Error> {
        let said = self.said().await?;
        let origins = |id: &SourceId| -> Origin {
            let subscription = self.subscriptions.get(id);
            subscription.map(|subscription| origin(&subscription.source, &said)).unwrap_or_default()
        };
        let now = (self.clock)();
        let surroundings = Surroundings { base_url: &self.base_url, origins: &origins, hubs: &self.hubs, now };
        let sources = self.selected(recipe);
        let mut seen: HashMap<ArticleId, Brief> = HashMap::new();
        let mut left_out = Vec::new();
        let mut look = |glance: &Glance, refusal: Option<Reason>| {
            let name = origins(&glance.source).title.unwrap_or_else(|| glance.source.to_string());
            let brief = Brief {
                source: glance.source.clone(),
                name,
                title: glance.title.clone(),
                link: glance.link.clone(),
                published: glance.published,
                announced_at: Some(glance.announced_at),
            };
            if seen.insert(glance.id, brief).is_none() {
                left_out.extend(refusal.map(|reason| (glance.id, reason)));
            }
        };
        let made = self.compose(recipe, sources.clone(), &surroundings, Some(&mut look)).await?;
        left_out.extend(made.composed.dropped.iter().copied());
        left_out.extend(made.beyond.into_iter().map(|article| (article, Reason::BeyondItems)));
        Ok(Preview { composed: made.composed, left_out, seen, is_whole: made.is_whole, sources })
    }
}
