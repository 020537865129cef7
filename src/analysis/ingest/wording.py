"""Does a cell read like something that people write? How encodings are told apart.

Nearly any bytes are some text in nearly any encoding, and the wrong one gives itself away: a
capital amid small letters, a lone half-width kana before a digit, two alphabets in one word. Each
judge returns 1 for a cell that speaks for its reading, -1 for one that speaks against it, or 0.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise

_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_WORD = re.compile(r"[^\W\d_½¼¾²³¹]+")
_THREE_ACCENTS = re.compile(r"[^\W\d_a-zA-Z]{3}")
_ALIKE = str.maketrans("ªºµ\xa0\xad", "°°° -")

_CURRENCY = "£€¥¢"
_APOSTROPHES = ("\u2018", "\u2019")
_DASHES = "\u2011\u2013\u2014…·"
_QUOTES = "\u2018\u2019“”„«»•¡¿" + _DASHES
# After a letter they are rather the second half of a character of two bytes.
_TRAILING = ("[", "\\", "^", "`", "{", "~")
_OPENING = "\u2018“„«¡¿"
_WITHIN_WORDS = "\u2018\u2019" + _DASHES
_SIGNS = "©®™°²³¹½¼¾\xd7÷±§"
_AFTER_WORDS, _AFTER_LETTERS = "©®™", "°²³¹"
_BEFORE_LETTERS = "©°§"
# Letters of Windows-1252 that its own languages hardly use; other code pages have common letters
# of theirs in the same places.
_RARE = "ðþýÐÞÝšžŠŽŸƒ"

_HALF = re.compile(r"[\uff61-\uff9f]+")
_BEGINS_NO_KANA = "｡｣､･ｧｨｩｪｫｬｭｮｯｰﾞﾟ"
_VOICED = re.compile(r"(?<![ｳ-ﾄﾊ-ﾎ])[ﾞ]|(?<![ﾊ-ﾎ])ﾟ")
_LONG_MARK = re.compile("(?<=[ｦ-ﾟ])-(?=[ｦ-ﾟ])")
_HALF_MARKS = re.compile("[｡｢｣､･]")
# Of Windows-1252: with the `s` of the English genitive it makes a kanji.
_APOSTROPHE = 0x92
_KANA = re.compile("[ぁ-ゖァ-ヺ]")
_IDEOGRAPHS = re.compile("[\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7a3]+")
_COMMON = {
    "cp932": (0x889F, 0x9872),
    "gb18030": (0xB0A1, 0xD7F9),
    "big5": (0xA440, 0xC67E),
    "cp949": (0xB0A1, 0xC8FE),
}


def judge_of(encoding: str, *, strict: bool = True) -> Callable[[str], int]:
    """Return what judges cells that were decoded so.

    Args:
        encoding: As Python calls it.
        strict: Whether rare letters speak against Windows-1252.
    """
    if encoding == "cp932":
        return japanese
    if encoding == "euc_jp":
        return partial(japanese, kana=True)
    if encoding in _COMMON:
        return partial(ideographic, encoding=encoding)
    return partial(alphabetic, rare=_RARE if strict and encoding == "cp1252" else "")


def alphabetic(cell: str, *, rare: str = "") -> int:
    r"""Judge a cell in a writing of letters.

    >>> cells = ("Zoë", "£19", "L\u2019été", "Cafﾃ", "CafŽ", "\u201a±\u201añ", "œ19")
    >>> [alphabetic(cell) for cell in cells]
    [1, 1, 1, -1, -1, -1, -1]
    """
    cell = cell.translate(_ALIKE)
    votes = [_word(cell, found, rare) for found in _WORD.finditer(cell) if not found[0].isascii()]
    votes += [
        _sign(cell, place)
        for place, sign in enumerate(cell)
        if not sign.isascii() and not sign.isalpha()
    ]
    return _sum(votes)


def _word(cell: str, found: re.Match[str], rare: str) -> int:
    word = found[0]
    scripts = {_script(letter) for letter in word}
    pairs = [*pairwise(word)]
    around = cell[max(found.start() - 1, 0) : found.start()] + cell[found.end() : found.end() + 1]
    foreign_ends = not (word[0] + word[-1]).isascii()
    if (
        len(scripts) > 1
        or any(letter in rare for letter in word)
        or any(a.islower() and b.isupper() and not (a + b).isascii() for a, b in pairs)
        or (not word[-1].isascii() and cell[found.end() : found.end() + 1] in _TRAILING)
        or (foreign_ends and re.search(r"\d", around))
        or unicodedata.normalize("NFKC", word) != word
    ):
        return -1
    if scripts == {"LATIN"} and len(word) > 1:
        if _THREE_ACCENTS.search(word):
            return -1
        return 1 if re.search("[a-zA-Z]", word) else 0
    # One letter beside a sign may well be half of another.
    return 1 if len(word) > 1 or around.isascii() or around in _APOSTROPHES else 0


@cache
def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split()[0]


def _sign(cell: str, place: int) -> int:
    """Judge what is neither ASCII nor a letter by what stands on both sides of it."""
    sign = cell[place]
    before, after = cell[:place][-1:], cell[place + 1 : place + 2]
    if sign in _CURRENCY:
        near = cell[max(place - 2, 0) : place].rstrip()[-1:] + cell[place + 1 :].lstrip()[:1]
        return 1 if re.search(r"\d", near) or not re.search(r"\w", before + after) else -1
    if sign in _QUOTES:
        return _quote(sign, before, cell[place + 1 :])
    if sign not in _SIGNS or (before.isalpha() and after.isalpha()):
        return -1
    fits_before = (
        not before.isalpha()
        or sign in _AFTER_WORDS
        or (sign in _AFTER_LETTERS and before.isascii())
    )
    fits_after = not after.isalpha() or sign in _BEFORE_LETTERS
    raised = sign in "²³¹" and not before.isalnum()
    return 1 if fits_before and fits_after and not raised else -1


def _quote(sign: str, before: str, rest: str) -> int:
    """Judge a quotation mark or a dash."""
    after = rest[:1]
    if sign in _DASHES:
        if before.isalpha() and re.match(r"[^\w\s\"')”\u2019»]", after):
            return -1
        return 0 if sign == "·" or re.match(r"[a-z]\b", rest) else 1
    if before.isalpha() and after.isalpha():
        return 1 if sign in _WITHIN_WORDS else -1
    if sign in _OPENING and before.isdigit() and after.isalpha():
        return -1
    return 0 if sign in "\u2019„" and not before.isalnum() else 1


def japanese(cell: str, *, kana: bool = False) -> int:
    """Judge a cell as Japanese; kanji without any kana say nothing where `kana` is asked for.

    >>> [japanese(cell) for cell in ("山田", "3個", "ｻｲｽﾞ", "お茶", "｣19", "Zo襟", "Cr鑪e")]
    [1, 1, 1, 1, -1, 0, -1]
    """
    cell = _LONG_MARK.sub("ｰ", cell)
    judged = _sum([_run(cell, found) for found in _FOREIGN.finditer(cell)])
    return min(judged, 0) if kana and not _KANA.search(cell) else judged


def _run(cell: str, found: re.Match[str]) -> int:
    """Judge characters beyond ASCII that stand together, by what stands on both sides of them."""
    run = found[0]
    before, after = cell[: found.start()][-1:], cell[found.end() :][:1]
    if any(unicodedata.category(mark) in ("Cc", "Cn") for mark in run):
        return -1
    if _KANA.search(run):
        return -1 if len(run) == 1 and _is_small(after) else 1
    votes = [_half_width(half[0], before, after) for half in _HALF.finditer(run)]
    kanji = "".join(_IDEOGRAPHS.findall(run))
    if kanji:
        votes.append(_kanji(kanji, before, after, alone=run == cell))
    elif not votes:
        # Wide digits, brackets and signs such as ①.
        lone = len(run) == 1 and before.isascii() and before.isalpha()
        votes.append(-1 if lone and _is_small(after) else int(not lone and run[0].isprintable()))
    return _sum(votes)


def _is_small(letter: str) -> bool:
    return letter.isascii() and letter.islower()


def _half_width(run: str, before: str, after: str) -> int:
    letters = (before + after).isalpha()
    if len(run) == 1:
        return 0 if run == "･" else -1
    if run[0] in _BEGINS_NO_KANA or _VOICED.search(run):
        return -1
    if 3 * len(_HALF_MARKS.findall(run)) > len(run):
        return -1
    if len(run) == 2 and run[1] not in "ﾞﾟ":
        return -1 if letters else 0
    return 1


def _kanji(kanji: str, before: str, after: str, *, alone: bool) -> int:
    common = sum(_is_common(letter, "cp932") for letter in kanji)
    if _is_small(after):
        return -1
    if len(kanji) > 1 and 2 * common >= len(kanji):
        return 1 if common == len(kanji) or not _is_small(before) else 0
    if not common:
        return 0 if alone or (len(kanji) > 1 and not _is_small(before)) else -1
    # One kanji is the whole answer, counts things, or tells a size.
    apostrophe = kanji.encode("cp932", "replace")[0] == _APOSTROPHE
    if not alone and (after.isalpha() or _is_small(before) or apostrophe):
        return 0
    return 1 if alone or before.isalnum() else 0


def ideographic(cell: str, *, encoding: str) -> int:
    """Judge a cell as Chinese or Korean: by letters that its standard counts among the common ones.

    >>> [ideographic(cell, encoding="gb18030") for cell in ("订单", "偙傫偵", "Zo雝n")]
    [1, -1, -1]
    """
    votes = []
    for found in _IDEOGRAPHS.finditer(cell):
        usual = all(_is_common(letter, encoding) for letter in found[0])
        followed = _is_small(cell[found.end() :][:1])
        votes.append(-1 if followed or not usual else int(len(found[0]) > 1))
    others = _IDEOGRAPHS.sub("", cell)
    if _KANA.search(others) or any(
        unicodedata.category(mark) in ("Cc", "Cn", "Co") for mark in others
    ):
        votes.append(-1)
    return _sum(votes)


@cache
def _is_common(letter: str, encoding: str) -> bool:
    first, last = _COMMON[encoding]
    try:
        code = int.from_bytes(letter.encode(encoding))
    except UnicodeEncodeError:
        return False
    return first <= code <= last


def _sum(votes: list[int]) -> int:
    return -1 if -1 in votes else int(1 in votes)
