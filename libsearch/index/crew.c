/* crew.c — owns documents in memory on their way into segments, and the threads that take them there.
 *
 * Without threads a heap's documents are inverted as they come. With threads they are only copied (segment/backlog.c):
 * what ls_add has to answer (new, replaced or unchanged, which version, too large) follows from names, hash and size.
 * Full, a heap is handed over: a thread cuts its documents and writes its segments while the next heap fills. Where too
 * many are under way the adding thread does the same, rather than wait. What was handed over is settled in the order of
 * arrival, whichever is ready first: its segments join the writer's list, so that documents have the same order, and
 * every answer is the same, with any number of threads. A heap keeps its names and its documents until then: a name is
 * looked for in the heap that fills, in those handed over from the newest, then in the segments.
 *
 * WHO MAY TOUCH WHAT. From the hand-over until it is done a heap's waiting documents are only read, by the thread that
 * cuts them and by the adding thread alike; its memsegs are that thread's alone. What the adding thread deletes
 * meanwhile it notes in `late`, and the bits of the finished segment get it when that is settled. Threads never see the
 * writer: they get a directory, a generation and a heap. State, rc and why of a heap that was handed over are the
 * crew's mutex's; no other lock is taken under it.
 *
 * FAILURES of cutting and writing are told by the next call that needs the heap settled, in the order of arrival. The
 * heap stays then, first in line, and is tried again by the next such call, as it is without threads.
 *
 * COPIES are looked for by one heap at a time, in the order of arrival, for what one finds another must not miss: each
 * writes all else side by side with the others, waits until those before it are files, and is beside those behind it
 * when it is a file itself. Where one failed the others go on, and it looks among theirs when it is written once more.
 *
 * MEMORY. With t threads besides the adding one there are t + 1 heaps under way and one that fills: each gets its share
 * of the budget (where none is given, as much as without threads). The first heaps behind a commit are smaller, so that
 * all threads soon have work. A document larger than a share waits until nothing else is in memory. Ignorant of
 * versions. */
#include "libsearch/index/writer_state.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/thread.h"

#define CUT_BYTES 7u / 2u /* what a byte of text comes to when it is cut: 130 MB of reviews took 7 heaps of 64 */
#define GROWING   2u      /* doublings of the first heaps */

/* ---- a heap ---- */

static void heap_free(lsi_heap *h)
{
    if (!h) return;
    for (int k = 0; k < 2; k++) {
        lsi_memseg_free(h->half[k].mem);
        lsi_backlog_clear(&h->half[k].backlog);
        lsi_segment_release(h->half[k].seg);
        lsi_free(h->half[k].late);
    }
    lsi_map_clear(&h->ids);
    lsi_map_clear(&h->guids);
    lsi_free(h->pending);
    lsi_free(h);
}

lsi_heap *lsi_crew_heap(ls_writer *w, ls_error *err)
{
    if (w->crew.filling) return w->crew.filling;
    lsi_heap *h = lsi_calloc(1, sizeof *h);
    if (!h) {
        lsi_fail_nomem(err);
        return NULL;
    }
    lsi_map_init(&h->ids);
    lsi_map_init(&h->guids);
    h->schema = w->schema;
    return w->crew.filling = h;
}

size_t lsi_crew_held(const ls_writer *w)
{
    const lsi_heap *h = w->crew.filling;
    if (!h) return 0;
    size_t n = lsi_map_bytes(&h->ids) + lsi_map_bytes(&h->guids) + h->pending_count * sizeof *h->pending;
    for (int k = 0; k < 2; k++) {
        if (h->half[k].mem) n += lsi_memseg_bytes(h->half[k].mem);
        n += lsi_backlog_bytes(&h->half[k].backlog) + h->half[k].backlog.text_bytes * CUT_BYTES;
    }
    return n;
}

size_t lsi_crew_heaps(const ls_writer *w)
{
    return w->crew.wanted ? (size_t)w->crew.wanted + 2 : 1;
}

size_t lsi_crew_share(const ls_writer *w)
{
    return w->budget / lsi_crew_heaps(w);
}

bool lsi_crew_full(const ls_writer *w, size_t more)
{
    size_t sum = 0, limit = lsi_crew_share(w);
    if (w->crew.wanted) limit >>= GROWING - w->crew.handed;
    return !lsi_add_size(lsi_crew_held(w), more, &sum) || sum > limit;
}

