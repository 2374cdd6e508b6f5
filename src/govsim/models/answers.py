"""Reading one whole number out of a model's own words, as a careful person would, or refusing with a reason.

A number counts only by its role. The text is brought to plain characters and cut into tokens; numbers that belong
together ("50/5 = 10", "10 of the 100", "5 to 10") are joined into one mention; and each mention gets a role from the
words of its clause:

- `CHOSEN`: everything before it is the language of deciding ("I will take 10", "Harvest: 10");
- `BARE`: the clause says nothing but the number ("10 tons, because ...");
- `LIKELY`: a decision softened ("I would take 10"), heard only where there is nothing firmer;
- `CONTEXT`: any other, which is never an answer ("12 was too much", "the lake holds 100").

The vocabulary of deciding is closed, so an unknown turn of phrase ends in a refusal and not in a guess: asking again
is cheap, and a wrong number is a wrong result. Readings that a person could dispute are settled so:

- "1.000" is 1 where a thousand is out of range, and refused where both readings are in range; "1,000" is a thousand.
- "about 10" is 10; "up to 10" and "10 if ..." leave the number open and are refused, as are "10%" and "$10".
- "a dozen" is 12; "10/100" is 10 of 100 where 100 is at least ``high``; any other unfinished sum is refused.
- A later decision replaces an earlier one only after a word that says so ("20... no, 10"); otherwise they conflict.
- A first line that is only a number is the answer, unless the text goes on to decide otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise, takewhile
from operator import attrgetter

from govsim.errors import Unparsable

ANY = 10**9
"""The bound of a number that is not bounded in words."""

_BARE = re.compile(r"0|[1-9][0-9]{0,8}")
"""Nothing but a number: by far the most frequent answer, and open to one reading only."""
_LONGEST = 10_000
_MOST_NUMBERS = 300


def _words_in_order(text: str) -> list[str]:
    return text.split()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_UNITS = _words(
    "t ton tons tonne tonnes metric unit units kg ha hectare hectares acre acres pallet pallets widget widgets fish "
    "sheep flock flocks grass"
)
_FILLERS = _words(
    "i i'd think say guess would maybe perhaps ok okay yes yeah sure well just about around approx circa some is it "
    "it's that that's this be a an the my me for of now here hmm please thanks today still month also as between from "
    "either number amount quantity value whole best good fair safe modest cautious conservative reasonable "
    "moderate sustainable responsible share and"
)
_AUXILIARIES = _words("have to by with on at am i'm i've i'll will let let's make earn down in out")
_DECIDING = _words(
    "take taking harvest harvesting catch catching choose choosing chosen pick picking select request requesting "
    "demand want claim use using extract extracting graze grazing produce producing go going opt settle settled "
    "decide decided decision choice answer final conclusion boxed withdraw ask asking give submit stick i'll"
)
_SOFTENING = _words("would should i'd need plan intend prefer suggest propose recommend like aim")
_SAYING = _words(
    "say says said tell tells told claim claims claimed announce announces announced promise promises promised write "
    "writes wrote answers answered replies replied suggests suggested proposes proposed wants wanted"
)
_CONDITIONS = _words("if when whether unless suppose had did")
_NOT_ADVERBS = _words("supply family apply reply previously formerly initially originally barely hardly nearly")
_STOCK = _words("lake pond river pasture field water stock capacity pool reserve resource total available growth limit")
_CONTEXT_AFTER = _words(
    "was were last ago left remain remains remaining available too us people persons fishers fishermen villagers "
    "shepherds herders farmers factories players agents others months years weeks days rounds collapse collapses "
    "destroy destroys deplete depletes exceed exceeds ruin ruins kill kills"
)
_RELATIVE_AFTER = _words("more less fewer extra additional times")
_CONDITION_AFTER = _words("if unless provided assuming")
_FRACTION_AFTER = _words("half third quarter")
_CLAUSE_WORDS = _words("but so because since then while although though therefore thus hence which where")
_LABELLED = _words(
    "month round cycle step option day week year agent player person fisher fisherman villager shepherd item "
    "rule phase case question"
)
_CHANGED_MIND = _words("wait actually correction scratch instead final finally")
_TAKEN_BACK = _words("no wait actually correction")
_WEAK = _words("one none nothing nil")
_BOUND_BEFORE = (
    *("at most", "up to", "at least", "no more than", "not more than", "no less than", "more than", "less than"),
    *("fewer than", "max", "maximum", "maximum of", "min", "minimum", "minimum of", "under", "over", "below", "above"),
    *("within", "<", ">", "≤", "≥"),
)
_BOUND_AFTER = ("or less", "or more", "or fewer", "at most", "at least", "max", "maximum", "tops", "minimum")

_RESULT, _TOTAL = "=", "out of"
_UNCLEAR, _PERCENT, _MONEY = "is not written clearly", "is a percentage", "is an amount of money"
_RANGE, _SUM, _SEVERAL = "is a range", "is an unfinished sum", "is several numbers"
_LINKS = (
    dict.fromkeys(("=", "≈", "equals", "makes", "gives", "that is"), _RESULT)
    | dict.fromkeys(("of", "out of", "from"), _TOTAL)
    | dict.fromkeys(("-", "to", "up to", "through", "~", "..", "...", "—"), _RANGE)
    | dict.fromkeys(("+", "plus", "*", "* *", "×", "x", "times", "/", "÷", "divided by", "minus", "point"), _SUM)
    | dict.fromkeys(("", "or", "and", "&", "and / or"), _SEVERAL)
)
_UNLINKED = _UNITS | _words("\" ' [ ] { } _ ` $ % , ( the a my about maybe perhaps even also")

_ONES = _words_in_order("one two three four five six seven eight nine")
_TEENS = _words_in_order("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
_TENS = _words_in_order("twenty thirty forty fifty sixty seventy eighty ninety")
_NOUGHTS = _words_in_order("zero none nothing nil")
_SPOKEN_VALUES = (
    dict.fromkeys(_NOUGHTS, 0)
    | dict(zip(_ONES + _TEENS, range(1, 20), strict=True))
    | dict(zip(_TENS, range(20, 100, 10), strict=True))
)
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000}
_UNREAD_SCALES = _words("dozen hundred thousand million billion trillion")

_TO_99 = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_ONES)}))?|{'|'.join(_TEENS + _ONES + _NOUGHTS)})\b"
_TO_999 = rf"(?:(?:(?:{_TO_99}|a)[- ])?hundred\b(?:(?:\ and)?[- ]{_TO_99})?|{_TO_99})"
_SPOKEN = rf"(?:a\ )?dozen|(?:(?:{_TO_999}|a)[- ])?thousand\b(?:,?\ (?:and\ )?{_TO_999})?|{_TO_999}"
_MONTHS = "(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_DATE = rf"\d++(?:-\d++){{2,}}|\d++(?:/\d++){{2,}}|\d\d?:\d\d\b|{_MONTHS}\ \d\d?\b(?:,?\ \d{{4}}\b)?|\d\d?\ {_MONTHS}\b"
_DIGITS = r"\d{1,3}(?:\ \d{3})+(?!\d)(?:[.,]\d+)?|\^?\d++(?:[.,'_^]\d++)*|(?<![.\w])\.\d++"
_TOKEN = re.compile(
    rf"(?P<label>{_DATE})|(?P<number>{_DIGITS})|(?P<spoken>\b(?:{_SPOKEN})\b)"
    r"|(?P<word>[^\W\d_][^\W_]*(?:'[^\W\d_]+)*)|(?P<line>\n)|(?P<mark>\.{2,}|[^\w\s]|_)",
    re.VERBOSE,
)

_QUOTATION = re.compile(
    r"""\"[^\"\n]*\"|“[^“”\n]*”|„[^“”„\n]*[“”]|«[^«»\n]*»|(?<!\w)'[^'\n]*+(?:'(?=\w)[^'\n]*+)*+'(?!\w)"""
)
_REPLACED = dict(zip("−—―’‘٬٫⁄∕。", "-——'',.//.", strict=True)) | {"🔟": " 10 "}
_MONEY_MARKS = _words("$ € £ ¥ ₹")
_MONEY_WORDS = _words("dollar dollars usd euro euros eur cent cents")
_BREAKS = _words(". ! ? ; , ( ) — ... ..") | _CLAUSE_WORDS
_SENTENCE_ENDS = _words(". ! ? ;")
_FIRST_PERSON = _words("i i'll i'm i'd i've")
_REACH = 50
_NUMBER = "#"


