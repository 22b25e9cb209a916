"""The part of Markdown that our own documents use, as markup; everything in them is escaped.

Headings, paragraphs, lists, tables, fenced code, and within a line: code,
emphasis and links. A link leads on where it is a path that the caller knows or
another site; every other one stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from markupsafe import Markup, escape

_BLOCKS: Final = re.compile(r"```[a-z]*\n.*?\n```|[^\n]+(?:\n(?!\s*\n|```)[^\n]+)*", re.DOTALL)
_HEADING: Final = re.compile(r"(#{1,4}) (.*)")
_SPAN: Final = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\(([^)\s]+)\)")
_CHECK: Final = re.compile(r"(?:\.\./checks/)?(DC\d\d)\.md(?:#.*)?")


def to_markup(text: str) -> Markup:
    r"""Render a document; its first heading is left out, since the page has one.

    Examples:
        >>> to_markup("# T\n\nA *b* `c<d`.\n\n- one\n- two\n")
        Markup('<p>A <em>b</em> <code>c&lt;d</code>.</p>\n<ul><li>one</li><li>two</li></ul>')
    """
    blocks = [found[0] for found in _BLOCKS.finditer(text)]
    shown = [block for place, block in enumerate(blocks) if place or not block.startswith("# ")]
    return Markup("\n").join(_block(block) for block in shown)


def _block(block: str) -> Markup:
    heading = _HEADING.fullmatch(block)
    if heading is not None:
        level = min(len(heading[1]), 3)
        return Markup("<h{}>{}</h{}>").format(level, _line(heading[2]), level)
    if block.startswith("```"):
        return Markup("<pre>{}</pre>").format(block.partition("\n")[2].rpartition("\n")[0])
    lines = block.split("\n")
    if block.startswith("- "):
        items = re.split(r"\n- ", block.removeprefix("- "))
        return Markup("<ul>{}</ul>").format(_joined(Markup("<li>{}</li>").format(_line(one)) for one in items))
    if block.startswith("|") and len(lines) > 1:
        return _table(lines)
    return Markup("<p>{}</p>").format(_line(block))


def _table(lines: list[str]) -> Markup:
    head, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:]))
    heads = _joined(Markup('<th scope="col">{}</th>').format(_line(cell)) for cell in head)
    body = _joined(
        Markup("<tr>{}</tr>").format(_joined(Markup("<td>{}</td>").format(_line(cell)) for cell in row)) for row in rows
    )
    return Markup('<div class="scroll" role="region" aria-label="Table" tabindex="0"><table><thead><tr>{}</tr></thead>'
                  "<tbody>{}</tbody></table></div>").format(heads, body)  # fmt: skip


def _line(text: str) -> Markup:
    parts, at = list[Markup](), 0
    for found in _SPAN.finditer(text):
        parts += [escape(text[at : found.start()]), _span(found)]
        at = found.end()
    return _joined([*parts, escape(text[at:])])


def _span(found: re.Match[str]) -> Markup:
    code, strong, weak, words, target = found.groups()
    if code is not None:
        return Markup("<code>{}</code>").format(code)
    if strong is not None:
        return Markup("<b>{}</b>").format(strong)
    if weak is not None:
        return Markup("<em>{}</em>").format(weak)
    check = _CHECK.fullmatch(target)
    if check is not None:
        return Markup('<a href="{}">{}</a>').format(check[1], _line(words))
    if target.startswith("https://"):
        return Markup('<a href="{}">{}</a>').format(target, _line(words))
    return _line(words)


def _joined(parts: Iterator[Markup] | list[Markup]) -> Markup:
    return Markup("").join(parts)
