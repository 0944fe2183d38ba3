/* Api.java — the calls of Lucene 10 that are written otherwise in Lucene 8. */
import java.io.IOException;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.document.*;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.*;
import org.apache.lucene.search.uhighlight.UnifiedHighlighter;

final class Api {
    static void addStamp(Document d, long stamp) { d.add(new LongField("stamp", stamp, Field.Store.NO)); }

    static Query since(long from) { return LongField.newRangeQuery("stamp", from, Long.MAX_VALUE); }

    static TopDocs top(IndexSearcher s, Query q, int k, int threshold) throws IOException {
        return s.search(q, new TopScoreDocCollectorManager(k, null, threshold));
    }

    static long total(TopDocs t) { return t.totalHits.value(); }

    static TopDocs newest(IndexSearcher s, Query q, int k) throws IOException {
        Sort sort = new Sort(LongField.newSortField("stamp", true, SortedNumericSelector.Type.MAX));
        return s.search(q, new TopFieldCollectorManager(sort, k, null, k));
    }

    static Query fuzzy(Term t) {
        return new FuzzyQuery(t, 1, 0, 1024, true, MultiTermQuery.CONSTANT_SCORE_BLENDED_REWRITE);
    }

    static UnifiedHighlighter highlighter(IndexSearcher s, Analyzer a) {
        return UnifiedHighlighter.builder(s, a).build();
    }
}
