"""news.py: feeds by the rules of their formats, exports, and what a key's filter must hold for."""
import csv
import email.utils
import hashlib
import io
import json
import os
import re
import tempfile
import threading
import time
import urllib.parse
import xml.etree.ElementTree as xml

from client import Connection, Server
from live import JSON, NDJSON, need

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
RFC3339 = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"


def load(server, articles):
    answer = server.ask("POST", "/v1/documents", "\n".join(json.dumps(a) for a in articles) + "\n", NDJSON)
    need(answer.status == 200, "the articles are refused: %s", answer.body[:300])
    wrong = [line for line in answer.body.decode().splitlines() if json.loads(line)["result"] == "error"]
    need(not wrong, "an article is refused: %s", wrong[:1])


# Markup, quotes, what XML has no place for, a guid that is no IRI, one that is, dates of several kinds and none.
ARTICLES = [
    {"id": "f1", "guid": "urn:example:1", "title": "A <b>bold</b> & \"quoted\" title ]]>", "body": "Feeds and <script>.",
     "byline": "Ann O'Ther & Co", "source": "Agency", "section": "World", "subjects": ["arms", "a<b"],
     "published": "2023-09-11T08:00:00+02:00", "updated": "2023-09-12T00:00:00.5Z", "url": "https://example.org/?a=1&b=2"},
    {"id": "f2", "guid": "not an iri", "title": "Controls \u0001\u000b\u001f\ufffe\uffff here", "body": "Feeds \u0000 too.",
     "published": "1999-12-31"},
    {"id": "f3", "title": "Undated", "body": "Feeds without a date. 東京 \U0001F600"},
    {"id": "f4", "guid": "https://example.org/4", "title": "Old", "body": "Feeds of long ago.", "published": "0001-01-01T00:00:00Z"},
]


def absolute(url, what):
    parts = urllib.parse.urlsplit(url)
    need(parts.scheme in ("http", "https") and parts.netloc, "%s is no absolute address: %r", what, url)


