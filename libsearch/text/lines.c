/* lines.c — owns lists of boilerplate lines: which lines of which sources, and whether a line of a text is one of them.
 *
 * A line is looked up by the hash of its words; those with the same words for several sources stand side by side. Before
 * that, nearly all lines of a text are told apart by their first eight bytes, of which a list keeps one bit in 1024, and by
 * their length: prose is longer than the longest line of a list, and is not read beyond that.
 *
 * Invariants: a line has at least one word; no two of one source have the same words; a source has at least one line.
 * Whether a line is boilerplate depends on its bytes, its source and the list alone. Ignorant of where lists are kept. */
#include "libsearch/text/lines.h"
#include "libsearch/text/ucd.h"
#include "libsearch/text/utf8.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"

#define FIRST_BYTES 8u
#define FIRST_LOG   10u
#define FIRST_BITS  (1u << FIRST_LOG)
#define SHOWN_BYTES 80u                /* of a line in a message */
#define PIECE_BYTES (LSI_FORM_MAX / 4) /* folded at a time, as keywords are: to four times that at most */

typedef struct entry {
    const char *line;
    const uint8_t *key;
    uint64_t hash;
    uint32_t key_len, source;
} entry;

struct lsi_lines {
    unsigned refs;
    lsi_arena texts;
    entry *entries; /* in order of their coming */
    size_t count, cap;
    uint32_t *slots; /* by hash: index + 1 of an entry, 0 free */
    size_t slot_count;
    lsi_map numbers; /* folded name of a source → its number */
    const char **sources;
    size_t source_count, source_cap;
    size_t bytes;   /* of lines and names */
    size_t longest; /* key */
    uint64_t first[FIRST_BITS / 64];
};

/* ---- the words of a line ---- */

/* Letters, figures, and the marks and invisible signs behind them. */
static size_t word_end(const uint8_t *text, size_t len, size_t at)
{
    unsigned bytes;
    while (at < len) {
        if (lsi_is_alnum(text[at])) {
            at++;
            continue;
        }
        if (text[at] < 0x80) break;
        uint32_t kind = lsi_ucd(lsi_utf8_get(text, len, at, &bytes));
        unsigned wb = lsi_ucd_wb(kind);
        bool inside = wb == LSI_WB_EXTEND || wb == LSI_WB_FORMAT || wb == LSI_WB_ZWJ;
        if (!inside && !(kind & (LSI_UCD_WORD | LSI_UCD_MARK))) break;
        at += bytes;
    }
    return at;
}

/* Folds a word behind the n bytes of key; the new length, above `most` where it was not folded to its end. */
static size_t put_word(lsi_folder *f, const uint8_t *word, size_t len, uint8_t *key, size_t n, size_t most)
{
    for (size_t at = 0, piece; at < len && n <= most; at += piece) {
        piece = lsi_utf8_cut(word + at, len - at, PIECE_BYTES);
        if (lsi_fold_ascii(word + at, piece, key + n)) n += piece;
        else n += lsi_fold_full(f, word + at, piece, key + n);
    }
    return n;
}

typedef struct gap { /* what stands between two words; see lsi_gap_read */
    unsigned newlines, indent;
    size_t first; /* newline */
    uint32_t last;
} gap;

static void gap_take(gap *g, uint32_t cp, size_t at)
{
    if (lsi_is_newline(cp)) {
        if (!g->newlines) g->first = at;
        g->newlines += cp != '\n' || g->last != '\r';
        g->indent = 0;
    } else {
        g->indent += g->newlines && lsi_is_space(cp);
    }
    g->last = cp;
}

size_t lsi_line_key(lsi_folder *f, const uint8_t *text, size_t len, size_t at, bool wrapped, size_t most,
                    uint8_t key[LSI_LINE_MAX + LSI_FORM_MAX], size_t *end)
{
    size_t n = 0, next;
    unsigned bytes;
    gap g = {0};
    for (; at < len; at = next) {
        uint32_t cp = lsi_utf8_get(text, len, at, &bytes), kind = lsi_ucd(cp);
        next = at + bytes;
        if (!(kind & (LSI_UCD_WORD | LSI_UCD_EMOJI))) {
            gap_take(&g, cp, at);
            if (g.newlines > (wrapped ? 1u : 0u)) break;
            continue;
        }
        if (g.newlines && g.indent > 1) break;
        g = (gap){0};
        if (!(kind & LSI_UCD_WORD)) continue; /* a picture is a word of a text, but of no list */
        next = word_end(text, len, at);
        if (n) key[n++] = ' ';
        n = put_word(f, text + at, next - at, key, n, most);
        if (n > most) break;
    }
    *end = n > most ? at : g.newlines ? g.first : at;
    return n > most ? 0 : n;
}

/* ---- the list ---- */

int lsi_lines_new(lsi_lines **out, ls_error *err)
{
    *out = NULL;
    lsi_lines *l = lsi_calloc(1, sizeof *l);
    if (!l) return lsi_fail_nomem(err);
    l->refs = 1;
    lsi_arena_init(&l->texts);
    lsi_map_init(&l->numbers);
    *out = l;
    return LS_OK;
}

