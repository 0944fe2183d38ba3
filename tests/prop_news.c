/* prop_news.c — random stories with versions, states and embargoes, kills, revivals, deletions, commits, rollbacks,
 * merges, purges, reopenings and a clock, against a simple model: at every look a reader has exactly what the model says
 * may be seen, and one with the scope everything; tombstones are the model's.
 * usage: prop_news [SEED [OPERATIONS]] */
#include "tests/story_util.h"

#define STORIES 40
#define IDS     30
#define HOUR    ((int64_t)3600000)

typedef struct entry { /* of a guid */
    bool there, killed;
    int id;
    int64_t version, release; /* release: from when on it may be seen */
    unsigned word;
    char status[12];
    int64_t embargoed;
} entry;
typedef struct model {
    entry stories[STORIES];
    bool killed_ids[IDS];
} model;

static model now, committed;
static uint64_t seed = 1, operations = 1200;
static unsigned words;

/* The story that has an id at present; -1: none. */
static int holder(const model *m, int id)
{
    for (int i = 0; i < STORIES; i++)
        if (m->stories[i].there && m->stories[i].id == id) return i;
    return -1;
}

static void names(int number, int id, char *guid_text, char *id_text)
{
    snprintf(guid_text, 16, "guid%d", number);
    snprintf(id_text, 16, "id%d", id);
}

static void look(unsigned flags)
{
    ls_reader *r = reader(flags);
    uint64_t n = 0;
    LS_INIT(ls_tombstone, t);
    LS_INIT(ls_stats, s);
    for (int i = 0; i < STORIES; i++) {
        const entry *e = &committed.stories[i];
        bool seen = e->there && (flags & LS_READER_HIDDEN || e->release <= clock_now);
        char guid[16], id[16], word[32];
        names(i, e->id, guid, id);
        snprintf(word, sizeof word, "unique%u", e->word);
        assert_int_equal(has_guid(r, guid), seen);
        if (e->there) assert_int_equal(total_of(r, word), seen);
        assert_int_equal(ls_reader_tombstone_guid(r, &t, guid, strlen(guid), &err), e->killed ? LS_OK : LS_NOTFOUND);
        n += seen;
        if (!seen) continue;
        ls_doc *d;
        OK(ls_get(&d, r, id, strlen(id), &err));
        assert_int_equal(ls_doc_version(d), e->version);
        assert_string_equal(ls_doc_text(d, "guid", 0, NULL), guid);
        ls_doc_free(d);
    }
    assert_int_equal(count_docs(r), n);
    assert_int_equal(total_of(r, "common"), n);
    OK(ls_reader_stats(r, &s, &err));
    assert_int_equal(s.documents, n);
    ls_reader_close(r);
}

static void add_one(ls_writer *w, uint64_t *x)
{
    static const char *const states[] = {"", "", "usable", "withheld"};
    int i = (int)(random_next(x) % STORIES), id = (int)(random_next(x) % IDS);
    entry *e = &now.stories[i], fresh = {.there = true, .id = id};
    char guid[16], id_text[16], body[64];
    bool revive = random_next(x) % 12 == 0;
    if (e->there && random_next(x) % 3) fresh.id = e->id; /* mostly under its own id */
    int other = holder(&now, fresh.id);
    names(i, fresh.id, guid, id_text);
    bool same = e->there && other == i && random_next(x) % 5 == 0;
    snprintf(fresh.status, sizeof fresh.status, "%s", states[random_next(x) % 4]);
    fresh.embargoed = random_next(x) % 3 ? 0 : clock_now + (int64_t)(random_next(x) % 120) * HOUR - 40 * HOUR;
    fresh.word = ++words;
    if (same) {
        fresh = *e;
        fresh.id = e->id;
    }
    fresh.release = !strcmp(fresh.status, "withheld") ? INT64_MAX : fresh.embargoed ? fresh.embargoed : INT64_MIN;
    int64_t given = random_next(x) % 3 ? 0 : (int64_t)(random_next(x) % 12 + 1);
    const entry *basis = e->there ? e : other >= 0 ? &now.stories[other] : NULL;
    int64_t have = basis ? basis->version : 0;
    if (e->there && other >= 0 && other != i && now.stories[other].version > have) have = now.stories[other].version;
    ls_result want;
    if ((e->killed || now.killed_ids[fresh.id]) && !revive) want = LS_KILLED;
    else if (!basis) want = LS_CREATED;
    else if (given && given < have) want = LS_STALE;
    else if (given <= have && same) want = LS_UNCHANGED;
    else if (given == have) want = LS_CONFLICT;
    else want = LS_REPLACED;
    snprintf(body, sizeof body, "common unique%u", fresh.word);
    LS_INIT(ls_added, a);
    OK(add_story(w,
                 (story){.id = id_text,
                         .guid = guid,
                         .body = body,
                         .status = fresh.status[0] ? fresh.status : NULL,
                         .embargoed = fresh.embargoed,
                         .version = given},
                 revive, &a));
    assert_int_equal(a.result, want);
    if (want != LS_CREATED && want != LS_REPLACED) return;
    fresh.version = given ? given : have + 1;
    assert_int_equal(a.version, fresh.version);
    now.killed_ids[fresh.id] = false;
    if (other >= 0) now.stories[other].there = false;
    now.stories[i] = fresh;
}

