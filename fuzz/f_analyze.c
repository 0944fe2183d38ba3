/* f_analyze.c — cutting, folding, stemming, and what else reads raw text. Input: a byte that picks the language, then
 * the text. Held: places lie in the text, words are valid UTF-8. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static ls_schema *schema;
    fuzz_in in = {p, n};
    ls_error err;
    ls_tokens *t;
    ls_range headline;
    size_t len, rest;
    if (!schema) FUZZ_CHECK(!ls_schema_news(&schema, &err));
    size_t languages = 0;
    while (ls_languages()[languages]) languages++;
    uint8_t pick = fuzz_u8(&in);
    const char *language = pick % 8 == 0 ? NULL : ls_languages()[pick % languages];
    char *text = fuzz_rest(&in, &len);
    FUZZ_CHECK(!ls_analyze(&t, schema, text, len, language, &err));
    for (size_t i = 0; i < t->count; i++) {
        const ls_token *k = &t->tokens[i];
        FUZZ_CHECK(k->start <= k->end && k->end <= len);
        FUZZ_CHECK(fuzz_utf8(k->form, strlen(k->form)) && fuzz_utf8(k->term, strlen(k->term)) && *k->form && *k->term);
    }
    ls_tokens_free(t);
    if (!ls_headline(text, len, &headline, &rest))
        FUZZ_CHECK(headline.start <= headline.end && headline.end <= rest && rest <= len);
    free(text);
    return 0;
}
