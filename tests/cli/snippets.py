"""Reads answers of `libsearch search --json`, one a line, and holds that each snippet agrees with itself: html without
its markers is the text, and the ranges cut out of the text what stands between the markers. usage: UNIT < answers"""
import html
import json
import re
import sys

unit = sys.argv[1]


def cut(text, start, end):
    if unit == "codepoint":
        return text[start:end]
    if unit == "utf16":
        return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")
    return text.encode()[start:end].decode()


seen = 0
for line in sys.stdin:
    for hit in json.loads(line)["hits"]:
        plain = html.unescape(re.sub("</?mark>", "", hit["title_html"]))
        assert plain == hit["title"], (plain, hit["title"])
        for s in hit["snippets"]:
            plain = html.unescape(re.sub("</?mark>", "", s["html"]))
            assert plain == s["text"], (plain, s["text"])
            marked = [html.unescape(m) for m in re.findall("<mark>(.*?)</mark>", s["html"], re.S)]
            ranged = [cut(s["text"], a, b) for a, b in s["ranges"]]
            assert marked == ranged, (marked, ranged, s)
            seen += len(ranged)
assert seen > 0, "no snippet at all"
print(seen)
