//! What stands among the paragraphs of an article and is not its text: lists of other stories, calls to subscribe, bylines
//! and dates repeated, captions, "About the company".

use std::collections::HashSet;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use regex::Regex;

use crate::date::page as dates;
use crate::dom::{Marks, Node, Page};

use super::attribution;
use super::blocks::{Block, blocks};
use super::hints;
use super::phrases::{self, Phrases};
use super::scene::fold;
use super::stats::{Stats, weight};

/// Marks what is not text below `root`.
pub(super) fn sweep(page: &Page, root: Node, marks: &mut Marks, stats: &Stats, titles: &[String]) {
    link_lists(page, root, marks, stats);
    let mut uncaptioned = marks.clone();
    captions(page, root, &mut uncaptioned);
    let mut found = blocks(page, root, &uncaptioned);
    let folded: Vec<String> = titles.iter().map(|title| fold(title)).collect();
    headline(page, &found, marks, &folded);
    sayings(page, &found, marks);
    datelines(page, &found, marks);
    repeated(page, &found, marks);
    sections(page, &found, marks);
    found.retain(|block| !block.dropped(marks));
    edges(page, &found, marks);
}

/// Containers that are mostly links: menus, related stories, tags.
fn link_lists(page: &Page, root: Node, marks: &mut Marks, stats: &Stats) {
    for node in page.inside(root).skip(1) {
        if marks.dropped(node)
            || !matches!(page.name(node), "div" | "section" | "ul" | "ol" | "dl" | "table" | "aside" | "nav" | "span")
        {
            continue;
        }
        let text = stats.text(node);
        if text == 0 || page.name(node) == "span" {
            continue;
        }
        // The one link of a cell belongs to its table.
        if text < 60 && page.parent(node).is_some_and(|above| matches!(page.name(above), "td" | "th" | "dd")) {
            continue;
        }
        let density = stats.link_density(node);
        let share = stats.share(node, root);
        if share > 0.3 {
            continue;
        }
        let gone = density > 0.75 || density > 0.5 && stats.running(node) * 3 < text;
        if gone && !is_reference_list(page, node) && !names_sources(page, node, text) {
            marks.drop(page, node);
        }
    }
}

/// Whether it is a line that says whose material the article rests on: its names are links.
fn names_sources(page: &Page, node: Node, length: u32) -> bool {
    length <= 160 && attribution::of_line(&page.line(node), &[]).is_some()
}

/// Whether a list stands under a heading like "Sources": these belong to the article.
fn is_reference_list(page: &Page, list: Node) -> bool {
    static HEADING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^(?:references?|sources|resources|further reading|bibliography|works cited|footnotes|quellen(?:angaben)?|einzelnachweise|literatur|fuentes|bibliografía|références|sources et références|fonti|fontes|referências|источники|литература|джерела|źródła|参考文献|参考资料|المصادر|المراجع)\W*$").expect("the built-in pattern is a valid expression")
    });
    matches!(page.name(list), "ul" | "ol")
        && before(page, list).is_some_and(|heading| {
            matches!(page.name(heading), "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "p" | "div" | "b" | "strong")
                && page.end(heading) - heading.index() < 12
                && HEADING.is_match(&page.line(heading))
        })
}

/// The element before this one, among the same children, white space aside.
fn before(page: &Page, node: Node) -> Option<Node> {
    let above = page.parent(node)?;
    let mut reached = node.index();
    for _ in 0..4 {
        let mut sibling = page.at(reached.checked_sub(1)?);
        while page.parent(sibling) != Some(above) {
            sibling = page.parent(sibling).filter(|up| up.index() > above.index())?;
        }
        if page.is_element(sibling) {
            return Some(sibling);
        }
        if page.characters(sibling).is_some_and(|text| !text.trim().is_empty()) {
            return None;
        }
        reached = sibling.index();
    }
    None
}

/// Captions stay in the markup and are no text.
pub(super) fn captions(page: &Page, root: Node, marks: &mut Marks) {
    for node in page.inside(root) {
        if page.name(node) == "figcaption" {
            marks.drop(page, node);
        }
    }
}

/// The headline, repeated on top of the text.
fn headline(page: &Page, found: &[Block], marks: &mut Marks, titles: &[String]) {
    for (at, block) in found.iter().enumerate() {
        let name = page.name(block.container);
        let text = fold(&block.text);
        let same = titles
            .iter()
            .any(|title| *title == text || title.len() > 20 && text.len() > 20 && (title.starts_with(&text)));
        if name == "h1" && (same || at < 6) || same && (at < 8 || name.starts_with('h')) {
            block.drop(page, marks);
        }
    }
}

