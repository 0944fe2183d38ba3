/* serve.c — the files of the page, compiled in: a request can only ever name one of these. */
#include "server/page/assets.h"
#include "server/page/html.h"
#include "server/routes.h"

#include <string.h>

static const struct {
    const char *name, *type;
    const unsigned char *bytes;
    const size_t *len;
} files[] = {
    {"page.css", "text/css; charset=utf-8", sd_asset_page_css, &sd_asset_page_css_len},
    {"page.js", "text/javascript; charset=utf-8", sd_asset_page_js, &sd_asset_page_js_len},
    {"embed.js", "text/javascript; charset=utf-8", sd_asset_embed_js, &sd_asset_embed_js_len},
    {"icon.svg", "image/svg+xml", sd_asset_icon_svg, &sd_asset_icon_svg_len},
};

static void give(sd_exchange *x, const char *name)
{
    static const char *const names[] = {NULL};
    size_t i;
    if (sd_exchange_unknown(x, names)) return;
    for (i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(files[i].name, name)) continue;
        x->answer.fixed = (const char *)files[i].bytes;
        x->answer.fixed_len = *files[i].len;
        x->answer.cache = "private, max-age=600";
        if (sd_answer_unchanged(x)) return;
        x->answer.status = 200;
        x->answer.type = files[i].type;
        return;
    }
    sd_answer_refuse(x, "not_found", NULL, "there is no such file");
}

void sd_get_asset(sd_exchange *x)
{
    give(x, x->id);
}

void sd_get_embed(sd_exchange *x)
{
    give(x, "embed.js");
}
