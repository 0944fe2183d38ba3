#!/usr/bin/env python3
"""gen_ucd.py — writes ucd_data.c from the files of the Unicode Character Database, version 15.0.0.

    python3 libsearch/text/gen_ucd.py /usr/share/unicode > libsearch/text/ucd_data.c

Only for those who change the tables; the build uses the committed ucd_data.c. The names and bits are those of ucd.h.
"""
import os
import sys

ROOT = sys.argv[1] if len(sys.argv) > 1 else '/usr/share/unicode'
VERSION = '15.0.0'
LIMIT = 0x110000
BLOCK = 128

WORD_BREAK = ['Other', 'CR', 'LF', 'Newline', 'Extend', 'ZWJ', 'Regional_Indicator', 'Format', 'Katakana',
              'Hebrew_Letter', 'ALetter', 'Single_Quote', 'Double_Quote', 'MidNumLet', 'MidLetter', 'MidNum',
              'Numeric', 'ExtendNumLet', 'WSegSpace']
SCRIPTS = ['Other', 'Latin', 'Greek', 'Cyrillic', 'Armenian', 'Hebrew', 'Arabic', 'Devanagari', 'Tamil', 'Thai',
           'Han', 'Hiragana', 'Katakana', 'Hangul', 'Bengali', 'Gujarati', 'Gurmukhi', 'Kannada', 'Malayalam',
           'Telugu', 'Sinhala', 'Georgian', 'Ethiopic']
# Written without blanks between words, beside those of Line_Break=SA (Thai, Lao, Khmer, Myanmar, Tai scripts, Ahom).
UNSPACED = {'Han', 'Hiragana', 'Katakana', 'Hangul', 'Bopomofo', 'Yi', 'Tangut', 'Nushu', 'Khitan_Small_Script',
            'Javanese', 'Balinese'}
PICTOGRAPH, BIGRAM, WORD, UNSTABLE, STERM, UPPER, LOWER, EMOJI, JAMO, MARK, DIGIT = (1 << (10 + i) for i in range(11))


def lines(name):
    path = os.path.join(ROOT, name)
    with open(path, encoding='utf-8') as f:
        head = f.readline()
        if name not in ('UnicodeData.txt', 'emoji/emoji-data.txt') and VERSION not in head:
            sys.exit(f'{path}: expected version {VERSION}, found {head.strip()}')
        f.seek(0)
        for line in f:
            line = line.split('#')[0].strip()
            if line:
                yield [field.strip() for field in line.split(';')]


def ranges(name, column=1):
    for fields in lines(name):
        first, _, last = fields[0].partition('..')
        yield range(int(first, 16), int(last or first, 16) + 1), fields[column:]


def prop(name, default):
    table = [default] * LIMIT
    for cps, fields in ranges(name):
        for cp in cps:
            table[cp] = fields[0]
    return table


def main():
    record = [0] * LIMIT
    wb = prop('auxiliary/WordBreakProperty.txt', 'Other')
    sb = prop('auxiliary/SentenceBreakProperty.txt', 'Other')
    gc = prop('extracted/DerivedGeneralCategory.txt', 'Cn')
    script = prop('Scripts.txt', 'Unknown')
    line = prop('LineBreak.txt', 'XX')
    for cp in range(LIMIT):
        r = WORD_BREAK.index(wb[cp])
        r |= (SCRIPTS.index(script[cp]) if script[cp] in SCRIPTS else 0) << 5
        letter = gc[cp][0] in 'LN' or wb[cp] in ('ALetter', 'Hebrew_Letter', 'Numeric', 'Katakana')
        unspaced = script[cp] in UNSPACED or line[cp] == 'SA' or wb[cp] == 'Katakana'
        if letter: r |= WORD
        if unspaced and (letter or gc[cp][0] == 'L') and gc[cp] != 'Nd': r |= BIGRAM
        if sb[cp] in ('STerm', 'ATerm'): r |= STERM
        if gc[cp] in ('Lu', 'Lt'): r |= UPPER
        if gc[cp] == 'Ll': r |= LOWER
        if gc[cp][0] == 'M': r |= MARK
        if gc[cp] == 'Nd': r |= DIGIT
        record[cp] = r
    for cps, fields in ranges('emoji/emoji-data.txt'):
        for cp in cps:
            if fields[0] == 'Extended_Pictographic': record[cp] |= PICTOGRAPH
            # Pictures count as words; signs such as (c), TM and arrows, shown as text, do not.
            if fields[0] == 'Emoji_Presentation' or (fields[0] == 'Emoji' and cp >= 0x2600): record[cp] |= EMOJI
    for cps, fields in ranges('DerivedNormalizationProps.txt'):
        if fields[0] == 'NFC_QC':
            for cp in cps: record[cp] |= UNSTABLE
    for cps, fields in ranges('extracted/DerivedCombiningClass.txt'):
        if fields[0] != '0':
            for cp in cps: record[cp] |= UNSTABLE
    for cps, fields in ranges('HangulSyllableType.txt'):
        if fields[0] in ('V', 'T'):
            for cp in cps: record[cp] |= JAMO
    zeros = []
    for cps, fields in ranges('extracted/DerivedNumericValues.txt'):
        for cp in cps:
            if gc[cp] == 'Nd' and fields[2] == '0': zeros.append(cp)
    emit(record, zeros)


