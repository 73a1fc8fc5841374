"""`python -m console` is `driftty`."""

from console.cli import main

main()
