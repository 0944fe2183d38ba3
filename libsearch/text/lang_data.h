/* lang_data.h — function words and letters of many languages, generated into lang_data.c. */
#ifndef LSI_LANG_DATA_H
#define LSI_LANG_DATA_H
#include "libsearch/text/lang.h"

/* A tongue is a language as it is told from others; many are stemmed by none. Bit i of a mask is tongue i. */
typedef struct lsi_tongue {
    const char *code; /* ISO 639-1 */
    uint8_t lang;     /* LSI_LANG_… */
    uint8_t script;   /* LSI_SC_… */
} lsi_tongue;
typedef struct lsi_lang_word {
    const char *word; /* folded */
    uint32_t len;     /* its bytes */
    uint64_t tongues;
} lsi_lang_word;
typedef struct lsi_lang_letter {
    uint32_t cp; /* lower case */
    uint64_t tongues;
} lsi_lang_letter;

extern const lsi_tongue lsi_tongues[];
extern const size_t lsi_tongue_count;
extern const lsi_lang_word lsi_lang_words[];
extern const uint16_t lsi_lang_slots[];          /* open addressing: index + 1 into lsi_lang_words, 0 free */
extern const size_t lsi_lang_slot_count;         /* a power of two */
extern const lsi_lang_letter lsi_lang_letters[]; /* sorted */
extern const size_t lsi_lang_letter_count;
#endif
