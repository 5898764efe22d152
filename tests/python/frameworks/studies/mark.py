"""An experiment as a command: NAME WAITS_FROM."""

import sys

import marks

marks.experiment(sys.argv[1], int(sys.argv[2]))
