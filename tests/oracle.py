#!/usr/bin/env python3
"""Reads generated feeds with Courant and with Universal Feed Parser and compares what they say.

    oracle.py --courant BINARY [--seed N] [--count N] [--show N] [--field NAME]

Documents are made from a grammar: every dialect, every element that gives a field, in any order, twice, empty, nested,
with faults. A field is compared where feedparser has it, once as it comes and once without its sanitizing and resolving of
addresses; either will do. A difference must fall in one of the classes listed in EXPLAINED, each with its reason; otherwise
the document is shown and the exit code is 1. `--field` shows those of one field alone.
"""

import argparse
import calendar
import collections
import html
import html.parser
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import urllib.parse

import feedparser

# ---------------------------------------------------------------- the grammar

WORDS = "river harbour bridge minister market report winter school council station garden engine letter museum".split()
NAMES = ["Ada Example", "Bo Sample", "Jānis Ozols", "Zoë Ünal", "李雷"]
HOSTS = ["http://a.example", "https://b.example", "http://c.example:8080"]
DATES = [
    "Mon, 06 Jul 2026 10:00:00 +0200", "Mon, 6 Jul 2026 10:00:00 GMT", "06 Jul 2026 10:00 EST", "Mon, 06 Jul 26 10:00:00 PDT",
    "2026-07-06T10:00:00Z", "2026-07-06T10:00:00+02:00", "2026-07-06T10:00:00.25-05:00", "2026-07-06T10:00Z", "2026-07-06",
    "2026-07", "2026", "20260706", "2026-187", "Mon Jul  6 10:00:00 2026", "2026-07-06 10:00:00", "2026-07-06 10:00:00.1",
    "Mon, 06 Jul 2026", "Mon, Jul 06 2026 10:00:00 GMT", "Mon, 06 July 2026 10:00:00 Z", "Thu, 01 Jan 2004 19:48:21 GMT",
    "Mon, 06 Jul 2026 10:00:00 GMT-05:00", "Mon, 06 Jul 2026 10:00:00 Etc/GMT", "2026/07/06 10:00:00", "soon", "2026-07-06T10:00:00",
]
XHTML = "http://www.w3.org/1999/xhtml"
SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/", "dcterms": "http://purl.org/dc/terms/",
    "content": "http://purl.org/rss/1.0/modules/content/", "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/", "atom": "http://www.w3.org/2005/Atom", "xhtml": XHTML,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "admin": "http://webns.net/mvcb/", "cc": "http://web.resource.org/cc/",
    "georss": "http://www.georss.org/georss", "thr": "http://purl.org/syndication/thread/1.0", "foaf": "http://xmlns.com/foaf/0.1/",
    "odd": "http://odd.example/ns", "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "wfw": "http://wellformedweb.org/CommentAPI/", "psc": "http://podlove.org/simple-chapters",
}


