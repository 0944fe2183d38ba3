/* invert.c — owns the table of forms and the streams of terms.
 *
 * A form is looked up by language and bytes; its term was stemmed when it was first met, so that Snowball runs once
 * for each distinct form. A short form's bytes stand in two words of its entry and are compared as such. A word costs
 * three lines of memory that are seldom in the cache: its entry, its term's tail, the end of the stream. So words are
 * gathered in a batch; the lines of all of them are asked for before the first is needed.
 *
 * A term's stream lies in slices of 32, 64, … 4096 bytes of one arena, each with a pointer to the next in its last
 * eight. It is a row of numbers of 7 bits a byte, low bits first, the high bit set where more follow:
 *     gap << 2 | 1                 a new document, `gap` behind the one before (the first: its number + 1); list 0
 *     list << 2 | 3                the same document goes on in that list, or in the same one with positions from 0
 *     gap << 2 | changed << 1      an occurrence, `gap` positions behind the one before; where `changed` is set, the
 *                                  number of its form follows, else it is the form of the occurrence before (first: 0)
 * Example: document 2, list 0, positions 5 and 9 with form 0, then position 3 in list 4 with form 1:
 *     0d 14 10 13 0e 01
 *
 * Invariant: what one call adds lies there whole or not at all. Ignorant of fields, weights and files. */
#include "libsearch/segment/invert.h"
#include "libsearch/util/alloc.h"

#define STRING_PIECE 4096u
#define TAG          UINT64_C(0xffffffff00000000) /* of a term's slot: half of its hash */
#define RECORD_MAX   24u /* an occurrence: three numbers of 5 bytes, a list's of 2; the first slice holds it */

/* Free entries, each within one line of the cache. */
static lsi_invert_entry *new_table(size_t slots, void **memory)
{
    uint8_t *p = lsi_calloc(slots + 1, sizeof(lsi_invert_entry));
    *memory = p;
    return p ? (lsi_invert_entry *)(void *)(p + (-(uintptr_t)p & (sizeof(lsi_invert_entry) - 1))) : NULL;
}
_Static_assert(sizeof(lsi_invert_entry) == 32, "two entries a cache line");

int lsi_invert_init(lsi_invert *v, lsi_analyzer *analyzer, ls_error *err)
{
    memset(v, 0, sizeof *v);
    v->analyzer = analyzer;
    lsi_arena_init(&v->slices);
    lsi_arena_init(&v->strings);
    v->slot_count = 1024;
    v->entries = new_table(v->slot_count, &v->entry_memory);
    /* Differs from run to run, so that no text can be written whose words all meet in one slot. */
    v->seed = (uint64_t)(uintptr_t)v->entry_memory * UINT64_C(0x9e3779b97f4a7c15);
    return v->entries ? LS_OK : lsi_fail_nomem(err);
}

void lsi_invert_clear(lsi_invert *v)
{
    lsi_free(v->entry_memory);
    lsi_free(v->tails);
    lsi_free(v->terms);
    lsi_free(v->forms);
    lsi_free(v->term_slots);
    lsi_arena_clear(&v->slices);
    lsi_arena_clear(&v->strings);
    memset(v, 0, sizeof *v);
}

size_t lsi_invert_bytes(const lsi_invert *v)
{
    return (v->slot_count + 1) * sizeof *v->entries + v->tail_cap * sizeof *v->tails + v->term_cap * sizeof *v->terms +
           v->form_cap * sizeof *v->forms + v->term_slot_count * sizeof *v->term_slots + v->slices.bytes +
           v->strings.bytes;
}

static size_t arena_used(const lsi_arena *a)
{
    return a->bytes - (size_t)(a->end - a->at);
}

size_t lsi_invert_used(const lsi_invert *v)
{
    return v->entry_count * sizeof *v->entries + v->form_count * sizeof *v->forms +
           v->term_count * (sizeof *v->tails + sizeof *v->terms + sizeof *v->term_slots) + arena_used(&v->slices) +
           arena_used(&v->strings);
}

/* ---- the table ---- */

LSI_INLINE uint64_t load(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, 8);
    return x;
}

#if defined(__GNUC__) || defined(__clang__)
#define LSI_APART __attribute__((noinline, cold))
#else
#define LSI_APART
#endif

