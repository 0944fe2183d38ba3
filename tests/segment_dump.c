/* segment_dump.c — the other half of segment_model.h: what a segment says, read back by every reader it has. The end
 * of segment_model.c includes it: it uses what stands there. */
/* ---- the same from a segment ---- */

typedef struct form_names {
    char (*at)[260]; /* by base[term] + number */
    uint32_t *len, *base;
} form_names;

static void load_forms(form_names *n, const lsi_segment *seg)
{
    ls_error err;
    lsi_terms_iter t;
    lsi_forms_iter f;
    uint32_t at = 0;
    n->at = calloc(seg->forms.count + 1, sizeof *n->at);
    n->len = calloc(seg->forms.count + 1, sizeof *n->len);
    n->base = calloc(seg->terms.count + 1, sizeof *n->base);
    if (!n->at || !n->len || !n->base) die("memory", NULL);
    lsi_terms_iter_init(&t, &seg->terms);
    while (lsi_terms_iter_next(&t, &err) > 0) {
        n->base[t.ord] = at;
        at += t.form_count;
    }
    lsi_terms_iter_clear(&t);
    if (at != seg->forms.count) die("forms of terms and forms differ in number", NULL);
    lsi_forms_iter_init(&f, &seg->forms);
    while (lsi_forms_iter_next(&f, &err) > 0) {
        uint32_t i = n->base[f.at.term] + f.at.number;
        set_bytes(n->at[i], sizeof n->at[i], &n->len[i], f.at.form, f.at.form_len);
    }
    lsi_forms_iter_clear(&f);
}

static int by_string(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Forms at one position come in any order (joined words): in order of their bytes here, as in the model. */
static void put_places(lsi_buf *out, const uint32_t *places, const uint32_t *numbers, uint32_t n, const form_names *f,
                       uint32_t base, bool hidden)
{
    char names[16][260];
    for (uint32_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && j - i < 16 && places[j] == places[i]; j++) {
            memset(names[j - i], 0, sizeof names[0]);
            if (!hidden) memcpy(names[j - i], f->at[base + numbers[j]], f->len[base + numbers[j]]);
        }
        qsort(names, j - i, sizeof names[0], by_string);
        for (uint32_t k = i; k < j; k++) {
            put(out, ",%u", places[i]);
            lsi_buf_puts(out, names[k - i]);
        }
    }
}

static void dump_list(lsi_buf *out, const lsi_segment *seg, const lsi_list *l, uint32_t list, uint32_t form_count,
                      const form_names *f, uint32_t base)
{
    ls_error err;
    lsi_postings *p = malloc(sizeof *p);
    lsi_stream *places = malloc(sizeof *places), *forms = malloc(sizeof *forms);
    bool has = l->positions_offset != LSI_OFFSET_NONE;
    if (!p || !places || !forms) die("memory", NULL);
    if (lsi_postings_open(p, &seg->postings, l, &err)) die("postings", &err);
    if (has && lsi_segment_positions(seg, l, places, &err)) die("positions", &err);
    if (has && lsi_segment_form_stream(seg, l, form_count, forms, &err)) die("forms", &err);
    put(out, " L%u", list);
    for (uint32_t b = 0; b < p->block_count; b++) {
        if (lsi_postings_block(p, b, &err) || lsi_postings_counts(p, &err) || lsi_postings_tf(p, &err))
            die("block", &err);
        for (uint32_t i = 0; i < p->n; i++) {
            uint32_t n = p->counts[i], *at = malloc(2 * n * sizeof *at);
            if (!at) die("memory", NULL);
            put(out, " %u:%u:%u", p->docs[i], n, p->tf[i]);
            if (has && lsi_positions_read(places, lsi_postings_stream(p, i), n, at, &err)) die("positions", &err);
            if (has && lsi_stream_read(forms, lsi_postings_stream(p, i), n, at + n, &err)) die("forms", &err);
            if (has) put_places(out, at, at + n, n, f, base, !form_count);
            free(at);
        }
    }
    lsi_buf_put8(out, '\n');
    free(p);
    free(places);
    free(forms);
}

