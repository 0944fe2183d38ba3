/* drive_sqlite.c — SQLite FTS5 beside libsearch: an FTS5 table (Porter's stemmer over unicode61; stored text) and a
 * table of stamps beside it. Required and optional words together go as must AND (must OR optional), which finds and
 * ranks the same; FTS5 has no fuzzy words. Its rank is BM25 with k1 1.2 and b .75. */
#include "bench/peers/drive.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(sqlite3 *db, const char *sql)
{
    char *err = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &err) == SQLITE_OK) return 0;
    fprintf(stderr, "sqlite: %s: %s\n", sql, err);
    sqlite3_free(err);
    return -1;
}

static sqlite3 *open_at(const char *dir, int flags)
{
    char path[4096];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/index.db", dir);
    if (sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK) return db;
    fprintf(stderr, "sqlite: %s: %s\n", path, sqlite3_errmsg(db));
    return NULL;
}

static int add_all(sqlite3 *db, drive_lines *l, drive_built *b)
{
    sqlite3_stmt *text = NULL, *stamp = NULL;
    if (sqlite3_prepare_v2(db, "INSERT INTO f(rowid, t) VALUES(?,?)", -1, &text, NULL) ||
        sqlite3_prepare_v2(db, "INSERT INTO d VALUES(?,?)", -1, &stamp, NULL))
        return -1;
    drive_article a;
    int rc = 0;
    for (; !rc && drive_lines_next(l, &a); b->articles++) {
        sqlite3_bind_int64(text, 1, (sqlite3_int64)a.ord + 1);
        sqlite3_bind_text(text, 2, a.text, (int)a.text_len, SQLITE_STATIC);
        sqlite3_bind_int64(stamp, 1, (sqlite3_int64)a.ord + 1);
        sqlite3_bind_int64(stamp, 2, a.stamp);
        rc = sqlite3_step(text) != SQLITE_DONE || sqlite3_step(stamp) != SQLITE_DONE;
        sqlite3_reset(text);
        sqlite3_reset(stamp);
    }
    sqlite3_finalize(text);
    sqlite3_finalize(stamp);
    return rc;
}

