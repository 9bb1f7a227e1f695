//! Where things are in the workspace.

use std::path::{Path, PathBuf};

/// The workspace: the directory with `template.yaml`.
#[must_use]
pub fn workspace() -> &'static Path {
    let member = Path::new(env!("CARGO_MANIFEST_DIR"));
    member.parent().unwrap_or(member)
}

/// What this crate makes: virtual environments, packages, logs. Below cargo's own target
/// directory, so that `cargo clean` removes all of it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "cargo's own variable, which tests without a main.rs need too")]
pub fn made() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), |given| workspace().join(given))
        .join("local")
}