/// Blocks that say what they are.
fn sayings(page: &Page, found: &[Block], marks: &mut Marks) {
    let dated = dated_headings(page, found);
    for block in found {
        if page.name(block.container) == "pre" || dated.contains(&block.container) {
            continue;
        }
        if is_phrase(block) || is_link_line(page, block) {
            block.drop(page, marks);
        }
    }
}

/// Headings that are dates, where there are several: the entries of a log or a chronicle.
fn dated_headings(page: &Page, found: &[Block]) -> HashSet<Node> {
    let is_dated = |block: &&Block| {
        matches!(page.name(block.container), "h2" | "h3" | "h4" | "h5" | "h6")
            && block.length <= 40
            && dates::find(&block.text, &TimeZone::UTC, None).is_some()
    };
    let dated: HashSet<Node> = found.iter().filter(is_dated).map(|block| block.container).collect();
    if dated.len() < 3 { HashSet::new() } else { dated }
}

/// What is said word for word a second time is a caption, a pull quote or a call of the page.
fn repeated(page: &Page, found: &[Block], marks: &mut Marks) {
    let long = || found.iter().filter(|block| block.length > 60);
    let distinct: HashSet<&str> = long().map(|block| block.text.as_str()).collect();
    if distinct.len() * 10 < long().count() * 7 {
        return;
    }
    let mut seen: HashSet<&str> = HashSet::new();
    for block in found.iter().filter(|block| block.length > 60) {
        if !seen.insert(&block.text) {
            block.drop(page, marks);
        }
    }
}

/// Lines above the text that hold a date and are no sentence: "Ann Lee | June 13, 2023 | News".
fn datelines(page: &Page, found: &[Block], marks: &mut Marks) {
    static SLASHED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{2,4}").expect("the built-in pattern is a valid expression")
    });
    let dated = dated_headings(page, found);
    let top = found.iter().take(5).take_while(|block| block.length <= 150);
    for block in top.filter(|block| !dated.contains(&block.container)) {
        let sentence = block.text.ends_with(['.', '!', '?', ':', '…', '"', '”']);
        if block.length > 110 || sentence || matches!(page.name(block.container), "td" | "th" | "li" | "pre") {
            continue;
        }
        let dated = dates::find(&block.text, &TimeZone::UTC, None).is_some() || SLASHED.is_match(&block.text);
        if dated {
            block.drop(page, marks);
        }
    }
}

pub(super) fn is_phrase(block: &Block) -> bool {
    block.length <= 400 && says_so(&block.text, block.length)
}

/// Whether a line says of itself that it is not text.
pub(super) fn is_phrase_text(text: &str) -> bool {
    let length = weight(text);
    length <= 400 && says_so(text, length)
}

fn says_so(text: &str, length: u32) -> bool {
    let start = phrases::start(text);
    length <= 120 && SHORT.begins(text, &start)
        || ANY.begins(text, &start)
        || CALLS.is_match(text) && calls(&text.to_lowercase())
}

/// Whether a line with a date is about a change.
pub(super) fn says_updated(text: &str) -> bool {
    static UPDATED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\bupdated?\b|\bmodified\b|aktualisiert|geändert|mis à jour|modifié|actualizad|atualizad|aggiornat|обновлен|изменен|оновлен|зменен").expect("the built-in pattern is a valid expression")
    });
    UPDATED.is_match(text)
}

/// A paragraph that is one link and nothing else points elsewhere.
fn is_link_line(page: &Page, block: &Block) -> bool {
    let name = page.name(block.container);
    if name.starts_with('h') && name.len() == 2 || matches!(name, "td" | "th" | "li" | "dt" | "dd") {
        return false;
    }
    let in_cell =
        || page.ancestors(block.container).take(2).any(|above| matches!(page.name(above), "td" | "th" | "dd"));
    block.link_density() > 0.9 && block.length < 200 && !in_cell()
}

/// Sections under a heading that announces other stories.
fn sections(page: &Page, found: &[Block], marks: &mut Marks) {
    let mut at = 0;
    while at < found.len() {
        let block = &found[at];
        at += 1;
        if block.length >= 200 {
            continue;
        }
        let Some(announced) = SECTION.find(&block.text).filter(|_| is_heading(page, block)) else { continue };
        // Where the words only begin a longer heading and text follows, it is a heading of the text.
        let begins_longer = announced.len() * 2 < block.text.len();
        let text_follows = found.get(at).is_some_and(|next| next.link_density() <= 0.4);
        if begins_longer && text_follows {
            continue;
        }
        block.drop(page, marks);
        while at < found.len()
            && !is_heading(page, &found[at])
            && (found[at].link_density() > 0.4 || found[at].length < 60)
        {
            found[at].drop(page, marks);
            at += 1;
        }
    }
}

