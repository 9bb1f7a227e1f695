//! Python virtual environments with pinned packages.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::paths;

/// A virtual environment: what is asked for, and the exact version of all that comes along.
#[derive(Debug)]
pub struct Environment {
    name: &'static str,
    requirements: &'static [&'static str],
    versions: &'static str,
}

/// ministack, and with it boto3 and aws-sam-translator, which the deployment uses.
pub const MINISTACK: Environment = Environment {
    name: "ministack",
    requirements: &["ministack[full]"],
    versions: include_str!("../../python/ministack.txt"),
};

/// moto's server. Apart from ministack, which pins another botocore.
pub const MOTO: Environment = Environment {
    name: "moto",
    requirements: &["moto[server]"],
    versions: include_str!("../../python/moto.txt"),
};

impl Environment {
    /// An environment with `requirements`; `versions` pins them and all that comes along.
    #[must_use]
    pub const fn new(
        name: &'static str,
        requirements: &'static [&'static str],
        versions: &'static str,
    ) -> Self {
        Self { name, requirements, versions }
    }

    /// The environment's `bin` directory; makes the environment when it is absent or outdated.
    /// Processes that ask at the same time wait for the first.
    ///
    /// # Errors
    ///
    /// Without Python, its `venv` module or the packages; the text names the mend.
    pub fn ensure(&self) -> Result<PathBuf> {
        let made = paths::made();
        fs::create_dir_all(&made).with_context(|| format!("create {}", made.display()))?;
        let lock_path = made.join(format!("{}.lock", self.name));
        let lock = File::create(&lock_path).with_context(|| format!("create {}", lock_path.display()))?;
        lock.lock().with_context(|| format!("lock {}", lock_path.display()))?;

        let home = made.join(self.name);
        let stamp_path = home.join("installed.txt");
        let stamp = self.stamp(&home);
        if fs::read_to_string(&stamp_path).is_ok_and(|found| found == stamp) {
            return Ok(home.join("bin"));
        }
        tracing::info!("installing the Python environment '{}' (first run only) …", self.name);
        self.install(&home)?;
        fs::write(&stamp_path, stamp).with_context(|| format!("write {}", stamp_path.display()))?;
        Ok(home.join("bin"))
    }

    /// Scripts in an environment name its absolute path, so a moved one is outdated too.
    fn stamp(&self, home: &Path) -> String {
        format!("{}\n{}\n{}", home.display(), self.requirements.join(" "), self.versions)
    }

    fn install(&self, home: &Path) -> Result<()> {
        let python = python()?;
        run(
            Command::new(&python).args(["-m", "venv", "--clear"]).arg(home),
            "make a Python virtual environment",
            "install Python's venv module (Debian and Ubuntu: apt install python3-venv)",
        )?;
        let versions = home.join("versions.txt");
        fs::write(&versions, self.versions).with_context(|| format!("write {}", versions.display()))?;
        run(
            Command::new(home.join("bin/python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint"])
                .arg(&versions)
                .args(self.requirements),
            "install Python packages",
            "check that pip reaches a package index, then run again",
        )
    }
}

#[expect(clippy::disallowed_methods, reason = "tests without a main.rs install environments too")]
fn python() -> Result<String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let recent = Command::new(&python)
        .args(["-c", "import sys; sys.exit(sys.version_info < (3, 10))"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !recent {
        bail!(
            "{python} is missing or older than 3.10: install Python 3.10 or newer, or name one in the variable PYTHON"
        );
    }
    Ok(python)
}

/// Runs to the end, quietly; a failure is told in one line with the mend.
fn run(command: &mut Command, attempt: &str, mend: &str) -> Result<()> {
    let output = command.output().with_context(|| format!("{attempt}: cannot start; {mend}"))?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let last = told.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
    bail!("{attempt}: {last}; {mend}")
}
