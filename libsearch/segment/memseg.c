/* memseg.c — owns documents on their way into a segment: cuts their text, gives words their positions, keeps their
 * values. What becomes of them in the file is flush.c's.
 *
 * Positions of the combined list: the weighted text fields in the schema's order are regions, with 8 free positions
 * between two that have words, and between two values of one field; behind them one more region has the boilerplate
 * words of all of them. A text field of weight 0 has positions of its own from 0, its boilerplate words 8 behind the
 * others. A joined word stands at its first part's place and counts for no length; neither does boilerplate.
 *
 * Example: title "Arms talks", body "Talks begin", weights 3 and 1: arms 0, talks 1 and 10, begin 11; regions begin at
 * 0, 10 and (no boilerplate) nowhere; lengths 2 and 2, combined 3·2 + 2 = 8.
 *
 * Invariant: a document that could not be added wholly has a number but is dead. Ignorant of files. */
#include "libsearch/model/news.h"
#include "libsearch/segment/build.h"
#include "libsearch/segment/copies.h"
#include "libsearch/segment/memdocs.h"
#include "libsearch/util/alloc.h"
#include <stdlib.h>

#define CHECK_EVERY 4096u /* words between two looks at the budget */
/* Of four bytes of text at most three words are made (a-b). Where one is new it costs an entry, a form, a term with its tail,
 * slot and first slice: 180 bytes, and its spellings. */
#define WORST_OF_BYTE 256u
#define WORST_OF_DOC  ((size_t)256 << 10) /* beginnings of pieces of memory */

typedef struct adding { /* the document in hand */
    lsi_memseg *m;
    const ls_doc *d;
    lsi_doc doc;
    int lang;
    lsi_lines_of listed; /* boilerplate of its source */
    size_t used_before, budget, text_bytes;
    uint32_t list;
    uint64_t next, boilerplate_next; /* first free position of the list, of its boilerplate */
    uint32_t words;                  /* that count, of the field in hand */
    bool main;                       /* that field is the one whose copies are known */
    ls_error *err;
} adding;

int lsi_memseg_new(lsi_memseg **out, const ls_schema *schema, ls_error *err)
{
    *out = NULL;
    lsi_memseg *m = lsi_calloc(1, sizeof *m);
    if (!m) return lsi_fail_nomem(err);
    lsi_arena_init(&m->bytes);
    lsi_buf_init(&m->encoded, 0);
    memset(m->hidden, 0xff, sizeof m->hidden);
    int rc = lsi_schema_copy(&m->schema, schema, err);
    if (!rc) rc = lsi_analyzer_new(&m->analyzer, err);
    if (!rc && !(m->shingler = lsi_calloc(1, sizeof *m->shingler))) rc = lsi_fail_nomem(err);
    if (!rc) rc = lsi_invert_init(&m->words, m->analyzer, err);
    if (!rc && !(m->fields = lsi_calloc(schema->count ? schema->count : 1, sizeof *m->fields)))
        rc = lsi_fail_nomem(err);
    if (rc) {
        lsi_memseg_free(m);
        return rc;
    }
    for (size_t f = 0; f < schema->count; f++) lsi_map_init(&m->fields[f].spelling_numbers);
    *out = m;
    return LS_OK;
}

/* What came of documents, but for arrays that more of them can use. */
static void clear_contents(lsi_memseg *m)
{
    for (size_t f = 0; m->fields && f < m->schema->count; f++) {
        lsi_memfield *mf = &m->fields[f];
        lsi_free(mf->values);
        lsi_free(mf->spellings);
        lsi_map_clear(&mf->spelling_numbers);
        memset(mf, 0, sizeof *mf);
        lsi_map_init(&mf->spelling_numbers);
    }
    lsi_invert_clear(&m->words);
    lsi_arena_clear(&m->bytes);
    memset(m->hidden, 0xff, sizeof m->hidden);
    m->kept_count = m->boilerplate_count = 0;
}

void lsi_memseg_free(lsi_memseg *m)
{
    if (!m) return;
    clear_contents(m);
    lsi_free(m->fields);
    lsi_analyzer_free(m->analyzer);
    lsi_buf_clear(&m->encoded);
    lsi_free(m->docs);
    lsi_free(m->facts);
    lsi_free(m->boilerplate);
    lsi_memseg_forget_beside(m);
    lsi_free(m->shingler);
    lsi_free(m->kept);
    lsi_schema_free(m->schema);
    lsi_free(m);
}

