/* model_search.h — the second half of model.h: matching, scoring and ordering by a scan. */
#ifndef TESTS_MODEL_SEARCH_H
#define TESTS_MODEL_SEARCH_H

static double model_idf(const model *m, uint64_t df)
{
    if (df > m->live) df = m->live;
    return log(1.0 + ((double)(m->live - df) + 0.5) / ((double)df + 0.5));
}

static bool model_constant(const lsi_node *n)
{
    return n->type == LSI_Q_PREFIX || n->type == LSI_Q_WILDCARD || n->type == LSI_Q_FUZZY || n->type == LSI_Q_ALL;
}

/* Prepares the words of a leaf. */
static model_leaf *model_leaf_of(model_run *r, const lsi_node *n)
{
    for (size_t i = 0; i < r->leaf_count; i++) {
        if (r->leaves[i].node == n) return &r->leaves[i];
    }
    model *m = r->m;
    model_leaf *l = &r->leaves[r->leaf_count++];
    memset(l, 0, sizeof *l);
    l->node = n;
    for (uint32_t w = 0; w < n->word_count && w < 64; w++) {
        uint8_t *ok = l->ok[l->words++] = model_need(calloc(m->kind_count + 1, 1));
        uint64_t df = 0, own = 0;
        bool forms = n->exact || model_constant(n) || n->type == LSI_Q_CAPS;
        if (!forms || n->exact) {
            model_by_terms(m, &n->words[w], ok);
            df = model_df(m, ok, n->field);
        }
        if (forms) {
            memset(ok, 0, m->kind_count);
            for (size_t i = 0; i < m->kind_count; i++) {
                ok[i] = model_by_form(n, &n->words[w], &m->kinds[i]);
                if (ok[i]) own += m->kinds[i].df;
            }
            if (!n->exact) df = own;
            if (!own) l->none = true;
        }
        if (!df) l->none = true;
        l->idf += model_constant(n) ? 1 : model_idf(m, df);
    }
    return l;
}

static void model_place(model_places *p, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->at[i][0] == a && p->at[i][1] == b) return;
    }
    if (p->count == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 16;
        p->at = model_need(realloc(p->at, p->cap * sizeof *p->at));
    }
    p->at[p->count][0] = a;
    p->at[p->count++][1] = b;
}

static void model_word_places(const model_run *r, const uint8_t *ok, int field, const model_doc *d, model_places *out)
{
    size_t list = model_list(r->m, field);
    for (size_t t = 0; t < d->count[list]; t++) {
        const model_token *tok = &d->tokens[list][t];
        if (ok[tok->kind] && model_in_field(r->m, field, tok)) model_place(out, tok->pos, tok->pos);
    }
}

static int model_region_at(const model_doc *d, size_t list, uint32_t pos)
{
    for (size_t t = 0; t < d->count[list]; t++) {
        if (d->tokens[list][t].pos == pos) return d->tokens[list][t].region;
    }
    return -1;
}

static bool model_has(const model_places *p, uint64_t pos)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->at[i][0] == pos) return true;
    }
    return false;
}

static int model_field_of(const lsi_node *n)
{
    while (n->kid_count) n = n->kids[0];
    return n->field;
}

/* Sentence or paragraph edges at or before a position. */
static size_t model_part(const model_doc *d, uint32_t pos, uint32_t flag)
{
    size_t n = 0;
    for (size_t t = 0; t < d->count[0]; t++) n += (d->tokens[0][t].flags & flag) && d->tokens[0][t].pos <= pos;
    return n;
}

static void model_spans(model_run *r, const lsi_node *n, const model_doc *d, bool hulls, model_places *out);

