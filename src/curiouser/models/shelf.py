"""Which models there are, and what is known of them: everything that only looks."""

from __future__ import annotations

from typing import Unpack

from curiouser.models import stored
from curiouser.models.records import Model, ModelEvent, ReportedScore
from curiouser.models.reported import by_metric
from curiouser.storage import Database


class Shelf:
    """Models under their names.

    Args:
        database: Where models are written down.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Model:
        """Find ``name`` (its newest version) or ``name@2``.

        Args:
            name: As in ``scorer`` or ``scorer@2``.

        Raises:
            ModelNotFoundError: There is none; says which there are.
        """
        with self._database.read() as connection:
            return stored.find(connection, name)

    def list(
        self, *, include_retired: bool = False, every_version: bool = False, **page: Unpack[stored.Page]
    ) -> tuple[Model, ...]:
        """List models by name, the newest version of each or every one; ``after`` and ``limit`` cut a page.

        Args:
            include_retired: Retired ones, too.
            every_version: Every version, not the newest only.
            **page: ``after`` and ``limit``.
        """
        with self._database.read() as connection:
            return stored.listed(connection, include_retired=include_retired, every_version=every_version, **page)

    def live(self) -> Model | None:
        """Tell which version is live, if one is."""
        with self._database.read() as connection:
            return stored.find_live(connection)

    def reported(self, model: Model) -> dict[str, ReportedScore]:
        """Map metrics to what was reported over all rows; empty where nothing was.

        Args:
            model: Whose scores.
        """
        return by_metric(self.reported_scores(model))

    def reported_scores(self, model: Model) -> tuple[ReportedScore, ...]:
        """List everything that was reported of a model.

        Args:
            model: Whose scores.
        """
        with self._database.read() as connection:
            return stored.reported_of(connection, stored.model_number(connection, model.id))

    def history(self, name: str, *, after: int = 0, limit: int | None = None) -> tuple[ModelEvent, ...]:
        """List what was done to a model, oldest first, from behind the event of number ``after``.

        Args:
            name: The model.
            after: Cursor: only events with a number above this one.
            limit: At most this many; None for all.

        Raises:
            ModelNotFoundError: There is no such model.
        """
        with self._database.read() as connection:
            model = stored.find(connection, name)
            return stored.events_of(connection, stored.model_number(connection, model.id), after=after, limit=limit)

    def layers(self, model: Model) -> tuple[str, ...]:
        """Tell which layers of the sandbox were active when a callable was last started.

        Args:
            model: The version that was started.
        """
        with self._database.read() as connection:
            return stored.layers_of(connection, model.id)
