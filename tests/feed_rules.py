"""What the W3C's feed validator says of RSS and Atom, class by class, for the elements that Courant writes.

`check(data)` gives `(level, class, text)`, the level being `error` or `warning`. The classes are those its messages are
filed under at <https://validator.w3.org/feed/docs/>; the rules are written from those pages and the specifications they cite.
What needs the network (whether a link is dead, the document's own address) is left out.

`fields(entry, item, is_atom)` gives the fields of an entry as feedparser reads it beside those of the same article in JSON
Feed, by the table in docs/formats.md.
"""

import calendar
import datetime
import html
import re
import xml.etree.ElementTree as tree

import html5lib

NAMESPACES = {
    "http://www.w3.org/2005/Atom": "atom",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://backend.userland.com/creativeCommonsRssModule": "creativeCommons",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/syndication/history/1.0": "fh",
    "http://www.georss.org/georss": "georss",
    "http://www.opengis.net/gml": "gml",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss/": "media",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://wellformedweb.org/CommentAPI/": "wfw",
}
UNSUPPORTED = {"https://podcastindex.org/namespace/1.0": "podcast"}
KNOWN = {
    "georss": {"point", "line", "polygon", "where", "featureName", "elev", "floor", "radius", "featureTypeTag",
               "relationshipTag"},
    "itunes": {"author", "block", "duration", "explicit", "image", "keywords", "subtitle", "summary", "title", "episode",
               "season", "episodeType"},
    "slash": {"comments", "section", "department", "hit_parade"},
    "thr": {"total", "in-reply-to"},
    "wfw": {"comment", "commentRss"},
    "media": {"content", "group", "title", "description", "credit", "thumbnail", "text", "player", "category"},
    "dc": {"creator", "contributor", "language", "rights", "relation", "source", "subject", "date", "title"},
    "dcterms": {"provenance", "issued", "modified", "license"},
    "creativeCommons": {"license"},
    "content": {"encoded"},
    "fh": {"archive", "complete"},
    "atom": {"updated", "link", "author", "contributor", "published", "summary"},
}
ONCE = {"dc:language", "dc:rights", "dc:source", "content:encoded", "atom:updated", "slash:comments", "thr:total",
        "wfw:commentRss", "itunes:title", "itunes:subtitle", "itunes:duration", "itunes:explicit", "itunes:block",
        "itunes:image", "itunes:episode", "itunes:season", "itunes:episodeType", "georss:point"}
SCHEMES = set("""ftp http gopher mailto news nntp telnet file cid mid imap nfs rtsp pop data dav sip sips tel fax ldap https
    urn dict snmp crid tag dns info im xmpp iris sms tftp""".split())
