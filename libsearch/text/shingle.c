/* shingle.c — owns the hashes by which copies of a text are known. Ignorant of documents and of what is kept where.
 *
 * Arithmetic is modulo 2^64; all constants are odd.
 *   word      h = bytes · A; for each 8 bytes of the folded spelling, as a little-endian number v (zeros behind the
 *             last): h = (h ^ v) · B, h ^= h >> 32. Where the spelling is ASCII, bit 5 of all 8 bytes of v is set, so
 *             that a form of plain letters need not be folded first.
 *   shingle   s = w1·P^4 + w2·P^3 + w3·P^2 + w4·P + w5, rolled from word to word (Karp and Rabin), then finished:
 *             s ^= s >> 32, s *= B, s ^= s >> 29, s *= A, s ^= s >> 32
 *   text      t = 0; for each word w: t = (t ^ w) · P, t ^= t >> 29; at the end 0 stands for no words at all
 *
 * Broder, "On the resemblance and containment of documents" (1997): shingles, their sampling modulo a number, and
 * containment. Example: the word "Arms", like "arms", is (4·A ^ 0x20202020736d7261) · B, ^= itself >> 32. */
#include "libsearch/text/shingle.h"
#include "libsearch/util/map.h"

#define A       LSI_SHINGLE_A
#define BIT5    UINT64_C(0x2020202020202020)
#define HIGHEST UINT64_C(0x8080808080808080)

/* Up to 8 bytes, zeros behind, without looking beyond them. */
static uint64_t load(const uint8_t *p, size_t n)
{
    if (n >= 8) return lsi_get64(p);
    if (n >= 4) return (uint64_t)lsi_get32(p) | (uint64_t)lsi_get32(p + n - 4) << (8 * (n - 4));
    if (n >= 2) return (uint64_t)lsi_get16(p) | (uint64_t)lsi_get16(p + n - 2) << (8 * (n - 2));
    return n ? p[0] : 0;
}

static uint64_t hash_word(const uint8_t *p, size_t len, uint64_t set)
{
    uint64_t h = len * A;
    for (size_t at = 0; at < len; at += 8) h = lsi_shingle_step(h, load(p + at, len - at) | set);
    return h ? h : 1;
}

static bool is_ascii(const uint8_t *p, size_t len)
{
    uint64_t high = 0;
    for (size_t at = 0; at < len; at += 8) high |= load(p + at, len - at);
    return !(high & HIGHEST);
}

void lsi_shingle_begin(lsi_shingler *s)
{
    s->text = s->count = 0;
    lsi_shingle_value(s, NULL, 0);
}

void lsi_shingle_value(lsi_shingler *s, const uint8_t *text, size_t len)
{
    s->wide = text;
    s->wide_bytes = len > 15 ? len - 15 : 0;
    s->oldest = 0;
    memset(s->ring, 0, sizeof s->ring);
    s->sum = s->run = 0;
}

uint64_t lsi_shingle_any_word(lsi_shingler *s, lsi_analyzer *a, const uint8_t *form, size_t len)
{
    if (LSI_LIKELY(is_ascii(form, len))) return hash_word(form, len, BIT5);
    uint64_t key = lsi_hash64(form, len);
    size_t slot = key % LSI_SHINGLE_CACHE, n;
    if (s->cache[slot].form == key && s->cache[slot].word) return s->cache[slot].word;
    const uint8_t *folded = lsi_analyzer_fold(a, form, len, &n);
    if (!folded) return 0;
    s->cache[slot].form = key;
    return s->cache[slot].word = hash_word(folded, n, is_ascii(folded, n) ? BIT5 : 0);
}

uint64_t lsi_shingle_text(const lsi_shingler *s)
{
    return s->text;
}
