"""Tests for L{tests.simulation.steps} and L{tests.simulation.runs.story}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.simulation.runs.story import tell
from tests.simulation.steps import Step, readSteps


class FileTests(SynchronousTestCase):
    """Steps in a file."""

    def test_sameAgain(self) -> None:
        """What is read is what was written.  Comments and empty lines are skipped."""
        steps = [Step("connect", 3, 256, "irc full jo"), Step("raw", 3, text="\xff\n", turn=False), Step("settle")]
        lines = ["# a comment", "", *map(str, steps), "   "]
        self.assertEqual(steps, readSteps(lines))

    def test_nonsense(self) -> None:
        """What is no step is refused, with the number of its line."""
        for line, why in (
            ("settle", "Expecting value"),
            ("{}", "a step looks like"),
            ("[]", "a step looks like"),
            ('["turn", 0, 0, "", true, 1]', "a step looks like"),
            ('["start"]', "there is no action 'start'"),
            ("[[]]", "action must be str"),
            ('["send", "1"]', "slot must be int"),
            ('["send", true]', "slot must be int"),
            ('["send", 1, 0, 5]', "text must be str"),
            ('["send", 1, 0, "", 1]', "turn must be bool"),
        ):
            error = self.assertRaises(ValueError, readSteps, ["", '["turn"]', line])
            self.assertIn(f"line 3 is no step: {why}", str(error))


class StoryTests(SynchronousTestCase):
    """Steps as sentences."""

    def test_story(self) -> None:
        """Each step has a sentence, which names the client by its nick and its slot."""
        story = {
            Step("connect", 3, 65536, "irc full jo"): "jo/3 connects (irc full).",
            Step("connect", 4, 9, "line person ann"): "ann/4 connects (line person), with a send buffer of 9 bytes.",
            Step("send", 3, text="JOIN #tea", turn=False): "jo/3 joins #tea; the turn goes on.",
            Step("send", 3, text="PRIVMSG #tea :t1 word"): "jo/3 says 't1 word' to #tea.",
            Step("send", 3, text="LIST"): "jo/3 sends 'LIST'.",
            Step("send", 4, text="t2"): "ann/4 says 't2'.",
            Step("send", 4, text="/ignore jo"): "ann/4 ignores jo.",
            Step("input", 3, 65536): "The server gets everything from jo/3.",
            Step("output", 4, 17): "ann/4 reads 17 bytes.",
            Step("sleep", 0, 1000): "1,000 ms pass.",
            Step("jump", 0, -3600): "The clock is set, by -3,600 s.",
            Step("fault", text="full"): "The disk is full.",
            Step("fault"): "The disk is repaired.",
            Step("send", 9, text="LIST"): "nobody/9 sends 'LIST'.",
        }
        self.assertEqual([*story.values()], tell(story))
