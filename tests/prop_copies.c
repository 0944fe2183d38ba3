/* prop_copies.c — relations and folds against a model that compares every text with every other, over documents made of
 * sentences that many share, in any segmentation, before and after merges, with replaced, deleted, killed and hidden ones;
 * pages are folded, and superseded versions (evolved_from) kept from them, while some ids are left out of the query.
 *   prop_copies [rounds] [seed]
 * The model cuts texts at blanks, finds shares by counting, and folds by walking through all hits in order. What it takes
 * from the library is the hash of a shingle, for which ones are kept decides what is compared at all. */
#include "libsearch/codec/shingles.h"
#include "libsearch/segment/copies.h"
#include "tests/story_util.h"

#define DOCS  48
#define WORDS 1200

typedef struct model_story {
    bool live, killed, hidden; /* hidden: withheld; nobody sees it, nor what it says of others */
    int from;                  /* the story that it has evolved from, -1: none; told by its guid where odd_name */
    bool odd_name;
    char title[64], body[16000];
    int source;  /* 0: none */
    int64_t day; /* < 0: undated */
    int64_t version;
    uint64_t doc; /* in the reader at hand */
    uint64_t text;
    size_t set_count, kept_count, count;
    uint64_t set[2000], kept[400];
} model_story;

static model_story stories[DOCS];
static uint64_t rng;
static char sentences[200][400];
static uint64_t forms, furniture; /* pairs that are none for their times, for how little they have in common */

static uint64_t below(uint64_t n)
{
    return random_next(&rng) % n;
}

/* ---- making ---- */

static void make_sentences(void)
{
    for (size_t i = 0; i < 200; i++) {
        size_t at = 0, n = 6 + below(14);
        for (size_t w = 0; w < n; w++)
            at += (size_t)snprintf(sentences[i] + at, sizeof sentences[i] - at, "%s%cx%llu", w ? " " : "",
                                   (int)('a' + below(20)), (unsigned long long)below(WORDS));
    }
}

static bool seen(const model_story *s)
{
    return s->live && !s->hidden;
}

