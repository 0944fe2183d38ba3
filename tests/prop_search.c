/* prop_search.c — random documents and random queries: what ls_search finds must be what a scan of all documents
 * finds: the same hits in the same order with the same bits of score, in 1, 3 and 17 segments, with deletions, before
 * and after merging, for random k1, b and weights; by every engine alike.
 *
 *     prop_search [queries] [seed] [articles.jsonl]
 *
 * The model (model.h) cuts texts by the library's analyzer, then scans. Prints its seed. */
#include "libsearch/query/ast.h"
#include "tests/model.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t state;
static uint64_t rnd(void) /* splitmix64 */
{
    uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}
static unsigned below(unsigned n)
{
    return (unsigned)(rnd() % n);
}

#define CHECK(call)                                                                                                    \
    do {                                                                                                               \
        int rc_ = (call);                                                                                              \
        if (rc_) {                                                                                                     \
            fprintf(stderr, "%s:%d: %s: %d %s (%s)\n", __FILE__, __LINE__, #call, rc_, err.message, err.file);         \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)
static ls_error err;

/* Few words, so that they meet; forms of one term, of one folded spelling, of neighbouring spellings. */
static const char *const WORDS[] = {
    "arms",    "arm",    "Arms",     "armed",     "deal",     "deals",     "Deal",      "DEAL",   "talk",    "talks",
    "talking", "peace",  "US",       "us",        "iran",     "Iran",      "iranian",   "kyiv",   "Kyiv",    "Häuser",
    "hauser",  "Haus",   "resume",   "résumé",    "oil",      "price",     "prices",    "market", "markets", "the",
    "of",      "in",     "and",      "zebra",     "Zelensky", "Zelenskyy", "zelenskiy", "2023",   "2024",    "war",
    "wars",    "warsaw", "sanction", "sanctions", "1st",      "x",         "東京",      "京都",   "東"};
#define WORD_COUNT (sizeof WORDS / sizeof WORDS[0])
static const char *pool[20000]; /* words of the articles, where there are any */
static size_t pool_count;

static const char *word(void)
{
    if (pool_count && below(10)) return pool[below((unsigned)pool_count)];
    unsigned i = below(WORD_COUNT), j = below(WORD_COUNT);
    return WORDS[i < j ? i : j]; /* the first are commoner */
}

static void random_text(char *out, size_t cap, unsigned words)
{
    size_t at = 0;
    out[0] = 0;
    for (unsigned i = 0; i < words && at + 64 < cap; i++) {
        const char *gap = i == 0           ? ""
                          : below(12) == 0 ? ". "
                          : below(30) == 0 ? ".\n\n"
                          : below(60) == 0 ? "\nRead also: "
                                           : " ";
        at += (size_t)snprintf(out + at, cap - at, "%s%s", gap, word());
    }
}

static bool brief; /* many short documents: more than a window of them */

static void add_one(ls_writer *w, model *m, unsigned id, const char *title, const char *body)
{
    static char text[1 << 20];
    static const char *const SOURCES[] = {"AP", "ap", "Reuters", "dpa", "Der Spiegel"};
    ls_doc *d = NULL;
    char name[16];
    CHECK(ls_doc_new(&d, &err));
    int len = snprintf(name, sizeof name, "d%u", id);
    CHECK(ls_doc_set_id(d, name, (size_t)len, &err));
    CHECK(ls_doc_set_language(d, below(8) ? "english" : "german", &err));
    random_text(text, 200, 1 + below(6));
    if (title || below(5)) CHECK(ls_doc_add_text(d, "title", title ? title : text, strlen(title ? title : text), &err));
    if (!below(10)) CHECK(ls_doc_add_text(d, "title", "arms deal", 9, &err));
    random_text(text, 4000, brief ? below(12) : below(3) ? below(30) : below(200));
    if (body || text[0]) CHECK(ls_doc_add_text(d, "body", body ? body : text, strlen(body ? body : text), &err));
    random_text(text, 200, below(6));
    if (text[0]) CHECK(ls_doc_add_text(d, "kicker", text, strlen(text), &err));
    random_text(text, 400, below(9));
    if (text[0]) CHECK(ls_doc_add_text(d, "note", text, strlen(text), &err));
    for (unsigned n = below(3); n; n--) {
        const char *s = SOURCES[below(5)];
        CHECK(ls_doc_add_text(d, "source", s, strlen(s), &err));
    }
    random_text(text, 200, below(6));
    if (text[0] && ls_schema_find(ls_writer_schema(w), "late"))
        CHECK(ls_doc_add_text(d, "late", text, strlen(text), &err));
    if (below(4)) CHECK(ls_doc_add_int(d, "published", 1000 * (int64_t)below(50), &err));
    if (below(4)) CHECK(ls_doc_add_int(d, "size", (int64_t)below(20) - 10, &err));
    ls_added added = {.size = sizeof added};
    CHECK(ls_add(w, d, &added, &err));
    if (added.result == LS_CREATED || added.result == LS_REPLACED) model_add(m, d);
    ls_doc_free(d);
}

/* ---- queries ---- */

static void put(char *out, size_t cap, const char *s)
{
    size_t n = strlen(out);
    snprintf(out + n, cap - n, "%s", s);
}

static void put_words(char *out, size_t cap, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        put(out, cap, i ? " " : "");
        put(out, cap, word());
    }
}

static void put_near_part(char *out, size_t cap)
{
    bool group = below(2);
    if (below(4)) {
        put_words(out, cap, 1);
        return;
    }
    put(out, cap, group ? "(" : "\"");
    put_words(out, cap, 1);
    put(out, cap, group ? " OR " : " ");
    put_words(out, cap, 1);
    put(out, cap, group ? ")" : "\"");
}

static void put_leaf(char *out, size_t cap)
{
    static const char *const FIELDS[] = {"title:", "body:", "kicker:", "note:", "late:"};
    char tmp[200] = "";
    if (!below(5)) put(out, cap, FIELDS[below(5)]);
    switch (below(15)) {
    case 0:
    case 1:
        put(out, cap, "\"");
        put_words(out, cap, 1 + below(3));
        put(out, cap, "\"");
        break;
    case 2:
        put(out, cap, "\"");
        put_words(out, cap, 2 + below(2));
        snprintf(tmp, sizeof tmp, "\"~%u", below(14));
        put(out, cap, tmp);
        break;
    case 3:
        snprintf(tmp, sizeof tmp, "%.*s*", 2 + (int)below(3), word());
        if ((unsigned char)tmp[0] < 128 && (unsigned char)tmp[1] < 128) put(out, cap, tmp);
        break;
    case 4:
        put_words(out, cap, 1);
        put(out, cap, below(2) ? "~" : "~2");
        break;
    case 5:
        put(out, cap, "caps(");
        put_words(out, cap, 1);
        put(out, cap, ")");
        break;
    case 6:
        put(out, cap, "w?r*");
        break;
    case 7:
        put(out, cap, "syn(");
        for (unsigned i = 0, n = 2 + below(3); i < n; i++) {
            put(out, cap, i ? ", " : "");
            put_words(out, cap, 1 + !below(3));
        }
        put(out, cap, ")");
        break;
    default:
        put_words(out, cap, 1);
    }
    if (!below(6)) {
        snprintf(tmp, sizeof tmp, "^%u.%u", below(4), 1 + below(8));
        put(out, cap, tmp);
    }
}

static void put_query(char *out, size_t cap, unsigned depth)
{
    char tmp[64];
    unsigned parts = 1 + below(3);
    if (!below(4)) { /* nothing but words: what the quick engines run */
        static const char *const SIGNS[] = {"+", "+", "-", ""};
        const char *join = below(2) ? " OR " : " ";
        bool sign = below(2) && join[1] != 'O';
        for (unsigned i = 0, n = 1 + below(5); i < n; i++) {
            put(out, cap, i ? join : "");
            if (sign) put(out, cap, SIGNS[below(4)]);
            put_words(out, cap, 1);
        }
        return;
    }
    for (unsigned i = 0; i < parts; i++) {
        if (i) put(out, cap, below(3) ? " " : " OR ");
        switch (below(depth ? 16 : 10)) {
        case 0:
            put(out, cap, below(2) ? "NOT " : "-");
            put_leaf(out, cap);
            break;
        case 1:
            put_near_part(out, cap);
            snprintf(tmp, sizeof tmp, " %s%u ", below(2) ? "w/" : "pre/", 1 + below(14));
            put(out, cap, below(5) ? tmp : below(2) ? " w/s " : " w/p ");
            put_near_part(out, cap);
            if (!below(3)) {
                put(out, cap, below(2) ? " w/3 " : " w/12 ");
                put_near_part(out, cap);
            }
            break;
        case 2:
            snprintf(tmp, sizeof tmp, "atleast%u(", 1 + below(3));
            put(out, cap, tmp);
            put_words(out, cap, 1);
            put(out, cap, ")");
            break;
        case 3:
            put(out, cap, "hlead:(");
            put_words(out, cap, 1 + below(2));
            put(out, cap, ")");
            break;
        case 4:
            put(out, cap, below(2) ? "size:>2" : below(2) ? "source:ap" : "source:\"der spiegel\"");
            break;
        default:
            if (depth && below(2)) {
                static const char *const OPEN[] = {"(", "(", "+(", "-(", "+(-("};
                unsigned how = below(5);
                put(out, cap, OPEN[how]);
                put_query(out, cap, depth - 1);
                put(out, cap, how == 4 ? "))" : ")");
            } else {
                put(out, cap, below(5) ? "" : "+");
                put_leaf(out, cap);
            }
        }
    }
}

/* ---- comparing ---- */

static uint64_t checked, hits_seen, not_empty;

static void mismatch(const ls_query *q, const char *what, const ls_results *res, const model_result *want)
{
    fprintf(stderr, "MISMATCH (%s) for %s\n   parsed: %s\n   total %" PRIu64 ", the scan's %zu\n", what, q->text,
            ls_query_parsed(q), ls_results_get(res).total, want->count);
    for (size_t i = 0; i < 12; i++) {
        const ls_hit *h = ls_results_hit(res, i);
        if (h) fprintf(stderr, "   %2zu  %-6s %.9g", i, h->id, (double)h->score);
        if (i < want->count)
            fprintf(stderr, "%s   scan: %-6s %.9g", h ? "" : "                ", want->hits[i].id,
                    (double)want->hits[i].score);
        if (h || i < want->count) fprintf(stderr, "\n");
    }
    exit(1);
}

static void compare(const ls_query *q, const ls_results *res, const model_result *want, size_t from, size_t limit,
                    bool exact, const char *what)
{
    ls_results_info info = ls_results_get(res);
    if (exact && (info.total != want->count || !info.total_is_exact)) mismatch(q, what, res, want);
    size_t n = want->count > from ? want->count - from : 0;
    if (n > limit) n = limit;
    if (info.count != n) mismatch(q, what, res, want);
    for (size_t i = 0; i < n; i++) {
        const ls_hit *h = ls_results_hit(res, i);
        const model_hit *m = &want->hits[from + i];
        if (strcmp(h->id, m->id) || memcmp(&h->score, &m->score, sizeof h->score)) mismatch(q, what, res, want);
        hits_seen++;
    }
}

static void pages(const ls_reader *r, const ls_query *q, ls_search_options o, const model_result *want)
{
    char *cursor = NULL;
    o.limit = 1 + below(7);
    for (size_t from = 0; from < 40; from += o.limit) {
        ls_results *res = NULL;
        o.cursor = cursor;
        CHECK(ls_search(&res, r, q, &o, &err));
        compare(q, res, want, from, o.limit, true, "page");
        free(cursor);
        cursor = NULL;
        if (ls_results_cursor(res)) cursor = strdup(ls_results_cursor(res));
        ls_results_free(res);
        if (!cursor) break;
    }
    free(cursor);
}

static void explained(const ls_reader *r, const ls_query *q, ls_search_options o, const ls_results *res)
{
    const ls_hit *h = ls_results_hit(res, below((unsigned)ls_results_get(res).count));
    ls_explanation *e = NULL;
    o.cursor = NULL;
    CHECK(ls_explain(&e, r, q, &o, h->doc, &err));
    if (!e->count || e->nodes[0].value != (double)h->score) {
        fprintf(stderr, "EXPLAIN %s: %s has %.9g, explained %.9g\n", q->text, h->id, (double)h->score,
                e->count ? e->nodes[0].value : -1);
        exit(1);
    }
    for (size_t i = 0; i < e->count; i++) {
        double sum = 0;
        bool kids = false;
        for (size_t j = i + 1; j < e->count && e->nodes[j].depth > e->nodes[i].depth; j++) {
            if (e->nodes[j].depth != e->nodes[i].depth + 1) continue;
            sum += e->nodes[j].value;
            kids = true;
        }
        if (kids && sum != e->nodes[i].value) {
            fprintf(stderr, "EXPLAIN %s: the parts of \"%s\" sum to %.9g\n", q->text, e->nodes[i].text, sum);
            exit(1);
        }
    }
    ls_explanation_free(e);
}

/* Of the words above: of one word and of several, of one term and of others, one in two lines. */
static const char SYNONYMS[] =
    "# of the words above\narms, oil, peace talks\nkyiv, Zelensky, zelenskiy\nUS, iran deal\n"
    "deal, the talks, arms deal, zebra\nwar, arms\nH\xc3\xa4user, market\n"
    "arms deal, sanction\n\xe6\x9d\xb1\xe4\xba\xac, 2023\nbad line\n";
static ls_synonyms *synonyms;

/* With synonyms and added words a query finds what it finds written out by hand, with the same scores. */
static void written_out(const ls_reader *r, const ls_query *q, ls_query_options qo, const ls_search_options *o)
{
    const char *text = ls_query_parsed(q);
    ls_query *hand = NULL;
    ls_results *a = NULL, *b = NULL;
    if (strlen(text) > LSI_QUERY_BYTES_MAX) return;
    qo.synonyms = NULL;
    CHECK(ls_query_parse(&hand, ls_reader_schema(r), text, strlen(text), &qo, &err));
    CHECK(ls_search(&a, r, q, o, &err));
    CHECK(ls_search(&b, r, hand, o, &err));
    bool same = ls_results_get(a).total == ls_results_get(b).total && lsi_query_hash(q) == lsi_query_hash(hand);
    const ls_hit *x, *y;
    for (size_t i = 0; same && (x = ls_results_hit(a, i)); i++) {
        y = ls_results_hit(b, i);
        same = y && x->doc == y->doc && !memcmp(&x->score, &y->score, sizeof x->score);
    }
    if (!same) {
        fprintf(stderr, "WRITTEN OUT %s: otherwise than %s\n", q->text, text);
        exit(1);
    }
    ls_results_free(a);
    ls_results_free(b);
    ls_query_free(hand);
}

/* The query once more with words of the best that it finds. Its hash is made that of all. */
static void widen(ls_query **out, const ls_reader *r, const ls_query *q, ls_query_options qo,
                  const ls_search_options *o)
{
    ls_results *best = NULL;
    ls_feedback *f = NULL;
    LS_INIT(ls_feedback_options, fo);
    fo.words = below(2) ? 0 : 1 + below(6);
    fo.documents = below(2) ? 0 : 1 + below(20);
    CHECK(ls_search(&best, r, q, o, &err));
    CHECK(ls_feedback_new(&f, r, q, best, &fo, &err));
    qo.feedback = f;
    CHECK(ls_query_parse(out, ls_reader_schema(r), q->text, q->text_len, &qo, &err));
    (*out)->typed = NULL;
    ls_feedback_free(f);
    ls_results_free(best);
}

static void one_query(const ls_reader *r, model *m, const char *text)
{
    ls_query *q = NULL;
    LS_INIT(ls_query_options, qo);
    LS_INIT(ls_search_options, o);
    static const double K1[] = {0, 0, 0.9, 2.5, 0.05}, B[] = {0, 0, 0.3, 1, -1};
    qo.flags = below(3) ? 0 : LS_MATCH_ANY;
    qo.synonyms = below(4) ? NULL : synonyms;
    CHECK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), &qo, &err));
    o.k1 = K1[below(5)];
    o.b = B[below(5)];
    o.timeout_ms = -1;
    if (!below(3)) {
        ls_query *wider = NULL;
        widen(&wider, r, q, qo, &o);
        ls_query_free(q);
        q = wider;
        written_out(r, q, qo, &o);
    }
    model_result want = model_search(m, q, o.k1, o.b);
    for (unsigned variant = 0; variant < 4; variant++) {
        ls_results *res = NULL;
        o.limit = variant == 3 ? 1 + below(100) : 10;
        o.exhaustive = variant == 0;
        o.total = variant == 2 ? LS_TOTAL_NONE : LS_TOTAL_EXACT;
        CHECK(ls_search(&res, r, q, &o, &err));
        compare(q, res, &want, 0, o.limit, variant != 2,
                variant == 0   ? "exhaustive"
                : variant == 2 ? "no total"
                               : "plain");
        if (variant == 1 && ls_results_get(res).count && !below(3)) explained(r, q, o, res);
        ls_results_free(res);
    }
    o.exhaustive = 0;
    o.total = LS_TOTAL_EXACT;
    if (!below(4)) pages(r, q, o, &want);
    if (qo.synonyms) written_out(r, q, qo, &o);
    checked++;
    not_empty += want.count > 0;
    model_result_clear(&want);
    ls_query_free(q);
}

