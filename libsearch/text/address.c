/* address.c — owns the recognition of web and e-mail addresses, so that https://www.example.com/a?b=c and
 * jane.doe@example.com find themselves as one word, and by their parts.
 *
 * A web address begins with a scheme and "://", or with "www."; it ends at white space, a quotation mark, < > { } | \ ^
 * ` or punctuation behind it; an e-mail address is local@domain with a dot in the domain. Bare domains (example.com)
 * are dotted compounds, see tokenize.c. Looks at most ADDRESS_MAX bytes ahead. */
#include "libsearch/text/cutter.h"

#define ADDRESS_MAX 2000u
#define LOCAL_MAX   64u

static bool in_local(uint8_t b)
{
    return lsi_is_alnum(b) || b == '.' || b == '_' || b == '%' || b == '+' || b == '-';
}

static size_t email_end(const lsi_cutter *c, size_t start)
{
    const uint8_t *text = c->text;
    size_t at = start, dot = 0;
    while (at < c->len && at - start <= LOCAL_MAX && in_local(text[at])) at++;
    if (at == start || at >= c->len || text[at] != '@') return 0;
    size_t domain = ++at;
    while (at < c->len && at - domain <= 255 && (lsi_is_alnum(text[at]) || text[at] == '-' || text[at] == '.')) {
        if (text[at] == '.' && at + 1 < c->len && lsi_is_alnum(text[at + 1])) dot = at;
        at++;
    }
    while (at > domain && (text[at - 1] == '.' || text[at - 1] == '-')) at--;
    return dot > domain && dot < at ? at : 0;
}

/* Whether a web address goes on over the character at `at`. */
static bool in_url(const lsi_cutter *c, size_t at, unsigned *bytes)
{
    uint32_t cp = lsi_utf8_get(c->text, c->len, at, bytes);
    if (cp < 0x80) return cp > ' ' && cp < 0x7f && !strchr("\"<>\\^`{|}", (int)cp);
    uint32_t kind = lsi_ucd(cp);
    return kind & (LSI_UCD_WORD | LSI_UCD_MARK) && !(kind & LSI_UCD_BIGRAM);
}

static size_t url_end(const lsi_cutter *c, size_t start, size_t least)
{
    const uint8_t *text = c->text;
    size_t at = start, opened = 0, closed = 0;
    unsigned bytes;
    while (at < c->len && at - start < ADDRESS_MAX && in_url(c, at, &bytes)) {
        opened += text[at] == '(';
        closed += text[at] == ')';
        at += bytes;
    }
    while (at > least && strchr(".,;:!?'*_)]", text[at - 1]) && text[at - 1]) {
        if (text[at - 1] == ')' && closed <= opened) break;
        closed -= text[at - 1] == ')';
        at--;
    }
    return at > least ? at : 0;
}

size_t lsi_address_end(const lsi_cutter *c, size_t at, size_t unit_end)
{
    const uint8_t *text = c->text;
    if (unit_end >= c->len) return 0;
    if (text[unit_end] == ':') {
        uint32_t kind;
        if (c->len - unit_end < 4 || memcmp(text + unit_end, "://", 3) != 0) return 0;
        if (!lsi_is_alpha(text[at]) || !lsi_cutter_is_word(c, unit_end + 3, &kind)) return 0;
        return url_end(c, at, unit_end + 3);
    }
    if (unit_end - at == 3 && text[unit_end] == '.' && (text[at] | 0x20) == 'w' && (text[at + 1] | 0x20) == 'w' &&
        (text[at + 2] | 0x20) == 'w' && unit_end + 1 < c->len && lsi_is_alnum(text[unit_end + 1])) {
        return url_end(c, at, unit_end + 1);
    }
    return in_local(text[unit_end]) || text[unit_end] == '@' || text[unit_end - 1] == '.' ? email_end(c, at) : 0;
}
