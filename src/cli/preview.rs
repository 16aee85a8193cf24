//! `courant preview`: what a feed would hold, what each rule leaves out, what is merged or cut.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::anyhow;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::app;
use crate::compose::{Order, Place, Reason, Recipe, Rule};
use crate::config::suggest;
use crate::excerpt;
use crate::model::{ArticleId, FeedEntry};
use crate::pipeline::{Brief, Preview};
use crate::store;

use super::out::{self, Paint};
use super::{Common, Exit, Failure, input};

/// Lines of each kind that people are shown, unless they say how many.
const SHOWN: usize = 10;
/// Characters of a name, of a title, of a rule that are shown.
const NAME: usize = 24;
const TITLE: usize = 90;

/// Arguments of `preview`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The id of a feed in the settings.
    feed: String,
    /// At most so many entries, and of each reason so many articles [default: 10, all with --json].
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    common.start_logs("error")?;
    let settings = common.settings()?;
    let ids = || settings.recipes.iter().map(|recipe| recipe.settings().id.as_str());
    let recipe = settings.recipes.iter().find(|recipe| recipe.settings().id.as_str() == arguments.feed);
    let recipe = recipe.ok_or_else(|| {
        let hint = suggest(&arguments.feed, ids());
        Failure::usage(anyhow!("there is no feed `{}` in {}{hint}", arguments.feed, settings.file.display()))
    })?;
    // Before the first reading there is nothing to look at; a store is not made for that.
    let place = if app::store_exists(&settings.store) { settings.store.as_str() } else { "memory:" };
    let preview = super::runtime()?.block_on(async {
        let store = store::open(place).await?;
        let preview = app::previewer(&settings, &store).preview(recipe).await;
        store.close().await;
        preview
    })?;
    let shown = Shown { recipe, preview: &preview };
    if arguments.json {
        input::print(&shown.as_json(arguments.limit.unwrap_or(usize::MAX)))?;
    } else {
        let text = shown.as_text(arguments.limit.unwrap_or(SHOWN), out::has_colour());
        io::stdout().lock().write_all(text.as_bytes())?;
    }
    Ok(Exit::Done)
}

/// Articles left out for one reason.
struct Group {
    reason: Reason,
    articles: Vec<ArticleId>,
}

struct Shown<'a> {
    recipe: &'a Recipe,
    preview: &'a Preview,
}

