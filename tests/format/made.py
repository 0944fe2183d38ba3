#!/usr/bin/env python3
"""made.py - makes articles of no meaning, the same ones every time, that make use of the whole format.

    python3 tests/format/made.py SET FOLDER

writes FOLDER/schema.json and FOLDER/1.ndjson, 2.ndjson … to be added one after the other, with FOLDER/N.delete behind
N: ids to be deleted. The sets: small (three short articles, the example of docs/FORMAT.md), old (what tests/format/v1
was made of), mixed (languages, forms, boilerplate, several values, replacements), wide (many tiny articles, so that
lists are sparse)."""
import json
import os
import sys

SCHEMA = {
    "language": "english",
    "copies": "yes",
    "fields": {
        "title": {"type": "text", "weight": 3},
        "body": {"type": "text"},
        "memo": {"type": "text", "weight": 2, "stored": False},
        "memo_text": {"type": "stored"},
        "byline": {"type": "text", "weight": 0},
        "tags": {"type": "keyword"},
        "place": {"type": "keyword"},
        "language": {"type": "keyword"},
        "when": {"type": "date"},
        "size": {"type": "integer"},
    },
}
# Lists are read; that no text has one of their lines is what truth.py counts on.
LISTS = {"The Example": ["Sign up here", "Get the word1 letter"], "*": ["Home page"]}
SMALL = {
    "language": "english",
    "copies": "yes",
    "fields": {
        "title": {"type": "text", "weight": 3},
        "body": {"type": "text"},
        "place": {"type": "keyword"},
        "language": {"type": "keyword"},
        "when": {"type": "date"},
    },
}
WIDE = {"language": "english", "fields": {"body": {"type": "text"}, "size": {"type": "integer"},
                                          "note": {"type": "stored"}}}
THREE = [
    {"id": "a", "language": "en", "title": "Arms talks", "body": "US and Korea talk. Talks begin.", "place": "Seoul", "when": "2023-09-11"},
    {"id": "b", "language": "en", "title": "Korea", "body": "Arms for Korea, arms for us.", "place": "seoul", "when": "2023-09-12"},
    {"id": "c", "language": "en", "title": "Talks end", "body": "“No arms”, says the US.", "when": "2023-09-14"},
]
WORDS = """arms talks Korea Russia said president missile US us agreement north south state met minister sanctions Iran
nuclear policy military food aid trade visit Kim Jong-un e-mail well-known people's children houses house housing running
runs ran quickly German Café naïve zero Election elections ELECTION market markets Market oil gas price prices prize
growth bank banks rate rates war wars peace treaty treaties weapon weapons ammunition artillery shells""".split()
FRENCH = "les armes de la Corée ont été livrées hier à Moscou selon le ministre et la presse élections étés été".split()
GERMAN = "die Häuser und Waffen für den Präsidenten wurden gestern in Berlin über die Straße geliefert Größe".split()
RUSSIAN = "оружие и переговоры в Москве начались вчера президент заявил что новые санкции не нужны стране".split()
JAPANESE = ["東京都庁で会議", "北朝鮮の兵器", "大統領は言った", "核兵器と平和", "新しい条約"]
APPEALS = ["Read also: %s", "Follow us on %s", "Sign up for our newsletter about %s"]
PLACES = ["Seoul", "seoul", "Pyongyang", "Washington", "Moscow", "MOSCOW", "Tokyo", "Geneva"]


