"""``python -m leadq`` is the command ``leadq``."""

from leadq.pipelines.cli.main import main

if __name__ == "__main__":
    main()
