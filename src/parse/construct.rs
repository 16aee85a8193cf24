//! The text of an element: plain values, and text constructs that may be plain, escaped HTML or inline markup.
//!
//! A text construct declares a type (RFC 4287 §3.1) and is often wrong about it: markup in an element that is said to hold
//! escaped text is taken as markup. Values are as the feed gave them, whitespace around them and forbidden control
//! characters removed; nothing is sanitized here.

use std::borrow::Cow;

use crate::model::{Text, TextKind};

use super::names::Name;
use super::namespaces::Space;
use super::repair;
use super::tokens::Tag;
use super::walker::{Step, Walker};

/// How the text of a construct is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Html,
    /// Elements as they are.
    Inline,
    /// Elements as they are, or so it says: where there is none, the text is markup that was escaped after all.
    Xml,
    Base64,
}

/// What an element holds when it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usual {
    /// Atom: plain text.
    Plain,
    /// RSS bodies: HTML.
    Html,
    /// RSS titles: whichever it looks like.
    Either,
    /// `body`: elements.
    Inline,
}

/// The text of the element that has just begun, up to its end. Markup inside it is ignored; where an element of feeds begins
/// inside it, its end was forgotten.
pub(super) fn value(walker: &mut Walker) -> String {
    let depth = walker.depth();
    let mut text = Cow::Borrowed("");
    while let Some(step) = walker.next() {
        match step {
            Step::Text(piece) => append(&mut text, walker.read(piece)),
            Step::Start(tag) => match walker.name(&tag) {
                name if walker.depth() == depth + 1 && (is_sibling(name) || is_foreign(walker, &tag, &text)) => {
                    walker.end_before(tag, depth);
                }
                Name::Unknown => {}
                _ => walker.skip(walker.depth()),
            },
            Step::End if walker.depth() < depth => break,
            Step::End => {}
        }
    }
    repair::clean(text)
}

/// Whether an element that begins inside one without markup stands beside it: what heads and entries hold, and no part of a
/// person, a picture or a text.
pub(super) fn is_sibling(name: Name) -> bool {
    use Name::{
        Author, Body, Category, Comments, Content, Contributor, Created, Description, Enclosure, Encoded, Generator,
        Guid, Image, ItunesCategory, ItunesImage, ItunesSummary, Keywords, Language, Link, MediaContent,
        MediaDescription, MediaGroup, MediaThumbnail, MediaTitle, Published, Publisher, Rights, Source, Subtitle,
        Summary, TextInput, Title, Ttl, Updated,
    };
    #[rustfmt::skip]
    let is_sibling = matches!(
        name,
        Author | Body | Category | Comments | Content | Contributor | Created | Description | Enclosure | Encoded | Generator
        | Guid | Image | ItunesCategory | ItunesImage | ItunesSummary | Keywords | Language | Link | MediaContent
        | MediaDescription | MediaGroup | MediaThumbnail | MediaTitle | Published | Publisher | Rights | Source | Subtitle
        | Summary | TextInput | Title | Ttl | Updated
    );
    is_sibling
}

/// Whether an element of a vocabulary nobody knows stands beside the one it begins in: text came first, and no text has such
/// markup. Without text before it could be the value in a wrapper, as RDF writes it.
fn is_foreign<'a>(walker: &Walker<'a>, tag: &Tag<'a>, text: &str) -> bool {
    tag.name.contains(':') && walker.resolve(tag).0 == Space::Other && !text.trim_ascii().is_empty()
}

/// Like [`value`], `None` when there is nothing.
pub(super) fn filled(walker: &mut Walker) -> Option<String> {
    Some(value(walker)).filter(|value| !value.is_empty())
}

/// The text construct that has just begun with `tag`, up to its end; `None` when there is nothing. `unwrap` takes away the
/// one `div` that RFC 4287 §3.1.1.3 demands around inline XHTML.
pub(super) fn read<'a>(walker: &mut Walker<'a>, tag: &Tag<'a>, usual: Usual, unwrap: bool) -> Option<Text> {
    let form = form(walker, tag, usual);
    let mut body = Body::new(form, walker.depth());
    while let Some(step) = walker.next() {
        match step {
            Step::Text(piece) => {
                let text = walker.read(piece);
                body.text(text);
            }
            Step::Start(inside) if body.has_ended_before(walker, &inside, tag) => walker.end_before(inside, body.depth),
            Step::Start(inside) => body.start(walker, &inside),
            Step::End if walker.depth() < body.depth => break,
            Step::End => body.end(walker.depth() + 1),
        }
    }
    body.finish(usual, unwrap)
}