fn is_heading(page: &Page, block: &Block) -> bool {
    let name = page.name(block.container);
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "summary")
        || block.length < 80 && (block.bold == block.length || hints::heading(&hints::names(page, block.container)))
}

/// Trailing headings with nothing below them, trailing lines of links.
fn edges(page: &Page, found: &[Block], marks: &mut Marks) {
    for block in found.iter().rev() {
        let heading = matches!(page.name(block.container), "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        let links =
            block.link_density() > 0.6 && block.length < 150 && attribution::of_line(&block.text, &[]).is_none();
        let in_references = || page.parent(block.container).is_some_and(|list| is_reference_list(page, list));
        if !heading && !links || links && in_references() {
            break;
        }
        block.drop(page, marks);
    }
}

/// Lines of up to 120 characters that are no text.
static SHORT: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        // Bylines and dates.
        r"^(?i:by|written by|posted by|published by|reported by|von|par|por|di|door|av|af|автор|авторы|текст)[:\s]\s*\p{Lu}[\p{L}.'’-]+(?:\s+\p{Lu}[\p{L}.'’-]*){0,4}(?:\s*[,|·•/–-].*)?$",
        r"(?i)^(?:published|posted|updated|last updated|last modified|created|first published|veröffentlicht|aktualisiert|stand|publié|mis à jour|publicado|actualizado|pubblicato|aggiornato|опубликовано|обновлено|дата)(?:\b|:|\s).{0,60}\d{2,4}.{0,20}$",
        r"(?i)^(?:\p{L}{3,12},?\s+)?(?:\d{1,2}\.?\s+\p{L}{3,12}\.?,?\s+\d{4}|\p{L}{3,12}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2})(?:[\s,|·@–-]+(?:at\s+)?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\s*(?:[ap]\.?m\.?)?(?:\s*[\p{Lu}]{2,5})?(?:\s*uhr)?)?$",
        r"(?i)^\d+\s*(?:min|mins|minutes?|minuten)\.?\s*(?:read|reading time|lesezeit|de lecture|de lectura)?$",
        r"(?i)^(?:reading time|estimated reading time|lesezeit|temps de lecture|tiempo de lectura|время чтения)(?:\b|:|\s|$)",
        r"(?i)^(?:tempo de leitura|czas czytania|lästid|læsetid|okuma süresi)\b",
        r"(?i)^[\w.+-]+@[\w-]+\.[\w.-]+$",
        r"(?i)^(?:https?://)?(?:www\.)?(?:twitter|x|facebook|instagram)\.com/\S+$",
        r"(?i)^@\w+$",
        r"(?i)^(?:by|written by|von|par|por|permalink|permalien|zum weiterlesen|dowiedz się więcej)\W*$",
        r"(?i)^(?:subscribe|sign up) (?:to|now|for|here|and)\b",
        r"(?i)^follow .{1,60} on (?:twitter|facebook|instagram|x|linkedin|youtube)\b",
        r"(?i)^anzeige\s*[-–:]",
        r"(?i)^page \d+ of \d+$",
        r"(?i)^(?:url|permalink|short ?link|link to|web address|internetadresse|adresse|постоянный|ссылка на|адрес)\b.{0,40}\bhttps?://\S+$",
        r"(?i)^\(visited \d[\d.,]* times.*\)$",
        r"^\[[a-z_-]+ [a-z_-]+=.*\]$",
        r"(?i)^like what you(?:['’]re| are) reading\b",
        r"^\d{1,3}\s*(?:of|/|von|de|из)\s*\d{1,3}$",
        // Sharing, printing, commenting.
        r"(?i)^(?:share|share this.*|share on.*|share via.*|share with.*|share:.*|tweet|tweet this|pin it|pin|print|print this.*|email|email this.*|e-mail|save|like|like this:?|like us.*|facebook|twitter|linkedin|whatsapp|pinterest|reddit|telegram|instagram|copy link|link copied.*|teilen|drucken|merken|partager|imprimer|compartir|imprimir|condividi|поделиться.*|поделитесь.*|follow|follow us.*|folgen sie uns.*|suivez-nous.*|síguenos.*)$",
        r"(?i)^(?:\d+\s+)?(?:comments?|kommentare?|commentaires?|comentarios?|комментари\p{L}+|shares?|views?|likes?)(?:\s*[:(]?\s*\d*\)?)?$",
        r"(?i)^(?:leave a (?:comment|reply)|post a comment|add a comment|view (?:all )?comments.*|no comments.*|join the (?:conversation|discussion).*|comments are closed.*|show comments|load comments|reply|be the first to comment.*)$",
        // Advertising and navigation.
        r"(?i)^(?:advertisements?|advertising|advert|adverts|iklan|ad|ads|sponsored(?: content)?|anzeige|werbung|publicité|publicidad|pubblicità|reklama|реклама|story continues below(?: advertisement)?|article continues (?:below|after).*|continue reading (?:below|the main story).*|scroll (?:down )?to continue.*|advertisement - .*|loading\W*|loading \.\.\..*|skip ad.*|close|menu|search|home|next|previous|back|back to top|top|more|read more|show more|see more|load more|view more|weiterlesen|mehr|lire la suite|leer más|continua a leggere|читать далее|подробнее|далее|weiter|zurück|nach oben|skip to (?:main )?content|table of contents|contents|inhaltsverzeichnis|inhalt|sign up|log ?in|register|subscribe(?: now)?|buy now|learn more|download|view gallery|view slideshow|hide caption|toggle caption|enlarge(?: this image)?)\W*$",
        r"(?i)^(?:tags?|tagged(?: with)?|filed under|categories|category|keywords?|topics?|labels?|posted in|schlagwörter|schlagworte|kategorien?|themen|mots[- ]clés|étiquettes|etiquetas|categorías?|теги|метки|рубрика|ключевые слова)\s*[:|].*",
        // Credits of pictures.
        r"(?i)^\(?(?:photo|photos|photograph|image|images|picture|pic|foto|fotos|bild|bilder|credit|photo credit|image credit|featured image|photo by|image by|фото|crédit photo|crédits?|fotograf)(?:\s+(?:by|via|courtesy(?: of)?|credit))?\s*[:/©|].*",
        r"(?i)^©.*",
        r"(?i)^(?:file photo|image via|photo via|photo courtesy|courtesy of|getty images|shutterstock|reuters|ap photo).{0,80}$",
    ])
});