typedef struct key {
    uint64_t a, b, hash;
} key;

LSI_INLINE uint64_t hash_of(uint64_t seed, uint64_t a, uint64_t b, uint32_t kind)
{
    uint64_t h = (a ^ seed) * UINT64_C(0x9fb21c651e98df25);
    h = (h ^ h >> 29 ^ b ^ (uint64_t)kind << 32) * UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

LSI_INLINE uint32_t len_of(uint32_t kind)
{
    return kind & 0xffff;
}

/* All ones in the first n bytes of 16, as memory has them. */
static const uint8_t ones[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

/* Up to 16 bytes a and b hold the whole form and zeros behind it; of a longer one they hold a hash and its end. */
static key make_key(const lsi_invert *v, const uint8_t *form, uint32_t len, int lang)
{
    uint8_t padded[16] = {0};
    key k;
    if (len <= 16) {
        memcpy(padded, form, len);
        k.a = load(padded);
        k.b = load(padded + 8);
    } else {
        k.a = lsi_hash64(form, len);
        k.b = load(form + len - 8);
    }
    k.hash = hash_of(v->seed, k.a, k.b, lsi_invert_kind(len, lang));
    return k;
}

/* The same where 16 bytes may be read and len ≤ 16: without a branch on the length, which nobody can foresee. */
LSI_INLINE key make_key_wide(uint64_t seed, const uint8_t *form, uint32_t len, uint32_t kind)
{
    key k = {load(form) & load(ones + 16 - len), load(form + 8) & load(ones + 24 - len), 0};
    k.hash = hash_of(seed, k.a, k.b, kind);
    return k;
}

/* The bytes of a form of at most 16 back from its key. */
static void unload(const key *k, uint8_t out[16])
{
    memcpy(out, &k->a, 8);
    memcpy(out + 8, &k->b, 8);
}

/* The entry, or the free one where it would stand. form: looked at only beyond 16 bytes. */
LSI_INLINE lsi_invert_entry *lookup(const lsi_invert *v, const key *k, const uint8_t *form, uint32_t kind)
{
    size_t mask = v->slot_count - 1, i = (size_t)k->hash & mask;
    for (;; i = (i + 1) & mask) {
        lsi_invert_entry *e = &v->entries[i];
        if (LSI_LIKELY(e->a == k->a && e->b == k->b && e->kind == kind) &&
            (LSI_LIKELY(len_of(kind) <= 16) || !memcmp(v->forms[e->form].bytes, form, len_of(kind))))
            return e;
        if (!e->kind) return e;
    }
}

static bool grow_table(lsi_invert *v)
{
    size_t n = v->slot_count * 2;
    void *memory;
    lsi_invert_entry *to = new_table(n, &memory);
    if (!to) return false;
    for (size_t k = 0; k < v->slot_count; k++) {
        const lsi_invert_entry *e = &v->entries[k];
        if (!e->kind) continue;
        size_t i = (size_t)hash_of(v->seed, e->a, e->b, e->kind) & (n - 1);
        while (to[i].kind) i = (i + 1) & (n - 1);
        to[i] = *e;
    }
    lsi_free(v->entry_memory);
    v->entry_memory = memory;
    v->entries = to;
    v->slot_count = n;
    return true;
}

static const uint8_t *keep_string(lsi_invert *v, const uint8_t *p, size_t n)
{
    if (n > (size_t)(v->string_end - v->string_at)) {
        size_t want = LSI_MAX(n, (size_t)STRING_PIECE);
        uint8_t *piece = lsi_arena_alloc(&v->strings, want);
        if (!piece) return NULL;
        v->string_at = piece;
        v->string_end = piece + want;
    }
    uint8_t *q = v->string_at;
    if (n) memcpy(q, p, n);
    v->string_at += n;
    return q;
}

#define ROOM(array, count, cap) room((void **)&(array), &(cap), (count) + 1, sizeof *(array))
static bool room(void **array, size_t *cap, size_t need, size_t elem_bytes)
{
    if (need <= *cap) return true;
    if (need >= UINT32_MAX) return false;
    void *p = lsi_array_grow(*array, cap, need, elem_bytes);
    if (p) *array = p;
    return p != NULL;
}

static bool grow_terms(lsi_invert *v)
{
    size_t n = v->term_slot_count ? v->term_slot_count * 2 : 1024;
    uint64_t *to = lsi_calloc(n, sizeof *to);
    if (!to) return false;
    for (size_t k = 0; k < v->term_count; k++) {
        uint64_t hash = lsi_hash64(v->terms[k].bytes, v->terms[k].len);
        size_t i = (size_t)hash & (n - 1);
        while (to[i]) i = (i + 1) & (n - 1);
        to[i] = (hash & TAG) | (k + 1);
    }
    lsi_free(v->term_slots);
    v->term_slots = to;
    v->term_slot_count = n;
    return true;
}

static uint32_t find_term(lsi_invert *v, const uint8_t *term, size_t len)
{
    if ((v->term_count + 1) * 4 > v->term_slot_count * 3 && !grow_terms(v)) return LSI_ORD_NONE;
    uint64_t hash = lsi_hash64(term, len);
    size_t mask = v->term_slot_count - 1, i = (size_t)hash & mask;
    for (; v->term_slots[i]; i = (i + 1) & mask) {
        uint32_t no = (uint32_t)v->term_slots[i] - 1;
        const lsi_invert_term *t = &v->terms[no];
        if ((v->term_slots[i] & TAG) == (hash & TAG) && t->len == len && (!len || !memcmp(t->bytes, term, len)))
            return no;
    }
    if (!ROOM(v->tails, v->term_count, v->tail_cap) || !ROOM(v->terms, v->term_count, v->term_cap)) return LSI_ORD_NONE;
    const uint8_t *bytes = keep_string(v, term, len);
    if (!bytes) return LSI_ORD_NONE;
    v->tails[v->term_count] = (lsi_invert_tail){.doc = LSI_DOC_END};
    v->terms[v->term_count] = (lsi_invert_term){.bytes = bytes, .len = (uint32_t)len, .last_form = LSI_ORD_NONE};
    v->term_slots[i] = (hash & TAG) | (v->term_count + 1);
    return (uint32_t)v->term_count++;
}

/* Another language may have read the same form as the same term: then it is the same form of that term. */
static const lsi_invert_entry *same_form(const lsi_invert *v, const uint8_t *form, uint32_t len, int lang,
                                         uint32_t term)
{
    uint64_t others = v->languages & ~(UINT64_C(1) << lang);
    for (; others; others &= others - 1) {
        int other = (int)lsi_ctz64(others);
        key k = make_key(v, form, len, other);
        const lsi_invert_entry *e = lookup(v, &k, form, lsi_invert_kind(len, other));
        if (e->kind && e->term == term) return e;
    }
    return NULL;
}

static const lsi_invert_entry *insert(lsi_invert *v, const uint8_t *form, uint32_t len, int lang)
{
    size_t term_len;
    const uint8_t *stem = lsi_analyzer_term(v->analyzer, lang, form, len, &term_len);
    if (!stem || !ROOM(v->forms, v->form_count, v->form_cap)) return NULL;
    if ((v->entry_count + 1) * 4 > v->slot_count * 3 && !grow_table(v)) return NULL;
    uint32_t term = find_term(v, stem, term_len);
    if (term == LSI_ORD_NONE) return NULL;
    const lsi_invert_entry *same = same_form(v, form, len, lang, term);
    uint32_t number = same ? same->number : v->terms[term].form_count;
    uint32_t no = same ? same->form : (uint32_t)v->form_count;
    if (!same) {
        const uint8_t *bytes = keep_string(v, form, len);
        if (!bytes) return NULL;
        v->forms[v->form_count++] = (lsi_invert_form){bytes, len, term, number, v->terms[term].last_form};
        v->terms[term].last_form = no;
        v->terms[term].form_count++;
    }
    key k = make_key(v, form, len, lang);
    lsi_invert_entry *e = lookup(v, &k, form, lsi_invert_kind(len, lang));
    *e = (lsi_invert_entry){k.a, k.b, term, number, no, lsi_invert_kind(len, lang)};
    v->languages |= UINT64_C(1) << lang;
    v->entry_count++;
    return e;
}

const lsi_invert_entry *lsi_invert_find(lsi_invert *v, const uint8_t *form, uint32_t len, int lang)
{
    key k = make_key(v, form, len, lang);
    const lsi_invert_entry *e = lookup(v, &k, form, lsi_invert_kind(len, lang));
    return LSI_LIKELY(e->kind) ? e : insert(v, form, len, lang);
}

uint32_t lsi_invert_hidden(lsi_invert *v, const char *term)
{
    return find_term(v, (const uint8_t *)term, strlen(term));
}

/* ---- the streams ---- */

LSI_INLINE size_t put_number(uint8_t *p, uint64_t x)
{
    size_t n = 0;
    for (; x >= 0x80; x >>= 7) p[n++] = (uint8_t)(x | 0x80);
    p[n++] = (uint8_t)x;
    return n;
}

/* The bytes fill the present slice and go on in a new one, which is had before anything is written. */
static bool spill(lsi_invert *v, uint32_t term, const uint8_t *p, size_t n)
{
    lsi_invert_tail *t = &v->tails[term];
    size_t left = (size_t)(t->end - t->at);
    uint8_t level = t->at ? (uint8_t)LSI_MIN(t->level + 1u, LSI_SLICE_LEVELS) : 0;
    uint8_t *slice = lsi_arena_alloc(&v->slices, (size_t)LSI_SLICE_FIRST << level);
    if (!slice) return false;
    if (t->at) {
        memcpy(t->at, p, left);
        memcpy(t->end, &slice, LSI_SLICE_LINK);
    } else {
        v->terms[term].first = slice;
    }
    memcpy(slice, p + left, n - left);
    t->at = slice + (n - left);
    t->end = slice + lsi_slice_data(level);
    t->level = level;
    return true;
}

/* A number of at most 14 bits behind the others in w: nearly all are; *all: every bit of those that were larger.
 * Without a branch: whether it takes one byte or two nobody can foresee. */
LSI_INLINE void pack(uint64_t *w, unsigned *bits, uint64_t x, uint64_t *all)
{
    uint64_t two = (x & 0x7f) | 0x80 | (x & 0x3f80) << 1;
    *w |= (x < 0x80 ? x : two) << *bits;
    *bits += x < 0x80 ? 8 : 16;
    *all |= x;
}

/* The same record as lsi_invert_add's, of any numbers and over the end of a slice. */
LSI_APART static bool add_slowly(lsi_invert *v, uint32_t term, uint32_t number, lsi_doc doc, uint32_t list,
                                 uint32_t position)
{
    lsi_invert_tail *t = &v->tails[term];
    uint8_t b[RECORD_MAX];
    size_t n = 0;
    uint32_t from = t->position;
    if (t->doc != doc) n += put_number(b, (uint64_t)(doc - t->doc) << 2 | 1);
    if (t->doc != doc ? list != 0 : t->list != list || position < from) n += put_number(b + n, (uint64_t)list << 2 | 3);
    if (n) from = 0;
    n += put_number(b + n, (uint64_t)(position - from) << 2 | (uint64_t)(t->number != number) << 1);
    if (t->number != number) n += put_number(b + n, number);
    if (n > (size_t)(t->end - t->at)) return spill(v, term, b, n);
    memcpy(t->at, b, n);
    t->at += n;
    return true;
}

LSI_INLINE bool add(lsi_invert *v, uint32_t term, uint32_t number, lsi_doc doc, uint32_t list, uint32_t position)
{
    lsi_invert_tail *t = &v->tails[term];
    uint64_t w = 0, all = 0;
    uint32_t from = t->position;
    unsigned bits = 0;
    if (t->doc != doc) {
        pack(&w, &bits, (uint64_t)(doc - t->doc) << 2 | 1, &all);
        if (LSI_UNLIKELY(list)) pack(&w, &bits, (uint64_t)list << 2 | 3, &all);
        from = 0;
    } else if (LSI_UNLIKELY(t->list != list || position < from)) {
        pack(&w, &bits, (uint64_t)list << 2 | 3, &all);
        from = 0;
    }
    bool changed = t->number != number;
    pack(&w, &bits, (uint64_t)(position - from) << 2 | (uint64_t)changed << 1, &all);
    if (changed) pack(&w, &bits, number, &all);
    if (LSI_LIKELY(all < 0x4000 && bits / 8 <= (size_t)(t->end - t->at))) {
        lsi_set64(t->at, w); /* what is too much lies in free bytes or in the unused link */
        t->at += bits / 8;
    } else if (!add_slowly(v, term, number, doc, list, position)) {
        return false;
    }
    t->doc = doc;
    t->list = (uint8_t)list;
    t->position = position;
    t->number = number;
    return true;
}

bool lsi_invert_add(lsi_invert *v, uint32_t term, uint32_t number, lsi_doc doc, uint32_t list, uint32_t position)
{
    return add(v, term, number, doc, list, position);
}

/* ---- words of a text ---- */

void lsi_invert_begin(lsi_invert *v, lsi_doc doc, uint32_t list, int lang, const uint8_t *text, size_t len)
{
    v->batched = 0;
    v->batch_text = text;
    v->batch_readable = len > 15 ? len - 15 : 0;
    v->batch_doc = doc;
    v->batch_list = list;
    v->batch_lang = lang;
}

LSI_APART static const lsi_invert_entry *insert_word(lsi_invert *v, const lsi_invert_word *w)
{
    uint8_t form[16];
    key k = {w->a, w->b, w->hash};
    uint32_t len = len_of(w->kind);
    if (len <= 16) unload(&k, form);
    return insert(v, len <= 16 ? form : w->bytes, len, v->batch_lang);
}

LSI_INLINE bool resolve(lsi_invert *v, lsi_invert_word *w)
{
    key k = {w->a, w->b, w->hash};
    const lsi_invert_entry *e = lookup(v, &k, w->bytes, w->kind);
    if (LSI_UNLIKELY(!e->kind) && !(e = insert_word(v, w))) return false;
    w->term = e->term;
    w->number = e->number;
    LSI_ASK_FOR(&v->tails[e->term]);
    return true;
}

bool lsi_invert_end(lsi_invert *v)
{
    const uint32_t n = v->batched, list = v->batch_list;
    const lsi_doc doc = v->batch_doc;
    v->batched = 0;
    for (uint32_t i = 0; i < n; i++)
        if (LSI_UNLIKELY(!resolve(v, &v->batch[i]))) return false;
    for (uint32_t i = 0; i < n; i++) LSI_ASK_FOR(v->tails[v->batch[i].term].at);
    for (uint32_t i = 0; i < n; i++) {
        const lsi_invert_word *w = &v->batch[i];
        if (LSI_UNLIKELY(!add(v, w->term, w->number, doc, list, w->position))) return false;
    }
    return true;
}

LSI_INLINE void enqueue(lsi_invert *v, const key *k, const uint8_t *form, uint32_t kind, uint32_t position)
{
    LSI_ASK_FOR(&v->entries[(size_t)k->hash & (v->slot_count - 1)]);
    lsi_invert_word *w = &v->batch[v->batched++];
    w->a = k->a;
    w->b = k->b;
    w->hash = k->hash;
    w->bytes = form;
    w->kind = kind;
    w->position = position;
}

bool lsi_invert_word_add(lsi_invert *v, const uint8_t *form, uint32_t len, uint32_t position)
{
    key k = make_key(v, form, len, v->batch_lang);
    enqueue(v, &k, form, lsi_invert_kind(len, v->batch_lang), position);
    /* A longer form's bytes are the caller's only until the next word. */
    return v->batched < LSI_INVERT_BATCH && len <= 16 ? true : lsi_invert_end(v);
}

bool lsi_invert_words(lsi_invert *v, const lsi_plain_word *words, uint32_t n, uint32_t position)
{
    const uint8_t *text = v->batch_text;
    const size_t readable = v->batch_readable;
    const uint64_t seed = v->seed;
    const uint32_t kind = lsi_invert_kind(0, v->batch_lang);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t start = words[i].start, len = words[i].len;
        if (LSI_LIKELY(len <= 16 && start < readable)) {
            key k = make_key_wide(seed, text + start, len, kind | len);
            enqueue(v, &k, NULL, kind | len, position + i);
            if (v->batched == LSI_INVERT_BATCH && !lsi_invert_end(v)) return false;
        } else if (!lsi_invert_word_add(v, text + start, len, position + i)) {
            return false;
        }
    }
    return true;
}
