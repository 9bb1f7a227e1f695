//! The routes of folders, tags, imports and secrets, in this process: a real engine holds the table, a scripted AWS
//! wraps data keys and takes messages.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod aws;
mod clients;
mod concurrency;
mod crash_matrix;
mod folder_contents;
mod folder_lists;
mod folder_rotated;
mod folders;
mod imports;
mod scopes;
mod secret_batches;
mod secret_canary;
mod secret_clients;
mod secret_etags;
mod secret_faults;
mod secret_races;
mod secret_reads;
mod secret_scopes;
mod secret_shapes;
mod secret_versions;
mod secret_wakes;
mod secret_world;
mod secret_writes;
mod tags;
mod wakes;
mod world;
