//! The part of `XPath` 1.0 that CSS says exactly as well: paths of names with conditions on attributes.
//!
//! Of an expression that says more (text, parents, positions among what was filtered before, functions) nothing is taken.

/// CSS for a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Css {
    pub(super) selector: String,
    /// The attribute that the path ends at.
    pub(super) attribute: Option<String>,
}

/// Steps and conditions of one expression at most; each `or` doubles the selectors.
const MOST_SELECTORS: usize = 64;

/// Reads an expression; several paths parted by `|` become a list.
pub(super) fn css(expression: &str) -> Result<Css, String> {
    let mut reader = Reader { rest: expression.trim() };
    let (mut selectors, mut attribute) = (Vec::new(), None);
    loop {
        let (found, of) = path(&mut reader)?;
        if !selectors.is_empty() && of != attribute {
            return Err("its alternatives end at different attributes".to_owned());
        }
        attribute = of;
        selectors.extend(found);
        reader.space();
        if !reader.take("|") {
            break;
        }
    }
    if !reader.rest.is_empty() {
        return Err(format!("`{}` is more than CSS can say", short(reader.rest)));
    }
    let selector = selectors.join(", ");
    if selector.contains(" | ") || selector.contains(" @") {
        return Err("it holds what parts fields here (` | `, ` @`)".to_owned());
    }
    Ok(Css { selector, attribute })
}

/// A text as CSS quotes it.
pub(super) fn quoted(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("it holds control characters".to_owned());
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.space();
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest;
        true
    }

    fn demand(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(format!("`{token}` is missing before `{}`", short(self.rest))) }
    }

    /// A name in lower case, as HTML has them; empty when there is none.
    fn name(&mut self) -> String {
        self.space();
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name.to_ascii_lowercase()
    }

    /// A word that stands alone: `and`, `or`.
    fn word(&mut self, word: &str) -> bool {
        self.space();
        let Some(rest) = self.rest.strip_prefix(word) else { return false };
        if rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_')) {
            return false;
        }
        self.rest = rest;
        true
    }

    fn literal(&mut self) -> Result<&'t str, String> {
        self.space();
        let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let quote = quote.ok_or_else(|| format!("a text in quotes is missing before `{}`", short(self.rest)))?;
        let inside = self.rest.get(1..).unwrap_or_default();
        let (text, rest) = inside.split_once(quote).ok_or("a quote is not closed")?;
        self.rest = rest;
        Ok(text)
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// One path: its selectors, and the attribute it ends at.
fn path(reader: &mut Reader) -> Result<(Vec<String>, Option<String>), String> {
    reader.space();
    let mut selectors = vec![String::new()];
    let mut is_first = true;
    loop {
        let descends = reader.take("//");
        if !descends && !reader.take("/") {
            if is_first {
                return Err("it does not begin at the page (`//`)".to_owned());
            }
            return Ok((selectors, None));
        }
        if reader.take("@") {
            let name = reader.name();
            // `//@x` is the attribute of any element.
            if is_first || descends || name.is_empty() {
                return Err("the element that its attribute is of is not named".to_owned());
            }
            return Ok((selectors, Some(name)));
        }
        let joint = match (is_first, descends) {
            (true, true) => "",
            // The root of a page is `html`, whatever is asked for.
            (true, false) if reader.rest.trim_start().starts_with("html") => "",
            (true, false) => return Err("only `html` stands at the root of a page".to_owned()),
            (false, true) => " ",
            (false, false) => " > ",
        };
        let (joint, steps) = step(reader, joint, is_first || descends)?;
        selectors =
            selectors.iter().flat_map(|path| steps.iter().map(move |step| format!("{path}{joint}{step}"))).collect();
        if selectors.len() > MOST_SELECTORS {
            return Err("it has too many alternatives".to_owned());
        }
        is_first = false;
    }
}

/// One step: how it is joined to what is before, and its selectors.
fn step(reader: &mut Reader, joint: &'static str, descends: bool) -> Result<(&'static str, Vec<String>), String> {
    let mut joint = joint;
    if reader.take("descendant::") {
        joint = if joint.is_empty() { "" } else { " " };
    } else if reader.take("following-sibling::") && !descends {
        joint = " ~ ";
    } else {
        reader.take("child::");
    }
    let name = if reader.take("*") { "*".to_owned() } else { reader.name() };
    reader.space();
    if name.is_empty() || reader.rest.starts_with(['(', ':']) {
        return Err(format!("the step `{name}{}` is more than CSS can say", short(reader.rest)));
    }
    let mut conditions = vec![String::new()];
    let mut is_filtered = joint == " ~ ";
    while reader.take("[") {
        let found = if let Some(position) = position(reader) {
            if is_filtered {
                return Err("a position among what was filtered before is more than CSS can say".to_owned());
            }
            vec![position.replace("{kind}", if name == "*" { "child" } else { "of-type" })]
        } else {
            either(reader)?
        };
        reader.demand("]")?;
        is_filtered = true;
        conditions = conditions.iter().flat_map(|a| found.iter().map(move |b| format!("{a}{b}"))).collect();
        if conditions.len() > MOST_SELECTORS {
            return Err("it has too many alternatives".to_owned());
        }
    }
    let bare = |condition: &String| if name == "*" && !condition.is_empty() { String::new() } else { name.clone() };
    Ok((joint, conditions.iter().map(|condition| format!("{}{condition}", bare(condition))).collect()))
}