static void dump_terms(lsi_buf *out, const lsi_segment *seg, const form_names *f)
{
    ls_error err;
    lsi_terms_iter it;
    lsi_terms_iter_init(&it, &seg->terms);
    int rc;
    while ((rc = lsi_terms_iter_next(&it, &err)) > 0) {
        put(out, "T ");
        lsi_buf_put(out, it.term.data, it.term.len);
        lsi_buf_put8(out, '\n');
        for (uint32_t l = 0; l < seg->list_count; l++) {
            lsi_list list = it.list;
            if (l && lsi_terms_list(&seg->terms, it.ord, l, &list, &err)) die("list", &err);
            if (list.df) dump_list(out, seg, &list, l, it.form_count, f, f->base[it.ord]);
        }
    }
    if (rc) die("terms", &err);
    lsi_terms_iter_clear(&it);
}

static void put_form_line(lsi_buf *out, const lsi_segment *seg, const lsi_form *f, bool numbers, uint32_t df)
{
    ls_error err;
    lsi_buf term;
    lsi_buf_init(&term, 0);
    if (lsi_terms_get(&seg->terms, f->term, &term, &err)) die("term", &err);
    put(out, "F ");
    lsi_buf_put(out, f->folded, f->folded_len);
    lsi_buf_put8(out, ' ');
    lsi_buf_put(out, f->form, f->form_len);
    lsi_buf_put8(out, ' ');
    lsi_buf_put(out, term.data, term.len);
    if (numbers) put(out, " no %u", f->number);
    put(out, " df %u\n", df);
    lsi_buf_clear(&term);
}

static void dump_columns(lsi_buf *out, const lsi_segment *seg, lsi_doc doc)
{
    ls_error err;
    put(out, "C");
    for (uint32_t f = 0; f < seg->field_count; f++) {
        bool has = false;
        int64_t value;
        uint32_t ords[64], n = 0;
        if (seg->columns[f].section && lsi_column_get(&seg->columns[f], doc, &has, &value, &err)) die("column", &err);
        if (has) put(out, " %u=%" PRId64, f, value);
        if (seg->keywords[f].section && lsi_keywords_doc(&seg->keywords[f], doc, ords, 64, &n, &err))
            die("keywords", &err);
        for (uint32_t i = 0; i < n; i++) {
            const uint8_t *folded, *written;
            size_t folded_len, written_len;
            if (lsi_keywords_value(&seg->keywords[f], ords[i], &folded, &folded_len, &written, &written_len, &err))
                die("keyword", &err);
            put(out, " %u=", f);
            lsi_buf_put(out, folded, folded_len);
        }
    }
    lsi_buf_put8(out, '\n');
}

static void dump_docs(lsi_buf *out, const lsi_segment *seg)
{
    ls_error err;
    ls_doc *d;
    if (lsi_doc_new(&d, &err)) die("doc", &err);
    for (lsi_doc doc = 0; doc < seg->doc_count; doc++) {
        uint32_t lengths[LSI_TEXT_FIELDS_MAX], starts[LSI_TEXT_FIELDS_MAX + 2];
        uint8_t norms[LSI_LISTS_MAX];
        uint64_t hash;
        int lang;
        lsi_doc found;
        if (lsi_segment_doc(seg, doc, d, &err) || lsi_segment_regions(seg, doc, starts, &err) ||
            lsi_segment_doc_hash(seg, doc, &hash, &err) || lsi_segment_doc_language(seg, doc, &lang, &err))
            die("document", &err);
        if (lsi_ids_find(&seg->ids, (uint8_t *)d->id, d->id_len, &found, &err) || found != doc) die("id", &err);
        for (uint32_t t = 0; t + 1 < seg->list_count; t++)
            if (lsi_segment_length(seg, t, doc, &lengths[t], &err)) die("length", &err);
        for (uint32_t l = 0; l < seg->list_count; l++) {
            const uint8_t *at = lsi_segment_norms(seg, l, &err);
            if (!at && seg->norms_offset[l] != LSI_OFFSET_NONE) die("norms", &err);
            norms[l] = at ? at[doc] : 0;
        }
        if (strcmp(d->language, lsi_lang_name(lang))) die("the stored language is another", NULL);
        put_doc(out, seg->schema, d, hash, lengths, starts, lsi_lang_name(lang), norms);
        dump_columns(out, seg, doc);
    }
    lsi_doc_free(d);
}

