/* t_query.c — the query language, row by row: what a text is parsed to, its normal form, its warnings; the caps; the
 * examples of docs/QUERY.md. */
#include "libsearch/index/snapshot.h"
#include "libsearch/query/ast.h"
#include "libsearch/util/alloc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW INT64_C(1694419200500) /* 2023-09-11T08:00:00.500Z */

static ls_schema *news;

/* ---- a tree as text: (AND arm deal), folded words of phrases, terms of words ------------------------------------ */

static void put_range(lsi_buf *b, const lsi_node *n)
{
    char text[64];
    snprintf(text, sizeof text, "%lld..%lld", (long long)n->from, (long long)n->to);
    if (n->from == INT64_MIN) snprintf(text, sizeof text, "..%lld", (long long)n->to);
    if (n->to == INT64_MAX) snprintf(text, sizeof text, "%lld..", (long long)n->from);
    lsi_buf_puts(b, text);
}

static void put_words(lsi_buf *b, const lsi_node *n)
{
    for (uint32_t i = 0; i < n->word_count; i++) {
        const lsi_qword *w = &n->words[i];
        bool as_written = n->type == LSI_Q_CAPS || n->type == LSI_Q_ID;
        bool folded = n->exact || !w->term_count;
        lsi_buf_puts(b, " ");
        if (as_written) lsi_buf_put(b, w->form, w->form_len);
        else if (folded) lsi_buf_put(b, w->folded, w->folded_len);
        else lsi_buf_put(b, w->terms[0].term, w->terms[0].len);
    }
}

static void put_tree(lsi_buf *b, const lsi_node *n)
{
    static const char *const names[] = {"NOTHING", "ALL",     "WORD",  "PHRASE",  "SLOP",     "AND",
                                        "OR",      "NOT",     "NEAR",  "PREFIX",  "WILDCARD", "FUZZY",
                                        "CAPS",    "ATLEAST", "HLEAD", "KEYWORD", "RANGE",    "ID"};
    char text[64];
    lsi_buf_puts(b, "(");
    lsi_buf_puts(b, names[n->type]);
    if (n->exact) lsi_buf_puts(b, "!");
    if (n->no_score) lsi_buf_puts(b, "0");
    if (n->ordered) lsi_buf_puts(b, "<");
    if (n->distance) {
        snprintf(text, sizeof text, "/%u", n->distance);
        lsi_buf_puts(b, text);
    }
    if (n->scope) lsi_buf_puts(b, n->scope == LSI_SCOPE_SENTENCE ? "/s" : "/p");
    if (!n->kid_count && n->field != LSI_FIELD_NONE) {
        lsi_buf_puts(b, ":");
        lsi_buf_puts(b, n->field == LSI_FIELD_WORDS ? "words" : news->fields[n->field].name);
    }
    if (n->boost < 1 || n->boost > 1) {
        snprintf(text, sizeof text, "^%d", (int)(n->boost * 1000 + 0.5F));
        lsi_buf_puts(b, text);
    }
    if (n->type == LSI_Q_RANGE) {
        lsi_buf_puts(b, " ");
        put_range(b, n);
    }
    put_words(b, n);
    for (uint32_t i = 0; i < n->kid_count; i++) {
        lsi_buf_puts(b, " ");
        put_tree(b, n->kids[i]);
    }
    lsi_buf_puts(b, ")");
}

static ls_query *parse_with(const char *text, size_t len, unsigned flags, const char *language)
{
    ls_query_options o = {.size = sizeof o, .flags = flags, .language = language};
    ls_query *q = NULL;
    ls_error err = {0};
    if (lsi_query_parse(&q, news, text, len, &o, NOW, &err)) fail_msg("%s: %s", text, err.message);
    return q;
}

static void put_warnings(lsi_buf *b, const ls_query *q)
{
    for (size_t i = 0; i < q->warning_count; i++) {
        if (i) lsi_buf_puts(b, " ");
        lsi_buf_puts(b, q->warnings[i].code);
    }
}

typedef struct row {
    const char *text, *tree, *parsed, *warnings;
} row;

static void check_rows(const row *rows, size_t count, unsigned flags)
{
    lsi_buf tree, warnings;
    lsi_buf_init(&tree, 0);
    lsi_buf_init(&warnings, 0);
    for (size_t i = 0; i < count; i++) {
        const row *r = &rows[i];
        ls_query *q = parse_with(r->text, strlen(r->text), flags, NULL);
        lsi_buf_reset(&tree);
        lsi_buf_reset(&warnings);
        put_tree(&tree, q->root);
        put_warnings(&warnings, q);
        if (strcmp(lsi_buf_cstr(&tree), r->tree) || strcmp(q->parsed, r->parsed) ||
            strcmp(warnings.len ? lsi_buf_cstr(&warnings) : "", r->warnings)) {
            fail_msg("%s\n  tree     %s\n  expected %s\n  parsed   %s\n  expected %s\n  warnings %s\n  expected %s",
                     r->text, lsi_buf_cstr(&tree), r->tree, q->parsed, r->parsed,
                     warnings.len ? lsi_buf_cstr(&warnings) : "", r->warnings);
        }
        lsi_query_free(q);
    }
    lsi_buf_clear(&tree);
    lsi_buf_clear(&warnings);
}

