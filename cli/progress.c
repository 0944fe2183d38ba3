/* progress.c — a bar on stderr, ten times a second at most, only where stderr is a terminal. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

static int64_t now_ms(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) return 0;
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void cli_progress_begin(cli_progress *p, uint64_t total)
{
    *p = (cli_progress){.shown = isatty(STDERR_FILENO) != 0, .total = total};
}

void cli_progress_show(cli_progress *p, uint64_t done, uint64_t documents)
{
    static const char full[] = "##############################", none[] = "..............................";
    if (!p->shown) return;
    int64_t now = now_ms();
    if (now - p->last_ms < 100) return;
    p->last_ms = now;
    if (p->total == 0) {
        fprintf(stderr, "\r%llu documents ", (unsigned long long)documents);
        return;
    }
    int width = (int)(sizeof full - 1);
    int n = done >= p->total ? width : (int)((double)done * width / (double)p->total);
    fprintf(stderr, "\r[%.*s%.*s] %3d%% %llu documents ", n, full, width - n, none,
            (int)((double)(done > p->total ? p->total : done) * 100 / (double)p->total), (unsigned long long)documents);
}

void cli_progress_end(cli_progress *p)
{
    if (p->shown && p->last_ms != 0) fprintf(stderr, "\r%60s\r", "");
    p->shown = false;
}