/// Lines of any length that begin so.
static ANY: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        r"(?i)^(?:read|see|watch|also|more|click)?\s*(?:also|more|read also|also read|read more|see also|related|related (?:articles?|stories|story|posts?|news|content|links?|video|reading)|read next|up next|next article|previous article|recommended(?: reading)?|don['’]t miss|more (?:on this|from|about|stories|news)|most read|must read|you (?:may|might) (?:also )?(?:like|enjoy|be interested)|mehr zum thema|lesen sie (?:auch|hier|mehr)|lesetipp|siehe auch|auch interessant|à lire aussi|lire aussi|voir aussi|sur le même sujet|lea también|lee también|te puede interesar|ver también|vea también|leia (?:também|mais)|veja (?:também|mais)|saiba mais|leggi anche|potrebbe interessarti|читайте также|читайте ещё|читать также|смотрите также|по теме|см\. также|czytaj też|czytaj także|zobacz też|přečtěte si|lees ook|läs även|читайте також|дивіться також)\s*(?:[:|»>–-].*|[.…!]*$)",
        r"(?i)^(?:©|\(c\)|copyright\s*(?:©|\(c\)|:|\d|by\b|$)|this document is subject to copyright|all rights reserved|alle rechte vorbehalten|tous droits réservés|todos los derechos|все права защищены)",
        r"(?i)^follow .{0,40}(?:full|complete|live) coverage\b",
        r"(?i)^(?:related roundups?|related (?:topics?|tags?|forums?)|tags?|citation|cite this|topics|more about|in this article|in diesem artikel|themen)\s*:\s",
        r"(?i)^for (?:the latest|all the latest|more) .{0,80}\b(?:download|visit|follow|subscribe|click|sign up)\b",
        r"(?i)^if you (?:enjoyed|liked|like|found) (?:reading )?(?:this|my|our) (?:post|article|story|blog)\b",
        r"(?i)^(?:click here|tap here|click|tap) (?:to|for) (?:read|see|view|subscribe|watch|join|sign|get|share|comment|find)\b",
        r"(?i)^(?:подписывайтесь|подпишитесь|присоединяйтесь|abonnieren sie|jetzt abonnieren|suscríbete|suscríbase|abonnez-vous|iscriviti|inscreva-se|assine)\b",
        r"(?i)^(?:siga|acompanhe|síguenos|sigue|suivez|folgen|folge|seguici|segui|obserwuj|следите|читайте нас|стежте)\b.{0,80}\b(?:whatsapp|instagram|facebook|telegram|twitter|youtube|tiktok|google)\b",
        r"(?i)^(?:have a (?:tip|story)|got a (?:tip|story|news tip)|send (?:us )?(?:tips|your)|contact the (?:author|reporter|writer)|email the author)\b",
        r"(?i)^(?:support our journalism|support independent|thank you for (?:reading|subscribing|supporting)|to continue reading|already a subscriber|log in to|create (?:a|your) (?:free )?account)\b",
    ])
});

static SECTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:more (?:\S+ ){1,3}(?:stories|news|articles|coverage|posts|reads|headlines)|related|see also|read (?:more|next|also)|more (?:from|on|stories|news|articles|posts|like this|about|in|to)|recommended|you (?:may|might)|popular|trending|most (?:read|popular|viewed)|latest|recent|don['’]t miss|about the authors?|about author|share|tags|comments?|leave a|subscribe|newsletter|sign up|follow us|contact(?: us)?$|media contacts?|press contacts?|categories|archives?|search|navigation|menu|sponsored|advert|similar|other (?:articles|news|stories|posts)|what['’]s new|top (?:stories|news)|editor['’]s picks|next (?:article|post|story)|previous|mehr (?:zum|aus|von)|ähnliche|verwandte|weitere|das könnte|auch interessant|meistgelesen|kommentare?|à lire|articles? (?:similaires|liés|connexes)|sur le même|voir aussi|lea|te puede|noticias relacionadas|relacionad|artículos|leia|veja|notícias|leggi|articoli|potrebbe|похожие|читайте|материалы по теме|другие|новости по теме|смотрите|комментарии|поделиться|последние|популярн)").expect("the built-in phrases are valid expressions")
});

/// Words that make a line a call to subscribe when the second follows the first.
const SUBSCRIBE: [&[&str]; 2] = [
    &["sign up", "subscribe", "register"],
    &["newsletter", "e-mail", "email", "inbox", "updates", "alerts", "channel", "podcast", "feed", "today"],
];
/// Words that make a line a call to follow when the second comes right after the first.
const FOLLOW: [&[&str]; 2] = [
    &[
        "follow us ",
        "follow me ",
        "follow him ",
        "follow her ",
        "follow them ",
        "follow @",
        "like us ",
        "find us ",
        "join us ",
        "connect with us ",
    ],
    &["twitter", "facebook", "instagram", "linkedin", "telegram", "youtube", "tiktok", "pinterest", "google"],
];
/// Words that make a line one of the rules for comments.
const MODERATED: [&[&str]; 2] = [
    &["comment", "comentário", "comentario", "kommentar", "комментари"],
    &["moderat", "moderador", "modéré", "moderiert", "aprovad", "модера"],
];
/// Begins the end of "N. N. contributed to this report."
const CONTRIBUTED: &str = "contributed to this ";
/// What only pages say.
const PAGES_SAY: [&str; 15] = [
    "all rights reserved",
    "your email address will not be published",
    "you must be logged in to",
    "this site uses akismet",
    "notify me of new",
    "notify me of follow-up",
    "enable javascript",
    "javascript is disabled",
    "javascript is required",
    "javascript disabled",
    "accept cookies",
    "uses cookies",
    "use cookies",
    "browser does not support",
    "please upgrade your browser",
];

/// Any of the words that [`calls`] looks for first.
static CALLS: LazyLock<Regex> = LazyLock::new(|| {
    let words = [SUBSCRIBE[0], FOLLOW[0], MODERATED[0], MODERATED[1], &PAGES_SAY, &[CONTRIBUTED]].concat();
    Regex::new(&format!("(?i){}", words.join("|"))).expect("words are valid expressions")
});

/// Whether a line, in lower case, says something only a page says of itself, anywhere in it.
fn calls(lower: &str) -> bool {
    let pair = |[first, second]: [&[&str]; 2], within: usize| {
        first.iter().any(|word| {
            lower.find(word).is_some_and(|at| {
                let rest = &lower[at + word.len()..];
                let rest = &rest[..rest.floor_char_boundary(within)];
                second.iter().any(|word| rest.contains(word))
            })
        })
    };
    let contributed = || {
        lower.split_once(CONTRIBUTED).is_some_and(|(before, what)| {
            matches!(what.trim_end_matches('.'), "report" | "story" | "article") && before.len() <= 320
        })
    };
    PAGES_SAY.iter().any(|words| lower.contains(words))
        || contributed()
        || pair(SUBSCRIBE, 70)
        || pair(FOLLOW, 24)
        || pair(MODERATED, 140)
        || pair([MODERATED[1], MODERATED[0]], 40)
}
