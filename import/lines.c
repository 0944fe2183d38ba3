/* lines.c — NDJSON in pieces: cuts it into lines, each an article. Keeps no more than one line; a line over
 * IM_LINE_MAX is skipped to its end and told as an error, so that no input takes all memory. Blank lines are
 * counted and passed over. */
#include <stdio.h>
#include <string.h>

#include "import/import.h"

static bool is_blank(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] != ' ' && s[i] != '\t' && s[i] != '\r') return false;
    return true;
}

static int line_end(im_lines *l, const char *s, size_t len, ls_doc *doc, const js_article_options *o, js_each_fn *each,
                    void *ctx)
{
    ls_error err = {0};
    int rc;
    l->number++;
    if (l->too_long || len > IM_LINE_MAX) {
        err.code = rc = LS_LIMIT;
        err.offset = UINT64_MAX;
        snprintf(err.message, sizeof err.message, "expected at most %u MB in a line, found more", IM_LINE_MAX >> 20);
    } else if (is_blank(s, len)) {
        return LS_OK;
    } else {
        rc = js_article_read(doc, s, len, o, &err);
    }
    return each(ctx, l->number, rc == LS_OK ? doc : NULL, rc, &err);
}

/* Keeps the beginning of a line. */
static void keep(im_lines *l, const char *s, size_t len)
{
    if (!l->too_long && len <= IM_LINE_MAX - l->line.len) {
        js_put(&l->line, s, len);
        if (!l->line.failed) return;
    }
    l->too_long = true;
    js_text_free(&l->line);
}

int im_lines_feed(im_lines *l, const char *bytes, size_t len, bool last, ls_doc *doc, const js_article_options *o,
                  js_each_fn *each, void *ctx)
{
    js_article_options line_options = *o;
    line_options.path = line_options.file_name = NULL; /* one file cannot name many articles, nor date them */
    line_options.has_mtime = false;
    int rc = LS_OK;
    size_t i = 0;
    while (rc == LS_OK && i < len) {
        const char *nl = memchr(bytes + i, '\n', len - i);
        size_t n = nl ? (size_t)(nl - (bytes + i)) : len - i;
        bool begun = l->line.len > 0 || l->too_long;
        if (begun || nl == NULL) keep(l, bytes + i, n);
        if (nl) {
            rc = begun ? line_end(l, l->line.data, l->line.len, doc, &line_options, each, ctx)
                       : line_end(l, bytes + i, n, doc, &line_options, each, ctx);
            js_text_reset(&l->line);
            l->too_long = false;
        }
        i += n + 1;
    }
    if (rc == LS_OK && last && (l->line.len > 0 || l->too_long))
        rc = line_end(l, l->line.data, l->line.len, doc, &line_options, each, ctx);
    if (last) im_lines_free(l);
    return rc;
}

void im_lines_free(im_lines *l)
{
    js_text_free(&l->line);
    l->too_long = false;
}
