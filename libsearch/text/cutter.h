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
    bool ascii;        /* the form is text[start, form_end) as it stands */
} lsi_unit;

typedef struct lsi_cutter {
    lsi_folder *fold; /* work space, borrowed */
    const uint8_t *text;
    size_t len;
    int lang;
    bool wrapped; /* lines are broken at a width: one newline is a blank */
    bool plain;   /* tests: the ASCII path is not taken */
    size_t block; /* masks of text[block, block + 64); SIZE_MAX none */
    uint64_t alnum, high;
    size_t uax_start, uax_end; /* the untailored segment read last */
    size_t next;               /* where the next word starts; len: none */
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
void lsi_cutter_begin(lsi_cutter *c, const uint8_t *text, size_t len, int lang);
bool lsi_cutter_next(lsi_cutter *c, lsi_token *out);

/* unit.c */
bool lsi_cutter_is_word(const lsi_cutter *c, size_t at, uint32_t *kind); /* a word starts or goes on here (at < len) */
void lsi_cutter_load(lsi_cutter *c, size_t block);                       /* the masks of text[block, block + 64) */
/* The first byte from `at` on that is no ASCII letter or digit, or len. */
LSI_INLINE size_t lsi_cutter_run_end(lsi_cutter *c, size_t at)
{
    while (at < c->len) {
        size_t block = at & ~(size_t)63;
        if (LSI_UNLIKELY(block != c->block)) lsi_cutter_load(c, block);
        uint64_t stop = ~c->alnum >> (at & 63);
        if (LSI_LIKELY(stop)) return LSI_MIN(at + lsi_ctz64(stop), c->len);
        at = block + 64;
    }
    return c->len;
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

LSI_INLINE bool lsi_is_alpha(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}
LSI_INLINE bool lsi_is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}
LSI_INLINE bool lsi_is_alnum(uint8_t c)
{
    return lsi_is_alpha(c) || lsi_is_digit(c);
}
#endif