static bool find_in(lsi_heap *h, bool by_guid, const void *name, size_t len, uint32_t *number)
{
    *number = lsi_map_get(by_guid ? &h->guids : &h->ids, name, len);
    return *number != LSI_MAP_NONE && !h->pending[*number].dead;
}

bool lsi_crew_find(const ls_writer *w, bool by_guid, const void *name, size_t len, lsi_heap **heap, uint32_t *number)
{
    *heap = NULL;
    if (w->crew.filling && find_in(w->crew.filling, by_guid, name, len, number)) *heap = w->crew.filling;
    /* From the oldest: a live document of a name is in one place at most. */
    for (lsi_heap *h = w->crew.oldest; h && !*heap; h = h->next)
        if (find_in(h, by_guid, name, len, number)) *heap = h;
    return *heap != NULL;
}

/* Whether a document that may be too large is: by itself, for the heap's words have nothing to do with it. */
static int try_alone(const ls_writer *w, const ls_doc *d, ls_error *err)
{
    lsi_memseg *m;
    lsi_doc doc;
    size_t text = 0;
    for (size_t i = 0; i < d->count; i++)
        if (!lsi_add_size(text, d->values[i].len, &text)) text = SIZE_MAX;
    if (lsi_memseg_surely_fits(text, w->budget)) return LS_OK;
    int rc = lsi_memseg_new(&m, w->schema, err);
    if (!rc) rc = lsi_memseg_add(m, d, 0, w->budget, &doc, NULL, err);
    lsi_memseg_free(m);
    return rc;
}

/* What is left in a memseg of a document that was too large goes with it where it has no other: the next one is not
 * to be judged by words that nobody has. */
static int cut_at_once(ls_writer *w, lsi_heap *h, bool hidden, const ls_doc *d, uint64_t hash, lsi_doc *doc,
                       ls_error *err)
{
    lsi_heap_half *half = &h->half[hidden];
    int rc = lsi_memseg_add(half->mem, d, hash, w->budget, doc, NULL, err);
    if (rc == LS_LIMIT && !h->pending_count) {
        lsi_memseg_free(half->mem);
        half->mem = NULL;
    }
    return rc;
}

int lsi_heap_add(ls_writer *w, lsi_heap *h, bool hidden, const ls_doc *d, uint64_t hash, lsi_doc *doc, ls_error *err)
{
    if (!w->crew.wanted) return cut_at_once(w, h, hidden, d, hash, doc, err);
    int rc = try_alone(w, d, err);
    return rc ? rc : lsi_backlog_add(&h->half[hidden].backlog, d, hash, doc, err);
}

int lsi_heap_doc(const lsi_heap *h, uint32_t number, ls_doc *d, ls_error *err)
{
    const lsi_pending *p = &h->pending[number];
    const lsi_heap_half *half = &h->half[p->hidden];
    if (half->backlog.count) return lsi_backlog_doc(&half->backlog, h->schema, p->doc, d, err);
    return lsi_memseg_doc(half->mem, p->doc, d, err);
}

const uint8_t *lsi_heap_id(const lsi_heap *h, uint32_t number, size_t *len)
{
    const lsi_pending *p = &h->pending[number];
    const lsi_heap_half *half = &h->half[p->hidden];
    return half->backlog.count ? lsi_backlog_id(&half->backlog, p->doc, len) : lsi_memseg_id(half->mem, p->doc, len);
}

bool lsi_heap_prepare_delete(lsi_heap *h, uint32_t number)
{
    lsi_heap_half *half = &h->half[h->pending[number].hidden];
    return !h->handed || LSI_ROOM(half->late, half->late_count + 2, half->late_cap); /* a story may replace two */
}

void lsi_heap_delete(lsi_heap *h, uint32_t number)
{
    lsi_pending *p = &h->pending[number];
    lsi_heap_half *half = &h->half[p->hidden];
    if (p->dead) return;
    p->dead = true;
    if (h->handed) half->late[half->late_count++] = p->doc;
    else if (half->backlog.count) lsi_backlog_delete(&half->backlog, p->doc);
    else lsi_memseg_delete(half->mem, p->doc);
}

/* ---- writing: on any thread ---- */

typedef struct writing { /* all that it needs of the writer */
    lsi_dir *dir;
    bool sync;
} writing;

typedef struct elders { /* whom a heap waits for */
    lsi_crew *crew;
    lsi_heap *heap;
} elders;

static bool runs_before(const lsi_crew *c, const lsi_heap *h)
{
    for (const lsi_heap *x = c->oldest; x && x != h; x = x->next)
        if (x->state == LSI_HEAP_RUNNING) return true;
    return false;
}