void lsi_lines_retain(lsi_lines *l)
{
    if (l) __atomic_add_fetch(&l->refs, 1, __ATOMIC_RELAXED);
}

void lsi_lines_release(lsi_lines *l)
{
    if (!l || __atomic_sub_fetch(&l->refs, 1, __ATOMIC_ACQ_REL)) return;
    lsi_arena_clear(&l->texts);
    lsi_map_clear(&l->numbers);
    lsi_free(l->entries);
    lsi_free(l->slots);
    lsi_free(l->sources);
    lsi_free(l);
}

int lsi_lines_own(lsi_lines **out, lsi_lines *l, lsi_analyzer *a, ls_error *err)
{
    if (l && __atomic_load_n(&l->refs, __ATOMIC_ACQUIRE) == 1) {
        *out = l;
        return LS_OK;
    }
    lsi_lines *copy;
    int rc = lsi_lines_new(&copy, err);
    for (size_t i = 0; !rc && i < lsi_lines_count(l); i++) {
        const entry *e = &l->entries[i];
        const char *source = e->source ? l->sources[e->source - 1] : "";
        rc = lsi_lines_add(copy, a, source, strlen(source), e->line, strlen(e->line), err);
    }
    lsi_lines_release(rc ? copy : l);
    if (!rc) *out = copy;
    return rc;
}

size_t lsi_lines_count(const lsi_lines *l)
{
    return l ? l->count : 0;
}

const char *lsi_lines_at(const lsi_lines *l, size_t i, const char **source, uint32_t *number)
{
    const entry *e = &l->entries[i];
    *number = e->source;
    *source = lsi_lines_source_at(l, e->source);
    return e->line;
}

size_t lsi_lines_source_count(const lsi_lines *l)
{
    return l->source_count;
}

const char *lsi_lines_source_at(const lsi_lines *l, size_t number)
{
    return number == LSI_LINES_EVERYWHERE ? "" : l->sources[number - 1];
}

int lsi_lines_source(const lsi_lines *l, lsi_analyzer *a, const char *source, size_t len, uint32_t *number,
                     ls_error *err)
{
    size_t n;
    *number = LSI_LINES_EVERYWHERE;
    const uint8_t *folded = lsi_analyzer_keyword(a, (const uint8_t *)source, len, &n);
    if (!folded) return lsi_fail_nomem(err);
    uint32_t known = lsi_map_get(&l->numbers, folded, n);
    if (known != LSI_MAP_NONE) *number = known;
    return LS_OK;
}

/* ---- looking a line up ---- */

static unsigned bit_of(uint64_t first)
{
    return (unsigned)(first * UINT64_C(0x9e3779b97f4a7c15) >> (64 - FIRST_LOG));
}

