/* prop_text.c — what holds for any text.
 *
 *     prop_text [count [seed]]
 *
 * Random texts, of pieces that the rules of unit.c, tokenize.c and sentence.c are about and of plain noise, lie in
 * blocks of exactly their size, so that a byte read beyond them is caught. For each: the masked path and the general
 * one give the same words; words lie in the text, in order, with positions that rise by one; forms are valid UTF-8 of 1
 * to LSI_FORM_MAX bytes; a word cut out of the text and cut again is itself; folding twice is folding once; terms are
 * folded; where words may be passed over, the others come as they did, and none is passed that must not be. */
#include "libsearch/text/cutter.h"
#include "libsearch/text/lang.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

static uint32_t rnd(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % below);
}

static const char *const pieces[] = {
    "a",           "B",
    "the",         "U",
    "S",           "x",
    "1",           "23",
    "2023",        "Kim",
    "www",         "http",
    "://",         "com",
    "l",           "D",
    "qu",          "dell",
    "Sept",        "Mr",
    "No",          "EU",
    "n",           "s",
    "AT",          "T",
    ".",           ".",
    ".",           " ",
    " ",           " ",
    "-",           "-",
    "'",           "’",
    "‘",           "\"",
    "“",           "”",
    "«",           "»",
    ",",           ";",
    ":",           "!",
    "?",           "_",
    "&",           "+",
    "#",           "@",
    "/",           "(",
    ")",           "\n",
    "\n\n",        "\r\n",
    "\t",          "é",
    "É",           "e\u0301",
    "\u0301",      "ß",
    "İ",           "ﬁ",
    "й",           "Ї",
    "Пу\u0301",    "ё",
    "东",          "京",
    "カ",          "ー",
    "ﾞ",           "が",
    "한",          "\u1112",
    "\u1161",      "ไ",
    "ท",           "ិ",
    "क",           "ि",
    "ك",           "\u064e",
    "أ",           "٣",
    "א",           "״",
    "🚀",           "\u200d",
    "\ufe0f",      "🇺",
    "\u00ad",      "\u200e",
    "\u200c",      "\u00a0",
    "…",           "。",
    "।",           "؟",
    "\u2010",      "\u05be",
    "·",           "½",
    "²",           "Ａ",
    "１",          "\u3164",
    "\u0130",      "\ufdfa",
    "Read also: ", "subscribe to our ",
    "\xff",        "\xc3",
    "\xe2\x80",    "\xed\xa0\x80",
    "\xf0\x9f",    "Ω",
    "ς",           "ŉ",
    "ǰ",           "ΐ",
    "\u0345",
};

/* Some are of words with blanks and commas between them, now and then longer than a chunk of the cutter. */
static size_t make_text(uint8_t *out, size_t cap)
{
    bool prose = !rnd(4), is_long = prose && !rnd(32);
    size_t n = 0, want = rnd(rnd(4) ? 30 : 400);
    uint32_t noise = rnd(8), span = rnd(3) ? (uint32_t)LSI_COUNTOF(pieces) : 1 + rnd((uint32_t)LSI_COUNTOF(pieces)),
             from;
    from = rnd((uint32_t)LSI_COUNTOF(pieces) - span + 1);
    if (is_long) want = cap;
    for (size_t i = 0; i < want; i++) {
        uint8_t cp[4];
        const char *p = pieces[from + rnd(span)];
        size_t k = strlen(p);
        if (!noise) {
            k = lsi_utf8_put(rnd(2) ? rnd(0x3000) : rnd(0x110000), cp);
            p = (const char *)cp;
        }
        if (prose && rnd(16)) p = pieces[rnd(20)], k = strlen(p);
        if (n + k + 2 > (is_long ? cap : cap / 4)) break;
        memcpy(out + n, p, k);
        n += k;
        if (prose && !rnd(12)) out[n++] = ',';
        if (prose && rnd(16)) out[n++] = rnd(16) ? ' ' : '\n';
    }
    return n;
}

static int failed(const char *what, const uint8_t *text, size_t len, size_t at)
{
    printf("%s at %zu in:", what, at);
    for (size_t i = at > 200 ? at - 200 : 0; i < len && i < at + 200; i++)
        printf(text[i] > ' ' && text[i] < 0x7f ? "%c" : "\\x%02x", text[i]);
    printf("\n");
    return 1;
}