class Grammar:
    """Makes one document from one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.dialect = self.pick(["rss"] * 5 + ["rdf"] * 2 + ["rss11"] + ["atom10"] * 4 + ["atom03"] * 2 + ["entry", "cdf"])
        self.faults = []
        self.serial = 0

    def pick(self, choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    @property
    def atom(self):
        return self.dialect in ("atom10", "atom03", "entry")

    def words(self, low=1, high=4):
        self.serial += 1
        return " ".join([self.pick(WORDS) for _ in range(self.random.randint(low, high))] + [f"n{self.serial}"])

    def address(self):
        self.serial += 1
        path = self.pick(["/", "/a/", "/a/b?x=1&y=2#f", "/ü/", "/a%20b"])
        if self.chance(0.15):
            return self.pick([f"rel{self.serial}", f"/abs{self.serial}", f"../up{self.serial}", f"?q={self.serial}"])
        return f"{self.pick(HOSTS)}{path.replace('/', f'/{self.serial}/', 1)}"

    def markup(self):
        inside = self.pick([
            f"<p>{self.words()}</p>", f"<p>{self.words()} <b>{self.words()}</b></p>", f"{self.words()}<br/>{self.words()}",
            f"<a href=\"{html.escape(self.address())}\">{self.words()}</a>", f"<ul><li>{self.words()}</li></ul>",
            f"{self.words()} &amp; {self.words()}", f"<em>{self.words()}</em> &lt; 3", f"<div>{self.words()}</div>",
            f"<img src=\"{html.escape(self.address())}\" alt=\"x\"/>", f"<div>{self.words()}</div><div>{self.words()}</div>",
        ])
        return inside

    def plain(self):
        return self.pick([self.words(), self.words(), f"{self.words()} & {self.words()}", f"{self.words()} < {self.words()}",
                          f"“{self.words()}”", f"{self.words()} caf\u00e9 — {self.words()}", f"{self.words()} (5 > 3)", f"it's \"{self.words()}\"",
                          f"Привет {self.words()}", f"{self.words()}\n  {self.words()}", f"{self.words()} AT&T"])

    def escaped(self, text):
        if self.chance(0.08):
            return re.sub(r"&\w+;|[ae—]", lambda m: {"a": "&#97;", "e": "&#x65;", "—": "&#151;"}.get(m[0], m[0]), html.escape(text, quote=False))
        if self.chance(0.03) and "]]>" not in text:
            head, tail = text[: len(text) // 2], text[len(text) // 2 :]
            return f"<![CDATA[{head}]]><![CDATA[{tail}]]>"
        if self.chance(0.03) and "]]>" not in text:
            return f"{self.words()} <![CDATA[{text}]]> {self.words()}"
        if self.chance(0.02):
            return f"{html.escape(self.words())}<!-- a comment --> {html.escape(text, quote=False)}"
        if self.chance(0.35) and "]]>" not in text:
            return f"<![CDATA[{text}]]>"
        return html.escape(text, quote=False)

    def around(self, text):
        """White space around a value."""
        return self.pick([text, text, text, f"\n   {text}\n  ", f" {text}"])

    def scope(self):
        """xml:base and xml:lang, now and then."""
        out = ""
        if self.chance(0.04):
            out += f' xml:base="{self.pick(["http://base.example/d/", "sub/", "/root/"])}"'
        if self.chance(0.04):
            out += f' xml:lang="{self.pick(["en", "de_AT", "fr-CA"])}"'
        return out

    def text(self, name, attributes=""):
        """An element with text of some type."""
        kinds = ["bare", "bare", "markup", "empty"]
        if self.atom:
            kinds += ["text", "html", "html", "xhtml", "xhtml"]
        if self.dialect == "atom03":
            kinds += ["mode-escaped", "mode-xml", "base64", "mime"]
        elif self.chance(0.08):
            kinds = ["mime", "inline", "odd-type", "base64"]
        kind = self.pick(kinds)
        a = attributes + self.scope()
        if kind == "bare":
            return f"<{name}{a}>{self.around(self.escaped(self.plain()))}</{name}>"
        if kind == "markup":
            return f"<{name}{a}>{self.around(self.escaped(self.markup()))}</{name}>"
        if kind == "empty":
            return self.pick([f"<{name}{a}/>", f"<{name}{a}></{name}>", f"<{name}{a}>  </{name}>"])
        if kind == "text":
            return f'<{name}{a} type="text">{self.escaped(self.plain())}</{name}>'
        if kind == "html":
            return f'<{name}{a} type="html">{self.escaped(self.markup())}</{name}>'
        if kind == "xhtml":
            prefix = self.pick(["", "", "xhtml:"])
            body = re.sub(r"<(/?)(\w)", rf"<\1{prefix}\2", self.markup())
            space = f' xmlns="{XHTML}"' if not prefix else ""
            return f'<{name}{a} type="xhtml"><{prefix}div{space}>{body}</{prefix}div></{name}>'
        if kind == "mode-escaped":
            return f'<{name}{a} type="text/html" mode="escaped">{self.escaped(self.markup())}</{name}>'
        if kind == "mode-xml":
            return f'<{name}{a} type="application/xhtml+xml" mode="xml"><div xmlns="{XHTML}">{self.markup()}</div></{name}>'
        if kind == "base64":
            import base64
            data = base64.b64encode(self.markup().encode()).decode()
            return f'<{name}{a} type="{self.pick(["text/html", "application/octet-stream"])}" mode="base64">{data}</{name}>'
        if kind == "mime":
            mime = self.pick(["text/html", "text/plain", "text/html; charset=utf-8", "application/xhtml+xml", "TEXT/HTML", "XHTML", "HTML", "plain",
                              "application/xml", "text/xml", "image/svg+xml", "text/markdown", " html "])
            return f'<{name}{a} type="{mime}">{self.escaped(self.markup())}</{name}>'
        if kind == "inline":
            return f"<{name}{a}>{self.words()} <b>{self.words()}</b></{name}>"
        return f'<{name}{a} type="{self.pick(["", "x", "application/pdf", "image/png"])}">{self.escaped(self.plain())}</{name}>'

    def moment(self):
        """A date in one of many forms."""
        r = self.random
        if self.chance(0.3):
            return self.pick(DATES)
        year, month, day = r.randint(1991, 2028), r.randint(1, 12), r.randint(1, 28)
        if self.chance(0.02):
            month, day = self.pick([(2, 30), (13, 1), (4, 31), (6, 32), (0, 5), (5, 0)])
        hour, minute, secs = r.randint(0, 23), r.randint(0, 59), r.randint(0, 59)
        name = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec x".split()[(month - 1) % 13]
        weekday = self.pick(["Mon, ", "Tue, ", "Sun, ", "Thursday, ", "", "Wed,", "Fri "])
        clock = self.pick([f"{hour:02}:{minute:02}:{secs:02}", f"{hour:02}:{minute:02}", f"{hour}:{minute:02}:{secs:02}"])
        zone = self.pick(["GMT", "+0000", "-0500", "+05:30", "EST", "PDT", "UT", "Z", "", "MET", "CEST", "GMT+2", "GMT+0200", "a", "N"])
        iso_zone = self.pick(["Z", "+00:00", "-05:00", "+05:30", "+0200", "", "z"])
        fraction = self.pick(["", "", ".5", ".123456"])
        return self.pick([
            f"{weekday}{day:02} {name} {year} {clock} {zone}".strip(), f"{weekday}{day} {name} {year} {clock} {zone}".strip(),
            f"{weekday}{day:02} {name} {year % 100:02} {clock} {zone}".strip(), f"{weekday}{day:02}-{name}-{year % 100:02} {clock} {zone}".strip(),
            f"{year}-{month:02}-{day:02}T{clock}{fraction if clock.count(':') > 1 else ''}{iso_zone}", f"{year}-{month:02}-{day:02} {clock}",
            f"{year}-{month:02}-{day:02} {clock} {iso_zone}".strip(), f"{year}-{month:02}-{day:02}", f"{year}{month:02}{day:02}", f"{year}-{month:02}",
            f"{weekday}{name} {day:02} {year} {clock} {zone}".strip(), f"Tue {name} {day:2} {clock} {year}", f"{year}{month:02}{day:02}T{clock}Z",
            f"{year}-{month:02}-{day:02}T{hour:02}{iso_zone}", f"{weekday}{day:02} {name} {year}",
        ])

    def date(self, name):
        return f"<{name}{self.scope()}>{self.around(self.moment())}</{name}>"

    def person_text(self):
        name, mail = self.pick(NAMES), f"p{self.random.randint(1, 9)}@mail.test"
        return self.pick([name, mail, f"{mail} ({name})", f"{name} <{mail}>", f"{name} ({mail})", f"{mail} {name}", f"{name}, editor",
                          f"{mail} ()", "", f"{mail}, {name}", f"mailto:{mail} ({name})", f'"{name}" <{mail}>', f"{name} - {mail}", f"({name}) {mail}",
                          f"{mail}?subject=hello ({name})", f"{mail} and q@mail.test", f"{name} &lt;{mail}&gt;", f"{name} [{mail}]", f"{mail}({name})"])

    def person(self, name):
        parts = [f"<name>{self.pick(NAMES)}</name>", f"<email>p@mail.test</email>", f"<uri>{html.escape(self.address())}</uri>",
                 f"<url>{html.escape(self.address())}</url>"]
        self.random.shuffle(parts)
        chosen = parts[: self.random.randint(0, 3)]
        return f"<{name}{self.scope()}>{''.join(chosen)}</{name}>"

    def link(self, name="link"):
        rel = self.pick(["", "", ' rel="alternate"', ' rel="self"', ' rel="enclosure"', ' rel="via"', ' rel="related"', ' rel="edit"',
                         ' rel="replies"', ' rel="license"', ' rel="next"', ' rel="hub"'])
        kind = self.pick(["", "", ' type="text/html"', ' type="application/xhtml+xml"', ' type="application/pdf"', ' type="audio/mpeg"',
                          ' type="application/atom+xml"', ' type="text/plain"'])
        more = self.pick(["", "", ' length="12"', ' title="x"', ' hreflang="en"'])
        return f'<{name} href="{html.escape(self.address())}"{rel}{kind}{more}/>'

    def enclosure(self):
        length = self.pick(["", ' length="7"', ' length=""', ' length="0"', ' length="many"', ' length="1,234"'])
        kind = self.pick(["", ' type="audio/mpeg"', ' type="image/png"', ' type="Video/MP4"'])
        where = self.pick(["url", "url", "url", "href"])
        return f'<enclosure {where}="{html.escape(self.address())}"{length}{kind}/>'

    def category(self):
        return self.pick([
            f"<category>{self.words()}</category>", f'<category domain="d">{self.words()}</category>', "<category/>",
            f'<category term="{self.words()}"/>', f'<category term="{self.words()}" scheme="s" label="{self.words()}"/>',
            f'<category label="{self.words()}"/>', f'<category term="{self.words()}">{self.words()}</category>',
            f"<dc:subject>{self.words()}</dc:subject>", f"<itunes:keywords>{self.words()}, {self.words()},</itunes:keywords>",
            f'<itunes:category text="{self.words()}"><itunes:category text="{self.words()}"/></itunes:category>',
            f"<keywords>{self.words()}</keywords>", f"<category>{self.words()}, {self.words()}</category>",
            f'<media:category scheme="s">{self.words()}</media:category>', f"<tags>{self.words()},{self.words()}</tags>",
            f"<media:keywords>{self.words()}, {self.words()}</media:keywords>", f"<category><![CDATA[{self.words()} & co]]></category>",
        ])

    def media(self):
        content = f'<media:content url="{html.escape(self.address())}"{self.pick(["", " type=%svideo/mp4%s" % (chr(34), chr(34)), " medium=%simage%s" % (chr(34), chr(34))])}>'
        inside = self.pick(["", f"<media:title>{self.words()}</media:title>", f'<media:thumbnail url="{html.escape(self.address())}"/>',
                            f"<media:description>{self.words()}</media:description>", f"<media:credit>{self.words()}</media:credit>"])
        content = f"{content}{inside}</media:content>"
        return self.pick([content, f"<media:group>{content}{content}</media:group>", f'<media:thumbnail url="{html.escape(self.address())}"/>'])

    def unknown(self):
        return self.pick([
            f"<odd:thing>{self.words()}</odd:thing>", f'<odd:thing value="1"/>', f"<georss:point>45.2 -71.9</georss:point>",
            f'<thr:in-reply-to ref="http://a.example/x" href="http://a.example/y"/>', "<thr:total>3</thr:total>",
            f"<wfw:commentRss>{html.escape(self.address())}</wfw:commentRss>", '<cc:license rdf:resource="http://cc.example/by"/>',
            f"<undeclared>{self.words()}</undeclared>", "<rating>x</rating>", '<admin:generatorAgent rdf:resource="http://g.example/"/>',
            f'<psc:chapters version="1.2"><psc:chapter start="0" title="{self.words()}"/></psc:chapters>', "<!-- a comment -->",
            "<?php echo ?>", f"<odd:title>{self.words()}</odd:title>", f"<odd:link>{self.address().replace('&', '')}</odd:link>",
            f"<itunes:explicit>yes</itunes:explicit>", "<itunes:block>no</itunes:block>", f"<itunes:duration>12:00</itunes:duration>",
            f"<odd:wrap><odd:inner>{self.words()}</odd:inner></odd:wrap>", "<expirationDate>2026-01-01</expirationDate>",
            f"<dc:publisher>{self.words()}</dc:publisher>", f"<dc:contributor>{self.pick(NAMES)}</dc:contributor>",
            f"<dc:rights>{self.words()}</dc:rights>", f"<contributor><name>{self.pick(NAMES)}</name></contributor>",
            f"<itunes:owner><itunes:name>{self.words()}</itunes:name><itunes:email>o@mail.test</itunes:email></itunes:owner>",
        ])

    def authors(self):
        return self.pick([
            f"<author>{self.escaped(self.person_text())}</author>", self.person("author"), self.person("author"),
            f"<dc:creator>{self.escaped(self.person_text())}</dc:creator>", f"<dc:author>{self.pick(NAMES)}</dc:author>",
            f"<itunes:author>{self.pick(NAMES)}</itunes:author>", f"<managingEditor>{self.escaped(self.person_text())}</managingEditor>",
            f"<atom:author><atom:name>{self.pick(NAMES)}</atom:name></atom:author>",
            f"<dc:creator><foaf:Person><foaf:name>{self.pick(NAMES)}</foaf:name></foaf:Person></dc:creator>",
            f"<webMaster>{self.escaped(self.person_text())}</webMaster>",
        ])

    def source(self):
        return self.pick([
            f'<source url="{html.escape(self.address())}">{self.words()}</source>', f"<source>{self.words()}</source>",
            f"<source><title>{self.words()}</title><id>urn:s:{self.serial}</id><updated>2020-01-01T00:00:00Z</updated>"
            f"<link href=\"{html.escape(self.address())}\"/><author><name>{self.pick(NAMES)}</name></author></source>",
        ])

    def image(self):
        return (f"<image><url>{html.escape(self.address())}</url><title>{self.words()}</title>"
                f"<link>{html.escape(self.address())}</link>{self.pick(['', '<width>10</width><height>20</height>'])}</image>")

    def textinput(self):
        name = self.pick(["textInput", "textinput"])
        return (f"<{name}><title>{self.words()}</title><description>{self.words()}</description><name>q</name>"
                f"<link>{html.escape(self.address())}</link></{name}>")

    def identity(self):
        return self.pick([
            f"<guid>{html.escape(self.address())}</guid>", f'<guid isPermaLink="false">id {self.random.randint(1, 99)}</guid>',
            f'<guid isPermaLink="true">{html.escape(self.address())}</guid>', f"<guid>{self.random.randint(1, 999)}</guid>",
            f"<id>urn:x:{self.random.randint(1, 999)}</id>", f"<id>{html.escape(self.address())}</id>",
            f"<id>tag:a.example,2026:{self.random.randint(1, 99)}</id>",
        ])

    def titles(self):
        return self.pick([self.text("title")] * 5 + [self.text("dc:title"), self.text("media:title"), self.text("atom:title")])

    def texts(self):
        names = {
            "rss": ["description"] * 5 + ["content:encoded"] * 3 + ["itunes:summary", "itunes:subtitle", "summary", "dc:description",
                                                                   "fullitem", "content", "atom:summary", "atom:content", "media:description"],
            "cdf": ["abstract", "description"],
        }
        usual = ["summary"] * 4 + ["content"] * 4 + ["description", "content:encoded", "media:description", "itunes:summary"]
        name = self.pick(names["rss"] if self.dialect in ("rss", "rdf", "rss11") else names.get(self.dialect, usual))
        if self.dialect in ("rss", "rdf") and self.chance(0.05):
            return self.pick([f'<body xmlns="{XHTML}"><p>{self.words()}</p></body>', f"<xhtml:body><xhtml:p>{self.words()}</xhtml:p></xhtml:body>"])
        if self.atom and name == "content" and self.chance(0.1):
            return f'<content type="{self.pick(["image/png", "text/html"])}" src="{html.escape(self.address())}"/>'
        return self.text(name)

    def dates(self):
        return self.date(self.pick(["pubDate", "pubDate", "dc:date", "published", "updated", "issued", "modified", "created",
                                    "dcterms:created", "dcterms:modified", "dcterms:issued", "lastBuildDate", "atom:updated", "pubdate"]))

    def links(self):
        if self.atom:
            return self.link()
        return self.pick([f"<link>{self.around(html.escape(self.address()))}</link>"] * 5 + [self.link("atom:link"), self.link(), "<link/>",
                         f"<link><![CDATA[{self.address()}]]></link>"])

    def inside_item(self):
        parts = [(self.titles, 0.9), (self.titles, 0.1), (self.links, 0.85), (self.links, 0.25), (self.identity, 0.6), (self.identity, 0.05),
                 (self.texts, 0.8), (self.texts, 0.4), (self.texts, 0.1), (self.dates, 0.7), (self.dates, 0.3), (self.authors, 0.5),
                 (self.authors, 0.15), (self.category, 0.4), (self.category, 0.2), (self.enclosure, 0.2), (self.enclosure, 0.05),
                 (self.source, 0.12), (self.media, 0.12), (self.unknown, 0.4), (self.unknown, 0.2), (self.image, 0.05),
                 (lambda: f"<comments>{html.escape(self.address())}</comments>", 0.1)]
        made = [make() for make, share in parts if self.chance(share)]
        if self.chance(0.6):
            self.random.shuffle(made)
        if made and self.chance(0.04):
            at = self.random.randrange(len(made))
            made[at] = f"<odd:group>{made[at]}</odd:group>"
        return self.pick(["", "\n  "]).join(made)

    def inside_head(self):
        parts = [(self.titles, 0.95), (self.links, 0.9), (self.links, 0.2), (lambda: self.text(self.pick(["description", "subtitle", "tagline", "itunes:summary"])), 0.6),
                 (self.dates, 0.4), (self.dates, 0.15), (lambda: f"<language>{self.pick(['en', 'de-at', 'fr_CA', 'en-us'])}</language>", 0.4),
                 (lambda: "<dc:language>it</dc:language>", 0.08), (self.authors, 0.2), (self.category, 0.15), (self.image, 0.2),
                 (self.textinput, 0.1), (self.unknown, 0.3), (lambda: f"<generator>{self.words()}</generator>", 0.2),
                 (self.identity, 0.3 if self.atom else 0.03), (lambda: f"<copyright>{self.words()}</copyright>", 0.1),
                 (lambda: f"<icon>{html.escape(self.address())}</icon>", 0.1), (lambda: "<ttl>60</ttl>", 0.1), (self.source, 0.02)]
        made = [make() for make, share in parts if self.chance(share)]
        if self.chance(0.5):
            self.random.shuffle(made)
        return "\n".join(made)

    def spaces(self):
        return "".join(f' xmlns:{prefix}="{address}"' for prefix, address in SPACES.items())

    def document(self):
        items = [self.inside_item() for _ in range(self.random.randint(1, 3))]
        head, scope, spaces = self.inside_head(), self.scope(), self.spaces()
        prolog = self.pick(["", '<?xml version="1.0"?>\n', '<?xml version="1.0" encoding="utf-8"?>\n', "\ufeff"])
        before = self.chance(0.85)
        if self.dialect == "rss":
            body = "\n".join(f"<item{self.scope()}>{item}</item>" for item in items)
            version = self.pick(["0.91", "0.92", "0.93", "0.94", "2.0", "2.0", "2.0", "2.0.1", ""])
            inside = head + body if before else body + head
            text = f'<rss version="{version}"{spaces}{scope}><channel{self.scope()}>{inside}</channel></rss>'
        elif self.dialect == "rdf":
            core = self.pick(["http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"])
            body = "\n".join(f'<item rdf:about="{html.escape(self.address())}"{self.scope()}>{item}</item>' if self.chance(0.8) else f"<item>{item}</item>"
                             for item in items)
            channel = f'<channel rdf:about="{html.escape(self.address())}">{head}</channel>'
            text = f'<rdf:RDF xmlns="{core}"{spaces}{scope}>{channel}{body}{self.pick(["", "", self.image(), self.textinput()])}</rdf:RDF>'
        elif self.dialect == "rss11":
            body = "".join(f'<item rdf:about="{html.escape(self.address())}">{item}</item>' for item in items)
            text = f'<Channel xmlns="http://purl.org/net/rss1.1#" rdf:about="{html.escape(self.address())}"{spaces}{scope}>{head}<items rdf:parseType="Collection">{body}</items></Channel>'
        elif self.dialect in ("atom10", "atom03"):
            core = SPACES["atom"] if self.dialect == "atom10" else "http://purl.org/atom/ns#"
            version = ' version="0.3"' if self.dialect == "atom03" else ""
            body = "\n".join(f"<entry{self.scope()}>{item}</entry>" for item in items)
            inside = head + body if before else body + head
            text = f'<feed{version} xmlns="{core}"{spaces}{scope}>{inside}</feed>'
        elif self.dialect == "entry":
            text = f'<entry xmlns="{SPACES["atom"]}"{spaces}{scope}>{items[0]}</entry>'
        else:
            body = "".join(
                f'<ITEM HREF="{html.escape(self.address())}" LASTMOD="{self.moment()}"><TITLE>{self.words()}</TITLE>'
                f"<ABSTRACT>{self.words()}</ABSTRACT></ITEM>" for _ in items)
            text = f'<CHANNEL HREF="{html.escape(self.address())}" LASTMOD="{self.moment()}"><TITLE>{self.words()}</TITLE>{body}</CHANNEL>'
        if self.chance(0.06) and self.dialect in ("atom10", "atom03"):
            self.prefix = "a"
            core = re.search(r' xmlns="([^"]*)"', text)[1]
            text = re.sub(r"<(/?)(feed|entry|title|link|id|updated|published|summary|content|author|name|uri|email|category|subtitle|source|issued|modified)\b",
                          r"<\1a:\2", text.replace(f' xmlns="{core}"', f' xmlns:a="{core}"', 1))
        if self.chance(0.04) and self.dialect == "rss":
            text = text.replace("<rss ", f'<rss xmlns="{self.pick(["http://backend.userland.com/rss2", "http://odd.example/rss", "http://purl.org/rss/1.0/", "http://blogs.law.harvard.edu/tech/rss"])}" ', 1)
        if self.chance(0.04) and self.dialect == "rss":
            prolog = (prolog if prolog.startswith("<") else "") + '<!DOCTYPE rss [<!ENTITY name "Town &#38; country"><!ENTITY copy "©">]>\n'
            text = text.replace("</title>", " &name; &copy;</title>", 1) if "]]></title>" not in text and "base64" not in text else text
        return prolog + (self.fault(text) if self.chance(0.12) else text)

    def fault(self, text):
        fault = self.pick(["ampersand", "entity", "after", "upper", "undeclared", "attribute", "before"])
        self.faults.append(fault)
        if fault == "ampersand":
            return text.replace("<title>", "<title>Q & A ", 1)
        if fault == "entity":
            return text.replace("<title>", "<title>a&nbsp;b&mdash;c&eacute; ", 1)
        if fault == "after":
            return text + "\n<!-- cached in 0.1 s --><script>var a = 1;</script>"
        if fault == "upper":
            return re.sub(r"<(/?)(title|link|description|guid|pubDate)\b", lambda m: f"<{m[1]}{m[2].upper()}", text)
        if fault == "undeclared":
            return re.sub(r' xmlns:(dc|content|itunes|media)="[^"]*"', "", text)
        if fault == "attribute":
            return text.replace("<item", "<item class=odd", 1).replace("<entry>", "<entry class=odd>", 1)
        return "\n \n" + text


# ---------------------------------------------------------------- what each says

def second(parsed):
    try:
        return calendar.timegm(parsed) if parsed else None
    except (ValueError, OverflowError):
        return None


def theirs(data, **options):
    """What feedparser says, in the shape both are compared in."""
    feed = feedparser.parse(data, **options)
    head = feed.feed
    get = dict.get
    return {
        "ill_formed": bool(feed.bozo),
        "channel": {"published": second(get(head, "published_parsed")), "updated": second(get(head, "updated_parsed")), "title": get(head, "title"), "link": get(head, "link"), "language": get(head, "language"),
                    "date": second(get(head, "updated_parsed") or get(head, "published_parsed"))},
        "entries": [
            {
                "title": get(entry, "title"), "link": get(entry, "link"), "id": get(entry, "id"),
                "date": second(get(entry, "published_parsed") or get(entry, "updated_parsed")),
                "published": second(get(entry, "published_parsed")), "updated": second(get(entry, "updated_parsed")),
                "author": {person.get("name") or person.get("email") for person in get(entry, "authors") or [] if person},
                "body": (get(entry, "content") or [{}])[0].get("value") or get(entry, "summary"),
                "summary": get(entry, "summary"), "content": (get(entry, "content") or [{}])[0].get("value"),
                "enclosures": [(link.get("href"), link.get("type"), link.get("length"))
                               for link in get(entry, "links") or [] if link.get("rel") == "enclosure"],
                "media": [media.get("url") for media in get(entry, "media_content") or []],
                "categories": {tag.get("term") for tag in get(entry, "tags") or []},
            }
            for entry in feed.entries
        ],
    }


def moment(text):
    """Seconds of an RFC 3339 moment in UTC."""
    match = re.match(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)", text or "")
    return calendar.timegm(tuple(map(int, match.groups()))) if match else None


def ours(answer):
    channel = answer.get("channel") or {}
    return {
        "channel": {"published": moment(channel.get("published")), "updated": moment(channel.get("updated")), "title": channel.get("title"), "link": channel.get("link"), "language": channel.get("language"),
                    "date": moment(channel.get("updated")) if channel.get("updated") else moment(channel.get("published"))},
        "entries": [
            {
                "title": entry["title"], "link": entry["link"], "id": entry["guid"],
                "date": moment(entry["published"] or entry["updated"]), "published": moment(entry["published"]),
                "updated": moment(entry["updated"]),
                "author": {person.get("name") or person.get("email") for person in entry["authors"]},
                "body": entry["content"] or entry["summary"], "summary": entry["summary"], "content": entry["content"],
                "enclosures": [(e["url"], e["type"], None if e["length"] is None else str(e["length"])) for e in entry["enclosures"]],
                "media": [m["url"] for m in entry["media"]],
                "categories": set(entry["categories"]),
            }
            for entry in answer.get("entries") or []
        ],
    }


# ---------------------------------------------------------------- the comparison

def squash(text):
    return " ".join((text or "").split())


class Even(html.parser.HTMLParser):
    """Markup with quoting, case, order of attributes and comments evened out."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.out = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("html", "head", "body"):
            self.out.append("<" + tag + "".join(f" {k}={squash(v)!r}" for k, v in sorted(attrs)) + ">")

    def handle_endtag(self, tag):
        if tag not in ("html", "head", "body", "br", "img", "hr"):
            self.out.append(f"</{tag}>")

    def handle_data(self, data):
        self.out.append(html.escape(data, quote=False))


