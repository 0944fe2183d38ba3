/* codec_thing.h — for tests of the codec room: a structure on disk that is made and used, and what a use may answer. */
#ifndef TESTS_CODEC_THING_H
#define TESTS_CODEC_THING_H
#include "tests/codec_util.h"

#include "libsearch/codec/postings.h"

enum { MOST = 4 }; /* sections of a structure */

typedef struct thing { /* a written structure: its sections and what opens it */
    lsi_section s[MOST];
    int sections;
    uint32_t n, doc_count;
    uint64_t offset;
    lsi_list list;
} thing;

typedef struct kind {
    const char *name;
    int (*make)(thing *t, ls_error *err);      /* NOMEM: nothing is left */
    int (*use)(const thing *t, ls_error *err); /* LS_OK, or the first refusal; asserts what is promised */
} kind;

static uint32_t scale = 2000; /* entries of a structure, about */
static bool one_look_fails;   /* damage that is there for one look only */

/* What a use answers. Whatever verify lets pass is read without a refusal. */
static int both(int read, int verified)
{
    if (read == LS_CORRUPT && !verified && !one_look_fails) fail_msg("refused by a reader, and not by verify");
    return read ? read : verified;
}

static void finish(thing *t, out *o, int n, int rc)
{
    t->sections = rc ? 0 : n;
    for (int i = 0; i < n; i++) {
        if (rc) out_free(&o[i]);
        else t->s[i] = out_section(&o[i]);
    }
}

static int begin(out *o, int n, ls_error *err)
{
    for (int i = 0; i < n; i++) {
        lsi_buf_init(&o[i].buf, 0);
        o[i].sink = NULL;
    }
    for (int i = 0; i < n; i++)
        if (!(o[i].sink = lsi_sink_memory(&o[i].buf))) return lsi_fail_nomem(err);
    return LS_OK;
}

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if (!rc) rc = (call);                                                                                          \
    } while (0)
#endif