class _Role(StrEnum):
    CHOSEN = "chosen"
    BARE = "bare"
    LIKELY = "likely"
    CONTEXT = "context"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """A word, number, mark, line end, or label (a number that only names something, such as a date)."""

    kind: str
    text: str
    start: int
    end: int
    is_break: bool
    value: Decimal = Decimal(0)
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mention:
    """Numbers that belong together, from token ``first`` to token ``last``, read as one value in one role."""

    first: int
    last: int
    value: Decimal
    written: str
    problem: str = ""
    role: _Role = _Role.CONTEXT
    is_alone: bool = False


def number_wanted(low: int, high: int) -> str:
    """What a number has to be, in words."""
    return "a whole number" if (low, high) == (0, ANY) else f"a whole number from {low} to {high}"


def read_number(text: str, *, low: int, high: int) -> int:
    """Read the whole number that a text decides on.

    Args:
        text: what stood after the tag of a reply, or a whole reply without a tag; of a text beyond 10,000
            characters only a first line that is nothing but a number is read.
        low: the smallest number allowed.
        high: the largest number allowed.

    Returns:
        The number, in ``low..high``.

    Raises:
        Unparsable: there is no number, no plain decision for one number, or one that is not allowed.
    """
    wanted = number_wanted(low, high)
    text = text.strip()
    if _BARE.fullmatch(text) and low <= int(text) <= high:
        return int(text)
    if not text:
        raise Unparsable(f"The answer was empty; answer with only {wanted}.")
    try:
        chosen = _decision(_own_words(text, high), high)
    except _Undecided as undecided:
        raise Unparsable(f"{undecided}; answer with only {wanted}.") from None
    if not low <= chosen.value <= high or chosen.value != chosen.value.to_integral_value():
        raise Unparsable(f"You asked for {_shortened(chosen.written)}, but the answer must be {wanted}.")
    return int(chosen.value)