/// A position: `1`, `last()`, `position()=1`.
fn position(reader: &mut Reader) -> Option<String> {
    let before = reader.rest;
    if reader.take("position()") && !reader.take("=") {
        reader.rest = before;
        return None;
    }
    if reader.take("last()") {
        reader.space();
        if reader.rest.starts_with(']') {
            return Some(":nth-last-{kind}(1)".to_owned());
        }
    } else {
        let number = reader.name();
        reader.space();
        if number.parse::<u32>().is_ok_and(|number| number > 0) && reader.rest.starts_with(']') {
            return Some(format!(":nth-{{kind}}({number})"));
        }
    }
    reader.rest = before;
    None
}

/// `a or b`: the conditions of each.
fn either(reader: &mut Reader) -> Result<Vec<String>, String> {
    let mut found = both(reader)?;
    while reader.word("or") {
        found.extend(both(reader)?);
    }
    Ok(found)
}

/// `a and b`.
fn both(reader: &mut Reader) -> Result<Vec<String>, String> {
    let mut found = condition(reader)?;
    while reader.word("and") {
        let more = condition(reader)?;
        found = found.iter().flat_map(|a| more.iter().map(move |b| format!("{a}{b}"))).collect();
        if found.len() > MOST_SELECTORS {
            return Err("it has too many alternatives".to_owned());
        }
    }
    Ok(found)
}

fn condition(reader: &mut Reader) -> Result<Vec<String>, String> {
    if reader.take("@") {
        let name = attribute(reader)?;
        if reader.take("!=") {
            let value = quoted(reader.literal()?)?;
            // Demands the attribute, which `:not` alone does not.
            return Ok(vec![format!("[{name}]:not([{name}={value}])")]);
        }
        if reader.take("=") {
            return Ok(vec![format!("[{name}={}]", quoted(reader.literal()?)?)]);
        }
        return Ok(vec![format!("[{name}]")]);
    }
    let before = reader.rest;
    let function = reader.name();
    match function.as_str() {
        "contains" => {
            reader.demand("(")?;
            let found = contains(reader)?;
            reader.demand(")")?;
            Ok(vec![found])
        }
        "starts-with" => {
            reader.demand("(")?;
            reader.demand("@")?;
            let name = attribute(reader)?;
            reader.demand(",")?;
            let value = not_empty(reader.literal()?)?;
            reader.demand(")")?;
            Ok(vec![format!("[{name}^={value}]")])
        }
        "not" => {
            reader.demand("(")?;
            let found = either(reader)?;
            reader.demand(")")?;
            // Not one of several is none of them.
            if found.iter().any(|condition| condition.contains(":not")) {
                return Err("what is not not so is more than is carried over".to_owned());
            }
            Ok(vec![found.iter().map(|condition| format!(":not({condition})")).collect()])
        }
        _ => Err(format!("`{}` is more than CSS can say", short(before))),
    }
}

/// What stands in `contains(…)`: part of an attribute, or a word of it.
fn contains(reader: &mut Reader) -> Result<String, String> {
    if reader.take("@") {
        let name = attribute(reader)?;
        reader.demand(",")?;
        return Ok(format!("[{name}*={}]", not_empty(reader.literal()?)?));
    }
    // contains(concat(' ', normalize-space(@class), ' '), ' word ')
    let more = || "only attributes are compared: text is more than CSS can say".to_owned();
    if !reader.take("concat") {
        return Err(more());
    }
    reader.demand("(")?;
    let is_space = |text: &str| text == " ";
    if !is_space(reader.literal()?) {
        return Err(more());
    }
    reader.demand(",")?;
    if !reader.take("normalize-space") {
        return Err("without `normalize-space` it differs from a word in CSS".to_owned());
    }
    reader.demand("(")?;
    reader.demand("@")?;
    let name = attribute(reader)?;
    reader.demand(")")?;
    reader.demand(",")?;
    if !is_space(reader.literal()?) {
        return Err(more());
    }
    reader.demand(")")?;
    reader.demand(",")?;
    let word = reader.literal()?;
    let inside = word.strip_prefix(' ').and_then(|word| word.strip_suffix(' '));
    let inside = inside.filter(|word| !word.is_empty() && !word.contains(char::is_whitespace)).ok_or_else(more)?;
    Ok(format!("[{name}~={}]", quoted(inside)?))
}

