/* t_copies.c — what of copies a model does not reach: thousands of copies of one story, which document heads a fold,
 * chains of articles, embargoes, damage to the section of shingles, memory that is not there.
 *   t_copies [COPIES]   default 2000 */
#include "libsearch/codec/read.h"
#include "libsearch/index/snapshot.h"
#include "libsearch/segment/segment.h"
#include "libsearch/util/alloc.h"
#include "tests/story_util.h"
#include <time.h>

static unsigned copies = 2000;
#define DAY INT64_C(86400000)

/* 150 words of a story's own. */
static const char *story_text(unsigned which, char *out, size_t cap)
{
    size_t n = (size_t)snprintf(out, cap, "common");
    for (unsigned i = 0; i < 150 && n < cap; i++) n += (size_t)snprintf(out + n, cap - n, " s%uw%u", which, i);
    return out;
}

typedef struct item {
    const char *id, *body, *guid, *from;
    int64_t day, embargoed; /* day 0: undated */
} item;

static void add_item(ls_writer *w, item x)
{
    ls_doc *d;
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, x.id, strlen(x.id), &err));
    OK(ls_doc_set_language(d, "english", &err));
    add_value(d, "body", x.body);
    add_value(d, "guid", x.guid);
    add_value(d, "evolved_from", x.from);
    if (x.day) OK(ls_doc_add_int(d, "published", x.day * DAY, &err));
    if (x.embargoed) OK(ls_doc_add_int(d, "embargoed", x.embargoed, &err));
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
}

static int try_search(ls_results **out, const ls_reader *r, const ls_search_options *o)
{
    ls_query *q;
    *out = NULL;
    int rc = ls_query_parse(&q, ls_reader_schema(r), "common", 6, NULL, &err);
    if (!rc) rc = ls_search(out, r, q, o, &err);
    ls_query_free(q);
    return rc;
}

static ls_results *folded(const ls_reader *r, ls_search_options o)
{
    ls_results *res;
    OK(try_search(&res, r, &o));
    return res;
}

static size_t similar_to(const ls_reader *r, const char *id)
{
    ls_similar_list *list;
    uint64_t doc;
    OK(ls_reader_find(r, id, strlen(id), &doc, &err));
    OK(ls_similar_find(&list, r, doc, NULL, &err));
    size_t n = list->count;
    ls_similar_free(list);
    return n;
}

/* ---- very many ---- */

static double processor_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* n stories of one text, or each with a line of its own; the time of adding them, and of one folded search. */
static void add_many(unsigned n, bool own_line, double *adding, double *searching)
{
    char body[4000], id[16];
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    double begin = processor_ms();
    for (unsigned i = 0; i < n; i++) {
        story_text(1, body, sizeof body);
        size_t len = strlen(body);
        for (unsigned k = 0; own_line && k < 30; k++)
            len += (size_t)snprintf(body + len, sizeof body - len, "%so%uk%u", k ? " " : "\n", i, k);
        snprintf(id, sizeof id, "c%u", i);
        add_item(w, (item){.id = id, .body = body, .day = 19000});
    }
    OK(ls_commit(w, NULL, &err));
    *adding = processor_ms() - begin;
    ls_writer_close(w);
    ls_reader *r = reader(0);
    LS_INIT(ls_search_options, o);
    o.fold = LS_FOLD_SIMILAR;
    o.timeout_ms = -1;
    begin = processor_ms();
    ls_results *res = folded(r, o);
    *searching = processor_ms() - begin;
    ls_results_info info = ls_results_get(res);
    assert_int_equal(info.total, n);
    if (!own_line) {
        const ls_fold *f = ls_results_fold(res, 0);
        assert_int_equal(info.count, 1);
        assert_int_equal(info.total_leads, 1);
        assert_true(info.total_leads_is_exact);
        assert_non_null(f);
        assert_int_equal(f->count, n - 1);
        assert_int_equal(f->relation, LS_COPY);
        assert_true(f->max_shared == 1);
    }
    ls_results_free(res);
    ls_reader_close(r);
    index_clean(NULL);
}

