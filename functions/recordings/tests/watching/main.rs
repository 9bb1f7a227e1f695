//! Playback and the page, in this process: a real engine holds the table, a scripted AWS has the key and the bucket.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod aws;
mod over;
mod page;
mod pages;
mod playback;
mod refusals;
mod world;
