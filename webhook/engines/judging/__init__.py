"""Judging: how the webhook, the command line and the audit all reach a verdict.

Belongs here: from the containers of a workload to its images, from an image to its facts, and from these, by the rules
of ``policy``, to a verdict; SBOM files, which are judged without an image. Does not belong here: how an unknown image
is looked for, which is ``searching``, and what a verdict does to a request, which is ``admission``. ``admission``,
``auditing``, ``controlling`` and ``bootstrap`` import from here.
"""
