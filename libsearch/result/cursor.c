/* cursor.c — owns the token of the next page: URL-safe base64 (RFC 4648, section 5, without padding) of
 *
 *    0  1  version, 2            1  1  flags: 1 the last hit had a key, 2 the key is text
 *    2  2  bytes of text         4  4  score of the last hit, binary32
 *    8  8  generation           16  8  hash of the query      24  8  hash of the options
 *   32  8  now                  40  8  key of the last hit    48  8  its document
 *   56  …  the key's text (a keyword), behind it 8 bytes: XXH3-64 of all before
 *
 * A token is no secret and no capability: it says where to go on, and its checksum only finds accidents. One of another
 * query or other options is refused; one of another generation goes on from its key. */
#include "libsearch/result/hits.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/buf.h"
#include "libsearch/util/map.h"

#define VERSION  2u
#define FIXED    56u
#define TEXT_MAX 65000u /* a longer keyword is cut: the page may then repeat hits, never leave any out */
static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* A name that is not given is refused where the options are read, behind this. */
static uint64_t mix_text(uint64_t h, const char *s)
{
    return s ? lsi_hash_bytes(h, s, strlen(s)) : lsi_hash_mix(h, 1);
}

/* Everything that decides which hits there are and in which order; not the size of a page. */
static uint64_t options_hash(const lsi_search *s)
{
    const ls_search_options *o = &s->o;
    const double numbers[3] = {o->k1, o->b, o->half_life_days};
    uint64_t h = lsi_hash_bytes((uint64_t)o->sort, numbers, sizeof numbers);
    if (o->sort != LS_BY_RELEVANCE) h = mix_text(h, o->sort_field);
    if (o->half_life_days > 0) h = mix_text(h, o->recency_field);
    for (size_t i = 0; i < o->filter_count; i++) {
        const ls_filter *f = &o->filters[i];
        h = lsi_hash_mix(mix_text(h, f->field), f->exclude != 0);
        h = lsi_hash_mix(h, f->values ? f->value_count + 1 : 0);
        if (!f->values) h = lsi_hash_mix(lsi_hash_mix(h, (uint64_t)f->from), (uint64_t)f->to);
        for (size_t v = 0; f->values && v < f->value_count; v++) h = mix_text(h, f->values[v]);
    }
    return lsi_hash_mix(h, (uint64_t)o->fold << 1 | (o->latest != 0));
}

char *lsi_cursor_write(const lsi_search *s, const lsi_top *last, lsi_arena *a)
{
    bool text = last->has && last->text;
    size_t text_len = text ? LSI_MIN(last->text_len, TEXT_MAX) : 0, n = FIXED + text_len + 8, at = 0;
    uint8_t *raw = lsi_arena_zalloc(a, n + 3);
    char *out = lsi_arena_alloc(a, (n + 2) / 3 * 4 + 1);
    if (!raw || !out) return NULL;
    raw[0] = VERSION;
    raw[1] = (uint8_t)((last->has ? 1 : 0) | (text ? 2 : 0));
    lsi_set16(raw + 2, (uint16_t)text_len);
    memcpy(raw + 4, &last->score, 4);
    lsi_set64(raw + 8, s->snap->generation);
    lsi_set64(raw + 16, lsi_query_hash(s->query));
    lsi_set64(raw + 24, options_hash(s));
    lsi_set64(raw + 32, (uint64_t)s->order.now);
    lsi_set64(raw + 40, last->key);
    lsi_set64(raw + 48, last->doc);
    if (text_len) memcpy(raw + FIXED, last->text, text_len);
    lsi_set64(raw + n - 8, lsi_hash64(raw, n - 8));
    for (size_t i = 0; i < n; i += 3, at += 4) { /* raw has zeros behind */
        uint32_t v = (uint32_t)raw[i] << 16 | (uint32_t)raw[i + 1] << 8 | raw[i + 2];
        for (unsigned k = 0; k < 4; k++) out[at + k] = ALPHABET[v >> (18 - 6 * k) & 63];
    }
    out[n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0)] = 0; /* what stands for the zeros is not part of it */
    return out;
}

static int digit(char c)
{
    const char *p = c ? strchr(ALPHABET, c) : NULL;
    return p ? (int)(p - ALPHABET) : -1;
}

/* Bytes decoded into raw[cap], or 0 where it is no base64 or too long. */
static size_t decode(const char *text, uint8_t *raw, size_t cap)
{
    size_t n = 0;
    uint32_t v = 0, bits = 0;
    for (; *text; text++) {
        int d = digit(*text);
        if (d < 0) return 0;
        v = (v << 6 | (uint32_t)d) & 0xFFFFF;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        if (n == cap) return 0;
        raw[n++] = (uint8_t)(v >> bits);
    }
    return n;
}

static size_t room_for(const char *text)
{
    return LSI_MIN(strlen(text), (size_t)2 * TEXT_MAX) / 4 * 3 + 3;
}

/* The token's bytes into raw, of room_for(text). */
static int open_token(uint8_t *raw, const char *text, ls_error *err)
{
    size_t n = decode(text, raw, room_for(text));
    if (n < FIXED + 8 || raw[0] != VERSION || lsi_get64(raw + n - 8) != lsi_hash64(raw, n - 8) ||
        lsi_get16(raw + 2) != n - FIXED - 8)
        return lsi_fail(err, LS_INVALID, "cursor: not one that a page of results gave");
    return LS_OK;
}

int lsi_cursor_generation(uint64_t *generation, const char *text, ls_error *err)
{
    uint8_t *raw = lsi_malloc(room_for(text));
    int rc = raw ? open_token(raw, text, err) : lsi_fail_nomem(err);
    if (!rc) *generation = lsi_get64(raw + 8);
    lsi_free(raw);
    return rc;
}

int lsi_cursor_read(lsi_search *s, const char *text, bool *moved, ls_error *err)
{
    uint8_t *raw = lsi_arena_alloc(&s->scratch->arena, room_for(text));
    int rc = raw ? open_token(raw, text, err) : lsi_fail_nomem(err);
    if (rc) return rc;
    if (lsi_get64(raw + 16) != lsi_query_hash(s->query))
        return lsi_fail(err, LS_INVALID, "cursor: it belongs to another query");
    if (lsi_get64(raw + 24) != options_hash(s))
        return lsi_fail(err, LS_INVALID, "cursor: it belongs to another sort, ranking or other filters");
    if ((raw[1] & 2) != ((raw[1] & 1) && s->order.text ? 2 : 0))
        return lsi_fail(err, LS_INVALID, "cursor: its key is of another kind than the sort's");
    *moved = lsi_get64(raw + 8) != s->snap->generation;
    s->order.now = (int64_t)lsi_get64(raw + 32);
    s->after = (lsi_top){.key = lsi_get64(raw + 40), .doc = lsi_get64(raw + 48), .has = raw[1] & 1};
    memcpy(&s->after.score, raw + 4, 4);
    if (raw[1] & 2) {
        s->after.text = raw + FIXED;
        s->after.text_len = lsi_get16(raw + 2);
    }
    s->has_after = true;
    return LS_OK;
}
