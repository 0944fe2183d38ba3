/* make_corpus.c — make-corpus COUNT [seed=1] [words=150] [form=json|lines]: COUNT made-up news articles on stdout.
 *
 * The same arguments give the same bytes everywhere (whole numbers only, no C library's mathematics), and article n is
 * the same in every longer corpus, so that growth is measured on prefixes.
 *
 * What makes them like articles:
 *   - words by Zipf and Mandelbrot: the word of rank r is drawn with weight 1/(r+3.7) among 262,144; the first are
 *     the function words of English, three times as likely, all others are spelled from syllables, the common shorter;
 *   - content words are inflected (-s, -ed, -ing, 's), begin sentences with a capital, and some are names always;
 *   - an article has a subject: a third of its content words comes from a window of the vocabulary that the subject
 *     owns, so that words go together and AND finds something; a tenth repeats what the article said before (the
 *     second occurrence of a word is far likelier than the first: Church, "Empirical estimates of adaptation", 2000);
 *   - each word has one follower that comes after it one time in twelve: phrases that many articles share;
 *   - numbers, dates and rare names make the vocabulary grow for ever;
 *   - lengths from a sum of chances, a third to three times the mean; titles, bylines, sources, sections; a date a
 *     minute after the one before, one article in thirty hours late.
 * form=json: what `libsearch add` takes. form=lines: what the drivers of the benchmark take (peers/drive.h). */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VOCABULARY = 1 << 18, GUIDE = 1 << 16, SUBJECTS = 512, WINDOW = 400, RECENT = 32 };

static const char *const FUNCTION[] = {
    "the",   "of",   "and",     "to",     "a",     "in",     "that", "is",    "for",   "it",    "was",    "on",
    "with",  "as",   "be",      "at",     "by",    "he",     "said", "from",  "have",  "has",   "are",    "not",
    "this",  "but",  "an",      "they",   "which", "his",    "had",  "will",  "or",    "their", "were",   "who",
    "been",  "its",  "one",     "more",   "would", "about",  "when", "after", "than",  "all",   "also",   "there",
    "out",   "up",   "new",     "we",     "she",   "no",     "her",  "other", "first", "last",  "two",    "could",
    "over",  "into", "some",    "year",   "can",   "so",     "if",   "time",  "what",  "years", "people", "him",
    "most",  "only", "them",    "before", "while", "may",    "make", "where", "now",   "under", "any",    "both",
    "these", "such", "against", "many",   "then",  "between"};
enum { FUNCTIONS = sizeof FUNCTION / sizeof *FUNCTION };
static const char *const SECTIONS[] = {"world",   "business", "politics",   "culture",
                                       "science", "sport",    "technology", "opinion"};
static const char *const SOURCES[] = {"Northern Wire", "The Daily Ledger", "Harbour Post", "City Courier",
                                      "Press Desk"};

/* ---- chance: splitmix64 (Steele, Lea, Flood 2014) ---- */
typedef struct rng {
    uint64_t s;
} rng;

