"""The verbs of the command `crm`, one module each: `add` names its options, the rest does it.

What a verb needs is imported when it is used: `crm --help` and `crm list` wait for no library.
"""
