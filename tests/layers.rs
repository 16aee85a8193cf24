//! Holds the import rule: single crates grow import cycles unless a test holds the line.
//!
//! Reads the source as text: every `crate::…` path outside comments and unit tests is an arrow from one module to another.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Modules by ring, the innermost first. A module may import from rings further in.
const RINGS: [&[&str]; 6] = [
    &["model"],
    &["address", "date", "dom", "encoding", "excerpt", "language", "likeness", "signature", "units"],
    &["compose", "discover", "emit", "extract", "normalize", "parse", "plan", "source"],
    &["fetch", "publish", "store"],
    &["pipeline", "serve"],
    &["app", "cli", "config", "main", "telemetry"],
];

/// The rings of the pure core.
const CORE: usize = 3;

/// Arrows inside a ring that are part of the design.
const WITHIN: &[(&str, &str)] = &[("source", "parse"), ("source", "discover"), ("source", "extract")];

/// The only modules that may import `config`: everybody else is handed its own settings.
const CONFIG_READERS: &[&str] = &["app", "cli", "config"];

/// What the core must not touch, and why.
const FORBIDDEN_IN_CORE: &[(&str, &str)] = &[
    ("tokio", "the core is not async"),
    ("reqwest", "only `fetch` asks the network"),
    ("sqlx", "only `store` knows the database"),
    ("axum", "only `serve` answers"),
    ("std::fs", "the core reads no files"),
    ("std::env", "the core reads no environment"),
    ("std::net", "the core opens no connections"),
    ("Timestamp::now", "the present is an argument"),
    ("SystemTime", "the present is an argument"),
    ("Instant::now", "the present is an argument"),
    ("rand::", "decisions can be repeated"),
];

/// Names of things that belong to one place, and the place.
const ONE_PLACE: &[(&str, &str)] =
    &[("scraper::", "dom"), ("tokio::spawn(", "pipeline/worker.rs"), ("sqlx::", "store")];

#[test]
fn imports_point_inward() {
    let mut files = BTreeMap::new();
    read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path(), "", &mut files);
    assert!(files.len() > 100, "only {} files found: is this run from the crate's folder?", files.len());
    let found = violations(&files);
    assert!(found.is_empty(), "{} arrows against the rule:\n{}", found.len(), found.join("\n"));
}

#[test]
fn an_arrow_against_the_rule_is_found() {
    let rows = [
        ("model/article.rs", "use crate::address;", "model"),
        ("dom.rs", "use crate::{model::Text, extract::Context};", "extract"),
        ("extract/body.rs", "use crate::parse;", "within"),
        ("plan/mod.rs", "use crate::store::Known;", "store"),
        ("fetch/mod.rs", "fn f() { crate::store::open(); }", "within"),
        ("serve/mod.rs", "use crate::pipeline::render;", "within"),
        ("pipeline/mod.rs", "use crate::config::Settings;", "config"),
        ("plan/timing.rs", "let now = Timestamp::now();", "the present is an argument"),
        ("normalize/mod.rs", "use std::fs;", "reads no files"),
        ("extract/body.rs", "use scraper::Html;", "belongs to"),
        ("serve/mod.rs", "tokio::spawn(work());", "belongs to"),
        ("attic.rs", "", "ring"),
    ];
    for (path, text, word) in rows {
        let found = violations(&BTreeMap::from([(path.to_owned(), text.to_owned())]));
        assert!(found.len() == 1 && found[0].contains(word), "{path}: {text} → {found:?}");
    }
    let sound = [
        ("source/page.rs", "use crate::extract::Context;\nuse crate::model::Entry;"),
        ("plan/mod.rs", "// use crate::store::Known;\n#[cfg(test)]\nmod tests { use std::fs; }"),
        ("store/sqlite.rs", "use crate::plan::Changes;"),
        ("dom.rs", "use scraper::Html;"),
    ];
    for (path, text) in sound {
        assert_eq!(violations(&BTreeMap::from([(path.to_owned(), text.to_owned())])), Vec::<String>::new(), "{path}");
    }
}

fn read(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for item in fs::read_dir(folder).expect("the source folder can be read") {
        let path = item.expect("the source folder can be listed").path();
        let name = format!("{prefix}{}", path.file_name().expect("it has a name").to_string_lossy());
        if path.is_dir() {
            read(&path, &format!("{name}/"), files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(name, fs::read_to_string(&path).expect("a source file can be read"));
        }
    }
}

fn violations(files: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    let is_test = |path: &str| path.ends_with("tests.rs") || path.contains("/tests/") || path.ends_with("samples.rs");
    for (path, text) in files.iter().filter(|(path, _)| *path != "lib.rs" && !is_test(path)) {
        let module = path.split(['/', '.']).next().unwrap_or_default();
        let Some(ring) = ring(module) else {
            found.push(format!("src/{path}: `{module}` has no ring; put it into RINGS and docs/ARCHITECTURE.md"));
            continue;
        };
        let code = code(text);
        for target in imports(&code).filter(|target| target != module) {
            if let Some(reason) = refuse(module, ring, &target) {
                found.push(format!("src/{path}: `{module}` imports `{target}`: {reason}"));
            }
        }
        if ring < CORE {
            for (name, reason) in FORBIDDEN_IN_CORE.iter().filter(|(name, _)| code.contains(name)) {
                found.push(format!("src/{path}: uses `{name}`, but {reason}"));
            }
        }
        for (name, place) in ONE_PLACE {
            if code.contains(name) && module != *place && path != place {
                found.push(format!("src/{path}: `{name}` belongs to {place} alone"));
            }
        }
    }
    found
}

fn ring(module: &str) -> Option<usize> {
    RINGS.iter().position(|modules| modules.contains(&module))
}

fn refuse(module: &str, own: usize, target: &str) -> Option<String> {
    if target == "config" && !CONFIG_READERS.contains(&module) {
        return Some("only the shell reads `config`; it hands each module its own settings".to_owned());
    }
    let Some(other) = ring(target) else { return Some("it has no ring".to_owned()) };
    let shell = RINGS.len() - 1;
    if other < own || own == shell && other == shell || WITHIN.contains(&(module, target)) {
        return None;
    }
    let reason = if other == own { "within a ring nobody imports a neighbour" } else { "arrows point inward" };
    Some(format!("{reason} ({module} is in ring {own}, {target} in ring {other})"))
}

/// The code without comments and without the unit tests at the end of a file.
fn code(text: &str) -> String {
    let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    own.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The first segment of every `crate::…` path, grouped imports taken apart.
fn imports(code: &str) -> impl Iterator<Item = String> {
    let mut targets = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            targets.extend(group_heads(group));
        } else {
            targets.push(head(rest));
        }
    }
    targets.sort();
    targets.dedup();
    targets.into_iter().filter(|target| !target.is_empty())
}

fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut start) = (0_usize, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.push(head(group[start..at].trim()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(head(group[start..at].trim()));
                start = at + 1;
            }
            _ => {}
        }
    }
    heads
}

fn head(path: &str) -> String {
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