def even(text):
    parser = Even()
    parser.feed(text)
    parser.close()
    return re.sub(r"\s*(</?[a-z][^>]*>)\s*", r"\1", squash("".join(parser.out)))


def same_text(a, b):
    return squash(a) == squash(b) or even(a or "") == even(b or "")


def address(text):
    text = urllib.parse.unquote((text or "").strip())
    return text[:-1] if re.fullmatch(r"[a-z]+://[^/?#]+/", text) else text


def folded(names):
    return {squash(name).casefold() for name in names if name and name.strip()}


def same(field, a, b):
    if field in ("title", "body"):
        return same_text(a, b)
    if field in ("link", "id"):
        return address(a) == address(b)
    if field in ("author", "categories"):
        return folded(a) == folded(b)
    if field == "language":
        return squash(a).replace("_", "-").lower() == squash(b).replace("_", "-").lower()
    if field == "enclosures":
        have = {address(url): (kind, length) for url, kind, length in b}
        for url, kind, length in a:
            found = have.get(address(url))
            if url and found is None:
                return False
            # A link that gives no type is text/html to feedparser, even an enclosure.
            if url and kind and squash(kind).lower() != squash(found[0]).lower() and (found[0] or kind != "text/html"):
                return False
            if url and length and length.isdigit() and length != found[1]:
                return False
        return True
    return a == b


