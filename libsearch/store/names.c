/* names.c — owns the spelling of file names: a word, a hyphen, the generation as 16 lower-case hexadecimal digits.
 * A name is never used twice: generations only rise. Ignorant of what the files hold.
 * Example: the segment of generation 26 is "seg-000000000000001a". */
#include "libsearch/store/names.h"
#include <stdio.h>

static const char *const words[] = {"", "seg", "live", "tombs", "manifest", "spool"};

void lsi_name_make(char out[LSI_NAME_BYTES], lsi_name_kind kind, uint64_t generation)
{
    snprintf(out, LSI_NAME_BYTES, "%s-%016llx", words[kind], (unsigned long long)generation);
}

lsi_name_kind lsi_name_parse(const char *name, uint64_t *generation)
{
    *generation = 0;
    for (size_t k = LSI_NAME_SEGMENT; k < LSI_COUNTOF(words); k++) {
        size_t n = strlen(words[k]);
        if (strncmp(name, words[k], n) || name[n] != '-' || strlen(name + n + 1) != 16) continue;
        uint64_t v = 0;
        for (const char *p = name + n + 1; *p; p++) {
            const char *digits = "0123456789abcdef", *at = strchr(digits, *p);
            if (!at) return LSI_NAME_OTHER;
            v = v << 4 | (uint64_t)(at - digits);
        }
        *generation = v;
        return (lsi_name_kind)k;
    }
    return LSI_NAME_OTHER;
}
