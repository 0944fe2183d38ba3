//! Tantivy beside libsearch: the sub-commands, lines and answers of bench/peers/drive.h.
//! One text field (SimpleTokenizer, lower case, ASCII folding, Snowball's English stemmer; positions; stored) and a
//! fast, indexed stamp. All segments are merged into one.
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::time::Instant;
use tantivy::collector::{Count, TopDocs};
use tantivy::columnar::Column;
use tantivy::query::{
    AllQuery, BooleanQuery, FuzzyTermQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery,
};
use tantivy::schema::*;
use tantivy::snippet::SnippetGenerator;
use tantivy::tokenizer::*;
use tantivy::{DocAddress, Index, IndexSettings, IndexWriter, Order, Searcher, TantivyDocument, Term};

type Fault = Box<dyn std::error::Error>;

fn option<'a>(args: &'a [String], key: &str, otherwise: &'a str) -> &'a str {
    args.iter()
        .find_map(|a| a.strip_prefix(key).and_then(|r| r.strip_prefix('=')))
        .unwrap_or(otherwise)
}

fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(Stemmer::new(Language::English))
        .build()
}

fn unescape(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    let mut chars = s.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(x) => x,
                None => '\\',
            },
            c => c,
        });
    }
    out
}

fn build(lines: &str, dir: &str, args: &[String]) -> Result<(), Fault> {
    let threads: usize = option(args, "threads", "1").parse()?;
    let mut sb = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("bench")
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let mut options = TextOptions::default().set_indexing_options(indexing);
    if option(args, "stored", "1") == "1" {
        options = options.set_stored();
    }
    let text = sb.add_text_field("text", options);
    let stamp = sb.add_i64_field("stamp", NumericOptions::default().set_indexed().set_fast());
    let ord = sb.add_u64_field("ord", NumericOptions::default().set_fast());
    std::fs::create_dir_all(dir)?;
    let start = Instant::now();
    let index = Index::builder()
        .schema(sb.build())
        .settings(IndexSettings::default())
        .create_in_dir(dir)?;
    index.tokenizers().register("bench", analyzer());
    let memory = option(args, "memory", "256").parse::<usize>()? << 20;
    let mut w: IndexWriter = index.writer_with_num_threads(threads, memory)?;
    let (mut n, mut bytes) = (0u64, 0u64);
    for line in BufReader::with_capacity(1 << 20, std::fs::File::open(lines)?).lines() {
        let line = line?;
        let f: Vec<&str> = line.splitn(7, '\t').collect();
        let mut t = unescape(f[5]);
        t.push('\n');
        t.push_str(&unescape(f[6]));
        bytes += t.len() as u64;
        let mut d = TantivyDocument::default();
        d.add_text(text, t);
        d.add_i64(stamp, f[0].parse()?);
        d.add_u64(ord, n);
        w.add_document(d)?;
        n += 1;
    }
    w.commit()?;
    let added = start.elapsed().as_secs_f64();
    let ids = index.searchable_segment_ids()?;
    if option(args, "merge", "1") == "1" && ids.len() > 1 {
        w.merge(&ids).wait()?;
    }
    w.wait_merging_threads()?;
    let merged = start.elapsed().as_secs_f64() - added;
    /* What is obsolete is removed by the next writer. */
    let w: IndexWriter = index.writer_with_num_threads(1, 64 << 20)?;
    w.garbage_collect_files().wait()?;
    let left = index.searchable_segment_ids()?.len();
    println!(
        "{{\"engine\": \"tantivy\", \"version\": \"{}\", \"articles\": {n}, \"text_bytes\": {bytes}, \"add_s\": {added:.3}, \"merge_s\": {merged:.3}, \"segments\": {left}}}",
        tantivy::version_string().trim_start_matches("tantivy v").split(',').next().unwrap_or("")
    );
    Ok(())
}

struct Engine {
    searcher: Searcher,
    text: Field,
    stamp: Field,
    an: TextAnalyzer,
    ords: Vec<Column<u64>>,
}

impl Engine {
    fn term(&mut self, word: &str) -> Term {
        let mut out = String::new();
        let mut ts = self.an.token_stream(word);
        if ts.advance() {
            out.push_str(&ts.token().text);
        }
        Term::from_field_text(self.text, &out)
    }

    /// One clause: a quoted phrase (without its quotes) or a word.
    fn clause(&mut self, s: &str, quoted: bool) -> Box<dyn Query> {
        if quoted {
            let terms: Vec<Term> = s.split(' ').filter(|w| !w.is_empty()).map(|w| self.term(w)).collect();
            if terms.len() > 1 {
                return Box::new(PhraseQuery::new(terms));
            }
            let one = terms.into_iter().next().unwrap_or_else(|| Term::from_field_text(self.text, ""));
            return Box::new(TermQuery::new(one, IndexRecordOption::WithFreqs));
        }
        if let Some(p) = s.strip_suffix('*') {
            return Box::new(FuzzyTermQuery::new_prefix(Term::from_field_text(self.text, p), 0, true));
        }
        if let Some(p) = s.strip_suffix('~') {
            return Box::new(FuzzyTermQuery::new(Term::from_field_text(self.text, p), 1, true));
        }
        Box::new(TermQuery::new(self.term(s), IndexRecordOption::WithFreqs))
    }