static void some_queries(const char *dir, model *m, unsigned n)
{
    ls_reader *r = NULL;
    CHECK(ls_reader_open(&r, dir, NULL, &err));
    model_prepare(m);
    for (unsigned i = 0; i < n; i++) {
        char text[1024] = "";
        put_query(text, sizeof text - 300, below(3));
        one_query(r, m, text);
    }
    ls_reader_close(r);
}

/* What fixed queries gain by feedback, as text: the same in every segmentation. */
static char *gains(const char *dir)
{
    static const char *const QUERIES[] = {"arms deal", "kyiv OR talks", "peace", "\"arms deal\" -war",
                                          "title:iran market"};
    size_t len = 0;
    char *all = calloc(1, 1 << 16);
    ls_reader *r = NULL;
    CHECK(ls_reader_open(&r, dir, NULL, &err));
    for (size_t i = 0; all && i < 2 * sizeof QUERIES / sizeof *QUERIES; i++) {
        const char *text = QUERIES[i / 2];
        ls_query *q = NULL;
        ls_results *best = NULL;
        ls_feedback *f = NULL;
        LS_INIT(ls_query_options, qo);
        qo.flags = i % 2 ? LS_MATCH_ANY : 0;
        CHECK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), &qo, &err));
        CHECK(ls_search(&best, r, q, NULL, &err));
        CHECK(ls_feedback_new(&f, r, q, best, NULL, &err));
        ls_query_free(q);
        qo.feedback = f;
        CHECK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), &qo, &err));
        len += (size_t)snprintf(all + len, 4096, "%.4000s\n", ls_query_parsed(q));
        ls_query_free(q);
        ls_feedback_free(f);
        ls_results_free(best);
    }
    ls_reader_close(r);
    return all;
}

