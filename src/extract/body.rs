//! The text of the article: which part of the page it is, and what in that part is not it.
//!
//! First what is furniture by element or name is marked, then the part is chosen that holds the running text, then its
//! blocks are judged one by one.

use crate::dom::{Marks, Node, Page};

use super::blocks::{Block, any, blocks};
use super::scene::fold;
use super::site_rules::Ruled;
use super::stats::{Stats, weight};
use super::{boilerplate, choose, hints, prune};

/// Characters, white space aside, up to which a heading or a subtitle under the headline belongs to the headline. A longer
/// one is a lead.
const SUBTITLE: u32 = 150;

/// Characters, white space aside, below which a text is hardly one.
const FEW: u32 = 150;

/// The part of the page that is the article, and what is left out of it.
pub(super) struct Body {
    /// The element around the text.
    pub(super) root: Node,
    /// What is left out of the text.
    pub(super) marks: Marks,
    /// The element of a lead that was found outside the text proper.
    pub(super) lead: Option<Node>,
}

/// What other rungs know that helps to find the text.
pub(super) struct Given<'a> {
    /// The headlines that were named, to be left out of the text.
    pub(super) titles: &'a [String],
    /// Where the headline stands.
    pub(super) headline: Option<Node>,
    /// Summaries that were named: the lead often repeats them.
    pub(super) summaries: &'a [String],
    /// What a site's rules leave out.
    pub(super) dropped: &'a [Node],
}

/// Finds the text.
pub(super) fn find(page: &Page, hints_given: &Given) -> Body {
    let body = page.named(page.root(), "body").next().unwrap_or(page.root());
    let mut marks = Marks::none(page);
    prune::silent(page, &mut marks);
    for node in hints_given.dropped {
        marks.drop(page, *node);
    }
    let bare = marks.clone();
    let before = Stats::of(page, &marks);
    prune::furniture(page, &mut marks, &before, body, hints_given.headline);
    let mut stats = Stats::of(page, &marks);
    // A page whose every part is called furniture: take the names less seriously.
    if stats.text(body) < FEW && before.running(body) > stats.running(body) && before.text(body) > stats.text(body) * 2
    {
        marks = bare.clone();
        prune::framing(page, &mut marks, body, hints_given.headline);
        stats = Stats::of(page, &marks);
    }
    let found = part(page, body, marks, &stats, hints_given);
    // Hardly a word is left of a page of many: it was the article that was called furniture.
    if left(page, &found) < FEW && before.running(body) > FEW * 4 {
        let again = part(page, body, bare, &before, hints_given);
        if left(page, &again) > FEW * 2 {
            return again;
        }
    }
    found
}

/// The text among what is not marked.
fn part(page: &Page, body: Node, mut marks: Marks, stats: &Stats, given: &Given) -> Body {
    let root = choose::part(page, body, &marks, stats);
    let unswept = marks.clone();
    let (root, lead) = with_lead(page, root, given, &mut marks);
    before_headline(page, root, given.headline, &mut marks, lead);
    boilerplate::sweep(page, root, &mut marks, stats, given.titles);
    if !any(page, root, &marks) {
        // All there is looks like boilerplate: a page of a few words.
        return Body { root, marks: unswept, lead: None };
    }
    Body { root, marks, lead }
}

/// Characters that are left, white space and captions aside.
fn left(page: &Page, found: &Body) -> u32 {
    let mut marks = found.marks.clone();
    boilerplate::captions(page, found.root, &mut marks);
    let kept = page.inside(found.root).filter(|node| !marks.dropped(*node));
    kept.filter_map(|node| page.characters(node)).fold(0, |sum, text| sum.saturating_add(weight(text)))
}

/// Takes out the text that stands before the headline, where it is the smaller part: teasers of other news.
fn before_headline(page: &Page, root: Node, headline: Option<Node>, marks: &mut Marks, lead: Option<Node>) {
    let Some(headline) = headline.filter(|headline| page.contains(root, *headline) && lead.is_none()) else {
        return;
    };
    let above = page.inside(root).take_while(|node| *node < headline).filter(|node| !marks.dropped(*node));
    if above.filter_map(|node| page.characters(node)).all(|text| text.trim().is_empty()) {
        return;
    }
    let found = blocks(page, root, marks);
    let (before, after): (Vec<_>, Vec<_>) =
        found.iter().partition(|block| page.end(block.container) <= headline.index());
    let length = |blocks: &[&Block]| blocks.iter().map(|block| u64::from(block.length)).sum::<u64>();
    // Over a headline of another kind stands text as well: only labels, "Politics", are told from it.
    let told = page.name(headline) == "h1" || before.iter().all(|block| is_label(block));
    if told && length(&after) > 250.max(length(&before) * 2) {
        for block in before {
            block.drop(page, marks);
        }
    }
}

/// Whether a block is a word or three that are no sentence.
fn is_label(block: &Block) -> bool {
    block.length <= 40 && !block.text.ends_with(['.', '!', '?', ':', '…'])
}

