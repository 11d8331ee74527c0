"""What this package gives to Twisted's plugin system."""

from jsondoor.door import JsonDoor

jsonDoor = JsonDoor()
