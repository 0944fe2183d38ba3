/* prop_parse.c — any bytes are a query: random bytes, random query-like texts and mutations of real queries are parsed
 * under random options. For each: it parses; caps hold; every promise of ast.h about trees holds; its normal form is
 * parsed to the same tree (equal hash, equal form) again; words and warnings are bounded by the text. Texts of letters,
 * digits and blanks, which the parser cuts by itself, give the words and terms that the analyzer gives.
 *   prop_parse [seed] [count]
 */
#include "libsearch/query/feedback.h"
#include "libsearch/query/synonyms.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/alloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NOW INT64_C(1694419200500)

static uint64_t state;
static uint32_t rnd(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 33) % n);
}

static const char *const pieces[] = {"arms",
                                     "deal",
                                     "the",
                                     "US",
                                     "us",
                                     "Jong-un",
                                     "COVID-19",
                                     "co-operate",
                                     "U.S.",
                                     "AT&T",
                                     "C++",
                                     "3.5%",
                                     "shoigu\xe2\x80\x99s",
                                     "\xd0\xa8\xd0\xbe\xd0\xb9\xd0\xb3\xd1\x83",
                                     "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd",
                                     "\xe9\x83\xbd",
                                     "\xe3\x81\x82",
                                     "\xf0\x9f\x98\x80",
                                     "\xef\xac\x81",
                                     "\xc4\xb0",
                                     "\xc3\x9f",
                                     "e\xcc\x81",
                                     "\xe0\xb9\x84\xe0\xb8\x97\xe0\xb8\xa2",
                                     "\"",
                                     "\"",
                                     "\xe2\x80\x9c",
                                     "\xe2\x80\x9d",
                                     "\xe2\x80\x9e",
                                     "\xc2\xab",
                                     "\xc2\xbb",
                                     "\xe2\x80\x98",
                                     "\xe2\x80\x99",
                                     "(",
                                     ")",
                                     "((",
                                     "))",
                                     " AND ",
                                     " OR ",
                                     " NOT ",
                                     "AND",
                                     "OR",
                                     "NOT",
                                     "-",
                                     "+",
                                     " -",
                                     " +",
                                     "*",
                                     "?",
                                     "~",
                                     "~2",
                                     "~9",
                                     "^2",
                                     "^0.5",
                                     "^0",
                                     "^",
                                     "^9999",
                                     ":",
                                     "/",
                                     "w/5",
                                     " w/5 ",
                                     " near/3 ",
                                     " pre/2 ",
                                     " w/s ",
                                     " w/p ",
                                     "w/0",
                                     "pre/99999",
                                     "title:",
                                     "byline:",
                                     "source:",
                                     "subject:",
                                     "lang:",
                                     "id:",
                                     "date:",
                                     "since:",
                                     "before:",
                                     "after:",
                                     "words:",
                                     "urgency:",
                                     "url:",
                                     "foo:",
                                     "hlead:",
                                     "caps(",
                                     "syn(",
                                     "syn(arms, deal",
                                     ", ",
                                     "atleast3(",
                                     "atleast0(",
                                     ">5",
                                     "5..9",
                                     "..",
                                     "2023",
                                     "2023-08",
                                     "2023-08-30",
                                     "7d",
                                     "today",
                                     "12:30",
                                     "http://a.b/c?d=e",
                                     "a@b.cd",
                                     " ",
                                     " ",
                                     " ",
                                     " ",
                                     "\t",
                                     "\n",
                                     "\xc2\xa0",
                                     "\xe3\x80\x80",
                                     "x",
                                     "y",
                                     "a",
                                     "1",
                                     "0",
                                     "-5",
                                     "!",
                                     ",",
                                     ".",
                                     "''",
                                     "[",
                                     "]",
                                     "{",
                                     "}",
                                     "|",
                                     "\\",
                                     "&",
                                     "\xff",
                                     "\xc3",
                                     "\xe2\x80",
                                     "\xed\xa0\x80",
                                     "\xf4\x90\x80\x80",
                                     "Read also:",
                                     "'s"};

/* Words of the pieces, by themselves, side by side, hyphenated; some in two lines. */
static const char SYNONYMS[] =
    "arms, weapons, x y\narms deal, US, COVID-19\nUS, the United States, America\nJong-un, AT&T, C++, a\n"
    "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd, 2023\nco-operate, deal, 3.5%, \xc3\x9f\ndeal arms the, x\n";

