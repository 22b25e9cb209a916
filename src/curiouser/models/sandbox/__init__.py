"""Where users' code runs: a child process with limits, spoken to over two pipes.

``process`` is our side; ``child`` and what it imports run on the other, with
the standard library alone until the model itself asks for more. The child
locks itself in before it loads anything of the user's. Slide 59: what decides
an answer is written down, down to the helper a model imports.
"""
