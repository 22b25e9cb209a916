"""What a search for near rows finds by moving what it found before is what a search of all rows finds."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from curiouser.data import DataService
from curiouser.datachecks import NearDuplicates
from curiouser.datachecks.near_records import NearRows
from curiouser.datachecks.near_tables import near_pairs, near_words
from curiouser.datachecks.searching import NearSearches
from curiouser.datachecks.vocabularies import words_in
from curiouser.kernel.configuration import Task, TaskKind
from curiouser.measure.duplicates import Likeness, Search, signatures, texts_with
from curiouser.storage import Database, FolderObjects
from tests.conftest import ON_POSTGRESQL
from tests.data.rows import Ticking
from tests.datachecks.bench import Bench, empty_database
from tests.nightly import examples

TASK = Task(
    name="lessons", kind=TaskKind.BINARY, inputs=("text", "note", "age"), label="label", classes=("no", "yes")
)  # fmt: skip
SCHEMA = {"id": pl.String, "text": pl.String, "note": pl.String, "age": pl.Float64, "label": pl.String}


class Searcher:
    """A store with two datasets; a search that follows their versions, and one that looks at all rows each time."""

    def __init__(self, root: Path, task: Task = TASK, search: Search | None = None) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.database = Database(f"sqlite:///{root}/meta.db")
        if ON_POSTGRESQL:
            self.database.create()
        else:
            shutil.copy(empty_database(), root / "meta.db")
        self.search = search
        self.objects, self.task, clock = FolderObjects(root / "objects"), task, Ticking()
        self.store = DataService(self.database, self.objects, task, clock)
        self.following, self.whole = (self.searches(few_rows) for few_rows in (0, 1_000_000))

    def searches(self, few_rows: int = 0) -> NearSearches:
        # Of a process of its own: what it has read before is verified again.
        objects = FolderObjects(self.objects.root)
        return NearSearches(
            self.database,
            objects,
            data=self.store,
            task=self.task,
            clock=self.store.clock,
            few_rows=few_rows,
            search=self.search,
        )

    def commit(self, dataset: str, rows: pl.DataFrame, deletes: list[str] | None = None) -> None:
        self.store.commit(
            dataset, upserts=rows, deletes=deletes or [], message="m", actor="a", allow_input_changes=True
        )

    def compare(self) -> list[NearRows]:
        """Search both ways, within and between; return what was found where the answers are the same."""
        test, train = self.store.resolve("test"), self.store.resolve("train")
        both = (self.following, self.whole)
        found = [[one.within(test), one.within(train), one.between(test, train)] for one in both]
        assert found[0] == found[1]
        return found[0]


WORDS = st.sampled_from(["training", "trading", "traning", "training.", "sitting", "siting"])
TEXT = st.tuples(st.sampled_from(["i offer {0} to group {1}", "{1} {0}"]), WORDS, st.integers(1, 3))
CELLS = st.tuples(
    TEXT, st.sampled_from([None, None, "", "soon"]), st.sampled_from([1.0, 1.0, 2.0]),
    st.sampled_from(["no", "yes", None]),
)  # fmt: skip
ROWS = st.dictionaries(st.integers(0, 14), CELLS, min_size=2, max_size=10)
STEP = st.tuples(
    st.sampled_from(["test", "train"]), ROWS, st.sets(st.integers(0, 14), max_size=6),
    st.none() | st.tuples(WORDS, st.integers(0, 70)),
)  # fmt: skip
Cells = tuple[tuple[str, str, int], str | None, float, str | None]
Step = tuple[str, dict[int, Cells], set[int], tuple[str, int] | None]


def frame(rows: Mapping[str, Sequence[str | float | None]]) -> pl.DataFrame:
    return pl.DataFrame([(id_, *cells) for id_, cells in rows.items()], schema=SCHEMA, orient="row")


def as_rows(drawn: dict[int, Cells]) -> pl.DataFrame:
    made = {}
    for number, ((template, *parts), *cells) in drawn.items():
        made[f"r{number:02}"] = (template.format(*parts), *cells)
    return frame(made)


def numbered(word: str, many: int) -> pl.DataFrame:
    """Make many texts with a word in them, of the same rows each time, so that a next one takes some of them out."""
    said = {f"z{at:02}": (f"{'abcdefgh'[at % 8] * 7} {at} {word} {at * 7919}", None, 1.0, "no") for at in range(many)}
    return frame(said)


@settings(max_examples=examples(4, nightly=600), deadline=None)
@pytest.mark.timeout(7_200)  # at night
@given(
    first=ROWS, second=ROWS, steps=st.lists(STEP, min_size=3, max_size=5), cap=st.sampled_from([1, 2, 3, 5, 64])
)  # fmt: skip
def test_what_is_moved_is_what_is_found_by_a_search_of_all_rows(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[int, Cells],
    second: dict[int, Cells],
    steps: list[Step],
    cap: int,
) -> None:
    here = Searcher(tmp_path_factory.mktemp("moving"), search=Search(bucket=cap))
    here.commit("test", as_rows(first))
    here.commit("train", as_rows(second))
    here.compare()
    for dataset, rows, gone, many in steps:
        more = as_rows(rows)
        there = set(here.store.rows(dataset, columns=["id"])["id"])
        deletes = sorted(there & {f"r{number:02}" for number in gone} - set(more["id"]))
        if many is not None:
            added = numbered(*many)
            deletes += sorted(one for one in there - set(added["id"]) if one.startswith("z"))
            more = pl.concat([more, added])
        if len(more) or deletes:
            here.commit(dataset, more, deletes)
        here.compare()
    here.database.close()


ONE = replace(TASK, inputs=("text",))


def one_text(**said: str) -> pl.DataFrame:
    return frame({id_: (text, None, 1.0, "no") for id_, text in said.items()})


def test_a_slip_becomes_another_word_and_a_slip_again_as_texts_come_and_go(tmp_path: Path) -> None:
    here = Searcher(tmp_path, ONE)
    both = one_text(a="we offer training for all of you", b="we offer trading for all of you")
    here.commit("test", both)
    here.commit("train", both)
    [test, _, _] = here.compare()
    assert ([(pair.id, pair.other) for pair in test.pairs], test.words) == ([("b", "a")], 0)

    def known(word: str, first: int, last: int) -> pl.DataFrame:
        return one_text(**{f"{word[:4]}{at:03}": f"{word} number {at * 7919 + len(word)}" for at in range(first, last)})

    # Two more texts each make words of both, and a pair of templates of the two texts.
    here.commit("test", pl.concat([known("training", 0, 2), known("trading", 0, 2)]))
    [test, _, between] = here.compare()
    assert (test.pairs, test.words) == ((), 1)
    # Between the versions each of the two meets the other one.
    assert (between.pairs, between.words) == ((), 2)
    # Twenty times as many of the one make a common slip of the other, until one of them is gone again.
    here.commit("test", known("training", 2, 59))
    assert (len(here.compare()[0].pairs), here.compare()[0].words) == (1, 0)
    here.commit("test", one_text(), ["trai058"])
    assert len(here.compare()[0].pairs) == 0
    here.commit("test", one_text(), ["b"])
    here.compare()
    # The first search of each kind; equal versions have one answer.
    assert here.following.searched_whole == 2


def test_a_few_changed_rows_read_a_few_rows(tmp_path: Path) -> None:
    here = Searcher(tmp_path, ONE)
    rng = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    said = ["things " + " ".join("".join(rng.choices(letters, k=6)) for _ in range(9)) for _ in range(300)]
    here.commit("test", frame({f"r{at:04}": (text, None, 1.0, "no") for at, text in enumerate(said)}))
    here.commit("train", one_text(a="something else entirely"))
    here.compare()
    here.commit("test", one_text(s1=said[7].replace("things", "thigns"), s2="nothing like it"))
    [test, _, _] = here.compare()
    assert [(pair.id, pair.other) for pair in test.pairs] == [("s1", "r0007")]
    assert here.following.searched_whole == 3
    # Another process begins with what is kept.
    again = here.searches()
    assert again.within(here.store.resolve("test")) == test
    assert again.searched_whole == 0


def test_pairs_are_those_that_a_search_for_duplicates_lists(tmp_path: Path) -> None:
    here = Searcher(tmp_path)
    rows = {
        "a": ("i offer training to all", None, 1.0, "no"),
        "b": ("i offer traning to all", None, 1.0, "no"),
        "c": ("i offer traning to all", "", 1.0, "no"),
        "d": ("i offer training, to all", None, 2.0, "no"),
        "e": ("I offer  TRANING to all", None, 1.0, "no"),
        "f": ("i offer training to all", None, 2.0, "no"),
    }
    here.commit("test", frame(rows))
    here.commit("train", frame({f"t{id_}": cells for id_, cells in rows.items() if id_ in "adf"}))
    [within, _, between] = here.compare()
    search = NearDuplicates(here.store, TASK)
    for found, listed in ((within, search.within("test")), (between, search.between("test", "train"))):
        near = [(pair.id, pair.other) for pair in listed.pairs if pair.likeness is Likeness.NEAR]
        assert [(pair.id, pair.other) for pair in found.pairs] == near
        assert len(near) > 1


def test_texts_meet_again_when_fewer_have_their_keys(tmp_path: Path) -> None:
    here = Searcher(tmp_path, ONE, Search(bucket=3))
    # So long that with most marks no key is another.
    long = " ".join(f"{'abcdefghijklmnopqrstuvwxyz'[at % 26] * 5}{at}" for at in range(240))
    marked = [long + mark for mark in ".!?;:,()[]{}-*/"]
    same = [text for text in marked if np.array_equal(signatures([text]), signatures([long]))]
    said = {f"r{at}": text for at, text in enumerate(same[:4])}
    here.commit("train", one_text(**said))
    here.commit("test", one_text(**said, t=same[4]))
    [test, train, between] = here.compare()
    assert (test.pairs, train.pairs, between.pairs) == ((), (), ())
    assert (test.not_looked_at, train.not_looked_at, between.not_looked_at) == (24 * 10, 24 * 6, 24 * 20)
    # The texts that are left have not changed: they are compared because their keys are crowded no more.
    here.commit("train", one_text(), ["r3"])
    [_, train, between] = here.compare()
    assert (len(train.pairs), train.not_looked_at) == (3, 0)
    assert [pair.id for pair in between.pairs] == ["r3"] * 3 + ["t"] * 3
    here.commit("test", one_text(), ["r0", "r1"])
    assert len(here.compare()[0].pairs) == 3
    here.commit("test", one_text(n=same[5]))
    assert here.compare()[0].pairs == ()
    assert here.following.searched_whole == 3


def test_many_texts_under_one_key_are_counted_as_by_a_search_of_all_rows(tmp_path: Path) -> None:
    here = Searcher(tmp_path, ONE)
    said = [f"call now to win a prize worth {at} pounds" for at in range(90)]
    rows = frame({f"r{at:04}": (text, None, 1.0, "no") for at, text in enumerate(said)})
    here.commit("test", rows.head(40))
    here.commit("train", rows.head(10))
    assert here.compare()[0].not_looked_at == 0
    here.commit("test", rows.tail(50))
    assert here.compare()[0].not_looked_at > 0
    here.commit("train", rows.tail(70))
    here.compare()
    here.commit("test", rows.clear(), rows["id"].tail(50).to_list())
    here.commit("train", rows.clear(), rows["id"].tail(70).to_list())
    assert [one.not_looked_at for one in here.compare()] == [0, 0, 0]
    assert here.following.searched_whole == 3


def test_a_text_of_more_rows_than_are_named_is_moved_or_searched_whole(tmp_path: Path) -> None:
    here = Searcher(tmp_path, ONE)
    rows = frame({f"r{at:04}": ("the very same text again", None, 1.0, "no") for at in range(600)})
    here.commit("test", rows)
    here.commit("train", one_text(a="something else entirely"))
    here.compare()
    here.commit("test", one_text(n="the very same text agian"))
    assert len(here.compare()[0].pairs) == 1
    here.commit("test", one_text(m="the very same text again"))
    here.compare()
    here.commit("test", one_text(), ["n", *rows["id"].to_list()])
    assert here.compare()[0].pairs == ()


def test_what_is_damaged_is_found_again(tmp_path: Path) -> None:
    here = Searcher(tmp_path, ONE)
    here.commit("test", one_text(a="we offer training to all", b="we offer traning to all"))
    here.commit("train", one_text(a="something else entirely"))
    here.compare()
    with here.database.write() as connection:
        connection.execute(update(near_pairs).values(found=b"damaged"))
    here.commit("test", one_text(c="we offer trainnig to all"))
    assert len(here.compare()[0].pairs) == 3
    for path in here.objects.root.glob("*/*.words.arrow"):
        path.write_bytes(b"damaged" + path.read_bytes()[7:])
    again = here.searches()
    here.commit("test", one_text(d="we offer trianing to all"))
    assert again.within(here.store.resolve("test")) == here.whole.within(here.store.resolve("test"))
    assert again.searched_whole == 1
    with here.database.write() as connection:
        connection.execute(delete(near_words))
    assert here.searches().within(here.store.resolve("test")) == again.within(here.store.resolve("test"))


def test_old_searches_are_forgotten(tmp_path: Path) -> None:
    here = Searcher(tmp_path, ONE)
    here.commit("train", one_text(a="something else entirely"))
    for step in range(8):
        here.commit("test", one_text(**{f"r{step:02}": f"we offer training to all {step * 7919}"}))
        here.compare()
    with here.database.read() as connection:
        kept = connection.execute(select(near_pairs.c.kind)).scalars().all()
        files = set(connection.execute(select(near_words.c.object)).scalars())
    assert max(map(kept.count, kept)) <= 6
    assert {path.name for path in here.objects.root.glob("*/*.words.arrow")} == files


@given(st.lists(st.text("ab \u00a0\x1c\x1f\x85\u2003", max_size=12), unique=True, max_size=30))
def test_all_words_are_counted_as_each_is(said: list[str]) -> None:
    counts = dict(words_in(said).iter_rows())
    assert counts == dict(texts_with(frozenset(word for text in said for word in text.split()), said))


@settings(max_examples=examples(2, nightly=100), deadline=None)
@pytest.mark.timeout(7_200)  # at night
@given(first=ROWS, later=ROWS, gone=st.sets(st.integers(0, 14), max_size=6), train=ROWS)
def test_checks_say_the_same_of_what_is_moved(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[int, Cells],
    later: dict[int, Cells],
    gone: set[int],
    train: dict[int, Cells],
) -> None:
    root = tmp_path_factory.mktemp("laws")
    followed, afresh = Bench(root / "followed", TASK), Bench(root / "afresh", TASK)
    names = ["near-duplicates", "near-leakage", "near-contradictory-labels"]
    keeping = followed.workspace.datachecks
    keeping.services = replace(
        keeping.services,
        near=NearSearches(
            followed.workspace.database, followed.workspace.objects, data=followed.workspace.data, task=TASK,
            clock=followed.workspace.clock, few_rows=0,
        ),
    )  # fmt: skip
    for bench in (followed, afresh):
        bench.commit(as_rows(first))
        bench.commit(as_rows(train), "train")
    followed.check(only=names)
    followed.check("train", only=names)
    searched = keeping.services.near.searched_whole
    for bench in (followed, afresh):
        there = {f"r{number:02}" for number in gone} & set(as_rows(first)["id"]) - set(as_rows(later)["id"])
        bench.commit(as_rows(later), deletes=sorted(there))
    for ref in ("test", "train"):
        left, right = followed.check(ref, only=names), afresh.check(ref, only=names)
        assert [one.finding for one in left.checks] == [one.finding for one in right.checks]
        assert len(left.checks) == 3
    assert keeping.services.near.searched_whole == searched
    for bench in (followed, afresh):
        bench.workspace.close()