typedef struct tools {
    lsi_cutter *slow, *again;
    lsi_analyzer *a, *words, *spell; /* the quick way through a text, that of words alone, and spellings */
    int lang;
} tools;

/* A word by itself must be itself, or a query would not find it. */
static bool found_alone(const tools *k, const uint8_t *text, const lsi_token *t)
{
    lsi_token u;
    uint8_t form[LSI_FORM_MAX];
    memcpy(form, t->form, t->form_len);
    lsi_cutter_begin(k->again, text + t->start, t->end - t->start, k->lang, false);
    while (lsi_cutter_next(k->again, &u)) {
        bool kind = (u.flags & LSI_TOK_JOINED) == (t->flags & LSI_TOK_JOINED);
        if (kind && u.form_len == t->form_len && !memcmp(u.form, form, u.form_len)) return true;
    }
    return false;
}

static int check_spellings(const tools *k, const uint8_t *text, size_t len, const lsi_token *t)
{
    uint8_t once[LSI_FORM_MAX];
    size_t n, m;
    const uint8_t *p = lsi_analyzer_fold(k->spell, t->form, t->form_len, &n);
    if (!n || n > LSI_FORM_MAX || !lsi_utf8_valid(p, n)) return failed("fold", text, len, t->start);
    memcpy(once, p, n);
    p = lsi_analyzer_fold(k->spell, once, n, &m);
    if (n != m || memcmp(once, p, n) != 0) return failed("fold twice", text, len, t->start);
    p = lsi_analyzer_term(k->spell, k->lang, t->form, t->form_len, &n);
    if (!n || n > LSI_FORM_MAX || !lsi_utf8_valid(p, n)) return failed("term", text, len, t->start);
    memcpy(once, p, n);
    p = lsi_analyzer_fold(k->spell, once, n, &m);
    if (n != m || memcmp(once, p, n) != 0) return failed("term not folded", text, len, t->start);
    return 0;
}

static int check_text(tools *k, const uint8_t *text, size_t len)
{
    lsi_token t, u, w;
    const uint32_t kinds = LSI_TOK_JOINED | LSI_TOK_TAIL;
    uint32_t next[2] = {0, 0};
    size_t last = 0;
    k->lang = (int)rnd(LSI_LANG_COUNT);
    lsi_tokens_begin(k->a, text, len, k->lang);
    lsi_words_begin(k->words, text, len, k->lang);
    lsi_cutter_begin(k->slow, text, len, k->lang, false);
    for (;;) {
        bool more = lsi_tokens_next(k->a, &t) > 0, more_slow = lsi_cutter_next(k->slow, &u);
        if (more != more_slow || more != (lsi_tokens_next(k->words, &w) > 0))
            return failed("more words by one path", text, len, last);
        if (!more) break;
        bool joined = t.flags & LSI_TOK_JOINED;
        if (t.start != u.start || t.end != u.end || t.flags != u.flags || t.position != u.position ||
            t.form_len != u.form_len || memcmp(t.form, u.form, t.form_len) != 0) {
            failed("one word", text + t.start, t.end - t.start, t.start);
            failed("the other", text + u.start, u.end - u.start, u.start);
            return failed("the paths differ", text, len, t.start);
        }
        if (t.start != w.start || t.end != w.end || (t.flags & kinds) != (w.flags & kinds) ||
            t.form_len != w.form_len || memcmp(t.form, w.form, t.form_len) != 0)
            return failed("another word where nothing else is asked", text, len, t.start);
        if (t.start >= t.end || t.end > len || t.start < last) return failed("place", text, len, t.start);
        if (!t.form_len || t.form_len > LSI_FORM_MAX || !lsi_utf8_valid(t.form, t.form_len)) {
            return failed("form", text, len, t.start);
        }
        uint32_t *position = &next[(t.flags & LSI_TOK_BOILERPLATE) != 0];
        if (t.position + joined != *position) return failed("position", text, len, t.start);
        *position += !joined;
        last = joined ? last : t.start;
        if (check_spellings(k, text, len, &t)) return 1;
        if (!found_alone(k, text, &t)) {
            failed("word", text + t.start, t.end - t.start, 0);
            return failed("not found by itself", text, len, t.start);
        }
    }
    size_t start, end, rest;
    if (lsi_headline(text, len, &start, &end, &rest) && (start >= end || end >= rest || rest >= len)) {
        return failed("headline", text, len, start);
    }
    int lang = lsi_lang_detect(text, len);
    return lang < -1 || lang >= LSI_LANG_COUNT ? failed("language", text, len, 0) : 0;
}