class _Undecided(Exception):
    """No number stands as the decision; the message is a clause that says why."""


def _decision(text: str, high: int) -> _Mention:
    head, line_end, _ = text[:_LONGEST].partition("\n")
    is_long = len(text) > _LONGEST
    if is_long and not line_end:
        raise _Undecided("The answer is too long")
    tokens = _tokens(_plain(head if is_long else text), high)
    chosen = _choose(_mentions(tokens, high), tokens)
    if is_long and not chosen.is_alone:
        raise _Undecided("The answer is too long")
    return chosen


def _own_words(text: str, high: int) -> str:
    """The text without what it quotes: a decision between quotation marks is somebody else's, a mere number is not."""
    if len(text) > _LONGEST:
        return text
    if (whole := _QUOTATION.fullmatch(text)) is not None:
        return whole[0][1:-1]

    def kept(quotation: re.Match[str]) -> str:
        tokens = _tokens(_plain(quotation[0][1:-1]), high)
        has_number = any(token.kind in ("number", "label") for token in tokens)
        has_more = bool(_unknown((token.text for token in tokens if token.kind == "word"), frozenset()))
        return " … " if has_number and has_more else quotation[0]

    return _QUOTATION.sub(kept, text)


def _shortened(written: str) -> str:
    return written if len(written) <= 40 else written[:37] + "..."