static void model_near(model_run *r, const lsi_node *n, const model_doc *d, bool hulls, model_places *out)
{
    model_places a = {0}, b = {0};
    int field = model_field_of(n);
    size_t list = model_list(r->m, field);
    uint32_t flag = n->scope == LSI_SCOPE_SENTENCE ? LSI_TOK_SENTENCE : LSI_TOK_PARAGRAPH;
    if (list == model_list(r->m, model_field_of(n->kids[1]))) {
        model_spans(r, n->kids[0], d, true, &a);
        model_spans(r, n->kids[1], d, true, &b);
    }
    for (size_t i = 0; i < a.count; i++) {
        for (size_t j = 0; j < b.count; j++) {
            uint32_t *x = a.at[i], *y = b.at[j];
            bool before = x[1] < y[0], behind = y[1] < x[0];
            if (!before && (!behind || n->ordered)) continue;
            uint32_t first = before ? x[0] : y[0], last = before ? y[1] : x[1],
                     gap = before ? y[0] - x[1] : x[0] - y[1];
            if (n->scope == LSI_SCOPE_WORDS ? gap > n->distance
                                            : list == 0 && model_part(d, first, flag) != model_part(d, last, flag))
                continue;
            if (list == 0 && model_region_at(d, 0, x[0]) != model_region_at(d, 0, y[0])) continue;
            model_place(out, hulls ? first : x[0], hulls ? last : x[1]);
        }
    }
    free(a.at);
    free(b.at);
}

static void model_slop(model_run *r, const lsi_node *n, const model_doc *d, model_places *out)
{
    model_leaf *l = model_leaf_of(r, n);
    model_places p[64];
    memset(p, 0, sizeof p);
    size_t list = model_list(r->m, n->field);
    int64_t span = (int64_t)n->word_count - 1 + n->distance;
    for (size_t w = 0; w < l->words; w++) model_word_places(r, l->ok[w], n->field, d, &p[w]);
    for (size_t i = 0; i < p[0].count; i++) {
        int64_t at = p[0].at[i][0];
        int region = list ? 0 : model_region_at(d, 0, (uint32_t)at);
        bool yes = false;
        for (int64_t from = at - span; !yes && from <= at; from++) {
            yes = true;
            for (size_t w = 0; yes && w < l->words; w++) { /* as many places as the word was asked for */
                size_t times = 0, have = 0;
                for (size_t v = 0; v < l->words; v++)
                    times += model_same(n->words[v].folded, n->words[v].folded_len, n->words[w].folded,
                                        n->words[w].folded_len);
                for (size_t j = 0; j < p[w].count; j++) {
                    int64_t x = p[w].at[j][0];
                    have += x >= from && x <= from + span && (list || model_region_at(d, 0, (uint32_t)x) == region);
                }
                yes = have >= times;
            }
        }
        if (yes) model_place(out, (uint32_t)at, (uint32_t)at);
    }
    for (size_t w = 0; w < l->words; w++) free(p[w].at);
}

static void model_spans(model_run *r, const lsi_node *n, const model_doc *d, bool hulls, model_places *out)
{
    if (n->type == LSI_Q_OR) {
        for (uint32_t i = 0; i < n->kid_count; i++) model_spans(r, n->kids[i], d, hulls, out);
        return;
    }
    if (n->type == LSI_Q_NEAR) {
        model_near(r, n, d, hulls, out);
        return;
    }
    model_leaf *l = model_leaf_of(r, n);
    if (l->none || !l->words) return;
    if (n->type == LSI_Q_SLOP) {
        model_slop(r, n, d, out);
        return;
    }
    model_places first = {0};
    model_word_places(r, l->ok[0], n->field, d, &first);
    for (size_t i = 0; i < first.count; i++) {
        uint32_t start = first.at[i][0], end = start;
        bool yes = true;
        for (size_t w = 1; yes && w < l->words; w++) {
            model_places p = {0};
            model_word_places(r, l->ok[w], n->field, d, &p);
            end = start + n->words[w].offset;
            yes = model_has(&p, end);
            free(p.at);
        }
        if (yes) model_place(out, start, end);
    }
    free(first.at);
}

/* idf of anything that is matched by positions. */
static double model_span_idf(model_run *r, const lsi_node *n, bool *none)
{
    double sum = 0, most = 0;
    bool all = true, any = false, kid;
    if (n->type != LSI_Q_OR && n->type != LSI_Q_NEAR) {
        model_leaf *l = model_leaf_of(r, n);
        *none = l->none;
        return l->idf;
    }
    for (uint32_t i = 0; i < n->kid_count; i++) {
        double x = model_span_idf(r, n->kids[i], &kid);
        all &= !kid;
        any |= !kid;
        if (kid && n->type == LSI_Q_OR) continue;
        sum += x;
        if (n->style != LSI_STYLE_SYN || most <= 0) most = LSI_MAX(most, x); /* of synonyms the first that is there */
    }
    *none = n->type == LSI_Q_OR ? !any : !all;
    return n->type == LSI_Q_OR ? most : sum;
}