/* clang-format off */
static const row all_rows[] = {
    {"arms deal", "(AND (WORD arm) (WORD deal))",
     "arms deal", ""},
    {"arms  AND deal", "(AND (WORD arm) (WORD deal))",
     "arms deal", ""},
    {"(arms)", "(WORD arm)",
     "arms", ""},
    {"arms OR deal x", "(OR (WORD arm) (AND (WORD deal) (WORD x)))",
     "arms OR deal x", ""},
    {"a OR b c OR d", "(OR (WORD a) (AND (WORD b) (WORD c)) (WORD d))",
     "a OR b c OR d", ""},
    {"(a OR b) c", "(AND (OR (WORD a) (WORD b)) (WORD c))",
     "(a OR b) c", ""},
    {"arms NOT deal", "(AND (WORD arm) (NOT (WORD deal)))",
     "arms -deal", ""},
    {"arms -deal", "(AND (WORD arm) (NOT (WORD deal)))",
     "arms -deal", ""},
    {"-arms", "(NOT (WORD arm))",
     "-arms", ""},
    {"-a -b", "(AND (ALL) (NOT (WORD a)) (NOT (WORD b)))",
     "* -a -b", ""},
    {"a OR -b", "(OR (WORD a) (NOT (WORD b)))",
     "a OR -b", ""},
    {"NOT NOT a", "(WORD a)",
     "a", ""},
    {"+arms +deal", "(AND (WORD arm) (WORD deal))",
     "arms deal", ""},
    {"dual-use", "(OR (PHRASE dual use) (WORD dualus))",
     "dual-use", ""},
    {"2022 - 2023", "(AND (WORD 2022) (WORD 2023))",
     "2022 2023", ""},
    {"\"arms deal\"", "(PHRASE! arms deal)",
     "\"arms deal\"", ""},
    {"“arms deal”", "(PHRASE! arms deal)",
     "\"arms deal\"", ""},
    {"„arms deal“", "(PHRASE! arms deal)",
     "\"arms deal\"", ""},
    {"«arms deal»", "(PHRASE! arms deal)",
     "\"arms deal\"", ""},
    {"\"arms\"", "(PHRASE! arms)",
     "\"arms\"", ""},
    {"\"arms deal\"~3", "(SLOP/3 arm deal)",
     "\"arms deal\"~3", ""},
    {"\"arms deal\"~", "(PHRASE arm deal)",
     "\"arms deal\"~", ""},
    {"\"arms\"~3", "(WORD arm)",
     "arms", ""},
    {"Jong-un", "(OR (PHRASE jong un) (WORD jongun))",
     "Jong-un", ""},
    {"\"Jong-un\"", "(OR (PHRASE! jong un) (PHRASE! jongun))",
     "\"Jong-un\"", ""},
    {"\"Kim Jong-un said\"", "(PHRASE! kim jong un said)",
     "\"Kim Jong un said\"", ""},
    {"arms w/5 deal", "(NEAR/5 (WORD arm) (WORD deal))",
     "arms w/5 deal", ""},
    {"arms near/5 deal", "(NEAR/5 (WORD arm) (WORD deal))",
     "arms w/5 deal", ""},
    {"arms pre/5 deal", "(NEAR</5 (WORD arm) (WORD deal))",
     "arms pre/5 deal", ""},
    {"arms w/s deal", "(NEAR/s (WORD arm) (WORD deal))",
     "arms w/s deal", ""},
    {"arms W/P deal", "(NEAR/p (WORD arm) (WORD deal))",
     "arms w/p deal", ""},
    {"a w/5 b w/3 c", "(NEAR/3 (NEAR/5 (WORD a) (WORD b)) (WORD c))",
     "a w/5 b w/3 c", ""},
    {"a w/5 (b OR \"c d\")", "(NEAR/5 (WORD a) (OR (WORD b) (PHRASE! c d)))",
     "a w/5 (b OR \"c d\")", ""},
    {"a w/5 (b c)", "(AND (WORD a) (WORD b) (WORD c))",
     "a b c", "near_operand"},
    {"a w/5 -b", "(AND (WORD a) (NOT (WORD b)))",
     "a -b", "near_operand"},
    {"a b w/5 c d", "(AND (WORD a) (NEAR/5 (WORD b) (WORD c)) (WORD d))",
     "a b w/5 c d", ""},
    {"a w/5 negotiat*", "(NEAR/5 (WORD a) (PREFIX negotiat))",
     "a w/5 negotiat*", ""},
    {"negotiat*", "(PREFIX negotiat)",
     "negotiat*", ""},
    {"wom?n", "(WILDCARD wom?n)",
     "wom?n", ""},
    {"*skyy", "(WILDCARD *skyy)",
     "*skyy", ""},
    {"a*", "(WORD a)",
     "a", "short_pattern"},
    {"*-\xca\xbb", "(WORD ')", /* what is left of it is not a piece of the query's text */
     "\xca\xbb", "short_pattern"},
    {"who is kim?", "(AND (WORD who) (WORD is) (WORD kim))",
     "who is kim", ""},
    {"zelenskyy~", "(FUZZY/1 zelenskyy)",
     "zelenskyy~", ""},
    {"zelenskyy~2", "(FUZZY/2 zelenskyy)",
     "zelenskyy~2", ""},
    {"zelenskyy~5", "(FUZZY/2 zelenskyy)",
     "zelenskyy~2", "limit_fuzzy"},
    {"covid19~", "(WORD covid19)",
     "covid19", "fuzzy_digits"},
    {"us~", "(WORD us)",
     "us", "fuzzy_word"},
    {"title:arms", "(WORD:title arm)",
     "title:arms", ""},
    {"title:(arms OR byline:deal)", "(OR (WORD:title arm) (WORD:byline deal))",
     "title:arms OR byline:deal", ""},
    {"TITLE:arms", "(WORD:title arm)",
     "title:arms", ""},
    {"title: arms", "(AND (WORD titl) (WORD arm))",
     "title arms", "field_without_value"},
    {"foo:bar", "(PHRASE foo bar)",
     "foo:bar", "unknown_field"},
    {"url:x", "(PHRASE url x)",
     "url:x", "field_not_searchable"},
    {"http://example.com", "(OR (PHRASE http exampl com) (WORD http://example.com))",
     "http://example.com", ""},
    {"source:Reuters", "(KEYWORD:source reuters)",
     "source:Reuters", ""},
    {"source:\"Kyiv Post\"", "(KEYWORD:source kyiv post)",
     "source:\"Kyiv Post\"", ""},
    {"source:(Reuters OR AFP)", "(OR (KEYWORD:source reuters) (KEYWORD:source afp))",
     "source:Reuters OR source:AFP", ""},
    {"-source:Reuters", "(NOT (KEYWORD:source reuters))",
     "-source:Reuters", ""},
    {"subject:Politics", "(KEYWORD:subjects politics)",
     "subjects:Politics", ""},
    {"place:Kyiv", "(KEYWORD:places kyiv)",
     "places:Kyiv", ""},
    {"lang:en", "(KEYWORD:language en)",
     "language:en", ""},
    {"id:urn:a:b", "(ID urn:a:b)",
     "id:urn:a:b", ""},
    {"date:2023-08", "(RANGE:published 1690848000000..1693526399999)",
     "published:2023-08-01T00:00:00Z..2023-08-31T23:59:59Z", ""},
    {"date:2023-08-30..2023-09-11", "(RANGE:published 1693353600000..1694476799999)",
     "published:2023-08-30T00:00:00Z..2023-09-11T23:59:59Z", ""},
    {"date:..2023", "(RANGE:published ..1704067199999)",
     "published:..2023-12-31T23:59:59Z", ""},
    {"date:x", "(PHRASE date x)",
     "\"date x\"~", "bad_date"},
    {"since:7d", "(RANGE:published 1693814400500..)",
     "published:2023-09-04T08:00:00.500Z..", ""},
    {"before:2023-09", "(RANGE:published ..1693526399999)",
     "published:..2023-08-31T23:59:59Z", ""},
    {"after:2023-09", "(RANGE:published 1696118400000..)",
     "published:2023-10-01T00:00:00Z..", ""},
    {"words:>1200", "(RANGE:words 1201..)",
     "words:1201..", ""},
    {"words:300..600", "(RANGE:words 300..600)",
     "words:300..600", ""},
    {"words:9..3", "(RANGE:words 9223372036854775807..-9223372036854775808)",
     "words:1..0", "empty_range"},
    {"urgency:<=3", "(RANGE:urgency ..3)",
     "urgency:..3", ""},
    {"urgency:x", "(PHRASE urgenc x)",
     "\"urgency x\"~", "bad_number"},
    {"caps(US)", "(CAPS US)",
     "caps(US)", ""},
    {"caps(U.S. us)", "(AND (CAPS US) (CAPS us))",
     "caps(US) caps(us)", ""},
    {"caps(US", "(CAPS US)",
     "caps(US)", "unbalanced_bracket"},
    {"atleast3(sanctions)", "(ATLEAST/3 (WORD sanction))",
     "atleast3(sanctions)", ""},
    {"atleast2(\"arms deal\" OR x)", "(OR (ATLEAST/2 (PHRASE! arms deal)) (ATLEAST/2 (WORD x)))",
     "atleast2(\"arms deal\") OR atleast2(x)", ""},
    {"hlead:sanctions", "(HLEAD (WORD sanction))",
     "hlead:sanctions", ""},
    {"hlead:(a w/5 b)", "(HLEAD (NEAR/5 (WORD a) (WORD b)))",
     "hlead:(a w/5 b)", ""},
    {"hlead:(a -b source:x)", "(AND (HLEAD (WORD a)) (NOT (HLEAD (WORD b))) (KEYWORD:source x))",
     "hlead:a -hlead:b source:x", "hlead_operand"},
    {"arms^2", "(WORD^2000 arm)",
     "arms^2", ""},
    {"arms^0.5", "(WORD^500 arm)",
     "arms^0.5", ""},
    {"arms^0", "(WORD0^0 arm)",
     "arms^0", ""},
    {"arms^-1 deal", "(AND (WORD arm) (WORD deal))",
     "arms deal", "bad_boost"},
    {"arms~^-1.5", "(FUZZY/1 arm)",
     "arms~", "bad_boost"},
    {"oil || gas", "(AND (WORD oil) (WORD gas))",
     "oil gas", "no_operator"},
    {"oil && gas", "(AND (WORD oil) (WORD gas))",
     "oil gas", "no_operator"},
    {"gas !oil !(a) oil!", "(AND (WORD gas) (WORD oil) (WORD a) (WORD oil))",
     "gas oil a oil", "no_operator no_operator"},
    {"a||b source:!x ! !! x ||", "(AND (PHRASE a b) (KEYWORD:source !x) (WORD x))",
     "a||b source:!x x", "no_operator no_operator"},
    {"oil||gas", "(PHRASE oil gas)",
     "oil||gas", "no_operator"},
    {"oil&&gas||coal", "(PHRASE oil gas coal)",
     "oil&&gas||coal", "no_operator"},
    {"example.com/?a=1&&b=2 oil|gas oil||| ||oil a|||b", "(AND (PHRASE exampl com a 1 b 2) (PHRASE oil gas) (WORD oil) (WORD oil) (PHRASE a b))",
     "\"example com a 1 b 2\"~ oil|gas oil oil a|||b", ""},
    {"arms^x deal^", "(AND (PHRASE arm x) (WORD deal))",
     "arms^x deal", "bad_boost"},
    {"(arms -(a w/5 b) co-op date:2023)^0 c",
     "(AND (WORD0^0 arm) (NOT (NEAR0/5^0 (WORD a) (WORD b))) (OR0 (PHRASE0^0 co op) (WORD0^0 coop)) "
     "(RANGE:published 1672531200000..1704067199999) (WORD c))",
     "arms^0 -((a w/5 b)^0) co-op^0 published:2023-01-01T00:00:00Z..2023-12-31T23:59:59Z c", ""},
    {"(arms^0 w/5 deal)^2 hlead:deal^0", "(AND (NEAR/5^2000 (WORD arm) (WORD deal)) (HLEAD0 (WORD0^0 deal)))",
     "(arms w/5 deal)^2 hlead:deal^0", "boost_in_near"},
    {"a (*^0 OR b)", "(AND (WORD a) (OR (ALL0^0) (WORD b)))",
     "a (*^0 OR b)", ""},
    {"arms^9999", "(WORD^1000000 arm)",
     "arms^1000", "limit_boost"},
    {"(arms deal)^2", "(AND (WORD^2000 arm) (WORD^2000 deal))",
     "arms^2 deal^2", ""},
    {"\"arms deal\"~2^3", "(SLOP/2^3000 arm deal)",
     "\"arms deal\"~2^3", ""},
    {"*", "(ALL)",
     "*", ""},
    {"title:*", "(ALL)",
     "*", "field_star"},
    {"* arms", "(WORD arm)",
     "arms", ""},
    {"\"arms deal", "(PHRASE! arms deal)",
     "\"arms deal\"", "unbalanced_quote"},
    {"((arms", "(WORD arm)",
     "arms", "unbalanced_bracket unbalanced_bracket"},
    {"arms))", "(WORD arm)",
     "arms", "unbalanced_bracket unbalanced_bracket"},
    {"AND", "(NOTHING)",
     "", "stray_operator no_words"},
    {"AND arms OR", "(WORD arm)",
     "arms", "stray_operator stray_operator"},
    {"arms AND OR deal", "(OR (WORD arm) (WORD deal))",
     "arms OR deal", "stray_operator stray_operator"},
    {"!!!", "(NOTHING)",
     "", "no_words"},
    {"()", "(NOTHING)",
     "", "no_words"},
    {"\"\"", "(NOTHING)",
     "", "no_words"},
    {"and or not", "(AND (WORD and) (WORD or) (WORD not))",
     "and or not", ""},
    {"‘arms deal’", "(AND (WORD arm) (WORD deal))",
     "arms deal", ""},
    {"shoigu’s", "(WORD shoigu)",
     "shoigu", ""},
    {"hlead:hlead:x", "(HLEAD (WORD x))",
     "hlead:x", ""},
    {"東京都", "(PHRASE 東京 京都)",
     "東京都", ""},
    {"a^b", "(PHRASE a b)",
     "a^b", ""},
};
static const row any_rows[] = {
    {"arms deal", "(OR (WORD arm) (WORD deal))",
     "arms OR deal", ""},
    {"arms the deal", "(OR (WORD arm) (WORD0 the) (WORD deal))",
     "arms OR the OR deal", ""},
    {"the of", "(OR (WORD the) (WORD of))",
     "the OR of", ""},
    {"US arms", "(OR (WORD us) (WORD arm))",
     "US OR arms", ""},
    {"+arms deal x", "(AND (WORD arm) (OR (ALL0) (WORD deal) (WORD x)))",
     "+arms deal x", ""},
    {"(+arms deal)^9 x", "(OR (AND (WORD^9000 arm) (OR (ALL0) (WORD^9000 deal))) (WORD x))", "(+arms^9 deal^9) OR x", ""},
    {"+arms +deal x -y", "(AND (WORD arm) (WORD deal) (OR (ALL0) (WORD x)) (NOT (WORD y)))",
     "+arms +deal x -y", ""},
    {"arms deal -x", "(AND (OR (WORD arm) (WORD deal)) (NOT (WORD x)))",
     "arms deal -x", ""},
    {"-x -y", "(AND (ALL) (NOT (WORD x)) (NOT (WORD y)))",
     "* AND -x AND -y", ""},
    {"arms AND deal x", "(OR (AND (WORD arm) (WORD deal)) (WORD x))",
     "arms AND deal OR x", ""},
    {"arms OR deal x", "(OR (WORD arm) (WORD deal) (WORD x))",
     "arms OR deal OR x", ""},
    {"the AND arms", "(AND (WORD0 the) (WORD arm))",
     "the AND arms", ""},
    {"(+a b) c", "(OR (AND (WORD0 a) (OR (ALL0) (WORD b))) (WORD c))",
     "(+a b) OR c", ""},
    {"\"the deal\" the", "(OR (PHRASE! the deal) (WORD0 the))",
     "\"the deal\" OR the", ""},
};
static const row simple_rows[] = {
    {"arms deal", "(AND (WORD arm) (WORD deal))",
     "arms deal", ""},
    {"\"arms deal\" AND -x (y)", "(AND (WORD arm) (WORD deal) (WORD and) (WORD x) (WORD y))",
     "arms deal AND x y", ""},
    {"title:arms neg*", "(AND (PHRASE titl arm) (WORD neg))",
     "title:arms neg", ""},
    {"Jong-un", "(OR (PHRASE jong un) (WORD jongun))",
     "Jong-un", ""},
};
/* clang-format on */

