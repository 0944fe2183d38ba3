/* feedback.h — words that the best of a search have in common, and how they stand beside the words of a query. */
#ifndef LSI_FEEDBACK_H
#define LSI_FEEDBACK_H
#include "libsearch/query/parse.h"

#define LSI_FEEDBACK_WORDS_MAX 100u

struct ls_feedback {
    lsi_arena arena; /* everything, this first */
    ls_feedback_word *words;
    size_t count;
};

/* Puts p->feedback, if there is one, beside the tree of a whole query. */
lsi_node *lsi_feedback_apply(lsi_parser *p, lsi_node *root);
void lsi_feedback_free(ls_feedback *f);
#endif
