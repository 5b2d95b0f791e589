"""``python -m datalfred``."""

from datalfred.cli import main

main()
