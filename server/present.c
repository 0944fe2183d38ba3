/* present.c — whether an answer depends on the time at which it is asked for: since:7d, date:today, from=7d, fading scores.
 *
 * Such an answer is neither kept nor given an ETag: the same request means something else a moment later, though no
 * commit came between. The query says so itself, as parsed; its text is looked at only for the colon that every date
 * needs, so that most are parsed once. A period of from and to is counted from now if it is another one from a later
 * now. Ignorant of what is found. */
#include "server/present.h"

#include <string.h>

/* Two moments in which no period that is counted from them is the same. */
#define ONE_NOW   INT64_C(1700000000000)
#define OTHER_NOW INT64_C(1800000000000)

static bool query_does(const sd_exchange *x, const sd_arg *a)
{
    ls_query *q = NULL;
    bool does = true; /* where there is no memory to tell */
    if (!memchr(a->value, ':', a->value_len) || !x->snapshot) return false;
    if (ls_query_parse(&q, ls_reader_schema(sd_snapshot_reader(x->snapshot)), a->value, a->value_len, NULL, NULL) ==
        LS_OK)
        does = ls_query_uses_now(q) != 0;
    ls_query_free(q);
    return does;
}

static bool period_does(const sd_arg *a)
{
    int64_t one[2], other[2];
    if (ls_period_parse(a->value, a->value_len, NULL, ONE_NOW, &one[0], &one[1]) != LS_OK) return false;
    return ls_period_parse(a->value, a->value_len, NULL, OTHER_NOW, &other[0], &other[1]) != LS_OK ||
           memcmp(one, other, sizeof one) != 0;
}

bool sd_present_asked(const sd_exchange *x)
{
    size_t i;
    for (i = 0; i < x->target.arg_count; i++) {
        const sd_arg *a = &x->target.args[i];
        if (!strcmp(a->name, "half_life")) return true;
        if (!strcmp(a->name, "q") && query_does(x, a)) return true;
        /* of the schema's fields some are dates too: released=7d, from.released=7d */
        if ((!strcmp(a->name, "from") || !strcmp(a->name, "to") || !js_param_find(a->name, a->name_len, ~0u)) &&
            period_does(a))
            return true;
    }
    return false;
}