static void note_first(lsi_lines *l, const uint8_t *key, size_t n)
{
    uint64_t first = 0;
    for (size_t i = 0; i < LSI_MIN(n, (size_t)FIRST_BYTES); i++) first |= (uint64_t)key[i] << 8 * i;
    unsigned bit = bit_of(first);
    l->first[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* Whether a line may begin as one of the list does; always true where that cannot be told from ASCII alone. */
static bool may_begin(const lsi_lines *l, const uint8_t *text, size_t len, size_t at, bool wrapped)
{
    uint64_t first = 0;
    unsigned n = 0;
    bool blank = false;
    for (; n < FIRST_BYTES && at < len; at++) {
        uint8_t b = text[at];
        bool newline = b >= '\n' && b <= '\r';
        if (b >= 0x80 || (newline && wrapped)) return true;
        if (newline) break;
        bool letter = lsi_is_alnum(b);
        if (letter && blank && n) first |= (uint64_t)' ' << 8 * n++;
        if (letter && n < FIRST_BYTES) first |= (uint64_t)lsi_ascii_lower(b) << 8 * n++;
        blank = !letter;
    }
    unsigned bit = bit_of(first);
    return l->first[bit / 64] >> bit % 64 & 1;
}

/* The entry of these words and this source, or (where `or_everywhere`) of every source. */
static const entry *find(const lsi_lines *l, const uint8_t *key, size_t n, uint32_t source, bool or_everywhere)
{
    uint64_t hash = lsi_hash64(key, n);
    for (size_t s = hash & (l->slot_count - 1); l->slot_count && l->slots[s]; s = (s + 1) & (l->slot_count - 1)) {
        const entry *e = &l->entries[l->slots[s] - 1];
        bool ours = e->source == source || (or_everywhere && e->source == LSI_LINES_EVERYWHERE);
        if (ours && e->hash == hash && e->key_len == n && !memcmp(e->key, key, n)) return e;
    }
    return NULL;
}

size_t lsi_lines_match(const lsi_lines_of *of, lsi_folder *f, const uint8_t *text, size_t len, size_t at, bool wrapped)
{
    uint8_t key[LSI_LINE_MAX + LSI_FORM_MAX];
    size_t end;
    if (!may_begin(of->lines, text, len, at, wrapped)) return 0;
    size_t n = lsi_line_key(f, text, len, at, wrapped, of->lines->longest, key, &end);
    return n && find(of->lines, key, n, of->source, true) ? end : 0;
}

/* ---- adding ---- */

static bool is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((uint8_t)text[i] < ' ' && text[i] != '\t') return false;
    return lsi_utf8_valid((const uint8_t *)text, len);
}

static int check(const lsi_lines *l, const char *source, size_t source_len, const char *line, size_t len, ls_error *err)
{
    if (len > LSI_LINE_MAX)
        return lsi_fail(err, LS_LIMIT, "a line of boilerplate has at most %u bytes, found %zu", LSI_LINE_MAX, len);
    if (source_len > LSI_LINE_SOURCE_MAX)
        return lsi_fail(err, LS_LIMIT, "the source of a line of boilerplate has at most %u bytes, found %zu",
                        LSI_LINE_SOURCE_MAX, source_len);
    if (l->count == LSI_LINES_MAX || l->bytes + len + source_len > LSI_LINES_BYTES_MAX)
        return lsi_fail(err, LS_LIMIT, "lists of boilerplate have at most %u lines and %u bytes", LSI_LINES_MAX,
                        LSI_LINES_BYTES_MAX);
    if (!is_plain(source, source_len) || !is_plain(line, len))
        return lsi_fail(err, LS_INVALID, "boilerplate: one line of UTF-8 without control characters expected");
    return LS_OK;
}

static void put_slot(lsi_lines *l, size_t i)
{
    size_t s = l->entries[i].hash & (l->slot_count - 1);
    while (l->slots[s]) s = (s + 1) & (l->slot_count - 1);
    l->slots[s] = (uint32_t)i + 1;
}

/* Room for one more entry; half of the slots are free. */
static bool make_room(lsi_lines *l)
{
    if (!LSI_ROOM(l->entries, l->count + 1, l->cap) || !LSI_ROOM(l->sources, l->source_count + 1, l->source_cap))
        return false;
    if (2 * (l->count + 1) <= l->slot_count) return true;
    size_t more = l->slot_count ? 2 * l->slot_count : 16;
    uint32_t *slots = lsi_calloc(more, sizeof *slots);
    if (!slots) return false;
    lsi_free(l->slots);
    l->slots = slots;
    l->slot_count = more;
    for (size_t i = 0; i < l->count; i++) put_slot(l, i);
    return true;
}

/* The number of a source, which is new where it equals the count + 1; takes nothing in. */
static int number_of(const lsi_lines *l, lsi_analyzer *a, const char *source, size_t len, uint32_t *number,
                     ls_error *err)
{
    *number = LSI_LINES_EVERYWHERE;
    if (!len) return LS_OK;
    int rc = lsi_lines_source(l, a, source, len, number, err);
    if (!rc && *number == LSI_LINES_EVERYWHERE) *number = (uint32_t)l->source_count + 1;
    return rc;
}

/* The last thing that can fail. */
static bool add_source(lsi_lines *l, lsi_analyzer *a, const char *source, size_t len)
{
    size_t n;
    const char *name = lsi_arena_dup(&l->texts, source, len);
    const uint8_t *folded = lsi_analyzer_keyword(a, (const uint8_t *)source, len, &n);
    uint32_t *number = name && folded ? lsi_map_put(&l->numbers, folded, n) : NULL;
    if (!number) return false;
    l->sources[l->source_count++] = name;
    *number = (uint32_t)l->source_count;
    l->bytes += len;
    return true;
}

int lsi_lines_add(lsi_lines *l, lsi_analyzer *a, const char *source, size_t source_len, const char *line, size_t len,
                  ls_error *err)
{
    uint32_t number;
    const uint8_t *key;
    int rc = check(l, source, source_len, line, len, err);
    if (!rc) rc = number_of(l, a, source, source_len, &number, err);
    if (rc) return rc;
    size_t n = lsi_analyzer_line(a, (const uint8_t *)line, len, &key);
    int shown = (int)lsi_utf8_cut((const uint8_t *)line, len, SHOWN_BYTES);
    if (!n) return lsi_fail(err, LS_INVALID, "boilerplate \"%.*s\": one line of a word or more expected", shown, line);
    if (find(l, key, n, number, false))
        return lsi_fail(err, LS_EXISTS, "boilerplate \"%.*s\": the line is in the list already", shown, line);
    entry e = {.key_len = (uint32_t)n, .source = number, .hash = lsi_hash64(key, n)};
    e.line = lsi_arena_dup(&l->texts, line, len);
    e.key = lsi_arena_dup(&l->texts, key, n);
    if (!e.line || !e.key || !make_room(l)) return lsi_fail_nomem(err);
    if (number > l->source_count && !add_source(l, a, source, source_len)) return lsi_fail_nomem(err);
    l->entries[l->count++] = e;
    l->bytes += len;
    l->longest = LSI_MAX(l->longest, n);
    put_slot(l, l->count - 1);
    note_first(l, e.key, n);
    return LS_OK;
}
