/* cutter.h — a text being cut into words: the state shared by tokenize.c, unit.c, sentence.c and layout.c. */
#ifndef LSI_CUTTER_H
#define LSI_CUTTER_H
#include "libsearch/text/fold.h"
#include "libsearch/text/ucd.h"
#include "libsearch/text/utf8.h"

/* The smallest thing that is a word by itself: a run of letters and numbers, U.S., AT&T, C++. */
typedef struct lsi_unit {
    size_t start, end; /* in the text */
    size_t form_end;   /* the form ends here: before a possessive 's or a case ending (EU:n) */
    bool dotted;       /* single letters with dots, which the form leaves out */
    bool as_is;        /* the form is text[start, form_end) as it stands */
} lsi_unit;

#define LSI_CHUNK 4096u
typedef struct lsi_cutter {
    lsi_folder *fold; /* work space, borrowed */
    const uint8_t *text;
    size_t len;
    int lang;
    bool wrapped;                   /* lines are broken at a width: one newline is a blank */
    bool plain;                     /* tests: the ASCII path is not taken */
    bool words_only;                /* nobody asks for sentences, paragraphs, quotations and boilerplate */
    lsi_lines_of listed;            /* further boilerplate, set before a text is begun */
    size_t chunk;                   /* what alnum is of: LSI_CHUNK bytes of the text from here on */
    size_t fast_from;               /* from here on lsi_cutter_next_plain may be tried; SIZE_MAX: nowhere (in tests) */
    uint64_t alnum[LSI_CHUNK / 64]; /* one bit a byte: an ASCII letter or digit */
    size_t uax_start, uax_end;      /* the untailored segment read last */
    size_t next;                    /* where the next word starts; len: none */
    uint32_t next_flags;
    uint32_t quotes;   /* open quotation marks, one bit a shape; see sentence.c */
    size_t region_end; /* before it words are parts of a compound or an address */
    bool in_address;
    bool in_run; /* the last token was a bigram */
    size_t boiler_end;
    uint32_t position, boiler_position;
    bool has_joined;
    lsi_token joined; /* to be given next */
    uint8_t form[LSI_FORM_MAX], joined_form[LSI_FORM_MAX], scratch[LSI_FORM_MAX];
} lsi_cutter;

/* tokenize.c */
void lsi_cutter_begin(lsi_cutter *c, const uint8_t *text, size_t len, int lang, bool words_only);
bool lsi_cutter_next(lsi_cutter *c, lsi_token *out);

/* unit.c */
bool lsi_cutter_is_word(const lsi_cutter *c, size_t at, uint32_t *kind); /* a word starts or goes on here (at < len) */
void lsi_cutter_load(lsi_cutter *c, size_t chunk);                       /* a multiple of 64 */
/* The first byte from `at` on that is no ASCII letter or digit, or len. */
LSI_INLINE size_t lsi_cutter_run_end(lsi_cutter *c, size_t at)
{
    while (at < c->len) {
        size_t bit = at - c->chunk; /* huge where at lies before it */
        if (LSI_UNLIKELY(bit >= LSI_CHUNK)) {
            lsi_cutter_load(c, at & ~(size_t)63);
            bit = at & 63;
        }
        uint64_t stop = ~c->alnum[bit >> 6] >> (bit & 63);
        if (LSI_LIKELY(stop)) return LSI_MIN(at + lsi_ctz64(stop), c->len);
        at = (at | 63) + 1;
    }
    return c->len;
}
/* Which of the 64 bytes from `at` on are ASCII letters or digits; none behind the text. at < chunk + LSI_CHUNK - 64. */
LSI_INLINE uint64_t lsi_cutter_letters(const lsi_cutter *c, size_t at)
{
    const size_t bit = at - c->chunk, left = c->len - at;
    const uint64_t *mask = c->alnum + (bit >> 6);
    uint64_t letters = bit & 63 ? mask[0] >> (bit & 63) | mask[1] << (64 - (bit & 63)) : mask[0];
    return left < 64 ? letters & ((UINT64_C(1) << left) - 1) : letters; /* behind it are bits of what was there */
}
void lsi_unit_read(lsi_cutter *c, size_t at, bool atom_only, lsi_unit *out);
/* The end of one letter of a script without blanks, marks included. */
size_t lsi_unit_letter_end(const lsi_cutter *c, size_t at);
/* Spells text[start, end) out: ignorable characters off, apostrophes one shape, NFC, cut. May point into the text. */
const uint8_t *lsi_unit_spell(lsi_cutter *c, size_t start, size_t end, bool drop_dots, uint8_t *out, uint32_t *out_len);
const uint8_t *lsi_unit_form(lsi_cutter *c, const lsi_unit *u, uint8_t *out, uint32_t *out_len);

