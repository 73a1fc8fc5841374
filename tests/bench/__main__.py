"""Measure: `python -m tests.bench [NAME…]`; without a name, list the benches and run them all."""

import ast
import subprocess
import sys
from pathlib import Path

ONLY_BY_NAME = ("fit_judge",)
"""These write what they find into the package, so they run only when somebody asks for them."""


def benches() -> dict[str, str]:
    """The modules here that have a `main`, with what each is for; none is imported for that."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(one, ast.FunctionDef) and one.name == "main" for one in module.body):
            found[path.stem] = (ast.get_docstring(module) or "").split("\n", 1)[0]
    return found


def main(names: list[str]) -> int:
    """Run benches one after another, each in a process of its own; the exit status is the worst."""
    known = benches()
    if unknown := [name for name in names if name not in known]:
        print(f"There is no bench {', '.join(unknown)}; there is: {', '.join(known)}.")
        return 2
    if not names:
        for name, purpose in known.items():
            print(f"{name:<16}{purpose}")
        names = [name for name in known if name not in ONLY_BY_NAME]
    worst = 0
    for name in names:
        print(f"\n== {name}", flush=True)
        ran = subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False)
        worst = max(worst, abs(ran.returncode))
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
