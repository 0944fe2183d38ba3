/* t_text_lang.c — names of languages, their function words, and telling them apart. */
#include "libsearch/text/cutter.h"
#include "libsearch/text/lang.h"
#include "libsearch/text/lang_data.h"
#include <libstemmer.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int find(const char *name)
{
    return lsi_lang_find(name, strlen(name));
}

static void names(void **state)
{
    (void)state;
    assert_int_equal(find("english"), LSI_LANG_ENGLISH);
    assert_int_equal(find("English"), LSI_LANG_ENGLISH);
    assert_int_equal(find("EN"), LSI_LANG_ENGLISH);
    assert_int_equal(find("en-GB"), LSI_LANG_ENGLISH);
    assert_int_equal(find("pt_BR"), LSI_LANG_PORTUGUESE);
    assert_int_equal(find("nb"), LSI_LANG_NORWEGIAN);
    assert_int_equal(find("none"), LSI_LANG_NONE);
    assert_int_equal(find("und"), LSI_LANG_NONE);
    assert_int_equal(find("porter"), -1);
    assert_int_equal(find("xx"), -1);
    assert_int_equal(find(""), -1);
    assert_int_equal(find("-"), -1);
    assert_int_equal(find("e"), -1);
    assert_string_equal(lsi_lang_name(LSI_LANG_GERMAN), "german");
    assert_string_equal(lsi_lang_code(LSI_LANG_GERMAN), "de");
    assert_string_equal(lsi_lang_name(-1), "none");
    assert_string_equal(lsi_lang_name(1000), "none");
}

/* The table of names, libstemmer's list without porter, and the numbers of lang.h are one. */
static void complete(void **state)
{
    (void)state;
    const char *const *list = lsi_lang_names();
    size_t n = 0;
    for (; list[n]; n++) {
        assert_int_equal(find(list[n]), (int)n);
        assert_int_equal(find(lsi_lang_code((int)n)), (int)n);
        assert_string_equal(lsi_lang_name((int)n), list[n]);
    }
    assert_int_equal(n, lsi_lang_count());
    for (const char **p = sb_stemmer_list(); *p; p++) {
        if (strcmp(*p, "porter") != 0 && find(*p) < 1) print_message("Snowball's %s is not offered\n", *p);
    }
    for (n = 1; n < lsi_lang_count(); n++) {
        struct sb_stemmer *s = sb_stemmer_new(list[n], NULL);
        assert_non_null(s);
        sb_stemmer_delete(s);
    }
}

/* The generated lists: folded as fold.c folds, and each word found by its hash. */
static void lists(void **state)
{
    (void)state;
    lsi_folder folder;
    uint8_t out[LSI_FORM_MAX];
    uint64_t seen = 0;
    size_t slots = 0;
    for (size_t i = 0; i < lsi_lang_slot_count; i++) {
        if (!lsi_lang_slots[i]) continue;
        const lsi_lang_word *w = &lsi_lang_words[lsi_lang_slots[i] - 1];
        size_t len = strlen(w->word), n = lsi_fold_full(&folder, (const uint8_t *)w->word, len, out);
        if (n != len || memcmp(out, w->word, n) != 0) fail_msg("%s is not folded", w->word);
        for (size_t t = 0; t < lsi_tongue_count; t++) {
            if (!(w->tongues >> t & 1) || !lsi_tongues[t].lang) continue;
            assert_true(lsi_lang_is_function_word(lsi_tongues[t].lang, out, n));
        }
        seen |= w->tongues;
        slots++;
    }
    assert_true(slots > 2500);
    assert_true(lsi_tongue_count <= 64);
    for (size_t t = 0; t < lsi_tongue_count; t++) assert_true(seen >> t & 1);
    for (int lang = 1; lang < LSI_LANG_COUNT; lang++) { /* every language with a stemmer has a list */
        size_t t = 0;
        while (t < lsi_tongue_count && lsi_tongues[t].lang != lang) t++;
        if (t == lsi_tongue_count) fail_msg("no words of %s", lsi_lang_name(lang));
        assert_string_equal(lsi_tongues[t].code, lsi_lang_code(lang));
    }
    for (size_t i = 1; i < lsi_lang_letter_count; i++) assert_true(lsi_lang_letters[i - 1].cp < lsi_lang_letters[i].cp);
}