/* Four times as many may take eight times as long, where sixteen times would be told of every pair. */
static void many(void **state)
{
    (void)state;
    for (int own_line = 0; own_line < 2; own_line++) {
        double few[2], all[2];
        add_many(copies / 4, own_line, &few[0], &few[1]);
        add_many(copies, own_line, &all[0], &all[1]);
        print_message("%u copies%s: %.0f ms to add, %.1f ms to search; %u: %.0f and %.1f\n", copies / 4,
                      own_line ? " with a line of their own" : "", few[0], few[1], copies, all[0], all[1]);
        assert_true(all[0] < 8 * few[0] + 50);
        assert_true(all[1] < 8 * few[1] + 50);
    }
}

/* However many: newest first under the lead, undated ones last. */
static void long_story(void **state)
{
    (void)state;
    char body[4000], id[16];
    unsigned n = copies < 3000 ? copies : 3000;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    story_text(1, body, sizeof body);
    for (unsigned i = 0; i < n; i++) {
        snprintf(id, sizeof id, "c%u", i);
        add_item(w, (item){.id = id, .body = body, .day = i % 7 ? 19000 + i * 7919 % 40 : 0});
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = reader(0);
    LS_INIT(ls_search_options, o);
    o.fold = LS_FOLD_STORY;
    o.timeout_ms = -1;
    ls_results *res = folded(r, o);
    const ls_fold *f = ls_results_fold(res, 0);
    assert_non_null(f);
    assert_int_equal(f->count, n - 1);
    int64_t before = INT64_MAX;
    for (size_t i = 0; i < f->count; i++) {
        ls_doc *d;
        int64_t published;
        OK(ls_reader_doc(&d, r, f->docs[i], &err));
        if (ls_doc_int(d, "published", &published)) published = INT64_MIN;
        ls_doc_free(d);
        assert_true(published <= before);
        before = published;
    }
    assert_true(before == INT64_MIN);
    ls_results_free(res);
    ls_reader_close(r);
}

/* ---- which one heads a fold ---- */

static void heads(void **state)
{
    (void)state;
    static const char *const want[] = {
        [LS_LEAD_MATCH] = NULL, [LS_LEAD_EARLIEST] = "early", [LS_LEAD_LONGEST] = "long"};
    char body[4000], longer[4100];
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    story_text(1, body, sizeof body);
    snprintf(longer, sizeof longer, "%s and some more words at the end", body);
    add_item(w, (item){.id = "undated", .body = body});
    add_item(w, (item){.id = "long", .body = longer, .day = 19003});
    add_item(w, (item){.id = "late", .body = body, .day = 19002});
    add_item(w, (item){.id = "early", .body = body, .day = 19001});
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = reader(0);
    for (int lead = LS_LEAD_MATCH; lead <= LS_LEAD_LONGEST; lead++) {
        LS_INIT(ls_search_options, o);
        o.fold = LS_FOLD_SIMILAR;
        o.lead = lead;
        ls_results *res = folded(r, o);
        const ls_hit *h = ls_results_hit(res, 0);
        const ls_fold *f = ls_results_fold(res, 0);
        assert_int_equal(ls_results_get(res).count, 1);
        assert_non_null(f);
        assert_int_equal(f->count, 3);
        for (size_t i = 0; i < f->count; i++) assert_true(f->docs[i] != h->doc);
        if (want[lead]) assert_string_equal(h->id, want[lead]);
        ls_results_free(res);
    }
    ls_reader_close(r);
}

/* Two short pages that share the greater part of their words: listed as similar; folded only where they are dated. */
static void stubs(void **state)
{
    (void)state;
    for (int dated = 0; dated < 2; dated++) {
        char page[2][2000];
        for (unsigned p = 0; p < 2; p++) {
            size_t n = (size_t)snprintf(page[p], sizeof page[p], "common");
            for (unsigned i = 0; i < 50; i++)
                n += (size_t)snprintf(page[p] + n, sizeof page[p] - n, " s%uw%u", i < 35 ? 9 : p, i);
        }
        ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
        add_item(w, (item){.id = "p0", .body = page[0], .day = dated ? 19000 : 0});
        add_item(w, (item){.id = "p1", .body = page[1], .day = 19001});
        OK(ls_commit(w, NULL, &err));
        ls_writer_close(w);
        ls_reader *r = reader(0);
        LS_INIT(ls_search_options, o);
        o.fold = LS_FOLD_SIMILAR;
        ls_results *res = folded(r, o);
        assert_int_equal(similar_to(r, "p0"), 1);
        assert_int_equal(ls_results_get(res).total_leads, dated ? 1 : 2);
        ls_results_free(res);
        ls_reader_close(r);
        index_clean(NULL);
    }
}

/* ---- chains ---- */

static void assert_latest(const ls_reader *r, const char *ids)
{
    char have[200] = "";
    LS_INIT(ls_search_options, o);
    o.latest = 1;
    o.sort = LS_BY_FIELD_ASC;
    o.sort_field = "published";
    ls_results *res = folded(r, o);
    for (size_t i = 0; i < ls_results_get(res).count; i++) {
        strcat(have, ls_results_hit(res, i)->id);
        strcat(have, " ");
    }
    assert_string_equal(have, ids);
    ls_results_free(res);
}

static void latest(void **state)
{
    (void)state;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    add_item(w, (item){.id = "a1", .body = "common one", .day = 1, .guid = "urn:a1"});
    add_item(w, (item){.id = "a2", .body = "common two", .day = 2, .guid = "urn:a2", .from = "a1"});
    OK(ls_commit(w, NULL, &err));
    add_item(w, (item){.id = "a3", .body = "common three", .day = 3, .from = "urn:a2"});
    add_item(w, (item){.id = "b", .body = "common other", .day = 4});
    add_item(w, (item){.id = "h", .body = "common later", .day = 5, .from = "b", .embargoed = clock_now + 1000});
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = reader(0);
    assert_latest(r, "a3 b ");
    clock_now += 2000; /* what evolved from b may be seen */
    assert_latest(r, "a3 h ");
    clock_now -= 2000;
    ls_reader_close(r);
    add_item(w, (item){.id = "own", .guid = "urn:own", .body = "common self", .day = 6, .from = "urn:own"});
    OK(ls_commit(w, NULL, &err));
    r = reader(0);
    assert_latest(r, "a3 b own "); /* nothing evolves from itself */
    ls_reader_close(r);
    OK(ls_delete(w, "own", 3, &err));
    OK(ls_delete(w, "a3", 2, &err));
    OK(ls_commit(w, NULL, &err));
    r = reader(0);
    assert_latest(r, "a2 b ");
    ls_reader_close(r);
    ls_writer_close(w);
}

/* Whose eyes end at what says "hidden". */
static int sees_plain(void *ctx, const ls_doc *d)
{
    ++*(int *)ctx;
    return strstr(ls_doc_text(d, "body", 0, NULL), "hidden") == NULL;
}

/* The newer one that somebody may not see hides nothing from him. */
static void latest_seen(void **state)
{
    (void)state;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    add_item(w, (item){.id = "a1", .body = "common one", .day = 1});
    add_item(w, (item){.id = "b1", .body = "common two", .day = 2});
    OK(ls_commit(w, NULL, &err));
    add_item(w, (item){.id = "a2", .body = "common hidden", .day = 3, .from = "a1"});
    add_item(w, (item){.id = "a3", .body = "common three", .day = 4, .from = "a2"});
    add_item(w, (item){.id = "b2", .body = "common hidden", .day = 5, .from = "b1"});
    add_item(w, (item){.id = "b3", .body = "common four", .day = 6, .from = "b1"});
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = reader(0);
    assert_latest(r, "a3 b2 b3 ");
    int asked = 0;
    LS_INIT(ls_search_options, o);
    o.latest = 1;
    o.sort = LS_BY_FIELD_ASC;
    o.sort_field = "published";
    o.sees = sees_plain;
    o.sees_ctx = &asked;
    ls_results *res = folded(r, o);
    assert_int_equal(ls_results_get(res).count, 4); /* without a2 and b1, from which what he sees has evolved */
    assert_string_equal(ls_results_hit(res, 0)->id, "a1");
    assert_string_equal(ls_results_hit(res, 1)->id, "a3");
    ls_results_free(res);
    assert_true(asked > 0);
    ls_reader_close(r);
    ls_writer_close(w);
}

/* ---- embargoes: found anew when a story comes among the public ones ---- */

static void released(void **state)
{
    (void)state;
    char body[4000], cut[4000], other[4000];
    int64_t before = clock_now;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    story_text(1, body, sizeof body);
    snprintf(cut, sizeof cut, "%.*s", (int)strlen(body) * 2 / 3, body);
    add_item(w, (item){.id = "hidden", .body = body, .embargoed = clock_now + 1000});
    OK(ls_commit(w, NULL, &err));
    add_item(w, (item){.id = "later", .body = cut});
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = reader(0);
    assert_int_equal(similar_to(r, "later"), 0);
    clock_now += 2000;
    assert_int_equal(similar_to(r, "hidden"), 0); /* it may be seen, and nothing was committed since */
    ls_reader_close(r);
    add_item(w, (item){.id = "other", .body = story_text(2, other, sizeof other), .embargoed = clock_now + DAY});
    OK(ls_commit(w, NULL, &err)); /* of hidden ones: nothing changes */
    r = reader(0);
    assert_int_equal(similar_to(r, "hidden"), 0);
    ls_reader_close(r);
    add_item(w, (item){.id = "another", .body = "common nothing"});
    OK(ls_commit(w, NULL, &err)); /* of a public one */
    r = reader(0);
    assert_int_equal(similar_to(r, "later"), 1);
    assert_int_equal(similar_to(r, "hidden"), 1);
    ls_reader_close(r);
    cut[strlen(cut) / 2] = 0;
    add_item(w, (item){.id = "third", .body = cut});
    OK(ls_commit(w, NULL, &err)); /* which is compared at once */
    clock_now -= 2000;
    r = reader(0);
    assert_int_equal(similar_to(r, "later"), 1); /* the clock goes back: hidden again */
    ls_reader_close(r);
    clock_now += 2000;
    r = reader(0);
    assert_int_equal(similar_to(r, "third"), 2);
    assert_int_equal(similar_to(r, "hidden"), 2);
    ls_reader_close(r);
    OK(ls_delete(w, "third", 5, &err));
    clock_now += 3 * DAY;
    OK(ls_commit(w, NULL, &err)); /* which brings it there */
    r = reader(0);
    assert_int_equal(similar_to(r, "later"), 1);
    assert_int_equal(similar_to(r, "hidden"), 1);
    ls_reader_close(r);
    ls_writer_close(w);
    clock_now = before;
}

/* ---- damage, and memory that is not there ---- */

static void add_some(void)
{
    char body[4000], id[16];
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE, 0);
    for (unsigned i = 0; i < 12; i++) {
        story_text(i % 4, body, sizeof body);
        size_t len = strlen(body);
        for (unsigned k = 0; k < 10 * (i / 4); k++)
            len += (size_t)snprintf(body + len, sizeof body - len, "%so%uk%u", k ? " " : "\n", i, k);
        snprintf(id, sizeof id, "c%u", i);
        add_item(w, (item){.id = id, .body = body, .day = 19000 + i});
        if (i == 8) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

static void mix(uint64_t *sum, uint64_t x)
{
    *sum = (*sum ^ x) * 0x9e3779b97f4a7c15u;
    *sum ^= *sum >> 29;
}

/* What there is to ask, into a sum. */
static int ask(const ls_reader *r, uint64_t *sum)
{
    int rc = LS_OK;
    *sum = 1;
    for (int i = 0; !rc && i < 4; i++) {
        ls_results *res;
        LS_INIT(ls_search_options, o);
        o.fold = i % 2 ? LS_FOLD_STORY : LS_FOLD_SIMILAR;
        o.lead = i % 3;
        o.latest = i == 3;
        o.timeout_ms = -1;
        rc = try_search(&res, r, &o);
        if (rc) assert_null(res);
        for (size_t k = 0; !rc && k < ls_results_get(res).count; k++) {
            const ls_fold *f = ls_results_fold(res, k);
            mix(sum, ls_results_hit(res, k)->doc);
            for (size_t j = 0; f && j < f->count; j++) mix(sum, f->docs[j]);
        }
        ls_results_free(res);
    }
    for (uint64_t doc = 0; !rc && doc < 12; doc += 5) {
        ls_similar_list *list;
        rc = ls_similar_find(&list, r, doc, NULL, &err);
        if (rc) assert_null(list);
        for (size_t k = 0; !rc && k < list->count; k++) {
            mix(sum, list->items[k].doc);
            mix(sum, (uint64_t)list->items[k].relation << 32 | list->items[k].passage_count);
        }
        if (!rc) ls_similar_free(list);
    }
    return rc;
}

/* Every byte of the section changed behind the checksums: wrong answers may come of it, or damage told, no more. */
static void unsealed(void **state)
{
    (void)state;
    uint64_t right, sum, told = 0, changed = 0;
    add_some();
    ls_reader *r = reader(LS_READER_NO_MMAP);
    OK(ask(r, &right));
    for (size_t s = 0; s < r->snap->count; s++) {
        lsi_segment *seg = r->snap->segments[s].seg;
        lsi_shingles whole = seg->shingles;
        uint64_t n = whole.section->bytes;
        uint8_t *p = (uint8_t *)(uintptr_t)lsi_section_get(whole.section, 0, n, &err);
        assert_non_null(p);
        for (uint64_t i = 0; i < n; i++) {
            uint8_t was = p[i];
            p[i] = (uint8_t)(was ^ 1u << i % 8);
            int rc = lsi_shingles_open(&seg->shingles, whole.section, whole.doc_count, &err);
            if (!rc) rc = ask(r, &sum);
            if (rc && rc != LS_CORRUPT) fail_msg("byte %llu: %s", (unsigned long long)i, err.message);
            told += rc != 0;
            changed += !rc && sum != right;
            p[i] = was;
            seg->shingles = whole;
        }
    }
    OK(ask(r, &sum));
    assert_int_equal(sum, right);
    assert_true(told && changed);
    print_message("%llu told, %llu changed an answer\n", (unsigned long long)told, (unsigned long long)changed);
    ls_reader_close(r);
}

/* The same in the file: told, or the answer is the right one. */
static void sealed(void **state)
{
    (void)state;
    uint64_t right, sum, told = 0, from, bytes;
    char path[200];
    add_some();
    ls_reader *r = reader(0);
    OK(ask(r, &right));
    const lsi_segment *seg = r->snap->segments[0].seg;
    from = seg->shingles.section->file_offset;
    bytes = seg->shingles.section->bytes;
    snprintf(path, sizeof path, "%s/%s", index_path, lsi_frame_name(seg->frame));
    ls_reader_close(r);
    for (uint64_t i = 0; i < bytes; i += 7) {
        uint8_t byte;
        int fd = open(path, O_RDWR);
        assert_true(fd >= 0);
        assert_int_equal(pread(fd, &byte, 1, (off_t)(from + i)), 1);
        byte ^= (uint8_t)(1u << i % 8);
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)(from + i)), 1);
        LS_INIT(ls_reader_options, o);
        o.flags = i % 2 ? LS_READER_NO_MMAP : 0;
        int rc = ls_reader_open(&r, index_path, &o, &err);
        if (!rc) {
            rc = ask(r, &sum);
            ls_reader_close(r);
        }
        if (rc) assert_int_equal(rc, LS_CORRUPT);
        else assert_int_equal(sum, right);
        told += rc != 0;
        byte ^= (uint8_t)(1u << i % 8);
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)(from + i)), 1);
        close(fd);
    }
    assert_true(told > 0);
}

