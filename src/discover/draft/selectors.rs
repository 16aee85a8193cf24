//! Selectors that say where something stands by names and classes that last.

use crate::dom::{Node, Page, Selector};

use super::is_valid;

/// How far up an item is looked around.
const AROUND: usize = 4;

/// A selector for these elements and no others, or as few others as can be.
pub(super) fn of_items(page: &Page, scopes: &[Node]) -> Option<String> {
    let mut kinds: Vec<(String, Vec<Node>)> = Vec::new();
    for scope in scopes {
        let kind = steps(page, *scope).into_iter().next()?.1;
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, nodes)) => nodes.push(*scope),
            None => kinds.push((kind, vec![*scope])),
        }
    }
    if kinds.len() > 4 {
        return common(page, scopes).and_then(|kind| of_kind(page, &kind, scopes, scopes));
    }
    let mut selectors: Vec<String> = Vec::new();
    for (kind, nodes) in &kinds {
        let selector = of_kind(page, kind, nodes, scopes)?;
        if !selectors.contains(&selector) {
            selectors.push(selector);
        }
    }
    Some(selectors.join(", "))
}

/// A step that all elements share.
fn common(page: &Page, nodes: &[Node]) -> Option<String> {
    let first = steps(page, *nodes.first()?);
    let has = |node: &Node, step: &str| steps(page, *node).iter().any(|(_, own)| own == step);
    first.into_iter().map(|(_, step)| step).find(|step| nodes.iter().all(|node| has(node, step)))
}

