"""The fleet: what a hub publishes, and how a member follows it.

Imports the ports, the policy and the model; the hub's face, the controller's duties and the command line use it.
"""
