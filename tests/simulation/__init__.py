"""
A deterministic simulation: one process drives the whole server in memory, and checks every promise after each step.

C{docs/testing.md} explains how to run it.  The modules, from the bottom up:

    - C{machine}: the reactor, sockets that accept and deliver as many bytes as a step says, the journal's threads and
      files with their faults, and a server on top of them.
    - C{clients}: the clients.  Each keeps what it was told.
    - C{ledger}, C{readable}: what the journal applied, who must hear of it, and who may read it later.
    - C{promises}: what must hold, one module for each promise.  C{broken}: what is raised if it does not.  C{clients},
      C{life} and C{rest} also raise it.
    - C{canary}: a polite client, whose answers nobody may delay.
    - C{steps}, C{world}, C{life}, C{rest}: what can happen, and the server and its clients, to whom it happens.
    - C{choosing}: chooses the next step from a seed.
    - C{cluster}: three servers that follow one stream.
    - C{runs}: run a seed or a list of steps, find a shorter list that fails in the same way, and tell people.
    - C{planted}: faults that the simulation must find.
"""