static void function_words(void **state)
{
    (void)state;
    assert_true(lsi_lang_is_function_word(LSI_LANG_ENGLISH, (const uint8_t *)"the", 3));
    assert_false(lsi_lang_is_function_word(LSI_LANG_ENGLISH, (const uint8_t *)"arms", 4));
    assert_false(lsi_lang_is_function_word(LSI_LANG_GERMAN, (const uint8_t *)"the", 3));
    assert_true(lsi_lang_is_function_word(LSI_LANG_GERMAN, (const uint8_t *)"fur", 3));
    assert_true(lsi_lang_is_function_word(LSI_LANG_FRENCH, (const uint8_t *)"l", 1));
    assert_false(lsi_lang_is_function_word(LSI_LANG_NONE, (const uint8_t *)"the", 3));
    assert_false(lsi_lang_is_function_word(LSI_LANG_ENGLISH, (const uint8_t *)"", 0));
    assert_false(lsi_lang_is_function_word(LSI_LANG_ENGLISH, (const uint8_t *)"t\0e", 3));
}

static void detection(void **state)
{
    (void)state;
    static const struct {
        const char *code, *text;
    } table[] = {
        {"en", "The ministers of the two countries said that they would meet again before the end of the year."},
        {"de",
         "Die Minister der beiden Länder sagten, dass sie sich vor dem Ende des Jahres noch einmal treffen wollen."},
        {"fr", "Les ministres des deux pays ont dit qu’ils se rencontreraient encore avant la fin de l’année."},
        {"es", "Los ministros de los dos países dijeron que se reunirían otra vez antes de que termine el año."},
        {"pt", "Os ministros dos dois países disseram que não se reunirão mais até ao fim do ano."},
        {"it", "I ministri dei due paesi hanno detto che si incontreranno ancora prima della fine dell'anno."},
        {"ca", "Els ministres dels dos països van dir que es trobarien amb els seus col·legues abans de final d’any."},
        {"nl",
         "De ministers van de twee landen zeiden dat zij elkaar nog voor het einde van het jaar zullen ontmoeten."},
        {"sv", "Ministrarna från de två länderna sade att de ska träffas igen innan året är slut."},
        {"da",
         "Ministrene fra de to lande sagde, at de vil mødes igen inden årets udgang, men ikke hvornår og af hvem."},
        {"no",
         "Ministrene fra de to landene sa at de ikke vil møtes igjen før året er slutt, men noe mer ble det ikke av."},
        {"fi", "Molempien maiden ministerit sanoivat, että he tapaavat uudelleen ennen vuoden loppua, mutta se ei ole "
               "varmaa."},
        {"hu", "A két ország miniszterei azt mondták, hogy még az év vége előtt újra találkoznak, de ez nem biztos."},
        {"ro",
         "Miniștrii celor două țări au spus că se vor întâlni din nou până la sfârșitul anului, dar nu este sigur."},
        {"tr",
         "İki ülkenin bakanları yıl sonuna kadar bir daha görüşeceklerini, ancak tarihin belli olmadığını söyledi."},
        {"lt", "Abiejų šalių ministrai sakė, kad jie dar kartą susitiks iki metų pabaigos, bet data nėra žinoma."},
        {"id", "Para menteri dari dua negara itu mengatakan bahwa mereka akan bertemu lagi sebelum akhir tahun ini."},
        {"ga", "Dúirt airí an dá thír go mbeidh siad ag bualadh le chéile arís roimh dheireadh na bliana."},
        {"eu", "Bi herrialdeetako ministroek esan dute urtea amaitu baino lehen berriz bilduko direla, eta hori ez da "
               "ziurra."},
        {"ru", "Министры двух стран сказали, что они ещё раз встретятся до конца года, но это не точно."},
        {"sr", "Министри двеју земаља су рекли да ће се поново састати до краја године, али то није сигурно."},
        {"el", "Οι υπουργοί των δύο χωρών είπαν ότι θα συναντηθούν ξανά."},
        {"hy", "Երկու երկրների նախարարներն ասացին, որ կհանդիպեն։"},
        {"ar", "قال وزراء البلدين إنهم سيجتمعون مرة أخرى قبل نهاية العام في هذا المكان على أن لا يكون بعد ذلك"},
        {"hi", "दोनों देशों के मंत्रियों ने कहा कि वे साल के अंत से पहले फिर मिलेंगे और यह नहीं हुआ है"},
        {"ne", "दुवै देशका मन्त्रीले वर्षको अन्त्य अघि फेरि भेट्ने बताएका छन् र यो पनि भएको छ"},
        {"ta", "இரு நாடுகளின் அமைச்சர்கள் மீண்டும் சந்திப்பார்கள்."},
        {"yi", "די מיניסטארן פון די צוויי לענדער האבן געזאגט אז זיי וועלן זיך ווידער טרעפן"},
        /* told, and stemmed by none */
        {"und", "Міністри двох країн сказали, що вони ще раз зустрінуться до кінця року, але це не точно."},
        {"und",
         "Министрите на двете страни казаха, че ще се срещнат отново до края на годината, но това не е сигурно."},
        {"und",
         "Ministrowie obu krajów powiedzieli, że spotkają się jeszcze raz przed końcem roku, ale nie jest to pewne."},
        {"und", "Ministři obou zemí řekli, že se ještě jednou setkají do konce roku, ale není to jisté."},
        {"und", "両国の大臣は年末までに再び会談すると述べた。"},
        {"und", "两国部长表示，他们将在年底前再次会晤。"},
        {"und", "양국 장관은 연말 전에 다시 만날 것이라고 말했다."},
        {"und", "รัฐมนตรีของทั้งสองประเทศจะพบกันอีกครั้ง"},
        {"und", "שרי שתי המדינות אמרו כי הם ייפגשו שוב לפני סוף השנה, אבל זה לא בטוח"},
        {"und", "وزیران دو کشور گفتند که آنها تا پایان سال بار دیگر با هم دیدار خواهند کرد و این را "
                "می‌خواهند"},
    };
    for (size_t i = 0; i < LSI_COUNTOF(table); i++) {
        int got = lsi_lang_detect((const uint8_t *)table[i].text, strlen(table[i].text));
        if (got != find(table[i].code)) fail_msg("%s: %d", table[i].text, got);
    }
    static const char *const untold[] = {"", "1234 5678", "\xff\xfe", "Shoigu", "Kim Jong Un"};
    for (size_t i = 0; i < LSI_COUNTOF(untold); i++) {
        assert_int_equal(lsi_lang_detect((const uint8_t *)untold[i], strlen(untold[i])), -1);
    }
}

