/* t_text_layout.c — sentences, paragraphs, quotations, boilerplate and headlines. */
#include "libsearch/text/cutter.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/text_rows.h"

/* The words of a text: ¶ first of a paragraph, | of a sentence, < behind an opening quotation mark, > before a closing
 * one, ! boilerplate. */
static void describe(const char *lang, const char *text, char *out, size_t cap)
{
    lsi_analyzer *a;
    lsi_token t;
    size_t n = 0;
    assert_int_equal(lsi_analyzer_new(&a, NULL), 0);
    lsi_tokens_begin(a, (const uint8_t *)text, strlen(text), lsi_lang_find(lang, strlen(lang)));
    out[0] = 0;
    while (lsi_tokens_next(a, &t) > 0) {
        if (t.flags & LSI_TOK_JOINED) continue;
        const char *begin = t.flags & LSI_TOK_PARAGRAPH ? "¶" : t.flags & LSI_TOK_SENTENCE ? "|" : "";
        assert_true(!(t.flags & LSI_TOK_PARAGRAPH) || t.flags & LSI_TOK_SENTENCE);
        int k = snprintf(out + n, cap - n, "%s%s%s%s%.*s%s", n ? " " : "", begin,
                         t.flags & LSI_TOK_QUOTE_OPEN ? "<" : "", t.flags & LSI_TOK_BOILERPLATE ? "!" : "",
                         (int)t.form_len, (const char *)t.form, t.flags & LSI_TOK_QUOTE_CLOSE ? ">" : "");
        assert_true(k > 0 && (size_t)k < cap - n);
        n += (size_t)k;
    }
    lsi_analyzer_free(a);
}

static void sentences(void **state)
{
    (void)state;
    static const text_row table[] = {
        {"en", "One two. Three four! Five? Six.", "¶One two |Three four |Five |Six"},
        {"en", "On Sept. 11 and Aug. 30. On it", "¶On Sept 11 and Aug 30 |On it"},
        {"en", "the U.S. State Department in the U.S. The end", "¶the US State Department in the US |The end"},
        {"en", "Mr. Smith met Gen. Mark A. Milley.", "¶Mr Smith met Gen Mark A Milley"},
        {"en", "See No. 5 and p. 12. Then no. 6", "¶See No 5 and p 12 |Then no 6"},
        {"en", "He said no. Then he left.", "¶He said no |Then he left"},
        {"en", "Apple Inc. said. In Apple Inc. The end", "¶Apple Inc said |In Apple Inc |The end"},
        {"en", "at 5 p.m. Monday. At 5 p.m. The end", "¶at 5 pm Monday |At 5 pm |The end"},
        {"en", "up 3.5 percent. 20 people", "¶up 3.5 percent |20 people"},
        {"en", "concerned that ... (North Korea) continues", "¶concerned that North Korea continues"},
        {"en", "and so on... The end… He", "¶and so on |The end |He"},
        {"en", "Yahoo! said. \"No?\" he asked", "¶Yahoo said |<No> he asked"},
        {"en", "help.”State and help.State, example.com", "¶help> |State and help |State example com"},
        {"en", "He said no. Police left. It was in Mar. 15 fell on. Police",
         "¶He said no |Police left |It was in Mar 15 fell on |Police"},
        {"en", "on Main St. The police in St. Louis, Tex. The end", "¶on Main St |The police in St Louis Tex |The end"},
        {"en", "in 2022. Moscow", "¶in 2022 |Moscow"},
        {"en", "it failed (again). It", "¶it failed again |It"},
        {"en", "failed.\" It", "¶failed> |It"},
        {"en", "vs. Smith et al. Jones", "¶vs Smith et al Jones"},
        {"de", "Am 11. September z. B. Herr Dr. Meier. Er", "¶Am 11 September z B Herr Dr Meier |Er"},
        {"de", "im Jahr 2022. Die Regierung", "¶im Jahr 2022 |Die Regierung"},
        {"fr", "Vraiment ? Oui ! M. Macron", "¶Vraiment |Oui |M Macron"},
        {"ru", "в 2022 г. Москва. Он", "¶в 2022 г Москва |Он"},
        {"ja", "東。西", "¶東 |西"},
        {"hi", "यह है। वह", "¶यह है |वह"},
        {"ar", "هل هذا؟ نعم", "¶هل هذا |نعم"},
    };
    run_rows(table, LSI_COUNTOF(table), describe);
}