impl Shown<'_> {
    /// Every rule of `drop`, what it leaves out or not; and the other reasons there are, in the order they are asked.
    fn groups(&self) -> Vec<Group> {
        let mut groups: BTreeMap<Reason, Vec<ArticleId>> = BTreeMap::new();
        let (everywhere, own) = (self.recipe.everywhere(), self.recipe.settings());
        for (place, rules) in [(Place::Everywhere, &everywhere.drop), (Place::Feed, &own.drop)] {
            groups.extend((1..=rules.len()).map(|number| (Reason::Dropped(place, number), Vec::new())));
        }
        for (article, reason) in &self.preview.left_out {
            if !matches!(reason, Reason::Repeats(_)) {
                groups.entry(*reason).or_default().push(*article);
            }
        }
        groups.into_iter().map(|(reason, articles)| Group { reason, articles }).collect()
    }

    fn rule(&self, reason: Reason) -> Option<String> {
        let Reason::Dropped(place, number) = reason else { return None };
        let rules = match place {
            Place::Everywhere => &self.recipe.everywhere().drop,
            Place::Feed => &self.recipe.settings().drop,
        };
        rules.get(number - 1).and_then(written)
    }

    /// What repeats another article, with that.
    fn repeats(&self) -> Vec<(ArticleId, ArticleId)> {
        let pair = |(article, reason): &(ArticleId, Reason)| match reason {
            Reason::Repeats(earlier) => Some((*article, *earlier)),
            _ => None,
        };
        self.preview.left_out.iter().filter_map(pair).collect()
    }

    fn moment(&self, brief: &Brief) -> Option<Timestamp> {
        match self.recipe.settings().order {
            Order::Announced => brief.announced_at,
            Order::Published => brief.published.or(brief.announced_at),
        }
    }

    fn line(&self, brief: &Brief, title: Option<&str>) -> String {
        let moment = self.moment(brief).map_or_else(|| "–".repeat(16), |at| at.strftime("%Y-%m-%d %H:%M").to_string());
        let title = excerpt::first(title.unwrap_or(&brief.link), TITLE);
        format!("{moment}  {:NAME$}  {title}", excerpt::first(&brief.name, NAME))
    }

    fn entry_line(&self, entry: &FeedEntry) -> Option<String> {
        let brief = self.preview.seen.get(&entry.article.id)?;
        let also: Vec<String> = entry.also.iter().map(|telling| telling.source.to_string()).collect();
        let also = if also.is_empty() { String::new() } else { format!(" (also: {})", also.join(", ")) };
        Some(self.line(brief, entry.article.content.title.as_deref()) + &also)
    }

    fn article_line(&self, id: ArticleId) -> String {
        let brief = self.preview.seen.get(&id);
        brief.map_or_else(|| id.to_string(), |brief| self.line(brief, brief.title.as_deref()))
    }

    fn as_text(&self, limit: usize, colour: bool) -> String {
        let settings = self.recipe.settings();
        let entries = &self.preview.composed.feed.entries;
        let bold = |text: &str| out::paint(text, Paint::Bold, colour);
        let dim = |text: &str| out::paint(text, Paint::Dim, colour);
        let looked = self.preview.seen.len();
        let older = if self.preview.is_whole { "" } else { "; older ones would not get in" };
        let mut text = format!("{}  {}\n", bold(settings.id.as_str()), settings.title);
        let _ = writeln!(text, "{looked} articles of {} sources looked at{older}", self.preview.sources.len());
        if looked == 0 {
            text.push_str("no article of them is in the store yet: `courant once` asks them\n");
        }
        let mut list = |head: &str, indent: &str, lines: Vec<String>| {
            let _ = writeln!(text, "{head}");
            for line in lines.iter().take(limit) {
                let _ = writeln!(text, "{indent}{line}");
            }
            if lines.len() > limit {
                let more = format!("… and {} more", lines.len() - limit);
                let _ = writeln!(text, "{indent}{}", dim(&more));
            }
        };
        let lines = entries.iter().filter_map(|entry| self.entry_line(entry)).collect();
        list(&format!("\n{}", bold(&format!("in the feed: {}", entries.len()))), "  ", lines);
        let groups = self.groups();
        let left_out: usize = groups.iter().map(|group| group.articles.len()).sum();
        if !groups.is_empty() {
            list(&format!("\n{}", bold(&format!("left out: {left_out}"))), "", Vec::new());
        }
        for Group { reason, articles } in groups {
            let rule = self.rule(reason).map(|rule| format!(" {}", dim(&rule))).unwrap_or_default();
            let lines = articles.iter().map(|id| self.article_line(*id)).collect();
            list(&format!("  {reason}: {}{rule}", articles.len()), "    ", lines);
        }
        let repeats = self.repeats();
        if !repeats.is_empty() {
            let pair = |(id, earlier): &(ArticleId, ArticleId)| {
                format!("{}\n    repeats  {}", self.article_line(*id), self.article_line(*earlier))
            };
            let head = format!("one story told again: {}", repeats.len());
            list(&format!("\n{}", bold(&head)), "  ", repeats.iter().map(pair).collect());
        }
        let shortened = &self.preview.composed.shortened;
        if !shortened.is_empty() {
            let head = format!("cut to their summary by `limit.bytes`: {}", shortened.len());
            let lines = shortened.iter().rev().map(|id| self.article_line(*id)).collect();
            list(&format!("\n{}", bold(&head)), "  ", lines);
        }
        text
    }

    fn as_json(&self, limit: usize) -> Value {
        let preview = self.preview;
        let entries = &preview.composed.feed.entries;
        let entry = |entry: &FeedEntry| {
            let mut shown = self.article(entry.article.id);
            shown["title"] = json!(entry.article.content.title);
            shown["shortened"] = json!(preview.composed.shortened.contains(&entry.article.id));
            let also = entry.also.iter().map(|telling| json!({ "source": telling.source, "url": telling.link }));
            shown["also"] = also.collect();
            shown
        };
        let group = |Group { reason, articles }: Group| {
            let shown: Vec<Value> = articles.iter().take(limit).map(|id| self.article(*id)).collect();
            json!({ "why": reason.to_string(), "rule": self.rule(reason), "count": articles.len(), "articles": shown })
        };
        let repeats = self.repeats();
        let repeat = |(id, earlier): &(ArticleId, ArticleId)| {
            let mut shown = self.article(*id);
            shown["repeats"] = self.article(*earlier);
            shown
        };
        json!({
            "feed": self.recipe.settings().id,
            "title": self.recipe.settings().title,
            "looked_at": preview.seen.len(),
            "is_whole": preview.is_whole,
            "count": entries.len(),
            "entries": entries.iter().take(limit).map(entry).collect::<Vec<_>>(),
            "left_out": self.groups().into_iter().map(group).collect::<Vec<_>>(),
            "repeats": { "count": repeats.len(), "articles": repeats.iter().take(limit).map(repeat).collect::<Vec<_>>() },
            "shortened": preview.composed.shortened.len(),
        })
    }

    fn article(&self, id: ArticleId) -> Value {
        let Some(brief) = self.preview.seen.get(&id) else { return json!({ "id": id.to_string() }) };
        json!({
            "id": id.to_string(),
            "source": brief.source,
            "title": brief.title,
            "url": brief.link,
            "published": brief.published.map(|at| at.to_string()),
            "announced": brief.announced_at.map(|at| at.to_string()),
        })
    }
}

/// A rule as it may be written in the settings.
fn written(rule: &Rule) -> Option<String> {
    Some(toml::Value::try_from(rule).ok()?.to_string())
}