CHANNEL_FIELDS = ["title", "link", "language", "date"]
ENTRY_FIELDS = ["title", "link", "id", "date", "author", "body", "enclosures", "categories"]


def differences(cleaned, raw, mine):
    """(place, field, theirs, ours) of every field they have and we do not agree with."""
    if len(raw["entries"]) != len(mine["entries"]):
        yield "feed", "count", len(raw["entries"]), len(mine["entries"])
        return
    for field in CHANNEL_FIELDS:
        a, b = raw["channel"][field], mine["channel"][field]
        if a and not same(field, a, b) and not same(field, cleaned["channel"][field], b):
            yield "channel", field, a, b
    for number, (clean, a, b) in enumerate(zip(cleaned["entries"], raw["entries"], mine["entries"])):
        for field in ENTRY_FIELDS:
            filled = folded(a[field]) if field in ("author", "categories") else a[field]
            if filled and not same(field, a[field], b[field]) and not same(field, clean[field], b[field]):
                yield f"entry {number}", field, a[field], b[field]
    return


class Case:
    """One difference with what is needed to judge it."""

    def __init__(self, grammar, text, place, field, theirs, ours, pair, ill_formed):
        self.grammar, self.text, self.place, self.field = grammar, text, place, field
        self.theirs, self.ours, self.pair, self.ill_formed = theirs, ours, pair, ill_formed
        self.entry = pair if place.startswith("entry") else None


