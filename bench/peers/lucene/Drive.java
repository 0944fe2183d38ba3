/* Drive.java — Lucene beside libsearch: the sub-commands, lines and answers of bench/peers/drive.h. What differs between
 * Lucene 8 and 10 stands in Api.java of the folders v8 and v10.
 * One text field: StandardTokenizer, lower case, possessives off, ASCII folding, Snowball's English stemmer, no stop
 * words; positions; stored. A stamp with points and doc values. One segment. */
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import org.apache.lucene.analysis.*;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.document.*;
import org.apache.lucene.index.*;
import org.apache.lucene.search.*;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.search.uhighlight.UnifiedHighlighter;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.Version;

public class Drive {
    static final String F = "text";
    static final Map<String, String> options = new HashMap<>();

    static String option(String key, String otherwise) { return options.getOrDefault(key, otherwise); }

    static final Analyzer ANALYZER = new Analyzer() {
        @Override protected TokenStreamComponents createComponents(String field) {
            Tokenizer t = new StandardTokenizer();
            TokenStream s = new ASCIIFoldingFilter(new LowerCaseFilter(new EnglishPossessiveFilter(t)));
            return new TokenStreamComponents(t, new SnowballFilter(s, "English"));
        }
    };

    static String unescape(String s, int from) {
        int at = s.indexOf('\\', from);
        if (at < 0) return s.substring(from);
        StringBuilder b = new StringBuilder(s.length() - from);
        for (; at >= 0; at = s.indexOf('\\', from)) {
            b.append(s, from, at);
            char c = s.charAt(at + 1);
            b.append(c == 'n' ? '\n' : c == 't' ? '\t' : c);
            from = at + 2;
        }
        return b.append(s, from, s.length()).toString();
    }

    // ---- building
    static void build(String lines, String dir) throws Exception {
        int threads = Integer.parseInt(option("threads", "1"));
        IndexWriterConfig cfg = new IndexWriterConfig(ANALYZER);
        cfg.setOpenMode(IndexWriterConfig.OpenMode.CREATE);
        cfg.setSimilarity(new BM25Similarity());
        cfg.setRAMBufferSizeMB(Double.parseDouble(option("memory", "256")));
        cfg.setUseCompoundFile(false);
        if (threads == 1) cfg.setMergeScheduler(new SerialMergeScheduler());
        FieldType type = new FieldType();
        type.setIndexOptions(IndexOptions.DOCS_AND_FREQS_AND_POSITIONS);
        type.setTokenized(true);
        type.setStored(option("stored", "1").equals("1"));
        type.freeze();
        long[] ord = {0}, bytes = {0};
        long t0 = System.nanoTime();
        double added;
        try (IndexWriter w = new IndexWriter(new MMapDirectory(Paths.get(dir)), cfg);
             BufferedReader in = new BufferedReader(new InputStreamReader(new FileInputStream(lines), StandardCharsets.UTF_8), 1 << 20)) {
            Runnable job = () -> {
                try {
                    for (;;) {
                        String line;
                        long n;
                        synchronized (in) {
                            if ((line = in.readLine()) == null) return;
                            n = ord[0]++;
                        }
                        int[] tab = new int[6];
                        for (int i = 0, p = 0; i < 6; i++) p = (tab[i] = line.indexOf('\t', p)) + 1;
                        String title = unescape(line.substring(tab[4] + 1, tab[5]), 0);
                        Document d = new Document();
                        d.add(new Field(F, title + "\n" + unescape(line, tab[5] + 1), type));
                        Api.addStamp(d, Long.parseLong(line.substring(0, tab[0])));
                        d.add(new NumericDocValuesField("ord", n));
                        w.addDocument(d);
                    }
                } catch (IOException e) { throw new UncheckedIOException(e); }
            };
            Thread[] t = new Thread[threads];
            for (int i = 0; i < threads; i++) (t[i] = new Thread(job)).start();
            for (Thread x : t) x.join();
            w.commit();
            added = (System.nanoTime() - t0) / 1e9;
            if (option("merge", "1").equals("1")) w.forceMerge(1);
            w.commit();
        }
        System.out.printf("{\"engine\": \"lucene\", \"version\": \"%s\", \"java\": \"%s\", \"articles\": %d, \"add_s\": %.3f, \"merge_s\": %.3f}%n",
            Version.LATEST, System.getProperty("java.version"), ord[0], added, (System.nanoTime() - t0) / 1e9 - added);
    }

    // ---- queries
    final DirectoryReader reader;
    final IndexSearcher searcher;
    final UnifiedHighlighter highlighter;

    Drive(String dir) throws IOException {
        reader = DirectoryReader.open(new MMapDirectory(Paths.get(dir)));
        searcher = new IndexSearcher(reader);
        searcher.setQueryCache(null);
        searcher.setSimilarity(new BM25Similarity());
        highlighter = Api.highlighter(searcher, ANALYZER);
    }