static int build(drive_lines *l, const char *dir, drive_built *b)
{
    sqlite3 *db = open_at(dir, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    char table[200];
    snprintf(table, sizeof table,
             "CREATE VIRTUAL TABLE f USING fts5(t%s, tokenize='porter unicode61 remove_diacritics 2')",
             drive_number("stored", 1) ? "" : ", content=''");
    double t0 = drive_seconds();
    if (!db || run(db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144") ||
        run(db, table) ||
        run(db, "CREATE TABLE d(id INTEGER PRIMARY KEY, stamp INTEGER); CREATE INDEX d_stamp ON d(stamp)") ||
        run(db, "INSERT INTO f(f, rank) VALUES('hashsize', 67108864); BEGIN") || add_all(db, l, b) || run(db, "COMMIT"))
        return -1;
    b->add_s = drive_seconds() - t0;
    int rc = drive_number("merge", 1) ? run(db, "INSERT INTO f(f) VALUES('optimize')") : 0;
    b->merge_s = drive_seconds() - t0 - b->add_s;
    sqlite3_stmt *sum = NULL;
    if (!rc && drive_number("stored", 1) &&
        !sqlite3_prepare_v2(db, "SELECT sum(length(CAST(c0 AS BLOB))) FROM f_content", -1, &sum, NULL) &&
        sqlite3_step(sum) == SQLITE_ROW)
        b->stored_bytes = (uint64_t)sqlite3_column_int64(sum, 0);
    sqlite3_finalize(sum);
    sqlite3_close(db);
    return rc;
}

enum { TOP, COUNT, PASSAGES, RECENT, NEWEST, STATEMENTS };
typedef struct searcher {
    sqlite3 *db;
    sqlite3_stmt *st[STATEMENTS];
} searcher;

static void *open_index(const char *dir)
{
    static const char *const SQL[STATEMENTS] = {
        [TOP] = "SELECT rowid, rank FROM f WHERE f MATCH ?1 ORDER BY rank LIMIT ?2",
        [COUNT] = "SELECT count(*) FROM f WHERE f MATCH ?1",
        [PASSAGES] =
            "SELECT rowid, rank, snippet(f, 0, '<b>', '</b>', '…', 32) FROM f WHERE f MATCH ?1 ORDER BY rank LIMIT ?2",
        [RECENT] = "SELECT f.rowid, rank FROM f JOIN d ON d.id = f.rowid WHERE f MATCH ?1 AND d.stamp >= ?3 ORDER BY "
                   "rank LIMIT ?2",
        [NEWEST] =
            "SELECT f.rowid, d.stamp FROM f JOIN d ON d.id = f.rowid WHERE f MATCH ?1 ORDER BY d.stamp DESC LIMIT ?2"};
    searcher *s = calloc(1, sizeof *s);
    if (!s || !(s->db = open_at(dir, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX))) return NULL;
    if (run(s->db, "PRAGMA mmap_size=17179869184; PRAGMA cache_size=-262144")) return NULL;
    for (int i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(s->db, SQL[i], -1, SQLITE_PREPARE_PERSISTENT, &s->st[i], NULL)) {
            fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(s->db));
            return NULL;
        }
    return s;
}

typedef struct match {
    char p[8192];
    size_t n;
} match;

static void put(match *m, const char *s)
{
    size_t n = strlen(s);
    if (m->n + n + 1 > sizeof m->p) return;
    memcpy(m->p + m->n, s, n + 1);
    m->n += n;
}

static void put_clause(match *m, const drive_clause *c)
{
    put(m, "\"");
    for (int i = 0; i < c->count; i++) {
        if (i) put(m, " ");
        put(m, c->word[i]);
    }
    put(m, c->kind == DRIVE_PREFIX ? "\"*" : "\"");
}

/* All clauses of one occur, joined; how many. */
static int put_joined(match *m, const drive_query *q, int occur, const char *join)
{
    int n = 0;
    for (int i = 0; i < q->count; i++) {
        if (q->clause[i].occur != occur) continue;
        if (n++) put(m, join);
        put_clause(m, &q->clause[i]);
    }
    return n;
}

static int has(const drive_query *q, int occur)
{
    for (int i = 0; i < q->count; i++)
        if (q->clause[i].occur == occur) return 1;
    return 0;
}

static void translate(match *m, const drive_query *q)
{
    m->n = 0;
    put(m, "(");
    int must = put_joined(m, q, DRIVE_MUST, " AND ");
    if (must && has(q, DRIVE_SHOULD)) {
        put(m, " AND (");
        for (int i = 0; i < q->count; i++)
            if (q->clause[i].occur == DRIVE_MUST) {
                put_clause(m, &q->clause[i]);
                break;
            }
        put(m, " OR ");
    }
    int should = put_joined(m, q, DRIVE_SHOULD, " OR ");
    put(m, must && should ? "))" : ")");
    if (has(q, DRIVE_NOT)) {
        put(m, " NOT (");
        put_joined(m, q, DRIVE_NOT, " OR ");
        put(m, ")");
    }
}

static int rows(sqlite3_stmt *st, drive_answer *a)
{
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && a->hits < DRIVE_HITS) {
        a->doc[a->hits] = (uint64_t)sqlite3_column_int64(st, 0) - 1;
        a->score[a->hits++] = -sqlite3_column_double(st, 1);
        if (sqlite3_column_count(st) > 2) a->passage_bytes += (size_t)sqlite3_column_bytes(st, 2);
    }
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int search(void *index, const drive_ask *ask, drive_answer *a)
{
    static match m;
    searcher *s = index;
    for (int i = 0; i < ask->query->count; i++)
        if (ask->query->clause[i].kind == DRIVE_FUZZY) return 1;
    translate(&m, ask->query);
    int which = ask->command == 'S'   ? PASSAGES
                : ask->command == 'F' ? RECENT
                : ask->command == 'N' ? NEWEST
                                      : TOP,
        rc = 0;
    if (ask->k) {
        sqlite3_stmt *st = s->st[which];
        sqlite3_bind_text(st, 1, m.p, (int)m.n, SQLITE_STATIC);
        sqlite3_bind_int(st, 2, ask->k);
        if (which == RECENT) sqlite3_bind_int64(st, 3, ask->query->from);
        rc = rows(st, a);
    }
    if (!rc && ask->command == 'C') {
        sqlite3_stmt *st = s->st[COUNT];
        sqlite3_bind_text(st, 1, m.p, (int)m.n, SQLITE_STATIC);
        if (sqlite3_step(st) == SQLITE_ROW) a->count = sqlite3_column_int64(st, 0);
        sqlite3_reset(st);
    }
    if (rc) fprintf(stderr, "sqlite: %s: %s\n", m.p, sqlite3_errmsg(s->db));
    return rc;
}

int main(int argc, char **argv)
{
    static const drive_engine e = {"sqlite-fts5", sqlite3_libversion, build, open_index, search, NULL};
    return drive_main(argc, argv, &e);
}
