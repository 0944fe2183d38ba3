// drive_xapian.cc — Xapian (glass) beside libsearch: TermGenerator with the English stemmer on every word, positions, the
// text as document data, the stamp as a sortable value; compacted. No fuzzy words in 1.4.
#include "bench/peers/drive.h"
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>
#include <xapian.h>
using std::string;

static const char *version()
{
    return Xapian::version_string();
}

static void add_all(Xapian::WritableDatabase &db, drive_lines *l, drive_built *b)
{
    Xapian::TermGenerator words;
    words.set_stemmer(Xapian::Stem("english"));
    words.set_stemming_strategy(Xapian::TermGenerator::STEM_ALL);
    bool stored = drive_number("stored", 1) != 0;
    drive_article a;
    while (drive_lines_next(l, &a)) {
        Xapian::Document d;
        words.set_document(d);
        words.set_termpos(0);
        words.index_text(Xapian::Utf8Iterator(a.text, a.text_len));
        if (stored) d.set_data(string(a.text, a.text_len));
        d.add_value(0, Xapian::sortable_serialise(double(a.stamp)));
        db.add_document(d); // numbered from 1 by arrival
        b->articles++;
    }
}

static int build(drive_lines *l, const char *dir, drive_built *b)
{
    try {
        setenv("XAPIAN_FLUSH_THRESHOLD", drive_option("flush", "100000"), 1);
        string loose = string(dir) + "/loose";
        double t0 = drive_seconds();
        {
            Xapian::WritableDatabase db(loose, Xapian::DB_CREATE_OR_OVERWRITE | Xapian::DB_BACKEND_GLASS |
                                                   Xapian::DB_DANGEROUS | Xapian::DB_NO_SYNC);
            add_all(db, l, b);
            db.commit();
        }
        b->add_s = drive_seconds() - t0;
        Xapian::Database(loose).compact(string(dir) + "/db", Xapian::DBCOMPACT_NO_RENUMBER);
        b->merge_s = drive_seconds() - t0 - b->add_s;
        return system(("rm -rf '" + loose + "'").c_str());
    } catch (const Xapian::Error &e) {
        fprintf(stderr, "xapian: %s\n", e.get_description().c_str());
        return -1;
    }
}

struct searcher {
    Xapian::Database db;
    Xapian::Enquire enquire;
    Xapian::Stem stem;
    Xapian::BM25Weight bm25;
    Xapian::BoolWeight none;
    explicit searcher(const string &path) : db(path), enquire(db), stem("english"), bm25(1.2, 0, 1, 0.75, 0)
    {
    }
};

static void *open_index(const char *dir)
{
    try {
        return new searcher(string(dir) + "/db");
    } catch (const Xapian::Error &e) {
        fprintf(stderr, "xapian: %s\n", e.get_description().c_str());
        return nullptr;
    }
}

static Xapian::Query clause(searcher *s, const drive_clause &c)
{
    if (c.kind == DRIVE_PREFIX) return Xapian::Query(Xapian::Query::OP_WILDCARD, c.word[0]);
    if (c.count == 1) return Xapian::Query(s->stem(c.word[0]));
    std::vector<string> t;
    for (int i = 0; i < c.count; i++) t.push_back(s->stem(c.word[i]));
    return Xapian::Query(Xapian::Query::OP_PHRASE, t.begin(), t.end());
}

static Xapian::Query translate(searcher *s, const drive_query &q)
{
    std::vector<Xapian::Query> by[3];
    for (int i = 0; i < q.count; i++) by[q.clause[i].occur].push_back(clause(s, q.clause[i]));
    Xapian::Query must(Xapian::Query::OP_AND, by[DRIVE_MUST].begin(), by[DRIVE_MUST].end());
    Xapian::Query should(Xapian::Query::OP_OR, by[DRIVE_SHOULD].begin(), by[DRIVE_SHOULD].end());
    Xapian::Query x = by[DRIVE_MUST].empty()     ? should
                      : by[DRIVE_SHOULD].empty() ? must
                                                 : Xapian::Query(Xapian::Query::OP_AND_MAYBE, must, should);
    if (by[DRIVE_NOT].empty()) return x;
    Xapian::Query no(Xapian::Query::OP_OR, by[DRIVE_NOT].begin(), by[DRIVE_NOT].end());
    return Xapian::Query(Xapian::Query::OP_AND_NOT, x, no);
}

static int search(void *index, const drive_ask *ask, drive_answer *a)
{
    searcher *s = static_cast<searcher *>(index);
    for (int i = 0; i < ask->query->count; i++)
        if (ask->query->clause[i].kind == DRIVE_FUZZY) return 1;
    try {
        Xapian::Query q = translate(s, *ask->query);
        bool count = ask->command == 'C', newest = ask->command == 'N';
        if (ask->command == 'F')
            q = Xapian::Query(
                Xapian::Query::OP_FILTER, q,
                Xapian::Query(Xapian::Query::OP_VALUE_GE, 0, Xapian::sortable_serialise(double(ask->query->from))));
        s->enquire.set_query(q);
        if (!ask->k || newest) s->enquire.set_weighting_scheme(s->none);
        else s->enquire.set_weighting_scheme(s->bm25);
        if (newest) s->enquire.set_sort_by_value(0, true);
        else s->enquire.set_sort_by_relevance();
        Xapian::MSet found = s->enquire.get_mset(0, Xapian::doccount(ask->k), count ? s->db.get_doccount() : 0);
        if (count) a->count = found.get_matches_estimated(); // exact: every match was looked at
        for (Xapian::MSetIterator i = found.begin(); i != found.end(); ++i) {
            a->doc[a->hits] = *i - 1;
            a->score[a->hits++] = i.get_weight();
            if (ask->command == 'S')
                a->passage_bytes += found.snippet(i.get_document().get_data(), 200, s->stem).size();
        }
        return 0;
    } catch (const Xapian::Error &e) {
        fprintf(stderr, "xapian: %s\n", e.get_description().c_str());
        return -1;
    }
}

int main(int argc, char **argv)
{
    static const drive_engine e = {"xapian", version, build, open_index, search, nullptr};
    return drive_main(argc, argv, &e);
}
