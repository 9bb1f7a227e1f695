//! The routes of folders, tags, imports and secrets, in this process: a real engine holds the table, a scripted AWS
//! wraps data keys and takes messages.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod aws;
mod clients;
mod concurrency;
mod folder_lists;
mod folders;
mod imports;
mod scopes;
mod tags;
mod world;