/* Called by the writing of a half that is about to look for copies. */
static void wait_for_elders(void *ctx)
{
    const elders *e = ctx;
    lsi_crew *c = e->crew;
    pthread_mutex_lock(&c->mutex);
    while (!e->heap->comparing && (c->comparing || runs_before(c, e->heap))) pthread_cond_wait(&c->changed, &c->mutex);
    c->comparing = e->heap->comparing = true;
    pthread_mutex_unlock(&c->mutex);
}

/* A half that is written stands beside `to` from now on: hidden texts are no public one's business. */
static void stand_beside(const lsi_heap *h, int half, lsi_heap *to)
{
    for (int k = half; k < 2; k++)
        if (to->half[k].mem) lsi_memseg_also_beside(to->half[k].mem, h->half[half].seg);
}

/* The next heap's turn. The crew's mutex is held. */
static void compared(lsi_crew *c, lsi_heap *h)
{
    for (int k = 0; k < 2; k++) {
        if (!h->half[k].seg || h->half[k].told) continue;
        for (lsi_heap *x = c->oldest; x; x = x->next)
            if (x != h && x->state != LSI_HEAP_DONE) stand_beside(h, k, x);
        h->half[k].told = true;
    }
    if (h->comparing) c->comparing = h->comparing = false;
}

/* Brings what waits into the memseg; from the beginning where an earlier call failed. */
static int cut(lsi_heap_half *half, const ls_schema *s, ls_error *why)
{
    if (half->cut || !half->backlog.count) return LS_OK;
    int rc = lsi_memseg_count(half->mem) ? lsi_memseg_empty(half->mem, why) : LS_OK;
    if (!rc) rc = lsi_backlog_cut(&half->backlog, s, half->mem, why);
    half->cut = !rc;
    return rc;
}

static void write_heap(lsi_crew *c, const writing *to, lsi_heap *h)
{
    int rc = LS_OK;
    ls_error why;
    elders e = {c, h};
    lsi_error_clear(&why);
    for (int k = 0; k < 2 && !rc; k++) {
        lsi_heap_half *half = &h->half[k];
        if (!half->mem || half->seg) continue;
        if ((rc = cut(half, h->schema, &why)) || !lsi_memseg_live_count(half->mem)) continue;
        lsi_memseg_before_copies(half->mem, wait_for_elders, &e);
        if (!half->written) rc = lsi_memseg_flush(half->mem, to->dir, half->generation, to->sync, &half->info, &why);
        lsi_memseg_before_copies(half->mem, NULL, NULL);
        half->info.visibility = (uint32_t)k;
        half->written = !rc;
        if (!rc) wait_for_elders(&e); /* written by an earlier call that could not open it */
        if (!rc) rc = lsi_segment_open(&half->seg, to->dir, &half->info, h->schema, false, &why);
        if (!k && half->seg && h->half[1].mem) lsi_memseg_also_beside(h->half[1].mem, half->seg);
    }
    h->rc = rc;
    h->why = why;
}

static lsi_heap *next_waiting(const lsi_crew *c)
{
    lsi_heap *h = c->oldest;
    while (h && h->state != LSI_HEAP_WAITING) h = h->next;
    return h;
}

/* Takes a heap that waits and writes it; the crew's mutex is held on entry and on return. */
static bool run_one(lsi_crew *c, const writing *to)
{
    lsi_heap *h = next_waiting(c);
    if (!h) return false;
    h->state = LSI_HEAP_RUNNING;
    pthread_mutex_unlock(&c->mutex);
    write_heap(c, to, h);
    pthread_mutex_lock(&c->mutex);
    compared(c, h);
    h->state = LSI_HEAP_DONE;
    pthread_cond_broadcast(&c->changed);
    return true;
}

