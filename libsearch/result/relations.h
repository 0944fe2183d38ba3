/* relations.h — which documents of a snapshot are copies, excerpts, updates of one, read from what segments keep. */
#ifndef LSI_RELATIONS_H
#define LSI_RELATIONS_H
#include "libsearch/index/snapshot.h"
#include "libsearch/util/arena.h"

#define LSI_RELATIONS_FOLD 26214u /* .40 of LSI_SHARE_ONE: from here on documents fold */

typedef struct lsi_related { /* a text that another is related to */
    uint64_t text;
    uint16_t share, back; /* of the one in this one, of this one in the one; both LSI_SHARE_ONE where equal */
    uint8_t common;       /* different shingles in both, at most LSI_SHINGLES_SO */
} lsi_related;

/* What the relation of two documents depends on beside their texts. */
typedef struct lsi_copy_facts {
    uint64_t doc, text;
    uint32_t shingles;
    bool dated;
    int64_t published, version;
    const uint8_t *source;   /* folded; borrowed from the segment */
    size_t source_len;       /* 0: none */
    const uint8_t *language; /* as given, else of what stemmed it: "pt" of pt-BR */
    size_t language_len;
} lsi_copy_facts;

int lsi_relations_facts(const lsi_snapshot *s, uint64_t doc, lsi_copy_facts *out, ls_error *err);
/* Texts of which at least `least` lies in `text` or the other way round, rising, each once; in the arena. */
int lsi_relations_texts(const lsi_snapshot *s, uint64_t text, uint16_t least, lsi_arena *a, lsi_related **out,
                        size_t *count, ls_error *err);
/* Documents of a text that this snapshot shows, appended to docs[*count], in an array that grows; no more than `most`
 * in all. */
int lsi_relations_docs(const lsi_snapshot *s, uint64_t text, uint64_t **docs, size_t *count, size_t *cap, size_t most,
                       ls_error *err);
/* The relation of two documents whose texts are related; 0: none. A share of .20 is enough. */
int lsi_relations_judge(const lsi_copy_facts *a, const lsi_copy_facts *b, const lsi_related *r);

/* shared.c */
int lsi_similar_find(ls_similar_list **out, const ls_reader *r, uint64_t doc, const ls_similar_options *o,
                     ls_error *err);
void lsi_similar_free(ls_similar_list *list); /* takes NULL */
#endif
