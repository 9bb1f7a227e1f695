//! The README's numbers on scale are those that the simulation prints today.

use std::fs;

use tests::source::workspace;

#[test]
fn the_readme_says_what_the_simulation_prints() -> anyhow::Result<()> {
    let readme = fs::read_to_string(workspace().join("README.md"))?;
    let section =
        readme.split_once("<!-- scale -->\n").and_then(|(_, rest)| rest.split_once("<!-- /scale -->"));
    let (section, _) = section.ok_or_else(|| anyhow::anyhow!("README.md has no <!-- scale --> section"))?;
    assert_eq!(section, tests::scale::report()?, "put there what `cargo run -p tests --bin scale` prints");
    Ok(())
}