size_t lsi_memseg_bytes(const lsi_memseg *m)
{
    size_t n = sizeof *m + sizeof *m->schema + lsi_invert_bytes(&m->words) + m->bytes.bytes + m->cap * sizeof *m->docs +
               m->fact_cap * sizeof *m->facts + m->boilerplate_cap * sizeof *m->boilerplate + m->encoded.cap +
               m->kept_cap * sizeof *m->kept + sizeof *m->shingler;
    for (size_t f = 0; f < m->schema->count; f++) {
        const lsi_memfield *mf = &m->fields[f];
        n += sizeof *mf + mf->cap * sizeof *mf->values + mf->spelling_cap * sizeof *mf->spellings +
             lsi_map_bytes(&mf->spelling_numbers);
    }
    return n;
}

uint32_t lsi_memseg_count(const lsi_memseg *m)
{
    return (uint32_t)m->count;
}

uint32_t lsi_memseg_live_count(const lsi_memseg *m)
{
    return (uint32_t)(m->count - m->dead_count);
}

void lsi_memseg_delete(lsi_memseg *m, lsi_doc doc)
{
    if (doc >= m->count || m->docs[doc].dead) return;
    m->docs[doc].dead = true;
    m->dead_count++;
}

void lsi_memseg_numbering(const lsi_memseg *m, lsi_doc *out)
{
    lsi_doc n = 0;
    for (size_t d = 0; d < m->count; d++) out[d] = m->docs[d].dead ? LSI_DOC_END : n++;
}

/* What the documents so far take themselves. Tables that double and pieces of memory got ahead are nobody's need. */
static size_t used(const lsi_memseg *m)
{
    return lsi_invert_used(&m->words) + m->bytes.bytes - (size_t)(m->bytes.end - m->bytes.at) +
           m->boilerplate_count * sizeof *m->boilerplate + m->encoded.len + m->kept_count * sizeof *m->kept;
}

static int within_budget(const adding *a)
{
    size_t now = used(a->m);
    if (now <= a->used_before || now - a->used_before <= a->budget) return LS_OK;
    return lsi_fail(a->err, LS_LIMIT,
                    "the document needs more than %zu bytes of memory for its %zu bytes of text; the budget is %zu",
                    now - a->used_before, a->text_bytes, a->budget);
}

/* ---- words ---- */

static bool add_hidden(const adding *a, uint32_t flags, uint32_t position)
{
    static const char *const terms[] = {LSI_TERM_SENTENCE, LSI_TERM_PARAGRAPH, LSI_TERM_QUOTE_OPEN,
                                        LSI_TERM_QUOTE_CLOSE};
    lsi_memseg *m = a->m;
    for (unsigned i = 0; i < LSI_COUNTOF(terms); i++) {
        if (!(flags & (uint32_t)LSI_TOK_SENTENCE << i)) continue;
        if (m->hidden[i] == LSI_ORD_NONE) m->hidden[i] = lsi_invert_hidden(&m->words, terms[i]);
        if (m->hidden[i] == LSI_ORD_NONE) return false;
        if (!lsi_invert_add(&m->words, m->hidden[i], 0, a->doc, LSI_LIST_COMBINED, position)) return false;
    }
    return true;
}
_Static_assert(LSI_TOK_PARAGRAPH == LSI_TOK_SENTENCE << 1 && LSI_TOK_QUOTE_OPEN == LSI_TOK_SENTENCE << 2 &&
                   LSI_TOK_QUOTE_CLOSE == LSI_TOK_SENTENCE << 3,
               "the flags of hidden terms follow one another");
#define EDGE_FLAGS (LSI_TOK_SENTENCE | LSI_TOK_PARAGRAPH | LSI_TOK_QUOTE_OPEN | LSI_TOK_QUOTE_CLOSE)

static bool keep_boilerplate(adding *a, const lsi_token *t, uint64_t position)
{
    lsi_memseg *m = a->m;
    const lsi_invert_entry *e = lsi_invert_find(&m->words, t->form, t->form_len, a->lang);
    if (!e || !LSI_ROOM(m->boilerplate, m->boilerplate_count + 1, m->boilerplate_cap)) return false;
    m->boilerplate[m->boilerplate_count++] = (lsi_memword){e->term, e->number, (uint32_t)position};
    return true;
}

static uint64_t value_base(uint64_t next)
{
    return next ? next + LSI_POSITION_GAP : 0;
}

#define PLAIN_MOST 64u /* words in a row */