/* ---- an index in so many segments ---- */

static char *articles; /* title NUL body NUL … */
static size_t article_count;

static ls_schema *random_schema(void)
{
    static const struct {
        const char *name;
        ls_type type;
    } F[] = {{"title", LS_TEXT},     {"kicker", LS_TEXT},    {"body", LS_TEXT},   {"note", LS_TEXT},
             {"source", LS_KEYWORD}, {"published", LS_DATE}, {"size", LS_INTEGER}};
    ls_schema *s = NULL;
    CHECK(ls_schema_new(&s, &err));
    for (size_t i = 0; i < sizeof F / sizeof F[0]; i++) {
        ls_field f = {.size = sizeof f, .name = F[i].name, .type = F[i].type};
        if (f.type == LS_TEXT) f.weight = i == 3 ? 0 : 1 + (int)below(i == 2 ? 2 : 6);
        CHECK(ls_schema_add(s, &f, &err));
    }
    if (below(2)) CHECK(ls_schema_set(s, "k1", "0.8", &err));
    if (below(2)) CHECK(ls_schema_set(s, "b", "0.4", &err));
    return s;
}

static void remove_dir(const char *dir)
{
    char cmd[600];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    if (system(cmd)) exit(1);
}

/* A field that the first segment knows nothing of. */
static void add_late_field(ls_writer *w, model *m)
{
    ls_field f = {.size = sizeof f, .name = "late", .type = LS_TEXT, .weight = (int)below(4)};
    CHECK(ls_writer_add_field(w, &f, &err));
    CHECK(ls_commit(w, NULL, &err));
    m->s = ls_writer_schema(w);
}

