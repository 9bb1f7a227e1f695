"""Starts moto's server with the corrections before this. Arguments: host and port, as moto's own."""

from moto.server import main

main()