def is_relative(text):
    return bool(text) and not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", text)


def unescaped(text):
    """What is left of a text when references are replaced, however often, and what feedparser's second reader lost is gone."""
    while text != (text := html.unescape(text)):
        pass
    return re.sub(r"[&;]|amp|\s", "", text)


def same_unescaped(a, b):
    if isinstance(a, set):
        return {unescaped(x) for x in a if x} == {unescaped(x) for x in b if x}
    return unescaped(str(a)) == unescaped(str(b))


def element(case, name):
    return re.search(rf"<{name}[\s>/]", case.text)


# (name, reason, whether a case is one): as narrow as the document allows.
EXPLAINED = [
    ("twice escaped", "feedparser's second reader, for what is not well-formed, leaves or spoils references",
     lambda c: c.ill_formed and c.field != "date" and same_unescaped(c.theirs, c.ours)),
    ("base", "an xml:base that is relative to nothing resolves nothing, and one ends with its element",
     lambda c: c.field in ("link", "id", "enclosures") and "xml:base" in c.text and is_relative(str(c.ours if c.field != "enclosures" else c.ours[0][0]))),
    ("misread date", "2026-187 is a day of the year and 2026/07/06 no tenth month: feedparser rolls them over",
     lambda c: c.field == "date" and (element_date(c, "2026-187") or element_date(c, "2026/07/06 10:00:00"))),
    ("impossible date", "a day or month that does not exist is no date: feedparser rolls it over",
     lambda c: c.field == "date" and re.search(r"\d{4}-?(13-?01|02-?30|04-?31|06-?32|00-?05|05-?00|00\b|13\b)", c.text)),
    ("time left out", "an hour alone is a time, and so is one of one digit behind a basic date",
     lambda c: c.field == "date" and c.ours and re.search(r"\d{4}-\d\d-\d\dT\d\d\W?[Z+<z-]|\dT\d:\d\d|\dT\d\d\s*[\"<]", c.text)
     and abs(c.theirs - c.ours) <= 36 * 3600),
    ("zone", "CEST is two hours east of UTC", lambda c: c.field == "date" and "CEST" in c.text and c.ours == c.theirs - 7200),
    ("created", "what was created then was published then, where nothing else says when",
     lambda c: c.field == "date" and c.entry and re.search(r"<(dcterms:)?created", c.text) and c.entry[0]["published"] is None),
    ("only date", "a date that feedparser cannot read spoils none before it",
     lambda c: c.field == "date" and c.ours is not None
     and any(c.ours == c.pair[1][key] and c.pair[0][key] is None for key in ("published", "updated"))),
    ("owner", "the owner of a podcast is not the author of an entry",
     lambda c: c.field == "author" and element(c, "itunes:owner") and folded(c.theirs) != folded(c.ours)),
    ("person", "the name of a foaf:Person is an author",
     lambda c: c.field == "author" and element(c, "foaf:Person") and folded(c.theirs) < folded(c.ours)),
    ("second summary", "a second summary is the content only where it says more",
     lambda c: c.field == "body" and c.ours and min(len(c.theirs), len(even(c.theirs))) <= len(c.ours)),
    ("empty content", "a content that is empty, or somewhere else (src), gives way to one that says something",
     lambda c: c.field == "body" and c.ours and c.ours == c.entry[1]["content"] and not c.entry[0]["content"]),
    ("content", "content:encoded goes before a second summary",
     lambda c: c.field == "body" and c.ours and c.ours == c.entry[1]["content"] and c.theirs == c.entry[0]["content"]
     and element(c, "(content|fullitem|content:encoded|atom:content|body|xhtml:body)") and c.entry[0]["summary"] is not None),
    ("text of an object", "the description in a media:content is about the object",
     lambda c: c.field == "body" and f"<media:description>{c.theirs}</media:description></media:content>" in c.text),
    ("two authors", "an author with parts does not take the place of one before",
     lambda c: c.field == "author" and {bare(x) for x in c.theirs if x} < {bare(x) for x in c.ours} and len(re.findall(r"<(managingEditor|[a-z:]*author|dc:creator)\b", c.text)) > 1),
    ("two titles", "of two titles the first counts, and a title of the entry before one of media",
     lambda c: c.field == "title" and c.entry and c.ours and is_other_title(c)),
    ("enclosure", "an enclosure is resolved like every other address",
     lambda c: c.field == "enclosures" and "xml:base" in c.text and len(c.theirs) == len(c.ours)
     and all(is_relative(a[0]) or is_relative(b[0]) or address(a[0]) == address(b[0]) for a, b in zip(c.theirs, c.ours))),
    ("other form", "a page in another form (PDF, text) is the link before the id is",
     lambda c: c.field == "link" and re.search(r'type="(application/pdf|audio/mpeg|text/plain)"', c.text)),
    ("picture", "the title and link of a picture or a search field are not those of what it stands in",
     lambda c: c.field in ("title", "link") and any(same_unescaped(c.theirs, text) for found in PICTURE.findall(c.text) for text in found)),
    ("tidy name", "a name is without the signs that parted it from the address",
     lambda c: c.field == "author" and {bare(x) for x in c.theirs if x} == {bare(x) for x in c.ours}),
]