fn form<'a>(walker: &Walker<'a>, tag: &Tag<'a>, usual: Usual) -> Form {
    let by_default = match usual {
        Usual::Plain | Usual::Either => Form::Plain,
        Usual::Html => Form::Html,
        Usual::Inline => Form::Inline,
    };
    let mode = walker.attribute(tag, "mode");
    if mode.is_some_and(|mode| mode.eq_ignore_ascii_case("base64")) {
        return Form::Base64;
    }
    let Some(declared) = walker.attribute(tag, "type") else { return by_default };
    let declared = declared.to_ascii_lowercase();
    match declared.split(';').next().unwrap_or_default().trim() {
        "text" | "plain" | "text/plain" => Form::Plain,
        "html" | "text/html" => Form::Html,
        "xhtml" | "application/xhtml+xml" => Form::Inline,
        other if other.ends_with("+xml") || other.ends_with("/xml") => Form::Xml,
        other if other.starts_with("text/") => Form::Plain,
        other if other.contains('/') => Form::Base64,
        _ => by_default,
    }
}

/// Bytes of inline markup that are made room for at once.
const USUAL_BYTES: usize = 2048;

/// A text construct being read.
struct Body<'a> {
    text: Cow<'a, str>,
    form: Form,
    /// The elements open inside it, with their depth; `None` for a `div` around escaped text, which is no part of it.
    open: Vec<(usize, Option<&'a str>)>,
    /// The `div` that everything so far is in.
    div: Option<Div>,
    /// Whether an element has begun inside it.
    has_elements: bool,
    depth: usize,
}

/// Places in the text of a body: behind the start tag of its `div`, before and behind the end tag.
struct Div {
    inside: usize,
    closes: usize,
    after: usize,
}

impl<'a> Body<'a> {
    fn new(form: Form, depth: usize) -> Self {
        Self { text: Cow::Borrowed(""), form, open: Vec::new(), div: None, has_elements: false, depth }
    }

    fn text(&mut self, text: Cow<'a, str>) {
        if self.form == Form::Inline {
            escape(&text, self.text.to_mut(), false);
        } else {
            append(&mut self.text, text);
        }
    }

    /// Whether `inside` stands beside this element, whose end was forgotten: an element of feeds in a title, which has no
    /// markup but what inline text has. Texts are left alone, for they hold whole documents.
    fn has_ended_before(&self, walker: &Walker<'a>, inside: &Tag<'a>, tag: &Tag<'a>) -> bool {
        walker.depth() == self.depth + 1
            && !matches!(self.form, Form::Xml | Form::Base64)
            && (is_sibling(walker.name(inside)) || is_foreign(walker, inside, &self.text))
            && matches!(walker.name(tag), Name::Title | Name::MediaTitle | Name::Rights)
    }

    fn start(&mut self, walker: &Walker<'a>, tag: &Tag<'a>) {
        let (space, local) = walker.resolve(tag);
        let is_div = local.eq_ignore_ascii_case("div");
        if self.form != Form::Inline {
            if is_div {
                self.open.push((walker.depth(), None));
                return;
            }
            // It says that its markup is escaped, but it is not.
            self.form = Form::Inline;
        }
        let is_first = !self.has_elements && self.text.trim_ascii().is_empty();
        self.has_elements = true;
        let out = self.text.to_mut();
        if out.capacity() < USUAL_BYTES {
            out.reserve(USUAL_BYTES);
        }
        open_tag(walker, tag, space, local, out);
        self.open.push((walker.depth(), Some(local)));
        if is_first && is_div && walker.depth() == self.depth + 1 {
            self.div = Some(Div { inside: out.len(), closes: 0, after: 0 });
        }
    }

