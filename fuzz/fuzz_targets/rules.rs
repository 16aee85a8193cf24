//! Rules of a site file, `[list]` and `[article]`, and a page they are followed on.
#![no_main]

use courant::discover::listing::{self, ListRules};
use courant::extract::site_rules::{self, ArticleTables};
use courant::{discover, extract};
use courant_fuzz::document;

#[derive(serde::Deserialize)]
struct Tables {
    #[serde(default)]
    list: ListRules,
    #[serde(default)]
    article: ArticleTables,
}

libfuzzer_sys::fuzz_target!(|given: (&str, &[u8])| {
    let (rules, page) = given;
    let Ok(tables) = toml::from_str::<Tables>(rules) else { return };
    let document = document::of(page);
    if let Ok(rules) = listing::Rules::compile(&tables.list) {
        let _ = listing::read(&document, &rules, &discover::Context::default());
    }
    if let Ok(rules) = site_rules::Rules::compile(&tables.article) {
        let _ = extract::article(&document, &extract::Context { rules: Some(&rules), ..extract::Context::default() });
    }
});
