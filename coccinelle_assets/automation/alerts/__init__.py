"""Asset-check alerts in three steps: collect what is new, format it, send it.

Each channel has a position of its own in the history of checks and runs. It moves on only once a
message was accepted, so that a service that is down hears of everything when it is up again, and
the others hear of it once.
"""
