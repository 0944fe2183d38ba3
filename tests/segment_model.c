/* segment_model.c — see segment_model.h. The model knows the analyzer and the rules of positions, and nothing of how a
 * segment is made or kept. */
#include "tests/segment_model.h"
#include "libsearch/segment/meta.h"
#include "libsearch/text/analyzer.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t random_state = 1;

uint32_t rnd(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 33) % n);
}

void rnd_seed(uint64_t seed)
{
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (int i = 0; i < 8; i++) rnd(2);
}

void die(const char *what, const ls_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err ? err->message : "failed");
    exit(1);
}

static void put(lsi_buf *b, const char *fmt, ...) LSI_PRINTF(2, 3);
static void put(lsi_buf *b, const char *fmt, ...)
{
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    lsi_buf_put(b, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

/* ---- random documents ---- */

static const char *const some_words[] = {"arms",
                                         "deal",
                                         "the",
                                         "The",
                                         "US",
                                         "us",
                                         "U.S.",
                                         "Zelensky",
                                         "negotiate",
                                         "negotiations",
                                         "Negotiating",
                                         "talks",
                                         "Jong-un",
                                         "COVID-19",
                                         "co-operate",
                                         "tit-for-tat",
                                         "AT&T",
                                         "3.5%",
                                         "shoigu\xe2\x80\x99s",
                                         "H\xc3\xa4user",
                                         "Haus",
                                         "stra\xc3\x9f"
                                         "e",
                                         "\xd0\xa8\xd0\xbe\xd0\xb9\xd0\xb3\xd1\x83",
                                         "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd",
                                         "\xe2\x80\x9c"
                                         "begging for help\xe2\x80\x9d",
                                         "caf\xc3\xa9",
                                         "cafe",
                                         "CAFE",
                                         "e\xcc\x81t\xc3\xa9",
                                         "running",
                                         "runs",
                                         "http://a.example/b?c=d",
                                         "a@b.example",
                                         "x",
                                         "y",
                                         "1987",
                                         "12,000",
                                         "war",
                                         "War",
                                         "peace",
                                         "und",
                                         "der",
                                         "die",
                                         "le"};

static void random_word(lsi_buf *b)
{
    uint32_t kind = rnd(40);
    if (kind == 0) {
        for (uint32_t n = 200 + rnd(200); n; n--)
            lsi_buf_put8(b, (uint8_t)('a' + rnd(3))); /* longer than a form may be */
    } else if (kind == 1) {
        lsi_buf_put8(b, (uint8_t)rnd(256)); /* often no UTF-8 */
    } else if (kind < 6) {
        for (uint32_t n = 1 + rnd(4); n; n--) lsi_buf_put8(b, (uint8_t)("aAbBcC"[rnd(6)]));
        if (rnd(4) == 0) lsi_buf_puts(b, "-a-A");
    } else {
        lsi_buf_puts(b, some_words[rnd(rnd(2) ? 12 : LSI_COUNTOF(some_words))]);
    }
}

static void random_text(lsi_buf *b, uint32_t most)
{
    lsi_buf_reset(b);
    for (uint32_t n = rnd(most + 1); n; n--) {
        if (rnd(25) == 0) lsi_buf_puts(b, rnd(2) ? "\n\nRead also: arms talks on the war\n\n" : ".\n\n");
        random_word(b);
        lsi_buf_puts(b, rnd(10) ? " " : rnd(2) ? ". " : ", \"");
    }
}

static void random_field(ls_schema *s, const char *name, ls_type type, int weight)
{
    ls_error err;
    ls_field f = {sizeof f, name, type, weight, 0};
    if (lsi_schema_add(s, &f, &err)) die("schema", &err);
}

ls_schema *random_schema(void)
{
    ls_error err;
    ls_schema *s;
    if (lsi_schema_new(&s, &err)) die("schema", &err);
    if (rnd(4)) random_field(s, "title", LS_TEXT, 1 + (int)rnd(4));
    if (rnd(2)) random_field(s, "byline", LS_TEXT, 0);
    random_field(s, "published", LS_DATE, 0);
    random_field(s, "body", LS_TEXT, 1 + (int)rnd(rnd(8) ? 1 : 255));
    random_field(s, "tags", LS_KEYWORD, 0);
    if (rnd(2)) random_field(s, "notes", LS_TEXT, 0);
    if (rnd(2)) random_field(s, "lead", LS_TEXT, 1 + (int)rnd(2));
    random_field(s, "rank", LS_INTEGER, 0);
    random_field(s, "extra", LS_STORED, 0);
    if (lsi_schema_set(s, "copies", rnd(4) ? "yes" : "no", &err)) die("schema", &err);
    if (lsi_schema_set(s, "k1", rnd(2) ? "1.2" : "0.4", &err)) die("schema", &err);
    return s;
}

void random_doc_make(random_doc *r, const ls_schema *s, uint32_t no)
{
    ls_error err;
    lsi_buf b;
    char id[32];
    lsi_buf_init(&b, 0);
    if (lsi_doc_new(&r->d, &err)) die("doc", &err);
    snprintf(id, sizeof id, "id%u", no);
    int rc = lsi_doc_set_id(r->d, id, strlen(id), &err);
    for (size_t f = 0; !rc && f < s->count; f++) {
        const lsi_schema_field *field = &s->fields[f];
        bool number = field->pub.type == LS_INTEGER || field->pub.type == LS_DATE;
        uint32_t values = rnd(5) == 0 ? 0 : rnd(6) == 0 && !number ? 3 : 1;
        for (; !rc && values; values--) {
            if (number) {
                rc = lsi_doc_add_int(r->d, field->name, (int64_t)rnd(1000) - 500, &err);
                continue;
            }
            random_text(&b, (int)f == s->main ? 60 : 8);
            /* One spelling for each folded one: which a merge keeps depends on what was deleted before. */
            if (field->pub.type == LS_KEYWORD) lsi_buf_reset(&b);
            if (field->pub.type == LS_KEYWORD && rnd(8)) put(&b, "Tag  N\xc2\xba %u", rnd(9));
            rc = lsi_doc_add_text(r->d, field->name, b.data ? (char *)b.data : "", b.len, &err);
        }
    }
    static const char *const languages[] = {"", "english", "german", "french", "none", "russian"};
    snprintf(r->d->language, sizeof r->d->language, "%s", languages[rnd(LSI_COUNTOF(languages))]);
    r->d->version = 1 + (int64_t)rnd(5);
    if (!rc) rc = lsi_doc_check(r->d, s, &err);
    if (rc) die("random document", &err);
    r->hash = lsi_doc_hash(r->d);
    lsi_buf_clear(&b);
}

void random_doc_free(random_doc *r)
{
    lsi_doc_free(r->d);
}

/* ---- the model ---- */

typedef struct occurrence {
    char term[260], form[260], folded[520];
    uint32_t term_len, form_len, folded_len, list, doc, position, weight; /* weight 0: boilerplate */
    bool hidden;
} occurrence;

typedef struct model {
    const ls_schema *s;
    lsi_analyzer *a;
    occurrence *at;
    size_t count, cap;
    uint32_t lengths[LSI_TEXT_FIELDS_MAX]; /* of the document in hand */
    uint32_t starts[LSI_TEXT_FIELDS_MAX + 2];
} model;

static occurrence *next_occurrence(model *m)
{
    if (m->count == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 1024;
        m->at = realloc(m->at, m->cap * sizeof *m->at);
        if (!m->at) die("memory", NULL);
    }
    memset(&m->at[m->count], 0, sizeof *m->at);
    return &m->at[m->count++];
}

static void set_bytes(char *to, size_t cap, uint32_t *to_len, const uint8_t *p, size_t n)
{
    if (!p || n > cap) die("a word longer than the model expects", NULL);
    if (n) memcpy(to, p, n);
    *to_len = (uint32_t)n;
}

typedef struct place { /* where a list's next value begins */
    uint64_t next, apart;
} place;

/* One value of a field; boilerplate words get positions from their own count, to be moved behind the rest later. */
static void model_value(model *m, const lsi_doc_value *v, uint32_t doc, uint32_t list, int lang, uint32_t weight,
                        place *pl, uint32_t *length)
{
    lsi_token t;
    uint64_t base = pl->next ? pl->next + 8 : 0, apart = pl->apart ? pl->apart + 8 : 0;
    lsi_tokens_begin(m->a, (const uint8_t *)v->text, v->len, lang);
    while (lsi_tokens_next(m->a, &t) > 0) {
        bool boilerplate = t.flags & LSI_TOK_BOILERPLATE;
        size_t n;
        occurrence *o = next_occurrence(m);
        set_bytes(o->form, sizeof o->form, &o->form_len, t.form, t.form_len);
        const uint8_t *p = lsi_analyzer_fold(m->a, (uint8_t *)o->form, o->form_len, &n);
        set_bytes(o->folded, sizeof o->folded, &o->folded_len, p, n);
        p = lsi_analyzer_term(m->a, lang, (uint8_t *)o->form, o->form_len, &n);
        set_bytes(o->term, sizeof o->term, &o->term_len, p, n);
        o->list = list;
        o->doc = doc;
        o->weight = boilerplate ? 0 : weight;
        o->position = (uint32_t)(boilerplate ? apart : base) + t.position;
        uint64_t *end = boilerplate ? &pl->apart : &pl->next;
        if (o->position + 1 > *end) *end = o->position + 1;
        if (boilerplate || (t.flags & LSI_TOK_JOINED)) continue;
        ++*length;
        static const struct {
            uint32_t flag;
            const char *term;
        } hidden[] = {{LSI_TOK_SENTENCE, LSI_TERM_SENTENCE},
                      {LSI_TOK_PARAGRAPH, LSI_TERM_PARAGRAPH},
                      {LSI_TOK_QUOTE_OPEN, LSI_TERM_QUOTE_OPEN},
                      {LSI_TOK_QUOTE_CLOSE, LSI_TERM_QUOTE_CLOSE}};
        for (size_t i = 0; list == 0 && i < LSI_COUNTOF(hidden); i++) {
            if (!(t.flags & hidden[i].flag)) continue;
            uint32_t position = m->at[m->count - 1].position;
            o = next_occurrence(m);
            set_bytes(o->term, sizeof o->term, &o->term_len, (const uint8_t *)hidden[i].term, 2);
            o->doc = doc;
            o->weight = 1;
            o->hidden = true;
            o->position = position;
        }
    }
}

static void model_field(model *m, const ls_doc *d, uint32_t doc, size_t field, uint32_t list, int lang, uint32_t weight,
                        place *pl)
{
    uint32_t *length = &m->lengths[m->s->fields[field].text_no];
    for (size_t i = 0; i < d->count; i++)
        if (d->values[i].field_no == (int)field) model_value(m, &d->values[i], doc, list, lang, weight, pl, length);
}

/* Boilerplate of occurrences from `from` on goes behind the rest; returns where it begins. */
static uint32_t settle(model *m, size_t from, const place *pl)
{
    uint32_t base = (uint32_t)(pl->next ? pl->next + 8 : 0);
    for (size_t i = from; i < m->count; i++)
        if (!m->at[i].weight) m->at[i].position += base;
    return pl->apart ? base : UINT32_MAX;
}

static int model_language(const model *m, const ls_doc *d)
{
    int lang = d->language[0] ? lsi_lang_find(d->language, strlen(d->language)) : -1;
    int expected = lsi_lang_find(m->s->language, strlen(m->s->language));
    for (size_t i = 0; lang < 0 && i < d->count; i++)
        if (d->values[i].field_no == m->s->main && d->values[i].len) {
            lang = lsi_lang_detect_or((const uint8_t *)d->values[i].text, d->values[i].len, expected);
            break;
        }
    return lang < 0 ? expected : lang;
}

/* The occurrences of one document; lengths and starts are left in m. */
static int model_doc(model *m, const ls_doc *d, uint32_t doc)
{
    int lang = model_language(m, d);
    place pl = {0, 0};
    size_t from = m->count;
    uint32_t r = 0;
    memset(m->lengths, 0, sizeof m->lengths);
    for (size_t f = 0; f < m->s->count; f++) {
        const lsi_schema_field *field = &m->s->fields[f];
        if (field->text_no < 0 || !field->pub.weight) continue;
        uint64_t before = pl.next;
        model_field(m, d, doc, f, 0, lang, (uint32_t)field->pub.weight, &pl);
        m->starts[r++] = pl.next == before ? UINT32_MAX : before ? (uint32_t)before + 8 : 0;
    }
    m->starts[r] = settle(m, from, &pl);
    m->starts[r + 1] = UINT32_MAX;
    for (; r > 0; r--)
        if (m->starts[r - 1] == UINT32_MAX) m->starts[r - 1] = m->starts[r];
    m->starts[0] = 0;
    for (size_t f = 0; f < m->s->count; f++) {
        const lsi_schema_field *field = &m->s->fields[f];
        if (field->text_no < 0 || field->pub.weight) continue;
        place own = {0, 0};
        from = m->count;
        model_field(m, d, doc, f, 1 + (uint32_t)field->text_no, lang, 1, &own);
        settle(m, from, &own);
    }
    return lang;
}

/* Order of the dump: term, list, document, position; then the order in which words came. */
static int by_place(const void *a, const void *b)
{
    const occurrence *x = a, *y = b;
    int c = lsi_bytes_cmp(x->term, x->term_len, y->term, y->term_len);
    if (!c) c = x->list < y->list ? -1 : x->list > y->list;
    if (!c) c = x->doc < y->doc ? -1 : x->doc > y->doc;
    if (!c) c = x->position < y->position ? -1 : x->position > y->position;
    return c ? c : lsi_bytes_cmp(x->form, x->form_len, y->form, y->form_len);
}

static int by_form(const void *a, const void *b)
{
    const occurrence *x = a, *y = b;
    int c = lsi_bytes_cmp(x->folded, x->folded_len, y->folded, y->folded_len);
    if (!c) c = lsi_bytes_cmp(x->form, x->form_len, y->form, y->form_len);
    if (!c) c = lsi_bytes_cmp(x->term, x->term_len, y->term, y->term_len);
    return c ? c : x->doc < y->doc ? -1 : x->doc > y->doc;
}

static bool same_term(const occurrence *x, const occurrence *y)
{
    return !lsi_bytes_cmp(x->term, x->term_len, y->term, y->term_len);
}

static bool same_form(const occurrence *x, const occurrence *y)
{
    return same_term(x, y) && !lsi_bytes_cmp(x->form, x->form_len, y->form, y->form_len);
}

static void put_posting(lsi_buf *out, const occurrence *o, size_t n, bool with_places)
{
    uint64_t tf = 0;
    for (size_t i = 0; i < n; i++) tf += o[i].weight;
    put(out, " %u:%zu:%" PRIu64, o->doc, n, tf ? tf : 1);
    for (size_t i = 0; with_places && i < n; i++) {
        put(out, ",%u", o[i].position);
        lsi_buf_put(out, o[i].form, o[i].form_len);
    }
}

/* All lists of a term. The short list of a weighted field: the occurrences within its region. */
static void put_lists(lsi_buf *out, const model *m, const uint32_t *all_starts, size_t from, size_t to)
{
    size_t regions = m->s->region_count;
    put(out, "T ");
    lsi_buf_put(out, m->at[from].term, m->at[from].term_len);
    lsi_buf_put8(out, '\n');
    for (uint32_t list = 0; list <= m->s->text_count; list++) {
        const lsi_schema_field *f = list ? lsi_schema_text(m->s, (int)list - 1) : NULL;
        bool is_short = f && f->pub.weight > 0, any = false;
        if (is_short && f - m->s->fields == m->s->main) continue;
        for (size_t i = from, j; i < to; i = j) {
            for (j = i; j < to && m->at[j].doc == m->at[i].doc && m->at[j].list == m->at[i].list; j++) {
            }
            if (m->at[i].list != (is_short ? 0 : list)) continue;
            size_t n = j - i;
            if (is_short) {
                const uint32_t *starts = all_starts + m->at[i].doc * (regions + 1);
                n = 0;
                for (size_t k = i; k < j; k++)
                    n += !m->at[k].hidden && m->at[k].position >= starts[f->region] &&
                         m->at[k].position < starts[f->region + 1];
                if (!n) continue;
            }
            if (!any) put(out, " L%u", list);
            any = true;
            if (is_short) put(out, " %u:%zu:%zu", m->at[i].doc, n, n);
            else put_posting(out, m->at + i, n, true);
        }
        if (any) lsi_buf_put8(out, '\n');
    }
}

typedef struct form_line {
    size_t from, to; /* its occurrences, in order of by_form */
    uint32_t df, number;
} form_line;

static void put_forms(lsi_buf *out, const model *m, bool numbers)
{
    size_t n = 0;
    form_line *forms = calloc(m->count + 1, sizeof *forms);
    if (!forms) die("memory", NULL);
    for (size_t i = 0, j; i < m->count; i = j) {
        for (j = i; j < m->count && same_form(&m->at[i], &m->at[j]); j++) {
        }
        if (m->at[i].hidden) continue;
        forms[n] = (form_line){i, j, 0, 0};
        for (size_t k = i; k < j; k++) forms[n].df += k == i || m->at[k].doc != m->at[k - 1].doc;
        n++;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (i != j && same_term(&m->at[forms[i].from], &m->at[forms[j].from]))
                forms[i].number += forms[j].df > forms[i].df || (forms[j].df == forms[i].df && j < i);
    for (size_t i = 0; i < n; i++) {
        const occurrence *o = &m->at[forms[i].from];
        put(out, "F ");
        lsi_buf_put(out, o->folded, o->folded_len);
        lsi_buf_put8(out, ' ');
        lsi_buf_put(out, o->form, o->form_len);
        lsi_buf_put8(out, ' ');
        lsi_buf_put(out, o->term, o->term_len);
        if (numbers) put(out, " no %u", forms[i].number);
        put(out, " df %u\n", forms[i].df);
    }
    free(forms);
}

static void put_doc(lsi_buf *out, const ls_schema *s, const ls_doc *d, uint64_t hash, const uint32_t *lengths,
                    const uint32_t *starts, const char *language, const uint8_t *norms)
{
    put(out, "D %s v%" PRId64 " h%016" PRIx64 " %s", d->id, d->version, hash, language);
    for (size_t t = 0; t < s->text_count; t++) put(out, " l%u", lengths[t]);
    for (size_t r = 0; r <= s->region_count; r++) put(out, " s%u", starts[r]);
    for (size_t l = 0; l <= s->text_count; l++) put(out, " n%u", norms[l]);
    for (size_t i = 0; i < d->count; i++) {
        put(out, " %d=%" PRId64 "/", d->values[i].field_no, d->values[i].is_int ? d->values[i].integer : 0);
        if (!d->values[i].is_int) lsi_buf_put(out, d->values[i].text, d->values[i].len);
    }
    lsi_buf_put8(out, '\n');
}

/* Columns as a document has them: numbers, then folded keywords without repetition in byte order. */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_columns(lsi_buf *out, model *m, const ls_doc *d)
{
    put(out, "C");
    for (size_t f = 0; f < m->s->count; f++) {
        ls_type type = m->s->fields[f].pub.type;
        char *folded[16];
        size_t n = 0;
        for (size_t i = 0; i < d->count && n < 16; i++) {
            const lsi_doc_value *v = &d->values[i];
            if (v->field_no != (int)f) continue;
            if (v->is_int) put(out, " %zu=%" PRId64, f, v->integer);
            if (type != LS_KEYWORD || !v->len) continue;
            size_t len;
            const uint8_t *p = lsi_analyzer_keyword(m->a, (const uint8_t *)v->text, v->len, &len);
            folded[n] = calloc(1, len + 1);
            if (!p || !folded[n]) die("memory", NULL);
            memcpy(folded[n++], p, len);
        }
        if (n) qsort(folded, n, sizeof *folded, by_text);
        for (size_t i = 0; i < n; i++) {
            if (!i || strcmp(folded[i], folded[i - 1])) {
                put(out, " %zu=", f);
                lsi_buf_puts(out, folded[i]);
            }
        }
        for (size_t i = 0; i < n; i++) free(folded[i]);
    }
    lsi_buf_put8(out, '\n');
}

static void model_norms(const ls_schema *s, const uint32_t *lengths, uint8_t *norms)
{
    uint64_t sum = 0;
    for (size_t t = 0; t < s->text_count; t++) {
        sum += (uint64_t)lsi_schema_text(s, (int)t)->pub.weight * lengths[t];
        norms[1 + t] = lsi_norm_encode(lengths[t]);
    }
    norms[0] = lsi_norm_encode(sum);
}

/* Occurrences of all documents that are not dead, numbered through; `out` gets their lines. */
static uint32_t *model_make(model *m, lsi_buf *out, const ls_schema *s, random_doc *const *docs, uint32_t count,
                            const uint64_t *dead)
{
    ls_error err;
    uint32_t n = 0, *starts = calloc(((size_t)count + 1) * (s->region_count + 1), sizeof *starts);
    memset(m, 0, sizeof *m);
    m->s = s;
    if (!starts || lsi_analyzer_new(&m->a, &err)) die("memory", NULL);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t norms[LSI_LISTS_MAX];
        if (dead && dead[i >> 6] >> (i & 63) & 1) continue;
        int lang = model_doc(m, docs[i]->d, n);
        memcpy(starts + n * (s->region_count + 1), m->starts, (s->region_count + 1) * sizeof *starts);
        model_norms(s, m->lengths, norms);
        if (out) put_doc(out, s, docs[i]->d, docs[i]->hash, m->lengths, m->starts, lsi_lang_name(lang), norms);
        if (out) put_columns(out, m, docs[i]->d);
        n++;
    }
    return starts;
}

static void model_end(model *m, uint32_t *starts)
{
    lsi_analyzer_free(m->a);
    free(m->at);
    free(starts);
}

void model_dump(lsi_buf *out, const ls_schema *s, random_doc *const *docs, uint32_t count, const uint64_t *dead)
{
    model m;
    uint32_t *starts = model_make(&m, out, s, docs, count, dead);
    if (m.count) qsort(m.at, m.count, sizeof *m.at, by_place);
    for (size_t i = 0, j; i < m.count; i = j) {
        for (j = i; j < m.count && same_term(&m.at[i], &m.at[j]); j++) {
        }
        put_lists(out, &m, starts, i, j);
    }
    if (m.count) qsort(m.at, m.count, sizeof *m.at, by_form);
    put_forms(out, &m, true);
    model_end(&m, starts);
}

static uint32_t documents_in_list(const model *m, const uint32_t *starts, size_t from, size_t to, uint32_t list)
{
    const lsi_schema_field *f = list ? lsi_schema_text(m->s, (int)list - 1) : NULL;
    bool is_short = f && f->pub.weight > 0;
    uint32_t df = 0, last = UINT32_MAX;
    if (is_short && f - m->s->fields == m->s->main) return 0;
    for (size_t k = from; k < to; k++) {
        const occurrence *o = &m->at[k];
        const uint32_t *at = starts + o->doc * (m->s->region_count + 1);
        bool in = o->list == list;
        if (is_short) in = !o->list && !o->hidden && o->position >= at[f->region] && o->position < at[f->region + 1];
        df += in && o->doc != last;
        if (in) last = o->doc;
    }
    return df;
}

void model_live_dump(lsi_buf *out, const ls_schema *s, random_doc *const *docs, uint32_t count, const uint64_t *dead)
{
    model m;
    uint32_t *starts = model_make(&m, NULL, s, docs, count, dead);
    if (m.count) qsort(m.at, m.count, sizeof *m.at, by_place);
    for (size_t i = 0, j; i < m.count; i = j) {
        for (j = i; j < m.count && same_term(&m.at[i], &m.at[j]); j++) {
        }
        for (uint32_t list = 0; list <= s->text_count; list++) {
            uint32_t df = documents_in_list(&m, starts, i, j, list);
            if (!df) continue;
            put(out, "T ");
            lsi_buf_put(out, m.at[i].term, m.at[i].term_len);
            put(out, " L%u %u\n", list, df);
        }
    }
    if (m.count) qsort(m.at, m.count, sizeof *m.at, by_form);
    put_forms(out, &m, false);
    model_end(&m, starts);
}

#include "tests/segment_dump.c"
