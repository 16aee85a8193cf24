//! Which files of an output are published by the settings in force, and which are left over.

use std::collections::HashSet;

use crate::compose::Recipe;
use crate::model::Format;
use crate::publish::TWINS;

/// The places of everything that is published.
#[derive(Debug, Default)]
pub struct Paths {
    /// Those known by name.
    files: HashSet<String>,
    /// Feeds with archives, each with the formats: `news`, `atom`. How many archives there are is not known here.
    archives: HashSet<(String, &'static str)>,
    /// Whether each has twins beside it: `news.atom.gz`.
    with_twins: bool,
}

impl Paths {
    /// The places of what points to the feeds, and of the feeds; those of their twins as well where they have some.
    #[must_use]
    pub fn of(recipes: &[Recipe], with_twins: bool) -> Self {
        let mut paths = Self { with_twins, ..Self::default() };
        paths.files.extend(["index.html", "feeds.opml", "sources.opml", "icon.svg"].map(str::to_owned));
        for recipe in recipes {
            let settings = recipe.settings();
            paths.files.insert(format!("{}/index.html", settings.id));
            for format in &settings.formats {
                paths.files.insert(format!("{}.{}", settings.id, format.extension()));
                if settings.archive && Format::FEEDS.contains(format) {
                    paths.archives.insert((settings.id.to_string(), format.extension()));
                }
            }
        }
        paths
    }

    /// Whether something is published at this place.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        let plain = TWINS.iter().find_map(|ending| path.strip_suffix(ending)).filter(|_| self.with_twins);
        let path = plain.unwrap_or(path);
        self.files.contains(path) || self.is_archive(path)
    }

    fn is_archive(&self, path: &str) -> bool {
        let Some((feed, file)) = path.split_once("/archive/") else { return false };
        let Some((number, extension)) = file.split_once('.') else { return false };
        number.parse::<u32>().is_ok() && self.archives.iter().any(|(of, end)| of == feed && *end == extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_published_where_the_feed_has_some() {
        let recipe = |text: &str| Recipe::new(toml::from_str(text).unwrap()).unwrap();
        let recipes = [
            recipe("id = 'a'\ntitle = 'A'\nsources = ['*']\nformats = ['atom']\narchive = true"),
            recipe("id = 'b'\ntitle = 'B'\nsources = ['*']"),
        ];
        let (paths, bare) = (Paths::of(&recipes, true), Paths::of(&recipes, false));
        let rows = [
            ("index.html", true),
            ("a.atom", true),
            ("a.rss", false),
            ("b.rss", true),
            ("a/archive/12.atom", true),
            ("a/archive/12.rss", false),
            ("a/archive/x.atom", false),
            ("b/archive/1.atom", false),
            ("c/index.html", false),
            ("a.atom.gz", true),
            ("a/archive/12.atom.br", true),
            ("a.atom.gz.br", false),
            ("a.rss.gz", false),
        ];
        for (path, wanted) in rows {
            assert_eq!(paths.holds(path), wanted, "{path}");
            assert_eq!(bare.holds(path), wanted && !path.ends_with(TWINS[0]) && !path.ends_with(TWINS[1]), "{path}");
        }
    }
}