/* A story of its own, or one that takes much of another. */
static void write_story(model_story *s, size_t no)
{
    const model_story *other = below(3) ? &stories[below(DOCS)] : NULL;
    size_t at = 0, n = 1 + below(12);
    char text[16000];
    text[0] = 0;
    if (other && other->live && other->body[0]) {
        size_t len = strlen(other->body), part = below(3) ? len : len / (1 + below(3));
        while (part < len && other->body[part] != '\n') part++;
        memcpy(text, other->body, part);
        text[at = part] = 0;
        n = below(4) ? below(6) : 0;
    }
    for (size_t i = 0; i < n && at < 9000; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", at ? "\n" : "", sentences[below(200)]);
    if (!at) snprintf(text, sizeof text, "common nothing much %zu", no);
    memcpy(s->body, text, sizeof text);
    snprintf(s->title, sizeof s->title, "common headline %llu", (unsigned long long)below(6));
    s->source = (int)below(4);
    s->day = below(5) ? (int64_t)below(90) : -1;
    s->hidden = !below(7);
    s->from = below(4) ? -1 : (int)below(DOCS); /* of itself, of what is not there, in circles: all may come */
    s->odd_name = below(2);
}

static void put(ls_writer *w, size_t no)
{
    ls_doc *d;
    char id[16];
    LS_INIT(ls_added, added);
    LS_INIT(ls_add_options, o);
    model_story *s = &stories[no];
    OK(ls_doc_new(&d, &err));
    snprintf(id, sizeof id, "d%zu", no);
    OK(ls_doc_set_id(d, id, strlen(id), &err));
    snprintf(id, sizeof id, "guid%zu", no);
    OK(ls_doc_add_text(d, "guid", id, strlen(id), &err));
    if (s->from >= 0) {
        snprintf(id, sizeof id, "%s%d", s->odd_name ? "guid" : "d", s->from);
        OK(ls_doc_add_text(d, "evolved_from", id, strlen(id), &err));
    }
    if (s->hidden) OK(ls_doc_add_text(d, "status", "withheld", 8, &err));
    OK(ls_doc_set_language(d, "english", &err));
    OK(ls_doc_add_text(d, "title", s->title, strlen(s->title), &err));
    OK(ls_doc_add_text(d, "body", s->body, strlen(s->body), &err));
    if (s->source) {
        snprintf(id, sizeof id, "Source %d", s->source);
        OK(ls_doc_add_text(d, "source", id, strlen(id), &err));
    }
    if (s->day >= 0) OK(ls_doc_add_int(d, "published", s->day * 86400000, &err));
    o.revive = s->killed;
    OK(ls_add_with(w, d, &o, &added, &err));
    s->version = added.version;
    s->live = true;
    s->killed = false;
    ls_doc_free(d);
}

/* ---- the model's texts ---- */

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static size_t unique(uint64_t *a, size_t n)
{
    size_t kept = 0;
    qsort(a, n, sizeof *a, by_number);
    for (size_t i = 0; i < n; i++)
        if (!kept || a[kept - 1] != a[i]) a[kept++] = a[i];
    return kept;
}

static void cut(model_story *s, const char *text, bool body)
{
    static lsi_shingler sh;
    char word[64];
    lsi_shingle_begin(&sh);
    while (*text) {
        size_t n = strcspn(text, " \n");
        uint64_t shingle;
        memcpy(word, text, n);
        if (lsi_shingle_add(&sh, lsi_shingle_word(&sh, NULL, (const uint8_t *)word, n), &shingle)) {
            s->set[s->set_count++] = shingle;
            if (body && lsi_shingle_kept(shingle)) s->kept[s->kept_count++] = shingle;
        }
        text += n + (text[n] != 0);
    }
    if (body) s->text = lsi_shingle_text(&sh), s->count = sh.count;
}

static void learn(model_story *s)
{
    s->set_count = s->kept_count = 0;
    cut(s, s->body, true);
    cut(s, s->title, false);
    s->set_count = unique(s->set, s->set_count);
    s->kept_count = unique(s->kept, s->kept_count);
}

static size_t in_common(const uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
    size_t both = 0;
    for (size_t i = 0; i < n; i++) both += bsearch(&a[i], b, m, sizeof *b, by_number) != NULL;
    return both;
}

static int model_relation(const model_story *a, const model_story *b, double *shared)
{
    *shared = 1;
    if (a->text == b->text) return LS_COPY;
    size_t shorter = a->count < b->count ? a->count : b->count;
    size_t common = in_common(a->kept, a->kept_count, b->kept, b->kept_count);
    if (shorter < 20 || common < (shorter < 60 ? 1u : 3u)) return 0;
    if (a->day >= 0 && b->day >= 0 && llabs(a->day - b->day) > 45) return 0;
    size_t both = in_common(a->set, a->set_count, b->set, b->set_count);
    unsigned x = (unsigned)(both * 65535 / a->set_count), y = (unsigned)(both * 65535 / b->set_count);
    unsigned larger = x > y ? x : y, smaller = x > y ? y : x;
    *shared = larger / 65535.0;
    if (larger < 13107) return 0;
    if (smaller >= 62258) return LS_COPY;
    bool dated = a->day >= 0 && b->day >= 0;
    if (dated && llabs(a->day - b->day) > 1 && shorter < 116 && larger < 55704) { /* .85 */
        forms++;
        return 0;
    }
    bool later = dated && a->day != b->day ? true : a->version != b->version;
    if (a->source && a->source == b->source && later && larger >= 26214) return LS_UPDATE;
    if (smaller >= 52428) return LS_COPY;
    if (both < 24) furniture++;
    return both < 24 ? 0 : larger >= 52428 ? LS_EXCERPT : LS_SHARED;
}

/* ---- comparing ---- */

static int relations[DOCS][DOCS];
static double shares[DOCS][DOCS];
static uint64_t compared, related, folded_hits, pages, stubs, superseded, left_out, headed;

static size_t story_of(uint64_t doc)
{
    for (size_t i = 0; i < DOCS; i++)
        if (seen(&stories[i]) && stories[i].doc == doc) return i;
    fail_msg("a document that is not there");
    return 0;
}

static void compare_relations(const ls_reader *r)
{
    LS_INIT(ls_similar_options, o);
    o.limit = 1000;
    for (size_t a = 0; a < DOCS; a++) {
        ls_similar_list *list;
        int want[DOCS] = {0};
        char id[16];
        if (!seen(&stories[a])) continue;
        snprintf(id, sizeof id, "d%zu", a);
        OK(ls_reader_find(r, id, strlen(id), &stories[a].doc, &err));
        OK(ls_similar_find(&list, r, stories[a].doc, &o, &err));
        for (size_t i = 0; i < list->count; i++)
            for (size_t p = 0; p < list->items[i].passage_count; p++) {
                ls_range x = list->items[i].passages[p];
                assert_true(x.start < x.end && x.end <= strlen(stories[a].body));
                assert_true(!p || list->items[i].passages[p - 1].end < x.start);
            }
        for (size_t b = 0; b < DOCS; b++) {
            double share = 0, found_share = 0;
            int found = 0;
            if (a == b || !seen(&stories[b])) continue;
            snprintf(id, sizeof id, "d%zu", b);
            OK(ls_reader_find(r, id, strlen(id), &stories[b].doc, &err));
            want[b] = model_relation(&stories[a], &stories[b], &share);
            for (size_t i = 0; i < list->count; i++)
                if (list->items[i].doc == stories[b].doc) {
                    found = (int)list->items[i].relation;
                    found_share = list->items[i].shared;
                }
            if (found != want[b] || (found && (share > found_share + 1e-9 || share < found_share - 1e-9)))
                fail_msg("d%zu and d%zu: %s %f, expected %s %f", a, b, ls_relation_name((ls_relation)found),
                         found_share, ls_relation_name((ls_relation)want[b]), share);
            relations[a][b] = found;
            shares[a][b] = found_share;
            compared++;
            related += found != 0;
        }
        ls_similar_free(list);
    }
}

typedef struct shown { /* what the model says: of the hits, in order, each's lead; GONE: superseded */
    size_t hits[DOCS], hit_count, leads[DOCS], lead_count, under[DOCS];
} shown;
#define GONE SIZE_MAX

/* Whether another that can be seen has evolved from x; whether it matches, or is left out of the query, does not count. */
static bool is_superseded(size_t x)
{
    bool yes = false;
    for (size_t i = 0; i < DOCS; i++) yes |= i != x && seen(&stories[i]) && stories[i].from == (int)x;
    return yes;
}

static size_t lead_of(const shown *m, size_t x, int fold)
{
    for (size_t k = 0; fold && k < m->lead_count; k++) {
        int relation = relations[m->leads[k]][x];
        const model_story *a = &stories[m->leads[k]], *b = &stories[x];
        bool stub = (a->day < 0 || b->day < 0) && (a->count < 60 || b->count < 60);
        bool folds = relation && (relation != LS_UPDATE || fold == LS_FOLD_STORY);
        if (stub && (relation == LS_EXCERPT || relation == LS_SHARED)) folds = false, stubs++;
        if (folds && (relation == LS_COPY || shares[m->leads[k]][x] >= 26214 / 65535.0)) return m->leads[k];
    }
    return x;
}

static void model_folds(shown *m, const ls_search_options *o)
{
    m->lead_count = 0;
    for (size_t i = 0; i < m->hit_count; i++) {
        size_t x = m->hits[i];
        m->under[x] = o->latest && is_superseded(x) ? GONE : lead_of(m, x, o->fold);
        if (m->under[x] == x) m->leads[m->lead_count++] = x;
        superseded += m->under[x] == GONE;
    }
}

/* What stands under a lead: its hit, and behind it the others in their order, newest first under a story. */
static size_t model_fold(const shown *m, size_t lead, const ls_search_options *o, size_t *list)
{
    size_t head = lead, n = 1;
    for (size_t i = 0; i < m->hit_count; i++) {
        size_t x = m->hits[i];
        if (x == lead || m->under[x] != lead) continue;
        list[n++] = x;
        if (o->lead && stories[x].day >= 0 && (stories[head].day < 0 || stories[x].day < stories[head].day)) head = x;
    }
    for (size_t i = 1; i < n; i++)
        if (list[i] == head) list[i] = lead; /* which takes the place of its hit */
    list[0] = head;
    for (size_t i = 2; o->fold == LS_FOLD_STORY && i < n; i++)
        for (size_t k = i; k > 1 && stories[list[k]].day > stories[list[k - 1]].day; k--) {
            size_t x = list[k];
            list[k] = list[k - 1], list[k - 1] = x;
        }
    headed += head != lead;
    return n;
}

static void compare_page(const ls_results *res, const shown *m, const ls_search_options *o, size_t from)
{
    size_t hits = ls_results_get(res).count, list[DOCS];
    for (size_t i = 0; i < hits; i++) {
        assert_true(from + i < m->lead_count);
        size_t count = model_fold(m, m->leads[from + i], o, list), hit = story_of(ls_results_hit(res, i)->doc);
        if (list[0] != hit) fail_msg("hit %zu is d%zu, expected d%zu of %zu", from + i, hit, list[0], m->lead_count);
        const ls_fold *f = ls_results_fold(res, i);
        assert_int_equal(f ? f->count : 0, count - 1);
        for (size_t k = 1; k < count; k++) assert_int_equal(story_of(f->docs[k - 1]), list[k]);
        folded_hits += count - 1;
    }
    pages++;
}

static ls_results *search_by(const ls_reader *r, const char *text, const ls_query_options *qo,
                             const ls_search_options *o)
{
    ls_query *q;
    ls_results *res;
    OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), qo, &err));
    OK(ls_search(&res, r, q, o, &err));
    ls_query_free(q);
    return res;
}