static void quotations(void **state)
{
    (void)state;
    static const text_row table[] = {
        {"en", "\"will not\" and “begging for help.” He", "¶<will not> and <begging for help> |He"},
        {"en", "“That hope, has failed,” he said", "¶<That hope has failed> he said"},
        {"en", "he said: “No.”", "¶he said <No>"},
        {"en", "‘Yes’ and 'no' don't officials' view", "¶<Yes> and <no> don't officials view"},
        {"en", "in the ’90s (“one”)", "¶in the 90s <one>"},
        {"de", "„Ja“, sagte er. »Nein« «ja»", "¶<Ja> sagte er |<Nein> <ja>"},
        {"fr", "« Oui », a dit", "¶<Oui> a dit"},
        {"sv", "”Ja”, sa", "¶<Ja> sa"},
        {"ja", "「東」西", "¶<東> 西"},
        {"en", "“President “Putin” said", "¶<President <Putin> said"},
    };
    run_rows(table, LSI_COUNTOF(table), describe);
}

static void paragraphs(void **state)
{
    (void)state;
    static const text_row table[] = {
        {"en", "One two\n\nThree", "¶One two ¶Three"},
        {"en", "One two.\nThree", "¶One two ¶Three"},
        {"en", "One\r\n\r\nTwo\r\nThree", "¶One ¶Two ¶Three"},
        {"en", "One\n * \n- two", "¶One ¶two"},
        {"en",
         "Showers went on throughout the week in the whole cocoa\nzone, alleviating the drought since early in the "
         "year.\n"
         "Nothing else was said.\n    The dry period means that all beans of it\nare late",
         "¶Showers went on throughout the week in the whole cocoa zone alleviating the drought since early in the year "
         "|Nothing else was said ¶The dry period means that all beans of it are late"},
        {"en", "A title that is not so short but has no full stop\nThe first. And more.\nThe second.\nThe third.",
         "¶A title that is not so short but has no full stop ¶The first |And more ¶The second ¶The third"},
    };
    run_rows(table, LSI_COUNTOF(table), describe);
}

static void boilerplate(void **state)
{
    (void)state;
    static const text_row table[] = {
        {"en", "Text.\n\nRead also: US cautions\n\nMore", "¶Text ¶!Read !also !US !cautions ¶More"},
        {"en", "READ MORE: x", "¶!READ !MORE !x"},
        {"en", "We’ve been working hard to bring you news. Consider it.",
         "¶!We've !been !working !hard !to !bring !you !news |!Consider !it"},
        {"en", "Subscribe to our newsletter", "¶!Subscribe !to !our !newsletter"},
        {"en", "Subscribe to the plan, they said.", "¶Subscribe to the plan they said"},
        {"en", "They will read more: books", "¶They will read more books"},
        {"en", "Advertisement", "¶!Advertisement"},
        {"en", "Advertisement rules changed", "¶Advertisement rules changed"},
        {"fr", "À lire aussi : Paris", "¶!À !lire !aussi !Paris"},
        {"uk", "Читайте також: Київ", "¶!Читайте !також !Київ"},
    };
    run_rows(table, LSI_COUNTOF(table), describe);
    lsi_analyzer *a; /* positions apart: boilerplate does not move what follows */
    lsi_token t;
    static const char text[] = "One two.\nRead also: three-four\nFive";
    static const uint32_t want[] = {0, 1, 0, 1, 2, 2, 3, 2};
    size_t n = 0;
    assert_int_equal(lsi_analyzer_new(&a, NULL), 0);
    lsi_tokens_begin(a, (const uint8_t *)text, sizeof text - 1, 0);
    while (lsi_tokens_next(a, &t) > 0) {
        assert_true(n < LSI_COUNTOF(want));
        assert_int_equal(t.position, want[n++]);
    }
    assert_int_equal(n, LSI_COUNTOF(want));
    lsi_analyzer_free(a);
}