/* A schema of one's own knows copies where it says so, and else keeps nothing for them. */
static void own_schema(void **state)
{
    (void)state;
    for (int yes = 0; yes < 2; yes++) {
        char body[4000];
        ls_schema *s;
        ls_writer *w;
        LS_INIT(ls_field, f);
        LS_INIT(ls_writer_options, wo);
        LS_INIT(ls_search_options, o);
        OK(ls_schema_new(&s, &err));
        f.name = "body";
        f.type = LS_TEXT;
        f.weight = 1;
        OK(ls_schema_add(s, &f, &err));
        if (yes) OK(ls_schema_set(s, "copies", "yes", &err));
        wo.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
        wo.schema = s;
        OK(ls_writer_open(&w, index_path, &wo, &err));
        ls_schema_free(s);
        for (unsigned i = 0; i < 4; i++) { /* two are one text; in two segments, then in one */
            const char *id = (const char *[]){"a", "b", "c", "d"}[i];
            ls_doc *d;
            OK(ls_doc_new(&d, &err));
            OK(ls_doc_set_id(d, id, 1, &err));
            add_value(d, "body", story_text(i % 2, body, sizeof body));
            OK(ls_add(w, d, NULL, &err));
            ls_doc_free(d);
            if (i == 1) OK(ls_commit(w, NULL, &err));
        }
        OK(ls_commit(w, NULL, &err));
        for (int merged = 0; merged < 2; merged++) {
            if (merged) OK(ls_merge(w, 1, &err));
            ls_reader *r = reader(0);
            o.fold = LS_FOLD_SIMILAR;
            ls_results *res = folded(r, o);
            ls_results_info info = ls_results_get(res);
            assert_int_equal(info.total, 4);
            assert_int_equal(info.total_leads, yes ? 2 : 4);
            assert_int_equal(similar_to(r, "a"), yes);
            for (size_t k = 0; k < r->snap->count; k++)
                assert_true(!r->snap->segments[k].seg->shingles.section == !yes);
            assert_string_equal(ls_schema_get(ls_reader_schema(r), "copies"), yes ? "yes" : "no");
            ls_results_free(res);
            ls_reader_close(r);
        }
        ls_writer_close(w);
        index_clean(NULL);
    }
}

