"""``bomgate demo``: the main job on this machine, with shipped data.

Belongs here: the invented images, a webhook that runs as long as the demo, and the telling of what it answers. All
decisions are the product's own: SBOMs go through the importer, reports through the downloader, reviews over TLS to a
real ``bomgate serve``. Only the root of the command line loads it.
"""
