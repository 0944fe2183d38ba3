/* story_util.h — what the tests of the article model share: stories, a clock that is set by hand, readers by scope. */
#ifndef STORY_UTIL_H
#define STORY_UTIL_H
#include "tests/index_util.h"

static ls_error err;
static int64_t clock_now = 1700000000000;

static inline int64_t read_clock(void *ctx)
{
    (void)ctx;
    return __atomic_load_n(&clock_now, __ATOMIC_RELAXED);
}

typedef struct story { /* what a test adds; NULL and 0: not there */
    const char *id, *guid, *title, *body, *source, *status, *note;
    int64_t version, updated, embargoed;
} story;

static inline void add_value(ls_doc *d, const char *field, const char *text)
{
    if (text) OK(ls_doc_add_text(d, field, text, strlen(text), &err));
}

static inline int add_story(ls_writer *w, story s, int revive, ls_added *added)
{
    ls_doc *d;
    LS_INIT(ls_add_options, o);
    o.revive = revive;
    OK(ls_doc_new(&d, &err));
    if (s.id) OK(ls_doc_set_id(d, s.id, strlen(s.id), &err));
    add_value(d, "guid", s.guid);
    add_value(d, "title", s.title);
    add_value(d, "body", s.body);
    add_value(d, "source", s.source);
    add_value(d, "status", s.status);
    add_value(d, "ednote", s.note);
    if (s.updated) OK(ls_doc_add_int(d, "updated", s.updated, &err));
    if (s.embargoed) OK(ls_doc_add_int(d, "embargoed", s.embargoed, &err));
    ls_doc_set_version(d, s.version);
    int rc = ls_add_with(w, d, &o, added, &err);
    ls_doc_free(d);
    return rc;
}

static inline ls_added added_by(ls_writer *w, story s)
{
    LS_INIT(ls_added, a);
    OK(add_story(w, s, 0, &a));
    return a;
}

#define ADDS(w, code, version_, ...)                                                                                   \
    do {                                                                                                               \
        ls_added adds = added_by(w, (story){__VA_ARGS__});                                                             \
        assert_int_equal(adds.result, code);                                                                           \
        assert_int_equal(adds.version, version_);                                                                      \
    } while (0)

/* A writer and readers by the clock above. */
static inline ls_writer *clocked_writer(unsigned flags, size_t memory)
{
    ls_writer *w;
    LS_INIT(ls_writer_options, o);
    o.flags = flags;
    o.memory_bytes = memory;
    o.clock = read_clock;
    OK(ls_writer_open(&w, index_path, &o, &err));
    return w;
}

static inline ls_reader *reader(unsigned flags)
{
    ls_reader *r;
    LS_INIT(ls_reader_options, o);
    o.flags = flags;
    o.clock = read_clock;
    OK(ls_reader_open(&r, index_path, &o, &err));
    return r;
}

static inline bool has_guid(const ls_reader *r, const char *guid)
{
    uint64_t doc;
    int rc = ls_reader_find_guid(r, guid, strlen(guid), &doc, &err);
    assert_true(rc == LS_OK || rc == LS_NOTFOUND);
    return !rc;
}

static inline uint64_t total_of(const ls_reader *r, const char *text)
{
    ls_query *q;
    ls_results *res;
    OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err));
    OK(ls_search(&res, r, q, NULL, &err));
    uint64_t n = ls_results_get(res).total;
    ls_results_free(res);
    ls_query_free(q);
    return n;
}

static inline void kills(ls_writer *w, const char *id, const char *guid, int known)
{
    LS_INIT(ls_kill_options, o);
    LS_INIT(ls_killed, k);
    o.id = id;
    o.id_len = id ? strlen(id) : 0;
    o.guid = guid;
    o.guid_len = guid ? strlen(guid) : 0;
    o.reason = "wrong";
    o.reason_len = 5;
    o.time = 77;
    OK(ls_kill(w, &o, &k, &err));
    assert_int_equal(k.known, known);
}
#endif
