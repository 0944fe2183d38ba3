/* fold.c — owns the folded spelling: what two spellings must have in common to be found by each other.
 *
 * In this order: compatibility decomposition and full case folding (utf8proc: ﬁ → fi, ß → ss, Ａ → a), default
 * ignorable characters off (soft hyphen, joiners, variation selectors), marks dropped or kept as below, letters
 * replaced as below, decimal digits of any script to 0–9, composition (NFC).
 *
 * Marks. Diacritics (the combining blocks) are dropped from all letters: é → e, å → a, ş → s, ή → η. Exceptions:
 *   - Cyrillic letters of their own stay: й ї ў ѓ ќ ӣ ӥ … Dropped are stress (Пу́тин → путин, ѝ → и) and the dots of ё
 *     (ё → е, as Russian print does).
 *   - Arabic: vowel signs, shadda, Koranic marks and tatweel go; alef with hamza or madda → alef. Hamza on waw and yeh
 *     stays. ى and the Persian ی → ي, ک → ك (one letter, several keyboards).
 *   - Hebrew points go.
 *   - Everything else stays: Japanese dakuten (が is not か), Indic vowel signs, virama and nukta, Thai tone marks.
 * Letters without a decomposition: ø → o, ł → l, đ ð → d, þ → th, æ → ae, œ → oe, ħ → h, ŧ → t, ŋ → n, ı → i. German ä
 * is a, not ae. Apostrophes of all shapes → '.
 *
 * Invariants: folding is idempotent; a word that would fold to nothing stays as it is. Ignorant of languages. */
#include "libsearch/text/fold.h"
#include "libsearch/text/ucd.h"
#include "libsearch/text/utf8.h"
#include <utf8proc.h>

bool lsi_fold_is_apostrophe(uint32_t cp)
{
    return cp == '\'' || cp == 0x2019 || cp == 0x2018 || cp == 0x2bc || cp == 0x2bb || cp == 0xff07;
}

bool lsi_fold_ascii(const uint8_t *s, size_t len, uint8_t *out)
{
    uint8_t all = 0;
    for (size_t i = 0; i < len; i++) {
        all |= s[i];
        out[i] = lsi_ascii_lower(s[i]);
    }
    return all < 0x80;
}

/* Writes code points as UTF-8, as many as fit. */
static size_t encode(const int32_t *cps, size_t count, uint8_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t one[4];
        unsigned bytes = lsi_utf8_put((uint32_t)cps[i], one);
        if (n + bytes > LSI_FORM_MAX) break;
        memcpy(out + n, one, bytes);
        n += bytes;
    }
    return n;
}

/* Decomposes (at most LSI_FORM_MAX bytes) by utf8proc's options into f->cps. */
static size_t decompose(lsi_folder *f, const uint8_t *s, size_t len, int options)
{
    size_t count = 0;
    int boundary = 0;
    len = lsi_utf8_cut(s, len, LSI_FORM_MAX);
    for (size_t at = 0; at < len;) {
        unsigned bytes;
        uint32_t cp = lsi_utf8_get(s, len, at, &bytes);
        at += bytes;
        utf8proc_ssize_t n =
            utf8proc_decompose_char((utf8proc_int32_t)cp, f->cps + count, (utf8proc_ssize_t)(LSI_FOLD_CPS - count),
                                    (utf8proc_option_t)options, &boundary);
        if (n < 0 || (size_t)n > LSI_FOLD_CPS - count) break;
        count += (size_t)n;
    }
    return count;
}

/* Canonical order: marks of one letter sorted by combining class, stable. */
static void reorder(int32_t *cps, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        int32_t cp = cps[i];
        if (!(lsi_ucd((uint32_t)cp) & LSI_UCD_UNSTABLE)) continue;
        int ccc = utf8proc_get_property(cp)->combining_class;
        if (!ccc) continue;
        size_t j = i;
        for (; j && utf8proc_get_property(cps[j - 1])->combining_class > ccc; j--) cps[j] = cps[j - 1];
        cps[j] = cp;
    }
}