/* How rare the first of a group of synonyms is: its others are no rarer. 0: not known. */
static double model_rarity(model_run *r, const lsi_node *n)
{
    double sum = 0, most = 0;
    bool none = false;
    if (n->type != LSI_Q_AND && n->type != LSI_Q_OR) {
        double idf = model_constant(n) ? 0 : model_span_idf(r, n, &none);
        return none ? 0 : idf;
    }
    for (uint32_t i = 0; i < n->kid_count; i++) {
        double x = model_rarity(r, n->kids[i]);
        sum += x;
        most = LSI_MAX(most, x);
    }
    return n->type == LSI_Q_AND ? sum : most;
}

typedef struct model_ctx {
    bool hlead;
    uint32_t at_least;
    double cap; /* of idf; 0: none */
} model_ctx;

static double model_cap_of_kids(model_run *r, const lsi_node *n, uint32_t i, double cap)
{
    if (n->style != LSI_STYLE_SYN || !i) return cap;
    return model_rarity(r, n->kids[0]);
}

/* tf of a word by its terms: for each term its weighted count, at least 1. */
static uint32_t model_word_tf(model_run *r, const lsi_node *n, const model_doc *d)
{
    model *m = r->m;
    const uint8_t *ok = model_leaf_of(r, n)->ok[0];
    size_t list = model_list(m, n->field);
    uint32_t tf = 0;
    for (size_t t = 0; t < d->count[list]; t++) {
        const model_token *tok = &d->tokens[list][t];
        const model_kind *k = &m->kinds[tok->kind];
        if (!ok[tok->kind] || !model_in_field(m, n->field, tok)) continue;
        uint32_t count = 0, all = 0;
        bool first = true, others = false; /* other forms of the term are there */
        for (size_t u = 0; u < d->count[list]; u++) {
            const model_token *o = &d->tokens[list][u];
            const model_kind *ok_kind = &m->kinds[o->kind];
            if (!model_same(k->term, k->term_len, ok_kind->term, ok_kind->term_len) || !model_in_field(m, n->field, o))
                continue;
            others |= !ok[o->kind];
            if (!ok[o->kind]) continue;
            if (u < t) first = false;
            all++;
            if (o->flags & LSI_TOK_BOILERPLATE) continue;
            count += n->field == LSI_FIELD_NONE ? (uint32_t)lsi_schema_region(m->s, o->region)->pub.weight : 1u;
        }
        if (list && others) count = all; /* a field apart does not tell where its boilerplate is */
        if (first) tf += LSI_MAX(count, 1u);
    }
    return tf;
}

static bool model_places_match(model_run *r, const lsi_node *n, const model_doc *d, model_ctx c, uint32_t *tf)
{
    model *m = r->m;
    model_places p = {0};
    int field = model_field_of(n);
    size_t list = model_list(m, field);
    bool none = false, head = false;
    model_span_idf(r, n, &none);
    if (!none) model_spans(r, n, d, false, &p);
    uint32_t sum = 0;
    for (size_t i = 0; i < p.count; i++) {
        int region = model_region_at(d, list, p.at[i][0]);
        if (list || region != MODEL_APART) sum++;
        uint32_t begin = UINT32_MAX;
        for (size_t t = 0; t < d->count[list]; t++) {
            if (d->tokens[list][t].region == region) begin = LSI_MIN(begin, d->tokens[list][t].pos);
        }
        int title = m->s->title == LSI_FIELD_NONE ? -1 : m->s->fields[m->s->title].region;
        int main = m->s->main == LSI_FIELD_NONE ? -1 : m->s->fields[m->s->main].region;
        head |= list ? p.at[i][1] < 60 : region == title || (region == main && p.at[i][1] - begin < 60);
    }
    bool word = n->type == LSI_Q_CAPS || n->type == LSI_Q_WORD || (n->type == LSI_Q_PHRASE && n->word_count == 1);
    *tf = word ? model_word_tf(r, n, d) : LSI_MAX(sum, 1u);
    bool yes = p.count && p.count >= c.at_least && (head || !c.hlead);
    free(p.at);
    return yes;
}

