"""The rules of the RSS Advisory Board's specification and best practices profile, as far as a program can tell.

`check(data)` gives a line for each rule that a document breaks. Written from <https://www.rssboard.org/rss-specification>
and <https://www.rssboard.org/rss-profile>.
"""

import email.utils
import re
import xml.etree.ElementTree as tree

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
DC = "{http://purl.org/dc/elements/1.1/}"

HEAD_ONCE = {"title", "link", "description", "language", "copyright", "managingEditor", "webMaster", "pubDate",
             "lastBuildDate", "generator", "docs", "cloud", "ttl", "image", "rating", "textInput", "skipHours", "skipDays"}
HEAD = HEAD_ONCE | {"category", "item"}
ITEM_ONCE = {"title", "link", "description", "author", "comments", "enclosure", "guid", "pubDate", "source", CONTENT}
ITEM = {"title", "link", "description", "author", "category", "comments", "enclosure", "guid", "pubDate", "source"}
DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
                  r"\d\d:\d\d:\d\d (GMT|[+-]\d{4})")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MEDIA_TYPE = re.compile(r"[^\s/;]+/[^\s/;]+(\s*;.*)?")
# Addresses in markup: none may be relative, nor run anything.
ADDRESS = re.compile(r"<[a-z][^>]*?\s(?:href|src|poster|cite)=\"([^\"]*)\"", re.I)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
RUNS = re.compile(r"<(script|style|object|embed|form|link|meta|base)\b|<[a-z][^>]*?\s(?:on\w+|style)=", re.I)


def date(text):
    if not DATE.fullmatch(text or ""):
        return f"date {text!r} is not RFC 822 with four digits of the year"
    moment = email.utils.parsedate_to_datetime(text)
    if DAYS[moment.weekday()] != text[:3]:
        return f"date {text!r} has the wrong day of the week"
    return None


def url(text, what, schemes=("http", "https", "ftp", "mailto", "news")):
    if not text or re.search(r"\s", text):
        return f"{what} {text!r} is no URL"
    if text.split(":", 1)[0].lower() not in schemes:
        return f"{what} {text!r} has a scheme that is not for RSS"
    return None


def body(text, what):
    if not text.strip():
        yield f"{what} is empty"
    if RUNS.search(text):
        yield f"{what} holds {RUNS.search(text).group(0)!r}"
    for address in ADDRESS.findall(text):
        if not SCHEME.match(address.strip()):
            yield f"{what} has the relative address {address!r}"


def once(element, names, where):
    seen = [child.tag for child in element]
    for name in names:
        if seen.count(name) > 1:
            yield f"{where} has {name} {seen.count(name)} times"


def item(element):
    yield from once(element, ITEM_ONCE, "item")
    for child in element:
        if "{" not in child.tag and child.tag not in ITEM:
            yield f"item has the unknown element {child.tag}"
        if "{" not in child.tag and len(child):
            yield f"{child.tag} holds elements"
    title, description = element.find("title"), element.find("description")
    if title is None and description is None:
        yield "item has neither title nor description"
    if title is not None and not (title.text or "").strip():
        yield "title is empty"
    if description is not None:
        yield from body(description.text or "", "description")
    content = element.find(CONTENT)
    if content is not None:
        yield from body(content.text or "", "content:encoded")
        tags = [child.tag for child in element]
        if description is None or tags.index("description") > tags.index(CONTENT):
            yield "content:encoded stands without a description before it"
    for name in ("link", "comments"):
        child = element.find(name)
        if child is not None:
            yield url(child.text, name)
    guid = element.find("guid")
    if guid is None or not (guid.text or "").strip():
        yield "item has no guid"
    elif guid.get("isPermaLink") not in ("true", "false"):
        yield "guid does not say whether it is a permalink"
    elif guid.get("isPermaLink") == "true":
        yield url(guid.text, "permalink", ("http", "https"))
    published = element.find("pubDate")
    if published is not None:
        yield date(published.text)
    for enclosure in element.findall("enclosure"):
        yield url(enclosure.get("url"), "enclosure", ("http", "https"))
        if not re.fullmatch(r"\d+", enclosure.get("length") or ""):
            yield f"enclosure has the length {enclosure.get('length')!r}"
        if not MEDIA_TYPE.fullmatch(enclosure.get("type") or ""):
            yield f"enclosure has the type {enclosure.get('type')!r}"
    source = element.find("source")
    if source is not None:
        yield url(source.get("url"), "source")
        if not (source.text or "").strip():
            yield "source has no title"
    author = element.find("author")
    if author is not None and not re.fullmatch(r"\S+@\S+\.\S+( \(.+\))?", author.text or ""):
        yield f"author {author.text!r} is no mail address with a name"
    for category in element.findall("category"):
        if not (category.text or "").strip():
            yield "category is empty"
    for language in element.findall(f"{DC}language"):
        if not LANGUAGE.fullmatch(language.text or ""):
            yield f"language {language.text!r} is no code"


def head(channel):
    yield from once(channel, HEAD_ONCE, "channel")
    for name in ("title", "link", "description"):
        if not (channel.findtext(name) or "").strip():
            yield f"channel has no {name}"
    yield url(channel.findtext("link"), "link")
    for child in channel:
        if "{" not in child.tag and child.tag not in HEAD:
            yield f"channel has the unknown element {child.tag}"
    tags = [child.tag for child in channel]
    if "item" in tags and any(tag != "item" for tag in tags[tags.index("item"):]):
        yield "channel has elements behind its items"
    for name in ("pubDate", "lastBuildDate"):
        if channel.find(name) is not None:
            yield date(channel.findtext(name))
    language = channel.findtext("language")
    if language is not None and not LANGUAGE.fullmatch(language):
        yield f"language {language!r} is no code"
    minutes = channel.findtext("ttl")
    if minutes is not None and not re.fullmatch(r"[1-9]\d*", minutes):
        yield f"ttl {minutes!r} is no number of minutes"
    own = [link for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if len(own) != 1:
        yield f"channel has {len(own)} links to itself"
    for link in channel.findall(f"{ATOM}link"):
        yield url(link.get("href"), "atom:link", ("http", "https"))


def check(data):
    root = tree.fromstring(data)
    if root.tag != "rss" or root.get("version") != "2.0" or [child.tag for child in root] != ["channel"]:
        return ["no rss element of version 2.0 with one channel"]
    channel = root[0]
    found = list(head(channel))
    for one in channel.findall("item"):
        found += item(one)
    guids = [guid.text for guid in channel.findall("item/guid")]
    if len(set(guids)) != len(guids):
        found.append("guids repeat")
    return [text for text in found if text]
