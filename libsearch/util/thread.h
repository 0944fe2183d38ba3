/* thread.h — the start of the library's own threads. */
#ifndef LSI_THREAD_H
#define LSI_THREAD_H
#include <pthread.h>
#include <signal.h>

/* pthread_create for a thread that no signal of the process is ever given to: the application's handlers run on the
 * application's threads. The mask is set before the thread is there and inherited, so that there is no moment in which
 * a signal could come first; the caller's own is as before afterwards. An errno value; 0: it runs. */
static inline int lsi_thread_start(pthread_t *out, void *(*run)(void *), void *arg)
{
    sigset_t all, mine;
    sigfillset(&all);
    int e = pthread_sigmask(SIG_SETMASK, &all, &mine);
    if (e) return e;
    e = pthread_create(out, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &mine, NULL);
    return e;
}
#endif
