//! Markup for tests: tame, nearly tame, and anything but.

use proptest::prelude::*;

use super::ELEMENTS;

/// Tame, each for a rule of its own.
pub(crate) const TAME: &[&str] = &[
    "",
    " words alone\n",
    "<p>One <a href=\"/x?a=1&b=2&amp;c=3\" title='a \"b\" > c'>two</a>, <em>three</em>.</p>\n<p>Four</p>",
    "<p>one<p>two<br>three<br/><br />four",
    "<div><p>a</div>b<hr>c",
    "<p>a<div>b</div>c<hr><p>d<ul><li>e</ul>",
    "<ul><li>one<li><p>two<p>three</li>four<li><ol><li>a</ol></ul>",
    "<ul>\n <p>x<li>y <li>z </ul >",
    "<dl><dt>a<dd>b<dd><p>c</dl>d",
    "<b>bold <p>block <i>x</i></p> after</b>",
    "<a href=\"https://b.example/\"><div><p>in</div></a>",
    "<h2>Head<p>p</h2><h3><span>x</span></h3>",
    "a &amp; b &lt;c&gt; &nbsp;&mdash;&hellip; &#8217;&#x2019; &ngE; & d &",
    "x\u{a0}y \u{ad}so\u{200b}ft \u{c2}\u{a9} \u{3000}\u{2003}z\u{85}q \u{e9}t\u{e9} \u{6771}\u{4eac}",
    "<!-- wp:paragraph --><p>a<!---->b<!-- c -- d --></p>",
    "<p class=\"a\" style='color:red' onclick=\"x()\" data-x=\"1\" hidden>a</p>",
    "<img src=\"/a.jpg\" alt=\"a &lt; b &quot;c&quot;\" width=\"3\"/><img src=\"/a.jpg\"><br>",
    "<figure><img src=\"x.png\"><figcaption>said <p>twice<br></figcaption></figure>after",
    "<figcaption>alone</figcaption>after",
    "<center><font color=\"red\">old</font> <tt>x</tt></center><section>new</section>",
    "<pre>a\n  b <code>c</code></pre><blockquote cite=\"/q\">q</blockquote>",
    "one\r\ntwo\rthree <i\r\nlang=\"en\">x</i>",
    "<q cite=\"http://c.example/\">x</q><time datetime=\"2026-01-01\" lang=\"\" dir>y</time>",
    "<address>a</address>b<details><summary>c</summary>d</details>",
    "<p>\t</p><p></p><span></span><b></b>",
    "<wbr><u><s><small><sup>1</sup></small></s></u>",
    "tail<a href=\"magnet:?x\">m</a><a href=\"mailto:a@b.example\">m</a><a>n</a>",
];

/// Not tame: a parser repairs something, or means something else.
pub(crate) const WILD: &[&str] = &[
    "<p>a</b></p>",
    "<b><p>a</b></p>",
    "<a href=\"x\">a<a href=\"y\">b</a></a>",
    "<b>a<b>b</b></b>",
    "<li>a",
    "<ul><div><li>a</div></ul>",
    "<p><span><div>a</div></span></p>",
    "<h2>a<h3>b</h3></h2>",
    "</p>",
    "</br>",
    "<div/>",
    "<P>a</P>",
    "<table><tr><td>a</table>",
    "<script>x</script>",
    "<svg><p>a</svg>",
    "<iframe src=\"https://a.example/\"></iframe>",
    "<noscript><p>a</noscript>",
    "<!doctype html><p>a",
    "<![CDATA[x]]>",
    "<?xml version=\"1.0\"?>",
    "<!--><p>a-->",
    "<!---><p>a-->",
    "<!-- a --!><p>b",
    "<!-- <p> -->",
    "<!-- a",
    "a < b",
    "<p",
    "<p title=\"x",
    "<p title=x>a",
    "<p title=\"x\"lang=\"y\">a",
    "<p title=\"x\" title=\"y\">a",
    "<p =x>a",
    "<p title=\"<b>\">a",
    "<p title=\"&copy\">a",
    "<p TITLE=\"x\">a",
    "&copy 2026",
    "&nosuch; &amp",
    "&#0; &#128; &#xd800; &#13; &#x110000; &#; &#x; &#65",
    "<pre>\na</pre>",
    "a\0b",
    "a\u{c}b",
    "\u{feff}a",
    "<nobr>a</nobr><xmp>b",
    "<textarea><p>a</textarea>",
];