/* Of all hits those that are left once `without` goes: that and nothing else is what leaving out does. */
static void take_hits(const ls_reader *r, const char *text, const ls_query_options *qo, const ls_search_options *o,
                      shown *m)
{
    ls_results *all = search_by(r, text, NULL, o), *res = search_by(r, text, qo, o);
    m->hit_count = 0;
    for (size_t i = 0; i < ls_results_get(all).count; i++) {
        const ls_hit *h = ls_results_hit(all, i), *same = ls_results_hit(res, m->hit_count);
        bool out = false;
        for (size_t k = 0; k < qo->without_count; k++)
            out |= strlen(qo->without[k]) == h->id_len && !memcmp(qo->without[k], h->id, h->id_len);
        left_out += out;
        if (out) continue;
        assert_true(same && same->doc == h->doc && same->score == h->score);
        m->hits[m->hit_count++] = story_of(h->doc);
    }
    assert_int_equal(ls_results_get(res).count, m->hit_count);
    ls_results_free(all);
    ls_results_free(res);
}

/* Some ids, of documents that match, that do not, that are hidden, killed or never were. */
static size_t draw_ids(char (*ids)[16], const char **without)
{
    size_t n = below(2) ? 0 : 1 + below(DOCS / 4);
    for (size_t i = 0; i < n; i++) {
        snprintf(ids[i], sizeof ids[i], "d%llu", (unsigned long long)below(DOCS + 4));
        without[i] = ids[i];
    }
    return n;
}