URI = re.compile(r"[a-zA-Z][0-9a-zA-Z+.-]*:(//)?[0-9a-zA-Z;/?:@&=+$._!~*'()%,#-]+$")
URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:([a-z0-9()+,.:=@;$_!*'-]|%[0-9a-f]{2})+$", re.I)
UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$", re.I)
TAG = re.compile(r"tag:([a-z0-9._-]+?@)?[a-z0-9.-]+?,\d{4}(-\d\d(-\d\d)?)?:")
WEB = re.compile(r"https?://([A-Z0-9-]+\.)+[A-Z0-9][-A-Z0-9]*(:\d+)?(/|$)", re.I)
MAIL = re.compile(r"[A-Z0-9_+.'-]+@([A-Z0-9-]+\.)+[A-Z0-9][-A-Z0-9]*$", re.I)
MEDIA_TYPE = re.compile(r"[^\s()<>,;:\\\"/\[\]?=]+/[^\s()<>,;:\\\"/\[\]?=]+(\s*;\s*[^\s()<>,;:\\\"/\[\]?=]+=(\"[^\"]*\"|[^\s()<>,;:\\\"/\[\]?=]+))*$")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
END_TAG, REFERENCE = re.compile(r"</(\w+)>"), re.compile(r"&(#?\w+)")
ELEMENTS = set("""a abbr acronym address area article aside audio b bdi big blockquote br button canvas caption center cite code
    col colgroup command data datalist dd del details dfn dialog dir div dl dt em fieldset figcaption figure footer font form
    header h1 h2 h3 h4 h5 h6 hgroup hr i img input ins keygen kbd label legend li main map mark menu meter nav ol output optgroup
    option p picture pre progress q rp rt ruby s samp section select small source span strike strong sub summary sup table
    tbody td template textarea time tfoot th thead tr track tt u ul var video noscript wbr""".split())
OF_HTML = ELEMENTS | set("""applet base basefont bdo body embed frame frameset head html iframe isindex link meta noframes object
    param script style title xmp plaintext listing slot""".split())
ATTRIBUTES = set("""abbr align alt border char charoff cite class color cols colspan coords datetime default dir frame headers
    height href hreflang id ismap kind label lang longdesc loop max media min muted name open poster preload rel rev reversed
    rows rowspan rules scope shape size sizes span src srclang srcset start summary title type usemap valign value width
    """.split())


def second(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def name(tag):
    space, _, local = tag.rpartition("}")
    prefix = NAMESPACES.get(space[1:]) or UNSUPPORTED.get(space[1:]) or ("?" if space else "")
    return f"{prefix}:{local}" if prefix else local


def markup(text, where):
    """HTML in a text: what is not parsed as it stands, what is not safe, what is relative."""
    try:
        parsed = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parseFragment(text)
    except html5lib.html5parser.ParseError as problem:
        yield "warning", "NotHtml", f"{where}: {problem} in {text[:80]!r}"
        parsed = html5lib.HTMLParser(namespaceHTMLElements=False).parseFragment(text)
    for element in parsed.iter():
        tag = element.tag
        if not isinstance(tag, str) or tag == "DOCUMENT_FRAGMENT":
            continue
        if tag not in OF_HTML:
            yield "warning", "NotHtml: element", f"{where}: {tag}"
        elif tag not in ELEMENTS:
            yield "warning", "SecurityRisk" if tag in ("iframe", "bdo") else "SecurityRisk: other", f"{where}: {tag}"
        for attribute in element.attrib:
            if attribute == "style" or attribute.startswith("on"):
                yield "warning", "DangerousStyleAttr", f"{where}: {attribute}"
            elif attribute not in ATTRIBUTES:
                kind = "SecurityRiskAttr" if attribute == "controls" else "SecurityRiskAttr: other"
                yield "warning", kind, f"{where}: {tag} {attribute}"
        for attribute in ("href", "src"):
            value = element.attrib.get(attribute)
            if value is not None and not re.match(r"\w+:", value.strip()):
                yield "warning", "ContainsRelRef", f"{where}: {value}"


def uri(text, where, kind="InvalidFullLink"):
    scheme = (text or "").split(":")[0].lower()
    if scheme == "urn":
        if not (UUID if text.lower().startswith("urn:uuid:") else URN).match(text):
            yield "error", "InvalidURN", f"{where}: {text}"
    elif scheme == "tag":
        if not TAG.match(text):
            yield "error", "InvalidTAG", f"{where}: {text}"
    elif not URI.match(text or "") or scheme in ("http", "ftp") and not re.match(r"\w+://[^/]", text):
        yield "error", kind, f"{where}: {text!r}"
    elif scheme.isalpha() and scheme not in SCHEMES:
        yield "warning", "SchemeNotIANARegistered", f"{where}: {text}"


def plain(text, where, lines, kind="ContainsHTML", is_rss=True):
    """Text that is to be plain. References by number in the line say that it is meant."""
    tags = [tag for tag in END_TAG.findall(text) if tag.lower() in OF_HTML]
    is_meant = "&#x" in lines
    if tags:
        yield "warning", kind, f"{where}: {text[:80]}"
    elif not is_meant and any(
        value in html.entities.name2codepoint or value == "apos" or not value.isalpha() for value in REFERENCE.findall(text)
    ):
        yield "warning", kind, f"{where}: {text[:80]}"
    elif is_rss and not is_meant and re.search(r"&#[x0-9]|<[/a-zA-Z]", text):
        yield "warning", "CharacterData", f"{where}: {text[:80]}"


def moment(text, where):
    if not RFC3339.match(text or ""):
        yield "error", "InvalidRFC3339Date", f"{where}: {text}"
    elif text[:4] < "1990" or second(text) > datetime.datetime.now().timestamp() + 600:
        yield "warning", "ImplausibleDate", f"{where}: {text}"


def characters(root):
    for element in root.iter():
        values = [element.text or "", *element.attrib.values()]
        if any("\ufffd" in value or re.search("[\x80-\x9f]", value) for value in values):
            yield "warning", "BadCharacters", name(element.tag)
            return


def language(text, where):
    if not re.fullmatch(r"[A-Za-z]{2,3}(-.*)?", text or ""):
        yield "error", "InvalidLanguage", f"{where}: {text}"


def extension(child, own, count):
    """An element of another vocabulary, in an item or entry."""
    full = name(child.tag)
    prefix, _, local = full.partition(":")
    if prefix in KNOWN and local not in KNOWN[prefix]:
        yield "error", "UndefinedElement", full
    if full in ONCE and count[full] > 1:
        yield "error", "DuplicateElement", full
    text = (child.text or "").strip()
    if full in ("wfw:commentRss", "creativeCommons:license"):
        yield from uri(text, full)
    elif full == "itunes:image":
        if not WEB.match(child.get("href", "")) or not URI.match(child.get("href", "")):
            yield "error", "InvalidURLAttribute", f"{full}: {child.get('href')}"
    elif full in ("itunes:episode", "itunes:season"):
        if not re.fullmatch(r"[1-9]\d*", text):
            yield "error", "InvalidPositiveInteger", f"{full}: {text}"
    elif full in ("slash:comments", "thr:total"):
        if not text.isdigit():
            yield "error", "InvalidNonNegativeInteger", f"{full}: {text}"
    elif full == "itunes:subtitle":
        if len(text) > 255:
            yield "error", "TooLong", full
        yield from plain(text, full, own, is_rss=False)
    elif full == "itunes:duration" and not re.fullmatch(r"\d+(:[0-5]\d(:[0-5]\d)?)?", text):
        yield "error", "InvalidDuration", text
    elif full == "itunes:explicit" and text not in ("true", "false"):
        yield "error", "InvalidTrueFalse", text
    elif full == "dc:language":
        yield from language(text, full)
    elif full == "dc:rights":
        yield from plain(text, full, own)
    elif full == "atom:updated":
        yield from moment(text, full)
    elif full == "thr:in-reply-to":
        yield from uri(child.get("ref"), full)
    elif full in ("georss:point", "georss:line", "georss:polygon"):
        numbers = text.split()
        if len(numbers) % 2 or not all(re.fullmatch(r"-?\d+(\.\d+)?", number) for number in numbers):
            yield "error", "InvalidCoord", text
    elif full == "media:content":
        yield from uri(child.get("url"), full)
        if child.get("type") and not MEDIA_TYPE.match(child.get("type")):
            yield "error", "InvalidMIMEAttribute", child.get("type")
        if child.get("fileSize") and not re.fullmatch(r"[1-9]\d*", child.get("fileSize")):
            yield "error", "InvalidPositiveInteger", child.get("fileSize")
        for inside in child:
            if inside.get("type") == "html":
                yield from markup(inside.text or "", name(inside.tag))
            elif name(inside.tag) != "media:credit":
                yield from plain(inside.text or "", name(inside.tag), own, "ContainsUndeclaredHTML", False)


def spaces(data):
    for prefix, address in set(re.findall(rb'xmlns:(\w+)="([^"]*)"', data[:4000])):
        address = address.decode()
        if address in UNSUPPORTED:
            yield "warning", "UnsupportedNamespace", address
        elif address not in NAMESPACES:
            yield "warning", "UnknownNamespace", address
        elif NAMESPACES[address] != prefix.decode():
            yield "warning", "ReservedPrefix", address


def podcasts(root, items):
    """What the validator asks for where an item speaks of iTunes."""
    if any(name(child.tag).startswith("itunes:") for item in items for child in item):
        yield "warning", "MissingItunesElement", "itunes:category, itunes:explicit, itunes:owner"


def rss(root, data):
    channel = root[0]
    text = data.decode("utf-8")
    for tag in ("title", "description"):
        yield from plain(channel.findtext(tag) or "", tag, raw(text, tag))
    yield from uri(channel.findtext("link"), "link")
    if channel.find("language") is not None:
        yield from language(channel.findtext("language"), "language")
    items = channel.findall("item")
    yield from podcasts(root, items)
    for item, own in zip(items, re.findall(r"<item>.*?</item>", text, re.S)):
        names = [name(child.tag) for child in item]
        count = {key: names.count(key) for key in names}
        if "title" in count:
            yield from plain(item.findtext("title"), "title", raw(own, "title"))
        for tag in ("link", "comments"):
            if tag in count:
                yield from uri(item.findtext(tag), tag)
        if "description" in count:
            yield from markup(item.findtext("description") or "", "description")
        for child in item:
            full = name(child.tag)
            if full == "content:encoded":
                if names.index(full) < (names.index("description") if "description" in names else 10**6):
                    yield "warning", "NeedDescriptionBeforeContent", ""
                yield from markup(child.text or "", full)
            elif full == "category":
                if not (child.text or "").strip():
                    yield "warning", "NotBlank", full
                yield from plain(child.text or "", full, raw(own, full))
            elif full == "enclosure":
                if not WEB.match(child.get("url", "")) or not URI.match(child.get("url", "")):
                    yield "error", "InvalidURLAttribute", child.get("url")
                if not MEDIA_TYPE.match(child.get("type", "")):
                    yield "error", "InvalidMIMEAttribute", child.get("type")
                is_episode = any(key.startswith("itunes:") for key in count)
                if is_episode and child.get("url", "").split(".")[-1] not in "m4a mp3 mov mp4 m4v pdf epub".split():
                    yield "warning", "UnsupportedItunesFormat", child.get("url")
            elif full == "source":
                yield from uri(child.get("url"), full)
                yield from plain(child.text or "", full, raw(own, full))
            elif ":" in full:
                yield from extension(child, own, count)
        published = item.findtext("pubDate")
        if published is not None:
            year = int(published.split()[3])
            if year < 1990 or year > datetime.date.today().year:
                yield "warning", "ImplausibleDate", published
        for core, other in (("source", "dc:source"), ("author", "dc:creator"), ("category", "dc:subject"),
                            ("pubDate", "dc:date"), ("guid", "atom:id")):
            if core in count and other in count:
                yield "warning", "DuplicateItemSemantics", f"{core} and {other}"
        if "slash:comments" in count and channel.find("lastBuildDate") is None:
            yield "warning", "SlashDate", ""
        guid = item.find("guid")
        if guid is None:
            yield "warning", "MissingGuid", ""
        elif guid.get("isPermaLink") != "false":
            yield from uri(guid.text, "guid", "InvalidHttpGUID")
            if guid.text.lower().startswith(("tag:", "urn:uuid:")):
                yield "error", "InvalidPermalink", guid.text
        elif len(guid.text) < 9 and guid.text.isdigit():
            yield "warning", "NotSufficientlyUnique", guid.text
    if not any(link.get("rel") == "self" for link in channel.findall("{http://www.w3.org/2005/Atom}link")):
        yield "warning", "MissingAtomSelfLink", ""


def raw(text, tag):
    """The element as it is written: whether its references are by number counts."""
    found = re.search(rf"<{tag}[ >].*?</{tag}>", text, re.S)
    return found.group(0) if found else ""


def construct(element, where, own):
    if element is None:
        return
    text = element.text or ""
    if not text:
        yield "warning", "NotBlank", where
    if element.get("type") == "html":
        yield from markup(text, where)
    else:
        yield from plain(text, where, raw(own, where), "ContainsUndeclaredHTML", False)


def person(element):
    spoken = element.findtext(f"{A}name") or ""
    if not spoken.strip():
        yield "warning", "NotBlank", "name"
    if re.search(r"<[^<>\s]+@[^<>\s]+>", spoken):
        yield "warning", "ContainsEmail", spoken
    yield from plain(spoken, "name", "", is_rss=False)
    mail = element.findtext(f"{A}email")
    if mail is not None and not MAIL.match(mail):
        yield "error", "InvalidAddrSpec", mail
    if element.find(f"{A}uri") is not None:
        yield from uri(element.findtext(f"{A}uri"), "uri", "InvalidIRI")


A = "{http://www.w3.org/2005/Atom}"
RELATIONS = set("""alternate current enclosure first hub last license next next-archive prev-archive previous related replies
    self via""".split())


def links(parent):
    seen = set()
    for link in parent.findall(f"{A}link"):
        relation = link.get("rel", "alternate")
        if relation not in RELATIONS:
            yield "warning", "UnregisteredAtomLinkRel", relation
        yield from uri(link.get("href"), f"link {relation}", "InvalidIRI")
        if link.get("type") is not None and not MEDIA_TYPE.match(link.get("type")):
            yield "error", "InvalidMIMEType", link.get("type")
        if link.get("length") is not None and not link.get("length").isdigit():
            yield "error", "InvalidNonNegativeInteger", link.get("length")
        if link.get("title") is not None:
            yield from plain(link.get("title"), "title of a link", "&#x", is_rss=False)
        if relation == "alternate":
            key = (link.get("type"), link.get("hreflang"))
            if key in seen:
                yield "error", "DuplicateAtomLink", link.get("href")
            seen.add(key)


def canonical(text):
    """Whether an id is in its canonical form, as far as that is cheap to tell."""
    scheme, _, rest = text.partition(":")
    host = re.match(r"//([^/?#]*)(.*)", rest)
    if scheme != scheme.lower() or host and (host[1] != host[1].lower() or not host[2].startswith("/")):
        return False
    if host and re.search(r":(80|443)?$", host[1]):
        return False
    return not re.search(r"%[0-9A-F]?[a-f]|%(4[1-9A-F]|[57][0-9A]|6[1-9A-F]|3[0-9]|2[DE]|7E)|/\.\.?(/|$)", text)


def atom(root, data):
    text = data.decode("utf-8")
    head = text.split("<entry", 1)[0]
    for tag in ("title", "subtitle", "rights"):
        yield from construct(root.find(f"{A}{tag}"), tag, head)
    for tag in ("title", "id", "updated"):
        if root.find(f"{A}{tag}") is None:
            yield "error", "MissingElement", tag
    yield from uri(root.findtext(f"{A}id"), "id")
    yield from moment(root.findtext(f"{A}updated"), "updated")
    yield from links(root)
    relations = [link.get("rel") for link in root.findall(f"{A}link")]
    if "self" not in relations:
        yield "warning", "MissingSelf", ""
    if root.find("{http://purl.org/syndication/history/1.0}archive") is not None:
        if "current" not in relations:
            yield "warning", "MissingCurrentInArchive", ""
        if "prev-archive" not in relations and "next-archive" not in relations:
            yield "warning", "ArchiveIncomplete", ""
    tags = [child.tag for child in root]
    if f"{A}entry" in tags and any(tag != f"{A}entry" for tag in tags[tags.index(f"{A}entry"):]):
        yield "error", "MisplacedMetadata", ""
    entries = root.findall(f"{A}entry")
    yield from podcasts(root, entries)
    has_author = root.find(f"{A}author") is not None
    ids, moments = set(), set()
    for entry, own in zip(entries, re.findall(r"<entry[ >].*?</entry>", text, re.S)):
        names = [name(child.tag) for child in entry]
        count = {key: names.count(key) for key in names}
        for tag in ("title", "id", "updated"):
            if count.get(f"atom:{tag}") != 1:
                yield "error", "MissingElement", tag
        if not has_author and "atom:author" not in count:
            yield "error", "MissingElement", "author"
        for tag in ("title", "summary", "rights", "content"):
            yield from construct(entry.find(f"{A}{tag}"), tag, own)
        if "atom:content" not in count and "atom:summary" not in count:
            yield "warning", "MissingTextualContent", entry.findtext(f"{A}title")
        published_id = entry.findtext(f"{A}id")
        yield from uri(published_id, "id")
        if not canonical(published_id):
            yield "warning", "NonCanonicalURI", published_id
        if published_id in ids:
            yield "warning", "DuplicateEntries", published_id
        ids.add(published_id)
        updated = entry.findtext(f"{A}updated")
        yield from moment(updated, "updated")
        if updated in moments:
            yield "warning", "DuplicateUpdated", updated
        moments.add(updated)
        if "atom:published" in count:
            yield from moment(entry.findtext(f"{A}published"), "published")
        yield from links(entry)
        if entry.get("{http://www.w3.org/XML/1998/namespace}lang") is not None:
            yield from language(entry.get("{http://www.w3.org/XML/1998/namespace}lang"), "xml:lang")
        for child in entry:
            full = name(child.tag)
            if full in ("atom:author", "atom:contributor"):
                yield from person(child)
            elif full == "atom:category":
                if not child.get("term"):
                    yield "warning", "NotBlank", "term"
                if child.get("scheme") is not None:
                    yield from uri(child.get("scheme"), "scheme")
                yield from plain(child.get("label") or "", "label", "&#x", is_rss=False)
            elif full == "atom:source":
                yield from links(child)
                yield from construct(child.find(f"{A}title"), "title", raw(own, "source"))
            elif ":" in full and not full.startswith("atom:"):
                yield from extension(child, own, count)


def check(data):
    root = tree.fromstring(data)
    yield from spaces(data)
    yield from characters(root)
    yield from (rss if root.tag == "rss" else atom)(root, data)


def squash(text):
    return " ".join((text or "").split())


def shown(detail):
    """A text as it is shown: feedparser says which are HTML."""
    value = detail.get("value") or ""
    return squash(html.unescape(value) if detail.get("type") == "text/html" else value)


def fields(entry, item, is_atom):
    """Field, as published in JSON Feed, as feedparser read it."""
    def at(parsed):
        return calendar.timegm(parsed) if parsed else None

    yield "id", item["id"], entry.get("id")
    yield "link", item["url"], entry.get("link")
    title = entry.get("title_detail") or {}
    if item.get("title"):
        yield "title", squash(item["title"]), shown(title) if is_atom else (squash(html.unescape(entry.title) if is_escaped(item["title"]) else entry.title))
    elif not is_atom:
        yield "title", None, entry.get("title")
    published = item.get("date_published")
    yield "published", second(published) if published else None, at(entry.get("published_parsed"))
    if "date_modified" in item:
        yield "updated", second(item["date_modified"]), at(entry.get("updated_parsed"))
    body = item.get("content_html")
    if body:
        read = entry.content[-1].value if entry.get("content") else entry.get("summary")
        yield "body", body.strip(), (read or "").strip()
    if item.get("summary"):
        read = entry.get("summary") or ""
        held = squash(item["summary"])
        yield "summary", held, shown(entry.get("summary_detail") or {}) if is_atom else squash(html.unescape(read))
    authors = [author["name"] for author in item.get("authors", [])]
    read = [author.get("name") for author in entry.get("authors", []) if author]
    if is_atom or all("@" not in name and "(" not in name for name in authors):
        yield "authors", authors, [name for name in read if name] if authors else []
    tags = item.get("tags", [])
    yield "tags", sorted(set(map(squash, tags))), sorted({squash(tag.term) for tag in entry.get("tags", []) if tag.term} & set(map(squash, tags)))
    files = [file["url"] for file in item.get("attachments", [])]
    held = [link.get("href") for link in entry.get("enclosures", [])] + [
        media.get("url") for media in entry.get("media_content", []) if media.get("medium") != "image"
    ]
    yield "enclosures", sorted(files), sorted(held)
    figures = [f["url"] for f in item["_courant"].get("figures", []) if f.get("url")]
    read = [media.get("url") for media in entry.get("media_content", []) if media.get("medium") == "image"]
    yield "figures", [url for url in figures if ":" in url and url.isascii() and not re.search(r"[|^\[\]{}]", url)], [
        url for url in read if url in figures
    ]


def is_escaped(text):
    return re.search(r"<[a-zA-Z/!?]|&(#?\w+;|#|\w*\d)", text) is not None
