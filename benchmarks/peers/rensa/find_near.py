"""Find the pairs that rensa calls similar: shingles in Python, RMinHash of 64 permutations, LSH of 16 bands at 0.5.

Arguments: a JSON file with a list of different texts, how often to measure, and "save" to write the pairs found.
"""

from __future__ import annotations

import importlib.metadata
import json
import statistics
import sys
import time
from pathlib import Path

from rensa import RMinHash, RMinHashLSH

PERMUTATIONS, BANDS, THRESHOLD, SHINGLE = 64, 16, 0.5, 4


def main(path: Path, repeats: int, *, save: bool) -> None:
    """Print the median CPU seconds; the first run warms up and is not counted."""
    texts = json.loads(path.read_text(encoding="utf-8"))
    seconds, pairs = [], []
    for _ in range(repeats + 1):
        before = time.process_time()
        pairs = found(texts)
        seconds.append(time.process_time() - before)
    if save:
        path.with_suffix(".rensa.json").write_text(json.dumps(pairs), encoding="utf-8")
    print(json.dumps({"cpu_s": statistics.median(seconds[1:]), "version": importlib.metadata.version("rensa")}))


def found(texts: list[str]) -> list[tuple[int, int]]:
    """Insert every text, then ask for the ones like it, in bulk both times."""
    shingles = [{text[at : at + SHINGLE] for at in range(max(1, len(text) - SHINGLE + 1))} for text in texts]
    signed = RMinHash.from_token_sets(shingles, PERMUTATIONS, 42)
    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=BANDS)
    index.insert_many(signed)
    return [(other, place) for place, others in enumerate(index.query_all(signed)) for other in others if other < place]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), save="save" in sys.argv)
