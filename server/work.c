/* work.c — two bounded lanes of jobs and the threads that do them; within a lane first come, first served.
 * Invariant: waiting counts the jobs in a lane. Ignorant of what a job is. */
#include "server/work.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct job {
    struct job *next;
    void (*run)(void *ctx);
    void *ctx;
} job;

typedef struct lane {
    job *first, **last;
    size_t waiting;
} lane;

struct sd_work {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    lane lanes[SD_LANES];
    size_t queue;
    bool stopping;
    int thread_count;
    pthread_t threads[64];
};

/* The next job, the quick lane first; under the lock. */
static job *take(sd_work *w)
{
    lane *l;
    for (l = w->lanes; l < w->lanes + SD_LANES; l++) {
        job *j = l->first;
        if (!j) continue;
        l->first = j->next;
        if (!l->first) l->last = &l->first;
        l->waiting--;
        return j;
    }
    return NULL;
}

static void *run(void *arg)
{
    sd_work *w = arg;
    job *j;
    for (;;) {
        pthread_mutex_lock(&w->lock);
        while (!(j = take(w)) && !w->stopping) pthread_cond_wait(&w->wake, &w->lock);
        pthread_mutex_unlock(&w->lock);
        if (!j) return NULL;
        j->run(j->ctx);
        free(j);
    }
}

sd_work *sd_work_start(int threads, size_t queue)
{
    sd_work *w = calloc(1, sizeof *w);
    int i;
    if (!w) return NULL;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    for (i = 0; i < SD_LANES; i++) w->lanes[i].last = &w->lanes[i].first;
    w->queue = queue;
    if (threads > 64) threads = 64;
    while (w->thread_count < threads && !pthread_create(&w->threads[w->thread_count], NULL, run, w)) w->thread_count++;
    if (w->thread_count) return w;
    sd_work_stop(w);
    return NULL;
}

bool sd_work_push(sd_work *w, sd_lane lane_no, void (*fn)(void *ctx), void *ctx, bool must)
{
    lane *l = &w->lanes[lane_no];
    job *j = malloc(sizeof *j);
    bool ok;
    if (!j) return false;
    *j = (job){NULL, fn, ctx};
    pthread_mutex_lock(&w->lock);
    ok = must || (!w->stopping && l->waiting < w->queue);
    if (ok) {
        *l->last = j;
        l->last = &j->next;
        l->waiting++;
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    if (!ok) free(j);
    return ok;
}

size_t sd_work_waiting(sd_work *w)
{
    size_t n = 0;
    int i;
    pthread_mutex_lock(&w->lock);
    for (i = 0; i < SD_LANES; i++) n += w->lanes[i].waiting;
    pthread_mutex_unlock(&w->lock);
    return n;
}

void sd_work_stop(sd_work *w)
{
    int i;
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    for (i = 0; i < w->thread_count; i++) pthread_join(w->threads[i], NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