static uint64_t next(rng *r)
{
    uint64_t z = r->s += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint32_t below(rng *r, uint32_t n)
{
    return (uint32_t)((next(r) >> 32) * n >> 32);
}

/* ---- the vocabulary ---- */
static uint64_t reach[VOCABULARY]; /* sum of the weights up to and with this rank */
static uint32_t guide[GUIDE + 1];  /* where to begin looking in it */
static char spelling[VOCABULARY][16];
static uint8_t letters[VOCABULARY];

static void weigh(void)
{
    uint64_t sum = 0;
    for (uint32_t r = 0; r < VOCABULARY; r++)
        reach[r] = sum += (UINT64_C(1) << 44) / (10 * r + 37) * (r < FUNCTIONS ? 3 : 1);
    for (uint32_t g = 0, r = 0; g <= GUIDE; g++) {
        uint64_t want = sum / GUIDE * g;
        while (r + 1 < VOCABULARY && reach[r] <= want) r++;
        guide[g] = r;
    }
}

static uint32_t draw(rng *r)
{
    uint64_t sum = reach[VOCABULARY - 1], u = (uint64_t)((unsigned __int128)next(r) * sum >> 64);
    uint64_t g = u / (sum / GUIDE);
    uint32_t i = guide[g < GUIDE ? g : GUIDE];
    while (i > 0 && reach[i - 1] > u) i--;
    while (reach[i] <= u) i++;
    return i;
}

/* Two syllables for the 4,096 commonest, three for the rest: the digits, in base 64, of a number that was stirred by an
 * odd factor, so that no spelling comes twice; a last consonant for three of four. */
static void spell(void)
{
    static const char *const ONSET[] = {"b", "br", "c", "d", "f", "g", "h", "k",
                                        "l", "m",  "n", "p", "r", "s", "t", "v"};
    for (uint32_t r = 0; r < VOCABULARY; r++) {
        char *p = spelling[r];
        if (r < FUNCTIONS) {
            snprintf(p, sizeof spelling[r], "%s", FUNCTION[r]);
        } else {
            uint32_t i = r - FUNCTIONS, n = i < 4096 ? i * 1667 % 4096 : i * 40503u % (1 << 18);
            for (int k = 0; k < (i < 4096 ? 2 : 3); k++, n >>= 6) {
                for (const char *o = ONSET[n & 15]; *o; o++) *p++ = *o;
                *p++ = "aeio"[n >> 4 & 3];
            }
            if (i % 4) *p++ = "nrlt"[i / 4 % 4];
        }
        letters[r] = (uint8_t)strlen(spelling[r]);
    }
}

/* ---- one article ---- */
typedef struct text {
    char *p;
    size_t n, cap;
} text;

static void put(text *t, const char *s, size_t n)
{
    if (t->n + n + 1 > t->cap) {
        t->p = realloc(t->p, t->cap = (t->n + n + 1) * 2);
        if (!t->p) exit(1);
    }
    memcpy(t->p + t->n, s, n);
    t->p[t->n += n] = 0;
}

typedef struct writing {
    rng r;
    uint32_t subject, last, recent[RECENT], recent_count;
    int begins; /* a sentence */
} writing;

static uint32_t choose(writing *w)
{
    uint32_t dice = below(&w->r, 120);
    if (w->last >= FUNCTIONS && dice < 10) return FUNCTIONS + (w->last * 48271u + 11) % (VOCABULARY / 8);
    if (dice < 22 && w->recent_count)
        return w->recent[below(&w->r, w->recent_count < RECENT ? w->recent_count : RECENT)];
    if (dice < 40) {
        /* The square leans to the beginning of the window. */
        uint32_t u = below(&w->r, WINDOW), v = below(&w->r, WINDOW);
        return FUNCTIONS + (w->subject * 397 + (u < v ? u : v) * 61) % (VOCABULARY / 4);
    }
    return draw(&w->r);
}

static void put_word(writing *w, text *t, uint32_t rank)
{
    static const struct {
        char s[4];
        uint8_t n;
    } ENDING[] = {{"s", 1}, {"s", 1}, {"ed", 2}, {"ing", 3}, {"'s", 2}};
    size_t at = t->n;
    int name = rank >= FUNCTIONS && rank % 16 == 7;
    put(t, spelling[rank], letters[rank]);
    if (w->begins || name) t->p[at] = (char)(t->p[at] & ~32);
    if (rank >= FUNCTIONS) {
        /* Names have a genitive, one word of three is inflected like a verb, one takes an s, one nothing. */
        uint32_t dice = below(&w->r, 24), end = name            ? (dice < 2 ? 4 : 9)
                                                : rank % 3 == 0 ? dice
                                                : rank % 3 == 1 ? (dice < 5 ? 0 : 9)
                                                                : 9;
        if (end < 5) put(t, ENDING[end].s, ENDING[end].n);
        w->recent[w->recent_count++ % RECENT] = rank;
    }
    w->last = rank;
    w->begins = 0;
}

/* A number, a date or a name that few others have. */
static void put_rare(writing *w, text *t)
{
    char buf[48];
    uint32_t kind = below(&w->r, 6), a = below(&w->r, 99), b = below(&w->r, 999);
    int n = kind == 0   ? snprintf(buf, sizeof buf, "%u", a * (b % 7 + 1))
            : kind == 1 ? snprintf(buf, sizeof buf, "%u.%u", a, b % 100)
            : kind == 2 ? snprintf(buf, sizeof buf, "%u,%03u", a, b)
            : kind == 3 ? snprintf(buf, sizeof buf, "19%02u", a)
            : kind == 4 ? snprintf(buf, sizeof buf, "$%u", b)
                        : snprintf(buf, sizeof buf, "%s%s", spelling[FUNCTIONS + below(&w->r, 4096)],
                                   spelling[FUNCTIONS + below(&w->r, 4096)]);
    if (kind == 5) buf[0] = (char)(buf[0] & ~32);
    put(t, buf, (size_t)n);
    w->begins = 0;
}

static void sentence(writing *w, text *t, uint32_t words)
{
    w->begins = 1;
    for (uint32_t i = 0; i < words; i++) {
        if (i) put(t, ", ", i > 4 && i + 3 < words && !below(&w->r, 14) ? 2 : 0);
        if (i && t->p[t->n - 1] != ' ') put(t, " ", 1);
        if (!below(&w->r, 80)) put_rare(w, t);
        else put_word(w, t, choose(w));
    }
    put(t, ".", 1);
}

typedef struct article {
    text title, body, byline;
    const char *source, *section;
    int64_t stamp;
} article;

static void write_article(article *a, uint64_t seed, uint64_t number, uint32_t mean)
{
    writing w = {.r = {seed * 0x9e3779b97f4a7c15u ^ number * 0xd1342543de82ef95u}};
    next(&w.r);
    a->title.n = a->body.n = a->byline.n = 0;
    w.subject = below(&w.r, SUBJECTS);
    for (uint32_t i = 0, n = 4 + below(&w.r, 6); i < n; i++) {
        if (i) put(&a->title, " ", 1);
        w.begins = !i;
        put_word(&w, &a->title, i % 3 == 2 ? draw(&w.r) : choose(&w));
    }
    uint32_t words = mean / 3, in_paragraph = 0;
    for (int i = 0; i < 4; i++) words += below(&w.r, mean / 3 + 1);
    if (!below(&w.r, 12)) words *= 2 + below(&w.r, 2);
    for (uint32_t done = 0; done < words;) {
        uint32_t n = 6 + below(&w.r, 12) + below(&w.r, 12);
        if (done) put(&a->body, in_paragraph ? " " : "\n\n", in_paragraph ? 1 : 2);
        sentence(&w, &a->body, n);
        done += n;
        in_paragraph = in_paragraph < 2 || below(&w.r, 3) ? in_paragraph + 1 : 0;
    }
    put(&a->byline, "By ", 3);
    uint32_t who = below(&w.r, 300);
    for (uint32_t i = 0; i < 2; i++) {
        const char *s = spelling[FUNCTIONS + (who * 7919u + i * 104729u) % 4096];
        char first = (char)(s[0] & ~32);
        if (i) put(&a->byline, " ", 1);
        put(&a->byline, &first, 1);
        put(&a->byline, s + 1, strlen(s + 1));
    }
    a->source = SOURCES[below(&w.r, sizeof SOURCES / sizeof *SOURCES)];
    a->section = SECTIONS[w.subject % (sizeof SECTIONS / sizeof *SECTIONS)];
    a->stamp = 978307200 + (int64_t)number * 60;
    if (!below(&w.r, 30)) a->stamp -= 3600 * (1 + (int64_t)below(&w.r, 48));
}

/* The texts have no quotation mark, backslash or tab: only ends of lines are to be written otherwise. */
static void print_text(const text *t)
{
    const char *p = t->p, *end = p + t->n;
    for (const char *nl; (nl = memchr(p, '\n', (size_t)(end - p))); p = nl + 1) {
        fwrite(p, 1, (size_t)(nl - p), stdout);
        fputs("\\n", stdout);
    }
    fwrite(p, 1, (size_t)(end - p), stdout);
}

static void print_json(const article *a, uint64_t number)
{
    char date[32];
    time_t when = (time_t)a->stamp;
    struct tm tm;
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&when, &tm));
    printf("{\"id\": \"made-%08" PRIu64 "\", \"title\": \"%s\", \"date\": \"%s\", \"source\": \"%s\", \"byline\": "
           "\"%s\", \"section\": \"%s\", \"body\": \"",
           number, a->title.p, date, a->source, a->byline.p, a->section);
    print_text(&a->body);
    puts("\"}");
}

