"""
A deterministic simulation: one process drives the whole server in memory, and checks every promise after each step.

C{docs/testing.md} explains how to run it.  The modules, from the bottom up:

    - C{reactor}, C{sockets}: the reactor, and sockets that accept and deliver as many bytes as a step says.
    - C{disk}: the journal's threads and files, with their faults.
    - C{server}: a server on top of them.
    - C{clients}: the clients.  Each keeps what it was told.
    - C{ledger}: what the journal applied, and who must hear of it.
    - C{promises}: what must hold, one module for each promise.  C{broken}: what is raised if it does not.
    - C{canary}: a polite client, whose answers nobody may delay.
    - C{steps}, C{world}, C{life}, C{rest}: what can happen, and the server and its clients, to whom it happens.
    - C{choosing}: chooses the next step from a seed.
    - C{running}, C{shrinking}: run a seed, and find a shorter list of steps that fails in the same way.
    - C{story}, C{report}: tell people the steps, and how a promise was broken.
    - C{planted}: faults that the simulation must find.
"""
