/* config.c — one table of settings, from which flags, environment, file, --help, --print-config and the man page come.
 *
 * A setting `max-content` is the flag --max-content N, the variable LIBSEARCHD_MAX_CONTENT and the line
 * `max-content = N` of the file. A flag beats the environment, which beats the file, which beats the default. A list
 * (allow-host) grows: by repeating the flag or the line, and by commas in the variable.
 * Ignorant of what settings do. */
#include "server/config.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind { TEXT, NUMBER, SWITCH, LIST } kind;

typedef struct setting {
    const char *name, *value; /* value: how help names it; NULL for a switch */
    kind kind;
    size_t at;
    int64_t min, max;
    const char *fallback, *help;
} setting;

#define AT(member) offsetof(sd_config, member)
static const setting settings[] = {
    {"index", "DIR", TEXT, AT(index), 0, 0, NULL, "the index; made where there is none"},
    {"listen", "ADDRESS:PORT", TEXT, AT(listen), 0, 0, "127.0.0.1:8080",
     "where to listen; port 0 takes any free one. Beyond loopback --keys is needed"},
    {"corpus", "DIR", TEXT, AT(corpus), 0, 0, NULL,
     "articles to fill a new index with (.txt .json .ndjson .jsonl .nitf .xml)"},
    {"keys", "FILE", TEXT, AT(keys), 0, 0, NULL,
     "keys that are accepted; then every request needs one; SIGHUP reloads it"},
    {"synonyms", "FILE", TEXT, AT(synonyms), 0, 0, NULL,
     "words that mean the same, a line each: Kyiv, Kiev; searches find either; SIGHUP reloads it"},
    {"config", "FILE", TEXT, AT(file), 0, 0, NULL, "a file of settings, a line each: name = value"},
    {"timezone", "NAME", TEXT, AT(timezone), 0, 0, NULL,
     "zone of from and to where a search names none (default: the index's)"},
    {"allow-host", "NAME", LIST, AT(allow_host), 0, 0, NULL,
     "a further name by which the server may be called; loopback names and the address listened on always are"},
    {"allow-origin", "URL", LIST, AT(allow_origin), 0, 0, NULL, "a web origin whose pages may use the API (CORS)"},
    {"public-url", "URL", TEXT, AT(public_url), 0, 0, NULL,
     "the address under which readers know the server, for the links of feeds (default: http:// and the Host asked "
     "for)"},
    {"threads", "N", NUMBER, AT(threads), 0, 64, "0", "threads for connections; 0: one a core"},
    {"workers", "N", NUMBER, AT(workers), 1, 64, "2", "threads for what takes long: exports, costly queries, verify"},
    {"queue", "N", NUMBER, AT(queue), 1, 65536, "256", "jobs and writes that may wait; beyond that the answer is 503"},
    {"max-connections", "N", NUMBER, AT(max_connections), 0, 100000, "0",
     "connections in all; 0: 16,384, or as many as descriptors allow"},
    {"max-per-address", "N", NUMBER, AT(max_per_address), 0, 100000, "0",
     "of one address; 0: a half of them, all for loopback"},
    {"max-content", "BYTES", NUMBER, AT(max_content), 1024, 1 << 30, "1048576",
     "content of a request, and of a line of streamed NDJSON"},
    {"memory", "MB", NUMBER, AT(memory_mb), 1, 65536, "64", "documents held in memory before they are written"},
    {"head-timeout", "SECONDS", NUMBER, AT(head_seconds), 1, 600, "10", "in which the head of a request must be whole"},
    {"inline-ms", "N", NUMBER, AT(inline_ms), 0, 1000, "3",
     "searches of a kind that takes longer on average go to the workers; 0: all do"},
    {"cache-bytes", "N", NUMBER, AT(cache_bytes), 0, (int64_t)1 << 40, "8388608",
     "memory for answers of searches, kept until the index changes; 0: none"},
    {"log", "FILE", TEXT, AT(log), 0, 0, "-", "a line a request: a file, - for standard error, or none"},
    {"no-sync", NULL, SWITCH, AT(no_sync), 0, 0, NULL,
     "do not wait for the disk: a crash may lose what was acknowledged"},
    {"no-mmap", NULL, SWITCH, AT(no_mmap), 0, 0, NULL,
     "read the index's files instead of mapping them: a disk that fails is an error, not a SIGBUS"},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static const struct {
    const char *name, *value, *help;
    sd_config_action action;
} actions[] = {
    {"print-config", NULL, "print the settings in force, as a file of settings", SD_PRINT_CONFIG},
    {"print-routes", NULL, "print the methods and paths that are served", SD_PRINT_ROUTES},
    {"print-parameters", NULL, "print the parameters of search, snippet, export and suggest", SD_PRINT_PARAMETERS},
    {"print-man", NULL, "print this manual's source", SD_PRINT_MAN},
    {"hash-key", NULL, "read a key from standard input, print its line for the key file", SD_HASH_KEY},
    {"version", NULL, "print the versions of libsearch and libmicrohttpd", SD_PRINT_VERSION},
    {"help", NULL, "print this", SD_PRINT_HELP},
};
enum { ACTIONS = sizeof actions / sizeof *actions };

static void *member(sd_config *c, const setting *s)
{
    return (char *)c + s->at;
}

static char *copy(const char *s, size_t n)
{
    char *p = malloc(n + 1);
    if (!p) return NULL;
    memcpy(p, s, n);
    p[n] = 0;
    return p;
}

static bool wrong(char *why, size_t n, const char *from, const setting *s, const char *what)
{
    snprintf(why, n, "%s%s: %s", from, s->name, what);
    return false;
}

static bool set_number(int64_t *to, const setting *s, const char *v)
{
    char *end;
    long long n = strtoll(v, &end, 10);
    if (!*v || *end || n < s->min || n > s->max) return false;
    *to = n;
    return true;
}

static bool set_list(sd_list *l, const char *v)
{
    while (*v) {
        size_t n = strcspn(v, ",");
        char **more = realloc(l->items, (l->count + 1) * sizeof *more);
        if (!more) return false;
        l->items = more;
        if (!(more[l->count] = copy(v, n))) return false;
        l->count++;
        v += n + (v[n] == ',');
    }
    return true;
}

/* `from` names the place in messages: "--", "LIBSEARCHD_… ", "file:3: ". */
static bool set(sd_config *c, const setting *s, const char *v, const char *from, char *why, size_t n)
{
    char text[128];
    bool *flag;
    char **string;
    switch (s->kind) {
    case TEXT:
        string = member(c, s);
        free(*string);
        return (*string = copy(v, strlen(v))) || wrong(why, n, from, s, "out of memory");
    case NUMBER:
        if (set_number(member(c, s), s, v)) return true;
        snprintf(text, sizeof text, "expected a number from %lld to %lld, found '%.40s'", (long long)s->min,
                 (long long)s->max, v);
        return wrong(why, n, from, s, text);
    case SWITCH:
        flag = member(c, s);
        *flag = !strcmp(v, "1") || !strcmp(v, "yes") || !strcmp(v, "true");
        return *flag || !strcmp(v, "0") || !strcmp(v, "no") || !strcmp(v, "false") ||
               wrong(why, n, from, s, "expected yes or no");
    case LIST:
        return set_list(member(c, s), v) || wrong(why, n, from, s, "out of memory");
    }
    return false;
}

static const setting *find(const char *name, size_t len)
{
    size_t i;
    for (i = 0; i < SETTINGS; i++)
        if (strlen(settings[i].name) == len && !memcmp(settings[i].name, name, len)) return &settings[i];
    return NULL;
}

/* ---- the four sources ---------------------------------------------------------------------------------------------
 */

static bool from_defaults(sd_config *c, char *why, size_t n)
{
    size_t i;
    for (i = 0; i < SETTINGS; i++)
        if (settings[i].fallback && !set(c, &settings[i], settings[i].fallback, "default ", why, n)) return false;
    return true;
}

static bool from_file(sd_config *c, const char *path, char *why, size_t n)
{
    FILE *f = fopen(path, "r");
    char line[4096], from[512];
    unsigned number = 0;
    bool ok = f != NULL;
    if (!ok) snprintf(why, n, "config: %s cannot be read", path);
    while (ok && fgets(line, sizeof line, f)) {
        char *p = line + strspn(line, " \t"), *eq, *end;
        const setting *s;
        snprintf(from, sizeof from, "%s:%u: ", path, ++number);
        p[strcspn(p, "\r\n")] = 0;
        if (!*p || *p == '#') continue;
        eq = strchr(p, '=');
        for (end = eq ? eq : p; end > p && (end[-1] == ' ' || end[-1] == '\t'); end--) continue;
        s = eq ? find(p, (size_t)(end - p)) : NULL;
        if (!s || s->at == AT(file)) {
            snprintf(why, n, "%sexpected NAME = VALUE with a name of --help, found '%.60s'", from, p);
            ok = false;
        } else {
            for (eq++; *eq == ' ' || *eq == '\t'; eq++) continue;
            for (end = eq + strlen(eq); end > eq && (end[-1] == ' ' || end[-1] == '\t'); end--) end[-1] = 0;
            ok = set(c, s, eq, from, why, n);
        }
    }
    if (f) fclose(f);
    return ok;
}

static void variable(char *to, size_t n, const char *name)
{
    size_t i, k = (size_t)snprintf(to, n, "LIBSEARCHD_");
    for (i = 0; name[i] && k + 1 < n; i++)
        to[k++] = name[i] == '-' ? '_' : (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
    to[k] = 0;
}

static const char *in_environment(char **environment, const char *name)
{
    char var[64];
    size_t n;
    variable(var, sizeof var, name);
    for (n = strlen(var); *environment; environment++)
        if (!strncmp(*environment, var, n) && (*environment)[n] == '=') return *environment + n + 1;
    return NULL;
}

static bool from_environment(sd_config *c, char **environment, char *why, size_t n)
{
    size_t i;
    for (i = 0; i < SETTINGS; i++) {
        const char *v = in_environment(environment, settings[i].name);
        if (v && *v && !set(c, &settings[i], v, "environment: ", why, n)) return false;
    }
    return true;
}

/* Walks the flags; with `only` just that one is looked at (the file must be known before the rest). */
static sd_config_action from_flags(sd_config *c, int argc, char **argv, const char *only, char *why, size_t n)
{
    sd_config_action action = SD_RUN;
    int i;
    size_t k;
    for (i = 1; i < argc; i++) {
        const char *name = argv[i] + 2, *eq, *v;
        const setting *s;
        if (strncmp(argv[i], "--", 2) || !*name) {
            snprintf(why, n, "unexpected argument '%.80s' (--help tells what is expected)", argv[i]);
            return SD_CONFIG_WRONG;
        }
        eq = strchr(name, '=');
        for (k = 0; k < ACTIONS && strcmp(actions[k].name, name); k++) continue;
        if (k < ACTIONS) {
            action = actions[k].action;
            continue;
        }
        s = find(name, eq ? (size_t)(eq - name) : strlen(name));
        if (!s) {
            snprintf(why, n, "unknown flag '%.80s' (--help lists them)", argv[i]);
            return SD_CONFIG_WRONG;
        }
        v = eq ? eq + 1 : s->kind == SWITCH ? "yes" : ++i < argc ? argv[i] : NULL;
        if (!v) {
            snprintf(why, n, "--%s: expected %s behind it", s->name, s->value);
            return SD_CONFIG_WRONG;
        }
        if (only && strcmp(only, s->name)) continue;
        if (!set(c, s, v, "--", why, n)) return SD_CONFIG_WRONG;
    }
    return action;
}

sd_config_action sd_config_read(sd_config *c, int argc, char **argv, char **environment, char *why, size_t n)
{
    const char *file;
    memset(c, 0, sizeof *c);
    if (from_flags(c, argc, argv, "config", why, n) == SD_CONFIG_WRONG) return SD_CONFIG_WRONG;
    file = c->file ? c->file : in_environment(environment, "config");
    if (!from_defaults(c, why, n) || (file && *file && !from_file(c, file, why, n)) ||
        !from_environment(c, environment, why, n))
        return SD_CONFIG_WRONG;
    return from_flags(c, argc, argv, NULL, why, n);
}

void sd_config_clear(sd_config *c)
{
    size_t i, k;
    for (i = 0; i < SETTINGS; i++) {
        if (settings[i].kind == TEXT) free(*(char **)member(c, &settings[i]));
        if (settings[i].kind == LIST) {
            sd_list *l = member(c, &settings[i]);
            for (k = 0; k < l->count; k++) free(l->items[k]);
            free(l->items);
        }
    }
    memset(c, 0, sizeof *c);
}

/* ---- what is told about them --------------------------------------------------------------------------------------
 */

void sd_config_print(const sd_config *config, FILE *out)
{
    sd_config *c = (sd_config *)(uintptr_t)config;
    size_t i, k;
    for (i = 0; i < SETTINGS; i++) {
        const setting *s = &settings[i];
        const sd_list *l = member(c, s);
        if (s->at == AT(file)) continue;
        if (s->kind == TEXT && *(char **)member(c, s)) fprintf(out, "%s = %s\n", s->name, *(char **)member(c, s));
        if (s->kind == NUMBER) fprintf(out, "%s = %lld\n", s->name, (long long)*(int64_t *)member(c, s));
        if (s->kind == SWITCH) fprintf(out, "%s = %s\n", s->name, *(bool *)member(c, s) ? "yes" : "no");
        for (k = 0; s->kind == LIST && k < l->count; k++) fprintf(out, "%s = %s\n", s->name, l->items[k]);
    }
}

void sd_config_help(FILE *out)
{
    char left[64];
    size_t i;
    fprintf(
        out,
        "usage: libsearchd --index DIR [flags]\n\nServes an index of libsearch over HTTP: a page for people, JSON for"
        " programs.\n\n");
    for (i = 0; i < SETTINGS; i++) {
        snprintf(left, sizeof left, "--%s%s%s", settings[i].name, settings[i].value ? " " : "",
                 settings[i].value ? settings[i].value : "");
        fprintf(out, "  %-24s %s%s%s%s%s\n", left, settings[i].help, settings[i].kind == LIST ? " (repeat)" : "",
                settings[i].fallback ? " [" : "", settings[i].fallback ? settings[i].fallback : "",
                settings[i].fallback ? "]" : "");
    }
    for (i = 0; i < ACTIONS; i++) {
        snprintf(left, sizeof left, "--%s", actions[i].name);
        fprintf(out, "  %-24s %s\n", left, actions[i].help);
    }
    fprintf(out,
            "\nEach setting also has a variable (LIBSEARCHD_MAX_CONTENT) and a line of --config (max-content = N).\n"
            "A flag beats the variable, which beats the file.\n");
}

static void roff(FILE *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '-') fputs("\\-", out);
        else fputc(*s, out);
    }
}

