/* analyzer.c — owns the chain: a text cut into forms (tokenize.c), a form folded (fold.c), a form stemmed (stem.c).
 *
 * Term of a form: lower case with the accents that its language writes → stem → fold. Accents of other languages, vowel
 * signs, stress marks and ё are folded first, since the rules would take them for letters; for Turkish what follows an
 * apostrophe (Ankara'da) is left out first and I is lowered to ı. German, by example: Häuser → häuser → haus → haus.
 * English words that the rules would merge with others of another meaning stand in a small table.
 *
 * Invariants: a term is never empty, never longer than LSI_FORM_MAX, and folding it changes nothing. Ignorant of
 * documents and queries. */
#include "libsearch/text/cutter.h"
#include "libsearch/text/lines.h"
#include "libsearch/text/stem.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"

#define KEPT_SETS  128u
#define KEPT_WAYS  4u /* of a set: with one, a fourth of 100 words that came again had been driven out */
#define KEPT_BYTES 24u

/* A short word and its term; word_len 0: none yet. */
typedef struct kept_term {
    uint8_t word[KEPT_BYTES], term[KEPT_BYTES];
    uint8_t word_len, term_len;
    int16_t lang;
} kept_term;

struct lsi_analyzer {
    lsi_cutter cutter;
    lsi_folder folder;
    lsi_stems stems;
    lsi_buf keyword;
    uint8_t folded[LSI_FORM_MAX], lower[LSI_FORM_MAX], term[LSI_FORM_MAX];
    uint8_t line[LSI_LINE_MAX + LSI_FORM_MAX];
    kept_term kept[KEPT_SETS][KEPT_WAYS]; /* by hash, the newest first; see lsi_analyzer_term_again */
};

int lsi_analyzer_new(lsi_analyzer **out, ls_error *err)
{
    *out = NULL;
    lsi_analyzer *a = lsi_calloc(1, sizeof *a);
    if (!a) return lsi_fail_nomem(err);
    lsi_buf_init(&a->keyword, 0);
    a->cutter.fold = &a->folder;
    lsi_cutter_begin(&a->cutter, (const uint8_t *)"", 0, LSI_LANG_NONE, false);
    *out = a;
    return LS_OK;
}

void lsi_analyzer_free(lsi_analyzer *a)
{
    if (!a) return;
    lsi_stems_clear(&a->stems);
    lsi_buf_clear(&a->keyword);
    lsi_free(a);
}

void lsi_tokens_begin(lsi_analyzer *a, const uint8_t *text, size_t len, int lang)
{
    lsi_tokens_begin_of(a, (lsi_lines_of){NULL, LSI_LINES_EVERYWHERE}, text, len, lang);
}

void lsi_tokens_begin_of(lsi_analyzer *a, lsi_lines_of of, const uint8_t *text, size_t len, int lang)
{
    a->cutter.listed = of;
    lsi_cutter_begin(&a->cutter, text, len, lang, false);
}

void lsi_words_begin(lsi_analyzer *a, const uint8_t *text, size_t len, int lang)
{
    a->cutter.listed = (lsi_lines_of){NULL, LSI_LINES_EVERYWHERE};
    lsi_cutter_begin(&a->cutter, text, len, lang, true);
}

int lsi_tokens_next(lsi_analyzer *a, lsi_token *out)
{
    if (LSI_LIKELY(lsi_cutter_next_plain(&a->cutter, out))) return 1;
    return lsi_cutter_next(&a->cutter, out);
}

/* Whether no word that is looked for begins like the one at `at`. */
static bool is_passed(const lsi_cutter *c, size_t at, const uint64_t second[128])
{
    if (at + 1 >= c->len) return false;
    const uint8_t *p = c->text + at;
    uint64_t bits = second[(p[0] | 0x20) & 127]; /* an ASCII letter or digit */
    if (LSI_LIKELY(!bits)) return true;
    if (lsi_is_alpha(p[1])) return (p[1] | 0x20) != 'y' && !(bits >> ((p[1] | 0x20) - 'a') & 1);
    return lsi_is_digit(p[1]) && !(bits >> (26 + p[1] - '0') & 1);
}

/* Whether nothing but a blank (or the end of a broken line), perhaps behind a comma, stands before the word at `next`
 * and behind another; *end: the end of that. */
static bool is_plain_gap(const lsi_cutter *c, size_t next, size_t *end)
{
    const uint8_t *p = c->text + next;
    bool comma = p[-2] == ',';
    *end = next - 1 - comma;
    return (p[-1] == ' ' || (p[-1] == '\n' && c->wrapped)) && lsi_is_alnum(p[comma ? -3 : -2]);
}

