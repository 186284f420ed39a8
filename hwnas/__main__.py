"""``python -m hwnas`` is ``hwnas``."""

from hwnas.cli.app import main

main()