/* Words of the text in hand that stand in it as they are, at positions one behind the other. */
static bool add_plain(adding *a, const lsi_plain_word *words, uint32_t n, uint32_t position, uint32_t flags)
{
    lsi_memseg *m = a->m;
    if (!lsi_invert_words(&m->words, words, n, position)) return false;
    if (a->main && !lsi_memseg_shingles(m, a->doc, words, n)) return false;
    a->words += n;
    return !(flags & EDGE_FLAGS) || a->list != LSI_LIST_COMBINED || add_hidden(a, flags, position);
}

/* Any other word. *next: see add_text. */
static bool add_word(adding *a, const lsi_token *t, uint32_t base, uint64_t *next)
{
    lsi_memseg *m = a->m;
    uint32_t position = base + t->position;
    if (!lsi_invert_word_add(&m->words, t->form, t->form_len, position)) return false;
    if (position >= *next) *next = (uint64_t)position + 1;
    if (t->flags & LSI_TOK_JOINED) return true;
    if (a->main && !(t->flags & LSI_TOK_TAIL) && !lsi_memseg_shingle(m, a->doc, t->form, t->form_len)) return false;
    a->words++;
    return !(t->flags & EDGE_FLAGS) || a->list != LSI_LIST_COMBINED || add_hidden(a, t->flags, position);
}

/* Cuts one value and adds its words behind what is there. */
static int add_text(adding *a, const uint8_t *text, size_t len)
{
    lsi_memseg *m = a->m;
    uint64_t base = value_base(a->next), apart = value_base(a->boilerplate_next);
    uint64_t next = a->next, apart_next = a->boilerplate_next; /* the first free position so far */
    if (base + apart + len > INT32_MAX)
        return lsi_fail(a->err, LS_LIMIT, "a document has more than 2^31 bytes of text");
    lsi_plain_word plain[PLAIN_MOST];
    lsi_token t;
    int more;
    uint32_t n = 0, checked = 0, run, first, flags;
    lsi_tokens_begin_of(m->analyzer, a->listed, text, len, a->lang);
    lsi_invert_begin(&m->words, a->doc, a->list, a->lang, text, len);
    lsi_shingle_value(m->shingler, text, len);
    for (;;) {
        while ((run = lsi_tokens_plain(m->analyzer, plain, PLAIN_MOST, &first, &flags))) {
            first += (uint32_t)base;
            if (!add_plain(a, plain, run, first, flags)) return lsi_fail_nomem(a->err);
            if (first + run > next) next = first + run;
            n += run;
        }
        if ((more = lsi_tokens_other(m->analyzer, &t)) <= 0) break;
        if (LSI_UNLIKELY(t.flags & LSI_TOK_BOILERPLATE)) {
            uint64_t position = apart + t.position;
            if (!keep_boilerplate(a, &t, position)) return lsi_fail_nomem(a->err);
            if (position >= apart_next) apart_next = position + 1;
        } else if (!add_word(a, &t, (uint32_t)base, &next)) {
            return lsi_fail_nomem(a->err);
        }
        if (++n - checked >= CHECK_EVERY) {
            checked = n;
            if (within_budget(a)) return LS_LIMIT;
        }
    }
    a->next = next;
    a->boilerplate_next = apart_next;
    return more || !lsi_invert_end(&m->words) ? lsi_fail_nomem(a->err) : LS_OK;
}

static int add_field(adding *a, int field_no)
{
    a->words = 0;
    a->main = a->m->schema->copies && field_no == a->m->schema->main;
    for (size_t i = 0; i < a->d->count; i++) {
        const lsi_doc_value *v = &a->d->values[i];
        if (v->field_no != field_no || v->is_int || !v->len) continue;
        int rc = add_text(a, (const uint8_t *)v->text, v->len);
        if (rc) return rc;
    }
    return LS_OK;
}

/* The boilerplate words that waited, in their region behind the list's other words. */
static int add_boilerplate(adding *a)
{
    lsi_memseg *m = a->m;
    uint64_t base = value_base(a->next);
    for (size_t i = 0; i < m->boilerplate_count; i++) {
        const lsi_memword *w = &m->boilerplate[i];
        uint32_t list = a->list ? a->list | LSI_MEMSEG_APART : 0;
        if (!lsi_invert_add(&m->words, w->term, w->number, a->doc, list, (uint32_t)base + w->position))
            return lsi_fail_nomem(a->err);
    }
    return LS_OK;
}