static size_t make_text(char *out, size_t cap)
{
    size_t n = 0, target;
    uint32_t kind = rnd(10);
    if (kind == 0) { /* any bytes */
        target = rnd(300);
        while (n < target) out[n++] = (char)rnd(256);
        return n;
    }
    target = kind == 1 ? rnd((uint32_t)cap - 64) : kind < 5 ? rnd(30) : rnd(120);
    bool spaced = rnd(2);
    uint32_t favourite = rnd(LSI_COUNTOF(pieces));
    while (n < target) {
        const char *piece = pieces[kind == 1 && rnd(2) ? favourite : rnd(LSI_COUNTOF(pieces))];
        size_t len = strlen(piece);
        if (n + len + 1 > cap) break;
        memcpy(out + n, piece, len);
        n += len;
        if (spaced && rnd(3)) out[n++] = ' ';
    }
    if (kind == 9 && n) { /* and a few bytes changed, dropped, doubled */
        for (uint32_t i = rnd(4); i-- && n;) {
            size_t at = rnd((uint32_t)n);
            if (rnd(2)) out[at] = (char)rnd(256);
            else memmove(out + at, out + at + 1, --n - at);
        }
    }
    return n;
}

static const char *complaint;

static void expect(bool ok, const char *what)
{
    if (!ok && !complaint) complaint = what;
}

static bool is_leaf(lsi_node_type t)
{
    return t != LSI_Q_AND && t != LSI_Q_OR && t != LSI_Q_NOT && t != LSI_Q_NEAR && t != LSI_Q_ATLEAST &&
           t != LSI_Q_HLEAD;
}

static bool is_positional(lsi_node_type t)
{
    return is_leaf(t) && t != LSI_Q_NOTHING && t != LSI_Q_ALL && t != LSI_Q_KEYWORD && t != LSI_Q_RANGE &&
           t != LSI_Q_ID;
}

static void check_words(const lsi_node *n)
{
    for (uint32_t i = 0; i < n->word_count; i++) {
        const lsi_qword *w = &n->words[i];
        expect(w->form[w->form_len] == 0 && w->folded[w->folded_len] == 0, "a word is not ended by NUL");
        expect(lsi_utf8_valid(w->form, w->form_len), "a form is not UTF-8");
        expect(i == 0 ? w->offset == 0 : w->offset > w[-1].offset, "offsets do not rise from 0");
        bool stemmed = n->type == LSI_Q_WORD || n->type == LSI_Q_PHRASE || n->type == LSI_Q_SLOP;
        expect(!stemmed || (w->term_count >= 1 && w->term_count <= 2), "a word without a term");
    }
}

/* The promises of ast.h. Returns words and leaves. */
static uint32_t check_tree(const lsi_node *n, const lsi_node *parent, uint32_t depth)
{
    uint32_t clauses = 0, nots = 0;
    lsi_node_type in = parent ? parent->type : LSI_Q_NOTHING;
    expect(depth <= 4 * LSI_QUERY_DEPTH_MAX, "too deep");
    expect((n->boost > 0 || (n->no_score && !(n->boost < 0))) && n->boost <= 1000, "a boost out of range");
    expect(is_leaf(n->type) || n->type == LSI_Q_NEAR || (n->boost >= 1 && n->boost <= 1), "a boost on a group");
    expect(n->type != LSI_Q_NOTHING || !parent, "NOTHING within a tree");
    expect((n->type != LSI_Q_AND && n->type != LSI_Q_OR) || n->kid_count >= 2, "a group of fewer than two");
    expect(n->type != LSI_Q_NEAR || n->kid_count == 2, "a NEAR of not two");
    expect(n->type != LSI_Q_NOT || !parent || in == LSI_Q_AND || in == LSI_Q_OR, "a NOT in a wrong place");
    bool placed = in == LSI_Q_NEAR || in == LSI_Q_HLEAD || in == LSI_Q_ATLEAST;
    expect(!placed || is_positional(n->type) || (in != LSI_Q_ATLEAST && (n->type == LSI_Q_NEAR || n->type == LSI_Q_OR)),
           "an operand without positions");
    check_words(n);
    if (n->type == LSI_Q_PHRASE) expect(n->word_count >= (n->exact ? 1u : 2u), "a phrase of too few words");
    if (n->type == LSI_Q_SLOP) expect(n->word_count >= 2, "a loose phrase of one word");
    if (n->type == LSI_Q_FUZZY) expect(n->distance == 1 || n->distance == 2, "a wrong edit distance");
    if (is_leaf(n->type)) return n->implied ? 0 : LSI_MAX(1, n->word_count);
    for (uint32_t i = 0; i < n->kid_count; i++) {
        nots += n->kids[i]->type == LSI_Q_NOT;
        clauses += check_tree(n->kids[i], n, depth + 1);
    }
    expect(n->type != LSI_Q_AND || nots < n->kid_count, "an AND of nothing but NOT");
    return clauses;
}