def _plain(text: str) -> str:
    """The text in lower case and plain characters, without the marks of Markdown, HTML and LaTeX."""
    text = "\n".join("".join(map(_plain_character, line)) for line in text.splitlines()).lower()
    text = re.sub(r"</?[a-z][^<>\n]*>|&[a-z]+;|\\(?:text|math)[a-z]*|\\(?!\$)", " ", text)
    text = re.sub(r"\$(?=[^\s$])([^$\n]*)(?<=\S)\$(?!\d)", r" \1 ", text)
    text = re.sub(r"\*++(?!\s*\d)|(?<!\d)(?<!\d\s)\*++", "", text)
    return text.replace("->", ":").replace("=>", ":").replace("<=", "≤").replace(">=", "≥")


def _plain_character(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else " "
    if character in _REPLACED:
        return _REPLACED[character]
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    category = unicodedata.category(character)
    plain = unicodedata.normalize("NFKC", character).replace("⁄", "/")
    if category == "No":
        is_part = unicodedata.decomposition(character).startswith(("<super>", "<sub>", "<fraction>"))
        return "^" + plain if is_part else f" {plain} "
    if category == "Pd":
        return "-"
    return "" if category in ("Cf", "Mn", "Me") else plain


def _tokens(text: str, high: int) -> list[_Token]:
    tokens = [_token(match, high) for match in _TOKEN.finditer(text)]
    tokens = [_judged(tokens, at) if token.kind == "number" else token for at, token in enumerate(tokens)]
    items = _list_items(tokens)
    return [replace(token, kind="label") if at in items else token for at, token in enumerate(tokens)]


def _token(match: re.Match[str], high: int) -> _Token:
    kind, text = match.lastgroup or "", match[0]
    value: Decimal | None = Decimal(0)
    if kind == "number":
        value = _digits_value(text, high)
    elif kind == "spoken":
        kind, value = "number", _spoken_value(text)
    is_loose = text == "-" and not match.string[match.end() : match.end() + 1].strip()
    return _Token(
        kind=kind,
        text=text,
        start=match.start(),
        end=match.end(),
        is_break=kind == "line" or text in _BREAKS or is_loose,
        value=value or Decimal(0),
        problem="" if value is not None else _UNCLEAR,
    )


def _digits_value(written: str, high: int) -> Decimal | None:
    """The value of digits with separators, or ``None`` where they can be read in two ways or in none."""
    if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", written):
        return None if Decimal(written) * 1000 <= high else Decimal(written)
    if re.fullmatch(r"\d+|\d*\.\d+", written):
        return Decimal(written)
    if re.fullmatch(r"[1-9]\d{0,2}([,'_ ])\d{3}(?:\1\d{3})*(?:\.\d+)?", written):
        return Decimal(re.sub("[,'_ ]", "", written))
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3}){2,}(?:,\d+)?", written):
        return Decimal(written.replace(".", "").replace(",", "."))
    return Decimal(written.replace(",", ".")) if re.fullmatch(r"\d+,\d{1,2}", written) else None


def _spoken_value(written: str) -> Decimal:
    total = group = 0
    for word in re.findall("[a-z]+", written):
        if word == "thousand":
            total, group = max(group, 1) * 1000, 0
        elif word in _SCALES:
            group = max(group, 1) * _SCALES[word]
        else:
            group += _SPOKEN_VALUES.get(word, 0)
    return Decimal(total + group)


def _judged(tokens: Sequence[_Token], at: int) -> _Token:
    """The number at ``at``, made a word or a label where it only names something, with what is wrong with it."""
    token = tokens[at]
    before = tokens[at - 1] if at else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if token.text in _WEAK and not _is_weak_number(before, after):
        return replace(token, kind="word")
    if _is_label(tokens, at, after):
        return replace(token, kind="label")
    if before and before.text in _MONEY_MARKS:
        return replace(token, problem=_MONEY)
    return _measured(token, after) if after else token


def _measured(token: _Token, after: _Token) -> _Token:
    """The number with what the next token makes of it."""
    if after.kind == "word" and after.start == token.end and after.text not in _UNITS:
        return replace(token, text=token.text + after.text, problem=_UNCLEAR)
    if after.text in _UNREAD_SCALES:
        return replace(token, problem=_UNCLEAR)
    if after.text in ("%", "percent"):
        return replace(token, text=f"{token.text}%", problem=_PERCENT)
    return replace(token, problem=_MONEY) if after.text in _MONEY_MARKS | _MONEY_WORDS else token