    fn parse(&mut self, q: &str) -> Box<dyn Query> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![];
        let mut rest = q.trim_start();
        while !rest.is_empty() {
            let mut occur = Occur::Should;
            if let Some(r) = rest.strip_prefix('+') {
                occur = Occur::Must;
                rest = r;
            } else if let Some(r) = rest.strip_prefix('-') {
                occur = Occur::MustNot;
                rest = r;
            }
            let (quoted, body) = match rest.strip_prefix('"') {
                Some(r) => (true, r),
                None => (false, rest),
            };
            let end = body.find(if quoted { '"' } else { ' ' }).unwrap_or(body.len());
            clauses.push((occur, self.clause(&body[..end], quoted)));
            rest = body[end..].trim_start_matches('"').trim_start();
        }
        if clauses.len() == 1 && clauses[0].0 != Occur::MustNot {
            return clauses.pop().unwrap().1;
        }
        if clauses.iter().all(|c| c.0 == Occur::MustNot) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        Box::new(BooleanQuery::new(clauses))
    }
}

struct Answer {
    count: i64,
    hits: Vec<(f64, DocAddress)>,
}

fn by_score(found: Vec<(f32, DocAddress)>) -> Vec<(f64, DocAddress)> {
    found.into_iter().map(|(s, d)| (s as f64, d)).collect()
}

fn search(e: &mut Engine, command: &str, q: &str, from: i64) -> Result<Answer, Fault> {
    let k: usize = command[1..].parse()?;
    let query = e.parse(q);
    let s = &e.searcher;
    let mut a = Answer { count: -1, hits: vec![] };
    match (command.as_bytes()[0], k) {
        (b'C', 0) => a.count = query.count(s)? as i64,
        (b'C', _) => {
            let (hits, n) = s.search(&*query, &(TopDocs::with_limit(k).order_by_score(), Count))?;
            a.count = n as i64;
            a.hits = by_score(hits);
        }
        (b'T', _) => a.hits = by_score(s.search(&*query, &TopDocs::with_limit(k).order_by_score())?),
        (b'F', _) => {
            let range = RangeQuery::new(
                std::ops::Bound::Included(Term::from_field_i64(e.stamp, from)),
                std::ops::Bound::Unbounded,
            );
            let scored: Box<dyn Query> = query;
            let filter: Box<dyn Query> = Box::new(tantivy::query::ConstScoreQuery::new(Box::new(range), 0.0));
            let both = BooleanQuery::new(vec![(Occur::Must, scored), (Occur::Must, filter)]);
            a.hits = by_score(s.search(&both, &TopDocs::with_limit(k).order_by_score())?);
        }
        (b'N', _) => {
            let c = TopDocs::with_limit(k).order_by_fast_field::<i64>("stamp", Order::Desc);
            a.hits = s.search(&*query, &c)?.into_iter().map(|(v, d)| (v.unwrap_or(0) as f64, d)).collect();
        }
        (b'S', _) => {
            a.hits = by_score(s.search(&*query, &TopDocs::with_limit(k).order_by_score())?);
            let mut generator = SnippetGenerator::create(s, &*query, e.text)?;
            generator.set_max_num_chars(200);
            a.count = 0;
            for (_, d) in &a.hits {
                let doc: TantivyDocument = s.doc(*d)?;
                a.count += generator.snippet_from_doc(&doc).to_html().len() as i64;
            }
        }
        _ => return Err("not understood".into()),
    }
    Ok(a)
}

fn cpu_ns() -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

fn serve(dir: &str, args: &[String]) -> Result<(), Fault> {
    let start = Instant::now();
    let index = Index::open_in_dir(dir)?;
    index.tokenizers().register("bench", analyzer());
    let reader = index.reader()?;
    let searcher = reader.searcher();
    let schema = index.schema();
    let ords = searcher.segment_readers().iter().map(|r| r.fast_fields().u64("ord")).collect::<Result<Vec<_>, _>>()?;
    let mut e = Engine {
        text: schema.get_field("text")?,
        stamp: schema.get_field("stamp")?,
        an: analyzer(),
        searcher,
        ords,
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let opened = start.elapsed().as_nanos();
    writeln!(out, "ready\t{opened}\t{}", tantivy::version_string().split(',').next().unwrap_or("tantivy"))?;
    out.flush()?;
    let cpu = option(args, "clock", "wall") == "cpu";
    let flush = option(args, "flush", "0") == "1";
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.starts_with('X') {
            writeln!(out, "x")?;
            out.flush()?;
            continue;
        }
        let f: Vec<&str> = line.split('\t').collect();
        if f.len() < 2 {
            writeln!(out, "-\tno query")?;
            continue;
        }
        let from = f.get(2).and_then(|x| x.parse().ok()).unwrap_or(0);
        let (wall0, cpu0) = (Instant::now(), cpu_ns());
        let found = search(&mut e, f[0], f[1], from);
        let ns = if cpu { cpu_ns() - cpu0 } else { wall0.elapsed().as_nanos() as u64 };
        match found {
            Err(x) => writeln!(out, "-\t{x}")?,
            Ok(a) => {
                write!(out, "{ns}\t{}\t", a.count)?;
                for (i, (score, d)) in a.hits.iter().take(10).enumerate() {
                    let ord = e.ords[d.segment_ord as usize].first(d.doc_id).unwrap_or(0);
                    write!(out, "{}{ord}:{score:.5}", if i > 0 { "," } else { "" })?;
                }
                writeln!(out)?;
            }
        }
        if flush {
            out.flush()?;
        }
    }
    Ok(())
}

fn main() -> Result<(), Fault> {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(|s| s.as_str()) {
        Some("build") if args.len() >= 4 => build(&args[2], &args[3], &args[4..]),
        Some("serve") if args.len() >= 3 => serve(&args[2], &args[3..]),
        _ => Err("usage: build LINES DIR [key=value …] | serve DIR [key=value …]".into()),
    }
}
