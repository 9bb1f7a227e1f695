//! The functions' packages: built, stripped and zipped as SAM would, in the tests' own profile.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use serde_yaml_ng::Value as Yaml;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::paths;

/// The package of every function in `template.yaml`, by its `CodeUri`.
pub type Packages = BTreeMap<String, PathBuf>;

/// Builds the functions with one call of cargo, whose progress goes to standard error, and packs
/// those that changed.
///
/// # Errors
///
/// When the build fails or a function of the template has no binary.
pub fn make(template: &Path) -> Result<Packages> {
    let functions = functions(template)?;
    let binaries = build()?;
    let directory = paths::made().join("packages");
    fs::create_dir_all(&directory).with_context(|| format!("create {}", directory.display()))?;
    functions
        .into_iter()
        .map(|code_uri| {
            let name = code_uri.rsplit('/').next().unwrap_or(&code_uri);
            let Some(binary) = binaries.get(name) else {
                bail!("template.yaml has a function at {code_uri}, but no crate builds a binary {name}");
            };
            let package = directory.join(format!("{name}.zip"));
            pack(binary, &package).with_context(|| format!("pack {}", binary.display()))?;
            Ok((code_uri, package))
        })
        .collect()
}

/// The `CodeUri` of every function in the template.
fn functions(template: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(template).with_context(|| format!("read {}", template.display()))?;
    let template: Yaml = serde_yaml_ng::from_str(&text).context("read template.yaml")?;
    let resources = template["Resources"].as_mapping().context("template.yaml has no Resources")?;
    Ok(resources
        .values()
        .filter(|resource| resource["Type"].as_str() == Some("AWS::Serverless::Function"))
        .filter_map(|resource| resource["Properties"]["CodeUri"].as_str().map(str::to_owned))
        .collect())
}

/// All binaries of the workspace, by name. The whole workspace at once, as the tests build it:
/// another selection would mean other features, and the AWS SDKs compiled a second time.
pub fn build() -> Result<BTreeMap<String, PathBuf>> {
    let output = Command::new("cargo")
        .args(["build", "--workspace", "--bins", "--message-format=json-render-diagnostics"])
        .current_dir(paths::workspace())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("start cargo to build the functions: install Rust from rustup.rs")?;
    if !output.status.success() {
        bail!("the functions do not build: mend the errors above and run again");
    }
    let told = String::from_utf8_lossy(&output.stdout);
    let artifacts = told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(artifacts
        .filter_map(|artifact| {
            let name = artifact["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(artifact["executable"].as_str()?)))
        })
        .collect())
}

/// Zips the binary as `bootstrap`, unless the package is newer. Equal binaries make equal bytes.
fn pack(binary: &Path, package: &Path) -> Result<()> {
    let built = fs::metadata(binary)?.modified()?;
    if fs::metadata(package).and_then(|package| package.modified()).is_ok_and(|packed| packed > built) {
        return Ok(());
    }
    let stripped = package.with_extension("bootstrap");
    let slim = Command::new("strip").arg("-o").arg(&stripped).arg(binary).stderr(Stdio::null()).status();
    let content =
        if slim.is_ok_and(|status| status.success()) { fs::read(&stripped)? } else { fs::read(binary)? };
    // A package is whole or absent: two runs may pack at the same time.
    let partial = package.with_extension(format!("{}.partial", std::process::id()));
    let mut zip = ZipWriter::new(File::create(&partial)?);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .unix_permissions(0o755);
    zip.start_file("bootstrap", options)?;
    zip.write_all(&content)?;
    zip.finish()?;
    fs::rename(&partial, package)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs::{self, File};
    use std::io::Read as _;

    use super::{functions, pack};
    use crate::paths;

    #[test]
    fn every_function_of_the_template_is_found() {
        let found = functions(&paths::workspace().join("template.yaml")).unwrap();
        for name in ["authorizer", "identities", "projects", "connections"] {
            assert!(found.contains(&format!("functions/{name}")), "{name} is not in {found:?}");
        }
    }

    #[test]
    fn a_package_holds_the_executable_as_bootstrap() {
        let scratch = tempfile::tempdir().unwrap();
        let binary = scratch.path().join("function");
        fs::write(&binary, "#!/bin/sh\n").unwrap();
        let package = scratch.path().join("function.zip");
        pack(&binary, &package).unwrap();

        let mut archive = zip::ZipArchive::new(File::open(&package).unwrap()).unwrap();
        let mut bootstrap = archive.by_name("bootstrap").unwrap();
        assert_eq!(bootstrap.unix_mode().unwrap() & 0o777, 0o755);
        let mut content = String::new();
        bootstrap.read_to_string(&mut content).unwrap();
        assert_eq!(content, "#!/bin/sh\n");
    }
}
