"""``python -m pipelines`` is ``leadq``."""

from pipelines.cli import main

if __name__ == "__main__":
    main()
