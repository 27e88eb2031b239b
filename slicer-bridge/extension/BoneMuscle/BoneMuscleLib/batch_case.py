"""Measures one CT of a batch, in a process of its own.

The task is one JSON object on stdin; the fraction done goes to stdout, a line each; a sentence to stderr where nothing was measured.
When the panel goes, nobody reads stdout any more, and this ends as well.
"""

import json
import sys
from pathlib import Path


def main() -> int:
    import bonemuscle

    task = json.load(sys.stdin)
    source = {"folder": task["path"]} if task["dicom"] else {"volume": task["path"]}
    try:
        result = bonemuscle.Library().measure(**source, settings=task["settings"], progress=_told)
    except (bonemuscle.Error, bonemuscle.LoadError) as error:
        print(error, file=sys.stderr)
        return 2
    for name, data in result.files.items():
        (Path(task["folder"]) / name).write_bytes(data)
    if any(finding["measurements"] for finding in result.report["findings"]):
        return 0
    print(_reason(result.report), file=sys.stderr)
    return 3


def _told(_stage: str, fraction: float) -> bool:
    print(f"{fraction:.3f}", flush=True)
    return True


def _reason(report: dict) -> str:
    reasons = [one["reason"] for finding in report["findings"] for one in finding["not_measured"]]
    said = next(iter([*reasons, *(one["message"] for one in report["quality"])]), "no structure that can be measured was found")
    return f"Nothing could be measured: {said}"


if __name__ == "__main__":
    sys.exit(main())