/// In `XPath` every text contains the empty one, in CSS none does.
fn not_empty(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("it asks for an empty text".to_owned()) } else { quoted(text) }
}

fn attribute(reader: &mut Reader) -> Result<String, String> {
    let name = reader.name();
    if name.is_empty() || reader.rest.starts_with(':') {
        return Err("an attribute is not named".to_owned());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom::Selector;

    #[test]
    fn paths_of_names_and_attributes_are_said_in_css() {
        let rows = [
            ("//h1", "h1"),
            ("//DIV", "div"),
            ("//div[@class='a b']", "div[class=\"a b\"]"),
            ("//div[@id = \"x\"]//p", "div[id=\"x\"] p"),
            ("//article/div/p", "article > div > p"),
            ("/html/body//main", "html > body main"),
            ("//*[@itemprop='headline']", "[itemprop=\"headline\"]"),
            ("//*", "*"),
            ("//div[contains(@class, 'text')]", "div[class*=\"text\"]"),
            ("//div[starts-with(@id,'post-')]", "div[id^=\"post-\"]"),
            ("//div[contains(concat(' ', normalize-space(@class), ' '), ' text ')]", "div[class~=\"text\"]"),
            ("//div[@a and @b='c']", "div[a][b=\"c\"]"),
            ("//div[@a][@b]", "div[a][b]"),
            ("//div[@a or @b]/p", "div[a] > p, div[b] > p"),
            ("//div[not(@a or @b)]", "div:not([a]):not([b])"),
            ("//p[@class!='x']", "p[class]:not([class=\"x\"])"),
            ("//ul/li[1]", "ul > li:nth-of-type(1)"),
            ("//ul/*[2][@a]", "ul > :nth-child(2)[a]"),
            ("//p[last()]", "p:nth-last-of-type(1)"),
            ("//p[position()=3]", "p:nth-of-type(3)"),
            ("//h2/following-sibling::p", "h2 ~ p"),
            ("//main/descendant::p", "main p"),
            ("//h1 | //h2", "h1, h2"),
            ("//p[@title='a\"b\\c']", "p[title=\"a\\\"b\\\\c\"]"),
        ];
        for (path, wanted) in rows {
            let found = css(path).unwrap_or_else(|reason| panic!("{path}: {reason}"));
            assert_eq!((found.selector.as_str(), found.attribute), (wanted, None), "{path}");
            Selector::compile(wanted).expect("a selector");
        }
        let rows = [
            ("//a[@rel='next']/@href", "a[rel=\"next\"]", "href"),
            ("//meta[@property='og:title']/@content", "meta[property=\"og:title\"]", "content"),
        ];
        for (path, selector, attribute) in rows {
            assert_eq!(css(path), Ok(Css { selector: selector.to_owned(), attribute: Some(attribute.to_owned()) }));
        }
    }

    #[test]
    fn what_css_cannot_say_exactly_is_refused() {
        for path in [
            "",
            "h1",
            "div/p",
            "(//p)[1]",
            "//p/text()",
            "//p[text()='x']",
            "//p[contains(., 'x')]",
            "//p/..",
            "//p/parent::div",
            "//p[@a][1]",
            "//p[ancestor::div]",
            "//p[.//a]",
            "//p[a]",
            "string(//p)",
            "substring-after(//p, 'x')",
            "//p[position()>1]",
            "//p[count(a)=1]",
            "//p[contains(concat(' ',@class,' '),' x ')]",
            "//p[contains(@class,'')]",
            "//p[@a='x",
            "//p[",
            "//p]",
            "//@href",
            "//p/@a | //q/@b",
            "//svg:path",
            "//p[@xlink:href]",
            "/div",
            "//p[0]",
            "//p[not(not(@a))]",
            "//h2/following-sibling::p[1]",
            "//p[@a=1]",
            "//p[lower-case(@a)='x']",
            "//p[@a=' | ']",
            "//p[@a='x @y']",
        ] {
            assert!(css(path).is_err(), "{path}: {:?}", css(path));
        }
        let alternatives = format!("//p{}", "[@a or @b]".repeat(30));
        assert!(css(&alternatives).is_err());
    }
}
