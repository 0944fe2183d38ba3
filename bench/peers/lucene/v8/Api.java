/* Api.java — the calls of Lucene 8 that are written otherwise in Lucene 10. */
import java.io.IOException;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.document.*;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.*;
import org.apache.lucene.search.uhighlight.UnifiedHighlighter;

final class Api {
    static void addStamp(Document d, long stamp) {
        d.add(new LongPoint("stamp", stamp));
        d.add(new NumericDocValuesField("stamp", stamp));
    }

    static Query since(long from) {
        return new IndexOrDocValuesQuery(LongPoint.newRangeQuery("stamp", from, Long.MAX_VALUE),
            NumericDocValuesField.newSlowRangeQuery("stamp", from, Long.MAX_VALUE));
    }

    static TopDocs top(IndexSearcher s, Query q, int k, int threshold) throws IOException {
        TopScoreDocCollector c = TopScoreDocCollector.create(k, null, threshold);
        s.search(q, c);
        return c.topDocs();
    }

    static long total(TopDocs t) { return t.totalHits.value; }

    static TopDocs newest(IndexSearcher s, Query q, int k) throws IOException {
        SortField field = new SortField("stamp", SortField.Type.LONG, true);
        field.setCanUsePoints();
        TopFieldCollector c = TopFieldCollector.create(new Sort(field), k, null, k);
        s.search(q, c);
        return c.topDocs();
    }

    static Query fuzzy(Term t) {
        FuzzyQuery q = new FuzzyQuery(t, 1, 0, 1024, true);
        q.setRewriteMethod(MultiTermQuery.CONSTANT_SCORE_REWRITE);
        return q;
    }

    static UnifiedHighlighter highlighter(IndexSearcher s, Analyzer a) { return new UnifiedHighlighter(s, a); }
}
