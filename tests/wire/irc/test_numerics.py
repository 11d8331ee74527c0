"""Tests of L{twistchat.wire.irc.numerics}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.irc import numerics

KNOWN = {
    "RPL_WELCOME": 1,
    "RPL_ISUPPORT": 5,
    "RPL_UMODEIS": 221,
    "RPL_LUSERCLIENT": 251,
    "RPL_TRYAGAIN": 263,
    "RPL_AWAY": 301,
    "RPL_ISON": 303,
    "RPL_WHOISUSER": 311,
    "RPL_ENDOFWHO": 315,
    "RPL_ENDOFWHOIS": 318,
    "RPL_LIST": 322,
    "RPL_CHANNELMODEIS": 324,
    "RPL_TOPIC": 332,
    "RPL_WHOISBOT": 335,
    "RPL_INVITING": 341,
    "RPL_WHOREPLY": 352,
    "RPL_NAMREPLY": 353,
    "RPL_WHOSPCRPL": 354,
    "RPL_ENDOFNAMES": 366,
    "RPL_BANLIST": 367,
    "RPL_MOTD": 372,
    "RPL_MOTDSTART": 375,
    "RPL_ENDOFMOTD": 376,
    "RPL_YOUREOPER": 381,
    "RPL_VISIBLEHOST": 396,
    "ERR_NOSUCHNICK": 401,
    "ERR_NOSUCHCHANNEL": 403,
    "ERR_CANNOTSENDTOCHAN": 404,
    "ERR_INVALIDCAPCMD": 410,
    "ERR_INPUTTOOLONG": 417,
    "ERR_UNKNOWNCOMMAND": 421,
    "ERR_NOMOTD": 422,
    "ERR_NICKNAMEINUSE": 433,
    "ERR_NOTREGISTERED": 451,
    "ERR_NEEDMOREPARAMS": 461,
    "ERR_LINKCHANNEL": 470,
    "ERR_BANNEDFROMCHAN": 474,
    "ERR_CHANOPRIVSNEEDED": 482,
    "ERR_UMODEUNKNOWNFLAG": 501,
    "ERR_HELPNOTFOUND": 524,
    "RPL_WHOISSECURE": 671,
    "ERR_INVALIDMODEPARAM": 696,
    "RPL_HELPSTART": 704,
    "ERR_NOPRIVS": 723,
    "RPL_MONONLINE": 730,
    "RPL_MONOFFLINE": 731,
    "ERR_MONLISTFULL": 734,
    "RPL_KEYVALUE": 761,
    "RPL_KEYNOTSET": 766,
    "RPL_METADATASUBOK": 770,
    "RPL_METADATAUNSUBOK": 771,
    "RPL_METADATASUBS": 772,
    "ERR_METADATASYNCLATER": 774,
    "ERR_METADATARATELIMIT": 775,
    "RPL_LOGGEDIN": 900,
}
"""Those that clients act on, as the specifications number them."""


class NumericsTests(SynchronousTestCase):
    """The table."""

    def test_numbers(self) -> None:
        """Each numeric has three digits, and no two names have the same."""
        table = {name: value for name, value in vars(numerics).items() if name.startswith(("RPL_", "ERR_"))}
        self.assertEqual([value for value in table.values() if len(value) != 3 or not value.isdigit()], [])
        self.assertEqual(len(set(table.values())), len(table))
        for name, number in KNOWN.items():
            self.assertEqual(table[name], f"{number:03}", name)

    def test_errors(self) -> None:
        """Errors are 400 or above, and no reply is from 400 to 599."""
        for name, value in vars(numerics).items():
            if name.startswith("ERR_"):
                self.assertGreaterEqual(value, "400", name)
            elif name.startswith("RPL_"):
                self.assertFalse("400" <= value < "600", name)
