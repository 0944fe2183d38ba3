/* auth.h — keys: who may do what. */
#ifndef SD_AUTH_H
#define SD_AUTH_H
#include <stdbool.h>
#include <stddef.h>

typedef struct sd_auth sd_auth;
/* What a key allows. Borrowed strings live as long as the sd_auth. */
typedef struct sd_access {
    unsigned scopes;                  /* SD_READ … of exchange.h */
    const char *name, *field, *value; /* field = value is forced on every search; NULL: none */
} sd_access;

/* Reads a key file: lines of NAME SCOPES SHA256-HEX [FIELD=VALUE]; SCOPES joined by commas; one at
 * least. NULL with one line in why. */
sd_auth *sd_auth_load(const char *path, char *why, size_t why_bytes);
void sd_auth_free(sd_auth *a);
/* The access of a presented key; false: unknown. Takes as long for one wrong key as for another. */
bool sd_auth_check(const sd_auth *a, const char *key, size_t len, sd_access *out);
/* SHA-256 (FIPS 180-4) as 64 hexadecimal digits and a NUL: `libsearchd --hash-key` prints it. */
void sd_sha256_hex(char out[65], const void *p, size_t n);
#endif
