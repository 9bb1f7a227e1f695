//! Whole flows against the running system: the real template, the real functions, stand-ins for AWS.

mod afterwards;
mod bad_input;
mod certificate_sync;
mod certificates;
mod cli;
mod console;
mod drift;
mod in_step;
mod key_rotation;
mod main_job;
mod ownership;
mod people;
mod printed_policies;
mod races;
mod recordings;
mod sdk;
mod sync_imports;
mod sync_permissions;
mod terraform;
mod terraform_certificate_syncs;
mod terraform_certificates;
mod terraform_rotation;
mod terraform_secrets;
mod tokens;
mod tour;
mod trust_probe;
