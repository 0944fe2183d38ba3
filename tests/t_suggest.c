/* t_suggest.c — the walk over the dictionaries of several segments, beside a count of the words that were written: which
 * spellings it finds, how often they stand and how they are written, with documents deleted; and that it ends where it
 * may look no further. */
#include "codec_util.h"
#include "libsearch/libsearch.h"
#include "libsearch/result/suggest.h"

enum { SEGMENTS = 5, PER_SEGMENT = 60, DOCS = SEGMENTS * PER_SEGMENT, WORDS = 4, BYTES = 24 };

static char folder[] = "/tmp/libsearch-t_suggest-XXXXXX";
static ls_reader *reader;
static char written[DOCS][WORDS][BYTES];
static bool dead[DOCS];

/* Of few letters, so that many are alike; a third with a capital. */
static void make_word(char *word)
{
    static const char *const letters[] = {"a", "b", "d", "\xC3\xA9", "k"};
    uint32_t points = 3 + below(4);
    *word = 0;
    for (uint32_t i = 0; i < points; i++) strcat(word, letters[below(below(2) ? 3 : 5)]);
    if (!below(3) && *word > 0) *word = (char)(*word - 32);
}

static int write_doc(ls_writer *w, int i, ls_error *err)
{
    char id[16], body[WORDS * BYTES + 8] = "";
    ls_doc *d = NULL;
    snprintf(id, sizeof id, "d%d", i);
    for (int k = 0; k < WORDS; k++) {
        make_word(written[i][k]);
        strcat(strcat(body, k ? " " : ""), written[i][k]);
    }
    int rc = ls_doc_new(&d, err);
    if (!rc) rc = ls_doc_set_id(d, id, strlen(id), err);
    if (!rc) rc = ls_doc_add_text(d, "body", body, strlen(body), err);
    if (!rc) rc = ls_doc_set_language(d, "english", err);
    if (!rc) rc = ls_add(w, d, NULL, err);
    ls_doc_free(d);
    return rc;
}

