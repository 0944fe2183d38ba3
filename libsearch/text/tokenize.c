/* tokenize.c — owns the sequence of words of a text: their positions, their flags, and the words made of several.
 *
 * On top of the units of unit.c:
 *   - scripts without blanks are cut into overlapping pairs of letters, the last letter of a run also by itself
 *     (LSI_TOK_TAIL): 東京都 is 東京@0 京都@1 都@2. Each letter takes one position;
 *   - units joined by hyphens are parts at successive positions, and the joined word at the first part's position:
 *     Jong-un is Jong@0 Jongun@0(JOINED) un@1; COVID-19 is COVID, COVID19, 19;
 *   - lowered figures and the letters around them likewise, so that CO2 finds CO₂: CO@0 CO₂@0(JOINED) ₂@1;
 *   - units joined by dots or underscores likewise, the joined word as written: example.com, snake_case, bbc.co.uk. A
 *     full stop before a capital ends a sentence instead (help.State) but for the likes of Ph.D (joined: PhD);
 *   - an address likewise, the joined word as written (address.c).
 * A compound has at most PARTS_MAX parts and LSI_FORM_MAX bytes; what is longer has no joined word, or goes on as a
 * second compound. Every byte is looked at a bounded number of times, so that any text is cut in linear time: a
 * compound is looked for once, and not again before region_end. Words of boilerplate lines are counted apart. Ignorant
 * of folding and stemming. */
#include "libsearch/text/cutter.h"

#define PARTS_MAX 16u

static void set_fast_from(lsi_cutter *c)
{
    c->fast_from = c->plain || c->has_joined ? SIZE_MAX : LSI_MAX(c->region_end, c->boiler_end);
}

void lsi_cutter_begin(lsi_cutter *c, const uint8_t *text, size_t len, int lang, bool words_only)
{
    lsi_folder *fold = c->fold;
    bool plain = c->plain;
    lsi_lines_of listed = c->listed;
    lsi_gap gap;
    memset(c, 0, offsetof(lsi_cutter, form));
    c->fold = fold;
    c->plain = plain;
    c->listed = listed;
    c->text = text;
    c->len = len;
    c->lang = lang;
    lsi_cutter_load(c, 0);
    c->words_only = words_only;
    c->wrapped = words_only || lsi_layout_wrapped(text, len);
    lsi_gap_read(c, NULL, 0, &gap);
    c->next = gap.next;
    c->next_flags = gap.flags;
    if (c->next < len && !words_only) c->boiler_end = lsi_layout_boilerplate(c, c->next);
    set_fast_from(c);
}

/* U+2080 to U+2089 */
static bool is_lowered(const lsi_cutter *c, size_t at)
{
    return c->len - at >= 3 && c->text[at] == 0xe2 && c->text[at + 1] == 0x82 && (c->text[at + 2] & 0xf0) == 0x80 &&
           c->text[at + 2] <= 0x89;
}

/* A sign that joins units: '-' for any hyphen, '.', '_'; 0 for none. *next: behind it. Lowered figures are joined to
 * what stands before and behind them as if by a hyphen. */
static char joint_at(const lsi_cutter *c, size_t at, size_t *next)
{
    if (at >= c->len) return 0;
    unsigned bytes;
    uint32_t cp = lsi_utf8_get(c->text, c->len, at, &bytes), kind;
    char joint = 0;
    if (is_lowered(c, at) || (at >= 3 && lsi_is_alpha(c->text[at]) && is_lowered(c, at - 3))) {
        *next = at;
        return '-';
    }
    if (cp == '-' || cp == '.' || cp == '_') joint = (char)cp;
    else if (cp == 0x2010 || cp == 0x2011 || cp == 0x58a || cp == 0x5be || cp == 0xfe63 || cp == 0xff0d) joint = '-';
    *next = at + bytes;
    if (!joint || *next >= c->len || !lsi_cutter_is_word(c, *next, &kind)) return 0;
    return kind & (LSI_UCD_BIGRAM | LSI_UCD_EMOJI) && !(kind & LSI_UCD_DIGIT) ? 0 : joint;
}

static uint32_t kind_at(const lsi_cutter *c, size_t at)
{
    unsigned bytes;
    return lsi_ucd(lsi_utf8_get(c->text, c->len, at, &bytes));
}

/* Kind of the last code point before `end`. */
static uint32_t kind_before(const lsi_cutter *c, size_t start, size_t end)
{
    size_t at = end - 1;
    while (at > start && lsi_utf8_inside(c->text[at])) at--;
    return kind_at(c, at);
}

typedef enum { DOT_ENDS, DOT_JOINS, DOT_ABBREVIATES } dot_kind;

/* What the full stop between two units without a blank is. */
static dot_kind judge_dot(const lsi_cutter *c, const lsi_unit *a, const lsi_unit *b)
{
    uint32_t left = kind_before(c, a->start, a->end), first = kind_at(c, a->start), right = kind_at(c, b->start);
    if (right & LSI_UCD_DIGIT) return DOT_ENDS; /* No.5 */
    if (!(right & LSI_UCD_UPPER)) return DOT_JOINS;
    if (first & LSI_UCD_UPPER && a->end - a->start <= 2 && b->end - b->start <= 4) return DOT_ABBREVIATES; /* Ph.D */
    return left & LSI_UCD_UPPER && kind_before(c, b->start, b->end) & LSI_UCD_UPPER ? DOT_JOINS
                                                                                    : DOT_ENDS; /* BBC.COM */
}

typedef struct compound {
    lsi_unit last;
    size_t form_bytes; /* in joined_form, the parts one behind the other */
    unsigned parts;
    bool as_written, too_long;
} compound;