static void print_line(const article *a, uint64_t number)
{
    printf("%" PRId64 "\tmade-%08" PRIu64 "\t%s\t%s\t%s\t%s\t", a->stamp, number, a->source, a->byline.p, a->section,
           a->title.p);
    print_text(&a->body);
    putchar('\n');
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 0, seed = 1;
    uint32_t words = 150;
    int lines = 0;
    for (int i = 2; i < argc; i++) {
        if (!strncmp(argv[i], "seed=", 5)) seed = strtoull(argv[i] + 5, NULL, 10);
        else if (!strncmp(argv[i], "words=", 6)) words = (uint32_t)strtoul(argv[i] + 6, NULL, 10);
        else if (!strcmp(argv[i], "form=lines") || !strcmp(argv[i], "form=json")) lines = argv[i][5] == 'l';
        else count = 0;
    }
    if (!count || words < 30 || words > 100000) {
        fputs("usage: make-corpus COUNT [seed=1] [words=150] [form=json|lines]\n", stderr);
        return 2;
    }
    weigh();
    spell();
    static char buffer[1 << 20];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    article a = {0};
    for (uint64_t n = 0; n < count; n++) {
        write_article(&a, seed, n, words);
        if (lines) print_line(&a, n);
        else print_json(&a, n);
    }
    free(a.title.p);
    free(a.body.p);
    free(a.byline.p);
    return fflush(stdout) || ferror(stdout);
}
