/* fuzz.h — what the targets share: taking an input apart, invariants, a folder, a small index.
 *
 * A target is one file f_NAME.c with LLVMFuzzerTestOneInput. clang -fsanitize=fuzzer gives it a main (make fuzz); with
 * any other compiler replay.c does, which runs files (make check-fuzz). A broken invariant is abort(). */
#ifndef FUZZ_H
#define FUZZ_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libsearch/libsearch.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define FUZZ_CHECK(condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                                    \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* ---- an input, taken from the front; what is not there reads as 0 ---- */

typedef struct fuzz_in {
    const uint8_t *p;
    size_t n;
} fuzz_in;

static inline uint8_t fuzz_u8(fuzz_in *in)
{
    if (!in->n) return 0;
    in->n--;
    return *in->p++;
}

static inline uint32_t fuzz_u16(fuzz_in *in)
{
    uint32_t low = fuzz_u8(in);
    return low | (uint32_t)fuzz_u8(in) << 8;
}

static inline uint32_t fuzz_u32(fuzz_in *in)
{
    uint32_t low = fuzz_u16(in);
    return low | fuzz_u16(in) << 16;
}

/* Bytes up to a newline, which is taken as well, or the rest. Copied to memory of its exact size, so that an overrun
 * is seen. The caller frees. */
static inline char *fuzz_line(fuzz_in *in, size_t *len)
{
    const uint8_t *end = in->n ? memchr(in->p, '\n', in->n) : NULL;
    *len = end ? (size_t)(end - in->p) : in->n;
    char *s = calloc(*len + !*len, 1);
    FUZZ_CHECK(s);
    if (*len) memcpy(s, in->p, *len);
    size_t step = *len + (end != NULL);
    in->p += step;
    in->n -= step;
    return s;
}

static inline char *fuzz_rest(fuzz_in *in, size_t *len)
{
    char *s = calloc(in->n + !in->n, 1);
    FUZZ_CHECK(s);
    *len = in->n;
    if (in->n) memcpy(s, in->p, in->n);
    in->p += in->n;
    in->n = 0;
    return s;
}

/* The code of a call on damaged bytes: damage that says where, or one of the errors that ask for no more. */
static inline bool fuzz_is_refusal(int rc, const ls_error *err)
{
    if (rc != LS_CORRUPT && rc != LS_TOO_NEW && rc != LS_TOO_OLD && rc != LS_LIMIT && rc != LS_NOMEM) return false;
    return rc == err->code && *err->message;
}

/* folder.c: a folder of this process, removed when it ends; a small index of fixed documents in it, and its reader. */
const char *fuzz_folder(void);
const char *fuzz_index(void);
ls_reader *fuzz_reader(void);
/* Such an index anew, under a path of the caller's: three segments, one document deleted, two replaced. The large one
 * has whole blocks of postings (256 documents), the small one is small enough to be written and read many times a
 * second under ASan. */
enum { FUZZ_SMALL = 36, FUZZ_LARGE = 360 };
void fuzz_index_make(const char *path, unsigned documents);
/* A file or folder with all that is in it; nothing where there is none. */
void fuzz_remove(const char *path);
/* Valid UTF-8? */
bool fuzz_utf8(const char *s, size_t n);
/* Did a limit bite? The printed form may then be longer than what it stands for. */
bool fuzz_is_cut(const ls_query *q);
/* The printed form of a query that was not cut reads back as itself. */
void fuzz_reads_back(const ls_query *q, const ls_query_options *o);
#endif
