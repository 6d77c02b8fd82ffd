"""The machine face: AdmissionReviews, probes and metrics over HTTPS, and the server that carries them.

Belongs here: the wire format of AdmissionReview, the Flask application, gunicorn's configuration, TLS. Only
``bootstrap`` and the command line may import it; it knows engines and the model, never the store or a client.
"""
