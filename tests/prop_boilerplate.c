/* prop_boilerplate.c — an index with lists of boilerplate against one of the same articles without those lines.
 *
 * Articles are made of paragraphs whose words are known by number, so that what a list has is told here by comparing
 * numbers. One index has the lists and all paragraphs, spelled in many ways; the other has no list, and not the paragraphs
 * that the lists name. Then: lengths are equal; what the other finds is found; what only the first finds stands in a listed
 * paragraph; where both find a word in the same articles its scores are equal; and no passage shows a listed paragraph. */
#include "libsearch/libsearch.h"
#include "tests/index_util.h"

#define DOCS    30u
#define WORDS   24u
#define LINES   12u
#define SOURCES 4u /* of which 0 is none */
#define PARTS   8u
#define MARK    1000u /* the number of a word that only line 0 has; 1001: line 1 … */

typedef struct line {
    unsigned words[6], count;
    unsigned source; /* 0: every one */
} line;

typedef struct part {
    unsigned words[20], count;
} part;

static uint64_t dice;
static line listed[LINES];
static part parts[DOCS][PARTS];
static unsigned part_count[DOCS], source_of[DOCS];
static bool is_listed[DOCS][PARTS];
static ls_error err;

static unsigned below(unsigned n)
{
    return (unsigned)(random_next(&dice) >> 33) % n;
}

static bool names(const line *l, const part *p, unsigned source)
{
    return (!l->source || l->source == source) && l->count == p->count &&
           !memcmp(l->words, p->words, l->count * sizeof *l->words);
}

static void draw(void)
{
    for (unsigned i = 0; i < LINES; i++) {
        line *l = &listed[i];
        l->count = 1 + below(6);
        l->source = below(SOURCES);
        for (unsigned k = 0; k < l->count; k++) l->words[k] = below(WORDS);
        l->words[below(l->count)] = MARK + i;
    }
    for (unsigned d = 0; d < DOCS; d++) {
        source_of[d] = below(SOURCES);
        part_count[d] = 1 + below(PARTS);
        for (unsigned i = 0; i < part_count[d]; i++) {
            part *p = &parts[d][i];
            const line *l = &listed[below(LINES)];
            p->count = 1 + below(20);
            for (unsigned k = 0; k < p->count; k++) p->words[k] = below(WORDS);
            if (below(3) == 0) { /* of this source or another, perhaps with a word more */
                memcpy(p->words, l->words, sizeof l->words);
                p->count = l->count + (below(4) == 0);
                if (p->count > l->count) p->words[l->count] = below(WORDS);
            }
            is_listed[d][i] = false;
            for (unsigned k = 0; k < LINES; k++) is_listed[d][i] |= names(&listed[k], p, source_of[d]);
        }
    }
}

static const char *const signs[] = {"", "", "", "\xc2\xab ", "\xe2\x80\xa2 ", "* ", "(", "\xe2\x80\x9c", "- ", "> "};
static const char *const blanks[] = {" ", " ", " ", "  ", ", ", " \xe2\x80\x93 ", "\t", "; ", "\xc2\xa0", ": "};

/* A word's spellings are one word to a list and to a search. */
static void spell(char *to, size_t size, unsigned word, bool plain)
{
    static const char *const vowels[][3] = {{"a", "A", "\xc3\xa1"}, {"e", "E", "e\xcc\x81"}, {"o", "O", "\xc3\xb6"}};
    const char *const *v = vowels[word % 3];
    snprintf(to, size, "k%s%cn%ut", v[plain ? 0 : below(3)], (int)('b' + word % 7), word);
}

static void write_words(char *to, const unsigned *words, unsigned count, bool plain, bool broken)
{
    char one[40];
    size_t width = 0;
    if (!plain) to += sprintf(to, "%s", signs[below(10)]);
    for (unsigned i = 0; i < count; i++) {
        spell(one, sizeof one, words[i], plain);
        if (i && broken && width > 50) {
            to += sprintf(to, "\n");
            width = 0;
        } else if (i) {
            to += sprintf(to, "%s", plain ? " " : blanks[below(10)]);
        }
        to += sprintf(to, "%s", one);
        width += strlen(one) + 1;
    }
    sprintf(to, "%s", plain || below(2) ? "" : "!");
}