def array(name, ctype, values, form='%d'):
    print(f'const {ctype} {name}[{len(values)}] = {{')
    row = '   '
    for v in values:
        item = ' ' + form % v + ','
        if len(row) + len(item) > 118:
            print(row)
            row = '   '
        row += item
    print(row.rstrip(','))
    print('};')


def emit(record, zeros):
    kinds = sorted(set(record))
    if len(kinds) > 256: sys.exit(f'{len(kinds)} kinds do not fit a byte')
    number = {r: i for i, r in enumerate(kinds)}
    blocks, stage1 = {}, []
    for at in range(0, LIMIT, BLOCK):
        stage1.append(blocks.setdefault(tuple(number[r] for r in record[at:at + BLOCK]), len(blocks)))
    print(NOTICE.format(version=VERSION))
    print('#include "libsearch/text/ucd.h"\n')
    print('/* clang-format off */')
    array('lsi_ucd_stage1', 'uint16_t', stage1)
    array('lsi_ucd_stage2', 'uint8_t', [n for b in blocks for n in b])
    array('lsi_ucd_kinds', 'uint32_t', kinds, '0x%x')
    array('lsi_ucd_zeros', 'uint32_t', sorted(zeros), '0x%x')
    print(f'const size_t lsi_ucd_zero_count = {len(zeros)};')


NOTICE = '''/* long file: a generated table */
/* ucd_data.c — properties of all code points, generated by gen_ucd.py from Unicode {version}; do not edit.
 *
 * A code point's properties are kinds[stage2[stage1[cp / 128] * 128 + cp % 128]]; the bits are in ucd.h. They are
 * modified extracts of Unicode's data files, which carry this notice:
 *
 * UNICODE, INC. LICENSE AGREEMENT - DATA FILES AND SOFTWARE
 * COPYRIGHT AND PERMISSION NOTICE
 * Copyright © 1991-2022 Unicode, Inc. All rights reserved.
 * Distributed under the Terms of Use in https://www.unicode.org/copyright.html.
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of the Unicode data files and any
 * associated documentation (the "Data Files") or Unicode software and any associated documentation (the "Software")
 * to deal in the Data Files or Software without restriction, including without limitation the rights to use, copy,
 * modify, merge, publish, distribute, and/or sell copies of the Data Files or Software, and to permit persons to whom
 * the Data Files or Software are furnished to do so, provided that either (a) this copyright and permission notice
 * appear with all copies of the Data Files or Software, or (b) this copyright and permission notice appear in
 * associated Documentation.
 *
 * THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
 * NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF THIRD PARTY
 * RIGHTS. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE BE LIABLE FOR ANY CLAIM, OR ANY
 * SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS,
 * WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE
 * OR PERFORMANCE OF THE DATA FILES OR SOFTWARE.
 *
 * Except as contained in this notice, the name of a copyright holder shall not be used in advertising or otherwise to
 * promote the sale, use or other dealings in these Data Files or Software without prior written authorization of the
 * copyright holder. */'''

main()
