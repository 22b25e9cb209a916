"""Tables: user reports, problems, their patterns, and every step ever taken."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from curiouser.storage import metadata

problem = Table(
    "problem",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("dataset", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("harm", Text),
    Column("harm_false_positive", Text),
    Column("harm_false_negative", Text),
    Column("affected", Text),
    Column("tolerance", Float, nullable=False),
    Column("owner", Text),
    Column("selected_by", Text),
    Column("suite", Text),
    Column("closed_at", Text),
)

pattern = Table(
    "pattern",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("problem_id", Integer, ForeignKey("problem.id"), nullable=False),
    # Empty for a pattern that is a case of its own.
    Column("case_name", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("example_id", Text, nullable=False),
    Column("expectation", Text, nullable=False),
    Column("quantity", Text),
    Column("tolerance", Float),
    UniqueConstraint("problem_id", "case_name", "place", "example_id"),
    Index(None, "example_id"),
)

problem_event = Table(
    "problem_event",
    metadata,
    Column("id", Integer, primary_key=True),
    # By name and without a foreign key: an event outlives its problem.
    Column("problem", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("gained", Text, nullable=False),
    Column("lost", Text, nullable=False),
    Column("committed", Text, nullable=False),
    Column("undoes", Integer, ForeignKey("problem_event.id")),
    Column("actor", Text, nullable=False),
    Column("taken_at", Text, nullable=False),
)

user_report = Table(
    "user_report",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("input", Text, nullable=False),
    Column("answered", Text),
    Column("expected", Text),
    Column("model", Text),
    Column("user", Text),
    # By name and without a foreign key: undoing a problem leaves its reports waiting again.
    Column("problem", Text, index=True),
    Column("withdrawn_at", Text),
    Column("reported_at", Text, nullable=False),
    Column("reported_by", Text, nullable=False),
)