static size_t compose(int32_t *cps, size_t count)
{
    utf8proc_ssize_t n = utf8proc_normalize_utf32(cps, (utf8proc_ssize_t)count, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    return n < 0 ? count : (size_t)n;
}

size_t lsi_fold_nfc(lsi_folder *f, const uint8_t *s, size_t len, uint8_t *out)
{
    size_t count = decompose(f, s, len, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE);
    reorder(f->cps, count);
    return encode(f->cps, compose(f->cps, count), out);
}

size_t lsi_fold_lower(lsi_folder *f, const uint8_t *s, size_t len, bool turkish, uint8_t *out)
{
    size_t count = 0;
    len = lsi_utf8_cut(s, len, LSI_FORM_MAX);
    for (size_t at = 0; at < len;) {
        unsigned bytes;
        uint32_t cp = lsi_utf8_get(s, len, at, &bytes);
        at += bytes;
        if (lsi_fold_is_apostrophe(cp)) cp = '\'';
        f->cps[count++] = turkish && cp == 'I' ? 0x131 : utf8proc_tolower((utf8proc_int32_t)cp);
    }
    return encode(f->cps, count, out);
}

static bool is_diacritic(uint32_t cp)
{
    return (cp >= 0x300 && cp <= 0x36f) || (cp >= 0x483 && cp <= 0x489) || (cp >= 0x1ab0 && cp <= 0x1aff) ||
           (cp >= 0x1dc0 && cp <= 0x1dff) || (cp >= 0x20d0 && cp <= 0x20ff) || (cp >= 0xfe20 && cp <= 0xfe2f);
}

/* Whether a diacritic makes another letter of this Cyrillic (lower-case) one. */
static bool keeps_cyrillic(uint32_t base, uint32_t mark)
{
    switch (mark) {
    case 0x306: /* breve: й ў */
    case 0x304: /* macron: ӣ ӯ */
    case 0x30b: /* double acute: ӳ */
        return true;
    case 0x308:
        return base != 0x435; /* ї ӥ, but ё → е */
    case 0x301:
        return base == 0x433 || base == 0x43a; /* ѓ ќ; else stress */
    default:
        return false;
    }
}

static bool keeps_mark(uint32_t base, uint32_t mark)
{
    if (is_diacritic(mark)) {
        return lsi_ucd_script(lsi_ucd(base)) == LSI_SC_CYRILLIC && keeps_cyrillic(base, mark);
    }
    if (mark >= 0x591 && mark <= 0x5c7) return false; /* Hebrew points */
    if (mark == 0x654) return base == 0x648 || base == 0x64a || base == 0x6c1 || base == 0x6d2;
    bool arabic = (mark >= 0x610 && mark <= 0x61a) || (mark >= 0x64b && mark <= 0x65f) || mark == 0x670 ||
                  (mark >= 0x6d6 && mark <= 0x6ed);
    return !arabic;
}

/* The letters that stand for one without a decomposition; 0 where it stands for itself. */
static const char *replacement(uint32_t cp)
{
    switch (cp) {
    case 0xe6:
        return "ae";
    case 0xf0: /* ð */
    case 0x111:
        return "d";
    case 0xf8:
        return "o";
    case 0xfe:
        return "th";
    case 0x127:
        return "h";
    case 0x131:
        return "i";
    case 0x142:
        return "l";
    case 0x14b:
        return "n";
    case 0x153:
        return "oe";
    case 0x167:
        return "t";
    case 0x5f3:
        return "'"; /* geresh */
    case 0x5f4:
        return "\""; /* gershayim: צה״ל is צה"ל */
    default:
        return lsi_fold_is_apostrophe(cp) ? "'" : NULL;
    }
}

static uint32_t digit_value(uint32_t cp) /* of a decimal digit */
{
    size_t lo = 0, hi = lsi_ucd_zero_count;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (lsi_ucd_zeros[mid] <= cp) lo = mid;
        else hi = mid;
    }
    return cp - lsi_ucd_zeros[lo];
}