/* Every page of a query by offset and by cursor. */
static void compare_folds(const ls_reader *r, const char *text, int fold, ls_sort sort)
{
    ls_results *res;
    shown m;
    char ids[DOCS][16], cursor[1024];
    const char *without[DOCS];
    LS_INIT(ls_search_options, o);
    LS_INIT(ls_query_options, qo);
    qo.without = without;
    qo.without_count = draw_ids(ids, without);
    o.sort = sort;
    o.sort_field = "published";
    o.limit = DOCS;
    take_hits(r, text, &qo, &o, &m);
    o.fold = fold;
    o.latest = !fold || below(2);
    o.lead = below(2) ? LS_LEAD_EARLIEST : LS_LEAD_MATCH;
    o.limit = 1 + below(7);
    model_folds(&m, &o);
    for (size_t from = 0; from < m.lead_count || !from; from += o.limit) {
        o.offset = from;
        res = search_by(r, text, &qo, &o);
        size_t want = m.lead_count - from < o.limit ? m.lead_count - from : o.limit;
        assert_int_equal(ls_results_get(res).count, want);
        ls_results_info info = ls_results_get(res);
        assert_int_equal(info.total, m.hit_count);
        assert_true(info.total_leads_is_exact ? info.total_leads == m.lead_count : info.total_leads <= m.lead_count);
        compare_page(res, &m, &o, from);
        ls_results_free(res);
        if (!m.lead_count) break;
    }
    o.offset = 0;
    for (size_t from = 0; from < m.lead_count;) {
        o.cursor = from ? cursor : NULL;
        res = search_by(r, text, &qo, &o);
        compare_page(res, &m, &o, from);
        from += ls_results_get(res).count;
        assert_int_equal(from < m.lead_count, ls_results_cursor(res) != NULL);
        if (from < m.lead_count) snprintf(cursor, sizeof cursor, "%s", ls_results_cursor(res));
        ls_results_free(res);
    }
}