def _is_weak_number(before: _Token | None, after: _Token | None) -> bool:
    """Whether "one" or "none" counts something here, and is not a pronoun."""
    starts, ends = before is None or before.is_break, after is None or after.is_break
    if before and before.text in _DECIDING | {"is", "exactly"}:
        return True
    return (starts and ends) or (after is not None and after.text in _UNITS | {"this" if starts else ""})


def _is_label(tokens: Sequence[_Token], at: int, after: _Token | None) -> bool:
    """Whether the number is an ordinal ("3rd") or numbers a thing ("round 3", "#3")."""
    before = tokens[at - 1].text if at else ""
    if after and after.start == tokens[at].end and after.text in ("st", "nd", "rd", "th"):
        return True
    if before == "#" and tokens[at - 1].end == tokens[at].start:
        return True
    return before in _LABELLED and not (at > 1 and tokens[at - 2].text in ("this", "the", "each", "per", "every"))


def _list_items(tokens: Sequence[_Token]) -> set[int]:
    """Where numbers open the items of a list that counts up from 1 and has two items at least."""
    items: list[int] = []
    for at, token in enumerate(tokens[:-2]):
        opens = at == 0 or tokens[at - 1].is_break or tokens[at - 1].text == ":"
        is_marked = tokens[at + 1].text in (".", ")", ":") and tokens[at + 2].kind in ("word", "number")
        if token.kind == "number" and token.value == len(items) + 1 and opens and is_marked:
            items.append(at)
    return set(items) if len(items) > 1 else set()


def _mentions(tokens: Sequence[_Token], high: int) -> list[_Mention]:
    numbers = [at for at, token in enumerate(tokens) if token.kind == "number"]
    if len(numbers) > _MOST_NUMBERS:
        raise _Undecided(f"The answer has {len(numbers)} numbers")
    chains: list[tuple[list[int], list[str]]] = []
    for index, at in enumerate(numbers):
        link = _link(tokens, numbers[index - 1], at, high) if index else None
        if link is None:
            chains.append(([at], []))
        else:
            chains[-1][0].append(at)
            chains[-1][1].append(link)
    mentions: list[_Mention] = []
    for ats, links in chains:
        mention = _signed(_joined(tokens, ats, links), tokens)
        mentions.append(_with_role(mention, tokens, is_first=not mentions))
    return mentions


def _link(tokens: Sequence[_Token], left: int, right: int, high: int) -> str | None:
    """How two neighbouring numbers belong together, or ``None`` where each stands for itself."""
    gap = tokens[left + 1 : right]
    if any(token.kind in ("line", "label") for token in gap):
        return None
    link = _LINKS.get(" ".join(token.text for token in gap if token.text not in _UNLINKED))
    marks = {token.text for token in gap}
    if link == _SUM and "/" in marks and tokens[left].value <= tokens[right].value >= high:
        return _TOTAL
    if "(" in marks and link not in (_RESULT, _TOTAL):
        return None
    if link == _SEVERAL and (marks == {","} or _leads_to_context(_following(tokens, right))):
        return None
    is_unbroken = all(one.end == two.start for one, two in pairwise(tokens[left : right + 1]))
    return _SEVERAL if link is None and is_unbroken else link


def _joined(tokens: Sequence[_Token], ats: Sequence[int], links: Sequence[str]) -> _Mention:
    """One mention of linked numbers: what stands alone on a side of "=", else the number itself, else a problem."""
    sides = [[tokens[ats[0]]]]
    for at, link in zip(ats[1:], links, strict=True):
        if link == _RESULT:
            sides.append([tokens[at]])
        elif link != _TOTAL:
            sides[-1].append(tokens[at])
    alone = [side[0] for side in sides if len(side) == 1 and (len(sides) == 1 or side[0].problem != _PERCENT)]
    if len({token.value for token in alone}) == 1:
        read = alone[-1]
        return _Mention(first=ats[0], last=ats[-1], value=read.value, written=read.text, problem=read.problem)
    problem = next((link for link in links if link not in (_RESULT, _TOTAL)), _SUM)
    span = tokens[ats[0] : ats[-1] + 1]
    written = span[0].text + "".join(" " * (two.start > one.end) + two.text for one, two in pairwise(span))
    return _Mention(first=ats[0], last=ats[-1], value=Decimal(0), written=written, problem=problem)