static void *crew_thread(void *arg)
{
    ls_writer *w = arg;
    lsi_crew *c = &w->crew;
    const writing to = {w->dir, lsi_writer_syncs(w)};
    pthread_mutex_lock(&c->mutex);
    while (!c->stop)
        if (!run_one(c, &to)) pthread_cond_wait(&c->changed, &c->mutex);
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

/* ---- settling: on the adding thread ---- */

/* Its number in the file of each document that was deleted since: those before it that are dead there are not in it. */
static int set_late_bits(lsi_wseg *s, const lsi_heap_half *half, ls_error *err)
{
    if (!half->late_count) return LS_OK;
    lsi_doc *numbers = lsi_malloc(lsi_memseg_count(half->mem) * sizeof *numbers);
    int rc = numbers ? LS_OK : lsi_fail_nomem(err);
    if (!rc) lsi_memseg_numbering(half->mem, numbers);
    for (size_t i = 0; !rc && i < half->late_count; i++) rc = lsi_wseg_delete(s, numbers[half->late[i]], err);
    lsi_free(numbers);
    return rc;
}

static int append(ls_writer *w, lsi_heap_half *half, ls_error *err)
{
    lsi_wseg s = {.info = half->info, .seg = half->seg};
    int rc = set_late_bits(&s, half, err);
    pthread_mutex_lock(&w->mutex);
    if (!rc && !LSI_ROOM(w->segs, w->count + 1, w->cap)) rc = lsi_fail_nomem(err);
    if (!rc) w->segs[w->count++] = s;
    else lsi_writer_unlink(w, LSI_NAME_SEGMENT, half->info.generation);
    pthread_mutex_unlock(&w->mutex);
    half->written = half->told = false;
    half->seg = NULL;
    if (rc) lsi_wseg_clear(&s);
    return rc;
}

static void number_halves(ls_writer *w, lsi_heap *h)
{
    pthread_mutex_lock(&w->mutex);
    for (int k = 0; k < 2; k++)
        if (h->half[k].mem && !h->half[k].written) h->half[k].generation = lsi_writer_number(w);
    pthread_mutex_unlock(&w->mutex);
}

/* The oldest heap's segments into the writer's list; it is done. On failure it waits, to be written once more. */
static int settle(ls_writer *w, ls_error *err)
{
    lsi_heap *h = w->crew.oldest;
    ls_error why = h->why;
    int rc = h->rc;
    for (int k = 0; !rc && k < 2; k++) {
        lsi_heap_half *half = &h->half[k];
        if (half->written) rc = append(w, half, &why);
        if (rc) continue;
        /* What this half has is found in its segment from now on, also where the other half fails. */
        for (size_t i = 0; i < h->pending_count; i++)
            if (h->pending[i].hidden == (k == 1)) h->pending[i].dead = true;
        lsi_memseg_free(half->mem);
        half->mem = NULL;
        lsi_backlog_clear(&half->backlog);
    }
    if (!rc) {
        pthread_mutex_lock(&w->crew.mutex);
        w->crew.oldest = h->next;
        pthread_mutex_unlock(&w->crew.mutex);
        heap_free(h);
        return LS_OK;
    }
    number_halves(w, h); /* no name is used twice */
    pthread_mutex_lock(&w->mutex);
    rc = lsi_writer_failed(w, rc, &why, err);
    pthread_mutex_unlock(&w->mutex);
    pthread_mutex_lock(&w->crew.mutex);
    h->state = LSI_HEAP_FAILED;
    pthread_mutex_unlock(&w->crew.mutex);
    return rc;
}

static size_t under_way(const lsi_crew *c)
{
    size_t n = 0;
    for (const lsi_heap *h = c->oldest; h; h = h->next) n++;
    return n;
}

/* What was told to have failed is tried again first. Settles the oldest ones until at most so many are under way; writes itself where no thread would. */
static int settle_down_to(ls_writer *w, size_t most, ls_error *err)
{
    lsi_crew *c = &w->crew;
    const writing to = {w->dir, lsi_writer_syncs(w)};
    int rc = LS_OK;
    pthread_mutex_lock(&c->mutex);
    if (c->oldest && c->oldest->state == LSI_HEAP_FAILED) {
        c->oldest->state = LSI_HEAP_WAITING;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->mutex);
    while (!rc && c->oldest) {
        pthread_mutex_lock(&c->mutex);
        bool must = under_way(c) > most;
        while (must && c->oldest->state != LSI_HEAP_DONE)
            if (!run_one(c, &to)) pthread_cond_wait(&c->changed, &c->mutex);
        bool done = c->oldest->state == LSI_HEAP_DONE;
        pthread_mutex_unlock(&c->mutex);
        if (!done) break;
        rc = settle(w, err);
    }
    return rc;
}

/* ---- handing over ---- */

static size_t most_under_way(const lsi_crew *c)
{
    return c->wanted ? (size_t)c->wanted + 1 : 0;
}

int lsi_crew_settle(ls_writer *w, ls_error *err)
{
    return w->crew.oldest ? settle_down_to(w, most_under_way(&w->crew), err) : LS_OK;
}

/* Threads are started when there is work for them. Without one that cannot be had the others do its work. */
static void start_threads(ls_writer *w)
{
    lsi_crew *c = &w->crew;
    while (c->count < c->wanted && c->count < under_way(c)) {
        if (lsi_thread_start(&c->threads[c->count], crew_thread, w)) {
            lsi_log(LS_LOG_WARNING, "%s: a thread for adding could not be started; %u run", lsi_dir_path(w->dir),
                    c->count);
            return;
        }
        c->count++;
    }
}

/* The segments in which copies of what a heap holds are looked for: of what all may see, not among hidden ones. Heaps
 * that are under way will be added: each once, and those behind it only where it has failed. */
static int set_beside(ls_writer *w, lsi_heap *h, ls_error *err)
{
    int rc = LS_OK;
    pthread_mutex_lock(&w->mutex);
    lsi_segment **segs = lsi_calloc(w->count, sizeof(lsi_segment *));
    if (!segs) rc = lsi_fail_nomem(err);
    for (uint32_t k = 0; !rc && k < 2; k++) {
        size_t n = 0;
        for (size_t i = 0; i < w->count; i++)
            if (w->segs[i].info.visibility <= k) segs[n++] = w->segs[i].seg;
        if (h->half[k].mem) rc = lsi_memseg_beside(h->half[k].mem, segs, n, 4 * (lsi_crew_heaps(w) + 1), err);
    }
    pthread_mutex_unlock(&w->mutex);
    lsi_free(segs);
    return rc;
}

int lsi_crew_hand_over(ls_writer *w, ls_error *err)
{
    lsi_crew *c = &w->crew;
    lsi_heap *h = c->filling, **last = &c->oldest;
    if (!h || !h->pending_count) return lsi_crew_settle(w, err);
    int rc = set_beside(w, h, err);
    if (rc) return rc;
    number_halves(w, h);
    h->handed = true;
    c->filling = NULL;
    c->handed = LSI_MIN(c->handed + 1, GROWING);
    pthread_mutex_lock(&c->mutex);
    for (; *last; last = &(*last)->next)
        for (int k = 0; k < 2; k++)
            if ((*last)->half[k].told) stand_beside(*last, k, h);
    *last = h;
    h->state = LSI_HEAP_WAITING;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->mutex);
    start_threads(w);
    return lsi_crew_settle(w, err);
}