static void show(const char *what, const char *s, size_t n)
{
    printf("%s (%zu): ", what, n);
    for (size_t i = 0; i < n && i < 400; i++) {
        if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] > 0x7E || s[i] == '\\')
            printf("\\x%02x", (unsigned char)s[i]);
        else putchar(s[i]);
    }
    printf("\n");
}

static bool quiet;

static int run(const ls_schema *s, const char *text, size_t len, const ls_query_options *o, size_t *too_long)
{
    ls_query *q = NULL, *again = NULL;
    ls_query_options back = *o;
    ls_error err = {0};
    back.feedback = NULL; /* its words are written in the normal form */
    complaint = NULL;
    if (lsi_query_parse(&q, s, text, len, o, NOW, &err)) {
        expect(false, err.message);
    } else {
        expect(check_tree(q->root, NULL, 0) <= LSI_QUERY_CLAUSES_MAX, "too many clauses");
        expect(q->text_len <= LSI_QUERY_BYTES_MAX && lsi_utf8_valid((const uint8_t *)q->text, q->text_len), "the text");
        expect(lsi_utf8_valid((const uint8_t *)q->parsed, strlen(q->parsed)), "the normal form is not UTF-8");
        expect(q->warning_count <= 64, "too many warnings");
        for (size_t i = 0; i < q->warning_count; i++) {
            const ls_warning *w = &q->warnings[i];
            expect(w->start <= w->end && w->end <= q->text_len && w->code[0] && w->message[0], "a warning");
        }
        if (strlen(q->parsed) > LSI_QUERY_BYTES_MAX) {
            ++*too_long; /* cannot be given again: longer than a query may be */
        } else if (q->typed && (o->flags & LS_MODE_SIMPLE)) {
            /* nothing in it shows what was added */
        } else if (lsi_query_parse(&again, s, q->parsed, strlen(q->parsed), &back, NOW, &err)) {
            expect(false, err.message);
        } else {
            q->typed = NULL; /* the hash of all of it */
            expect(lsi_query_hash(q) == lsi_query_hash(again), "the normal form is another query");
            expect(strcmp(again->parsed, q->parsed) == 0, "the normal form has another normal form");
        }
    }
    if (complaint && !quiet) {
        printf("FAILED: %s (flags %u, language %s)\n", complaint, o->flags, o->language ? o->language : "-");
        show("text", text, len);
        if (q) show("parsed", q->parsed, strlen(q->parsed));
        if (again) show("again", again->parsed, strlen(again->parsed));
    }
    lsi_query_free(q);
    lsi_query_free(again);
    return complaint != NULL;
}

/* Words that are text to some languages only, cut into pairs, hyphenated, an operator; boosts at the ends. */
static ls_feedback_word added[] = {{"sanctions", 0.4}, {"zebra", 0.001},       {"\xe6\x9d\xb1\xe4\xba\xac", 1000},
                                   {"AND", 0.25},      {"H\xc3\xa4user", 0.1}, {"Jong-un", 0.1},
                                   {"arms", 0.0004},   {"O'Neill", 2.5},       {"the", 0.3}};
static const ls_feedback feedback = {.words = added, .count = LSI_COUNTOF(added)};

/* Tells the shortest text that fails: bytes are taken away as long as it does. */
static void shrink(const ls_schema *s, char *text, size_t n, const ls_query_options *o)
{
    size_t ignored = 0;
    quiet = true;
    for (size_t step = n / 2; step; step = step > 1 ? step / 2 : 0) {
        for (size_t at = 0; at + step <= n;) {
            char less[LSI_QUERY_BYTES_MAX + 512];
            memcpy(less, text, at);
            memcpy(less + at, text + at + step, n - at - step);
            if (run(s, less, n - step, o, &ignored)) {
                n -= step;
                memcpy(text, less, n);
            } else {
                at += step;
            }
        }
    }
    quiet = false;
    run(s, text, n, o, &ignored);
}

/* A phrase of text[0, n) has the words that the analyzer cuts it into. */
static bool same_words(const ls_schema *s, lsi_analyzer *an, const char *text, size_t n)
{
    char quoted[80];
    ls_query *q = NULL;
    lsi_token t;
    uint32_t count = 0;
    bool same = true;
    memcpy(quoted + 1, text, n);
    quoted[0] = quoted[n + 1] = '"';
    if (lsi_query_parse(&q, s, quoted, n + 2, NULL, NOW, NULL)) return false;
    const lsi_node *leaf = q->root;
    lsi_tokens_begin(an, (const uint8_t *)text, n, s->lang);
    while (lsi_tokens_next(an, &t) > 0 && same) {
        const lsi_qword *w = &leaf->words[count];
        size_t folded_len, term_len;
        if (count++ >= leaf->word_count) same = false;
        if (!same) break;
        const uint8_t *term = lsi_analyzer_term(an, s->lang, t.form, t.form_len, &term_len);
        same = term && w->form_len == t.form_len && !memcmp(w->form, t.form, t.form_len) && w->offset == t.position &&
               w->start == t.start + 1 && w->end == t.end + 1 && w->terms[0].len == term_len &&
               !memcmp(w->terms[0].term, term, term_len) && !w->form[w->form_len] && !w->folded[w->folded_len];
        const uint8_t *folded = lsi_analyzer_fold(an, w->form, w->form_len, &folded_len);
        same = same && w->folded_len == folded_len && !memcmp(w->folded, folded, folded_len);
    }
    same = same && (count == leaf->word_count || leaf->type == LSI_Q_NOTHING);
    lsi_query_free(q);
    return same;
}