def _signed(mention: _Mention, tokens: Sequence[_Token]) -> _Mention:
    before = tokens[mention.first - 1] if mention.first else None
    is_dash = before is not None and before.text == "-" and before.end == tokens[mention.first].start
    if is_dash or (before is not None and before.text in ("minus", "negative")):
        return replace(mention, first=mention.first - 1, value=-mention.value, written=f"-{mention.written}")
    return mention


def _with_role(mention: _Mention, tokens: Sequence[_Token], *, is_first: bool) -> _Mention:
    back = tokens[max(mention.first - _REACH, 0) : mention.first][::-1]
    ahead = tokens[mention.last + 1 :][:_REACH]
    before, after = _clause(back)[::-1], _following(tokens, mention.last)
    if before[-1:] == ["<"] and after[:1] == [">"]:
        before, after = before[:-1], after[1:]
    bound = next((phrase for phrase in _BOUND_BEFORE if " ".join(["", *before]).endswith(f" {phrase}")), "")
    before = before[: len(before) - len(bound.split())]
    role = _role(before, after, is_first=is_first)
    problem = mention.problem or ("is only a limit" if bound else _problem_after(after, ahead))
    is_aside = problem in (_PERCENT, _MONEY) or (bool(problem) and back[:1] != [] and back[0].text == "(")
    if _is_asked(ahead):
        role, problem = _Role.CONTEXT, "is asked and not decided"
    elif role is _Role.BARE and is_aside:
        role = _Role.CONTEXT
    line = [token.kind for way in (back, ahead) for token in takewhile(lambda token: token.kind != "line", way)]
    is_alone = line.count("word") + line.count("number") == len(before) + len(after)
    return replace(mention, role=role, problem=problem, is_alone=is_alone and role is _Role.BARE)


def _problem_after(after: Sequence[str], ahead: Sequence[_Token]) -> str:
    """What the words after a number take from it: a limit, a fraction, a comparison or a condition, else nothing."""
    first = _first_unknown(after)
    if " ".join(after).startswith(_BOUND_AFTER):
        return "is only a limit"
    if first in _FRACTION_AFTER:
        return "is not a whole number"
    if first in _RELATIVE_AFTER:
        return "is relative to another number"
    stop = next((at for at, token in enumerate(ahead[:-1]) if token.is_break), None)
    if not first and stop is not None and ahead[stop].text in ",(":
        first = ahead[stop + 1].text
    return "depends on a condition" if first in _CONDITION_AFTER else ""


def _is_asked(ahead: Iterable[_Token]) -> bool:
    ends = (token.text for token in ahead if token.kind == "line" or token.text in _SENTENCE_ENDS)
    return next(ends, "") == "?"


def _following(tokens: Sequence[_Token], last: int) -> list[str]:
    return _clause(takewhile(lambda token: token.text != ":", tokens[last + 1 : last + 1 + _REACH]))


def _clause(tokens: Iterable[_Token]) -> list[str]:
    """The words up to the end of the clause, other numbers as "#"; of a very long clause the first ones."""
    words: list[str] = []
    for token in tokens:
        if token.is_break:
            return words
        if token.kind == "number":
            words.append(_NUMBER)
        elif token.kind == "word" or token.text in "<>≤≥":
            words.append(token.text)
    return words


