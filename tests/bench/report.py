"""Reports: how long one of 10,000 runs of 21 configs takes, in each form."""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from console.report import Report
from console.report.writing import FORMS, save
from sessions.experiments import Experiments
from tests.console.report.results import experiment, kept

CONFIGS = ("bare", "imperative", "literal", "false-memories", "operator")
REPLICATES = 238
"""With 21 configs on two tasks: 9,996 runs."""


def main() -> None:
    """Make an experiment in a folder of its own, and write its report."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DRIFTTY_DATA_DIR"] = folder
        planned, placement = experiment(CONFIGS, n=REPLICATES, factorial="operator")
        results = kept(planned, placement)
        experiments = Experiments()
        experiments.begin(planned, placement)
        experiments.add(planned.id, results.runs)
        began = time.perf_counter()
        report = asyncio.run(Report.make("last"))
        print(f"{len(results.runs):,} runs read and counted  {time.perf_counter() - began:6.2f} s")
        for form in FORMS:
            began = time.perf_counter()
            written = save(report, [Path(folder) / f"report.{form}"])
            took = time.perf_counter() - began
            size = sum(path.stat().st_size for path in written) / 1e6
            print(f"{form:<6}{len(written)} files, {size:.1f} MB  {took:6.2f} s")


if __name__ == "__main__":
    main()
