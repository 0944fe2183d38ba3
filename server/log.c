/* log.c — lines on standard error or in a file.
 *
 * A request's line: `2023-09-11T08:00:00.123Z 127.0.0.1 GET /v1/search 200 1834 0.412` (time, address, method, path,
 * status, bytes of the answer, milliseconds). No query text, no bodies, no keys: sources are to be protected.
 * A log that nobody reads must not stop the server: a line is written in one piece of less than PIPE_BUF bytes, and
 * only when the descriptor can take it at once; otherwise it is dropped and counted. Threads that answer many requests
 * in a round write the lines of a round together.
 * The one mutable global of the server: the descriptor. Ignorant of everything else. */
#include "server/log.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int log_fd = STDERR_FILENO;
static atomic_ullong dropped;

bool sd_log_open(const char *where)
{
    if (!where || !strcmp(where, "-")) log_fd = STDERR_FILENO;
    else if (!strcmp(where, "none")) log_fd = -1;
    else log_fd = open(where, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    return log_fd >= 0 || (where && !strcmp(where, "none"));
}

void sd_log_close(void)
{
    if (log_fd > STDERR_FILENO) close(log_fd);
    log_fd = STDERR_FILENO;
}

static void put_lines(int fd, const char *lines, size_t n)
{
    struct pollfd p = {fd, POLLOUT, 0};
    size_t i;
    if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) && write(fd, lines, n) == (ssize_t)n) return;
    for (i = 0; i < n; i++)
        if (lines[i] == '\n') atomic_fetch_add(&dropped, 1);
}

void sd_log_say(const char *format, ...)
{
    char line[1024];
    size_t n;
    va_list ap;
    int k = snprintf(line, sizeof line, "libsearchd: ");
    va_start(ap, format);
    vsnprintf(line + k, sizeof line - (size_t)k - 1, format, ap);
    va_end(ap);
    n = strlen(line);
    line[n++] = '\n';
    put_lines(STDERR_FILENO, line, n);
}

/* Copies at most n-1 bytes; bytes beyond plain ASCII, blanks and backslashes become \xHH. */
static void escape(char *to, size_t n, const char *s)
{
    size_t w = 0;
    for (; *s && w + 5 < n; s++) {
        unsigned char c = (unsigned char)*s;
        if (c > 0x20 && c < 0x7f && c != '\\') to[w++] = (char)c;
        else w += (size_t)snprintf(to + w, n - w, "\\x%02x", c);
    }
    to[w] = 0;
}

void sd_log_add(sd_log_lines *l, const char *address, const char *method, const char *path, int status, uint64_t bytes,
                double ms)
{
    char line[1024], safe[600];
    struct timespec t;
    struct tm tm;
    int n;
    if (log_fd < 0) return;
    clock_gettime(CLOCK_REALTIME, &t);
    if (t.tv_sec != l->second || !l->stamp[0]) {
        gmtime_r(&t.tv_sec, &tm);
        strftime(l->stamp, sizeof l->stamp, "%Y-%m-%dT%H:%M:%S", &tm);
        l->second = t.tv_sec;
    }
    escape(safe, sizeof safe, path);
    n = snprintf(line, sizeof line, "%s.%03ldZ %s %s %s %d %llu %.3f\n", l->stamp, t.tv_nsec / 1000000, address, method,
                 safe, status, (unsigned long long)bytes, ms);
    if (n <= 0 || (size_t)n >= sizeof line) return;
    if (l->len + (size_t)n > sizeof l->data) sd_log_flush(l);
    memcpy(l->data + l->len, line, (size_t)n);
    l->len += (size_t)n;
}

void sd_log_flush(sd_log_lines *l)
{
    if (l->len) put_lines(log_fd, l->data, l->len);
    l->len = 0;
}

void sd_log_request(const char *address, const char *method, const char *path, int status, uint64_t bytes, double ms)
{
    sd_log_lines one;
    one.len = 0;
    one.second = 0;
    one.stamp[0] = 0;
    sd_log_add(&one, address, method, path, status, bytes, ms);
    sd_log_flush(&one);
}

uint64_t sd_log_dropped(void)
{
    return atomic_load(&dropped);
}
