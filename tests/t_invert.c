/* t_invert.c — the streams of terms (invert.c, invert_read.c) against plain lists: numbers of every length, documents
 * that are left out, positions that fall, streams over many slices; and words given in rows against words given singly. */
#include "libsearch/segment/invert.h"
#include "libsearch/util/alloc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct place {
    lsi_doc doc;
    uint32_t list, position, number;
} place;

static uint64_t state_of;
static uint32_t draw(uint32_t below)
{
    state_of = state_of * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((state_of >> 33) % below);
}

static int by_place(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->doc != y->doc) return x->doc < y->doc ? -1 : 1;
    if (x->list != y->list) return x->list < y->list ? -1 : 1;
    return x->position < y->position ? -1 : x->position > y->position;
}

/* Now and then a number of two, three, four or five bytes. */
static uint32_t gap(void)
{
    static const uint32_t most[] = {30, 31, 32, 5000, 70000, 1u << 20, 1u << 27};
    return 1 + draw(most[draw(40) ? draw(3) : draw(7)]);
}

/* Draws the occurrences of a term; those of a run in any order of positions, which are all different. */
static size_t draw_places(place *out, size_t n)
{
    lsi_doc doc = draw(3) ? 0 : gap();
    uint32_t list = draw(4) ? 0 : draw(40), position = gap() % 1000;
    for (size_t i = 0; i < n; i++) {
        if (i && draw(3) == 0) {
            doc += gap();
            list = draw(4) ? 0 : draw(20);
            position = draw(2000);
        } else if (i && draw(10) == 0) {
            list += 1 + draw(3);
            if (list > 63) list = 63;
            position = out[i - 1].list == list ? out[i - 1].position + 1 : draw(300);
        } else if (i) {
            position += gap();
        }
        out[i] = (place){doc, list, position, draw(5) ? 0 : draw(draw(6) ? 4 : 100000)};
        if (i && draw(12) == 0 && out[i - 1].doc == doc && out[i - 1].list == list) {
            place swap = out[i - 1]; /* falls */
            out[i - 1].position = out[i].position;
            out[i - 1].number = out[i].number;
            out[i].position = swap.position;
            out[i].number = swap.number;
            position = out[i - 1].position;
        }
    }
    return n;
}

static void compare(const lsi_inverted *d, place *want, size_t n, const uint64_t *dead)
{
    size_t kept = 0, at = 0;
    uint32_t docs = 0;
    uint64_t lists = 0;
    for (size_t i = 0; i < n; i++)
        if (!dead || !(dead[want[i].doc >> 6] >> (want[i].doc & 63) & 1)) want[kept++] = want[i];
    qsort(want, kept, sizeof *want, by_place);
    assert_int_equal(d->count, kept);
    for (size_t r = 0; r < d->run_count; r++) {
        const lsi_invert_run *run = &d->runs[r];
        assert_int_equal(run->first, at);
        assert_true(run->count > 0);
        docs += !r || d->runs[r - 1].doc != run->doc;
        lists |= UINT64_C(1) << run->list;
        assert_true(!r || d->runs[r - 1].doc != run->doc || d->runs[r - 1].list != run->list);
        for (uint32_t k = 0; k < run->count; k++, at++) {
            assert_int_equal(run->doc, want[at].doc);
            assert_int_equal(run->list, want[at].list);
            assert_int_equal(d->positions[at], want[at].position);
            assert_int_equal(d->numbers[at], want[at].number);
        }
    }
    assert_int_equal(at, kept);
    assert_int_equal(d->doc_count, docs);
    assert_int_equal(d->lists, lists);
}