static void test_rows(void **state)
{
    (void)state;
    check_rows(all_rows, LSI_COUNTOF(all_rows), 0);
}

static void test_match_any(void **state)
{
    (void)state;
    check_rows(any_rows, LSI_COUNTOF(any_rows), LS_MATCH_ANY);
    static const row scored[] = {{"arms the", "(OR (WORD arm) (WORD the))", "arms OR the", ""}};
    check_rows(scored, 1, LS_MATCH_ANY | LS_SCORE_FUNCTION_WORDS);
}

static void test_simple(void **state)
{
    (void)state;
    check_rows(simple_rows, LSI_COUNTOF(simple_rows), LS_MODE_SIMPLE);
}

static bool warned(const ls_query *q, const char *code, size_t *start, size_t *end)
{
    for (size_t i = 0; i < q->warning_count; i++) {
        if (strcmp(q->warnings[i].code, code) != 0) continue;
        if (start) *start = q->warnings[i].start;
        if (end) *end = q->warnings[i].end;
        return true;
    }
    return false;
}

/* The last 30 or so bytes of a text of `n` pieces. */
static ls_query *parse_repeated(const char *piece, size_t n, unsigned flags)
{
    size_t len = strlen(piece);
    char *text = malloc(n * len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++) memcpy(text + i * len, piece, len + 1);
    ls_query *q = parse_with(text, n * len, flags, NULL);
    free(text);
    return q;
}

