/* suggest.h — completions of what is being typed, did-you-mean, more like this. */
#ifndef LSI_SUGGEST_H
#define LSI_SUGGEST_H
#include "libsearch/query/resolve.h"

/* The folded spellings of the snapshot that begin with the first `kept` bytes and, where a distance is given, are within
 * so many edits of the whole: with how often they stand, and as most frequently written. Everything lives in the
 * scratch's arena. */
typedef struct lsi_spelling {
    const uint8_t *folded, *form;
    uint32_t folded_len, form_len;
    uint64_t df;      /* live documents of its forms, summed */
    uint64_t form_df; /* of the form given */
    uint32_t distance;
} lsi_spelling;
typedef struct lsi_spellings {
    size_t kept, passed; /* bytes; what begins with the first `passed` of them is passed by (0: nothing is) */
    uint32_t distance;   /* 0: whatever begins so */
    uint64_t *moves; /* how many entries of dictionaries may be looked for, less those that were; with none left, what
                          * was found by then (NULL: no limit) */
} lsi_spellings;
int lsi_spellings_find(lsi_spelling **out, size_t *count, const lsi_snapshot *snap, lsi_scratch *s,
                       const uint8_t *folded, size_t len, const lsi_spellings *which, ls_error *err);

/* limit 0: 10. whole: the text is not being typed any more; nothing is completed, did_you_mean alone is made. */
int lsi_suggest(ls_suggestions **out, const ls_reader *r, const char *text, size_t len, size_t limit, bool whole,
                ls_error *err);
void lsi_suggestions_free(ls_suggestions *s);
int lsi_more_like(ls_query **out, const ls_reader *r, uint64_t doc, ls_error *err);
#endif