static bool may_pass(const uint64_t second[128], const lsi_token *t)
{
    uint8_t first = t->form[0] | 0x20, c = t->form_len > 1 ? t->form[1] : ' ';
    uint64_t bits = first < 128 ? second[first] : UINT64_MAX;
    if (t->flags || first >= 128) return false;
    if (!bits) return true;
    if (lsi_is_digit(c)) return !(bits >> (26 + c - '0') & 1);
    return lsi_is_alpha(c) && (c | 0x20) != 'y' && !(bits >> ((c | 0x20) - 'a') & 1);
}

/* The slow path gives all words; the other those that are not passed, and passes words only that may be. */
static int check_passing(tools *k, const uint8_t *text, size_t len)
{
    lsi_token t, u;
    uint64_t second[128] = {0};
    size_t end = 0;
    for (uint32_t i = rnd(6); i; i--) second[32 + rnd(96)] = rnd(2) ? UINT64_MAX : UINT64_C(1) << rnd(36);
    lsi_tokens_begin(k->a, text, len, k->lang);
    lsi_cutter_begin(k->slow, text, len, k->lang, false);
    for (bool more = true; more;) {
        size_t passed = lsi_tokens_pass(k->a, second);
        more = lsi_tokens_next(k->a, &t) > 0;
        while ((end = lsi_cutter_next(k->slow, &u) ? u.end : 0) && end <= passed)
            if (!may_pass(second, &u)) return failed("passed", text, len, u.start);
        if (more != (end > 0)) return failed("more words where some are passed", text, len, passed);
        if (more && (t.start != u.start || t.end != u.end || t.flags != u.flags || t.position != u.position))
            return failed("another word where some are passed", text, len, u.start);
    }
    return 0;
}

static int check_keyword(tools *k, const uint8_t *text, size_t len)
{
    size_t n;
    const uint8_t *p = lsi_analyzer_keyword(k->spell, text, len, &n);
    if (!p || !lsi_utf8_valid(p, n)) return failed("keyword", text, len, 0);
    if (n && (p[0] == ' ' || p[n - 1] == ' ')) return failed("keyword's blanks", text, len, 0);
    lsi_buf b;
    lsi_buf_init(&b, 0);
    uint64_t bad = lsi_utf8_repair(text, len, &b);
    int rc = bad != lsi_utf8_invalid(text, len) || !lsi_utf8_valid(b.data, b.len) ? failed("repair", text, len, 0) : 0;
    lsi_buf_clear(&b);
    return rc;
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20230911;
    static lsi_folder folders[2];
    static lsi_cutter cutters[2];
    tools k = {&cutters[0], &cutters[1], NULL, NULL, NULL, 0};
    state = seed ? seed : 1;
    printf("prop_text: %" PRIu64 " texts, seed %" PRIu64 "\n", count, seed);
    for (size_t i = 0; i < 2; i++) cutters[i].fold = &folders[i];
    k.slow->plain = true;
    int rc = lsi_analyzer_new(&k.a, NULL);
    if (!rc) rc = lsi_analyzer_new(&k.words, NULL);
    if (!rc) rc = lsi_analyzer_new(&k.spell, NULL);
    for (uint64_t i = 0; i < count && !rc; i++) {
        static uint8_t buf[12000];
        size_t len = make_text(buf, sizeof buf);
        uint8_t *text = malloc(len ? len : 1);
        if (!text) return 1;
        memcpy(text, buf, len);
        rc = check_text(&k, text, len);
        if (!rc) rc = check_passing(&k, text, len);
        if (!rc) rc = check_keyword(&k, text, len);
        if (rc) printf("text %" PRIu64 "\n", i);
        free(text);
    }
    lsi_analyzer_free(k.a);
    lsi_analyzer_free(k.spell);
    lsi_analyzer_free(k.words);
    printf("prop_text: %s\n", rc ? "FAILED" : "ok");
    return rc ? 1 : 0;
}