static uint32_t depth_of(const lsi_node *n)
{
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < n->kid_count; i++) {
        uint32_t d = depth_of(n->kids[i]);
        if (d > deepest) deepest = d;
    }
    return deepest + 1;
}

static uint32_t leaves_of(const lsi_node *n)
{
    uint32_t leaves = !n->kid_count;
    for (uint32_t i = 0; i < n->kid_count; i++) leaves += leaves_of(n->kids[i]);
    return leaves;
}

static void test_caps(void **state)
{
    (void)state;
    size_t start, end;
    ls_query *q = parse_repeated("abcdefg ", 512, 0); /* 4,096 bytes exactly */
    assert_false(warned(q, "limit_text", NULL, NULL));
    assert_int_equal(q->root->kid_count, 512);
    lsi_query_free(q);
    q = parse_repeated("abcdefg ", 513, 0);
    assert_true(warned(q, "limit_text", &start, &end));
    assert_int_equal(start, 4096);
    assert_int_equal(q->text_len, 4096);
    assert_int_equal(q->root->kid_count, 512);
    lsi_query_free(q);
    q = parse_repeated("\xe6\x9d\xb1", 2000, 0); /* cut between characters */
    assert_int_equal(q->text_len, 4095);
    assert_false(warned(q, "invalid_utf8", NULL, NULL));
    lsi_query_free(q);

    q = parse_repeated("a ", 1024, 0);
    assert_false(warned(q, "limit_clauses", NULL, NULL));
    assert_int_equal(q->root->kid_count, 1024);
    lsi_query_free(q);
    q = parse_repeated("a ", 1025, 0);
    assert_true(warned(q, "limit_clauses", &start, &end));
    assert_int_equal(start, 2048);
    assert_int_equal(q->root->kid_count, 1024);
    lsi_query_free(q);

    q = parse_repeated("\"a-b\" ", 341, 0); /* two parts and the joined word */
    assert_false(warned(q, "limit_clauses", NULL, NULL));
    lsi_query_free(q);
    q = parse_repeated("\"a-b\" ", 342, 0);
    assert_true(warned(q, "limit_clauses", NULL, NULL));
    assert_int_equal(q->root->kid_count, 341);
    lsi_query_free(q);
    q = parse_repeated("(-a -b) OR ", 342, 0); /* each becomes * -a -b; of the last only -a fits */
    assert_true(warned(q, "limit_clauses", NULL, NULL));
    assert_int_equal(q->root->kid_count, 342);
    lsi_query_free(q);

    q = parse_repeated("(a OR b ", 50, 0);
    assert_false(warned(q, "limit_depth", NULL, NULL));
    lsi_query_free(q);
    q = parse_repeated("(a OR b ", 400, 0);
    assert_true(warned(q, "limit_depth", &start, &end));
    assert_int_equal(start, 50 * 8);
    assert_true(depth_of(q->root) <= 4 * LSI_QUERY_DEPTH_MAX);
    lsi_query_free(q);

    char nested[LSI_QUERY_DEPTH_MAX * 5 +
                3]; /* +(+(a) b) b…: a tree as large as its text, not one doubled by each level */
    size_t n = 0;
    for (size_t i = 0; i < LSI_QUERY_DEPTH_MAX; i++) n += (size_t)sprintf(nested + n, "+(");
    n += (size_t)sprintf(nested + n, "a");
    for (size_t i = 0; i < LSI_QUERY_DEPTH_MAX; i++) n += (size_t)sprintf(nested + n, ") b");
    q = parse_with(nested, n, LS_MATCH_ANY, NULL);
    assert_false(warned(q, "limit_depth", NULL, NULL));
    assert_int_equal(depth_of(q->root), LSI_QUERY_DEPTH_MAX + 2);
    assert_int_equal(leaves_of(q->root), 2 * LSI_QUERY_DEPTH_MAX + 1); /* a, and at each level b and what heads it */
    lsi_query_free(q);
    n = 0; /* signs before signs: written once, not twice at each level */
    for (size_t i = 0; i < LSI_QUERY_DEPTH_MAX / 2; i++) n += (size_t)sprintf(nested + n, "+(-(");
    n += (size_t)sprintf(nested + n, "a");
    for (size_t i = 0; i < LSI_QUERY_DEPTH_MAX / 2; i++) n += (size_t)sprintf(nested + n, ")) b");
    q = parse_with(nested, n, LS_MATCH_ANY, NULL);
    assert_int_equal(strlen(q->parsed), n - 2); /* (a) is a */
    lsi_query_free(q);
    q = parse_repeated("a w/2 ", 300, 0);
    assert_true(warned(q, "limit_depth", NULL, NULL));
    assert_true(depth_of(q->root) <= LSI_QUERY_DEPTH_MAX + 2);
    lsi_query_free(q);
    q = parse_repeated("foo:x ", 600, 0);
    assert_int_equal(q->warning_count, 64);
    assert_true(warned(q, "limit_warnings", NULL, NULL));
    lsi_query_free(q);
    q = parse_repeated("NOT ", 1000, 0);
    assert_int_equal(q->root->type, LSI_Q_NOTHING);
    lsi_query_free(q);
}

