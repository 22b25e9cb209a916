"""The environment of the pages: escaping, assets, the rail, the parts, tables as files."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateError, UndefinedError

from curiouser.access import Role
from curiouser.jobs import JobState
from curiouser.kernel.errors import NotFoundError
from curiouser.measure import ProblemState, Verdict
from curiouser.surfaces.serving.masking import is_form_token
from curiouser.surfaces.serving.roles import NEEDS
from curiouser.surfaces.web.assets import asset_response, asset_url, assets
from curiouser.surfaces.web.badges import SHAPES, badge
from curiouser.surfaces.web.navigation import FLOORS
from curiouser.surfaces.web.rendering import Nobody, environment, page, render
from curiouser.surfaces.web.specimens import specimens
from curiouser.surfaces.web.tables import Column, Table, table_answer
from tests.problems.bench import Bench

WEB = Path(__file__).parents[2] / "src/curiouser/surfaces/web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
HTMX_4_0_1 = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def a_reader(**changes: Any) -> Nobody:  # noqa: ANN401  attributes of a reader
    usual: dict[str, Any] = {
        "name": "introductions",
        "names": ("introductions",),
        "role": Role.VIEWER,
        "actor": "lerato",
        "via": "session",
        "csrf": "a-token",
        "path": "/problems/drugs-doctors-false-pos",
    }
    return Nobody(**(usual | changes))


class Parsed(HTMLParser):
    """Elements of a page, with a check that they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> says an attribute twice: {names}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]

    def with_attribute(self, name: str) -> list[str | None]:
        return [attrs[name] for _, attrs in self.elements if name in attrs]


@pytest.fixture(scope="module")
def components() -> Parsed:
    return Parsed(render(a_reader(), "components.html", **specimens()))


def test_what_a_template_was_not_given_is_an_error_and_not_empty() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nobody_gave_this }}").render()


def test_markup_in_a_text_is_shown_and_not_obeyed() -> None:
    shown = render(a_reader(actor="<script>alert(1)</script>", flash='"><img src=x>'), "components.html", **specimens())
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "<img src=x>" not in shown


def test_no_template_can_switch_escaping_off() -> None:
    with pytest.raises(TemplateError, match="safe"):
        environment().from_string("{{ 'x'|safe }}")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_compile_and_hold_to_the_content_policy(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    environment().get_template(template.relative_to(WEB / "templates").as_posix())
    assert "autoescape" not in text
    text = re.sub(r"\{[{%#].*?[}%#]\}", "", text, flags=re.DOTALL)
    assert not re.search(r"\bstyle\s*=", text), "no inline style"
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text), "no inline handler"
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), "no inline script"
    assert "hx-on" not in text
    assert "javascript:" not in text


def test_assets_change_their_name_with_their_content_and_stay_for_ever() -> None:
    assert len(assets) == 4
    for name, asset in assets.items():
        assert hashlib.sha256(asset.content).hexdigest()[:12] in name
        assert gzip.decompress(asset.packed) == asset.content
        answer = asset_response(name)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.body == asset.content
        assert asset_response(name, "gzip, br").headers["content-encoding"] == "gzip"


def test_the_style_is_one_request_with_tokens_first() -> None:
    style = assets[asset_url("curiouser.css").removeprefix("/static/")].content.decode()
    assert style.index("--bg:") < style.index(".shell")
    used = set(re.findall(r"var\((--[a-z0-9-]+)", style))
    assert used - set(re.findall(r"(--[a-z0-9-]+):", style)) == set()


def test_an_asset_that_is_not_in_the_list_is_not_served() -> None:
    for name in ("app.js", "../rendering.py", "app.000000000000.js", ""):
        with pytest.raises(NotFoundError):
            asset_response(name)


def test_style_and_scripts_together_weigh_at_most_35_kb() -> None:
    assert sum(len(asset.packed) for asset in assets.values()) <= 35_000
    assert len((WEB / "static/app.js").read_bytes()) <= 6_000


