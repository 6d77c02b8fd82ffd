"""Whatever the cluster names, the types that count go together, and nothing else is harmed."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from webhook.model.actions import Action
from webhook.model.assessments import AssessmentType, CvssRange, StoredType
from webhook.policy.clustertypes import Candidate, settle, with_stored
from webhook.policy.scores import STEP
from webhook.policy.typetable import TypeTable

OWN = TypeTable([AssessmentType("Blocked", Action.DENY, CvssRange(Decimal("9.0"), Decimal("10.0")))])
NAMES = ("a", "b", "c", "d", "blocked")
bounds = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted)
ranges = st.none() | bounds.map(lambda pair: CvssRange(pair[0] * STEP, pair[1] * STEP))


def types_named(name: str) -> st.SearchStrategy[AssessmentType]:
    return st.builds(AssessmentType, st.just(name), st.sampled_from(Action), ranges)


definitions = st.fixed_dictionaries({}, optional={name: types_named(name) for name in NAMES})


@given(definitions, definitions, st.permutations(NAMES))
@settings(max_examples=150, deadline=None)
def test_what_is_loaded_goes_together_and_what_counted_is_not_lost(
    before: dict[str, AssessmentType], now: dict[str, AssessmentType], order: list[str]
) -> None:
    counted = settle(OWN, {name: Candidate(before[name]) for name in order if name in before}).loaded
    candidates = {name: Candidate(now[name], counted.get(name)) for name in order if name in now}
    settled = settle(OWN, candidates)
    table = TypeTable([*OWN, *settled.loaded.values()])  # refuses what does not go together
    assert table.get("blocked") == OWN.get("Blocked")
    for name, candidate in candidates.items():
        loaded = settled.loaded.get(name)
        assert loaded in (candidate.type, candidate.former) or loaded is None
        assert (loaded == candidate.type) != (name in settled.refused) or loaded == candidate.former == candidate.type
        if name in counted:
            assert loaded is not None, "an object that counted still does, as it was or as it is"


@given(definitions, st.sets(st.sampled_from(NAMES)))
@settings(max_examples=80, deadline=None)
def test_a_process_with_any_settings_file_can_use_what_is_stored(
    stored: dict[str, AssessmentType], retired: set[str]
) -> None:
    table = with_stored(
        OWN, [StoredType(assessment_type, retired=name in retired) for name, assessment_type in sorted(stored.items())]
    )
    assert table.names[:1] == OWN.names
    for name in stored:
        assert (table.get(name) is None) != (table.retired(name) is None)