fn of_kind(page: &Page, kind: &str, nodes: &[Node], all: &[Node]) -> Option<String> {
    let mut candidates = vec![kind.to_owned()];
    let first = *nodes.first()?;
    for (level, above) in page.ancestors(first).take(AROUND).enumerate() {
        for (_, step) in steps(page, above) {
            candidates.push(if level == 0 { format!("{step} > {kind}") } else { format!("{step} {kind}") });
            if !kind.contains(['.', '[']) && level > 0 && level < 3 {
                let between: Vec<String> =
                    page.ancestors(first).take(level).map(|node| page.name(node).to_owned()).collect();
                let between: Vec<&str> = between.iter().rev().map(String::as_str).collect();
                candidates.push(format!("{step} > {} > {kind}", between.join(" > ")));
            }
        }
    }
    let mut best: Option<(usize, String)> = None;
    for candidate in candidates {
        let Ok(selector) = Selector::compile(&candidate) else { continue };
        let found = page.select(&selector, page.root());
        if !nodes.iter().all(|node| found.contains(node)) {
            continue;
        }
        let others = found.iter().filter(|node| !all.contains(node)).count();
        if others == 0 {
            return Some(candidate);
        }
        if best.as_ref().is_none_or(|(fewest, _)| others < *fewest) {
            best = Some((others, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Selectors for `node` inside `scope` with their rank, the steadiest first. Empty text means the scope itself.
pub(super) fn within(page: &Page, scope: Node, node: Node) -> Vec<(u32, String)> {
    if node == scope {
        return vec![(0, String::new())];
    }
    let own = steps(page, node);
    let mut out: Vec<(u32, String)> = own.iter().filter(|(rank, _)| *rank == 0).cloned().collect();
    let around: Vec<Node> =
        page.ancestors(node).take_while(|above| *above != scope && page.contains(scope, *above)).take(4).collect();
    for (level, above) in around.iter().enumerate() {
        for (rank, step) in steps(page, *above) {
            for (own_rank, own) in &own {
                let selector = if level == 0 { format!("{step} > {own}") } else { format!("{step} {own}") };
                let far = u32::try_from(level).unwrap_or(9);
                out.push((1 + far + 2 * rank + own_rank, selector));
            }
        }
    }
    out.extend(own.into_iter().filter(|(rank, _)| *rank > 0).map(|(rank, own)| (4 + rank, own)));
    out
}

/// What an element can be called, with a rank: by its classes (0), by its name (1).
fn steps(page: &Page, node: Node) -> Vec<(u32, String)> {
    let name = page.name(node);
    if name.is_empty() || matches!(name, "html" | "body") {
        return Vec::new();
    }
    let classes = page.filled(node, "class").unwrap_or_default().split_whitespace().take(20);
    let mut steps: Vec<(u32, String)> = classes
        .filter_map(lasting)
        .map(|class| (0, format!("{name}{class}")))
        .filter(|(_, step)| is_valid(step))
        .collect();
    if let Some(id) = page.filled(node, "id").filter(|id| is_lasting(id)) {
        steps.push((0, format!("{name}#{id}")));
        steps.retain(|(_, step)| is_valid(step));
    }
    steps.push((1, name.to_owned()));
    steps
}

/// Classes that say where in a row something stands, or how wide a screen is.
const STATES: &[&str] = &[
    "odd", "even", "first", "last", "active", "current", "clearfix", "row", "col", "left", "right", "hidden",
    "visible", "fade", "flex", "grid", "block", "inline", "clear",
];

/// How classes begin that say how something looks: they change with every new look.
const LOOKS: &[&str] = &[
    "align",
    "bg-",
    "border",
    "col-",
    "d-",
    "flex-",
    "float-",
    "font-",
    "gap-",
    "grid-",
    "h-",
    "img-fluid",
    "items-",
    "justify-",
    "leading-",
    "m-",
    "mb-",
    "ml-",
    "mr-",
    "mt-",
    "mx-",
    "my-",
    "overflow-",
    "p-",
    "pb-",
    "pl-",
    "pr-",
    "pt-",
    "px-",
    "py-",
    "pull-",
    "rounded",
    "shadow",
    "space-",
    "text-",
    "tracking-",
    "uppercase",
    "w-",
];

/// The selector of a class that people gave, without the dot's element: `.news`, or the beginning of one that a program
/// has made longer: `[class*="Card_title__"]`.
fn lasting(class: &str) -> Option<String> {
    if let Some(end) = class.rfind("__")
        && class
            .get(..end)
            .is_some_and(|stem| stem.contains('_') && stem.chars().all(|c| c.is_ascii_alphabetic() || c == '_'))
        && class.get(end + 2..).is_some_and(is_made_up)
    {
        return class.get(..end + 2).map(|stem| format!("[class*=\"{stem}\"]"));
    }
    (is_lasting(class) && !STATES.contains(&class)).then(|| format!(".{class}"))
}

/// Whether a class or id was given by people: no numbers, no utility with a sign in it, nothing a program makes up.
fn is_lasting(class: &str) -> bool {
    let is_plain = class.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '_'));
    let is_program = ["css-", "sc-", "jsx-", "jss", "svelte-", "emotion-", "ng-", "category-", "tag-", "status-"]
        .iter()
        .any(|start| class.starts_with(start));
    let last = class.rsplit(['-', '_']).next().unwrap_or(class);
    let is_look = LOOKS.iter().any(|start| class.starts_with(start));
    class.len() > 1 && is_plain && !is_program && !is_look && !is_jumble(last) && class.starts_with(char::is_alphabetic)
}

/// Whether the end of a class is a program's: five letters and digits or more, mixed.
fn is_made_up(text: &str) -> bool {
    (3..=12).contains(&text.chars().count())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        && (text.chars().any(|c| c.is_ascii_digit())
            || text.chars().skip(1).any(|c| c.is_ascii_uppercase())
            || is_jumble(text))
}

/// Letters that no word has in a row.
fn is_jumble(text: &str) -> bool {
    let mut run = 0;
    let mut capitals = 0;
    for c in text.chars() {
        run = if c.is_ascii_alphabetic() && !"aeiouyAEIOUY".contains(c) { run + 1 } else { 0 };
        capitals += usize::from(c.is_ascii_uppercase());
        if run > 5 {
            return true;
        }
    }
    capitals > 3 && text.chars().any(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_classes_that_last_are_named() {
        for class in ["news", "news-item", "lead", "entry-title", "NewsList", "news_list", "views-field-title"] {
            assert_eq!(lasting(class).as_deref(), Some(format!(".{class}").as_str()));
        }
        for class in [
            "css-abcde",
            "post-1234",
            "odd",
            "md:flex",
            "x7Kd2",
            "sc-bdVaJa",
            "text-xl",
            "alignleft",
            "row",
            "bwxkrtzq",
        ] {
            assert_eq!(lasting(class), None, "{class}");
        }
        assert_eq!(lasting("Card_title__Fq3").as_deref(), Some("[class*=\"Card_title__\"]"));
    }
}
