/* ok.h — calls of the library that a test wants to end with a given code; the message is that of the `err` in scope. */
#ifndef TESTS_OK_H
#define TESTS_OK_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
/* cmocka wants those above first */
#include <cmocka.h>

#include "libsearch/libsearch.h"

/* Ends a child of fork without what its parent left to do at the end; what it reached counts where coverage is measured. */
extern void __gcov_dump(void) __attribute__((weak));
static inline void leave(int status)
{
    if (__gcov_dump) __gcov_dump();
    _exit(status);
}

#define WANT(call, code)                                                                                               \
    do {                                                                                                               \
        int want_rc = (call);                                                                                          \
        if (want_rc != (code)) print_error("%s: %d, %s\n", #call, want_rc, err.message);                               \
        assert_int_equal(want_rc, code);                                                                               \
    } while (0)
#define OK(call) WANT(call, LS_OK)
#endif