/* The regions of the combined list. An empty one begins where the next begins. */
static int add_weighted(adding *a, uint32_t *lengths, uint32_t *starts)
{
    const ls_schema *s = a->m->schema;
    uint32_t regions = (uint32_t)s->region_count;
    a->list = LSI_LIST_COMBINED;
    for (uint32_t r = 0; r + 1 < regions; r++) {
        const lsi_schema_field *f = lsi_schema_region(s, (int)r);
        uint64_t before = a->next;
        int rc = add_field(a, (int)(f - s->fields));
        if (rc) return rc;
        lengths[f->text_no] = a->words;
        starts[r] = a->next > before ? (uint32_t)value_base(before) : UINT32_MAX;
    }
    starts[regions - 1] = a->m->boilerplate_count ? (uint32_t)value_base(a->next) : UINT32_MAX;
    for (uint32_t r = regions - 1; r-- > 0;)
        if (starts[r] == UINT32_MAX) starts[r] = starts[r + 1];
    starts[0] = 0;
    return add_boilerplate(a);
}

static int add_words(adding *a)
{
    const ls_schema *s = a->m->schema;
    uint32_t *lengths = lsi_memseg_lengths(a->m, a->doc);
    memset(lengths, 0, s->text_count * sizeof *lengths);
    a->m->boilerplate_count = 0;
    int rc = add_weighted(a, lengths, lsi_memseg_starts(a->m, a->doc));
    for (uint32_t t = 0; !rc && t < s->text_count; t++) {
        const lsi_schema_field *f = lsi_schema_text(s, (int)t);
        if (f->pub.weight) continue;
        a->m->boilerplate_count = 0;
        a->next = a->boilerplate_next = 0;
        a->list = 1 + t;
        rc = add_field(a, (int)(f - s->fields));
        lengths[t] = a->words;
        if (!rc) rc = add_boilerplate(a);
    }
    return rc;
}

/* ---- values ---- */

static int add_number(lsi_memfield *mf, lsi_doc doc, int64_t value, ls_error *err)
{
    if (mf->count && mf->values[mf->count - 1].doc == doc) return LS_OK; /* the first of a document counts */
    if (!LSI_ROOM(mf->values, mf->count + 1, mf->cap)) return lsi_fail_nomem(err);
    mf->values[mf->count++] = (lsi_memvalue){doc, value};
    return LS_OK;
}

static int find_spelling(lsi_memseg *m, lsi_memfield *mf, const lsi_doc_value *v, uint32_t *out, ls_error *err)
{
    uint32_t *n = lsi_map_put(&mf->spelling_numbers, v->text, v->len);
    if (!n) return lsi_fail_nomem(err);
    if (*n == LSI_MAP_NONE) {
        size_t len;
        const uint8_t *folded = lsi_analyzer_keyword(m->analyzer, (const uint8_t *)v->text, v->len, &len);
        if (!folded || !LSI_ROOM(mf->spellings, mf->spelling_count + 1, mf->spelling_cap)) return lsi_fail_nomem(err);
        lsi_memspelling *sp = &mf->spellings[mf->spelling_count];
        sp->written_len = (uint32_t)v->len;
        sp->folded_len = (uint32_t)len;
        sp->folded = lsi_arena_dup(&m->bytes, folded, len);
        sp->written = lsi_arena_dup(&m->bytes, v->text, v->len);
        if (!sp->folded || !sp->written) return lsi_fail_nomem(err);
        *n = (uint32_t)mf->spelling_count++;
    }
    *out = *n;
    return LS_OK;
}

static int add_keyword(lsi_memseg *m, lsi_memfield *mf, lsi_doc doc, const lsi_doc_value *v, ls_error *err)
{
    uint32_t spelling = 0;
    if (v->len >= UINT32_MAX) return lsi_fail(err, LS_LIMIT, "a keyword has more than 2^32 bytes");
    int rc = find_spelling(m, mf, v, &spelling, err);
    if (rc) return rc;
    if (!LSI_ROOM(mf->values, mf->count + 1, mf->cap)) return lsi_fail_nomem(err);
    mf->values[mf->count++] = (lsi_memvalue){doc, spelling};
    return LS_OK;
}

/* A field's first value in this document: is there none yet? */
static bool lacks(const adding *a, int field)
{
    const lsi_memfield *mf = &a->m->fields[field];
    return !mf->count || mf->values[mf->count - 1].doc != a->doc;
}

