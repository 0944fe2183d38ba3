/* tokens.c — cuts texts into words by ls_analyze, through libsearch.h alone: what the postings of an index are compared
 * with. Reads from standard input, again and again: a line with a language and a number of bytes, then those bytes.
 * Writes for each text a line for each word (position, first byte, end, form, term, parted by tabs) and then an empty
 * line. */
#include "libsearch/libsearch.h"
#include <stdio.h>
#include <stdlib.h>

static int cut(const char *language, size_t len)
{
    ls_error err;
    ls_tokens *t = NULL;
    char *text = malloc(len + 1);
    if (!text || fread(text, 1, len, stdin) != len) {
        fprintf(stderr, "tokens: %zu bytes of text expected\n", len);
        free(text);
        return 2;
    }
    if (ls_analyze(&t, NULL, text, len, language, &err)) {
        fprintf(stderr, "tokens: %s\n", err.message);
        free(text);
        return 2;
    }
    for (size_t i = 0; i < t->count; i++)
        printf("%u\t%zu\t%zu\t%s\t%s\n", (unsigned)t->tokens[i].position, t->tokens[i].start, t->tokens[i].end,
               t->tokens[i].form, t->tokens[i].term);
    printf("\n");
    ls_tokens_free(t);
    free(text);
    return 0;
}

int main(void)
{
    char language[32];
    size_t len;
    while (scanf("%31s %zu", language, &len) == 2) {
        if (getchar() != '\n') return 2;
        if (cut(language, len)) return 2;
    }
    return fflush(stdout) ? 2 : 0;
}