PICTURE = re.compile(
    r"(?:</url>|<text[iI]nput>)<(?:a:)?title>([^<]*)</(?:a:)?title>(?:<description>[^<]*</description><(?:a:)?name>q</(?:a:)?name>)?<(?:a:)?link>([^<]*)</", re.I)


def bare(name):
    return re.sub(r"&\w+;|\bmailto:|\W+", "", html.unescape(html.unescape(name)))


def is_other_title(case):
    """Whether theirs is the text of another title than ours, one that comes later or is of media. Every text has a number."""
    def place(text):
        found = [re.search(rf"{number}\b", case.text) for number in re.findall(r"\b(?:n|abs|rel|up)\d+\b|/\d+(?=/)", text)]
        return min((match.start() for match in found if match), default=-1)

    mine, other = place(case.ours), place(case.theirs)
    start = case.text.rfind("title", 0, other if other >= 0 else case.text.find("base64"))
    if mine < 0:
        return "base64" in case.text
    return (other < 0 or mine < other or case.text[start - 6 : start] == "media:")


def element_date(case, text):
    """Whether the moment we read is that of this text."""
    written = {"2026-187": 1783296000, "2026/07/06 10:00:00": 1783332000}[text]
    return case.ours == written and text in case.text


def explained(case):
    return next((name for name, _, fits in EXPLAINED if fits(case)), None)


