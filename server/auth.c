/* auth.c — the key file and the check of a presented key.
 *
 * The file keeps hashes only, a line a key:
 *   desk    read,write          9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
 *   partner read                60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752  source=Reuters
 * A presented key is hashed and compared with every line, all 64 digits of each, whatever was found before: the time
 * tells nothing about which line or which digit failed. Ignorant of HTTP. */
#include "server/auth.h"
#include "server/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct key {
    char name[64], hash[65], *field, *value;
    unsigned scopes;
} key;

struct sd_auth {
    key *keys;
    size_t count;
};

static unsigned scope_of(const char *name, size_t n)
{
    static const struct {
        const char *name;
        unsigned scope;
    } scopes[] = {
        {"read", SD_READ}, {"read:embargoed", SD_READ | SD_EMBARGOED}, {"write", SD_WRITE}, {"admin", SD_ADMIN}};
    size_t i;
    for (i = 0; i < sizeof scopes / sizeof *scopes; i++)
        if (strlen(scopes[i].name) == n && !memcmp(scopes[i].name, name, n)) return scopes[i].scope;
    return 0;
}

static bool take_scopes(key *k, const char *p)
{
    while (*p) {
        size_t n = strcspn(p, ",");
        unsigned s = scope_of(p, n);
        if (!s) return false;
        k->scopes |= s;
        p += n + (p[n] == ',');
    }
    return k->scopes != 0;
}

static bool take_hash(key *k, const char *p)
{
    size_t i;
    if (strlen(p) != 64) return false;
    for (i = 0; i < 64; i++) {
        char c = p[i] >= 'A' && p[i] <= 'F' ? (char)(p[i] + 32) : p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
        k->hash[i] = c;
    }
    return true;
}

static bool take_filter(key *k, const char *p)
{
    const char *eq = strchr(p, '=');
    if (!eq || eq == p || !eq[1]) return false;
    k->field = calloc(1, strlen(p) + 1);
    if (!k->field) return false;
    memcpy(k->field, p, strlen(p));
    k->field[eq - p] = 0;
    k->value = k->field + (eq - p) + 1;
    return true;
}

/* A line without its newline; NULL: fine, else what is wrong with it. */
static const char *take_line(key *k, char *line)
{
    static const char blank[] = " \t\r";
    char *part[3], *p = line;
    int i;
    for (i = 0; i < 3; i++) {
        p += strspn(p, blank);
        part[i] = p;
        p += strcspn(p, blank);
        if (part[i] == p) return "expected NAME SCOPES SHA256 [FIELD=VALUE]";
        if (*p) *p++ = 0;
    }
    p += strspn(p, blank);
    for (i = (int)strlen(p); i > 0 && strchr(blank, p[i - 1]); i--) p[i - 1] = 0;
    if (strlen(part[0]) >= sizeof k->name) return "the name is longer than 63 bytes";
    memcpy(k->name, part[0], strlen(part[0]) + 1);
    if (!take_scopes(k, part[1])) return "scopes are read, read:embargoed, write and admin, joined by commas";
    if (!take_hash(k, part[2])) return "the hash is not 64 hexadecimal digits (libsearchd --hash-key)";
    if (*p && !take_filter(k, p)) return "the filter is not FIELD=VALUE";
    return NULL;
}

sd_auth *sd_auth_load(const char *path, char *why, size_t why_bytes)
{
    sd_auth *a = calloc(1, sizeof *a);
    FILE *f = fopen(path, "r");
    char line[1024];
    unsigned number = 0;
    const char *wrong = a && f ? NULL : "cannot be opened";
    while (!wrong && fgets(line, sizeof line, f)) {
        key *more;
        number++;
        if (!strchr(line, '\n') && !feof(f)) wrong = "the line is longer than 1,022 bytes";
        line[strcspn(line, "\n")] = 0;
        if (wrong || !line[strspn(line, " \t\r")] || line[strspn(line, " \t")] == '#') continue;
        more = realloc(a->keys, (a->count + 1) * sizeof *more);
        if (!more) {
            wrong = "out of memory";
            break;
        }
        a->keys = more;
        memset(&a->keys[a->count], 0, sizeof *more);
        wrong = take_line(&a->keys[a->count++], line);
    }
    if (f && ferror(f)) wrong = "cannot be read";
    if (f) fclose(f);
    /* Nobody could ask anything: an empty file is one that was not written yet, or was cut. */
    if (!wrong && !a->count) wrong = "there is no key in it (libsearchd --hash-key)";
    if (!wrong) return a;
    snprintf(why, why_bytes, "keys: %s:%u: %s", path, number, wrong);
    sd_auth_free(a);
    return NULL;
}

void sd_auth_free(sd_auth *a)
{
    size_t i;
    if (!a) return;
    for (i = 0; i < a->count; i++) free(a->keys[i].field);
    free(a->keys);
    free(a);
}

bool sd_auth_check(const sd_auth *a, const char *presented, size_t len, sd_access *out)
{
    char hash[65];
    size_t i, k, found = SIZE_MAX;
    sd_sha256_hex(hash, presented, len);
    for (i = 0; i < a->count; i++) {
        unsigned differ = 0;
        for (k = 0; k < 64; k++) differ |= (unsigned)(hash[k] ^ a->keys[i].hash[k]);
        if (!differ) found = i;
    }
    if (found == SIZE_MAX) return false;
    *out = (sd_access){a->keys[found].scopes, a->keys[found].name, a->keys[found].field, a->keys[found].value};
    return true;
}