/* Against what is expected: tables and lists are not taken for another language, prose is. */
static void expected_language(void **state)
{
    (void)state;
    static const char *const tables[] = {
        "Qtr ended Dec 31. Shr profit nil vs loss nil. Net nil vs nil. Revs nil vs nil",
        "us 7.8015 - 7.8035 us 7.8010 - 7.8030 us 7.8000 - 7.8020 us",
        "Qtly div 32.5 cts vs 32.5 cts in prior qtr, pay April 8, record March 27",
    };
    int english = find("en");
    for (size_t i = 0; i < LSI_COUNTOF(tables); i++)
        assert_int_equal(lsi_lang_detect_or((const uint8_t *)tables[i], strlen(tables[i]), english), english);
    assert_int_not_equal(lsi_lang_detect((const uint8_t *)tables[0], strlen(tables[0])), english);
    const char *german = "Die Minister der beiden Staaten sagten, dass sie sich noch einmal treffen werden.";
    assert_int_equal(lsi_lang_detect_or((const uint8_t *)german, strlen(german), english), find("de"));
    const char *russian = "Министры двух стран сказали, что они ещё раз встретятся.";
    assert_int_equal(lsi_lang_detect_or((const uint8_t *)russian, strlen(russian), english), find("ru"));
    assert_int_equal(lsi_lang_detect_or((const uint8_t *)"1234", 4, english), english);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),          cmocka_unit_test(complete),  cmocka_unit_test(lists),
        cmocka_unit_test(function_words), cmocka_unit_test(detection), cmocka_unit_test(expected_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
