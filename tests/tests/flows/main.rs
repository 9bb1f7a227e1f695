//! Whole flows against the running system: the real template, the real functions, stand-ins for AWS.

mod afterwards;
mod bad_input;
mod cli;
mod console;
mod main_job;
mod people;
mod printed_policies;
mod races;
mod sdk;
mod terraform;
mod tokens;
mod tour;
mod trust_probe;