static float model_round(const model_run *r, float x)
{
    return (float)(nearbyint((double)x / r->quantum) * r->quantum);
}

static bool model_leaf_match(model_run *r, const lsi_node *n, const model_doc *d, model_ctx c, float *score)
{
    model *m = r->m;
    uint32_t tf = 0;
    bool none = false, scores = !n->no_score;
    double idf = model_span_idf(r, n, &none);
    if (none) return false;
    if (c.cap > 0) idf = LSI_MIN(idf, c.cap);
    int field = model_field_of(n);
    bool plain = n->type == LSI_Q_WORD && !c.hlead && c.at_least < 2;
    if (plain) tf = model_word_tf(r, n, d);
    else if (!model_places_match(r, n, d, c, &tf)) return false;
    if (plain && !tf) return false;
    *score = 0;
    if (!scores) return true;
    float w = (float)((double)n->boost * (model_constant(n) ? 1 : idf));
    if (model_constant(n)) {
        *score = model_round(r, w);
        return true;
    }
    size_t list = field == LSI_FIELD_NONE ? 0 : 1 + (size_t)m->s->fields[field].text_no;
    float t = (float)tf, k = r->k[list][lsi_norm_encode(d->length[list])];
    *score = model_round(r, w * (t / (t + k)));
    return true;
}

static bool model_value_match(model_run *r, const lsi_node *n, const model_doc *d)
{
    const ls_doc *v = d->values;
    if (n->type == LSI_Q_ID) return !strcmp(d->id, (const char *)n->words[0].form);
    if (n->type == LSI_Q_RANGE && n->field == LSI_FIELD_WORDS) {
        int64_t length = (int64_t)lsi_norm_length(lsi_norm_encode(d->length[0]));
        return length >= n->from && length <= n->to;
    }
    for (size_t i = 0; n->field >= 0 && i < v->count; i++) {
        if (strcmp(v->values[i].field, r->m->s->fields[n->field].name)) continue;
        if (v->values[i].is_int) {
            if (v->values[i].integer >= n->from && v->values[i].integer <= n->to) return true;
            continue;
        }
        uint8_t mine[256];
        size_t len, other;
        const uint8_t *p = lsi_analyzer_keyword(r->m->an, (const uint8_t *)v->values[i].text, v->values[i].len, &len);
        memcpy(mine, p, LSI_MIN(len, sizeof mine));
        p = lsi_analyzer_keyword(r->m->an, n->words[0].form, n->words[0].form_len, &other);
        if (len == other && !memcmp(mine, p, len)) return true;
    }
    return false;
}

static bool model_match(model_run *r, const lsi_node *n, const model_doc *d, model_ctx c, float *score)
{
    float x = 0, sum = 0;
    bool any = false;
    *score = 0;
    switch (n->type) {
    case LSI_Q_NOTHING:
        return false;
    case LSI_Q_ALL:
        if (!n->no_score) *score = model_round(r, n->boost);
        return true;
    case LSI_Q_NOT:
        return !model_match(r, n->kids[0], d, c, &x);
    case LSI_Q_AND:
        for (uint32_t i = 0; i < n->kid_count; i++) {
            if (!model_match(r, n->kids[i], d, c, &x)) return false;
            sum += x;
        }
        *score = sum;
        return true;
    case LSI_Q_OR:
        for (uint32_t i = 0; i < n->kid_count; i++) {
            model_ctx kid = c;
            kid.cap = model_cap_of_kids(r, n, i, c.cap);
            if (!model_match(r, n->kids[i], d, kid, &x)) continue;
            any = true;
            sum += x;
        }
        *score = sum;
        return any;
    case LSI_Q_ATLEAST:
        c.at_least = LSI_MAX(n->distance, 1u);
        return model_match(r, n->kids[0], d, c, score);
    case LSI_Q_HLEAD:
        c.hlead = true;
        return model_match(r, n->kids[0], d, c, score);
    case LSI_Q_KEYWORD:
    case LSI_Q_RANGE:
    case LSI_Q_ID:
        return model_value_match(r, n, d);
    default:
        return model_leaf_match(r, n, d, c, score);
    }
}

