/* log.h — what the server says: one line a request, and its own rare messages. */
#ifndef SD_LOG_H
#define SD_LOG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "-" or NULL: standard error; "none": requests are not logged; else a file, appended to. False: cannot be opened. */
bool sd_log_open(const char *where);
void sd_log_close(void);
/* A message of ours on standard error: "libsearchd: …". */
void sd_log_say(const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2)))
#endif
    ;
/* One request. Of the target only the path, never the query; everything that is no plain character is escaped. */
void sd_log_request(const char *address, const char *method, const char *path, int status, uint64_t bytes, double ms);
/* The same for many requests of one thread, written together: fewer system calls. Zeroes to begin. */
typedef struct sd_log_lines {
    char data[4096]; /* what a pipe takes in one piece */
    size_t len;
    int64_t second; /* of the stamp */
    char stamp[32];
} sd_log_lines;
void sd_log_add(sd_log_lines *l, const char *address, const char *method, const char *path, int status, uint64_t bytes,
                double ms);
void sd_log_flush(sd_log_lines *l);
uint64_t sd_log_dropped(void); /* lines that nobody took */
#endif