static void streams_are_read_as_they_were_written(void **state)
{
    static place places[4][9000];
    (void)state;
    lsi_analyzer *a;
    lsi_inverted d = {NULL, NULL, NULL, 0, 0, 0, 0, 0, 0};
    uint64_t *dead = calloc((size_t)1 << 19, 8);
    assert_non_null(dead);
    for (size_t i = 0; i < (size_t)1 << 19; i++) dead[i] = UINT64_C(0x1100100010010101) << (i & 7);
    assert_int_equal(lsi_analyzer_new(&a, NULL), LS_OK);
    for (uint32_t round = 0; round < 400; round++) {
        lsi_invert v;
        size_t n[4];
        state_of = round;
        assert_int_equal(lsi_invert_init(&v, a, NULL), LS_OK);
        for (uint32_t t = 0; t < 4; t++) {
            char term[2] = {(char)('a' + t), 0};
            n[t] = draw_places(places[t], 1 + draw(draw(3) ? 12 : draw(3) ? 200 : 9000));
            assert_int_equal(lsi_invert_hidden(&v, term), t);
            size_t used = 0; /* what would go beyond `dead` is left out */
            while (used < n[t] && places[t][used].doc < 1u << 25) used++;
            n[t] = used;
            for (size_t i = 0; i < n[t]; i++)
                assert_true(lsi_invert_add(&v, t, places[t][i].number, places[t][i].doc, places[t][i].list,
                                           places[t][i].position));
        }
        for (uint32_t t = 0; t < 4; t++) {
            const uint64_t *without = draw(2) ? dead : NULL;
            assert_true(lsi_invert_read(&v, t, without, &d));
            compare(&d, places[t], n[t], without);
        }
        lsi_invert_clear(&v);
    }
    lsi_inverted_clear(&d);
    lsi_analyzer_free(a);
    free(dead);
}

/* Every word of a text singly in one table, those that stand as they are in rows in another: the same streams. */
static void rows_of_words_are_words(void **state)
{
    static const char text[] = "Arms talks begin, said the minister of defence in Geneva\nwhere "
                               "counterrevolutionaries-like words of more than "
                               "sixteen bytes telecommunications internationalization a b c d e f g h i j k l m n o p "
                               "q r s t u v w x y z met; "
                               "the U.S. and Häuser of example.com talks Talks TALKS, 1,234 and COVID-19 in 1987 over "
                               "over over at the end and";
    (void)state;
    lsi_analyzer *a;
    lsi_invert rows, single;
    lsi_inverted x = {NULL, NULL, NULL, 0, 0, 0, 0, 0, 0}, y = x;
    assert_int_equal(lsi_analyzer_new(&a, NULL), LS_OK);
    assert_int_equal(lsi_invert_init(&rows, a, NULL), LS_OK);
    assert_int_equal(lsi_invert_init(&single, a, NULL), LS_OK);
    for (uint32_t most = 1; most < 40; most++) { /* a document each */
        lsi_plain_word plain[40];
        lsi_token t;
        uint32_t n, first, flags, words = 0;
        const size_t len = sizeof text - 1 - most; /* another end each, with nothing behind it */
        uint8_t *exact = malloc(len);
        assert_non_null(exact);
        memcpy(exact, text, len);
        lsi_tokens_begin(a, exact, len, 0);
        lsi_invert_begin(&single, most, 0, 0, exact, len);
        while (lsi_tokens_next(a, &t) > 0) assert_true(lsi_invert_word_add(&single, t.form, t.form_len, t.position));
        assert_true(lsi_invert_end(&single));
        lsi_tokens_begin(a, exact, len, 0);
        lsi_invert_begin(&rows, most, 0, 0, exact, len);
        do {
            while ((n = lsi_tokens_plain(a, plain, most, &first, &flags))) {
                assert_true(n <= most);
                assert_true(lsi_invert_words(&rows, plain, n, first));
                words += n;
            }
            if (lsi_tokens_next(a, &t) <= 0) break;
            assert_true(lsi_invert_word_add(&rows, t.form, t.form_len, t.position));
        } while (true);
        assert_true(lsi_invert_end(&rows));
        assert_true(words > 40);
        free(exact);
    }
    assert_int_equal(rows.term_count, single.term_count);
    for (uint32_t i = 0; i < rows.term_count; i++) {
        assert_int_equal(rows.terms[i].len, single.terms[i].len);
        assert_memory_equal(rows.terms[i].bytes, single.terms[i].bytes, rows.terms[i].len);
        assert_true(lsi_invert_read(&rows, i, NULL, &x) && lsi_invert_read(&single, i, NULL, &y));
        assert_int_equal(x.count, y.count);
        assert_int_equal(x.run_count, y.run_count);
        assert_memory_equal(x.positions, y.positions, x.count * sizeof *x.positions);
        assert_memory_equal(x.numbers, y.numbers, x.count * sizeof *x.numbers);
    }
    lsi_inverted_clear(&x);
    lsi_inverted_clear(&y);
    lsi_invert_clear(&rows);
    lsi_invert_clear(&single);
    lsi_analyzer_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_read_as_they_were_written),
        cmocka_unit_test(rows_of_words_are_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
