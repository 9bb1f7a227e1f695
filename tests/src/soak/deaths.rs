//! Processes of functions that die in the middle of whatever they do.
//!
//! Only those are killed that this process's own local system has started.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// A running process of a function.
#[derive(Debug)]
pub(super) struct Running {
    pid: u32,
    /// The function's name in Lambda.
    pub(super) function: String,
}

impl Running {
    /// Kills it, as Lambda may at any time. Whether it was there to be killed.
    pub(super) fn kill(&self) -> bool {
        Command::new("kill")
            .args(["-KILL", &self.pid.to_string()])
            .status()
            .is_ok_and(|ended| ended.success())
    }
}

/// The functions' processes below this one. None where the system has no `/proc`.
pub(super) fn running() -> Vec<Running> {
    let parents = parents();
    let is_ours = |pid: u32| {
        let mut at = pid;
        while let Some(parent) = parents.get(&at) {
            if *parent == std::process::id() {
                return true;
            }
            at = *parent;
        }
        false
    };
    let mut found: Vec<_> = parents
        .keys()
        .filter(|pid| is_ours(**pid))
        .filter_map(|pid| Some(Running { pid: *pid, function: function(*pid)? }))
        .collect();
    found.sort_by_key(|running| running.pid);
    found
}

/// Each process and its parent.
fn parents() -> BTreeMap<u32, u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parent = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, which is in parentheses, may hold anything.
        let (_, rest) = stat.rsplit_once(')')?;
        rest.split_whitespace().nth(1)?.parse().ok()
    };
    pids.filter_map(|pid| Some((pid, parent(pid)?))).collect()
}

/// The function that a process runs, where it is one's bootstrap.
fn function(pid: u32) -> Option<String> {
    let program = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    if program.file_name()? != "bootstrap" {
        return None;
    }
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let name = variables.find_map(|variable| variable.strip_prefix(b"AWS_LAMBDA_FUNCTION_NAME="))?;
    String::from_utf8(name.to_vec()).ok()
}
