/* prop_segment.c — random documents under random schemas become segments; each segment says just what the model says,
 * with deletions (found in both ways), through files, and merged in random trees; a merged segment is byte for byte the
 * one that its live documents would have made. Every segment and live file passes its check.
 *   prop_segment [seed] [rounds] [most documents in a round]
 */
#include "libsearch/segment/tally.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/bitset.h"
#include "tests/segment_model.c" /* a test is one file and the library */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SEGMENTS 6u

static char folder[64];
static lsi_dir *dir;
static uint64_t generation;

typedef struct piece { /* a segment, its deletions, and which documents it was made from */
    lsi_segment *seg;
    lsi_live *live;
    lsi_segment_info info;
    uint32_t first, count; /* of the round's documents; those deleted before a merge are in gone */
} piece;

static uint64_t gone[64]; /* of the round's documents: squeezed out by a merge */
static uint64_t dead[64]; /* deleted, gone or not */

static void on_fault(void *ctx, const ls_error *e, const char *section)
{
    (void)ctx;
    fprintf(stderr, "fault in %s: %s:%" PRIu64 ": %s\n", section, e->file, e->offset, e->message);
}

static void unlink_all(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s/*", folder);
    if (system(command)) die("rm", NULL);
}

static void open_piece(piece *p, const ls_schema *s)
{
    ls_error err;
    bool use_mmap = rnd(2);
    if (lsi_segment_open(&p->seg, dir, &p->info, s, use_mmap, &err)) die("open", &err);
    if (lsi_live_open(&p->live, dir, p->seg, &p->info, use_mmap, &err)) die("open live", &err);
}

static void close_piece(piece *p)
{
    lsi_segment_release(p->seg);
    lsi_live_release(p->live);
    p->seg = NULL;
    p->live = NULL;
}

static void check_piece(const piece *p)
{
    ls_error err;
    uint64_t faults;
    if (lsi_segment_verify(p->seg, p->live, on_fault, NULL, &faults, &err) || faults) die("check", &err);
}

/* The documents of [first, first + count), those in `without` left out of the memseg, in one segment. */
static void make_piece(piece *p, const ls_schema *s, random_doc *const *docs, uint32_t first, uint32_t count,
                       const uint64_t *without, bool delete_late)
{
    ls_error err;
    lsi_memseg *m;
    if (lsi_memseg_new(&m, s, &err)) die("memseg", &err);
    for (uint32_t i = first; i < first + count; i++) {
        lsi_doc no;
        if (!delete_late && without && lsi_bitset_test(without, i)) continue;
        if (lsi_memseg_add(m, docs[i]->d, docs[i]->hash, SIZE_MAX, &no, NULL, &err)) die("add", &err);
        if (without && lsi_bitset_test(without, i)) lsi_memseg_delete(m, no);
    }
    if (lsi_memseg_flush(m, dir, ++generation, false, &p->info, &err)) die("flush", &err);
    lsi_memseg_free(m);
    p->first = first;
    p->count = count;
    p->live = NULL;
    open_piece(p, s);
}

/* The dead bits of the documents that p has, by their number in it. */
static uint32_t local_bits(const piece *p, const uint64_t *of, uint64_t *bits)
{
    uint32_t n = 0;
    memset(bits, 0, 64 * 8);
    for (uint32_t i = p->first; i < p->first + p->count; i++) {
        if (lsi_bitset_test(gone, i)) continue;
        if (lsi_bitset_test(of, i)) lsi_bitset_set(bits, n);
        n++;
    }
    return n;
}

static uint32_t live_in(const piece *p)
{
    uint32_t n = 0;
    for (uint32_t i = p->first; i < p->first + p->count; i++) n += !lsi_bitset_test(dead, i);
    return n;
}

static void compare_piece(const piece *p, const ls_schema *s, random_doc *const *docs)
{
    lsi_buf expected, found;
    uint64_t without[64] = {0};
    lsi_buf_init(&expected, 0);
    lsi_buf_init(&found, 0);
    for (uint32_t i = 0; i < p->count; i++)
        if (lsi_bitset_test(gone, p->first + i)) lsi_bitset_set(without, i);
    model_dump(&expected, s, docs + p->first, p->count, without);
    segment_dump(&found, p->seg);
    must_equal("a segment and the model", &expected, &found);
    lsi_buf_reset(&expected);
    lsi_buf_reset(&found);
    for (uint32_t i = 0; i < p->count; i++)
        if (lsi_bitset_test(dead, p->first + i)) lsi_bitset_set(without, i);
    model_live_dump(&expected, s, docs + p->first, p->count, without);
    segment_live_dump(&found, p->seg, p->live);
    must_equal("live frequencies and the model", &expected, &found);
    lsi_buf_clear(&expected);
    lsi_buf_clear(&found);
    check_piece(p);
}

/* Deletes more documents of a piece, in both ways, and compares their files. */
static void delete_some(piece *p, const ls_schema *s)
{
    ls_error err;
    uint64_t bits[64];
    for (uint32_t i = p->first; i < p->first + p->count; i++)
        if (rnd(4) == 0) lsi_bitset_set(dead, i);
    uint32_t n = local_bits(p, dead, bits);
    if (!lsi_bitset_count(bits, 0, n)) return;
    piece scan = *p, words = *p, chosen = *p;
    scan.info.live_generation = words.info.live_generation = 0;
    if (lsi_live_write_by(LSI_LIVE_SCAN, dir, ++generation, p->seg, p->live, bits, false, &scan.info, &err) ||
        lsi_live_write_by(LSI_LIVE_WORDS, dir, ++generation, p->seg, p->live, bits, false, &words.info, &err) ||
        lsi_live_write(dir, ++generation, p->seg, p->live, bits, false, &chosen.info, &err))
        die("live", &err);
    lsi_live *a, *b;
    if (lsi_live_open(&a, dir, p->seg, &scan.info, true, &err) ||
        lsi_live_open(&b, dir, p->seg, &words.info, true, &err))
        die("open live", &err);
    must_be_same_file("corrections by postings and by words", a->frame, b->frame);
    lsi_live_release(a);
    lsi_live_release(b);
    close_piece(p);
    p->info = chosen.info;
    open_piece(p, s);
}

/* Neighbours [at, at + n) become one; what it must be is made from the documents. */
static void merge_some(piece *pieces, uint32_t *count, uint32_t at, uint32_t n, const ls_schema *s,
                       random_doc *const *docs)
{
    ls_error err;
    lsi_segment *segs[SEGMENTS];
    lsi_live *lives[SEGMENTS];
    uint32_t *map[SEGMENTS], live = 0, next = 0;
    piece merged = {.first = pieces[at].first}, direct;
    for (uint32_t i = 0; i < n; i++) {
        segs[i] = pieces[at + i].seg;
        lives[i] = pieces[at + i].live;
        map[i] = malloc(segs[i]->doc_count * sizeof **map);
        if (!map[i]) die("memory", NULL);
        live += live_in(&pieces[at + i]);
        merged.count += pieces[at + i].count;
    }
    int rc = lsi_segment_merge(segs, lives, n, s, dir, ++generation, false, NULL, NULL, map, &merged.info, &err);
    if ((rc == LS_NOTFOUND) != !live || (rc && rc != LS_NOTFOUND)) die("merge", &err);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t d = 0; !rc && d < segs[i]->doc_count; d++)
            if (map[i][d] != (lsi_live_is_deleted(lives[i], d) ? LSI_DOC_END : next++)) die("map of a merge", NULL);
        free(map[i]);
        if (!rc) close_piece(&pieces[at + i]);
    }
    if (rc) return;
    for (uint32_t i = merged.first; i < merged.first + merged.count; i++)
        if (lsi_bitset_test(dead, i)) lsi_bitset_set(gone, i);
    open_piece(&merged, s);
    make_piece(&direct, s, docs, merged.first, merged.count, dead, rnd(2));
    must_be_same_file("a merge and one inversion", direct.seg->frame, merged.seg->frame);
    close_piece(&direct);
    compare_piece(&merged, s, docs);
    pieces[at] = merged;
    memmove(pieces + at + 1, pieces + at + n, (*count - at - n) * sizeof *pieces);
    *count -= n - 1;
}