/* What lsi_cutter_next_plain takes, by the bits of 64 bytes at once: a word is passed when the next one is reached. */
size_t lsi_tokens_pass(lsi_analyzer *a, const uint64_t second[128])
{
    lsi_cutter *c = &a->cutter;
    size_t at = c->next, last = 0, end;
    bool on = !c->next_flags && at >= c->fast_from && is_passed(c, at, second);
    while (on && at - c->chunk < LSI_CHUNK - 64) {
        const size_t from = at;
        const uint64_t letters = lsi_cutter_letters(c, at);
        uint64_t starts = letters & ~(letters << 1);
        on = starts & 1; /* a word of ASCII */
        for (starts &= starts - 1; on && starts; starts &= starts - 1) {
            size_t next = from + lsi_ctz64(starts);
            if (!(on = is_plain_gap(c, next, &end))) break;
            on = is_passed(c, next, second);
            last = end;
            at = next;
            c->position++;
        }
        on = on && at != from;
    }
    c->next = at;
    return last;
}

uint32_t lsi_tokens_plain(lsi_analyzer *a, lsi_plain_word *out, uint32_t most, uint32_t *position, uint32_t *flags)
{
    return lsi_cutter_plain_run(&a->cutter, out, most, position, flags);
}

int lsi_tokens_other(lsi_analyzer *a, lsi_token *out)
{
    return lsi_cutter_next(&a->cutter, out);
}

uint64_t lsi_tokens_invalid(const lsi_analyzer *a)
{
    return lsi_utf8_invalid(a->cutter.text, LSI_MIN(a->cutter.next, a->cutter.len));
}

size_t lsi_tokens_line(lsi_analyzer *a, size_t start, const uint8_t **key, size_t *end)
{
    const lsi_cutter *c = &a->cutter;
    *key = a->line;
    return lsi_line_key(&a->folder, c->text, c->len, start, c->wrapped, LSI_LINE_MAX, a->line, end);
}

size_t lsi_analyzer_line(lsi_analyzer *a, const uint8_t *text, size_t len, const uint8_t **key)
{
    size_t end, n = lsi_line_key(&a->folder, text, len, 0, false, LSI_LINE_MAX, a->line, &end);
    *key = a->line;
    return end == len ? n : 0;
}

const uint8_t *lsi_analyzer_fold(lsi_analyzer *a, const uint8_t *form, size_t len, size_t *out_len)
{
    *out_len = lsi_fold_full(&a->folder, form, len, a->folded);
    return a->folded;
}

/* Porter's rules for English give these the stem of another word; here they keep one of their own. */
static const struct {
    const char *word, *stem;
} english[] = {
    {"universities", "university"},
    {"university", "university"},
};

static const char *english_exception(const uint8_t *word, size_t len)
{
    for (size_t i = 0; i < LSI_COUNTOF(english); i++) {
        if (strlen(english[i].word) == len && !memcmp(english[i].word, word, len)) return english[i].stem;
    }
    return NULL;
}

/* The letters beyond ASCII that the rules of a language read; others are folded before stemming, so that Beyoncé and
 * Beyonce are one word in English and Zoë and Zoe in German. NULL: the rules read all, nothing is folded before. */
static const char *native_letters(int lang)
{
    switch (lang) {
    case LSI_LANG_NONE:
    case LSI_LANG_ARABIC:
    case LSI_LANG_BASQUE:
    case LSI_LANG_DUTCH:
    case LSI_LANG_ENGLISH:
    case LSI_LANG_INDONESIAN:
    case LSI_LANG_RUSSIAN:
        return "";
    case LSI_LANG_DANISH:
    case LSI_LANG_NORWEGIAN:
        return "æøå";
    case LSI_LANG_FINNISH:
    case LSI_LANG_SWEDISH:
        return "åäö";
    case LSI_LANG_GERMAN:
        return "äöüß";
    default:
        return NULL;
    }
}

static bool is_one_of(const char *letters, const uint8_t *letter, size_t len) /* all of them are of two bytes */
{
    for (; len == 2 && *letters; letters += 2) {
        if (!memcmp(letters, letter, 2)) return true;
    }
    return false;
}

/* Folds the letters of a->lower that are not native ones. */
static size_t fold_foreign(lsi_analyzer *a, size_t len, const char *native)
{
    uint8_t out[LSI_FORM_MAX], one[LSI_FORM_MAX];
    size_t n = 0;
    unsigned bytes;
    for (size_t at = 0; at < len; at += bytes) {
        uint32_t cp = lsi_utf8_get(a->lower, len, at, &bytes);
        bool keep = cp < 0x80 || is_one_of(native, a->lower + at, bytes);
        const uint8_t *from = keep ? a->lower + at : one;
        size_t k = keep ? bytes : lsi_fold_full(&a->folder, a->lower + at, bytes, one);
        if (n + k > LSI_FORM_MAX) break;
        memcpy(out + n, from, k);
        n += k;
    }
    memcpy(a->lower, out, n);
    return n;
}