/// The text a rule names: its elements, without what the rules leave out and without the headline.
pub(super) fn of_rule(page: &Page, nodes: &[Node], ruled: &Ruled, given: &Given) -> Body {
    let mut marks = Marks::none(page);
    prune::silent(page, &mut marks);
    let silent = marks.clone();
    let first = nodes.first().copied().unwrap_or(page.root());
    let root = match nodes {
        [one] => *one,
        _ => page
            .ancestors(first)
            .find(|above| nodes.iter().all(|node| page.contains(*above, *node)))
            .unwrap_or(page.root()),
    };
    if nodes.len() > 1 {
        marks.drop(page, root);
        for node in nodes {
            marks.restore(page, *node);
            page.inside(*node).filter(|inner| silent.dropped(*inner)).for_each(|inner| marks.drop(page, inner));
            page.ancestors(*node).take_while(|above| *above != root).for_each(|above| marks.restore_only(above));
        }
        marks.restore_only(root);
    }
    for node in given.dropped.iter().chain(given.headline.as_ref()) {
        if page.contains(root, *node) {
            marks.drop(page, *node);
        }
    }
    // Figures are written anew from what the rules say.
    for node in ruled.instead.keys() {
        if page.contains(root, *node) && ruled.partial.figures.is_empty() {
            marks.drop(page, *node);
        }
    }
    Body { root, marks, lead: None }
}

/// The element around the text and a lead that stands between the headline and the text; all else in it is left out.
fn with_lead(page: &Page, root: Node, given: &Given, marks: &mut Marks) -> (Node, Option<Node>) {
    let Some(headline) = given.headline.filter(|headline| *headline < root && !page.contains(root, *headline)) else {
        return (root, None);
    };
    let Some(around) = page.ancestors(root).find(|above| page.contains(*above, headline)) else { return (root, None) };
    let leads: Vec<_> = blocks(page, around, marks)
        .into_iter()
        .filter(|block| block.container > headline && block.container < root && !page.contains(root, block.container))
        .filter(|block| is_lead(page, block, given))
        .take(4)
        .collect();
    if leads.is_empty() {
        return (root, None);
    }
    let pictures = pictures_between(page, headline, root, marks);
    // Everything between but pictures is left out, the root and the leads are taken back in as they were.
    let inside: Vec<Node> = page.inside(root).filter(|node| marks.dropped(*node)).collect();
    let kept: Vec<Node> = leads.iter().flat_map(|lead| lead.parts.iter().copied()).collect();
    marks.drop(page, around);
    marks.restore(page, root);
    for node in inside {
        marks.drop(page, node);
    }
    for part in kept.into_iter().chain(pictures) {
        marks.restore(page, part);
        for above in page.ancestors(part).take_while(|above| *above != around) {
            marks.restore_only(above);
        }
    }
    for above in page.ancestors(root).take_while(|above| *above != around) {
        marks.restore_only(above);
    }
    marks.restore_only(around);
    (around, leads.first().map(|lead| lead.container))
}

/// The pictures between the headline and the text that illustrate the article: not those of authors and buttons.
fn pictures_between(page: &Page, headline: Node, root: Node, marks: &Marks) -> Vec<Node> {
    let is_beside = |node: Node| {
        std::iter::once(node).chain(page.ancestors(node).take(3)).any(|at| {
            let names = hints::names(page, at);
            hints::byline(&names) || hints::labels(&names)
        })
    };
    (headline.index()..root.index())
        .map(|index| page.at(index))
        .filter(|node| page.name(*node) == "img" && !marks.dropped(*node) && !is_beside(*node))
        .collect()
}

fn is_lead(page: &Page, block: &Block, given: &Given) -> bool {
    if block.length < 30
        || block.link_density() > 0.4
        || boilerplate::is_phrase(block)
        || page.name(block.container) == "figcaption"
    {
        return false;
    }
    let names = || std::iter::once(block.container).chain(page.ancestors(block.container).take(2));
    let headed = page.name(block.container).starts_with('h');
    // A standfirst of several sentences is no subtitle.
    let spoken = has_sentences(&block.text);
    let is_subtitle = |names: &str| hints::subtitle(names) && !(spoken && names.contains("standfirst"));
    let subtitled = || names().any(|node| is_subtitle(&hints::names(page, node)));
    if block.length <= SUBTITLE && (headed || subtitled()) {
        return false;
    }
    let text = fold(&block.text);
    let repeats_summary = given.summaries.iter().map(|summary| fold(summary)).any(|summary| {
        let start: String = text.chars().take(40).collect();
        start.chars().count() == 40 && summary.starts_with(&start)
    });
    if repeats_summary {
        return true;
    }
    let named = names().any(|node| hints::lead(&hints::names(page, node)));
    let sentence = block.text.ends_with(['.', '!', '?', '…', '"', '”', '»', '。']);
    named && block.length >= 40
        || block.length >= 70 && sentence && matches!(page.name(block.container), "p" | "h2" | "h3" | "div" | "strong")
}

/// Whether a text is more than one sentence.
fn has_sentences(text: &str) -> bool {
    let ends = text.match_indices(". ").chain(text.match_indices("? ")).chain(text.match_indices("! "));
    let begins = |at: usize| text[at + 2..].chars().next().is_some_and(char::is_uppercase);
    text.ends_with(['.', '!', '?']) && ends.filter(|(at, _)| *at > 30 && begins(*at)).count() > 0
}