class Dice:
    """A small generator of one's own, so that the sets stay the same in every Python."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        return (self.state >> 33) % n

    def skewed(self, n):
        return min(self.below(n), self.below(n), self.below(n))

    def one(self, row):
        return row[self.below(len(row))]


def sentence(d, words, n):
    out = " ".join(words[d.skewed(len(words))] for _ in range(n))
    if d.below(5) == 0:
        out = "“" + out + "”"
    return out[:1].upper() + out[1:] + "."


def prose(d, words, sentences):
    """Sentences, paragraphs, appeals (boilerplate). Always more words than boilerplate so far: truth.py counts on it."""
    parts, lead = [], 0
    for _ in range(sentences):
        parts.append(sentence(d, words, 2 + d.below(9)))
        lead += parts[-1].count(" ") + 1
        if d.below(4) == 0:
            parts.append("\n\n")
        if d.below(6) == 0 and lead > 10:
            parts.append("\n\n" + d.one(APPEALS) % words[d.below(len(words))] + "\n\n")
            lead -= 10
    return " ".join(parts).replace(" \n\n ", "\n\n")


def article(d, no, version, long=True):
    kind = d.below(10)
    words = WORDS + ["word%d" % d.below(4000), "Rare%d" % no]
    language = None
    if kind < 3:
        words, language = (FRENCH, "fr") if kind == 0 else (GERMAN, "de") if kind == 1 else (RUSSIAN, "ru")
    body = "".join(JAPANESE[d.below(5)] + "。" for _ in range(9)) if kind == 3 else prose(d, words, 1 + d.below(7))
    if long and no % 97 == 5:  # more than one stored frame, and counts that are exceptions
        body = prose(d, words, 600) + " arms" * 400
    a = {"id": "id-%d" % no, "version": version, "title": sentence(d, words, 1 + d.below(5)), "body": body.strip()}
    if kind == 3:
        a["title"] = d.one(JAPANESE)
    if no % 7 == 0:
        del a["title"]
    if no % 5 == 0:
        a["memo"] = a["memo_text"] = sentence(d, words, 3)
    if no % 3 == 0:
        a["byline"] = ["By %s %s" % (d.one(["Ann", "Bob", "Cléo"]), d.one(["Ames", "Bell", "Cole"])), "Dan Dow"][: 1 + no % 2]
    if no % 4:
        a["tags"] = sorted({"t%d" % d.skewed(30) for _ in range(1 + d.below(4))})
    if no % 6:
        a["place"] = d.one(PLACES)
    if no % 8:
        a["when"] = "20%02d-%02d-%02d" % (d.below(24), 1 + d.below(12), 1 + d.below(28))
    if no % 9:
        a["size"] = (d.below(5) - 2) * 10 ** d.below(18)
    if language:
        a["language"] = language
    return a


def mixed(n, long=True, seed=900):
    d = Dice(seed)
    third = n // 3
    first = [article(d, i, 1, long) for i in range(2 * third)]
    second = [article(d, i, 2, long) for i in range(third // 2, third, 3)] + [article(d, i, 1, long) for i in range(2 * third, n)]
    third = [article(d, i, 3, long) for i in range(0, n, 11)]
    ids = ["id-%d" % i for i in range(n)]
    return [(first, ids[4:n:13]), (second, ids[6:n:17]), (third, ["id-11"])]


def wide(n):
    d = Dice(7)
    out = []
    for i in range(n):
        words = ["all", "w%d" % d.below(n // 8)]
        if i % 65 == 0:
            words.append("sparse")
        note = " ".join(WORDS[d.below(40)] for _ in range(12))
        a = {"id": "%d" % i, "body": " ".join(words), "note": note}
        if 4096 <= i < 8192 or i % 3 == 0:
            a["size"] = i // 50 * 50 if i < 8192 else 7
        if 12288 <= i < 16384:
            a.pop("size", None)
        out.append(a)
    return [(out, [str(i) for i in range(3, n, 1000)])]


SETS = {
    "small": (SMALL, lambda: [(THREE, [])]),
    "old": (SCHEMA, lambda: mixed(14, False, 348)),
    "mixed": (dict(SCHEMA, boilerplate=LISTS), lambda: mixed(900)),
    "wide": (WIDE, lambda: wide(17000)),
}


def main():
    name, folder = sys.argv[1:]
    schema, make = SETS[name]
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "schema.json"), "w", encoding="utf-8") as f:
        json.dump(schema, f)
    for i, (articles, deleted) in enumerate(make(), 1):
        with open(os.path.join(folder, "%d.ndjson" % i), "w", encoding="utf-8") as f:
            for a in articles:
                f.write(json.dumps(a, ensure_ascii=False) + "\n")
        if deleted:
            with open(os.path.join(folder, "%d.delete" % i), "w", encoding="utf-8") as f:
                f.write("\n".join(deleted) + "\n")


if __name__ == "__main__":
    main()