static void test_bytes(void **state)
{
    (void)state;
    size_t start, end;
    ls_query *q = parse_with("arms\0deal", 9, 0, NULL); /* NUL is a blank */
    assert_string_equal(q->parsed, "arms deal");
    lsi_query_free(q);
    q = parse_with("arms\xff", 5, 0, NULL);
    assert_true(warned(q, "invalid_utf8", NULL, NULL));
    assert_int_equal(q->root->type, LSI_Q_WORD);
    lsi_query_free(q);
    q = parse_with("\xff\xfe \xc3\xa9 \"arms", 10, 0, NULL); /* places are those of the bytes given */
    assert_true(warned(q, "unbalanced_quote", &start, &end));
    assert_int_equal(start, 6);
    assert_int_equal(end, 10);
    lsi_query_free(q);
    q = parse_with("", 0, 0, NULL);
    assert_int_equal(q->root->type, LSI_Q_NOTHING);
    assert_int_equal(q->warning_count, 0);
    assert_string_equal(q->parsed, "");
    lsi_query_free(q);
    q = parse_with("deal foo:bar", 12, 0, NULL);
    assert_true(warned(q, "unknown_field", &start, &end));
    assert_int_equal(start, 5);
    assert_int_equal(end, 9);
    assert_int_equal(q->root->kids[0]->words[0].start, 0);
    assert_int_equal(q->root->kids[0]->words[0].end, 4);
    lsi_query_free(q);
    q = parse_with("\xf0\x9f\x98\x80 \xf0\x9f\x98\x82", 9, 0, NULL); /* emoji: words or nothing, never a failure */
    assert_true(q->root->type == LSI_Q_AND || warned(q, "no_words", NULL, NULL));
    lsi_query_free(q);
}