    static Query terms(String s) throws IOException {
        List<Term> t = new ArrayList<>();
        try (TokenStream ts = ANALYZER.tokenStream(F, s)) {
            CharTermAttribute a = ts.addAttribute(CharTermAttribute.class);
            ts.reset();
            while (ts.incrementToken()) t.add(new Term(F, a.toString()));
            ts.end();
        }
        if (t.isEmpty()) return new MatchNoDocsQuery();
        if (t.size() == 1) return new TermQuery(t.get(0));
        return new PhraseQuery(F, t.stream().map(Term::text).toArray(String[]::new));
    }

    static Query word(String w) throws IOException {
        String cut = w.substring(0, w.length() - 1);
        if (w.endsWith("*")) return new PrefixQuery(new Term(F, cut));
        if (w.endsWith("~")) return Api.fuzzy(new Term(F, cut));
        return terms(w);
    }

    static Query parse(String q) throws IOException {
        BooleanQuery.Builder b = new BooleanQuery.Builder();
        int clauses = 0, kept = 0;
        Query only = null;
        for (int p = 0, n = q.length(); p < n; ) {
            if (q.charAt(p) == ' ') { p++; continue; }
            BooleanClause.Occur o = BooleanClause.Occur.SHOULD;
            if (q.charAt(p) == '+') { o = BooleanClause.Occur.MUST; p++; }
            else if (q.charAt(p) == '-') { o = BooleanClause.Occur.MUST_NOT; p++; }
            boolean quoted = q.charAt(p) == '"';
            if (quoted) p++;
            int e = q.indexOf(quoted ? '"' : ' ', p);
            if (e < 0) e = n;
            Query x = quoted ? terms(q.substring(p, e)) : word(q.substring(p, e));
            p = e + 1;
            b.add(x, o);
            only = x;
            clauses++;
            if (o != BooleanClause.Occur.MUST_NOT) kept++;
        }
        if (kept == 0) b.add(new MatchAllDocsQuery(), BooleanClause.Occur.MUST);
        return clauses == 1 && kept == 1 ? only : b.build();
    }

    static final java.lang.management.ThreadMXBean MX = java.lang.management.ManagementFactory.getThreadMXBean();
    static boolean cpu;
    static long now() { return cpu ? MX.getCurrentThreadCpuTime() : System.nanoTime(); }

    String answer(String line) throws IOException {
        String[] f = line.split("\t");
        if (f.length < 2) return "-\tno query";
        char command = f[0].charAt(0);
        int k = Integer.parseInt(f[0].substring(1));
        long from = f.length > 2 ? Long.parseLong(f[2]) : 0, count = -1;
        TopDocs top = null;
        long t0 = now();
        Query q = parse(f[1]);
        switch (command) {
            case 'C':
                if (k == 0) count = searcher.count(q);
                else count = Api.total(top = Api.top(searcher, q, k, Integer.MAX_VALUE));
                break;
            case 'T': top = Api.top(searcher, q, k, k); break;
            case 'F': {
                BooleanQuery.Builder b = new BooleanQuery.Builder();
                b.add(q, BooleanClause.Occur.MUST).add(Api.since(from), BooleanClause.Occur.FILTER);
                top = Api.top(searcher, b.build(), k, k);
                break;
            }
            case 'N': top = Api.newest(searcher, q, k); break;
            case 'S': {
                top = Api.top(searcher, q, k, k);
                count = 0;
                for (String s : highlighter.highlight(F, q, top, 1)) if (s != null) count += s.length();
                break;
            }
            default: return "-\tnot understood";
        }
        long ns = now() - t0;
        StringBuilder b = new StringBuilder().append(ns).append('\t').append(count).append('\t');
        for (int i = 0; top != null && i < top.scoreDocs.length && i < 10; i++) {
            ScoreDoc d = top.scoreDocs[i];
            LeafReaderContext leaf = reader.leaves().get(ReaderUtil.subIndex(d.doc, reader.leaves()));
            NumericDocValues o = leaf.reader().getNumericDocValues("ord");
            o.advanceExact(d.doc - leaf.docBase);
            b.append(i > 0 ? "," : "").append(o.longValue()).append(':').append(String.format("%.5f", d.score));
        }
        return b.toString();
    }

    static void serve(String dir) throws Exception {
        long t0 = System.nanoTime();
        Drive e = new Drive(dir);
        PrintStream out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16), false, "UTF-8");
        out.println("ready\t" + (System.nanoTime() - t0) + "\tlucene " + Version.LATEST + " on Java " + System.getProperty("java.version"));
        out.flush();
        boolean flush = option("flush", "0").equals("1");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            boolean mark = line.startsWith("X");
            out.println(mark ? "x" : e.answer(line));
            if (mark || flush) out.flush();
        }
        out.flush();
    }

    public static void main(String[] a) throws Exception {
        for (String s : a) {
            int i = s.indexOf('=');
            if (i > 0) options.put(s.substring(0, i), s.substring(i + 1));
        }
        cpu = option("clock", "wall").equals("cpu");
        if (a.length >= 3 && a[0].equals("build")) build(a[1], a[2]);
        else if (a.length >= 2 && a[0].equals("serve")) serve(a[1]);
        else {
            System.err.println("usage: build LINES DIR [key=value …] | serve DIR [key=value …]");
            System.exit(2);
        }
    }
}
