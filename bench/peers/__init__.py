"""
The servers that twistchat is compared with: small chats as tutorials write them, a chat in C, and configurations.

All the chats speak one protocol.  A client's first line is its name, which the server answers with a welcome.  Every
further line goes to all other clients, as C{#[name]>> line}.
"""
