/* synonyms.h — words that mean the same, as a file lists them: line by line, found by the words of a query. */
#ifndef LSI_SYNONYMS_H
#define LSI_SYNONYMS_H
#include "libsearch/query/parse.h"
#include "libsearch/util/map.h"

#define LSI_SYNONYM_WORDS_MAX 16u   /* words of one entry */
#define LSI_SYNONYM_BYTES_MAX 128u  /* bytes of one entry */
#define LSI_SYNONYM_ADDED_MAX 32u   /* entries of a line, and what one word of a query may gain */
#define LSI_SYNONYM_BOOST     500u  /* thousandths: what is added weighs half of what was typed (docs/DECISIONS.md) */
#define LSI_SYNONYM_KEY_MAX   4224u /* 16 terms of at most LSI_FORM_MAX bytes, parted */

typedef struct lsi_synonym_entry {
    const char *text; /* as written, trimmed, NUL-terminated */
    const uint8_t *key;
    uint32_t key_len, line;
    uint32_t next; /* the entry of another line that is read as the same words; LSI_MAP_NONE: none */
    uint32_t last; /* of the first of such a chain: its end */
} lsi_synonym_entry;
typedef struct lsi_synonym_line {
    uint32_t first, count; /* of entries */
} lsi_synonym_line;

struct ls_synonyms {
    lsi_arena arena; /* texts and keys */
    lsi_map keys;    /* key → its first entry */
    lsi_synonym_entry *entries;
    size_t entry_count, entry_cap;
    lsi_synonym_line *lines;
    size_t line_count, line_cap;
    ls_warning *warnings;
    size_t warning_count, warning_cap;
    int lang; /* that stemmed the keys: the index's */
    uint64_t stamp;
};

int lsi_synonyms_new(ls_synonyms **out, const ls_schema *s, const char *text, size_t len, ls_error *err);
void lsi_synonyms_free(ls_synonyms *s); /* takes NULL */
/* The key of words that stand side by side: their terms in the index's language. Appends to key; false where one has
 * no term or there is no room. */
bool lsi_synonym_key(uint8_t *key, size_t *len, const lsi_qword *words, uint32_t count);
#endif