static void headlines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *headline, *rest; /* NULL: none */
    } table[] = {
        {"White House: talks move forward\n\nThe U.S. is", "White House: talks move forward", "The U.S. is"},
        {"\xef\xbb\xbf\nKim’s visit, US Says \r\n \r\n\r\nKim", "Kim’s visit, US Says", "Kim"},
        {"Is it over?\n\nYes.", "Is it over?", "Yes."},
        {"What the world owes the U.S.\n\nMuch.", "What the world owes the U.S.", "Much."},
        {"To be continued...\n\nText", "To be continued...", "Text"},
        {"The lead is a sentence.\n\nText", NULL, NULL},
        {"“The lead is a quotation.”\n\nText", NULL, NULL},
        {"北朝鮮は言った。\n\n次", NULL, NULL},
        {"One line\nTwo lines\n\nText", NULL, NULL},
        {"A headline alone", NULL, NULL},
        {"A headline alone\n\n \n", NULL, NULL},
        {"", NULL, NULL},
        {"\n\n", NULL, NULL},
    };
    size_t start, end, rest;
    for (size_t i = 0; i < LSI_COUNTOF(table); i++) {
        const char *text = table[i].text;
        bool found = lsi_headline((const uint8_t *)text, strlen(text), &start, &end, &rest);
        if (found != (table[i].headline != NULL)) fail_msg("%s: %d", text, found);
        if (!found) continue;
        assert_int_equal(end - start, strlen(table[i].headline));
        assert_memory_equal(text + start, table[i].headline, end - start);
        assert_string_equal(text + rest, table[i].rest);
    }
    char line[1000];
    memset(line, 'a', sizeof line);
    memcpy(line + 201, "\n\nb", 3);
    assert_false(lsi_headline((const uint8_t *)line, sizeof line, &start, &end, &rest));
    memcpy(line + 200, "\n\nb", 3);
    assert_true(lsi_headline((const uint8_t *)line, sizeof line, &start, &end, &rest));
}

/* A line for each beginning of four letters that the table of patterns has: the bits of may_start lack none. */
static void boilerplate_starts(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "read also:",
        "also read:",
        "see also:",
        "related:",
        "more on this story",
        "we've been working hard to bring you",
        "we have been working hard to bring you",
        "consider supporting",
        "please consider supporting",
        "support our journalism",
        "if you like our work",
        "help us continue",
        "become a member",
        "join our community",
        "make a donation",
        "donate now",
        "subscribe to our",
        "sign up for our",
        "get our  newsletter",
        "follow us on",
        "like us on facebook",
        "download our app",
        "click here to subscri",
        "advertisement",
        "story continues below advertisement",
        "share this article",
        "all rights reserved",
        "lesen sie auch:",
        "mehr zum thema",
        "lire aussi",
        "a lire aussi",
        "lea tambien:",
        "lee tambien:",
        "te puede interesar:",
        "leia tambem:",
        "leggi anche:",
        "lees ook:",
        "las ocksa:",
        "czytaj takze:",
        "читайте также:",
        "подписывайтесь на",
        "підписуйтесь на",
    };
    lsi_analyzer *a;
    ls_error err;
    assert_int_equal(lsi_analyzer_new(&a, &err), LS_OK);
    for (size_t i = 0; i < LSI_COUNTOF(lines); i++) {
        lsi_token t;
        lsi_tokens_begin(a, (const uint8_t *)lines[i], strlen(lines[i]), 0);
        assert_int_equal(lsi_tokens_next(a, &t), 1);
        if (!(t.flags & LSI_TOK_BOILERPLATE)) fail_msg("\"%s\" is not taken for boilerplate", lines[i]);
    }
    lsi_analyzer_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences),   cmocka_unit_test(quotations),         cmocka_unit_test(paragraphs),
        cmocka_unit_test(boilerplate), cmocka_unit_test(boilerplate_starts), cmocka_unit_test(headlines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