/* Sum of the maxima of all clauses that may score. */
static void model_maxima(model_run *r, const lsi_node *n, double cap)
{
    bool none = false;
    if (n->type == LSI_Q_NOT || n->type == LSI_Q_KEYWORD || n->type == LSI_Q_RANGE || n->type == LSI_Q_ID) return;
    if (n->type == LSI_Q_ALL && !n->no_score) r->maxima += (double)n->boost;
    if (n->type == LSI_Q_ALL || n->type == LSI_Q_NOTHING) return;
    if (n->type != LSI_Q_NEAR && n->kid_count) {
        for (uint32_t i = 0; i < n->kid_count; i++) model_maxima(r, n->kids[i], model_cap_of_kids(r, n, i, cap));
        return;
    }
    double idf = model_span_idf(r, n, &none);
    if (cap > 0) idf = LSI_MIN(idf, cap);
    if (!none && !n->no_score) r->maxima += (double)(float)((double)n->boost * (model_constant(n) ? 1 : idf));
}

static int model_by_score(const void *a, const void *b)
{
    const model_hit *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return x->doc < y->doc ? -1 : x->doc > y->doc;
}

static model_result model_search(model *m, const ls_query *q, double k1, double b)
{
    model_result out = {NULL, 0};
    model_run *r = model_need(calloc(1, sizeof *r));
    r->m = m;
    r->q = q;
    for (size_t l = 0; l < LSI_LISTS_MAX; l++)
        lsi_norm_table(r->k[l], k1 > 0 ? k1 : m->s->k1, b > 0 ? b : b < 0 ? 0 : m->s->b, m->average[l]);
    model_maxima(r, q->root, 0);
    int e = -1000;
    while (r->maxima > 0 && ldexp(1.0, e) < r->maxima) e++;
    r->quantum = ldexp(1.0, (r->maxima > 0 ? e : 0) - 23);
    out.hits = model_need(malloc((m->count + 1) * sizeof *out.hits));
    for (size_t i = 0; i < m->count; i++) {
        float score;
        model_ctx c = {false, 0, 0};
        if (!m->docs[i].live || !model_match(r, q->root, &m->docs[i], c, &score)) continue;
        out.hits[out.count++] = (model_hit){m->docs[i].id, score, i};
    }
    qsort(out.hits, out.count, sizeof *out.hits, model_by_score);
    for (size_t i = 0; i < r->leaf_count; i++) {
        for (size_t w = 0; w < r->leaves[i].words; w++) free(r->leaves[i].ok[w]);
    }
    free(r);
    return out;
}

static void model_result_clear(model_result *r)
{
    free(r->hits);
}

/* Titles and bodies of at most `most` lines of a JSONL file, NUL behind each; words of theirs into pool. */
static char *model_articles(const char *path, size_t most, size_t *count, const char **pool, size_t *pool_count,
                            size_t pool_cap)
{
    static char line[1 << 22];
    FILE *f = fopen(path, "rb");
    size_t len = 0, cap = 1 << 20;
    char *out = model_need(malloc(cap));
    static const char *const KEYS[] = {"\"title\": \"", "\"body\": \""};
    *count = 0;
    while (f && *count < most && fgets(line, sizeof line, f)) {
        for (size_t k = 0; k < 2; k++) {
            const char *p = strstr(line, KEYS[k]);
            for (p = p ? p + strlen(KEYS[k]) : ""; *p && *p != '"'; p++) {
                if (len + 4096 > cap) out = model_need(realloc(out, cap *= 2));
                if (*p != '\\') out[len++] = *p;
                else if (*++p == 'n') out[len++] = '\n';
                else out[len++] = *p == 'u' ? ' ' : *p;
            }
            out[len++] = 0;
        }
        ++*count;
    }
    if (f) fclose(f);
    if (!*count) {
        fprintf(stderr, "%s: no articles\n", path);
        exit(1);
    }
    char *words = model_need(malloc(len + 1)); /* kept: the pool points into it */
    memcpy(words, out, len);
    words[len] = 0;
    for (size_t i = 0, from = 0; i <= len && *pool_count < pool_cap; i++) {
        if (i < len && isalpha((unsigned char)words[i])) continue;
        words[i] = 0;
        if (i > from + 1 && i - from < 20 && (i * 2654435761u >> 7) % 9 == 0) pool[(*pool_count)++] = words + from;
        from = i + 1;
    }
    return out;
}
#endif