static void no_memory(void **state)
{
    (void)state;
    uint64_t right, sum, failed = 0;
    add_some();
    ls_reader *r = reader(0);
    OK(ask(r, &right));
    for (int forever = 0; forever < 2; forever++) {
        for (uint64_t n = 1;; n++) {
            lsi_alloc_fail_at(n, forever);
            int rc = ask(r, &sum);
            bool over = lsi_alloc_fail_at(0, false) < n;
            if (rc) assert_int_equal(rc, LS_NOMEM);
            else assert_int_equal(sum, right);
            failed += rc != 0;
            if (over) break;
        }
        OK(ask(r, &sum));
        assert_int_equal(sum, right);
    }
    assert_true(failed > 50);
    print_message("%llu failures told\n", (unsigned long long)failed);
    ls_reader_close(r);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(many, index_clean),       cmocka_unit_test_teardown(heads, index_clean),
        cmocka_unit_test_teardown(stubs, index_clean),      cmocka_unit_test_teardown(latest, index_clean),
        cmocka_unit_test_teardown(latest_seen, index_clean),
        cmocka_unit_test_teardown(long_story, index_clean), cmocka_unit_test_teardown(released, index_clean),
        cmocka_unit_test_teardown(unsealed, index_clean),   cmocka_unit_test_teardown(sealed, index_clean),
        cmocka_unit_test_teardown(no_memory, index_clean),  cmocka_unit_test_teardown(own_schema, index_clean),
    };
    if (argc > 1) copies = (unsigned)strtoul(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