/* What the document itself knows stands in the columns of the fields so called, where it has no value there: the code
 * of its language (if it has one), its version. Its content stays as it was given. */
static int add_own_values(const adding *a)
{
    const ls_schema *s = a->m->schema;
    int language = lsi_schema_find(s, "language", 8), version = lsi_schema_find(s, "version", 7), rc = LS_OK;
    if (a->lang && language >= 0 && s->fields[language].pub.type == LS_KEYWORD && lacks(a, language)) {
        const char *code = lsi_lang_code(a->lang);
        lsi_doc_value v = {.text = code, .len = strlen(code)};
        rc = add_keyword(a->m, &a->m->fields[language], a->doc, &v, a->err);
    }
    if (!rc && version >= 0 && s->fields[version].pub.type == LS_INTEGER && lacks(a, version))
        rc = add_number(&a->m->fields[version], a->doc, a->d->version, a->err);
    return rc;
}

static int add_values(const adding *a)
{
    int rc = LS_OK;
    for (size_t i = 0; !rc && i < a->d->count; i++) {
        const lsi_doc_value *v = &a->d->values[i];
        if (v->field_no < 0) continue;
        lsi_memfield *mf = &a->m->fields[v->field_no];
        ls_type type = a->m->schema->fields[v->field_no].pub.type;
        if (type == LS_INTEGER || type == LS_DATE) rc = add_number(mf, a->doc, v->integer, a->err);
        if (type == LS_KEYWORD && v->len) rc = add_keyword(a->m, mf, a->doc, v, a->err);
    }
    return rc ? rc : add_own_values(a);
}

/* ---- the document ---- */

static int document_language(const ls_schema *s, const ls_doc *d)
{
    int lang = d->language[0] ? lsi_lang_find(d->language, strlen(d->language)) : -1;
    for (size_t i = 0; lang < 0 && i < d->count; i++) {
        const lsi_doc_value *v = &d->values[i];
        if (v->field_no != s->main || v->is_int || !v->len) continue;
        lang = lsi_lang_detect_or((const uint8_t *)v->text, v->len, s->lang);
        break;
    }
    return lang < 0 ? s->lang : lang;
}

static int store(const adding *a)
{
    const ls_doc *d = a->d;
    lsi_memseg *m = a->m;
    lsi_memdoc *md = &m->docs[a->doc];
    lsi_buf_reset(&m->encoded);
    lsi_doc_encode(d, m->schema, &m->encoded);
    md->stored = m->encoded.rc ? NULL : lsi_arena_dup(&m->bytes, m->encoded.data, m->encoded.len);
    md->stored_bytes = m->encoded.len;
    md->id = lsi_arena_dup(&m->bytes, d->id, d->id_len);
    md->id_len = (uint8_t)d->id_len;
    md->version = d->version;
    md->text = lsi_shingle_text(m->shingler);
    md->shingles = (uint8_t)LSI_MIN(m->shingler->count, (uint64_t)LSI_SHINGLES_SO);
    md->lang = (uint8_t)a->lang;
    size_t guid_len;
    const char *guid = lsi_news_guid(d, &guid_len);
    md->has_guid = guid != NULL;
    if (guid) md->guid = lsi_hash64(guid, guid_len);
    return md->stored && md->id ? LS_OK : lsi_fail_nomem(a->err);
}

static int check_size(adding *a)
{
    for (size_t i = 0; i < a->d->count; i++)
        if (!a->d->values[i].is_int) a->text_bytes += a->d->values[i].len;
    if (a->text_bytes > a->budget)
        return lsi_fail(a->err, LS_LIMIT, "the document has %zu bytes of text; the memory budget is %zu", a->text_bytes,
                        a->budget);
    if (a->m->count >= LSI_SEGMENT_DOCS_MAX)
        return lsi_fail(a->err, LS_LIMIT, "a segment has %u documents at most", LSI_SEGMENT_DOCS_MAX);
    size_t facts = a->m->schema->text_count + a->m->schema->region_count;
    if (!LSI_ROOM(a->m->docs, a->m->count + 1, a->m->cap) ||
        !LSI_ROOM(a->m->facts, (a->m->count + 1) * facts, a->m->fact_cap))
        return lsi_fail_nomem(a->err);
    return LS_OK;
}

