"""What a bench costs to replay: a made-up set of 5,037 documents against fewer, per question.

    python -m benchmarks.benches [--sizes 500 5037]

Each document is answered with a set of expressions. The processor time of remaking the results
from cassettes (reading, marking, measures, intervals) is compared per document. Needs no data.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark import Extraction
from jmle_plugin.results.provenance import RunContext
from tests.packs import record_run


def main() -> None:
    """Measure each size once, the smallest being what the others are compared with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=(500, 5037))
    least = None
    for size in parser.parse_args().sizes:
        with tempfile.TemporaryDirectory() as folder:
            cost = replay(Path(folder), size) / size
        least = least or cost
        print(f"{size:>6} documents: {1000 * cost:.2f} ms each, {cost / least:.2f} of the first")


def replay(folder: Path, size: int) -> float:
    """Seconds of processor time that remaking the results of `size` documents takes."""
    lines = [
        {"text": f"文書{n}", "labels": [f"語{n}", f"語{n % 7}"], "entity_type": "疾患"}
        for n in range(size)
    ]
    file = folder / "data" / "ner" / "test.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), "utf-8")
    pack = folder / "data" / "exam.toml"
    pack.write_text(
        f'schema = 1\nid = "ner"\ntitle = "NER"\nedition = 1\nprofession = "bench"\n'
        f'licence = "CC0"\ndefault_key = "official"\nsource.format = "jmedbench"\n'
        f'sections.ner.title = "NER"\nblocks = [{{ id = "ner", section = "ner", '
        f"questions = {size} }}]\n"
        f'[keys.official]\ntitle = "key"\nmeasures.ner = ["f1", "f1-overlap"]\n',
        "utf-8",
    )
    exam = load_exam(pack, data_root=folder)
    right = {f"ner-{n + 1}": f"【回答】\n語{n}" for n in range(size)}
    record_run(folder / "cassettes", exam, "run", right=right)
    sitting = open_sitting(exam, folder / "cassettes", Wanted(run="run"))
    started = time.process_time()
    made = remake_results(sitting, Extraction.STANDARD, RunContext.outside())
    taken = time.process_time() - started
    if made.sheet.measures["ner"].replies != size:
        raise SystemExit(f"only {made.sheet.measures['ner'].replies} of {size} were marked")
    return taken


if __name__ == "__main__":
    main()
