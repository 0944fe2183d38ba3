/* import.c — a stream of articles, by its kind. Owns how a file is read; the lines of NDJSON are lines.c's, what an
 * article is made of json/article.c's. */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "import/import.h"
#include "import/nitf.h"

#define PIECE 65536

im_kind im_kind_of(const char *path)
{
    static const struct {
        const char *end;
        im_kind kind;
    } kinds[] = {{".txt", IM_TEXT},     {".json", IM_JSON}, {".ndjson", IM_NDJSON},
                 {".jsonl", IM_NDJSON}, {".nitf", IM_NITF}, {".xml", IM_NITF}};
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t n = strlen(kinds[i].end);
        if (len > n && strcasecmp(path + len - n, kinds[i].end) == 0) return kinds[i].kind;
    }
    return IM_OTHER;
}

im_kind im_kind_of_found(const char *path)
{
    static const char sign[] = "<nitf";
    char head[4096];
    im_kind kind = im_kind_of(path);
    size_t name = strlen(path);
    if (kind != IM_NITF || strcasecmp(path + name - 4, ".xml") != 0) return kind;
    FILE *in = fopen(path, "rb");
    if (in == NULL) return kind;
    size_t n = fread(head, 1, sizeof head, in);
    bool failed = ferror(in);
    fclose(in);
    for (size_t i = 0; i + sizeof sign - 1 <= n; i++)
        if (memcmp(head + i, sign, sizeof sign - 1) == 0) return kind;
    return failed ? kind : IM_OTHER;
}

bool im_is_single(im_kind kind)
{
    return kind == IM_TEXT || kind == IM_JSON || kind == IM_NITF;
}

static int fail(ls_error *err, int code, const char *message)
{
    if (err) {
        *err = (ls_error){.code = code, .offset = UINT64_MAX, .sys_errno = code == LS_IO ? errno : 0};
        snprintf(err->message, sizeof err->message, "%s", message);
    }
    return code;
}

static int read_error(ls_error *err)
{
    char message[256];
    snprintf(message, sizeof message, "cannot be read: %s", strerror(errno));
    return fail(err, LS_IO, message);
}

/* The next bytes; 0: the end or an error. Of a pipe a line at most, not what fread would wait for to fill its buffer:
 * lines are to be taken as they come. */
static size_t read_piece(FILE *in, bool is_file, char *piece, size_t cap)
{
    size_t n = 0;
    int c;
    if (is_file) return fread(piece, 1, cap, in);
    flockfile(in);
    while (n < cap && (c = getc_unlocked(in)) != EOF) {
        piece[n++] = (char)c;
        if (c == '\n') break;
    }
    funlockfile(in);
    return n;
}

static int read_lines(FILE *in, ls_doc *doc, const js_article_options *o, js_each_fn *each, void *ctx, ls_error *err)
{
    static _Thread_local char piece[PIECE];
    im_lines lines = {0};
    struct stat st;
    int rc = LS_OK, fd = fileno(in);
    bool is_file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    size_t n;
    while (rc == LS_OK && (n = read_piece(in, is_file, piece, sizeof piece)) > 0)
        rc = im_lines_feed(&lines, piece, n, false, doc, o, each, ctx);
    if (rc == LS_OK && ferror(in)) {
        rc = read_error(err);
    } else if (rc == LS_OK) {
        rc = im_lines_feed(&lines, "", 0, true, doc, o, each, ctx);
    }
    im_lines_free(&lines);
    return rc;
}

/* The whole of a stream. */
static int read_all(js_text *out, FILE *in, ls_error *err)
{
    static _Thread_local char piece[PIECE];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, in)) > 0) {
        if (out->len + n > IM_FILE_MAX) return fail(err, LS_LIMIT, "expected at most 1 GB in one article, found more");
        js_put(out, piece, n);
    }
    if (ferror(in)) return read_error(err);
    return js_text_rc(out, err);
}

/* Whether a .json is NDJSON by another name: an object that fills the first line, and another one behind it. */
static bool is_lines(const char *s, size_t len)
{
    const char *nl = memchr(s, '\n', len);
    size_t end = nl ? (size_t)(nl - s) : len, next = end;
    while (next < len && (s[next] == '\n' || s[next] == '\r' || s[next] == ' ' || s[next] == '\t')) next++;
    if (end > 0 && s[end - 1] == '\r') end--;
    return end > 1 && s[0] == '{' && s[end - 1] == '}' && next < len && s[next] == '{';
}

static int read_nitf(ls_doc *doc, const char *bytes, size_t len, const js_article_options *o, ls_error *err)
{
    js_text json = {0};
    int rc = im_nitf_json(&json, bytes, len, err);
    if (rc == LS_OK) rc = js_article_read(doc, json.data, json.len, o, err);
    js_text_free(&json);
    return rc;
}

int im_read(FILE *in, im_kind kind, ls_doc *doc, const js_article_options *o, js_each_fn *each, void *ctx,
            ls_error *err)
{
    js_text text = {0};
    ls_error e = {0};
    if (kind == IM_NDJSON) return read_lines(in, doc, o, each, ctx, err);
    int rc = read_all(&text, in, err);
    if (rc != LS_OK) goto out;
    const char *bytes = text.data ? text.data : "";
    if (kind == IM_TEXT || kind == IM_NITF) {
        int one =
            kind == IM_TEXT ? js_article_text(doc, bytes, text.len, o, &e) : read_nitf(doc, bytes, text.len, o, &e);
        rc = each(ctx, 1, one == LS_OK ? doc : NULL, one, &e);
    } else if (kind == IM_JSON && is_lines(bytes, text.len)) {
        im_lines lines = {0};
        rc = im_lines_feed(&lines, bytes, text.len, true, doc, o, each, ctx);
        im_lines_free(&lines);
    } else if (kind == IM_JSON) {
        rc = js_articles_read(doc, bytes, text.len, o, each, ctx, err);
    } else {
        rc = fail(err, LS_INVALID, "expected " IM_EXPECTED);
    }
out:
    js_text_free(&text);
    return rc;
}