/* The same draws of spellings for both indexes: a paragraph left out is written all the same. */
static void write_body(char *body, unsigned d, bool all, bool broken)
{
    char text[2000];
    bool first = true;
    *body = 0;
    for (unsigned i = 0; i < part_count[d]; i++) {
        write_words(text, parts[d][i].words, parts[d][i].count, false, broken);
        if (!all && is_listed[d][i]) continue;
        strcat(body, first ? "" : "\n\n");
        strcat(body, text);
        first = false;
    }
}

static void put_doc(ls_writer *w, unsigned d, bool all)
{
    static const char *const names_of[][3] = {
        {"", "", ""}, {"Le Caf\xc3\xa9", "le cafe", "LE  CAF\xc3\x89"}, {"AP", "ap", "Ap"}, {"X Y", "x y", "X  Y"}};
    char id[20], body[20000], whole[20000];
    uint64_t was = dice;
    bool broken = below(2);
    write_body(whole, d, true, broken);
    if (broken && !ls_wrapped(whole, strlen(whole))) { /* too short to tell: a newline would end a paragraph */
        dice = was;
        below(2);
        broken = false;
    } else {
        dice = was;
        below(2);
    }
    write_body(body, d, all, broken);
    if (broken && !all && !ls_wrapped(body, strlen(body)))
        for (char *p = body; *p; p++)
            if (p[0] == '\n' && p[1] != '\n' && (p == body || p[-1] != '\n')) *p = ' ';
    const char *source = names_of[source_of[d]][below(3)];
    ls_doc *doc;
    OK(ls_doc_new(&doc, &err));
    OK(ls_doc_set_id(doc, id, (size_t)snprintf(id, sizeof id, "%u", d), &err));
    OK(ls_doc_set_language(doc, "none", &err));
    OK(ls_doc_add_text(doc, "body", body, strlen(body), &err));
    if (*source) OK(ls_doc_add_text(doc, "source", source, strlen(source), &err));
    OK(ls_add(w, doc, NULL, &err));
    ls_doc_free(doc);
}

static void make(const char *path, bool with_lists, uint64_t seed)
{
    static const char *const names_of[] = {NULL, "le caf\xc3\xa9", "AP", "X Y"};
    LS_INIT(ls_writer_options, o);
    ls_schema *s;
    ls_writer *w;
    char text[2000];
    OK(ls_schema_news(&s, &err));
    OK(ls_schema_set(s, "language", "none", &err));
    for (unsigned i = 0; i < LINES && with_lists; i++) {
        write_words(text, listed[i].words, listed[i].count, i % 2, false);
        OK(ls_schema_add_boilerplate(s, names_of[listed[i].source], text, &err));
    }
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    o.schema = s;
    o.threads = 1 + (unsigned)(seed % 2);
    OK(ls_writer_open(&w, path, &o, &err));
    dice = seed;
    for (unsigned d = 0; d < DOCS; d++) {
        put_doc(w, d, with_lists);
        if (d % 11 == 10) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    if (seed % 3 == 0) OK(ls_merge(w, 1, &err));
    ls_writer_close(w);
    ls_schema_free(s);
}

/* The score of each article, below 0 where it is not found. */
static unsigned search(const ls_reader *r, const char *text, double scores[DOCS], bool passages)
{
    ls_query *q;
    ls_results *res;
    const ls_hit *h;
    unsigned n = 0;
    LS_INIT(ls_search_options, o);
    o.limit = DOCS;
    for (unsigned d = 0; d < DOCS; d++) scores[d] = -1;
    OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err));
    OK(ls_search(&res, r, q, &o, &err));
    for (; (h = ls_results_hit(res, n)) != NULL; n++) {
        unsigned d = (unsigned)strtoul(h->id, NULL, 10);
        ls_snippets *s;
        scores[d] = h->score;
        if (!passages) continue;
        OK(ls_snippets_make(&s, r, q, h->doc, NULL, &err));
        for (size_t i = 0; i < s->count; i++) { /* words that only a listed paragraph of this article has */
            for (unsigned k = 0; k < part_count[d]; k++) {
                char mark[40];
                bool apart = is_listed[d][k];
                for (unsigned m = 0; m < parts[d][k].count && apart; m++) {
                    bool elsewhere = parts[d][k].words[m] < MARK;
                    for (unsigned j = 0; j < part_count[d]; j++)
                        for (unsigned x = 0; x < parts[d][j].count && !is_listed[d][j]; x++)
                            elsewhere |= parts[d][j].words[x] == parts[d][k].words[m];
                    snprintf(mark, sizeof mark, "n%ut", parts[d][k].words[m]);
                    if (!elsewhere && strstr(s->snippets[i].text, mark)) fail_msg("article %u shows %s", d, mark);
                }
            }
        }
        ls_snippets_free(s);
    }
    ls_results_free(res);
    ls_query_free(q);
    return n;
}

