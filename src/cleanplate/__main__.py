"""`python -m cleanplate`."""

from cleanplate.cli import main

main()
