"""
The simulation of a cluster: three whole servers follow one simulated stream, on one clock.

The modules, from the bottom up:

    - C{server}: one run of a node.  C{site}: a node over all its runs, which is a world of its own for its clients.
    - C{truth}: what the stream says, from its bytes alone.
    - C{promises}: what must hold of several nodes together.
    - C{world}, C{rest}: the nodes, the broker and the network, and how everything comes to rest.
    - C{choice}: chooses the next step.
    - C{planted}: faults that the simulation must find.
"""