static bool in_listed(unsigned d, unsigned word)
{
    for (unsigned i = 0; i < part_count[d]; i++)
        for (unsigned k = 0; k < parts[d][i].count && is_listed[d][i]; k++)
            if (parts[d][i].words[k] == word) return true;
    return false;
}

static void compare_word(const ls_reader *a, const ls_reader *b, unsigned word)
{
    char text[40];
    double in_a[DOCS], in_b[DOCS];
    spell(text, sizeof text, word, true);
    bool same = search(a, text, in_a, true) == search(b, text, in_b, false);
    for (unsigned d = 0; d < DOCS; d++) {
        if (in_b[d] >= 0 && in_a[d] < 0) fail_msg("%s is not found in article %u", text, d);
        if (in_b[d] < 0 && (in_a[d] >= 0) != in_listed(d, word)) fail_msg("%s in article %u", text, d);
        if (same && (in_a[d] > in_b[d] || in_a[d] < in_b[d]))
            fail_msg("%s in article %u: scores %.9g and %.9g", text, d, in_a[d], in_b[d]);
    }
}

static void compare_phrase(const ls_reader *a, const ls_reader *b)
{
    char text[100], one[40], two[40];
    double in_a[DOCS], in_b[DOCS];
    unsigned x = below(WORDS), y = below(WORDS);
    spell(one, sizeof one, x, true);
    spell(two, sizeof two, y, true);
    snprintf(text, sizeof text, "\"%s %s\"", one, two);
    search(a, text, in_a, false);
    search(b, text, in_b, false);
    for (unsigned d = 0; d < DOCS; d++) {
        if (in_b[d] >= 0 && in_a[d] < 0) fail_msg("%s is not found in article %u", text, d);
        if (in_a[d] >= 0 && in_b[d] < 0 && !(in_listed(d, x) && in_listed(d, y))) fail_msg("%s in article %u", text, d);
    }
}

static void one_round(uint64_t seed)
{
    char other[100];
    ls_reader *a, *b;
    dice = seed;
    draw();
    remove_folder(index_path);
    snprintf(other, sizeof other, "%s/other", folder);
    remove_folder(other);
    make(index_path, true, seed);
    make(other, false, seed);
    OK(ls_reader_open(&a, index_path, NULL, &err));
    OK(ls_reader_open(&b, other, NULL, &err));
    for (unsigned d = 0; d < DOCS; d++) {
        char id[20];
        ls_doc *x, *y;
        size_t n = (size_t)snprintf(id, sizeof id, "%u", d);
        OK(ls_get(&x, a, id, n, &err));
        OK(ls_get(&y, b, id, n, &err));
        if (ls_doc_words(x) != ls_doc_words(y))
            fail_msg("article %u has %u and %u words", d, (unsigned)ls_doc_words(x), (unsigned)ls_doc_words(y));
        ls_doc_free(x);
        ls_doc_free(y);
    }
    for (unsigned w = 0; w < WORDS; w++) compare_word(a, b, w);
    for (unsigned i = 0; i < LINES; i++) compare_word(a, b, MARK + i);
    for (unsigned i = 0; i < 20; i++) compare_phrase(a, b);
    ls_reader_close(a);
    ls_reader_close(b);
    remove_folder(other);
}

static unsigned rounds;
static uint64_t first_seed;

static void articles(void **state)
{
    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t seed = (first_seed + i + 1) * UINT64_C(0x9E3779B97F4A7C15);
        one_round(seed);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(articles)};
    rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 30;
    first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    return cmocka_run_group_tests_name("prop_boilerplate", tests, folder_begin, folder_end);
}
