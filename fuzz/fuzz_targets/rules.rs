//! Rules of a site file, `[list]` and `[article]`, and a page they are followed on.
#![no_main]

use courant::discover::listing::{self, ListRules};
use courant::extract::site_rules::{self, ArticleTables};
use courant::{discover, extract};
use courant_fuzz::document;

/// The page where none is given.
const PAGE: &str = "<h1>T</h1><ul><li class=a><a href='/1'>One</a> <time>2 May 2026</time></li></ul><div class=b><p>X</p></div>";

#[derive(serde::Deserialize)]
struct Tables {
    #[serde(default)]
    list: ListRules,
    #[serde(default)]
    article: ArticleTables,
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    // The rules, a line of dashes, the page.
    let (rules, page) = text.split_once("\n---\n").unwrap_or((text, PAGE));
    let Ok(tables) = toml::from_str::<Tables>(rules) else { return };
    let document = document::of(page.as_bytes());
    if let Ok(rules) = listing::Rules::compile(&tables.list) {
        let _ = listing::read(&document, &rules, &discover::Context::default());
    }
    if let Ok(rules) = site_rules::Rules::compile(&tables.article) {
        let _ = extract::article(&document, &extract::Context { rules: Some(&rules), ..extract::Context::default() });
    }
});
