/* synonyms.c — owns a set of synonyms: the reading of its file, and the table from words to the lines they stand in.
 *
 *   # places                                       a comment is a line of its own (C# is a word)
 *   Kyiv, Kiev
 *   United States, US, America                     entries of several words are allowed
 *
 * Every entry of a line stands for every other. An entry is known by the terms of its words (the key), so that a query
 * word finds it in every form that the search itself would not tell from it: defences finds the line of defence. One
 * entry may stand in several lines; it then gains what all of them have, and nothing beyond (no chains).
 *
 * Invariants: immutable once made; an entry has a key, at most LSI_SYNONYM_WORDS_MAX words, and none of the characters
 * that would end it within syn(…); a line has at least two entries. A line that breaks a rule is left out whole, with a
 * warning that names its number. Ignorant of queries.
 */
#include "libsearch/query/synonyms.h"
#include "libsearch/util/alloc.h"
#include <stdarg.h>
#include <stdio.h>

#define FILE_BYTES_MAX (4u << 20)
#define WARNINGS_MAX   64u

typedef struct reading {
    ls_synonyms *set;
    lsi_parser parser; /* for the cutting of words; its query is made anew for every line */
    const char *line, *end;
    size_t number, at; /* of the line, from 1; where it begins in the file */
    ls_error *err;
} reading;

static int warn(reading *r, const char *fmt, ...) LSI_PRINTF(2, 3);
static int warn(reading *r, const char *fmt, ...)
{
    ls_synonyms *s = r->set;
    char text[200], whole[256];
    if (s->warning_count == WARNINGS_MAX) return LS_OK;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    bool last = s->warning_count + 1 == WARNINGS_MAX;
    int n = last ? snprintf(whole, sizeof whole, "line %zu and others: there are more faults, which are not told",
                            r->number)
                 : snprintf(whole, sizeof whole, "line %zu: %s; the line is left out", r->number, text);
    ls_warning *grown = lsi_array_grow(s->warnings, &s->warning_cap, s->warning_count + 1, sizeof *grown);
    char *message = lsi_arena_dup(&s->arena, whole, (size_t)n);
    if (grown) s->warnings = grown;
    if (!grown || !message) return lsi_fail_nomem(r->err);
    size_t from = r->at;
    s->warnings[s->warning_count++] =
        (ls_warning){last ? "limit_warnings" : "bad_synonyms", message, from, from + (size_t)(r->end - r->line)};
    return LS_OK;
}

bool lsi_synonym_key(uint8_t *key, size_t *len, const lsi_qword *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const lsi_qterm *t = &words[i].terms[0];
        if (!words[i].term_count || t->len + (size_t)1 > LSI_SYNONYM_KEY_MAX - *len) return false;
        memcpy(key + *len, t->term, t->len);
        *len += t->len;
        key[(*len)++] = 0x1F;
    }
    return count > 0;
}

/* ---- one line ----------------------------------------------------------------------------------------------------- */

/* What would not be read again within syn(…), or stands for more than itself. */
static bool has_mark(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((uint8_t)s[i] < 0x20 || s[i] == 0x7F || strchr("()*?", s[i]) || lsi_lex_quote(s + i, s + n)) return true;
    }
    return false;
}

/* An entry at the end of the set's list; *why: what is wrong with it, where it was not put there. */
static int put_entry(reading *r, const char *text, size_t len, const char **why)
{
    ls_synonyms *s = r->set;
    lsi_words w;
    uint8_t key[LSI_SYNONYM_KEY_MAX];
    size_t key_len = 0;
    *why = NULL;
    if (len > LSI_SYNONYM_BYTES_MAX) *why = "an entry is longer than 128 bytes";
    else if (has_mark(text, len)) *why = "an entry has brackets, quotation marks, * or ? in it";
    if (*why) return LS_OK;
    if (!lsi_words_read(&r->parser, &w, text, len, 0)) return lsi_fail_nomem(r->err);
    if (w.count > LSI_SYNONYM_WORDS_MAX) *why = "an entry has more than 16 words";
    else if (!lsi_synonym_key(key, &key_len, w.list, w.count)) *why = "an entry has no word in it";
    if (*why) return LS_OK;
    lsi_synonym_entry *grown = lsi_array_grow(s->entries, &s->entry_cap, s->entry_count + 1, sizeof *grown);
    if (grown) s->entries = grown;
    lsi_synonym_entry e = {.text = lsi_arena_dup(&s->arena, text, len),
                           .key = lsi_arena_dup(&s->arena, key, key_len),
                           .key_len = (uint32_t)key_len,
                           .line = (uint32_t)s->line_count,
                           .next = LSI_MAP_NONE};
    if (!grown || !e.text || !e.key) return lsi_fail_nomem(r->err);
    s->entries[s->entry_count++] = e;
    return LS_OK;
}

