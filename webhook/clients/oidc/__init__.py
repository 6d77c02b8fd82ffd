"""OpenID Connect: signs people in at a provider, by an authorization code with PKCE, on the server.

Belongs here: what is asked of the provider, and what makes its token good. Does not belong here: sessions and cookies,
which are the console's. Only ``bootstrap`` imports the client; Authlib, and joserfc under it, live here alone.
"""