static void play(uint32_t most)
{
    ls_schema *s = random_schema();
    random_doc docs[64 * 64], *at[64 * 64];
    piece pieces[SEGMENTS];
    uint32_t count = 1 + rnd(SEGMENTS), total = 0;
    memset(gone, 0, sizeof gone);
    memset(dead, 0, sizeof dead);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = 1 + rnd(most / count + 1);
        for (uint32_t k = 0; k < n; k++) {
            random_doc_make(&docs[total + k], s, total + k);
            at[total + k] = &docs[total + k];
        }
        make_piece(&pieces[i], s, at, total, n, NULL, false);
        total += n;
        compare_piece(&pieces[i], s, at);
    }
    for (uint32_t step = 0; step < 6; step++) {
        uint32_t i = rnd(count), n = 1 + rnd(count - i);
        if (rnd(2)) delete_some(&pieces[i], s);
        else merge_some(pieces, &count, i, n, s, at);
        compare_piece(&pieces[rnd(count)], s, at);
    }
    for (uint32_t i = 0; i < count; i++) close_piece(&pieces[i]);
    for (uint32_t i = 0; i < total; i++) random_doc_free(&docs[i]);
    lsi_free(s);
    unlink_all();
}

int main(int argc, char **argv)
{
    ls_error err;
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint32_t rounds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 12;
    uint32_t most = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 60;
    if (most > 2000) most = 2000;
    printf("prop_segment seed %" PRIu64 ", %u rounds\n", seed, rounds);
    fflush(stdout);
    /* memory rather than a disk where there is such a place: there are thousands of files to make */
    snprintf(folder, sizeof folder, "%s/prop_segment_XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    if (!mkdtemp(folder) || lsi_dir_open(&dir, folder, &err)) die("folder", &err);
    for (uint32_t i = 0; i < rounds; i++) {
        rnd_seed(seed + i);
        play(1 + rnd(most));
    }
    lsi_dir_close(dir);
    if (rmdir(folder)) die("rmdir", NULL);
    printf("%u rounds agree\n", rounds);
    return 0;
}
