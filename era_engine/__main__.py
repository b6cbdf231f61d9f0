"""`python -m era_engine` is the command `era`."""

from era_engine.cli import main

if __name__ == "__main__":
    main()