static void man_item(FILE *out, const char *name, const char *value, const char *help, const char *fallback)
{
    fputs(".TP\n.B \\-\\-", out);
    roff(out, name);
    if (value) fprintf(out, " \\fI%s\\fR", value);
    fputs("\n", out);
    roff(out, help);
    if (fallback) {
        fputs(" (default: ", out);
        roff(out, fallback);
        fputs(")", out);
    }
    fputs(".\n", out);
}

void sd_config_man(FILE *out)
{
    size_t i;
    fputs(".\\\" Made by libsearchd --print-man; do not edit.\n"
          ".TH LIBSEARCHD 8\n.SH NAME\nlibsearchd \\- serve a full\\-text index over HTTP\n"
          ".SH SYNOPSIS\n.B libsearchd \\-\\-index\n.I DIR\n[\\fIflags\\fR]\n"
          ".SH DESCRIPTION\nServes an index of libsearch: a page for people at /, JSON for programs under /v1/, its\n"
          "description at /openapi.yaml. It runs in the foreground and is the one writer of the index. One line on\n"
          "standard error tells when it is ready.\n.SH OPTIONS\n",
          out);
    for (i = 0; i < SETTINGS; i++)
        man_item(out, settings[i].name, settings[i].value, settings[i].help, settings[i].fallback);
    for (i = 0; i < ACTIONS; i++) man_item(out, actions[i].name, actions[i].value, actions[i].help, NULL);
    fputs(
        ".SH FILES\nThe file of\n.B \\-\\-keys\nhas a line a key: NAME SCOPES SHA256 [FIELD=VALUE]. Scopes are read,\n"
        "read:embargoed, write and admin, joined by commas. FIELD=VALUE (source, section, subject, place or language)\n"
        "limits every search of that key. Clients send the key as Authorization: Bearer KEY or X\\-API\\-Key: KEY.\n"
        ".SH ENVIRONMENT\nEach setting has a variable: LIBSEARCHD_ and its name in capitals, with _ for \\-.\n"
        "A flag beats the variable, which beats the file of\n.BR \\-\\-config .\n"
        ".SH SIGNALS\nSIGTERM and SIGINT: accept no more, finish what is under way, exit 0 within 10 seconds.\n"
        "SIGHUP: read the keys anew.\n"
        ".SH EXIT STATUS\n0 after a stop that was asked for, 2 after an error (one line on standard error).\n"
        ".SH SEE ALSO\n.BR libsearch (1)\n",
        out);
}