# ---------------------------------------------------------------- the run

def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--courant", required=True)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=1500)
    options.add_argument("--show", type=int, default=5)
    options.add_argument("--field")
    arguments = options.parse_args()
    documents = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        lines = []
        for number in range(arguments.count):
            grammar = Grammar(f"{arguments.seed}/{number}")
            text = grammar.document()
            documents.append((grammar, text))
            (folder / f"{number}.xml").write_text(text, "utf-8")
            lines.append(json.dumps({"id": str(number), "file": f"{number}.xml"}))
        manifest = folder / "manifest.jsonl"
        manifest.write_text("\n".join(lines) + "\n")
        answers = subprocess.run([arguments.courant, "read", "--batch", str(manifest)], stdout=subprocess.PIPE, check=True).stdout
    answers = {answer["id"]: answer for answer in map(json.loads, answers.decode("utf-8").splitlines())}
    counts, unexplained, fields, files, clean_files = collections.Counter(), [], collections.Counter(), set(), 0
    for number, (grammar, text) in enumerate(documents):
        data = text.encode("utf-8")
        raw = theirs(data, sanitize_html=False, resolve_relative_uris=False)
        found = list(differences(raw, raw, mine := ours(answers[str(number)])))
        if found:
            found = list(differences(theirs(data), raw, mine))
        for place, field, a, b in found:
            part = lambda reading: reading["entries"][int(place[6:])] if place.startswith("entry") else reading.get(place)
            case = Case(grammar, text, place, field, a, b, (part(raw), part(mine)), raw["ill_formed"])
            name = explained(case)
            if name:
                counts[name] += 1
            else:
                unexplained.append((number, case))
                fields[(grammar.dialect, field if case.entry else f"{place}.{field}")] += 1
    for name, reason, _ in EXPLAINED:
        print(f"{counts[name]:6}  {name}: {reason}")
    different = {number for number, _ in unexplained}
    print(f"{arguments.count} documents, {sum(counts.values())} differences explained, {len(unexplained)} not, in {len(different)} documents")
    if unexplained:
        print(dict(fields), file=sys.stderr)
        shown = [x for x in unexplained if not arguments.field or x[1].field == arguments.field]
        for number, case in shown[: arguments.show]:
            print(f"\n-- {arguments.seed}/{number} {case.grammar.dialect} {case.grammar.faults} {case.place} {case.field}", file=sys.stderr)
            print(f"   feedparser {case.theirs!r}\n   courant    {case.ours!r}\n{case.text[-6000:]}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
