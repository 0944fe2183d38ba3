/* prop_codec.c [seed] [rounds] — random structures of the codec room: written, read back and verified; then damaged and
 * cut at every byte, when every call must answer CORRUPT or keep what it promises (documents rising and in range,
 * nothing read beyond the section: build it with the address sanitizer); and with every allocation failing in turn. */
#include "libsearch/util/simd.h"
#include "tests/codec_kinds.h"

static void thing_free(thing *t)
{
    for (int i = 0; i < t->sections; i++) section_free(&t->s[i]);
}

static void must_be_sound(const kind *k, const thing *t)
{
    ls_error err;
    int rc = k->use(t, &err);
    if (rc) fail_msg("%s: a sound one is refused: %d: %s", k->name, rc, err.message);
}

static int judge(const kind *k, const thing *t)
{
    ls_error err;
    int rc = k->use(t, &err);
    if (rc && rc != LS_CORRUPT) fail_msg("%s: damage is told as %d: %s", k->name, rc, err.message);
    return rc;
}

static long rounds = 40;

static void test_damage(void **state)
{
    unsigned long told = 0, all = 0;
    (void)state;
    for (long r = 0; r < rounds; r++)
        for (size_t i = 0; i < LSI_COUNTOF(kinds); i++) {
            thing t = {.offset = 0};
            ls_error err;
            lsi_simd_limit((lsi_simd)below(LSI_SIMD_LEVELS + 1));
            assert_int_equal(kinds[i].make(&t, &err), LS_OK);
            must_be_sound(&kinds[i], &t);
            for (int d = 0; d < 40; d++) {
                thing bad = t;
                int which = (int)below((uint32_t)t.sections);
                bad.s[which] = damaged(&t.s[which]);
                told += judge(&kinds[i], &bad) != LS_OK;
                all++;
                section_free(&bad.s[which]);
            }
            thing_free(&t);
        }
    lsi_simd_limit(LSI_SIMD_LEVELS);
    print_message("damage: %lu of %lu told as CORRUPT, the others decoded to something within bounds\n", told, all);
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(kinds); i++) {
        thing t = {.offset = 0};
        ls_error err;
        scale = 100;
        assert_int_equal(kinds[i].make(&t, &err), LS_OK);
        scale = 2000;
        for (int which = 0; which < t.sections; which++) {
            size_t n = (size_t)t.s[which].bytes, step = n / 3000 + 1;
            for (size_t cut = 0; cut < n; cut += step) {
                thing bad = t;
                bad.s[which] = section_of(t.s[which].base, cut);
                judge(&kinds[i], &bad);
                section_free(&bad.s[which]);
            }
        }
        thing_free(&t);
    }
}

/* The nth allocation fails, for every n, while one is made and while it is used: NOMEM, and nothing is left behind. */
static void test_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(kinds); i++)
        for (int round = 0; round < 8; round++) {
            bool making = round & 1;
            uint64_t seed = random_state, n = 0;
            thing t = {.offset = 0};
            ls_error err;
            int rc = LS_NOMEM;
            if (!making) assert_int_equal(kinds[i].make(&t, &err), LS_OK);
            for (n = 1; rc == LS_NOMEM; n++) {
                uint64_t was = random_state;
                if (making) random_state = seed;
                lsi_alloc_fail_at(n, n & 1);
                rc = making ? kinds[i].make(&t, &err) : kinds[i].use(&t, &err);
                lsi_alloc_fail_at(0, false);
                if (!making) random_state = was;
                assert_true(n < 100000);
            }
            if (rc) fail_msg("%s: %d without memory: %s", kinds[i].name, rc, err.message);
            must_be_sound(&kinds[i], &t);
            thing_free(&t);
        }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_no_memory),
    };
    random_state = argc > 1 ? strtoull(argv[1], NULL, 0) : 20240731;
    if (argc > 2) rounds = strtol(argv[2], NULL, 0);
    print_message("seed %llu, %ld rounds\n", (unsigned long long)random_state, rounds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