/* address.c: the end of the web or e-mail address that begins at `at`, or 0. `unit_end`: of the unit read there. */
size_t lsi_address_end(const lsi_cutter *c, size_t at, size_t unit_end);

/* sentence.c: what stands between two words. */
typedef struct lsi_gap {
    size_t next;    /* the next word, or len */
    uint32_t flags; /* of the next word */
    bool closes;    /* a quotation ends behind the word before */
} lsi_gap;
/* prev: the word before, NULL at the beginning of the text. */
void lsi_gap_read(lsi_cutter *c, const lsi_unit *prev, size_t from, lsi_gap *out);

/* layout.c */
bool lsi_layout_wrapped(const uint8_t *text, size_t len);
/* The end of the boilerplate line that starts at `at`, or 0 where it is an ordinary one. */
size_t lsi_layout_boilerplate(lsi_cutter *c, size_t at);

/* The end of the word at `start` where it is of the commonest kind, else 0: ASCII letters, then a blank (or the end of a
 * broken line), perhaps behind a comma, then ASCII again, at *next. Nothing that this takes has a sign in it that the
 * rules look at, so that lsi_cutter_next would give the same. From fast_from on; `chunk` may move. */
LSI_INLINE size_t lsi_cutter_plain_end(lsi_cutter *c, size_t start, size_t *next)
{
    size_t bit = start - c->chunk;
    if (bit >= LSI_CHUNK - 64) return 0;
    uint64_t stop = ~c->alnum[bit >> 6] >> (bit & 63);
    size_t end = stop ? start + lsi_ctz64(stop) : lsi_cutter_run_end(c, start);
    if (LSI_UNLIKELY(end == start || end + 3 > c->len)) return 0;
    const uint8_t *text = c->text;
    size_t blank = end;
    if (text[end] != ' ') {
        blank += text[end] == ',' || (text[end] == '.' && c->words_only && end - start > 1); /* not U. S. */
        if (text[blank] != ' ' && (text[blank] != '\n' || !c->wrapped)) return 0;
    }
    if (!lsi_is_alnum(text[blank + 1]) || end - start > LSI_FORM_MAX) return 0;
    *next = blank + 1;
    return end;
}

/* The next word where it is such a one, else false and nothing changed; the quick way of lsi_tokens_next. */
LSI_INLINE bool lsi_cutter_next_plain(lsi_cutter *c, lsi_token *out)
{
    size_t start = c->next, next = 0, end = start < c->fast_from ? 0 : lsi_cutter_plain_end(c, start, &next);
    if (!end) return false;
    out->form = c->text + start;
    out->form_len = (uint32_t)(end - start);
    out->position = c->position++;
    out->start = start;
    out->end = end;
    out->flags = c->next_flags;
    c->next = next;
    c->next_flags = 0;
    return true;
}

/* Such words in a row, those that the bits of 64 bytes tell at a time; gives how many, and the position and flags of the
 * first: the others follow and have none. A word longer than that, or at the end of a text or chunk, is not taken. */
LSI_INLINE uint32_t lsi_cutter_plain_run(lsi_cutter *c, lsi_plain_word *out, uint32_t most, uint32_t *position,
                                         uint32_t *flags)
{
    size_t at = c->next;
    uint32_t n = 0;
    bool on = at >= c->fast_from;
    while (on && at - c->chunk < LSI_CHUNK - 64) {
        const uint64_t letters = lsi_cutter_letters(c, at);
        const uint8_t *text = c->text + at;
        const size_t left = c->len - at;
        const unsigned limit = left >= 64 ? 62 : left > 2 ? (unsigned)left - 2 : 0;
        unsigned from = 0;
        while ((on = n < most)) {
            uint64_t stop = ~letters >> from;
            unsigned end = stop ? from + lsi_ctz64(stop) : 64;
            if (end >= limit) {
                on = from > 0; /* once more, from this word on */
                break;
            }
            unsigned next = end + 1 + (text[end] == ',');
            uint8_t blank = text[next - 1];
            on = end > from && (blank == ' ' || (blank == '\n' && c->wrapped)) && letters >> next & 1;
            if (!on) break;
            out[n++] = (lsi_plain_word){(uint32_t)(at + from), end - from};
            from = next;
        }
        at += from;
    }
    if (!n) return 0;
    *position = c->position;
    *flags = c->next_flags;
    c->position += n;
    c->next = at;
    c->next_flags = 0;
    return n;
}
#endif
