/* work.c — a bounded queue of jobs and the threads that do them, first come first served.
 * Invariant: waiting counts the jobs in the list. Ignorant of what a job is. */
#include "server/work.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct job {
    struct job *next;
    void (*run)(void *ctx);
    void *ctx;
} job;

struct sd_work {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    job *first, **last;
    size_t waiting, queue;
    bool stopping;
    int thread_count;
    pthread_t threads[64];
};

static void *run(void *arg)
{
    sd_work *w = arg;
    job *j;
    for (;;) {
        pthread_mutex_lock(&w->lock);
        while (!w->first && !w->stopping) pthread_cond_wait(&w->wake, &w->lock);
        j = w->first;
        if (j) {
            w->first = j->next;
            if (!w->first) w->last = &w->first;
            w->waiting--;
        }
        pthread_mutex_unlock(&w->lock);
        if (!j) return NULL;
        j->run(j->ctx);
        free(j);
    }
}

sd_work *sd_work_start(int threads, size_t queue)
{
    sd_work *w = calloc(1, sizeof *w);
    if (!w) return NULL;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->last = &w->first;
    w->queue = queue;
    if (threads > 64) threads = 64;
    while (w->thread_count < threads && !pthread_create(&w->threads[w->thread_count], NULL, run, w)) w->thread_count++;
    if (w->thread_count) return w;
    sd_work_stop(w);
    return NULL;
}

bool sd_work_push(sd_work *w, void (*fn)(void *ctx), void *ctx, bool must)
{
    job *j = malloc(sizeof *j);
    bool ok;
    if (!j) return false;
    *j = (job){NULL, fn, ctx};
    pthread_mutex_lock(&w->lock);
    ok = must || (!w->stopping && w->waiting < w->queue);
    if (ok) {
        *w->last = j;
        w->last = &j->next;
        w->waiting++;
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    if (!ok) free(j);
    return ok;
}

size_t sd_work_waiting(sd_work *w)
{
    size_t n;
    pthread_mutex_lock(&w->lock);
    n = w->waiting;
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
