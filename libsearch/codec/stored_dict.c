/* stored_dict.c — owns the choice of what stands in the dictionary of stored documents: the stretches of text that
 * repeat most.
 *
 * The way is that of zstd's "fast cover" trainer (after Liao, Petri, Moffat, Wirth: Effective Construction of Relative
 * Lempel-Ziv Dictionaries, 2016), in one pass with one length of stretch, where zstd tries many: each string of 8 bytes
 * is counted, by its hash. The text is cut into as many pieces as stretches are wanted; from one piece after the other
 * the stretch of 100 bytes is taken whose strings are the most frequent, each counted once; they count nothing from then
 * on. The best stand at the end, where a reference to them is the shortest. On 4 MB this takes a twelfth of the time of
 * ZDICT_trainFromBuffer, and documents become as small. zstd then adds its tables of symbols, from some of the samples.
 *
 * Ignorant of documents and files. */
#include "libsearch/codec/stored_layout.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/base.h"
#include <zdict.h>

#define HASH_BITS   18u
#define STRING      8u /* bytes of a string that is counted */
#define STRETCH     100u
#define WINDOW      (STRETCH - STRING + 1) /* strings of a stretch */
#define TABLE_BYTES ((size_t)128 << 10)    /* of samples that the tables of symbols are made from */
#define HEAD_ROOM   1024u                  /* for these tables, in the dictionary */
_Static_assert(WINDOW <= UINT8_MAX, "a window's strings are counted in bytes");

typedef struct cover {
    const uint8_t *text;
    size_t len;
    uint32_t *count;  /* by hash: how often; 0 where once, or taken */
    uint8_t *present; /* by hash: how often in the window in hand */
} cover;

LSI_INLINE uint32_t hash_at(const cover *c, size_t at)
{
    return (uint32_t)(lsi_get64(c->text + at) * UINT64_C(0x9fb21c651e98df25) >> (64 - HASH_BITS));
}

static void count_strings(cover *c)
{
    for (size_t i = 0; i + STRING <= c->len; i++) c->count[hash_at(c, i)]++;
    for (size_t h = 0; h < (size_t)1 << HASH_BITS; h++)
        if (c->count[h] == 1) c->count[h] = 0;
}

/* The best stretch within [from, to): *begin; its worth, 0: nothing there repeats. */
static uint64_t best_stretch(const cover *c, size_t from, size_t to, size_t *begin)
{
    const size_t end = to - from < STRING ? from : to - STRING + 1, full = LSI_MIN(from + WINDOW, end);
    uint64_t worth = 0, best;
    *begin = from;
    for (size_t i = from; i < full; i++) {
        uint32_t h = hash_at(c, i), n = c->count[h];
        if (n && !c->present[h]++) worth += n;
    }
    best = worth;
    for (size_t i = full; i < end; i++) {
        uint32_t h = hash_at(c, i), left = hash_at(c, i - WINDOW), n = c->count[h], gone = c->count[left];
        if (gone && !--c->present[left]) worth -= gone;
        if (n && !c->present[h]++ && (worth += n) > best) {
            best = worth;
            *begin = i - WINDOW + 1;
        }
    }
    for (size_t k = end - from > WINDOW ? end - WINDOW : from; k < end; k++) c->present[hash_at(c, k)] = 0;
    return best;
}

/* Moves a stretch of the text, without what does not repeat at its ends, before dict + tail; gives the new tail. */
static size_t take(cover *c, size_t begin, size_t end, uint8_t *dict, size_t tail)
{
    size_t from = begin, to = end;
    while (from + STRING < to && !c->count[hash_at(c, from)]) from++;
    while (from + STRING < to && !c->count[hash_at(c, to - STRING)]) to--;
    for (size_t i = begin; i + STRING <= end; i++) c->count[hash_at(c, i)] = 0;
    size_t n = LSI_MIN(to - from, tail);
    memcpy(dict + tail - n, c->text + to - n, n);
    return tail - n;
}

/* Fills dict from its end; gives where it begins. */
static size_t fill(cover *c, uint8_t *dict, size_t size)
{
    size_t pieces = LSI_MAX(LSI_MIN(size / STRETCH, c->len / (4 * STRETCH)), (size_t)1), each = c->len / pieces;
    size_t tail = size;
    for (size_t piece = 0, empty = 0; tail && empty < pieces; piece = (piece + 1) % pieces) {
        size_t from = piece * each, to = piece + 1 == pieces ? c->len : from + each, begin = from;
        if (!best_stretch(c, from, to, &begin)) {
            empty++;
            continue;
        }
        empty = 0;
        tail = take(c, begin, LSI_MIN(begin + STRETCH, to), dict, tail);
    }
    return tail;
}

size_t lsi_stored_dict_make(uint8_t *dict, const uint8_t *samples, const size_t *sizes, size_t n, int level)
{
    cover c = {samples, 0, lsi_calloc((size_t)1 << HASH_BITS, 4), lsi_calloc((size_t)1 << HASH_BITS, 1)};
    uint8_t *content = lsi_malloc(LSI_STORED_DICT_MAX), *some = lsi_malloc(2 * TABLE_BYTES);
    size_t *some_sizes = lsi_malloc((n + 1) * sizeof *some_sizes), got = 0, bytes = 0, k = 0;
    if (c.count && c.present && content && some && some_sizes) {
        for (size_t i = 0; i < n; i++) c.len += sizes[i];
        size_t every = c.len / TABLE_BYTES + 1, size = LSI_STORED_DICT_MAX - HEAD_ROOM;
        count_strings(&c);
        size_t at = fill(&c, content, size);
        for (size_t i = 0; i < n; samples += sizes[i++]) {
            if (i % every || sizes[i] > 2 * TABLE_BYTES - bytes) continue;
            memcpy(some + bytes, samples, sizes[i]);
            bytes += some_sizes[k++] = sizes[i];
        }
        ZDICT_params_t params;
        memset(&params, 0, sizeof params);
        params.compressionLevel = level;
        got = ZDICT_finalizeDictionary(dict, LSI_STORED_DICT_MAX, content + at, size - at, some, some_sizes,
                                       (unsigned)k, params);
        if (ZDICT_isError(got)) got = 0;
    } else {
        got = SIZE_MAX;
    }
    lsi_free(c.count);
    lsi_free(c.present);
    lsi_free(content);
    lsi_free(some);
    lsi_free(some_sizes);
    return got;
}
