"""Starts ministack with the corrections before this."""

import sys

from ministack.app import main

# Its own arguments; ours are none.
sys.argv[1:] = []
main()
