/* explain.h — why a document has its score. */
#ifndef LSI_EXPLAIN_H
#define LSI_EXPLAIN_H
#include "libsearch/result/hits.h"

int lsi_explanation_make(ls_explanation **out, const ls_reader *r, const ls_query *q, const ls_search_options *o,
                         uint64_t doc, ls_error *err);
void lsi_explanation_free(ls_explanation *e);
#endif