static uint32_t map_one(uint32_t cp)
{
    if (cp == 0x649 || cp == 0x6cc) return 0x64a;
    if (cp == 0x6a9) return 0x643;
    if (lsi_ucd(cp) & LSI_UCD_DIGIT) return '0' + digit_value(cp);
    return cp;
}

/* Drops and replaces in place; no replacement is longer than two letters, of which there is always room: see below. */
static size_t simplify(const int32_t *from, size_t count, int32_t *to)
{
    size_t n = 0;
    uint32_t base = 0;
    for (size_t i = 0; i < count && n + 2 <= LSI_FOLD_CPS; i++) {
        uint32_t cp = (uint32_t)from[i];
        if (cp == 0x640) continue; /* tatweel */
        const char *letters = replacement(cp);
        if (letters) {
            base = (uint32_t)letters[0];
            for (; *letters; letters++) to[n++] = *letters;
        } else if (lsi_ucd(cp) & LSI_UCD_MARK) {
            if (keeps_mark(base, cp)) to[n++] = (int32_t)cp;
        } else {
            base = map_one(cp);
            to[n++] = (int32_t)base;
        }
    }
    return n;
}

size_t lsi_fold_general(lsi_folder *f, const uint8_t *s, size_t len, uint8_t *out)
{
    int32_t kept[LSI_FOLD_CPS];
    len = lsi_utf8_cut(s, len, LSI_FORM_MAX);
    size_t count = decompose(f, s, len, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    reorder(f->cps, count);
    count = simplify(f->cps, count, kept);
    size_t n = encode(kept, compose(kept, count), out);
    if (n) return n;
    memcpy(out, s, len);
    return len;
}

/* What the general way makes of one common letter, for those that no neighbour changes but a mark, which is not among
 * them; 0 for all others. é and ß: their ASCII letters; Cyrillic: lower case; kana, Han and Hangul: themselves. */
static unsigned fold_common(uint32_t cp, uint8_t *out)
{
    static const char latin[] = "aaaaaa ceeeeiiiidnooooo ouuuuy  "; /* from à on; a blank: not one letter */
    if (cp < 0x80) {
        out[0] = lsi_ascii_lower((uint8_t)cp);
        return 1;
    }
    if (cp >= 0xc0 && cp <= 0xfe && cp != 0xdf) {
        out[0] = (uint8_t)latin[(cp | 0x20) - 0xe0];
        return out[0] != ' ';
    }
    if (cp >= 0x400 && cp <= 0x45f) {
        if (cp < 0x410) cp += 0x50;
        else if (cp < 0x430) cp += 0x20;
        if (cp == 0x450 || cp == 0x451) cp = 0x435; /* ѐ ё */
        if (cp == 0x45d) cp = 0x438;                /* ѝ */
        return lsi_utf8_put(cp, out);
    }
    bool same = (cp >= 0x3041 && cp <= 0x3096) || (cp >= 0x30a1 && cp <= 0x30fa) || cp == 0x30fc ||
                (cp >= 0x4e00 && cp <= 0x9fff) || (cp >= 0xac00 && cp <= 0xd7a3);
    return same ? lsi_utf8_put(cp, out) : 0;
}

size_t lsi_fold_full(lsi_folder *f, const uint8_t *s, size_t len, uint8_t *out)
{
    size_t n = 0;
    unsigned bytes, put;
    len = lsi_utf8_cut(s, len, LSI_FORM_MAX);
    for (size_t at = 0; at < len; at += bytes) { /* no common letter folds to more bytes than it has */
        put = fold_common(lsi_utf8_get(s, len, at, &bytes), out + n);
        if (!put) return lsi_fold_general(f, s, len, out);
        n += put;
    }
    return n;
}