/* The spelling that a language's stemmer wants, into a->lower. */
static size_t prepare(lsi_analyzer *a, int lang, const uint8_t *form, size_t len)
{
    if (lang == LSI_LANG_TURKISH) {
        const uint8_t *mark = len ? memchr(form, '\'', len) : NULL;
        if (mark && mark > form) len = (size_t)(mark - form);
        return lsi_fold_lower(&a->folder, form, len, true, a->lower);
    }
    len = lsi_utf8_cut(form, len, LSI_FORM_MAX);
    if (lsi_fold_ascii(form, len, a->lower)) return len;
    const char *native = native_letters(lang);
    if (native && !*native) return lsi_fold_full(&a->folder, form, len, a->lower);
    len = lsi_fold_lower(&a->folder, form, len, false, a->lower);
    return native ? fold_foreign(a, len, native) : len;
}

/* Figures, with points and commas: 1,234.5. */
static bool is_number(const uint8_t *word, size_t len)
{
    while (len && (lsi_is_digit(word[len - 1]) || word[len - 1] == '.' || word[len - 1] == ',')) len--;
    return !len;
}

const uint8_t *lsi_analyzer_term(lsi_analyzer *a, int lang, const uint8_t *form, size_t len, size_t *out_len)
{
    size_t n = prepare(a, lang, form, len);
    const uint8_t *stem;
    const char *own = lang == LSI_LANG_ENGLISH && n > 9 && a->lower[0] == 'u' ? english_exception(a->lower, n) : NULL;
    if (own) {
        *out_len = strlen(own);
        memcpy(a->term, own, *out_len);
        return a->term;
    }
    /* No language has endings of figures. */
    stem = is_number(a->lower, n) ? a->lower : lsi_stem(&a->stems, lang, a->lower, n, &n);
    if (!stem) return NULL;
    *out_len = lsi_fold_full(&a->folder, stem, n, a->term);
    return a->term;
}

const uint8_t *lsi_analyzer_term_again(lsi_analyzer *a, int lang, const uint8_t *form, size_t len, size_t *out_len)
{
    if (!len || len > KEPT_BYTES) return lsi_analyzer_term(a, lang, form, len, out_len);
    kept_term *set = a->kept[(lsi_hash_short(form, len) + (uint64_t)lang) % KEPT_SETS];
    for (kept_term *k = set; k < set + KEPT_WAYS; k++) {
        if (k->word_len != len || k->lang != lang || memcmp(k->word, form, len) != 0) continue;
        *out_len = k->term_len;
        return k->term;
    }
    const uint8_t *term = lsi_analyzer_term(a, lang, form, len, out_len);
    if (!term || *out_len > KEPT_BYTES) return term;
    memmove(set + 1, set, (KEPT_WAYS - 1) * sizeof *set);
    memcpy(set->word, form, len);
    memcpy(set->term, term, *out_len);
    set->word_len = (uint8_t)len;
    set->term_len = (uint8_t)*out_len;
    set->lang = (int16_t)lang;
    return set->term;
}

/* Appends text folded, white space to one blank, none at the ends. */
static void put_keyword(lsi_buf *out, const uint8_t *folded, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool space = folded[i] == ' ' || (folded[i] >= '\t' && folded[i] <= '\r');
        if (space && (!out->len || out->data[out->len - 1] == ' ')) continue;
        lsi_buf_put8(out, space ? ' ' : folded[i]);
    }
}

const uint8_t *lsi_analyzer_keyword(lsi_analyzer *a, const uint8_t *text, size_t len, size_t *out_len)
{
    lsi_buf *out = &a->keyword;
    *out_len = 0;
    lsi_buf_reset(out);
    if (!lsi_buf_reserve(out, 1)) return NULL;
    for (size_t at = 0; at < len;) {
        /* A long value goes piece by piece, cut behind a blank where there is one, so that marks stay with letters. */
        size_t n = lsi_utf8_cut(text + at, len - at, LSI_FORM_MAX / 4);
        if (!n) n = LSI_MIN(len - at, (size_t)LSI_FORM_MAX / 4); /* no UTF-8 at all */
        for (size_t i = at + n < len ? n : 0; i > 1; i--) {
            if (text[at + i - 1] != ' ') continue;
            n = i;
            break;
        }
        size_t folded = lsi_fold_full(&a->folder, text + at, n, a->folded);
        put_keyword(out, a->folded, folded);
        at += n;
    }
    if (out->rc) return NULL;
    while (out->len && out->data[out->len - 1] == ' ') out->len--;
    *out_len = out->len;
    return out->data;
}

int lsi_analyzer_stamp(uint64_t *out, ls_error *err)
{
    uint64_t parts[3] = {LSI_ANALYZER_VERSION, LSI_UNICODE_VERSION};
    uint8_t bytes[24];
    if (lsi_stem_fingerprint(&parts[2])) return lsi_fail_nomem(err);
    for (size_t i = 0; i < 3; i++) lsi_set64(bytes + 8 * i, parts[i]);
    *out = lsi_hash64(bytes, sizeof bytes);
    return LS_OK;
}