static size_t check_plain_words(const ls_schema *s, size_t count)
{
    static const char letters[] = "abcdeilnorstuwxyzABIMRSTUZ0123459  ";
    lsi_analyzer *an = NULL;
    size_t failed = 0;
    char text[64];
    if (lsi_analyzer_new(&an, NULL)) return 1;
    for (size_t i = 0; i < count; i++) {
        size_t n = rnd(sizeof text);
        for (size_t k = 0; k < n; k++) text[k] = letters[rnd(sizeof letters - 1)];
        if (same_words(s, an, text, n)) continue;
        failed++;
        show("other words than the analyzer's", text, n);
    }
    lsi_analyzer_free(an);
    return failed;
}

/* Processor time, the least of a few runs: other work on the machine adds to it as well. */
static double seconds_for(const ls_schema *s, const char *piece, size_t bytes)
{
    static char text[LSI_QUERY_BYTES_MAX];
    size_t n = 0, len = strlen(piece);
    while (n + len <= bytes) {
        memcpy(text + n, piece, len);
        n += len;
    }
    ls_query *q = NULL;
    struct timespec a, b;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    int rc = lsi_query_parse(&q, s, text, n, NULL, NOW, NULL);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    lsi_query_free(q);
    return rc ? 1e9 : (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/* Eight times the text takes about eight times as long; a parser that looks back or ahead takes up to 64 times. */
static int check_time(const ls_schema *s)
{
    double worst = 0;
    const char *which = "";
    for (size_t i = 0; i < LSI_COUNTOF(pieces); i++) {
        double some = 1e9, all = 1e9;
        for (int k = 0; k < 3 || (k < 20 && all > 24 * some); k++) { /* the least of many, where it looks bad */
            some = LSI_MIN(some, seconds_for(s, pieces[i], LSI_QUERY_BYTES_MAX / 8));
            all = LSI_MIN(all, seconds_for(s, pieces[i], LSI_QUERY_BYTES_MAX));
        }
        if (all > worst * some) {
            worst = all / some;
            which = pieces[i];
        }
    }
    printf("eight times as long: %.1f times the time, of ", worst);
    show("piece", which, strlen(which));
    return worst > 24;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 20230911;
    size_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 20000, failed = 0, too_long = 0;
    static const char *const languages[] = {NULL, NULL, "german", "russian", "none"};
    ls_schema *s = NULL;
    char *text = malloc(LSI_QUERY_BYTES_MAX + 512);
    if (!text || lsi_schema_news(&s, NULL)) return 2;
    ls_synonyms *synonyms = NULL;
    if (lsi_synonyms_new(&synonyms, s, SYNONYMS, sizeof SYNONYMS - 1, NULL)) return 2;
    state = seed * 2654435761u + 88172645463325252u;
    printf("prop_parse: seed %llu, %zu texts\n", (unsigned long long)seed, count);
    for (size_t i = 0; i < count && failed < 10; i++) {
        size_t n = make_text(text, LSI_QUERY_BYTES_MAX + 512);
        ls_query_options o = {.size = sizeof o, .flags = rnd(2) ? 0 : rnd(8), .language = languages[rnd(5)]};
        if (rnd(2)) o.synonyms = synonyms;
        if (!rnd(3)) o.feedback = &feedback;
        char *exact = malloc(n ? n : 1); /* so that a sanitizer sees a byte read too far */
        if (!exact) return 2;
        memcpy(exact, text, n);
        int bad = run(s, exact, n, &o, &too_long);
        if (bad) shrink(s, text, n, &o);
        failed += (size_t)bad;
        free(exact);
    }
    failed += check_plain_words(s, count / 4);
    failed += (size_t)check_time(s);
    printf("prop_parse: %zu failed; %zu normal forms were longer than a query may be\n", failed, too_long);
    lsi_synonyms_free(synonyms);
    lsi_schema_free(s);
    free(text);
    return failed != 0;
}
