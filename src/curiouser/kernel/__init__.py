"""What every room stands on: ids, the clock, errors, hashing and canonical JSON.

Nothing here knows of datasets or models, and nothing here imports anything
outside the standard library. It serves slide 59: a name for everything that
could have changed.
"""
