"""`python -m doorstep` is the command line."""

from doorstep.cli import main

if __name__ == "__main__":
    main()
