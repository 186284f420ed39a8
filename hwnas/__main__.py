"""``hwnas`` and ``python -m hwnas``."""

from hwnas.cli.interrupt import INTERRUPTED, heed_interrupts, leave


def main() -> None:
    """The console script; nothing else is imported before an interrupt ends in one line."""
    try:
        heed_interrupts()
        from hwnas.cli.app import main as run
    except KeyboardInterrupt:
        leave(INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
