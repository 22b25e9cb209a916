"""Find the pairs that datasketch calls similar: shingles in Python, MinHash of 64 permutations, LSH at 0.5.

Arguments: a JSON file with a list of different texts, how often to measure, and "save" to write the pairs found.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import datasketch

PERMUTATIONS, THRESHOLD, SHINGLE = 64, 0.5, 4


def main(path: Path, repeats: int, *, save: bool) -> None:
    """Print the median CPU seconds; the first run warms up and is not counted."""
    texts = json.loads(path.read_text(encoding="utf-8"))
    seconds, pairs = [], []
    for _ in range(repeats + 1):
        before = time.process_time()
        pairs = found(texts)
        seconds.append(time.process_time() - before)
    if save:
        path.with_suffix(".datasketch.json").write_text(json.dumps(pairs), encoding="utf-8")
    print(json.dumps({"cpu_s": statistics.median(seconds[1:]), "version": datasketch.__version__}))


def found(texts: list[str]) -> list[tuple[int, int]]:
    """Insert every text, then ask for the ones like it."""
    shingles = [{text[at : at + SHINGLE].encode() for at in range(max(1, len(text) - SHINGLE + 1))} for text in texts]
    signed = datasketch.MinHash.bulk(shingles, num_perm=PERMUTATIONS)
    index = datasketch.MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    with index.insertion_session() as session:
        for place, one in enumerate(signed):
            session.insert(place, one)
    return [(other, place) for place, one in enumerate(signed) for other in index.query(one) if other < place]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), save="save" in sys.argv)