static void compound_add(lsi_cutter *c, compound *k, const lsi_unit *u)
{
    uint32_t n;
    const uint8_t *form = lsi_unit_form(c, u, c->form, &n);
    k->last = *u;
    k->parts++;
    if (k->form_bytes + n > LSI_FORM_MAX) k->too_long = true;
    if (k->too_long) return;
    memcpy(c->joined_form + k->form_bytes, form, n);
    k->form_bytes += n;
}

/* Looks ahead from a unit over what is joined to it, and prepares the joined word. */
static void find_compound(lsi_cutter *c, const lsi_unit *u)
{
    compound k = {.last = *u};
    size_t at;
    char joint;
    compound_add(c, &k, u);
    while (k.parts < PARTS_MAX && !k.too_long && (joint = joint_at(c, k.last.end, &at))) {
        lsi_unit v;
        lsi_unit_read(c, at, false, &v);
        if (joint == '.') {
            dot_kind dot = judge_dot(c, &k.last, &v);
            if (dot == DOT_ENDS) break;
            if (dot == DOT_JOINS) k.as_written = true;
        } else if (joint == '_') {
            k.as_written = true;
        }
        compound_add(c, &k, &v);
    }
    if (k.parts < 2) return;
    c->region_end = k.last.end;
    if (k.too_long || (k.as_written && k.last.form_end - u->start > LSI_FORM_MAX)) return;
    c->joined.form = c->joined_form;
    c->joined.form_len = (uint32_t)k.form_bytes;
    if (k.as_written) {
        c->joined.form = lsi_unit_spell(c, u->start, k.last.form_end, false, c->joined_form, &c->joined.form_len);
    }
    c->joined.start = u->start;
    c->joined.end = k.last.end;
    c->has_joined = true;
}

/* The first unit of an address: its first part alone, the whole to be given next. False where there is none. */
static bool find_address(lsi_cutter *c, lsi_unit *u)
{
    lsi_unit atom = *u;
    if (u->dotted) lsi_unit_read(c, u->start, true, &atom);
    size_t end = lsi_address_end(c, u->start, atom.end);
    if (!end) return false;
    lsi_unit_read(c, u->start, true, u);
    c->region_end = end;
    c->in_address = true;
    c->joined.form = lsi_unit_spell(c, u->start, end, false, c->joined_form, &c->joined.form_len);
    c->joined.start = u->start;
    c->joined.end = end;
    c->has_joined = true;
    return true;
}

/* Reads the word at `at` in a script without blanks: it and the letter behind it, or it alone at the end of a run.
 * Returns where the next word is looked for. */
static size_t read_bigram(lsi_cutter *c, size_t at, lsi_unit *u, uint32_t *flags)
{
    size_t first = lsi_unit_letter_end(c, at), end = first;
    bool more = first < c->len && kind_at(c, first) & LSI_UCD_BIGRAM;
    if (more) end = lsi_unit_letter_end(c, first);
    else if (c->in_run) *flags |= LSI_TOK_TAIL;
    c->in_run = more;
    *u = (lsi_unit){.start = at, .end = end, .form_end = end};
    return first;
}

/* Whether a look at what follows the unit is worth while: the cheap half of joint_at and lsi_address_end. */
static bool may_join(const lsi_cutter *c, const lsi_unit *u)
{
    if (u->start < c->region_end || c->len - u->end < 2) return false;
    uint8_t next = c->text[u->end + 1];
    switch (c->text[u->end]) {
    case '-':
    case '.':
    case '_':
    case '@':
    case '+':
    case '%':
        return next >= 0x80 || lsi_is_alnum(next);
    case ':':
        return next == '/';
    case 0xd6:
    case 0xe2:
    case 0xef:
        return true; /* hyphens beyond ASCII */
    default:
        return u->dotted && c->text[u->end - 1] == '.';
    }
}

static void place(lsi_cutter *c, lsi_token *out)
{
    if (out->start < c->boiler_end) {
        out->flags |= LSI_TOK_BOILERPLATE;
        out->position = c->boiler_position++;
    } else {
        out->position = c->position++;
    }
}

bool lsi_cutter_next(lsi_cutter *c, lsi_token *out)
{
    if (c->has_joined) {
        c->has_joined = false;
        set_fast_from(c);
        *out = c->joined;
        return true;
    }
    if (c->next >= c->len) return false;
    lsi_unit u;
    lsi_gap gap;
    uint32_t flags = c->next_flags;
    size_t from;
    if (c->text[c->next] >= 0x80 && kind_at(c, c->next) & LSI_UCD_BIGRAM) {
        from = read_bigram(c, c->next, &u, &flags);
    } else {
        c->in_run = false;
        if (c->next >= c->region_end) c->in_address = false;
        lsi_unit_read(c, c->next, c->in_address, &u);
        if (may_join(c, &u) && !find_address(c, &u)) find_compound(c, &u);
        from = u.end;
    }
    out->form = lsi_unit_form(c, &u, c->form, &out->form_len);
    out->start = u.start;
    out->end = u.end;
    out->flags = flags;
    place(c, out);
    if (c->has_joined) {
        c->joined.position = out->position;
        c->joined.flags = LSI_TOK_JOINED | (out->flags & LSI_TOK_BOILERPLATE);
    }
    if (c->in_run) gap = (lsi_gap){.next = from};
    else lsi_gap_read(c, &u, from, &gap);
    if (gap.closes) out->flags |= LSI_TOK_QUOTE_CLOSE;
    c->next = gap.next;
    c->next_flags = gap.flags;
    if (gap.flags & LSI_TOK_PARAGRAPH && gap.next < c->len) c->boiler_end = lsi_layout_boilerplate(c, gap.next);
    set_fast_from(c);
    return true;
}