int lsi_memseg_add(lsi_memseg *m, const ls_doc *d, uint64_t content_hash, size_t budget_bytes, lsi_doc *doc,
                   uint64_t *invalid_bytes, ls_error *err)
{
    adding a = {.m = m, .d = d, .doc = (lsi_doc)m->count, .used_before = used(m), .budget = budget_bytes, .err = err};
    int rc = check_size(&a);
    if (rc) return rc;
    m->docs[m->count++] = (lsi_memdoc){.hash = content_hash, .dead = true};
    m->dead_count++;
    a.lang = document_language(m->schema, d);
    lsi_shingle_begin(m->shingler);
    rc = lsi_schema_lines_of(&a.listed, m->schema, d, m->analyzer, err);
    if (!rc) rc = add_words(&a);
    if (!rc) rc = add_values(&a);
    if (!rc) rc = store(&a);
    if (!rc) rc = within_budget(&a);
    if (rc) return rc;
    m->docs[a.doc].dead = false;
    m->dead_count--;
    *doc = a.doc;
    if (invalid_bytes) *invalid_bytes = d->invalid_bytes;
    return LS_OK;
}

bool lsi_memseg_surely_fits(size_t text_bytes, size_t budget_bytes)
{
    size_t most;
    return lsi_mul_size(text_bytes, WORST_OF_BYTE, &most) && lsi_add_size(most, WORST_OF_DOC, &most) &&
           most <= budget_bytes;
}

int lsi_memseg_skip(lsi_memseg *m, ls_error *err)
{
    const ls_doc none = {.count = 0};
    adding a = {.m = m, .d = &none, .err = err};
    int rc = check_size(&a);
    if (rc) return rc;
    m->docs[m->count++] = (lsi_memdoc){.dead = true};
    m->dead_count++;
    return LS_OK;
}

int lsi_memseg_empty(lsi_memseg *m, ls_error *err)
{
    clear_contents(m);
    m->count = m->dead_count = 0;
    return lsi_invert_init(&m->words, m->analyzer, err);
}

const uint8_t *lsi_memseg_id(const lsi_memseg *m, lsi_doc doc, size_t *len)
{
    *len = m->docs[doc].id_len;
    return m->docs[doc].id;
}

static int by_document(const void *key, const void *value)
{
    lsi_doc doc = *(const lsi_doc *)key;
    const lsi_memvalue *v = value;
    return doc < v->doc ? -1 : doc > v->doc;
}

int lsi_memseg_doc(const lsi_memseg *m, lsi_doc doc, ls_doc *d, ls_error *err)
{
    const lsi_memdoc *md = &m->docs[doc];
    int rc = lsi_doc_decode(d, m->schema, md->stored, md->stored + md->stored_bytes, err);
    if (rc) return rc;
    memcpy(d->id, md->id, (size_t)md->id_len + 1);
    d->id_len = md->id_len;
    d->version = md->version;
    for (size_t i = 0; i < d->count; i++) {
        lsi_doc_value *v = &d->values[i];
        const lsi_memfield *mf = &m->fields[v->field_no];
        if (!v->is_int || !mf->count) continue;
        const lsi_memvalue *have = bsearch(&doc, mf->values, mf->count, sizeof *mf->values, by_document);
        if (have) v->integer = have->value;
    }
    return LS_OK;
}

/* ---- regions ---- */

void lsi_region_plan_make(lsi_region_plan *p, const ls_schema *s)
{
    memset(p, 0, sizeof *p);
    p->count = (uint32_t)s->region_count;
    for (uint32_t r = 0; r + 1 < p->count; r++) {
        const lsi_schema_field *f = lsi_schema_region(s, (int)r);
        p->weights[r] = (uint32_t)f->pub.weight;
        p->lists[r] = f - s->fields == s->main ? 0 : 1 + (uint32_t)f->text_no;
    }
}

uint32_t lsi_region_tf_any(const lsi_region_plan *p, const uint32_t *starts, const uint32_t *positions, uint32_t count,
                           uint32_t *lists)
{
    uint32_t region = 0, i = 0;
    uint64_t tf = 0;
    while (i < count) {
        uint32_t from = i, end;
        while (positions[i] >= (end = lsi_region_end(p, starts, region))) region++;
        if (positions[count - 1] < end) i = count; /* as good as always: the rest stands in one region */
        else
            while (positions[i] < end) i++;
        tf += (uint64_t)p->weights[region] * (i - from);
        if (p->lists[region]) *lists |= 1u << p->lists[region];
    }
    return (uint32_t)LSI_MIN(LSI_MAX(tf, (uint64_t)1), (uint64_t)LSI_COUNT_MAX);
}
