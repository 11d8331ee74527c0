"""
What the server is compared with: small chats in the ways that are taught, the limit in C, and configurations.

The chats speak one protocol: the first line is the name, and is answered with a welcome; every line after it goes to
all the others, as C{#[name]>> line}.
"""
