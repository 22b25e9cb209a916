"""``python -m curiouser``: the same as ``curiouser``."""

from curiouser.surfaces.cli.main import main

main()