/* Makes the entries from `first` on findable; one that is there already is chained behind. */
static int link_entries(reading *r, size_t first)
{
    ls_synonyms *s = r->set;
    for (size_t i = first; i < s->entry_count; i++) {
        const lsi_synonym_entry *e = &s->entries[i];
        uint32_t *at = lsi_map_put(&s->keys, e->key, e->key_len);
        if (!at) return lsi_fail_nomem(r->err);
        if (*at == LSI_MAP_NONE) *at = (uint32_t)i;
        else s->entries[s->entries[*at].last].next = (uint32_t)i;
        s->entries[*at].last = (uint32_t)i;
    }
    return LS_OK;
}

static int put_line(reading *r)
{
    ls_synonyms *s = r->set;
    size_t first = s->entry_count;
    const char *why = NULL;
    for (const char *p = r->line; p < r->end && !why;) {
        const char *comma = memchr(p, ',', (size_t)(r->end - p)), *from = p, *to = comma ? comma : r->end;
        p = comma ? comma + 1 : r->end;
        while (from < to && lsi_lex_space(from, to)) from += lsi_lex_space(from, to);
        while (to > from && (to[-1] == ' ' || to[-1] == '\t')) to--;
        if (from == to) continue; /* two commas, or one at the end */
        if (s->entry_count - first == LSI_SYNONYM_ADDED_MAX) why = "it has more than 32 entries";
        int rc = why ? LS_OK : put_entry(r, from, (size_t)(to - from), &why);
        if (rc) return rc;
    }
    if (!why && s->entry_count - first < 2) why = "at least two entries are needed, parted by commas";
    if (why) {
        s->entry_count = first;
        return warn(r, "%s", why);
    }
    lsi_synonym_line *grown = lsi_array_grow(s->lines, &s->line_cap, s->line_count + 1, sizeof *grown);
    if (!grown) return lsi_fail_nomem(r->err);
    s->lines = grown;
    s->lines[s->line_count++] = (lsi_synonym_line){(uint32_t)first, (uint32_t)(s->entry_count - first)};
    return link_entries(r, first);
}

static int take_line(reading *r)
{
    const char *p = r->line;
    while (p < r->end && lsi_lex_space(p, r->end)) p += lsi_lex_space(p, r->end);
    if (p == r->end || *p == '#') return LS_OK;
    if (!lsi_utf8_valid((const uint8_t *)r->line, (size_t)(r->end - r->line))) return warn(r, "it is not UTF-8");
    ls_query *q = lsi_query_new();
    if (!q) return lsi_fail_nomem(r->err);
    q->default_lang = r->set->lang;
    q->lang = -1;
    r->parser.q = q;
    r->parser.words = NULL;
    r->parser.word_cap = 0;
    int rc = put_line(r);
    lsi_query_free(q);
    return rc;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

static int read_lines(reading *r, const char *text, size_t len)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const char *end = text + len, *p = text;
    int rc = LS_OK;
    if (len >= 3 && !memcmp(p, mark, 3)) p += 3;
    for (; p < end && !rc; p = r->end + 1) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        r->line = p;
        r->at = (size_t)(p - text);
        r->number++;
        r->end = eol ? eol : end;
        const char *next = r->end;
        if (r->end > p && r->end[-1] == '\r') r->end--;
        rc = take_line(r);
        r->end = next;
    }
    return rc;
}

int lsi_synonyms_new(ls_synonyms **out, const ls_schema *s, const char *text, size_t len, ls_error *err)
{
    *out = NULL;
    if (len > FILE_BYTES_MAX)
        return lsi_fail(err, LS_LIMIT, "synonyms: %zu bytes; at most %u are read", len, FILE_BYTES_MAX);
    ls_synonyms *set = lsi_calloc(1, sizeof *set);
    if (!set) return lsi_fail_nomem(err);
    lsi_arena_init(&set->arena);
    lsi_map_init(&set->keys);
    set->lang = s->lang;
    set->stamp = lsi_hash64(text, len);
    reading r = {.set = set, .err = err, .parser = {.s = s, .quiet = true}};
    int rc = lsi_schema_take_analyzer(s, &r.parser.an, err);
    if (!rc) rc = read_lines(&r, text, len);
    lsi_schema_give_analyzer(s, r.parser.an);
    if (rc) lsi_synonyms_free(set);
    else *out = set;
    return rc;
}

void lsi_synonyms_free(ls_synonyms *s)
{
    if (!s) return;
    lsi_map_clear(&s->keys);
    lsi_arena_clear(&s->arena);
    lsi_free(s->entries);
    lsi_free(s->lines);
    lsi_free(s->warnings);
    lsi_free(s);
}
