/* policy.c — owns the decision what to merge; ignorant of files, threads and what segments hold.
 *
 * Only neighbours are merged, so that documents stay in order of arrival. A segment counts with its live bytes. Level 0
 * is everything below FLOOR_BYTES; each level above spans a factor of FANOUT. From the lowest level up, a run of
 * neighbours of at most that level is merged once it has FANOUT members and none of them is more than half of it: then
 * a byte that is rewritten ends in a segment at least twice as large as the one it left, or the level fills up once for
 * all. Each level so keeps fewer than FANOUT segments beside a larger one, and a byte is rewritten about once a level:
 * the number of segments and the amplification both grow with the logarithm (tests/t_index.c simulates it).
 * A segment of which a third is deleted is rewritten alone. No merge makes more than MERGED_DOCS documents: the norms
 * of a list, a byte each, are to stay in the second-level cache. */
#include "libsearch/index/policy.h"
#include "libsearch/codec/postings.h"

#define FLOOR_BYTES ((uint64_t)256 << 10)
#define FANOUT      8u
#define WIDEST      32u /* at once: open files and buffers */
#define MERGED_DOCS 4000000u
#define CROWD       64u /* so many segments are too many, whatever their sizes */

static uint64_t live_bytes(const lsi_policy_segment *s)
{
    if (!s->docs) return s->bytes;
    return (uint64_t)((double)s->bytes * (double)(s->docs - s->deleted) / (double)s->docs);
}

static unsigned level_of(const lsi_policy_segment *s)
{
    unsigned level = 0;
    for (uint64_t b = live_bytes(s); b >= FLOOR_BYTES; b /= FANOUT) level++;
    return level;
}

static uint64_t live_docs(const lsi_policy_segment *s)
{
    return s->docs - s->deleted;
}

/* The longest run from `first` of at most `level` that may become one segment. */
static size_t run_length(const lsi_policy_segment *s, size_t n, size_t first, unsigned level)
{
    uint64_t docs = 0;
    size_t count = 0;
    while (first + count < n && count < WIDEST && level_of(&s[first + count]) <= level) {
        docs += live_docs(&s[first + count]);
        if (docs > MERGED_DOCS) break;
        count++;
    }
    return count;
}

/* No member is more than half of the run; the smallest are rewritten as they come. */
static bool is_balanced(const lsi_policy_segment *s, size_t count)
{
    uint64_t sum = 0, largest = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t b = live_bytes(&s[i]);
        sum += b;
        largest = LSI_MAX(largest, b);
    }
    return largest <= sum - largest || largest < FLOOR_BYTES;
}

static bool pick_run(const lsi_policy_segment *s, size_t n, lsi_policy_pick *out)
{
    unsigned highest = 0;
    for (size_t i = 0; i < n; i++) highest = LSI_MAX(highest, level_of(&s[i]));
    for (unsigned level = 0; level <= highest; level++)
        for (size_t i = 0; i + FANOUT <= n; i++) {
            size_t count = run_length(s, n, i, level);
            if (count < FANOUT || !is_balanced(s + i, count)) continue;
            *out = (lsi_policy_pick){i, count};
            return true;
        }
    return false;
}

static bool pick_deleted(const lsi_policy_segment *s, size_t n, lsi_policy_pick *out)
{
    for (size_t i = 0; i < n; i++)
        if ((uint64_t)s[i].deleted * 3 >= s[i].docs && s[i].deleted && live_bytes(&s[i]) >= FLOOR_BYTES) {
            *out = (lsi_policy_pick){i, 1};
            return true;
        }
    return false;
}

/* The run of `count` neighbours with the fewest live bytes; false where every one has too many documents. */
static bool pick_cheapest(const lsi_policy_segment *s, size_t n, size_t count, uint64_t most_docs, lsi_policy_pick *out)
{
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i + count <= n; i++) {
        uint64_t sum = 0, docs = 0;
        for (size_t k = i; k < i + count; k++) {
            sum += live_bytes(&s[k]);
            docs += live_docs(&s[k]);
        }
        if (docs > most_docs || sum >= best) continue;
        best = sum;
        *out = (lsi_policy_pick){i, count};
    }
    return best != UINT64_MAX;
}

bool lsi_policy_next(const lsi_policy_segment *s, size_t n, lsi_policy_pick *out)
{
    if (pick_deleted(s, n, out) || pick_run(s, n, out)) return true;
    return n > CROWD && pick_cheapest(s, n, FANOUT, MERGED_DOCS, out);
}

bool lsi_policy_reduce(const lsi_policy_segment *s, size_t n, size_t target, lsi_policy_pick *out)
{
    const size_t count = LSI_MIN(n - target + 1, (size_t)WIDEST);
    if (n > target && pick_cheapest(s, n, count, LSI_SEGMENT_DOCS_MAX, out)) return true;
    for (size_t i = 0; i < n; i++)
        if (s[i].deleted) {
            *out = (lsi_policy_pick){i, 1};
            return true;
        }
    return false;
}
