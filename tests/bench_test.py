#!/usr/bin/env python3
"""The programs of bench/ compile without a warning, and every gradient by adc is the one by hand, at small sizes.

Nothing is timed. Data are made, those of ADBench are not asked for.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

command = [sys.executable, os.path.join(HERE, "..", "bench", "run"), "--check", "--adc", os.environ["ADC"]]
sys.exit(subprocess.run(command, timeout=280).returncode)
