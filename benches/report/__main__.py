"""Measures policyctl beside its floors and its peers, and writes docs/performance.md, docs/performance.svg and the
README's quote of them. One command: `python3 benches/report`."""

import argparse
import json
import sys
from pathlib import Path

from chart import chart
from measure import ROOT, measure, target, tools_missing
from page import page, quote

BEGIN, END = "<!-- performance: written by benches/report -->", "<!-- /performance -->"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 benches/report", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short runs, for a look: nothing in the repository is written")
    parser.add_argument("--from", dest="file", type=Path, help="write the pages from what an earlier run measured")
    options = parser.parse_args()
    if missing := tools_missing():
        sys.exit(f"not found: {', '.join(missing)}")
    if options.file:
        measured = json.loads(options.file.read_text())
    else:
        measured = measure(options.quick)
    folder = target(ROOT) / "report"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "measured.json").write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n")
    docs = folder if measured["quick"] else ROOT / "docs"
    (docs / "performance.md").write_text(page(measured))
    (docs / "performance.svg").write_text(chart(measured))
    if not measured["quick"]:
        write_quote(ROOT / "README.md", quote(measured))
    print(f"wrote performance.md and performance.svg into {docs}")


def write_quote(readme: Path, text: str) -> None:
    before, rest = readme.read_text().split(BEGIN)
    _, after = rest.split(END)
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


if __name__ == "__main__":
    main()
