"""plot.py — two kinds of plots as SVG, written by hand: no library is needed, and the files stay small and readable."""
import math

INK, GRID = "#333", "#ddd"
COLOURS = {"libsearch": "#0b5fa5", "lucene10": "#d1495b", "tantivy": "#edae49", "lucene8": "#8d6a9f", "xapian": "#66a182", "sqlite": "#7f7f7f"}


def _head(width, height, title):
    return [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="{INK}">',
            f'<rect width="{width}" height="{height}" fill="#fff"/>', f'<text x="12" y="20" font-size="15">{title}</text>']


def _legend(out, names, x, y):
    for name in names:
        out.append(f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{COLOURS.get(name, INK)}"/><text x="{x + 10}" y="{y}">{name}</text>')
        x += 30 + 7 * len(name)


def _amount(us):
    return f"{us:g} µs" if us < 1000 else f"{us / 1000:g} ms" if us < 1e6 else f"{us / 1e6:g} s"


def dots(title, rows, engines):
    """rows: [(label, {engine: (p50, p99) in µs})]: a line for each, a dot at the median, a tail to the 99th percentile."""
    left, width, step = 110, 860, 24
    height = 90 + step * len(rows)
    values = [v for _, r in rows for pair in r.values() for v in pair if v > 0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    at = lambda v: left + (math.log10(max(v, 10 ** low)) - low) / (high - low) * (width - left - 30)
    out = _head(width, height, title)
    _legend(out, engines, left, 44)
    for p in range(low, high + 1):
        x = at(10 ** p)
        out.append(f'<path d="M{x:.1f} 56V{height - 30}" stroke="{GRID}"/><text x="{x:.1f}" y="{height - 12}" text-anchor="middle">{_amount(10 ** p)}</text>')
    for i, (label, r) in enumerate(rows):
        y = 70 + i * step
        out.append(f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">{label}</text>')
        for k, e in enumerate(engines):
            if e in r:
                yy = y + (k - (len(engines) - 1) / 2) * 3
                c = COLOURS.get(e, INK)
                out.append(f'<path d="M{at(r[e][0]):.1f} {yy:.1f}H{at(r[e][1]):.1f}" stroke="{c}" opacity=".5"/><circle cx="{at(r[e][0]):.1f}" cy="{yy:.1f}" r="4" fill="{c}"/>')
    return "\n".join(out + ["</svg>", ""])


def curves(title, xs, panels, engines):
    """panels: [(label, {engine: [µs or None for each x]})]: both axes by powers of ten, a panel each."""
    columns, w, h = 3, 300, 200
    rows = (len(panels) + columns - 1) // columns
    width, height = columns * w + 20, 70 + rows * h
    out = _head(width, height, title)
    _legend(out, engines, 20, 44)
    x_low, x_high = math.log10(xs[0]), math.log10(xs[-1])
    for i, (label, lines) in enumerate(panels):
        left, top = 60 + i % columns * w, 80 + i // columns * h
        values = [v for l in lines.values() for v in l if v]
        low, high = math.floor(math.log10(min(values))), max(math.ceil(math.log10(max(values))), math.floor(math.log10(min(values))) + 1)
        px = lambda x: left + (math.log10(x) - x_low) / (x_high - x_low) * (w - 80)
        py = lambda v: top + (high - math.log10(v)) / (high - low) * (h - 60)
        out.append(f'<text x="{left}" y="{top - 6}">{label}</text>')
        for p in range(low, high + 1):
            out.append(f'<path d="M{left} {py(10 ** p):.1f}H{left + w - 80}" stroke="{GRID}"/><text x="{left - 4}" y="{py(10 ** p) + 4:.1f}" text-anchor="end" font-size="10">{_amount(10 ** p)}</text>')
        for x in xs[::2]:
            out.append(f'<text x="{px(x):.1f}" y="{top + h - 44}" text-anchor="middle" font-size="10">{x:,}</text>')
        for e in engines:
            points = [(px(x), py(v)) for x, v in zip(xs, lines.get(e, [])) if v]
            if points:
                c = COLOURS.get(e, INK)
                out.append(f'<path d="M' + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + f'" fill="none" stroke="{c}" stroke-width="2"/>')
                out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{c}"/>' for x, y in points]
    return "\n".join(out + ["</svg>", ""])