def rss_rules(text, items):
    """rssboard.org/rss-specification: what must be there, once, and how dates and guids look."""
    root = xml.fromstring(text)
    need(root.tag == "rss" and root.get("version") == "2.0", "no rss 2.0")
    need(len(root) == 1 and root[0].tag == "channel", "not one channel")
    channel = root[0]
    for name in ("title", "link", "description"):
        need(len(channel.findall(name)) == 1 and channel.find(name).text, "the channel's %s", name)
    absolute(channel.find("link").text, "the channel's link")
    own = channel.find(ATOM + "link")
    need(own is not None and own.get("rel") == "self" and own.get("type") == "application/rss+xml", "no link to itself")
    dates = [channel.find("lastBuildDate").text]
    guids = []
    for item in channel.findall("item"):
        need(item.find("title") is not None or item.find("description") is not None, "an item with neither")
        for name in ("title", "link", "guid", "description", "pubDate"):
            need(len(item.findall(name)) <= 1, "%s stands twice", name)
        absolute(item.find("link").text, "an item's link")
        guid = item.find("guid")
        if guid.get("isPermaLink", "true") == "true":
            absolute(guid.text, "a guid that is a permanent link")
        guids.append(guid.text)
        need(item.find("author") is None, "author must be an e-mail address")
        dates += [d.text for d in item.findall("pubDate")]
    for date in dates:
        need(re.match(r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$", date), "date %r", date)
        parsed = email.utils.parsedate_to_datetime(date)
        need(parsed.strftime("%a") == date[:3], "%r is not on that day of the week", date)
    need(len(set(guids)) == len(guids) == items, "%d guids, %d of them different, %d items", len(guids), len(set(guids)), items)
    return root


def atom_rules(text, items):
    """RFC 4287: 4.1.1 and 4.1.2."""
    feed = xml.fromstring(text)
    need(feed.tag == ATOM + "feed", "no feed")
    entries = feed.findall(ATOM + "entry")
    need(len(entries) == items, "%d entries", len(entries))
    ids = []
    for e in [feed] + entries:
        for name in ("id", "title", "updated"):
            need(len(e.findall(ATOM + name)) == 1, "%s of %s", name, e.tag)
        need(re.match(RFC3339, e.find(ATOM + "updated").text), "updated %r", e.find(ATOM + "updated").text)
        need(urllib.parse.urlsplit(e.find(ATOM + "id").text).scheme, "an id that is no IRI: %r", e.find(ATOM + "id").text)
        ids.append(e.find(ATOM + "id").text)
        need(len([a for a in e.findall(ATOM + "link") if a.get("rel", "alternate") == "alternate"]) == 1, "links")
        for a in e.findall(ATOM + "link"):
            absolute(a.get("href"), "a link")
        for p in e.findall(ATOM + "published"):
            need(re.match(RFC3339, p.text), "published %r", p.text)
        for c in e.findall(ATOM + "category"):
            need(c.get("term"), "a category without a term")
        for a in e.findall(ATOM + "author"):
            need(a.find(ATOM + "name").text, "an author without a name")
    need(feed.find(ATOM + "author") is not None, "no author of the feed for entries without one")
    need(len(set(ids)) == len(ids), "an id stands twice: %s", ids)
    return feed


def json_rules(text, items):
    """jsonfeed.org/version/1.1"""
    feed = json.loads(text)
    need(feed["version"] == "https://jsonfeed.org/version/1.1" and feed["title"], "version and title")
    absolute(feed["feed_url"], "feed_url")
    absolute(feed["home_page_url"], "home_page_url")
    need(len(feed["items"]) == items, "%d items", len(feed["items"]))
    for i in feed["items"]:
        need(isinstance(i["id"], str) and i["id"] and isinstance(i["content_text"], str), "id and content of %r", i)
        for name in ("date_published", "date_modified"):
            need(name not in i or re.match(RFC3339, i[name]), "%s of %r", name, i)
        for name in ("url", "external_url"):
            if name in i:
                absolute(i[name], name)
        need(all(a["name"] for a in i.get("authors", [])), "authors of %r", i)
    return feed


def feeds(program, corpus):
    with Server(program, "--public-url", "https://archive.example/sub/") as server:
        for text, items in (("", 0), ("?q=zzznothing", 0)):
            rss_rules(server.ask("GET", "/feed.rss" + text).body, items)
            atom_rules(server.ask("GET", "/feed.atom" + text).body, items)
            json_rules(server.ask("GET", "/feed.json" + text).body, items)
        load(server, ARTICLES)
        rss = rss_rules(server.ask("GET", "/feed.rss?q=feeds").body, 4)[0]
        titles = [i.find("title").text for i in rss.findall("item")]
        need(titles[0] == ARTICLES[0]["title"], "the newest is %r", titles[0])
        need(titles[1] == "Controls \ufffd\ufffd\ufffd\ufffd\ufffd here", "controls became %r", titles[1])
        need(titles[2:] == ["Old", "Undated"], "the undated comes last: %s", titles)
        need(rss.find("link").text == "https://archive.example/sub/search?q=feeds", "%s", rss.find("link").text)
        first = rss.find("item")
        need(first.find("link").text == "https://archive.example/sub/article/f1", "%s", first.find("link").text)
        need(first.find("pubDate").text == "Mon, 11 Sep 2023 06:00:00 GMT", "%s", first.find("pubDate").text)
        need(first.find(DC + "creator").text == "Ann O'Ther & Co", "the creator")
        need([c.text for c in first.findall("category")] == ["World", "arms", "a<b"], "the categories")
        need("<script>" in first.find("description").text, "the description is not the passage's text")
        atom = atom_rules(server.ask("GET", "/feed.atom?q=feeds").body, 4)
        need(atom.find(ATOM + "updated").text >= "2023-09-12T00:00:00.5", "the feed is older than its newest entry")
        ids = [e.find(ATOM + "id").text for e in atom.findall(ATOM + "entry")]
        need(ids == ["urn:example:1", "https://archive.example/sub/article/f2", "https://example.org/4",
                     "https://archive.example/sub/article/f3"], "the ids are %s", ids)
        items = json_rules(server.ask("GET", "/feed.json?q=feeds").body, 4)["items"]
        need(items[0]["external_url"] == ARTICLES[0]["url"], "external_url")
        need("date_published" not in items[3], "a date is invented")
        relevance = json_rules(server.ask("GET", "/feed.json?q=feeds&sort=oldest&limit=1").body, 1)["items"]
        need(relevance[0]["title"] == "Old", "sort and limit of a feed")
        tag = server.ask("GET", "/feed.rss?q=feeds").header("etag")
        again = server.ask("GET", "/feed.rss?q=feeds", headers=(("If-None-Match", tag),))
        need(again.status == 304, "a feed that did not change: %d", again.status)
        for target in ("?q=" + urllib.parse.quote('"<&\x01\u2028'), "?q=%FF%FE", "?q=" + "x" * 4000, "?q=%22%3C%2Ftitle%3E"):
            found = server.ask("GET", "/v1/search" + target).json()["total"]
            rss_rules(server.ask("GET", "/feed.rss" + target).body, found)
            atom_rules(server.ask("GET", "/feed.atom" + target).body, found)
            json_rules(server.ask("GET", "/feed.json" + target).body, found)
        description = xml.fromstring(server.ask("GET", "/opensearch.xml").body)
        name = "{http://a9.com/-/spec/opensearch/1.1/}"
        need(description.tag == name + "OpenSearchDescription", "no description")
        need(0 < len(description.find(name + "ShortName").text) <= 16, "ShortName has 1 to 16 characters")
        need(description.find(name + "Description").text, "no Description")
        for url in description.findall(name + "Url"):
            need(url.get("template").count("{searchTerms}") == 1 and url.get("type"), "a Url is wrong")
            path = url.get("template").replace("https://archive.example/sub", "").replace("{searchTerms}", "feeds")
            answer = server.ask("GET", path)
            need(answer.status == 200 and answer.header("content-type").split(";")[0] == url.get("type"), "%s: %d %s", path,
                 answer.status, answer.header("content-type"))


# ---- exports -------------------------------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0", '"=1"', "a,b", 'a"b', "a\nb", "'=1", " =1", "＝1+1", "＠x"]


def exports(program, corpus):
    with Server(program) as server:
        load(server, [{"id": "e%d" % i, "title": t, "body": "exported " + "word " * (i + 1), "source": "S%d" % (i % 2),
                       "published": "2023-09-%02d" % (i + 1)} for i, t in enumerate(FORMULAS)])
        for query in ("q=exported", "q=exported&sort=newest", "q=exported&source=S1", "q=exported&not.source=S1&sort=oldest",
                      "q=exported&from=2023-09-03&to=2023-09-05", "q=exported&half_life=3", "q=zzznothing", ""):
            page = [h["id"] for h in server.ask("GET", "/v1/search?limit=100&" + query).json()["hits"]]
            lines = server.ask("GET", "/v1/export?" + query).body.decode().splitlines()
            need([json.loads(line)["id"] for line in lines] == page, "%s: NDJSON is in another order than the page", query)
            text = server.ask("GET", "/v1/export?format=csv&" + query).body.decode()
            rows = list(csv.reader(io.StringIO(text, newline="")))
            need(rows[0] == "id,title,source,section,byline,published,url,score,words".split(","), "%s", rows[0])
            need([r[0] for r in rows[1:]] == page, "%s: CSV is in another order than the page", query)
            need(all(len(r) == 9 for r in rows), "%s: a row has not nine cells", query)
        rows = list(csv.reader(io.StringIO(server.ask("GET", "/v1/export?format=csv&sort=oldest").body.decode(), newline="")))
        for given, row in zip(FORMULAS, rows[1:]):
            need(row[1][:1] not in "=+-@\t\r\n＝＋－＠", "a spreadsheet would compute %r", row[1])
            need(row[1] in (given, "'" + given, given.strip(), "'" + given.strip()), "%r became %r", given, row[1])


# ---- a key that is limited to some articles ------------------------------------------------------------------------


EVERYTHING, ONE = (("X-API-Key", "a" * 32),), (("X-API-Key", "b" * 32),)


def two_keys(folder, scopes, limit):
    """A file of the two keys above: of the second what it may, and the FIELD=VALUE that it is limited to."""
    path = os.path.join(folder, "keys")
    with open(path, "w") as f:
        for name, key, line in (("all", "a" * 32, "read,write"), ("one", "b" * 32, scopes)):
            f.write("%s %s %s%s\n" % (name, line, hashlib.sha256(key.encode()).hexdigest(), " " + limit if name == "one" else ""))
    os.chmod(path, 0o600)
    return path


def forced_filters(program, corpus):
    with tempfile.TemporaryDirectory() as folder:
        path = two_keys(folder, "read", "source=One")
        with Server(program, "--keys", path) as server:
            everything, one = EVERYTHING, ONE
            body = "".join(json.dumps({"id": "k%s" % s, "title": s, "body": "limited words", "source": s}) + "\n" for s in ("One", "Other"))
            need(server.ask("POST", "/v1/documents", body, NDJSON + everything).status == 200, "writing")
            for path in ("/v1/search", "/v1/export", "/feed.rss", "/feed.atom", "/feed.json", "/search"):
                for target in ("?q=limited", "?source=One", "?not.source=zzz", ""):
                    answer = server.ask("GET", path + target, headers=one)
                    need(answer.status == 200 and b"kOne" in answer.body, "%s%s: %d", path, target, answer.status)
                    need(b"kOther" not in answer.body and b"Other" not in answer.body, "%s%s shows another's", path, target)
                need(server.ask("GET", path + "?source=Other", headers=one).status == 403, "%s: a filter of one's own", path)
            for query in ("othar", "nowhere"):  # what is not there, and what is near a word of another's article
                found = server.ask("GET", "/v1/search?q=" + query, headers=one).json()
                need(not found["suggestion"] and not found["warnings"], "words of others are told: %s", found)
                need("suggestion" in server.ask("GET", "/v1/search?q=" + query, headers=everything).json(), "nobody gets a suggestion")
                need(b"mean" not in server.ask("GET", "/search?q=" + query, headers=one).body, "the page tells words of others")
            need(server.ask("GET", "/v1/search?q=limited&explain=1", headers=one).status == 403, "explained by others' figures")
            content = json.dumps({"queries": ["limited", "*", "source:Other", ""], "fields": ["id"]})
            results = server.ask("POST", "/v1/batch", content, JSON + one).json()["results"]
            need([r["total"] for r in results] == [1, 1, 0, 1], "batch counts another's: %s", results)
            need(all(h["id"] == "kOne" for r in results for h in r["hits"]), "batch shows another's: %s", results)
            content = json.dumps({"queries": ["limited"], "source": ["Other"]})
            need(server.ask("POST", "/v1/batch", content, JSON + one).status == 403, "batch: a filter of one's own")


def forced_subjects(program, corpus):
    """A key limited by a field whose name differs from the parameter's sees single articles as it finds them."""
    with tempfile.TemporaryDirectory() as folder:
        path = two_keys(folder, "read,write", "subject=war")
        with Server(program, "--keys", path) as server:
            everything, one = EVERYTHING, ONE
            body = "".join(json.dumps({"id": i, "body": i, "subjects": s}) + "\n" for i, s in (("s1", ["law", "war"]), ("s2", ["law"])))
            need(server.ask("POST", "/v1/documents", body, NDJSON + everything).status == 200, "writing")
            need([h["id"] for h in server.ask("GET", "/v1/search", headers=one).json()["hits"]] == ["s1"], "searching")
            need(server.ask("GET", "/v1/documents/s1", headers=one).status == 200, "what it finds it may read")
            need(server.ask("GET", "/v1/documents/s2", headers=one).status == 404, "what it does not find it may not read")
            need(server.ask("PUT", "/v1/documents/s1", json.dumps({"body": "x", "subjects": ["war"]}), JSON + one).status == 200, "writing its own")
            need(server.ask("PUT", "/v1/documents/s2", json.dumps({"body": "x", "subjects": ["war"]}), JSON + one).status == 404, "writing another's")


NITF_KILL = '<nitf><head><docdata management-status="canceled"><doc-id id-string="%s"/></docdata></head><body/></nitf>'


def forced_kills(program, corpus):
    """A key that is limited to a source kills what it sees, in whatever form, and nothing else: not even what nobody has."""
    with tempfile.TemporaryDirectory() as folder:
        path = two_keys(folder, "read,write", "source=One")
        with Server(program, "--keys", path) as server:
            everything, one = EVERYTHING, ONE
            xml_type = (("Content-Type", "application/nitf+xml"),)
            body = "".join(json.dumps({"id": "%s%d" % (s, i), "guid": "urn:%s:%d" % (s, i), "title": s, "body": "text", "source": s}) + "\n"
                           for s in ("One", "Other") for i in range(3))
            need(server.ask("POST", "/v1/documents", body, NDJSON + everything).status == 200, "writing")

            def there(id_):
                return server.ask("GET", "/v1/documents/" + id_, headers=everything).status

            def cancel(guid, **more):
                return server.ask("POST", "/v1/documents", json.dumps(dict(guid=guid, status="canceled", **more)), JSON + one).status

            need(server.ask("POST", "/v1/documents", NITF_KILL % "urn:Other:0", xml_type + one).status == 404, "NITF kills another's")
            need(cancel("urn:Other:1") == 404, "JSON kills another's")
            need(cancel("urn:Other:1", source="One") == 404, "JSON kills another's as one's own")
            need(server.ask("POST", "/v1/documents/Other2/kill", "", one).status == 404, "a kill of another's")
            need([there("Other%d" % i) for i in range(3)] == [200] * 3, "another's is gone")
            for guid in ("urn:unknown:1", "urn:unknown:2"):
                need(cancel(guid) == 404, "a kill of what nobody has")
            need(server.ask("POST", "/v1/documents/unknown/kill", "", one).status == 404, "a kill of an id that nobody has")
            body = json.dumps({"id": "unknown", "guid": "urn:unknown:1", "title": "x", "source": "Other"})
            need(server.ask("POST", "/v1/documents", body, JSON + everything).status == 201, "a kill of nothing was kept")
            answer = server.ask("POST", "/v1/documents", NITF_KILL % "urn:One:0", xml_type + one)
            need(answer.status == 200 and answer.json()["result"] == "killed", "NITF does not kill one's own: %d %s", answer.status, answer.body[:200])
            need(cancel("urn:One:1") == 200, "JSON does not kill one's own")
            need(server.ask("POST", "/v1/documents/One2/kill", "", one).status == 200, "a kill of one's own")
            need([there("One%d" % i) for i in range(3)] == [410] * 3, "one's own are still there")
            need(cancel("urn:later:1", source="One") == 200, "what carries the source may be canceled before it comes")


# ---- what is hidden ------------------------------------------------------------------------------------------------

QUESTIONS = ["/v1/search?q=%s&facets=source,section,subject&histogram=month&snippets=1", "/v1/search?q=%s&sort=newest&explain=1",
             "/v1/search?q=%s&match=any&half_life=30", "/v1/search?q=%s*", "/v1/search?q=%s~", "/v1/export?q=%s", "/v1/export?q=%s&format=csv",
             "/feed.rss?q=%s", "/feed.atom?q=%s", "/feed.json?q=%s", "/v1/suggest?q=%s", "/v1/suggest?q=%s&format=opensearch", "/search?q=%s"]
PLACES = ["/v1/stats", "/", "/v1/documents/s0", "/v1/documents/s0/versions", "/v1/documents/s0/snippet?q=secret", "/article/s0?q=words",
          "/v1/documents/hidden", "/v1/documents?guid=urn:hidden", "/v1/documents/hidden/versions", "/article/hidden",
          "/v1/documents/hidden/snippet?q=secret"]


def everything(server, key):
    """Every answer to a reader: status, headers, content; what a clock alone changes taken out."""
    told = {}
    targets = [q % w for q in QUESTIONS for w in ("words", "secret", "secrt", "s", "alpha+words", "")] + PLACES
    for target in targets:
        a = server.ask("GET", target, headers=key)
        head = sorted((n.lower(), v) for n, v in a.headers if n.lower() not in ("date", "content-length"))
        if "half_life" in target:  # fades with every millisecond
            a.body = re.sub(rb'"score":[0-9.e-]+', b"", a.body)
        told[target] = (a.status, head, re.sub(rb'"took_ms":[0-9.]+', b"", a.body))
    content = json.dumps({"queries": ["words", "secret", "*", ""], "limit": 10})
    a = server.ask("POST", "/v1/batch", content, JSON + key)
    told["batch"] = (a.status, [], a.body)
    return told


def hidden(program, corpus):
    """No byte of any answer to a reader without the scope changes when a hidden article of a new guid comes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "keys")
        with open(path, "w") as f:
            for name, key, scopes in (("w", "a" * 32, "read,write,admin"), ("r", "b" * 32, "read"), ("e", "c" * 32, "read,read:embargoed")):
                f.write("%s %s %s\n" % (name, scopes, hashlib.sha256(key.encode()).hexdigest()))
        os.chmod(path, 0o600)
        with Server(program, "--keys", path) as server:
            writer, reader, insider = ((("X-API-Key", k * 32),) for k in "abc")

            def write(*articles):
                body = "".join(json.dumps(a) + "\n" for a in articles)
                answer = server.ask("POST", "/v1/documents", body, NDJSON + writer)
                results = [json.loads(line)["result"] for line in answer.body.decode().splitlines()]
                need(answer.status == 200 and "error" not in results, "%d %s", answer.status, answer.body[:300])
                return results

            write(*[{"id": "s%d" % i, "guid": "urn:s:%d" % i, "title": "Alpha %d" % i, "body": "words of alpha " * (i + 1), "source": "Seen",
                     "subjects": ["x"], "published": "2023-0%d-01" % (i + 1)} for i in range(6)])
            before = everything(server, reader)
            need(before["/v1/documents/hidden"][0] == 404, "hidden: %s", before["/v1/documents/hidden"][0])
            secret = {"title": "Secret alpha words", "body": "secret words of alpha words words", "source": "Hidden", "section": "Hidden",
                      "subjects": ["hidden", "x"], "published": "2023-05-05"}
            write({**secret, "id": "hidden", "guid": "urn:hidden", "embargoed": "2999-01-01T00:00:00+14:00"},
                  {**secret, "id": "h2", "guid": "urn:h2", "embargoed": ""}, {**secret, "id": "h3", "guid": "urn:h3", "status": "withheld"},
                  {**secret, "id": "h4", "guid": "urn:h4", "embargoed": "some day"})
            after = everything(server, reader)
            for target in before:
                need(before[target] == after[target], "%s changed:\n%r\n%r", target, before[target], after[target])
            for target in ("/v1/search?q=secret&include=embargoed", "/v1/documents/hidden?include=embargoed", "/search?q=x&include=embargoed",
                           "/feed.rss?include=embargoed", "/v1/export?include=embargoed", "/article/hidden?include=embargoed"):
                need(server.ask("GET", target, headers=reader).status == 403, "%s without the scope", target)
                need(server.ask("GET", target, headers=insider).status == 200, "%s with the scope", target)
            content = json.dumps({"queries": ["secret"], "include": "embargoed"})
            need(server.ask("POST", "/v1/batch", content, JSON + reader).status == 403, "batch without the scope")
            need(server.ask("POST", "/v1/batch", content, JSON + insider).json()["results"][0]["total"] == 4, "batch with it")
            post = json.dumps({"q": "secret", "include": "embargoed"})
            need(server.ask("POST", "/v1/search", post, JSON + reader).status == 403, "POST without")
            found = server.ask("GET", "/v1/search?q=secret&include=embargoed", headers=insider).json()
            need(found["total"] == 4, "with the scope %d are found", found["total"])
            need(server.ask("GET", "/v1/search?q=secret", headers=insider).json()["total"] == 0, "hidden ones are shown unasked")
            metrics = server.ask("GET", "/metrics", headers=writer).body.decode()
            need('libsearchd_documents{state="live"} 6\n' in metrics and 'libsearchd_documents{state="hidden"} 4\n' in metrics,
                 "metrics: %s", re.findall("libsearchd_documents.*", metrics))
            need(server.ask("GET", "/metrics", headers=reader).status == 403, "metrics without admin")
            # a usable version shows a withheld story; a hidden version hides one that was seen
            need(write({**secret, "id": "h3", "guid": "urn:h3", "status": "usable"}) == ["replaced"], "usable")
            need(server.ask("GET", "/v1/search?q=secret", headers=reader).json()["total"] == 1, "a usable version is not shown")
            write({**secret, "id": "h3", "guid": "urn:h3", "status": "withheld", "body": "secret again"})
            need(server.ask("GET", "/v1/search?q=secret", headers=reader).json()["total"] == 0, "a withheld version is shown")
            # killed: gone for those who see hidden ones too
            need(server.ask("POST", "/v1/documents/hidden/kill", b"", writer).status == 200, "kill")
            need(server.ask("GET", "/v1/documents/hidden?include=embargoed", headers=insider).status == 410, "a killed one is shown")


def embargo_ends(program, corpus):
    """An embargo ends by the clock alone: the answer, its total and its ETag change, and no old one is kept."""
    with Server(program) as server:
        when = time.time() + 3
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(when)) + ".%03dZ" % (when % 1 * 1000)
        load(server, [{"id": "now", "body": "embargo words"}, {"id": "then", "body": "embargo words", "embargoed": stamp}])
        first = server.ask("GET", "/v1/search?q=embargo")
        need(first.json()["total"] == 1 or time.time() > when - .3, "an embargoed one is shown")
        need(server.ask("GET", "/v1/documents/then").status == 404 or time.time() > when - .3, "an embargoed one is given")
        tag = (("If-None-Match", first.header("etag")),)
        time.sleep(max(0, when + .05 - time.time()))
        again = server.ask("GET", "/v1/search?q=embargo", headers=tag)
        need(again.status in (200, 304) and (again.status == 200 or first.json()["total"] == 2), "after its end: %d", again.status)
        again = server.ask("GET", "/v1/search?q=embargo")
        need(again.json()["total"] == 2, "after its end %d are found", again.json()["total"])
        need(server.ask("GET", "/v1/search?q=embargo", headers=(("If-None-Match", again.header("etag")),)).status == 304, "no 304")
        need(server.ask("GET", "/v1/documents/then").status == 200, "not given after its end")


def embargo_ends_while_searched(program, corpus):
    """What was found before an embargo's end is not kept for the time after it: searches that run while it ends, each asked once."""
    with Server(program, "--cache-bytes", str(1 << 28)) as server:  # an answer may take 2 MB
        load(server, [{"id": "a%d" % i, "title": "w%d" % i, "body": "embargo " + "words of it. " * 200} for i in range(1500)])
        for attempt in range(6):  # a busy machine may be late for the end
            if asked_until_end(server, 1.5 * 2 ** attempt, attempt):
                return
        need(False, "no search began before the end")


def asked_until_end(server, seconds, attempt):
    """False where the first answer came too late to tell anything."""
    end = time.time() + seconds
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(end)) + ".%03dZ" % (end % 1 * 1000)
    load(server, [{"id": "then%d" % attempt, "body": "embargo w%d" % attempt, "embargoed": stamp}])
    answers, before = {}, 1500 + attempt

    def asks(who):
        with Connection(server.port, timeout=60) as c:
            i = 0
            time.sleep(max(0, end - .3 - time.time()))
            while time.time() < end + .05:
                i += 1
                target = "/v1/search?q=embargo&limit=100&snippets=3&explain=1&facets=source&highlight_pre=%d-%d-%d" % (attempt, who, i)
                c.send(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % target.encode())
                answers[target] = c.answer().json()["total"]

    threads = [threading.Thread(target=asks, args=(i,)) for i in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for target in answers:
        total = server.ask("GET", target).json()["total"]
        need(total == before + 1, "%s: %d, then %d for good", target, answers[target], total)
    return len(answers) > 0 and min(answers.values()) == before


def killed_while_exported(program, corpus):
    """A running export leaves out what is killed before it comes to it: it is 20 MB, which no buffers on the way hold."""
    with Server(program) as server:
        load(server, [{"id": "x%03d" % i, "body": "export " + ("x" * 199 + " ") * 250, "published": "2023-01-01"} for i in range(200)])
        with Connection(server.port, timeout=60, receive=65536) as c:  # HTTP/1.0: the content ends with the connection
            c.send(b"GET /v1/export?q=export&sort=oldest HTTP/1.0\r\nHost: 127.0.0.1:%d\r\n\r\n" % server.port)
            need(c.until(b"\r\n\r\n") is not None, "no head")
            while b"\n" not in c.buffer:
                need(c.more(), "no line")
            # it has begun, and waits for its reader
            need(server.ask("POST", "/v1/documents/x199/kill", b"").status == 200, "kill")
            need(server.ask("GET", "/v1/documents/x199").status == 410, "killed")
            pieces = iter(lambda: c.socket.recv(1 << 20), b"")
            body = c.buffer + b"".join(pieces)
        ids = [json.loads(line)["id"] for line in body.splitlines()]
        need(len(ids) == 199 and "x199" not in ids, "%d lines, the killed one among them: %s", len(ids), "x199" in ids)


def page_weight(program, corpus):
    """A page of hits with all that it loads fits in 30 KB on the wire."""
    with Server(program, corpus=corpus) as server:
        wanted, weight = ["/search?q=north+korea"], {}
        while wanted:
            path = wanted.pop()
            answer = server.ask("GET", path, headers=(("Accept-Encoding", "gzip"),))
            need(answer.status == 200, "%s: %d", path, answer.status)
            weight[path] = len(answer.raw)
            if path.startswith("/search"):
                need(b"<mark>" in answer.body, "no hit on the page")
                wanted = re.findall(r'<(?:script[^>]* src|link[^>]* rel="stylesheet"[^>]* href)="([^"]*)"', answer.body.decode())
                need(any(".css" in p for p in wanted) and any(".js" in p for p in wanted), "style and script: %s", wanted)
        need(sum(weight.values()) <= 30 * 1024, "%s", weight)


TESTS = [(f.__name__.replace("_", " "), f, False) for f in (
    feeds, exports, forced_filters, forced_subjects, forced_kills, hidden, embargo_ends, embargo_ends_while_searched, killed_while_exported, page_weight)]
