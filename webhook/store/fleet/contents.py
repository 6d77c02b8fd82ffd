"""Contents of a member's images: which components each has, and the hash by which the hub knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from webhook.model.images import Digest
from webhook.model.purls import Purl
from webhook.policy.fleetinventory import content_hash
from webhook.store.componentids import known_purls
from webhook.store.database import Database
from webhook.store.interruptions import tried_twice
from webhook.store.queries import among
from webhook.store.tables.sboms import sboms
from webhook.store.values import unpack

_AT_ONCE = 500


class ImageContentRepository:
    """The SBOMs of the database as contents; implements ``ImageContents``.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[tuple[int, int], str]] = {}

    @tried_twice
    def hashes(self, digests: Sequence[Digest]) -> Mapping[Digest, str]:
        """The hashes of those of some images that have an SBOM; computed again where SBOMs have changed.

        Raises:
            StoreError: the database does not answer.
        """
        given = {str(digest): digest for digest in digests}
        texts, found = list(given), dict[str, tuple[tuple[int, int], str]]()
        for start in range(0, len(texts), _AT_ONCE):
            with self._database.read() as connection:
                some = among(connection, sboms.c.digest, texts[start : start + _AT_ONCE])
                newest = select(sboms.c.digest, func.max(sboms.c.revision), func.count()).where(some)
                states = {digest: (at, count) for digest, at, count in connection.execute(newest.group_by("digest"))}
            for digest, state in states.items():
                kept = self._known.get(digest)
                if kept is None or kept[0] != state:
                    kept = (state, content_hash(self.components(Digest(digest))))
                found[digest] = kept
        self._known = found
        return {given[digest]: content for digest, (_, content) in found.items()}

    @tried_twice
    def components(self, digest: Digest) -> Sequence[Purl]:
        """The components of an image, those of all its SBOMs together.

        Raises:
            StoreError: the database does not answer.
        """
        with self._database.read() as connection:
            packed = connection.execute(select(sboms.c.component_ids).where(sboms.c.digest == str(digest))).scalars()
            numbers = sorted({number for ids in packed for number in unpack(ids)})
            return sorted(known_purls(connection, numbers).values())