int lsi_crew_finish(ls_writer *w, ls_error *err)
{
    int rc = lsi_crew_hand_over(w, err);
    if (!rc) rc = settle_down_to(w, 0, err);
    if (!rc) w->crew.handed = 0;
    return rc;
}

/* ---- the end ---- */

void lsi_crew_drop(ls_writer *w)
{
    lsi_crew *c = &w->crew;
    heap_free(c->filling);
    c->filling = NULL;
    if (!c->oldest) return;
    pthread_mutex_lock(&c->mutex);
    lsi_heap *h = c->oldest, *next;
    for (lsi_heap *x = h; x; x = x->next)
        if (x->state == LSI_HEAP_WAITING) x->state = LSI_HEAP_DONE; /* nobody takes it any more */
    for (lsi_heap *x = h; x; x = x->next)
        while (x->state == LSI_HEAP_RUNNING) pthread_cond_wait(&c->changed, &c->mutex);
    c->oldest = NULL;
    pthread_mutex_unlock(&c->mutex);
    for (; h; h = next) {
        next = h->next;
        for (int k = 0; k < 2; k++)
            if (h->half[k].written && w->health == LSI_WRITER_WELL)
                lsi_writer_unlink(w, LSI_NAME_SEGMENT, h->half[k].info.generation);
        heap_free(h);
    }
}

void lsi_crew_init(ls_writer *w, unsigned threads)
{
    lsi_crew *c = &w->crew;
    c->wanted = threads ? LSI_MIN(threads, LSI_CREW_MAX) - 1 : 0;
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->changed, NULL);
}

void lsi_crew_clear(ls_writer *w, bool ours)
{
    lsi_crew *c = &w->crew;
    if (!ours) { /* what runs, runs in the other process */
        heap_free(c->filling);
        for (lsi_heap *h = c->oldest, *next; h; h = next) {
            next = h->next;
            heap_free(h);
        }
        return;
    }
    pthread_mutex_lock(&c->mutex);
    c->stop = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->mutex);
    for (unsigned i = 0; i < c->count; i++) pthread_join(c->threads[i], NULL);
    lsi_crew_drop(w);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->mutex);
}