    /// The element at `depth` ended.
    fn end(&mut self, depth: usize) {
        let Some((_, name)) = self.open.pop_if(|(at, _)| *at == depth) else { return };
        let Some(name) = name else { return };
        let out = self.text.to_mut();
        let closes = out.len();
        if !is_void(name) {
            out.push_str("</");
            out.push_str(name);
            out.push('>');
        }
        if depth == self.depth + 1
            && let Some(div) = self.div.as_mut().filter(|div| div.after == 0)
        {
            (div.closes, div.after) = (closes, out.len());
        }
    }

    fn finish(self, usual: Usual, unwrap: bool) -> Option<Text> {
        let (mut text, mut form) = (self.text, self.form);
        if let Some(div) = self.div.filter(|_| unwrap && self.form == Form::Inline)
            && text.get(div.after..).is_some_and(|rest| rest.trim_ascii().is_empty())
        {
            text = Cow::Owned(text.get(div.inside..div.closes).unwrap_or_default().to_owned());
        }
        if form == Form::Base64
            && let Some(decoded) = repair::base64(&text).and_then(|bytes| String::from_utf8(bytes).ok())
        {
            (text, form) = (Cow::Owned(decoded), Form::Html);
        }
        let value = repair::clean(text);
        if value.is_empty() {
            return None;
        }
        let kind = match form {
            Form::Html | Form::Inline | Form::Xml => TextKind::Html,
            Form::Plain if usual == Usual::Either && repair::looks_like_html(&value) => TextKind::Html,
            Form::Plain | Form::Base64 => TextKind::Plain,
        };
        Some(Text { kind, value })
    }
}

/// Writes a start tag without its prefix; drawings and formulas get their namespace, by which HTML knows them.
fn open_tag<'a>(walker: &Walker<'a>, tag: &Tag<'a>, space: Space, local: &str, out: &mut String) {
    out.push('<');
    out.push_str(local);
    let namespace = match (space, local) {
        (Space::Svg, "svg") => " xmlns=\"http://www.w3.org/2000/svg\"",
        (Space::MathMl, "math") => " xmlns=\"http://www.w3.org/1998/Math/MathML\"",
        _ => "",
    };
    out.push_str(namespace);
    for attribute in tag.attributes {
        if attribute.name == "xmlns" || (attribute.name.starts_with("xmlns:") && attribute.name != "xmlns:xlink") {
            continue;
        }
        out.push(' ');
        out.push_str(attribute.name);
        out.push_str("=\"");
        escape(&walker.value(attribute), out, true);
        out.push('"');
    }
    out.push_str(if is_void(local) { "/>" } else { ">" });
}

fn is_void(name: &str) -> bool {
    const VOID: [&str; 14] =
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
    VOID.iter().any(|void| void.eq_ignore_ascii_case(name))
}

