/* f_cursor.c — tokens of the next page. Input: a byte that picks a search of the table; a byte, odd: the rest is the
 * token; even: the rest changes a true one, triples of place, what to do, value, and the checksum is made right again.
 * Held: a token is refused by name or gives a page of that search: hits of it alone, in its order, not more than asked,
 * and the pages behind it come to an end. The true one goes on where the page before ended. */
#include "fuzz/fuzz.h"
#include "libsearch/util/map.h"

enum { PAGE = 7, ALL = 360 };
static const struct {
    const char *query, *sort_field;
    ls_sort sort;
} SEARCHES[] = {{"arms OR kim", NULL, LS_BY_RELEVANCE},
                {"NOT rain", NULL, LS_BY_RELEVANCE},
                {"", "published", LS_BY_FIELD_DESC},
                {"", "published", LS_BY_FIELD_ASC},
                {"oil OR arms", "source", LS_BY_FIELD_ASC},
                {"oil OR arms", "source", LS_BY_FIELD_DESC},
                {"\"arms negotiations\"", NULL, LS_BY_RELEVANCE},
                {"", "version", LS_BY_FIELD_DESC}};
enum { SEARCH_COUNT = sizeof SEARCHES / sizeof *SEARCHES };

typedef struct search {
    ls_query *q;
    char *token;        /* behind the first page; NULL: there is none */
    uint64_t docs[ALL]; /* of all hits, in order */
    size_t count;
} search;
static search searches[SEARCH_COUNT];

static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t decode(uint8_t *raw, const char *token)
{
    size_t n = 0;
    uint32_t v = 0, bits = 0;
    for (; *token; token++) {
        v = (v << 6 | (uint32_t)(strchr(LETTERS, *token) - LETTERS)) & 0xFFFFF;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        raw[n++] = (uint8_t)(v >> bits);
    }
    return n;
}

static char *encode(const uint8_t *raw, size_t n)
{
    char *out = calloc(n / 3 * 4 + 8, 1);
    size_t at = 0;
    FUZZ_CHECK(out);
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)raw[i] << 16, left = n - i < 3 ? (uint32_t)(n - i) : 3;
        if (left > 1) v |= (uint32_t)raw[i + 1] << 8;
        if (left > 2) v |= raw[i + 2];
        for (unsigned k = 0; k <= left; k++) out[at++] = LETTERS[v >> (18 - 6 * k) & 63];
    }
    return out;
}

static int find(ls_results **res, unsigned which, const char *cursor, size_t limit, ls_error *err)
{
    LS_INIT(ls_search_options, o);
    o.limit = limit;
    o.cursor = cursor;
    o.sort = SEARCHES[which].sort;
    o.sort_field = SEARCHES[which].sort_field;
    o.now = 1700000000000;
    o.timeout_ms = -1;
    return ls_search(res, fuzz_reader(), searches[which].q, &o, err);
}

static void load(unsigned which)
{
    search *s = &searches[which];
    ls_error err;
    ls_results *res;
    const char *query = SEARCHES[which].query;
    if (s->q) return;
    FUZZ_CHECK(!ls_query_parse(&s->q, ls_reader_schema(fuzz_reader()), query, strlen(query), NULL, &err));
    FUZZ_CHECK(!find(&res, which, NULL, ALL, &err));
    for (const ls_hit *h; (h = ls_results_hit(res, s->count));) s->docs[s->count++] = h->doc;
    ls_results_free(res);
    FUZZ_CHECK(!find(&res, which, NULL, PAGE, &err));
    if (ls_results_cursor(res)) FUZZ_CHECK((s->token = strdup(ls_results_cursor(res))));
    ls_results_free(res);
}

/* The place of a page's first hit among all; the others must follow it. */
static size_t place(const search *s, const ls_results *res)
{
    size_t at = 0, count = ls_results_get(res).count;
    FUZZ_CHECK(count <= PAGE);
    if (!count) return s->count;
    while (at < s->count && s->docs[at] != ls_results_hit(res, 0)->doc) at++;
    FUZZ_CHECK(at + count <= s->count);
    for (size_t i = 0; i < count; i++) FUZZ_CHECK(s->docs[at + i] == ls_results_hit(res, i)->doc);
    return at;
}

static void follow(unsigned which, const char *token, bool untouched)
{
    const search *s = &searches[which];
    ls_error err = {0};
    char *next = strdup(token);
    size_t last = 0;
    for (unsigned page = 0; next; page++) {
        ls_results *res = NULL;
        int rc = find(&res, which, next, PAGE, &err);
        free(next);
        next = NULL;
        FUZZ_CHECK(!rc || (rc == LS_INVALID && !page && !untouched && *err.message));
        if (rc) return;
        size_t at = place(s, res), count = ls_results_get(res).count;
        FUZZ_CHECK(!page || !count || at == last);
        FUZZ_CHECK(page || !untouched || at == PAGE);
        last = at + count;
        if (ls_results_cursor(res)) FUZZ_CHECK(count == PAGE && (next = strdup(ls_results_cursor(res))));
        ls_results_free(res);
        FUZZ_CHECK(page <= ALL / PAGE + 1);
    }
    FUZZ_CHECK(last == s->count); /* nothing is left out at the end */
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    uint8_t raw[4096];
    size_t len;
    unsigned which = fuzz_u8(&in) % SEARCH_COUNT;
    bool as_it_is = fuzz_u8(&in) & 1;
    load(which);
    if (n > 4000) return 0;
    if (as_it_is) {
        char *rest = fuzz_rest(&in, &len), *token = calloc(len + 1, 1);
        FUZZ_CHECK(token);
        memcpy(token, rest, len);
        follow(which, token, false);
        free(token);
        free(rest);
        return 0;
    }
    if (!searches[which].token) return 0;
    len = decode(raw, searches[which].token);
    bool untouched = in.n < 3;
    while (in.n >= 3) {
        size_t at = fuzz_u8(&in) % (len + 1);
        uint8_t what = fuzz_u8(&in), value = fuzz_u8(&in);
        unsigned byte = raw[at], flipped = byte ^ 1u << (value & 7);
        if (what % 4 == 3) len = at; /* cut */
        else if (at < len) raw[at] = (uint8_t)(what % 4 == 0 ? value : what % 4 == 1 ? flipped : byte + value);
        if (!len) break;
    }
    if (len >= 8) lsi_set64(raw + len - 8, lsi_hash64(raw, len - 8));
    char *token = encode(raw, len);
    follow(which, token, untouched);
    free(token);
    return 0;
}
