"""What a model was trained on, as far as somebody says so: patterns that stand there prove nothing about it."""

from __future__ import annotations

from curiouser.data import DataCommit
from curiouser.kernel.canonical import canonical_json
from curiouser.kernel.clock import Clock
from curiouser.models import stored
from curiouser.models.records import Model
from curiouser.storage import Database

TRAINED_ON = "trained_on"
"""Key of a model's source: a data commit."""


def note_training_data(database: Database, clock: Clock, name: str, trained_on: DataCommit, *, actor: str) -> Model:
    """Write down which version of which dataset a model was trained on.

    Raises:
        ModelNotFoundError: There is no such model.
    """
    with database.write() as connection:
        model = stored.find(connection, name)
        number = stored.lock_model(connection, model.id)
        source = {**model.source, TRAINED_ON: f"{trained_on.dataset}@{trained_on.id}"}
        stored.set_values(connection, model.id, source=canonical_json(source))
        stored.insert_event(connection, number, "trained on", source[TRAINED_ON], actor=actor, now=clock())
        return stored.find(connection, f"{model.name}@{model.version}")
