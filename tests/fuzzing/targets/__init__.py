"""The targets, with those that are alike in one module.  L{tests.fuzzing.registry} lists them."""