def test_htmx_is_the_one_that_was_looked_at_with_its_licence_beside_it() -> None:
    assert hashlib.sha256((WEB / "static/htmx.min.js").read_bytes()).hexdigest() == HTMX_4_0_1
    assert (WEB / "static/htmx.LICENSE.txt").read_text(encoding="utf-8").startswith("Zero-Clause BSD")


@pytest.mark.parametrize("role", list(Role))
def test_the_rail_shows_the_rooms_that_a_role_may_open(role: Role) -> None:
    shown = Parsed(render(a_reader(role=role), "components.html", **specimens()))
    links = {attrs.get("href") for attrs in shown.all("a")}
    for room in (room for floor in FLOORS for room in floor.rooms):
        assert (room.path in links) == role.allows(NEEDS[room.verb]), room.title


def test_the_rail_says_where_the_reader_is_and_who_they_are() -> None:
    shown = render(a_reader(), "components.html", **specimens())
    assert re.search(r'<a href="/problems" aria-current="page">Problems', shown)
    assert shown.count('aria-current="page"') == 1
    assert "lerato · viewer" in shown
    assert 'action="/logout"' in shown
    assert 'action="/logout"' not in render(a_reader(via="local"), "components.html", **specimens())


def test_the_rail_counts_what_waits(bench: Bench) -> None:
    bench.workspace.problems.add(
        "drugs-doctors-false-pos", patterns=[{"want": "a doctor", "offer": "marijuana", "meet": "no"}], actor="lerato"
    )
    shown = render(a_reader(workspace=bench.workspace), "components.html", **specimens(), nav={"/": "3/15"})
    assert re.search(r'href="/problems"[^>]*>Problems<span class="count">1</span>', shown)
    assert re.search(r'href="/"[^>]*>Checklist<span class="count">3/15</span>', shown)


def test_links_stay_in_the_workspace() -> None:
    class Elsewhere(Nobody):
        def url(self, path: str) -> str:
            return f"/w/banking77{path}"

    reader = Elsewhere(name="banking77", role=Role.ADMIN, via="session", path="/jobs")
    shown = Parsed(render(reader, "components.html", **specimens()))
    own = [href for href in shown.with_attribute("href") if href and href.startswith("/")]
    assert own
    assert all(href.startswith(("/w/banking77/", "/static/")) for href in own)


def test_a_message_is_said_once_to_everybody() -> None:
    shown = render(a_reader(flash="Report 4 is filed."), "components.html", **specimens())
    assert '<p class="flash" role="status">Report 4 is filed.</p>' in shown


def test_somebody_who_is_not_signed_in_sees_no_rooms() -> None:
    answer = page(None, "error.html", 404, body={"title": "Not Found", "status": 404, "code": "CUR005", "message": "x"})
    assert answer.status_code == 404
    text = bytes(answer.body).decode()
    assert 'class="rail"' not in text
    assert "Sign in" in text


def test_every_form_that_changes_something_carries_its_token(components: Parsed) -> None:
    posts = [form for form in components.all("form") if form.get("method") == "post"]
    tokens = [field for field in components.all("input") if field.get("name") == "csrf"]
    assert len(posts) == len(tokens) > 3
    assert all(is_form_token("a-token", str(field["value"])) for field in tokens)


def test_the_page_of_components_is_whole(components: Parsed) -> None:
    assert components.open == []
    ids = Counter(components.with_attribute("id"))
    # The same chart may stand twice on a page only if it is the same.
    assert [name for name, count in ids.items() if count > 1] == []
    shapes = {attrs["id"] for attrs in components.all("symbol")}
    assert {(attrs["href"] or "")[1:] for attrs in components.all("use")} <= shapes
    named = {word for value in components.with_attribute("aria-describedby") for word in (value or "").split()}
    named |= {word for value in components.with_attribute("aria-labelledby") for word in (value or "").split()}
    named |= {value or "" for value in components.with_attribute("for")}
    assert named <= set(ids)


