//! The Python scripts, which AWS's own libraries for Python keep short.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::de::DeserializeOwned;

use crate::standins::environment::MINISTACK;
use crate::standins::{PLATFORM_ACCOUNT, REGION, ROOT_SECRET};

/// Deploys the template; see its own head for arguments and answer.
pub(crate) const DEPLOY: &str = include_str!("../python/deploy.py");
/// Seeds the deployed system; see its own head for arguments and answer.
pub(crate) const SEED: &str =
    concat!(include_str!("../python/seed_certificates.py"), include_str!("../python/seed.py"));

/// Runs a script as the root of the platform account and reads the JSON that it prints.
pub(crate) fn run<T: DeserializeOwned>(attempt: &str, script: &str, arguments: &[&str]) -> Result<T> {
    let python = MINISTACK.ensure()?.join("python");
    let mut command = Command::new(python);
    command
        .args(["-c", script])
        .args(arguments)
        // The developer's own AWS profile must not be used by mistake.
        .env_clear()
        .envs(std::env::vars_os().filter(|(key, _)| key == "PATH"))
        .env("AWS_ACCESS_KEY_ID", PLATFORM_ACCOUNT)
        .env("AWS_SECRET_ACCESS_KEY", ROOT_SECRET)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null());
    let output = command.output().with_context(|| format!("{attempt}: start Python"))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{attempt}: {}",
            told.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it gave no reason")
        );
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("{attempt}: read its answer"))
}