def _role(before: Sequence[str], after: Sequence[str], *, is_first: bool) -> _Role:
    if _leads_to_context(after):
        return _Role.CONTEXT
    own = _own_clause(before)
    if not _unknown(own, _DECIDING | _SOFTENING | _AUXILIARIES | {_NUMBER}):
        if not _SOFTENING.isdisjoint(own):
            return _Role.LIKELY
        if not _DECIDING.isdisjoint(own):
            return _Role.CHOSEN
    if _unknown(before, frozenset()):
        return _Role.CONTEXT
    # The first number may carry a unit that only its scenario knows.
    strange = _unknown(after, _SOFTENING | _DECIDING)
    if not strange or (is_first and len(strange) <= 3 and _STOCK.isdisjoint(after) and _NUMBER not in after):
        return _Role.BARE if _DECIDING.isdisjoint(after) else _Role.CHOSEN
    return _Role.CONTEXT


def _own_clause(before: Sequence[str]) -> list[str]:
    """The words from the last "I" on, with "I will" as one word; a condition before the "I" is kept."""
    start = max((at for at, word in enumerate(before) if word in _FIRST_PERSON), default=0)
    told = before[max(start - 2, 0) : start]
    if not _SAYING.isdisjoint(told) and _FIRST_PERSON.isdisjoint(before[:start]):
        return list(before)
    start -= start > 0 and before[start - 1] in _CONDITIONS
    return " ".join(before[start:]).replace("i will ", "i'll ").split()


def _unknown(words: Iterable[str], known: frozenset[str]) -> list[str]:
    known = known | _FILLERS | _UNITS
    return [word for word in words if word not in known and (not word.endswith("ly") or word in _NOT_ADVERBS)]


def _first_unknown(after: Sequence[str]) -> str:
    return next(iter(_unknown(after, frozenset())), "")


def _leads_to_context(after: Sequence[str]) -> bool:
    return _first_unknown(after) in _CONTEXT_AFTER and list(after) != ["too"]


def _choose(mentions: Sequence[_Mention], tokens: Sequence[_Token]) -> _Mention:
    """The mention that is the decision."""
    if not mentions:
        raise _Undecided("There is no number in the answer that can be a decision")
    is_settled = mentions[0].is_alone
    chosen = [mention for mention in mentions if mention.role is _Role.CHOSEN]
    bare = [mention for mention in mentions if mention.role is _Role.BARE and (mention.is_alone or not is_settled)]
    firm = sorted(chosen + [mention for mention in bare if not (chosen and mention.problem)], key=attrgetter("first"))
    standing = _standing(firm, tokens) or [mention for mention in mentions if mention.role is _Role.LIKELY]
    for mention in standing or mentions:
        if mention.problem:
            raise _Undecided(f'"{_shortened(mention.written)}" {mention.problem}')
    if not standing:
        raise _Undecided(f"No number in the answer is plainly your decision (it has {_named(mentions)})")
    if len({mention.value for mention in standing}) > 1:
        raise _Undecided(f"The answer gives several numbers ({_named(standing)})")
    return standing[-1]


def _named(mentions: Sequence[_Mention]) -> str:
    names = list(dict.fromkeys(_shortened(mention.written) for mention in mentions))
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _standing(firm: Sequence[_Mention], tokens: Sequence[_Token]) -> Sequence[_Mention]:
    """The decisions that no later word takes back."""
    if not firm:
        return firm
    start = 0
    for index, (earlier, later) in enumerate(pairwise(firm), start=1):
        between = range(earlier.last + 1, later.first)
        if any(tokens[at].text in _CHANGED_MIND or _is_outcry(tokens, at) for at in between):
            start = index
    if any(_is_outcry(tokens, at) for at in range(firm[-1].last + 1, len(tokens))):
        raise _Undecided(f'You seem to take back "{_shortened(firm[-1].written)}"')
    return firm[start:]


def _is_outcry(tokens: Sequence[_Token], at: int) -> bool:
    """Whether "no", "wait" or the like stands for itself, as one who changes one's mind says it."""
    is_alone = tokens[at - 1].is_break and (at + 1 == len(tokens) or tokens[at + 1].is_break)
    return is_alone and tokens[at].text in _TAKEN_BACK