#[rustfmt::skip]
const TOKENS: &[&str] = &[
    "word ", "é\u{a0}", "&amp;", "&lt;script&gt;", "&nbsp;", "&#60;", "&notit;", "&copy", "&", "<", ">", "\"", "'",
    "\n", "\r\n", "<p>", "</p>", "<p class=\"c\">", "<a href=\"/x&y=1\">", "<a href=\"javascript:x()\">", "</a>",
    "<b>", "</b>", "<em>", "</em>", "<ul>", "</ul>", "<li>", "</li>", "<div>", "</div>", "<br>", "<br/>", "<hr>",
    "<h2>", "</h2>", "<img src=\"a.png\" alt='x > y'>", "<img src=\"//t.example/p\" width=\"1\">",
    "<img src=\"data:x\" onerror=\"x()\">", "<!--", "-->", "<!-- c -->", "<pre>", "</pre>", "<font>", "</font>",
    "<figcaption>", "</figcaption>", "<figure>", "</figure>", "<script>", "</script>", "<style>", "</style>", "<svg>",
    "</svg>", "<table>", "<td>", "</table>", "<iframe src=\"https://www.youtube.com/embed/x\">", "</iframe>",
    "<span lang=\"en\" onclick=\"x()\">", "</span>", "<q cite=\"javascript:x()\">", "</q>", "<math>", "<textarea>",
    "<title>", "<noscript>", "</noscript>", "<form>", "<dl>", "<dt>", "<dd>", "</dl>", "<center>", "</center>",
    "<p title=\"<img src=x onerror=x()>\">", "<x>", "</x>", "\u{0}",
];

/// What stands in markup, nested as its author meant it.
fn nested() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(&TOKENS[..7]).prop_map(str::to_owned);
    let attribute = proptest::sample::select(
        &[
            "",
            "",
            " class=\"x y\"",
            " href=\"/a?b=1&c=2\"",
            " lang='en'",
            " title=\"&quot;&gt;\" src=\"z\"",
            " cite=\"q\"",
            " width=\"1\"",
            " src=\"https://a.example/é.png\"",
            " href=\"vbscript:x\"",
            " start=\"3\"",
        ][..],
    );
    leaf.prop_recursive(6, 60, 5, move |inner| {
        let children = proptest::collection::vec(inner, 0..5);
        (0..ELEMENTS.len(), attribute.clone(), children).prop_map(|(which, attribute, children)| {
            let element = &ELEMENTS[which];
            let (name, inside) = (element.name, children.concat());
            match name {
                _ if element.is_void() => format!("<{name}{attribute}>{inside}"),
                "li" => format!("<ul><li{attribute}>{inside}</li></ul>"),
                "dt" | "dd" => format!("<dl><{name}{attribute}>{inside}</{name}></dl>"),
                _ => format!("<{name}{attribute}>{inside}</{name}>"),
            }
        })
    })
}

/// Markup of every kind: nested, nested with something amiss, and tags thrown together.
pub(crate) fn markup() -> impl Strategy<Value = String> {
    let soup = || proptest::collection::vec(proptest::sample::select(TOKENS), 0..12).prop_map(|tokens| tokens.concat());
    let amiss = (nested(), any::<proptest::sample::Index>(), soup()).prop_map(|(mut markup, place, other)| {
        let place = markup.floor_char_boundary(place.index(markup.len() + 1));
        markup.insert_str(place, &other);
        markup
    });
    prop_oneof![3 => nested(), 2 => amiss, 2 => soup()]
}
