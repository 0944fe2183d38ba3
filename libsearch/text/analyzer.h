/* analyzer.h — from bytes of text to words: cut, normalised (the form), folded and stemmed (the term).
 *
 * form:   the word as written after NFC and apostrophes, case and accents kept: US, Zelensky, Häuser
 * folded: the form without case, accents and compatibility forms: us, zelensky, hauser
 * term:   the folded stem: us, zelenski, haus
 *
 * An lsi_analyzer belongs to one thread (Snowball's stemmers do). */
#ifndef LSI_ANALYZER_H
#define LSI_ANALYZER_H
#include "libsearch/util/base.h"
#include "libsearch/util/buf.h"
#include "libsearch/util/err.h"

#define LSI_ANALYZER_VERSION 1u   /* of the chain; the stamp below adds Unicode's and Snowball's */
#define LSI_FORM_MAX         256u /* bytes of a form; longer words are cut there, at a code point */

/* Languages: 0 is "none" (no stemming); others in order of their Snowball names. */
int lsi_lang_find(const char *name, size_t len); /* Snowball's name or ISO 639-1 code, any case; -1 unknown */
const char *lsi_lang_name(int lang);             /* "english"; "none" */
const char *lsi_lang_code(int lang);             /* "en"; "und" for none */
size_t lsi_lang_count(void);
const char *const *lsi_lang_names(void); /* NULL-terminated */
/* The language of a text from its script and function words; -1 where it cannot be told. Looks at ≤ 4 KB. */
int lsi_lang_detect(const uint8_t *text, size_t len);
/* The same where `prior` is expected (-1: none): it is the answer unless the evidence for another is clearly stronger. */
int lsi_lang_detect_or(const uint8_t *text, size_t len, int prior);
bool lsi_lang_is_function_word(int lang, const uint8_t *folded, size_t len);
/* Versions of analyzer, Unicode and Snowball in one number; kept in the manifest. LS_NOMEM. */
int lsi_analyzer_stamp(uint64_t *out, ls_error *err);

typedef struct lsi_analyzer lsi_analyzer;
int lsi_analyzer_new(lsi_analyzer **out, ls_error *err);
void lsi_analyzer_free(lsi_analyzer *a); /* takes NULL */

enum {
    LSI_TOK_JOINED = 1,       /* a hyphenated word joined: at its first part's position, not counted in length */
    LSI_TOK_SENTENCE = 2,     /* first word of a sentence */
    LSI_TOK_PARAGRAPH = 4,    /* first word of a paragraph (then also SENTENCE) */
    LSI_TOK_QUOTE_OPEN = 8,   /* first word behind an opening quotation mark */
    LSI_TOK_QUOTE_CLOSE = 16, /* last word before a closing one */
    LSI_TOK_BOILERPLATE = 32, /* in a boilerplate line; its position counts apart */
    LSI_TOK_TAIL = 64 /* the last letter of a run of bigrams, by itself: a query leaves it out (text keeps it) */
};
typedef struct lsi_token {
    const uint8_t *form; /* borrowed until the next call; may point into the text */
    uint32_t form_len;
    uint32_t position; /* from 0; ordinary and boilerplate words are counted apart */
    size_t start, end; /* bytes of the text, before normalisation */
    uint32_t flags;
} lsi_token;

/* Lists of boilerplate (lines.h) and the source whose texts are to be cut by them; {NULL, 0}: none. */
typedef struct lsi_lines_of {
    const struct lsi_lines *lines; /* borrowed while cutting */
    uint32_t source;
} lsi_lines_of;

/* Begin cutting a text (any bytes; borrowed while cutting). lang decides only what is language-specific. */
void lsi_tokens_begin(lsi_analyzer *a, const uint8_t *text, size_t len, int lang);
/* The same for a text of a source: lines that its list has are boilerplate too. */
void lsi_tokens_begin_of(lsi_analyzer *a, lsi_lines_of of, const uint8_t *text, size_t len, int lang);
/* The same words, and nothing about them: of the flags JOINED and TAIL alone, and no positions. */
void lsi_words_begin(lsi_analyzer *a, const uint8_t *text, size_t len, int lang);
int lsi_tokens_next(lsi_analyzer *a, lsi_token *out); /* 1: a word, 0: the end, negative: LS_NOMEM */
/* Passes over words that nobody looks for, as lsi_tokens_next would give them: common ones, without flags, whose first
 * byte (below 128, ASCII letters as small ones) has no bit in `second`, or not that of the second byte: a to z from bit 0
 * on, then 0 to 9. Words whose second letter is a y are not passed by their second. Returns the end of the last, or 0. */
size_t lsi_tokens_pass(lsi_analyzer *a, const uint64_t second[128]);
/* The next words that are ASCII as they stand, in a row, of a text below 4 GB: gives how many (≤ most), perhaps none
 * though there are. The first one's position and flags; the others follow, and have no flags. */
typedef struct lsi_plain_word {
    uint32_t start, len; /* of the text */
} lsi_plain_word;
uint32_t lsi_tokens_plain(lsi_analyzer *a, lsi_plain_word *out, uint32_t most, uint32_t *position, uint32_t *flags);
int lsi_tokens_other(lsi_analyzer *a, lsi_token *out); /* lsi_tokens_next, where no plain word is expected */
uint64_t lsi_tokens_invalid(const lsi_analyzer *a);    /* bytes that were not UTF-8, of the text so far */
/* The line that begins with a word of the text being cut, as lists of boilerplate compare it (lines.h): its words in *key,
 * borrowed until the next call of this function on a. 0: more than a list can have. *end: of the line. */
size_t lsi_tokens_line(lsi_analyzer *a, size_t start, const uint8_t **key, size_t *end);

/* Folded spelling of a form; borrowed until the next call of this function on a. NULL: no memory. */
const uint8_t *lsi_analyzer_fold(lsi_analyzer *a, const uint8_t *form, size_t len, size_t *out_len);
/* The term of a form in a language; borrowed until the next call of this function on a. NULL: no memory. */
const uint8_t *lsi_analyzer_term(lsi_analyzer *a, int lang, const uint8_t *form, size_t len, size_t *out_len);
/* The same for words that come again, as those of queries do: short ones are kept with their terms. */
const uint8_t *lsi_analyzer_term_again(lsi_analyzer *a, int lang, const uint8_t *form, size_t len, size_t *out_len);
/* Folds a keyword value (case and accents, inner white space to one blank); same lifetime as fold. */
const uint8_t *lsi_analyzer_keyword(lsi_analyzer *a, const uint8_t *text, size_t len, size_t *out_len);
/* The words of one line by itself, as above; 0: none, more than a list can have, or several lines. */
size_t lsi_analyzer_line(lsi_analyzer *a, const uint8_t *text, size_t len, const uint8_t **key);

/* Copies text to out as valid UTF-8: each invalid byte becomes U+FFFD. Returns the count of invalid bytes. */
uint64_t lsi_utf8_repair(const uint8_t *text, size_t len, lsi_buf *out);
bool lsi_utf8_valid(const uint8_t *text, size_t len);

/* The rule of ls_headline: true, and where the headline and the rest are. */
bool lsi_headline(const uint8_t *text, size_t len, size_t *start, size_t *end, size_t *rest);

/* Hidden terms, in list 0 only, whose positions are those of the flagged words. */
#define LSI_TERM_SENTENCE    "\x01s"
#define LSI_TERM_PARAGRAPH   "\x01p"
#define LSI_TERM_QUOTE_OPEN  "\x01q"
#define LSI_TERM_QUOTE_CLOSE "\x01r"
#endif