static void compare_all(void)
{
    ls_reader *r;
    OK(ls_reader_open(&r, index_path, NULL, &err));
    for (size_t i = 0; i < DOCS; i++)
        if (seen(&stories[i])) learn(&stories[i]);
    compare_relations(r);
    for (int fold = LS_FOLD_NONE; fold <= LS_FOLD_STORY; fold++)
        for (int sort = LS_BY_RELEVANCE; sort <= LS_BY_FIELD_DESC; sort++) {
            char text[32];
            compare_folds(r, "common", fold, (ls_sort)sort);
            snprintf(text, sizeof text, "%cx*", (int)('a' + below(20)));
            compare_folds(r, text, fold, (ls_sort)sort);
        }
    ls_reader_close(r);
    LS_INIT(ls_check_report, report);
    OK(ls_check(index_path, NULL, NULL, &report, &err));
}

static void one_round(void)
{
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    memset(stories, 0, sizeof stories);
    make_sentences();
    for (size_t step = 0, steps = 40 + below(60); step < steps; step++) {
        size_t no = below(DOCS);
        char id[16];
        snprintf(id, sizeof id, "d%zu", no);
        if (stories[no].live && !below(4)) {
            stories[no].killed = below(2);
            if (stories[no].killed) kills(w, id, NULL, 1);
            else OK(ls_delete(w, id, strlen(id), &err));
            stories[no].live = false;
        } else {
            write_story(&stories[no], no);
            put(w, no);
        }
        if (!below(8)) OK(ls_commit(w, NULL, &err));
        if (!below(40)) OK(ls_merge(w, 1 + below(3), &err));
    }
    OK(ls_commit(w, NULL, &err));
    compare_all();
    OK(ls_merge(w, 1, &err));
    compare_all();
    ls_writer_close(w);
    index_clean(NULL);
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 8;
    rng = argc > 2 ? strtoull(argv[2], NULL, 10) : 20260102;
    printf("prop_copies seed %llu, %lu rounds\n", (unsigned long long)rng, rounds);
    if (folder_begin(NULL)) return 2;
    rng = rng * 2 + 1;
    for (unsigned long i = 0; i < rounds; i++) one_round();
    folder_end(NULL);
    printf(
        "%llu pairs, %llu related; %llu pages, %llu hits folded, %llu under an earlier one, %llu superseded, %llu left "
        "out: all as the model says\n",
        (unsigned long long)compared, (unsigned long long)related, (unsigned long long)pages,
        (unsigned long long)folded_hits, (unsigned long long)headed, (unsigned long long)superseded,
        (unsigned long long)left_out);
    return related && folded_hits && headed && superseded && left_out && stubs && forms && furniture ? 0 : 1;
}