/* By an id that nobody has, or by a guid whose story is deleted first: so each tombstone has one name, and lifting one
 * lifts no other. Tombstones of two names are t_news.c's. */
static void kill_one(ls_writer *w, uint64_t *x)
{
    int i = (int)(random_next(x) % STORIES), id = (int)(random_next(x) % IDS);
    char guid[16], id_text[16];
    names(i, id, guid, id_text);
    if (random_next(x) % 8 == 0 && holder(&now, id) < 0) {
        kills(w, id_text, NULL, 0);
        now.killed_ids[id] = true;
        return;
    }
    if (now.stories[i].there) {
        if (now.killed_ids[now.stories[i].id]) return;
        names(i, now.stories[i].id, guid, id_text);
        OK(ls_delete(w, id_text, strlen(id_text), &err));
        now.stories[i].there = false;
    }
    kills(w, NULL, guid, 0);
    now.stories[i].killed = true;
}

static void delete_one(ls_writer *w, uint64_t *x)
{
    int id = (int)(random_next(x) % IDS), i = holder(&now, id);
    char guid[16], id_text[16];
    names(0, id, guid, id_text);
    WANT(ls_delete(w, id_text, strlen(id_text), &err), i < 0 ? LS_NOTFOUND : LS_OK);
    if (i >= 0) now.stories[i].there = false;
}

static void random_operations(void **state)
{
    (void)state;
    uint64_t x = seed * 0x9e3779b97f4a7c15 + 1;
    unsigned flags = LS_WRITER_CREATE;
    ls_writer *w = clocked_writer(flags, 0);
    for (uint64_t n = 0; n < operations; n++) {
        uint64_t dice = random_next(&x) % 100;
        if (dice < 60) add_one(w, &x);
        else if (dice < 68) kill_one(w, &x);
        else if (dice < 74) delete_one(w, &x);
        else if (dice < 84) clock_now += (int64_t)(random_next(&x) % 60) * HOUR / 3 - 5 * HOUR;
        else if (dice < 94) {
            if (dice < 92) OK(ls_commit(w, NULL, &err));
            else if (dice == 92) OK(ls_merge(w, 1 + random_next(&x) % 3, &err));
            else OK(ls_purge(w, NULL, &err));
            committed = now;
            look(0);
            look(LS_READER_HIDDEN);
        } else if (dice < 97) {
            OK(ls_rollback(w, &err));
            now = committed;
        } else {
            ls_writer_close(w);
            now = committed;
            OK(ls_check(index_path, NULL, NULL, NULL, &err));
            w = clocked_writer(flags | (dice & 1 ? LS_WRITER_NO_MERGE : 0), 0);
            look(0);
        }
    }
    ls_writer_close(w);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(random_operations, index_clean)};
    if (argc > 1) seed = strtoull(argv[1], NULL, 10);
    if (argc > 2) operations = strtoull(argv[2], NULL, 10);
    print_message("seed %llu, %llu operations\n", (unsigned long long)seed, (unsigned long long)operations);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