static int setup(void **state)
{
    (void)state;
    ls_writer *w = NULL;
    ls_error err = {0};
    ls_writer_options o = {.size = sizeof o, .flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE};
    if (!mkdtemp(folder)) return -1;
    int rc = ls_writer_open(&w, folder, &o, &err);
    for (int i = 0; !rc && i < DOCS; i++) {
        rc = write_doc(w, i, &err);
        if (!rc && i % PER_SEGMENT == PER_SEGMENT - 1) rc = ls_commit(w, NULL, &err);
    }
    for (int i = 0; !rc && i < DOCS; i++) {
        char id[16];
        dead[i] = !below(3);
        snprintf(id, sizeof id, "d%d", i);
        if (dead[i]) rc = ls_delete(w, id, strlen(id), &err);
    }
    if (!rc) rc = ls_commit(w, NULL, &err);
    ls_writer_close(w);
    if (!rc) rc = ls_reader_open(&reader, folder, NULL, &err);
    if (rc) fprintf(stderr, "%s\n", err.message);
    return rc;
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    ls_reader_close(reader);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* Folded as the index does: é is e. The letters, one a point. */
static size_t fold(char *to, const char *word)
{
    size_t n = 0;
    for (; *word; word++) {
        if ((unsigned char)*word == 0xC3) continue;
        to[n++] = (unsigned char)*word == 0xA9 ? 'e' : (char)(*word | 32);
    }
    to[n] = 0;
    return n;
}

static size_t distance_of(const char *a, size_t an, const char *b, size_t bn)
{
    size_t d[BYTES][BYTES];
    for (size_t i = 0; i <= an; i++) {
        for (size_t j = 0; j <= bn; j++) {
            d[i][j] = i ? i : j;
            if (!i || !j) continue;
            d[i][j] = LSI_MIN(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]), LSI_MIN(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = LSI_MIN(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[an][bn];
}

/* Living documents with a form, or with a spelling once for each of its forms. */
static uint64_t count_form(const char *form)
{
    uint64_t n = 0;
    for (int i = 0; i < DOCS; i++) {
        bool has = false;
        for (int k = 0; k < WORDS; k++) has |= strcmp(written[i][k], form) == 0;
        n += has && !dead[i];
    }
    return n;
}

typedef struct form {
    char folded[BYTES], form[BYTES];
    uint64_t df;
} form;
static form forms[DOCS * WORDS];
static size_t form_count;

static int by_form(const void *a, const void *b)
{
    const form *x = a, *y = b;
    int order = strcmp(x->folded, y->folded);
    return order ? order : strcmp(x->form, y->form);
}

static void count_forms(void)
{
    form_count = 0;
    for (int i = 0; i < DOCS * WORDS; i++) {
        const char *word = written[i / WORDS][i % WORDS];
        bool known = false;
        for (size_t j = 0; j < form_count && !known; j++) known = strcmp(forms[j].form, word) == 0;
        uint64_t df = count_form(word);
        if (known || !df) continue;
        fold(forms[form_count].folded, word);
        strcpy(forms[form_count].form, word);
        forms[form_count++].df = df;
    }
    qsort(forms, form_count, sizeof *forms, by_form);
}

/* Compares what was found with the forms counted; how many spellings were expected. */
static size_t check(const lsi_spelling *list, size_t count, const char *word, size_t len, const lsi_spellings *w)
{
    const size_t kept = w->kept, passed = w->passed;
    const uint32_t most = w->distance;
    size_t at = 0;
    for (size_t i = 0; i < form_count;) {
        const form *first = &forms[i], *best = first;
        size_t n = strlen(first->folded);
        uint64_t df = 0;
        for (; i < form_count && strcmp(forms[i].folded, first->folded) == 0; i++) {
            df += forms[i].df;
            if (forms[i].df >= best->df) best = &forms[i];
        }
        size_t distance = most ? distance_of(word, len, first->folded, n) : 0;
        if (strncmp(first->folded, word, kept) != 0 || distance > most) continue;
        if (passed && strncmp(first->folded, word, passed) == 0) continue;
        if (at == count) fail_msg("%s: %s is missing", word, first->folded);
        const lsi_spelling *s = &list[at++];
        if (s->folded_len != n || memcmp(s->folded, first->folded, n) != 0 || s->df != df || s->distance != distance ||
            s->form_df != best->df || s->form_len != strlen(best->form) ||
            memcmp(s->form, best->form, s->form_len) != 0)
            fail_msg("%s: %.*s %llu, not %s %llu", word, (int)s->form_len, (const char *)s->form,
                     (unsigned long long)s->df, best->form, (unsigned long long)df);
    }
    if (at != count) fail_msg("%s: %zu spellings, not %zu", word, count, at);
    return at;
}

static void test_spellings(void **state)
{
    (void)state;
    size_t found = 0;
    count_forms();
    assert_int_equal(reader->snap->count, SEGMENTS);
    for (int round = 0; round < 600; round++) {
        char made[BYTES], word[BYTES];
        ls_error err = {0};
        lsi_scratch *scratch;
        lsi_spelling *list;
        size_t count;
        make_word(made);
        size_t len = fold(word, made), kept = below(3);
        uint32_t most = below(3);
        const lsi_spellings walk = {kept, most && len ? below(1 + (uint32_t)LSI_MIN(len, 3)) : 0, most, NULL};
        assert_int_equal(lsi_scratch_take(&scratch, reader, &err), LS_OK);
        assert_int_equal(
            lsi_spellings_find(&list, &count, reader->snap, scratch, (const uint8_t *)word, len, &walk, &err), LS_OK);
        found += check(list, count, word, len, &walk);
        lsi_scratch_give(scratch, reader);
    }
    assert_true(found > 4000);
}

/* A walk that may look no further has found a part of what the whole finds, beginning at its beginning. */
static void test_moves(void **state)
{
    (void)state;
    ls_error err = {0};
    lsi_scratch *scratch;
    lsi_spelling *all, *some;
    size_t count, part, before = 0;
    const uint8_t *word = (const uint8_t *)"abda";
    uint64_t left = UINT64_MAX;
    const lsi_spellings walk = {1, 0, 2, &left};
    assert_int_equal(lsi_scratch_take(&scratch, reader, &err), LS_OK);
    assert_int_equal(lsi_spellings_find(&all, &count, reader->snap, scratch, word, 4, &walk, &err), LS_OK);
    uint64_t whole = UINT64_MAX - left;
    assert_true(count > 20 && whole > count);
    for (uint64_t moves = 0; moves <= whole; moves++) {
        left = moves;
        assert_int_equal(lsi_spellings_find(&some, &part, reader->snap, scratch, word, 4, &walk, &err), LS_OK);
        assert_int_equal(left, 0);
        assert_true(part >= before && part <= count);
        for (size_t i = 0; i < part; i++) {
            assert_int_equal(some[i].folded_len, all[i].folded_len);
            assert_memory_equal(some[i].folded, all[i].folded, all[i].folded_len);
        }
        before = part;
    }
    assert_int_equal(before, count);
    lsi_scratch_give(scratch, reader);
}

/* Spellings that are no UTF-8, which a damaged dictionary may hold: the walk passes them by and ends. */
static void test_broken(void **state)
{
    static const char *const spelt[] = {"\x01y", "ab",   "ab\xC3",           "ab\xFF", "ab\xFF\xFE", "b",
                                        "\x80",  "\xC3", "\xF4\x8F\xBF\xBF", "\xFE",   "\xFF\xFF"};
    (void)state;
    ls_error err = {0};
    out index, blocks;
    lsi_forms_writer *w;
    out_init(&index);
    out_init(&blocks);
    OK(lsi_forms_writer_new(&w, index.sink, blocks.sink, &err));
    for (size_t i = 0; i < LSI_COUNTOF(spelt); i++) {
        const uint8_t *p = (const uint8_t *)spelt[i];
        uint32_t n = (uint32_t)strlen(spelt[i]);
        OK(lsi_forms_writer_add(w, &(lsi_form){p, p, n, n, 1, 0, 1}, &err));
    }
    OK(lsi_forms_writer_end(w, &err));
    lsi_forms_writer_free(w);
    lsi_section at[2] = {out_section(&index), out_section(&blocks)};
    lsi_segment *seg = calloc(1, sizeof *seg);
    lsi_snapshot *snap = calloc(1, sizeof *snap);
    lsi_snapshot_segment one = {.seg = seg};
    lsi_scratch *scratch;
    assert_true(seg && snap);
    OK(lsi_forms_open(&seg->forms, &at[0], &at[1], &err));
    snap->count = 1;
    snap->segments = &one;
    OK(lsi_scratch_take(&scratch, reader, &err));
    for (uint32_t distance = 1; distance <= 2; distance++) {
        lsi_spelling *list;
        size_t count;
        uint64_t moves = 1000;
        OK(lsi_spellings_find(&list, &count, snap, scratch, (const uint8_t *)"abd", 3,
                              &(lsi_spellings){0, 0, distance, &moves}, &err));
        assert_true(count >= 1 && moves > 900);
        for (size_t k = 0; k < count; k++) assert_true(list[k].folded[0] > ' '); /* a control character is no word */
    }
    lsi_scratch_give(scratch, reader);
    free(snap);
    free(seg);
    section_free(&at[0]);
    section_free(&at[1]);
}

/* What was likely meant is a word that living documents have. */
static void test_meant(void **state)
{
    (void)state;
    int meant = 0, none = 0;
    for (int i = 0; i < DOCS; i++) {
        for (int k = 0; k < WORDS; k++) {
            char text[BYTES + 2];
            ls_suggestions *s = NULL;
            ls_error err = {0};
            snprintf(text, sizeof text, "%sz", written[i][k]); /* no word has a z */
            assert_int_equal(ls_did_you_mean(&s, reader, text, strlen(text), &err), LS_OK);
            if (s->did_you_mean) assert_true(count_form(s->did_you_mean) > 0);
            if (count_form(written[i][k])) assert_non_null(s->did_you_mean);
            meant += s->did_you_mean != NULL;
            none += s->did_you_mean == NULL;
            ls_suggestions_free(s);
        }
    }
    assert_true(meant > DOCS && meant + none == DOCS * WORDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_spellings), cmocka_unit_test(test_moves),
                                       cmocka_unit_test(test_broken), cmocka_unit_test(test_meant)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
