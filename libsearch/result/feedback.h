/* feedback.h — words to be added to a query, from the best hits of its first search. */
#ifndef LSI_RESULT_FEEDBACK_H
#define LSI_RESULT_FEEDBACK_H
#include "libsearch/query/feedback.h"
#include "libsearch/result/hits.h"

int lsi_feedback_new(ls_feedback **out, const ls_reader *r, const ls_query *q, const ls_results *best,
                     const ls_feedback_options *o, ls_error *err);
#endif
