"""The rules: which assessment counts, what it asks for, and how people are told.

Belongs here: pure functions and values computed from ``model``; ``now`` is always an argument. Does not belong here:
I/O, clocks, logging, settings, third-party libraries. The use cases in ``engines``, the stores and everything above
may import it; it imports only ``model`` and ``errors``.

Where to look for a rule; the first module of a line is where to begin:

- What an assessment is, and how one is made: ``decisions``, ``scopes``, ``typetable``, ``conditions``, ``automatic``,
  ``answeredpairs``, ``expiry``, ``fixes``, ``selections``, ``plans``, ``undo``, ``statements``,
  ``clusterassessments``, ``audit``.
- Which assessment counts: ``matching``, ``precedence``, ``entries``, ``places``, ``imagenames``, ``ranges``,
  ``rangetexts``, ``versions``, ``builds``, ``fleetprecedence``.
- From what is known to a verdict: ``evaluation``, ``judge``, ``sharing``, ``unseen``, ``coverage``, ``reasons``,
  ``modes``, ``exemptions``, ``admissions``, ``rekeying``.
- What may loosen, and who has to approve it: ``loosening``, ``typeloosening``, ``comparison``, ``claims``, ``stock``,
  ``outlooks``, ``asking``, ``requests``, ``memberrequests``.
- Types of the cluster and of people: ``clustertypes``, ``peoplestypes``, ``colors``.
- VEX: ``vex``, ``vextrust``, ``vexlineage``, ``vexmatching``, ``vexnames``, ``vexexplaining``, ``vexexporting``,
  ``vexspellings``.
- Advisories and scores: ``advisories``, ``advisoryindex``, ``advisorykeys``, ``advisorynames``, ``advisorychanges``,
  ``advisorymarks``, ``affected``, ``sameness``, ``scores``, ``severitywords``.
- Answers of sources, and the order of work: ``answers``, ``workorder``.
- SBOMs and retention: ``presence``, ``retention``.
- What people read: ``messages``, ``remedies``, ``phrases``, ``plaintext``, ``reports``, ``announcements``, ``lint``.
- The fleet: ``fleet``, ``fleetdocuments``, ``fleetfacts``, ``fleetinventory``, ``fleetreplies``, ``fleetreports``,
  ``fleetsets``, ``fleetshares``.
"""
