"""The exam as pytest collects it; an installed suite has it as `jmle_plugin.tests_exam`."""
