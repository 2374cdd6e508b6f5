"""Small SVG files for pages: the same drawing as matplotlib's in about a third of the bytes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count

_FONTS = "text{font-family:'DejaVu Sans','Bitstream Vera Sans',Verdana,sans-serif}"

_NOT_DRAWN = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->"
    r"|font-family: 'DejaVu Sans';? ?| transform=\"rotate\(-0 [^)]*\)\"",
    re.DOTALL,
)
_TAG = re.compile(r"<[^>]*>")
_BETWEEN_TAGS = re.compile(r">\s*\n\s*<")
_LONG_DECIMALS = re.compile(r"(?<=[ \"(-])(\d+\.\d{2})\d+")
_PATH = re.compile(r"(?<= d=\")[^\"]*")
_AROUND_COMMANDS = re.compile(r"\s*([A-Za-z])\s*")
_STYLE = re.compile(r" style=\"([^\"]*)\"")
_ID = re.compile(r" id=\"([^\"]*)\"")
_REFERENCE = re.compile(r"(?:xlink:)?href=\"#([^\"]*)\"|url\(#([^)]*)\)")
_GROUP = re.compile(r"<g(?: [^>]*)?>|</g>")


def compact(svg: str) -> str:
    """Return an SVG of matplotlib with letters as text, without what browsers do not need to draw it.

    Coordinates have two decimals, each style is stated once, and only elements that are referred to have identifiers.
    Browsers use DejaVu Sans or, without it, a font of about the same widths.

    Args:
        svg: the file as matplotlib writes it.
    """
    written = _BETWEEN_TAGS.sub("><", _NOT_DRAWN.sub("", svg)).strip()
    written = _TAG.sub(lambda tag: _shortened(tag[0]), written)
    return _without_empty_groups(_styled_by_class(_renamed(written)))


def _shortened(tag: str) -> str:
    tag = _LONG_DECIMALS.sub(r"\1", tag).replace(" xmlns:xlink=", " xmlns:x=").replace(" xlink:href=", " x:href=")
    return _PATH.sub(lambda path: _AROUND_COMMANDS.sub(r"\1", path[0]).strip(), tag)


def _renamed(svg: str) -> str:
    """Give short identifiers to elements that are referred to, and none to the others."""
    referred = dict.fromkeys(found[1] or found[2] for found in _REFERENCE.finditer(svg))
    names = dict(zip(referred, map(_letters, count()), strict=False))
    svg = _in_tags(svg, lambda tag: _ID.sub(lambda found: _identifier(names, found[1]), tag))
    return _in_tags(svg, lambda tag: _REFERENCE.sub(lambda found: _reference(names, found), tag))


def _identifier(names: Mapping[str, str], name: str) -> str:
    return f' id="{names[name]}"' if name in names else ""


def _reference(names: Mapping[str, str], found: re.Match[str]) -> str:
    name = found[1] or found[2]
    return found[0].replace(f"#{name}", f"#{names[name]}")


def _styled_by_class(svg: str) -> str:
    """State each style once, in the style sheet of the file."""
    styles = Counter(found[1] for tag in _TAG.finditer(svg) for found in _STYLE.finditer(tag[0]))
    names = {style: _letters(number) for number, (style, _) in enumerate(styles.most_common())}
    rules = "".join(f".{name}{{{style.replace('; ', ';').replace(': ', ':')}}}" for style, name in names.items())
    svg = _in_tags(svg, lambda tag: _STYLE.sub(lambda found: f' class="{names[found[1]]}"', tag))
    return svg.replace("</style>", f"{_FONTS}{rules}</style>", 1)


def _without_empty_groups(svg: str) -> str:
    """Remove the tags of groups without attributes."""
    has_attributes: list[bool] = []

    def kept(tag: re.Match[str]) -> str:
        if tag[0] != "</g>":
            has_attributes.append(tag[0] != "<g>")
            return tag[0] if has_attributes[-1] else ""
        return tag[0] if has_attributes.pop() else ""

    return _GROUP.sub(kept, svg)


def _in_tags(svg: str, change: Callable[[str], str]) -> str:
    return _TAG.sub(lambda tag: change(tag[0]), svg)


def _letters(number: int) -> str:
    """A short name for a number: `a` to `z`, `ba`, `bb` and so on."""
    first, last = divmod(number, 26)
    return (_letters(first) if first else "") + chr(ord("a") + last)
