"""The rules in force: those of the settings file, and the types that the cluster adds by way of the store."""

from __future__ import annotations

from collections.abc import Callable

from webhook.engines.readmodel import ReadModel
from webhook.model.assessments import StoredType
from webhook.policy.clustertypes import with_stored
from webhook.policy.evaluation import Rules
from webhook.ports import TypeStore

RuleSource = Callable[[], Rules]
"""Gives the rules that are in force at the moment of the call."""


class ModelRules:
    """The rules of a process that follows the store with a read model.

    Asking costs a comparison, so that a decision may ask each time.

    Args:
        own: types of the settings file, and the policy.
        model: holds the types of the cluster.
    """

    def __init__(self, own: Rules, model: ReadModel) -> None:
        self._own, self._model = own, model
        self._known: tuple[tuple[StoredType, ...], Rules] = ((), own)

    def __call__(self) -> Rules:
        """The rules as of the read model's position."""
        types, rules = self._known
        if types is not self._model.types:
            types = self._model.types
            rules = Rules(with_stored(self._own.types, types), self._own.policy)
            self._known = (types, rules)
        return rules


class StoreRules:
    """The rules of a process that has no read model: the store is asked each time.

    Args:
        own: types of the settings file, and the policy.
        store: holds the types of the cluster.
    """

    def __init__(self, own: Rules, store: TypeStore) -> None:
        self._own, self._store = own, store

    def __call__(self) -> Rules:
        """The rules now.

        Raises:
            StoreError: the store did not answer.
        """
        stored = self._store.list()
        return Rules(with_stored(self._own.types, stored), self._own.policy) if stored else self._own
