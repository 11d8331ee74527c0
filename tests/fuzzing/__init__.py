"""
Fuzzing: each parser that gets bytes or text from outside has a target, which checks properties of any input.

L{tests.fuzzing.test_targets} runs every target with Hypothesis, in the normal suite.  C{python -m tests.fuzzing} runs
one with atheris, which looks for inputs that reach new code.  C{docs/testing.md} describes both.
"""