static void one_index(const char *dir, unsigned docs, unsigned segments, unsigned queries)
{
    ls_schema *s = random_schema();
    ls_writer *w = NULL;
    LS_INIT(ls_writer_options, o);
    remove_dir(dir);
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    o.schema = s;
    CHECK(ls_writer_open(&w, dir, &o, &err));
    model *m = model_new(ls_writer_schema(w));
    CHECK(ls_synonyms_new(&synonyms, s, SYNONYMS, sizeof SYNONYMS - 1, &err));
    const char *next = articles;
    for (unsigned i = 0, seg = 1; i < docs; i++) {
        const char *title = NULL, *body = NULL;
        if (i < article_count) {
            title = next;
            body = title + strlen(title) + 1;
            next = body + strlen(body) + 1;
        }
        add_one(w, m, below(12) ? i : below(i + 1), title, body);
        if (!below(10)) {
            char id[16];
            int len = snprintf(id, sizeof id, "d%u", below(i + 1));
            if (ls_delete(w, id, (size_t)len, &err) == LS_OK) model_delete(m, id);
        }
        if ((uint64_t)(i + 1) * segments >= (uint64_t)seg * docs) {
            CHECK(ls_commit(w, NULL, &err));
            if (seg++ == 1 && segments > 1) add_late_field(w, m);
        }
    }
    CHECK(ls_commit(w, NULL, &err));
    some_queries(dir, m, queries);
    if (segments > 1) {
        char *before = gains(dir);
        CHECK(ls_merge(w, 1, &err));
        char *after = gains(dir);
        if (!before || !after || strcmp(before, after)) {
            fprintf(stderr, "FEEDBACK: %u segments:\n%sone:\n%s", segments, before, after);
            exit(1);
        }
        free(before);
        free(after);
        some_queries(dir, m, queries / 2);
    }
    ls_writer_close(w);
    ls_synonyms_free(synonyms);
    model_free(m);
    ls_schema_free(s);
    remove_dir(dir);
}

int main(int argc, char **argv)
{
    unsigned queries = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 500;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    static const unsigned SEGMENTS[] = {1, 3, 17};
    char dir[300];
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/prop_search.%ld", tmp ? tmp : "/tmp", (long)getpid());
    printf("prop_search: seed %" PRIu64 ", %u queries\n", seed, queries);
    state = seed;
    if (argc > 3)
        articles = model_articles(argv[3], 2000, &article_count, pool, &pool_count, sizeof pool / sizeof pool[0]);
    for (unsigned round = 0; checked < queries; round++) {
        unsigned docs = article_count ? (unsigned)article_count : round % 8 == 5 ? 4700 : 40 + below(500);
        brief = docs > 4096 && !article_count;
        unsigned n = article_count ? queries / 8 + 1 : queries / 20 + 1;
        if (brief) n = n / 4 + 1;
        one_index(dir, docs, SEGMENTS[round % 3], n);
    }
    printf("prop_search: %" PRIu64 " queries, %" PRIu64 " with hits, %" PRIu64 " hits compared: all equal\n", checked,
           not_empty, hits_seen);
    free(articles);
    return 0;
}
