/* drive.h — what the drivers of the engines written in C and C++ share: articles in, queries in, answers out.
 *
 *   DRIVER build LINES DIR [key=value …]     indexes the articles of LINES, prints one line of JSON
 *   DRIVER serve DIR [key=value …]           answers lines of its input until it ends
 *
 * LINES has an article a line, fields parted by tabs: stamp, id, source, byline, section, title, body. The stamp is a
 * whole number, seconds since 1970; in the texts a backslash, a tab and an end of line are written \\, \t and \n.
 *
 * A line to be answered is COMMAND tab QUERY [tab FROM], and the answer is NANOSECONDS tab COUNT tab ORD:SCORE,…
 * (the first ten hits; ORD is the line of the article, from 0; COUNT is -1 where none was asked) or "-" and why not.
 * The nanoseconds are those of the search alone, from the words of the query to the hits in hand.
 *   T10 T100 T1000   the best by BM25 (k1 1.2, b .75); no total asked
 *   C0 C10 C100      the same with the exact number of matches (C0: the number alone)
 *   S10              the best ten, and a passage of each with the words marked
 *   F10              the best ten of those whose stamp is ≥ FROM
 *   N10              the ten of the greatest stamp
 *   X [tab NAME]     is answered by "x". Under callgrind NAME is given to the counts since the last one, "zero" drops them
 * Words of a query are joined by OR; +a is required, -a excluded, "a b" a phrase, a* a prefix, a~ one letter off. */
#ifndef BENCH_DRIVE_H
#define BENCH_DRIVE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct drive_article {
    int64_t stamp;
    const char *id, *source, *byline, *section, *title, *body; /* NUL-terminated */
    const char *text;                                          /* title, an end of line, body: what is indexed */
    size_t text_len;
    uint64_t ord;
} drive_article;

typedef struct drive_lines drive_lines;
drive_lines *drive_lines_open(const char *path);        /* NULL: told on stderr */
int drive_lines_next(drive_lines *l, drive_article *a); /* 0 after the last */
uint64_t drive_lines_text_bytes(const drive_lines *l);  /* of the articles so far */
void drive_lines_close(drive_lines *l);

enum { DRIVE_WORD, DRIVE_PHRASE, DRIVE_PREFIX, DRIVE_FUZZY };
enum { DRIVE_SHOULD, DRIVE_MUST, DRIVE_NOT };
#define DRIVE_CLAUSES 64
#define DRIVE_WORDS   16
typedef struct drive_clause {
    int occur, kind, count;
    const char *word[DRIVE_WORDS];
} drive_clause;
typedef struct drive_query {
    int count;
    drive_clause clause[DRIVE_CLAUSES];
    int64_t from;
} drive_query;

typedef struct drive_ask {
    char command; /* T C S F N */
    int k;
    const drive_query *query;
} drive_ask;

#define DRIVE_HITS 1000
typedef struct drive_answer {
    int64_t count;
    int hits;
    uint64_t doc[DRIVE_HITS]; /* turned into lines by engine.resolve, outside the clock */
    double score[DRIVE_HITS];
    size_t passage_bytes;
} drive_answer;

typedef struct drive_built {
    uint64_t articles, text_bytes;
    double add_s, merge_s; /* until the commit stood; from there until one segment was left */
    uint64_t stored_bytes; /* of the stored texts in the index; 0: not known */
} drive_built;

/* Value of key=value among the options, or `otherwise`. */
const char *drive_option(const char *key, const char *otherwise);
long drive_number(const char *key, long otherwise);
double drive_seconds(void);

typedef struct drive_engine {
    const char *name;
    const char *(*version)(void);
    int (*build)(drive_lines *l, const char *dir, drive_built *b);     /* 0 */
    void *(*open)(const char *dir);                                    /* NULL: failed */
    int (*search)(void *index, const drive_ask *ask, drive_answer *a); /* 0; 1 where the engine cannot */
    void (*resolve)(void *index, drive_answer *a);                     /* may be NULL: doc is the line */
} drive_engine;
int drive_main(int argc, char **argv, const drive_engine *e);

#ifdef __cplusplus
}
#endif
#endif