static uint64_t hash_of(const ls_query *q)
{
    return lsi_query_hash(q);
}

static void test_languages(void **state)
{
    (void)state;
    ls_query *q = parse_with("Verhandlungen", 13, 0, "german");
    assert_int_equal(q->root->words[0].term_count, 2);
    assert_memory_equal(q->root->words[0].terms[1].term, "verhandl", q->root->words[0].terms[1].len);
    uint64_t hash = hash_of(q);
    lsi_query_free(q);
    q = parse_with("Verhandlungen", 13, 0, NULL);
    assert_int_equal(q->root->words[0].term_count, 1);
    assert_true(hash_of(q) != hash);
    lsi_query_free(q);
    q = parse_with("arms", 4, 0, "klingon");
    assert_true(warned(q, "unknown_language", NULL, NULL));
    assert_int_equal(q->root->words[0].term_count, 1);
    lsi_query_free(q);
    q = parse_with("arms", 4, 0, "de"); /* one stem where both languages agree */
    assert_true(q->root->words[0].term_count >= 1);
    lsi_query_free(q);
}

static void test_hash(void **state)
{
    static const char *const different[] = {
        "arms deal",           "deal arms",          "arms OR deal",    "\"arms deal\"",   "\"arms deal\"~2",
        "\"arms deal\"~",      "\"arms deal\"~3",    "arms w/5 deal",   "arms pre/5 deal", "arms w/6 deal",
        "arms w/s deal",       "arms^2 deal",        "title:arms deal", "arms -deal",      "caps(arms) deal",
        "atleast2(arms) deal", "atleast3(arms) deal"};
    uint64_t hashes[LSI_COUNTOF(different)];
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(different); i++) {
        ls_query *q = parse_with(different[i], strlen(different[i]), 0, NULL);
        hashes[i] = hash_of(q);
        lsi_query_free(q);
        for (size_t k = 0; k < i; k++) {
            if (hashes[k] == hashes[i]) fail_msg("%s = %s", different[k], different[i]);
        }
    }
    ls_query *a = parse_with("(arms) AND +deal", 16, 0, NULL), *b = parse_with("arms deal", 9, 0, NULL);
    assert_true(hash_of(a) == hash_of(b));
    lsi_query_free(a);
    lsi_query_free(b);
}

