/* crew.h — documents in memory, by their names, and the threads that make segments of them. Included by
 * writer_state.h alone. */
#ifndef LSI_CREW_H
#define LSI_CREW_H
#include "libsearch/segment/backlog.h"
#include "libsearch/util/map.h"
#include <pthread.h>

#define LSI_CREW_MAX 64u /* threads of a writer */

typedef struct lsi_pending { /* a document in memory, by its number in the heap */
    uint64_t hash;
    int64_t version;
    lsi_doc doc; /* its number in half[hidden] */
    bool hidden, dead;
} lsi_pending;

/* Of a heap, written: what all may see becomes one segment, what is hidden another. */
typedef struct lsi_heap_half {
    lsi_memseg *mem;     /* NULL: there is none */
    lsi_backlog backlog; /* with threads: all its documents, which the thread that writes it brings into mem */
    bool cut;            /* it did */
    uint64_t generation; /* of its file; given at the hand-over */
    lsi_segment_info info;
    bool written;     /* there is a file */
    lsi_segment *seg; /* that file, opened, until it is the writer's; NULL: not yet */
    bool told;        /* it stands beside the heaps under way */
    lsi_doc *late;    /* deleted since it was handed over: numbers in mem */
    size_t late_count, late_cap;
} lsi_heap_half;

typedef enum lsi_heap_state {
    LSI_HEAP_FILLING,
    LSI_HEAP_WAITING, /* for a thread */
    LSI_HEAP_RUNNING,
    LSI_HEAP_DONE,  /* well or not: rc */
    LSI_HEAP_FAILED /* and that was told: the next call has it written once more */
} lsi_heap_state;

typedef struct lsi_heap {
    lsi_heap_half half[2]; /* [1]: hidden */
    lsi_map ids, guids;    /* -> the newest pending of that name, which may be dead */
    lsi_pending *pending;
    size_t pending_count, pending_cap;
    const ls_schema *schema; /* the writer's */
    bool handed;             /* over, by the adding thread, who alone asks */
    bool comparing;          /* it looks for copies; with the crew's mutex */
    lsi_heap_state state;    /* guarded by the crew's mutex once handed over, and so are rc and why */
    int rc;
    ls_error why;
    struct lsi_heap *next; /* handed over behind it */
} lsi_heap;

typedef struct lsi_crew {
    lsi_heap *filling;      /* takes what is added; NULL: nothing is in memory */
    lsi_heap *oldest;       /* of those handed over, in order of arrival */
    unsigned count, wanted; /* threads that run; that there are to be besides the adding one */
    unsigned handed;        /* heaps since all were settled, as far as it matters: GROWING */
    bool stop;
    bool comparing; /* some heap does */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t threads[LSI_CREW_MAX];
} lsi_crew;

struct ls_writer;
void lsi_crew_init(struct ls_writer *w, unsigned threads);
/* Waits for what runs, removes what was written for nothing, frees. In a child of fork: ours false, frees only. */
void lsi_crew_clear(struct ls_writer *w, bool ours);
/* The heap that is being filled, made where there is none. NULL: no memory. */
lsi_heap *lsi_crew_heap(struct ls_writer *w, ls_error *err);
size_t lsi_crew_heaps(const struct ls_writer *w); /* that may be in memory at once */
/* Bytes of the heap that is being filled; how many it may have. */
size_t lsi_crew_held(const struct ls_writer *w);
size_t lsi_crew_share(const struct ls_writer *w);
/* Whether the heap that is being filled has to be handed over before so many more bytes come. */
bool lsi_crew_full(const struct ls_writer *w, size_t more);
/* Takes over what is ready; waits where too many heaps are under way. */
int lsi_crew_settle(struct ls_writer *w, ls_error *err);
/* Gives the heap that is being filled to the threads, and settles. */
int lsi_crew_hand_over(struct ls_writer *w, ls_error *err);
/* The same, and waits until all are segments of the writer. */
int lsi_crew_finish(struct ls_writer *w, ls_error *err);
/* Forgets all documents in memory, and what was written of them. */
void lsi_crew_drop(struct ls_writer *w);

/* The newest document of a name in memory that is not deleted; false: none. by_guid: which of the names. */
bool lsi_crew_find(const struct ls_writer *w, bool by_guid, const void *name, size_t len, lsi_heap **heap,
                   uint32_t *number);
/* Takes a document in; on failure nothing has changed. *doc: its number in that half. */
int lsi_heap_add(struct ls_writer *w, lsi_heap *h, bool hidden, const ls_doc *d, uint64_t hash, lsi_doc *doc,
                 ls_error *err);
int lsi_heap_doc(const lsi_heap *h, uint32_t number, ls_doc *d, ls_error *err); /* as lsi_memseg_doc */
const uint8_t *lsi_heap_id(const lsi_heap *h, uint32_t number, size_t *len);
bool lsi_heap_prepare_delete(lsi_heap *h, uint32_t number); /* so that delete cannot fail; false: no memory */
void lsi_heap_delete(lsi_heap *h, uint32_t number);
#endif
