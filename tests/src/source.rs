//! The workspace's own files as data: which crates a function links, which SDKs, settings and calls are in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The folder of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The crates under a folder of the workspace (`functions` or `shared`), by their folders' names.
///
/// # Errors
/// When the folder cannot be listed.
pub fn crates_in(folder: &str) -> Result<BTreeSet<String>> {
    let entries = fs::read_dir(workspace().join(folder)).with_context(|| format!("list {folder}"))?;
    let crates = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        entry.path().join("Cargo.toml").exists().then(|| entry.file_name().into_string().ok())?
    });
    Ok(crates.collect())
}

/// The dependencies that a crate of the workspace links, as its `Cargo.toml` names them.
///
/// # Errors
/// When its `Cargo.toml` cannot be read.
pub fn dependencies(crate_folder: &Path) -> Result<BTreeSet<String>> {
    let path = crate_folder.join("Cargo.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let section = text.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
    let lines = section.take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', ' ', '=']).next());
    Ok(names.filter(|name| !name.is_empty() && !name.starts_with('#')).map(str::to_owned).collect())
}

/// The folders of the crates of the workspace that a function links, its own first.
///
/// # Errors
/// When a `Cargo.toml` cannot be read.
pub fn linked(function: &str) -> Result<Vec<PathBuf>> {
    let shared = crates_in("shared")?;
    let mut folders = vec![workspace().join("functions").join(function)];
    let mut at = 0;
    while let Some(folder) = folders.get(at) {
        for name in dependencies(folder)?.intersection(&shared) {
            let folder = workspace().join("shared").join(name);
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        at += 1;
    }
    Ok(folders)
}

/// The AWS services whose SDKs a function links, as IAM prefixes (`dynamodb`, `kms`, …; EventBridge's is `events`, Private
/// CA's `acm-pca`).
///
/// # Errors
/// As [`linked`].
pub fn services(function: &str) -> Result<BTreeSet<String>> {
    let mut services = BTreeSet::new();
    for folder in linked(function)? {
        let names = dependencies(&folder)?;
        let prefix = |name: &str| match name {
            "acmpca" => "acm-pca".to_owned(),
            "elasticloadbalancingv2" => "elasticloadbalancing".to_owned(),
            "eventbridge" => "events".to_owned(),
            own => own.to_owned(),
        };
        services.extend(names.iter().filter_map(|name| name.strip_prefix("aws-sdk-")).map(prefix));
    }
    Ok(services)
}

/// What a function runs: its own sources and those of the crates of the workspace that it links, without their tests.
///
/// # Errors
/// When a file cannot be read.
pub fn running_code(function: &str) -> Result<String> {
    linked(function)?.iter().map(|folder| code_of(folder)).collect()
}

/// What one crate of those runs.
///
/// # Errors
/// When a file cannot be read.
pub fn code_of(crate_folder: &Path) -> Result<String> {
    let mut code = String::new();
    for (path, text) in files(&crate_folder.join("src"))? {
        if !path.ends_with("tests.rs") {
            code.push_str(without_its_tests(&text));
        }
    }
    Ok(code)
}

/// A file up to the tests at its end; tests in a file of their own are named anywhere.
fn without_its_tests(text: &str) -> &str {
    let modules = text.match_indices("#[cfg(test)]\nmod ");
    let inline = modules.map(|(at, _)| at).find(|at| {
        let declaration = text.get(*at..).unwrap_or_default().split([';', '{']).next().unwrap_or_default();
        text.get(at + declaration.len()..).is_some_and(|rest| rest.starts_with('{'))
    });
    inline.and_then(|at| text.get(..at)).unwrap_or(text)
}

/// The environment variables that a function reads: those that it asks `web::start` for by name, and those that the
/// functions of `web::start` which it calls ask for.
///
/// # Errors
/// When a source file cannot be read.
pub fn settings(function: &str) -> Result<BTreeSet<String>> {
    let start = fs::read_to_string(workspace().join("shared/web/src/start.rs")).context("read start.rs")?;
    let definitions = start.split("\npub fn ").skip(1).chain(start.split("\npub async fn ").skip(1));
    let bundles: BTreeMap<&str, BTreeSet<String>> = definitions
        .filter_map(|definition| {
            let name = definition.split(['(', '<']).next()?;
            Some((name, asked(definition.split("\n}").next()?)))
        })
        .collect();
    let mut names = BTreeSet::new();
    for (_, text) in files(&workspace().join("functions").join(function).join("src"))? {
        names.extend(asked(&text));
        let called = bundles.iter().filter(|(name, _)| text.contains(&format!("start::{name}(")));
        names.extend(called.flat_map(|(_, names)| names.iter().cloned()));
    }
    Ok(names)
}

/// The literals in calls of `setting`, `optional_setting`, `parsed_setting` and `list_setting`.
fn asked(source: &str) -> BTreeSet<String> {
    let calls = source.match_indices("setting").filter_map(|(at, word)| {
        let call = source.get(at + word.len()..)?;
        let arguments = match call.strip_prefix("::<") {
            Some(generic) => generic.split_once(">(")?.1,
            None => call.strip_prefix('(')?,
        };
        let literal = arguments.trim_start().strip_prefix('"')?;
        Some(literal.split_once('"')?.0.to_owned())
    });
    calls.collect()
}

/// The Rust files under a folder, with their texts.
fn files(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
            found.push((path, text));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tests_in_the_file_itself_end_its_code() {
        assert_eq!(
            without_its_tests("#[cfg(test)]\nmod tests;\n\nfn f() {}\n"),
            "#[cfg(test)]\nmod tests;\n\nfn f() {}\n"
        );
        assert_eq!(without_its_tests("fn f() {}\n\n#[cfg(test)]\nmod tests {\n}\n"), "fn f() {}\n\n");
    }

    #[test]
    fn settings_are_found_in_every_way_of_asking() {
        let source = r#"
            let a = start::setting("A")?;
            let b: Vec<String> = list_setting("B");
            let c = parsed_setting::<Option<u32>>("C")?;
            let d = optional_setting(
                "D",
            );
            let kept = setting_of(other);
        "#;
        assert_eq!(asked(source), BTreeSet::from(["A", "B", "C", "D"].map(str::to_owned)));
    }
}