/* A schema without dates, with other names: nothing is taken for granted. */
static void test_other_schema(void **state)
{
    (void)state;
    ls_schema *s = NULL;
    ls_field f = {.size = sizeof f, .name = "text", .type = LS_TEXT, .weight = 1};
    assert_int_equal(lsi_schema_new(&s, NULL), LS_OK);
    assert_int_equal(lsi_schema_add(s, &f, NULL), LS_OK);
    f = (ls_field){.size = sizeof f, .name = "words", .type = LS_INTEGER};
    assert_int_equal(lsi_schema_add(s, &f, NULL), LS_OK);
    ls_query *q = NULL;
    assert_int_equal(lsi_query_parse(&q, s, "since:7d title:x words:5", 24, NULL, NOW, NULL), LS_OK);
    assert_int_equal(q->warning_count, 2);
    assert_string_equal(q->warnings[0].code, "unknown_field");
    assert_int_equal(q->root->kids[2]->type, LSI_Q_RANGE);
    assert_int_equal(q->root->kids[2]->field, 1);
    lsi_query_free(q);
    lsi_schema_free(s);
}

/* A query says whether it would mean something else later. */
static void test_uses_now(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int uses;
    } cases[] = {{"since:7d", 1},
                 {"after:7d x", 1},
                 {"before:2w", 1},
                 {"date:7d", 1},
                 {"x -date:today", 1},
                 {"date:yesterday", 1},
                 {"date:7d..", 1},
                 {"date:..1m", 1},
                 {"(a OR published:1y)", 1},
                 {"since:2023", 0},
                 {"date:2023-08", 0},
                 {"\"since:7d\"", 0},
                 {"nofield:7d", 0},
                 {"7d today", 0},
                 {"date:7x", 0},
                 {"", 0}};
    for (size_t i = 0; i < LSI_COUNTOF(cases); i++) {
        ls_query *q = NULL;
        assert_int_equal(ls_query_parse(&q, news, cases[i].text, strlen(cases[i].text), NULL, NULL), LS_OK);
        if (ls_query_uses_now(q) != cases[i].uses) fail_msg("'%s': %d", cases[i].text, ls_query_uses_now(q));
        ls_query_free(q);
    }
    assert_int_equal(ls_query_uses_now(NULL), 0);
}