def test_every_class_that_a_page_names_is_in_the_style(components: Parsed) -> None:
    style = (WEB / "static/base.css").read_text(encoding="utf-8")
    known = set(re.findall(r"\.([a-z][a-z0-9-]*)", re.sub(r"/\*.*?\*/", "", style)))
    used = {word for value in components.with_attribute("class") for word in (value or "").split()}
    for template in TEMPLATES:
        text = re.sub(r"\{([{%#]).*?[}%#]\}", "{}", template.read_text(encoding="utf-8"), flags=re.DOTALL)
        used |= {word for value in re.findall(r'class="([^"]*)"', text) for word in value.split() if "{}" not in word}
    # States without a colour of their own, and what only marks a place.
    plain = {"state-queued", "state-unscored", "state-cancelled", "state-no_difference_shown", "at"}
    assert used - known == used & plain


def test_a_day_is_short_and_its_title_is_not() -> None:
    template = environment().from_string("{{ then|date }} {{ text|date }} {{ then|moment }} {{ none|date }}")
    now = datetime(2026, 11, 25, tzinfo=UTC)
    then = datetime(2026, 9, 12, 8, 30, tzinfo=UTC)
    shown = template.render(now=now, then=then, text="2025-01-02T03:04:05.000000Z", none=None)
    assert '<time datetime="2026-09-12T08:30:00Z" title="12 Sep 2026, 08:30 UTC">12 Sep</time>' in shown
    assert ">2 Jan 2025</time>" in shown
    assert ">12 Sep 08:30</time>" in shown
    assert shown.endswith("–")


def test_a_table_is_the_same_rows_on_the_page_as_csv_and_as_json() -> None:
    table = Table(
        name="problems",
        caption="Problems",
        columns=(Column(key="name", title="Problem"), Column(key="error", title="Error", digits=2, is_number=True)),
        rows=[{"name": "=cmd|' /C calc'!A0", "error": -0.25}, {"name": "b", "error": None}],
    )
    rows = list(csv.reader(io.StringIO(bytes(table_answer(table, "csv").body).decode())))
    assert rows == [["name", "error"], ["'=cmd|' /C calc'!A0", "-0.25"], ["b", ""]]
    body = json.loads(bytes(table_answer(table, "json").body))
    assert body == {"problems": [{"name": "=cmd|' /C calc'!A0", "error": -0.25}, {"name": "b", "error": None}]}
    shown = environment().from_string('{% import "parts/tables.html" as t %}{{ t.grid(table) }}').render(table=table)
    assert "−0.25" in shown
    assert "–" in shown
    assert "=cmd|&#39; /C calc&#39;!A0" in shown


def test_states_of_one_kind_differ_in_shape_and_every_shape_is_drawn() -> None:
    kinds = (
        list(ProblemState),
        list(JobState),
        list(Verdict),
        ["pass", "fail", "unknown", "conflict"],
        ["done", "todo"],
    )
    drawn = set(re.findall(r'id="m-([a-z-]+)"', (WEB / "templates/parts/shapes.html").read_text(encoding="utf-8")))
    for kind in kinds:
        shapes = [SHAPES[str(state)] for state in kind]
        assert len(set(shapes)) == len(shapes), kind
        assert set(shapes) <= drawn


def test_a_state_nobody_foresaw_is_escaped_and_has_a_shape() -> None:
    assert badge("<b>") == (
        '<span class="state state-&lt;b&gt;"><svg class="mark" aria-hidden="true"><use href="#m-dashed"/></svg>'
        "&lt;b&gt;</span>"
    )
    assert badge(None) == '<span class="muted">–</span>'


def test_a_filter_is_live_only_where_the_page_asks_for_it_and_works_without() -> None:
    shown = Parsed(render(a_reader(), "components.html", **specimens()))
    (form,) = [form for form in shown.all("form") if form.get("role") == "search"]
    assert form["method"] == "get"
    assert form["action"] == form["data-hx-get"]
    assert {form["data-hx-target"], form["data-hx-select-oob"]} <= {f"#{name}" for name in shown.with_attribute("id")}
    scripts = [script.get("src") or "" for script in shown.all("script")]
    assert [script for script in scripts if "htmx" in script]
    plain = Parsed(render(a_reader(role=None), "login.html", next="/", name="", trouble=None))
    assert not [script for script in plain.all("script") if "htmx" in (script.get("src") or "")]
