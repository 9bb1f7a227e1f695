//! Development only: runs the deployed system on one machine.