/* Periods are those of the schema's time zone. */
static void test_zone(void **state)
{
    (void)state;
    ls_schema *s = NULL;
    ls_query *q = NULL;
    assert_int_equal(lsi_schema_news(&s, NULL), LS_OK);
    assert_int_equal(lsi_schema_set(s, "timezone", "Europe/Berlin", NULL), LS_OK);
    if (lsi_index_load_zone(s, NULL)) {
        lsi_schema_free(s);
        skip(); /* no zone database on this machine */
    }
    assert_int_equal(lsi_query_parse(&q, s, "date:\"30 Aug 2023\"", 18, NULL, NOW, NULL), LS_OK);
    assert_string_equal(q->parsed, "published:2023-08-29T22:00:00Z..2023-08-30T21:59:59Z");
    lsi_query_free(q);
    lsi_schema_free(s);
}

/* Every allocation fails once: LS_NOMEM each time, nothing leaks (the sanitizers watch), and then it works. */
static void test_no_memory(void **state)
{
    static const char text[] =
        "\"a b\" Jong-un title:(x OR y)^2 neg* fuz~ since:7d source:\"a b\" caps(US) foo:bar w/5 z -q";
    (void)state;
    for (uint64_t n = 1;; n++) {
        ls_query *q = NULL;
        ls_schema *fresh = NULL; /* keeps no analyzer of an earlier query */
        ls_error err = {0};
        assert_int_equal(lsi_schema_copy(&fresh, news, NULL), LS_OK);
        lsi_alloc_fail_at(n, false);
        int rc = lsi_query_parse(&q, fresh, text, sizeof text - 1, NULL, NOW, &err);
        lsi_alloc_fail_at(0, false);
        lsi_schema_free(fresh);
        if (!rc) {
            assert_true(n > 5);
            lsi_query_free(q);
            break;
        }
        assert_int_equal(rc, LS_NOMEM);
        assert_null(q);
        assert_int_equal(err.code, LS_NOMEM);
    }
}

/* The examples of docs/QUERY.md: each is understood without a warning. */
static void test_documented(void **state)
{
    (void)state;
    FILE *f = fopen("docs/QUERY.md", "r");
    if (!f) skip(); /* not run from the top of the project */
    char line[512];
    size_t examples = 0;
    bool within = false;
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "## ", 3) == 0) within = strncmp(line, "## In short", 11) == 0;
        if (!within || strncmp(line, "| `", 3) != 0) continue;
        char *end = strchr(line + 3, '`');
        assert_non_null(end);
        *end = 0;
        ls_query *q = parse_with(line + 3, strlen(line + 3), 0, NULL);
        if (q->warning_count) fail_msg("%s: %s", line + 3, q->warnings[0].message);
        if (q->root->type == LSI_Q_NOTHING) fail_msg("%s: nothing", line + 3);
        lsi_query_free(q);
        examples++;
    }
    fclose(f);
    assert_true(examples >= 50);
    printf("examples of docs/QUERY.md: %zu\n", examples);
}

static int setup(void **state)
{
    (void)state;
    return lsi_schema_news(&news, NULL);
}

static int teardown(void **state)
{
    (void)state;
    lsi_schema_free(news);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows), cmocka_unit_test(test_match_any),    cmocka_unit_test(test_simple),
        cmocka_unit_test(test_caps), cmocka_unit_test(test_bytes),        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_hash), cmocka_unit_test(test_other_schema), cmocka_unit_test(test_uses_now),
        cmocka_unit_test(test_zone), cmocka_unit_test(test_no_memory),    cmocka_unit_test(test_documented),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