fn escape(text: &str, out: &mut String, in_attribute: bool) {
    // `&` grows so much that doubling would hurt. Some more, for the end tags that follow.
    out.reserve(text.len() + memchr::memchr_iter(b'&', text.as_bytes()).count() * "amp;".len() + 64);
    let mut rest = text;
    let special = |text: &str| {
        if in_attribute {
            text.bytes().position(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"'))
        } else {
            memchr::memchr3(b'&', b'<', b'>', text.as_bytes())
        }
    };
    while let Some(at) = special(rest) {
        let (before, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let (special, after) = special.split_at_checked(1).unwrap_or((special, ""));
        out.push_str(match special {
            "&" => "&amp;",
            "<" => "&lt;",
            ">" => "&gt;",
            _ => "&quot;",
        });
        rest = after;
    }
    out.push_str(rest);
}

fn append<'a>(text: &mut Cow<'a, str>, more: Cow<'a, str>) {
    // White space before the first word would be trimmed anyway, and need not be copied.
    if text.is_empty() {
        *text = match more {
            Cow::Borrowed(more) => Cow::Borrowed(more.trim_ascii_start()),
            Cow::Owned(more) if more.starts_with(|c: char| c.is_ascii_whitespace()) => {
                Cow::Owned(more.trim_ascii_start().to_owned())
            }
            Cow::Owned(more) => Cow::Owned(more),
        };
    } else {
        text.to_mut().push_str(&more);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{atom_entry, only_entry, rss_item};
    use super::*;

    #[test]
    fn atom_texts_are_read_by_their_type() {
        let rows = [
            ("<content>a &lt;b&gt;</content>", TextKind::Plain, "a <b>"),
            ("<content type='text'>a &amp;amp; b</content>", TextKind::Plain, "a &amp; b"),
            ("<content type='html'>&lt;p>a &amp;amp; b&lt;/p></content>", TextKind::Html, "<p>a &amp; b</p>"),
            ("<content type='html'><![CDATA[<p>a</p>]]></content>", TextKind::Html, "<p>a</p>"),
            (
                "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a &lt; b<br/><img src='i&amp;j'/></div></content>",
                TextKind::Html,
                "a &lt; b<br/><img src=\"i&amp;j\"/>",
            ),
            ("<content type='xhtml'><div>a</div><div>b</div></content>", TextKind::Html, "<div>a</div><div>b</div>"),
            (
                "<content type='xhtml' xmlns:h='http://www.w3.org/1999/xhtml'><h:div><h:p>a</h:p></h:div></content>",
                TextKind::Html,
                "<p>a</p>",
            ),
            ("<content mode='base64' type='text/html'>PHA+YTwvcD4=</content>", TextKind::Html, "<p>a</p>"),
            ("<content type='application/xml'>&lt;x/&gt;</content>", TextKind::Html, "<x/>"),
            ("<content type='text/markdown'>*a*</content>", TextKind::Plain, "*a*"),
        ];
        for (element, kind, value) in rows {
            assert_eq!(atom_entry(element).content, Some(Text { kind, value: value.to_owned() }), "{element}");
        }
    }

    #[test]
    fn drawings_and_formulas_keep_their_names() {
        let svg =
            "<content type='xhtml'><div><svg xmlns='http://www.w3.org/2000/svg'><title>t</title></svg></div></content>";
        let value = atom_entry(svg).content.map(|text| text.value);
        assert_eq!(value.as_deref(), Some("<svg xmlns=\"http://www.w3.org/2000/svg\"><title>t</title></svg>"));
        let math = "<content type='xhtml' xmlns:m='http://www.w3.org/1998/Math/MathML'><div><m:math><m:mi>x</m:mi></m:math></div></content>";
        let value = atom_entry(math).content.map(|text| text.value);
        assert_eq!(value.as_deref(), Some("<math xmlns=\"http://www.w3.org/1998/Math/MathML\"><mi>x</mi></math>"));
    }

    #[test]
    fn markup_that_should_have_been_escaped_is_kept() {
        let value = |elements: &str| rss_item(elements).summary.map(|text| text.value);
        assert_eq!(
            value("<description>a <b>bold</b> &lt;word&gt;</description>").as_deref(),
            Some("a <b>bold</b> &lt;word&gt;")
        );
        assert_eq!(value("<description>one<br>two</description>").as_deref(), Some("one<br/>two"));
        assert_eq!(value("<description><div>a</div></description>").as_deref(), Some("a"));
    }

    #[test]
    fn rss_titles_are_html_only_when_they_look_like_it() {
        let kind = |title: &str| rss_item(&format!("<title>{title}</title>")).title.map(|text| text.kind);
        assert_eq!(kind("AT&amp;amp;T"), Some(TextKind::Html));
        assert_eq!(kind("<![CDATA[<i>x</i>]]>"), Some(TextKind::Html));
        assert_eq!(kind("1 &lt; 2"), Some(TextKind::Plain));
        assert_eq!(kind(""), None);
        let content = rss_item("<content>&lt;p&gt;x&lt;/p&gt;</content>").content;
        assert_eq!(content, Some(Text::html("<p>x</p>")));
    }

    #[test]
    fn atom_03_keeps_the_div_it_does_not_ask_for() {
        let feed = "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><content type='application/xhtml+xml'>\
                    <div>a</div></content></entry></feed>";
        assert_eq!(only_entry(feed).content, Some(Text::html("<div>a</div>")));
    }
}
