"""What runs on the target: standard library, numpy and the engine; nothing else of hwnas.

It is sent to a target as source and started there (``measure/target/``), and imported where this
process is the target, so that both time in one way. It runs on Python 3.9 and newer.
"""