void segment_dump(lsi_buf *out, const lsi_segment *seg)
{
    ls_error err;
    form_names names;
    lsi_forms_iter it;
    load_forms(&names, seg);
    dump_docs(out, seg);
    dump_terms(out, seg, &names);
    lsi_forms_iter_init(&it, &seg->forms);
    while (lsi_forms_iter_next(&it, &err) > 0) put_form_line(out, seg, &it.at, true, it.at.df);
    lsi_forms_iter_clear(&it);
    free(names.at);
    free(names.len);
    free(names.base);
}

void segment_live_dump(lsi_buf *out, const lsi_segment *seg, const lsi_live *live)
{
    ls_error err;
    lsi_terms_iter it;
    lsi_forms_iter f;
    uint32_t dead;
    lsi_terms_iter_init(&it, &seg->terms);
    while (lsi_terms_iter_next(&it, &err) > 0) {
        for (uint32_t l = 0; l < seg->list_count; l++) {
            lsi_list list = it.list;
            if (l && lsi_terms_list(&seg->terms, it.ord, l, &list, &err)) die("list", &err);
            if (lsi_live_term(live, l, it.ord, &dead, &err) || dead > list.df) die("live term", &err);
            if (list.df == dead) continue;
            put(out, "T ");
            lsi_buf_put(out, it.term.data, it.term.len);
            put(out, " L%u %u\n", l, list.df - dead);
        }
    }
    lsi_terms_iter_clear(&it);
    lsi_forms_iter_init(&f, &seg->forms);
    while (lsi_forms_iter_next(&f, &err) > 0) {
        if (lsi_live_form(live, f.entry, &dead, &err) || dead > f.at.df) die("live form", &err);
        if (dead < f.at.df) put_form_line(out, seg, &f.at, false, f.at.df - dead);
    }
    lsi_forms_iter_clear(&f);
}

/* ---- comparing ---- */

void must_equal(const char *what, const lsi_buf *expected, const lsi_buf *found)
{
    if (expected->rc || found->rc) die("memory", NULL);
    size_t n = LSI_MIN(expected->len, found->len), i = 0;
    while (i < n && expected->data[i] == found->data[i]) i++;
    if (i == expected->len && i == found->len) return;
    size_t from = i;
    while (from && expected->data[from - 1] != '\n') from--;
    fprintf(stderr, "%s: they differ at byte %zu\n", what, i);
    fprintf(stderr, "expected: %.*s\n", (int)LSI_MIN(expected->len - from, (size_t)400), (char *)expected->data + from);
    fprintf(stderr, "found:    %.*s\n", (int)LSI_MIN(found->len - from, (size_t)400), (char *)found->data + from);
    exit(1);
}

void must_be_same_file(const char *what, const lsi_frame *a, const lsi_frame *b)
{
    ls_error err;
    if (lsi_frame_section_count(a) != lsi_frame_section_count(b)) die(what, NULL);
    for (size_t i = 0; i < lsi_frame_section_count(a); i++) {
        const lsi_section *x = lsi_frame_section_at(a, i), *y = lsi_frame_section_at(b, i);
        if (x->type == LSI_SEC_STORED || x->type == LSI_SEC_STORED_DICT || x->type == LSI_SEC_STORED_INDEX) continue;
        if (x->type == LSI_SEC_SHINGLES) continue; /* relations are to what stood beside: prop_copies holds them */
        const uint8_t *p = x->bytes ? lsi_section_get(x, 0, x->bytes, &err) : NULL;
        const uint8_t *q = y->bytes ? lsi_section_get(y, 0, y->bytes, &err) : NULL;
        if (x->type == y->type && x->bytes == y->bytes && (!x->bytes || (p && q && !memcmp(p, q, x->bytes)))) continue;
        fprintf(stderr, "%s: section %s differs\n", what, lsi_segment_section_name(x->type));
        exit(1);
    }
}
